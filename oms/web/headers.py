"""Security headers on every answer, and the nonce that our own scripts and styles carry."""

from __future__ import annotations

import secrets

from flask import Response, g, request

from oms.web import cookies

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}
_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'"
)
_SHUT = "default-src 'none'; frame-ancestors 'none'"
_HTTPS_ONLY = "max-age=31536000; includeSubDomains"


def for_machines(*, over_https: bool) -> dict[str, str]:
    """The headers of an answer that is no page: nothing in it may run, and nobody may keep it."""
    found = {**_FIXED, "Content-Security-Policy": _SHUT, "Cache-Control": "no-store"}
    return found | ({"Strict-Transport-Security": _HTTPS_ONLY} if over_https else {})


def nonce() -> str:
    """This answer's nonce, for an inline script or style of a page."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def protect(response: Response) -> Response:
    """Set the headers on an answer; static files may be kept, all else must not be."""
    response.headers.update(_FIXED)
    is_page = response.mimetype == "text/html"
    response.headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce()) if is_page else _SHUT
    if cookies.over_https():
        response.headers["Strict-Transport-Security"] = _HTTPS_ONLY
    if request.endpoint == "static" and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"
    return response
