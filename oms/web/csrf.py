"""Forms prove that our own page was open: a token bound to the browser's cookie and its session.

A token of another browser, or of the same one before it signed in, is refused. Requests with an API key
carry no cookie that a foreign page could borrow, and need none.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from flask import g, request
from werkzeug.wrappers import Response

from oms.errors import NotAllowed
from oms.web import cookies, edge

FIELD, HEADER = "csrf_token", "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def token() -> str:
    """The token for this browser and session; the cookie it belongs to is set with the answer."""
    if "browser" not in g:
        g.browser = cookies.read(cookies.BROWSER) or _new_browser()
    return _token_of(g.browser, cookies.read(cookies.SESSION))


def _new_browser() -> str:
    g.browser_is_new = True
    return secrets.token_urlsafe(24)


def _token_of(browser: str, session: str | None) -> str:
    text = f"csrf|{browser}|{session or ''}"
    return hmac.new(edge.settings().secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()


def keep(response: Response) -> None:
    """Set the browser's cookie when a token was made for it."""
    if g.get("browser_is_new"):
        cookies.keep(response, cookies.BROWSER, g.browser)


def renew(response: Response) -> None:
    """At sign-in and sign-out: tokens of before are worth nothing any more."""
    cookies.keep(response, cookies.BROWSER, secrets.token_urlsafe(24))
    g.browser_is_new = False


def check() -> None:
    """Refuse an unsafe request that does not come from a page of ours."""
    if request.method in SAFE:
        return
    browser = cookies.read(cookies.BROWSER)
    sent = request.headers.get(HEADER) or request.form.get(FIELD) or ""
    right = browser is not None and hmac.compare_digest(
        sent.encode(), _token_of(browser, cookies.read(cookies.SESSION)).encode()
    )
    if not right or not _ours():
        raise NotAllowed("this form is out of date or came from another site: load the page again and send it anew")


def _ours() -> bool:
    """Browsers tell from which site a request comes; one that tells a foreign one is refused."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    here = {urlsplit(edge.settings().base_url).netloc, request.host}
    try:
        return urlsplit(origin).netloc in here
    except ValueError:  # `http://[` is no address at all
        return False
