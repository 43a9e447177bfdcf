"""Our cookies: what each is called and how it is set. `__Host-` and Secure where people come over https."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from oms.web import edge

SESSION, BROWSER, LANGUAGE = "session", "browser", "language"
YEAR_S = 365 * 24 * 3600
#: None: until the browser is closed.
_AGE_S: dict[str, int | None] = {SESSION: None, BROWSER: None, LANGUAGE: YEAR_S}


def over_https() -> bool:
    """Whether people reach the pages over https."""
    return edge.settings().base_url.startswith("https://")


def _name(cookie: str) -> str:
    # A __Host- cookie cannot be planted by a sister domain.
    return f"__Host-oms-{cookie}" if over_https() else f"oms-{cookie}"


def read(cookie: str) -> str | None:
    """The cookie's value in this request."""
    return request.cookies.get(_name(cookie)) or None


def keep(response: Response, cookie: str, value: str) -> None:
    """Set a cookie on the answer."""
    response.set_cookie(
        _name(cookie), value, max_age=_AGE_S[cookie], secure=over_https(), httponly=True, samesite="Lax", path="/"
    )


def drop(response: Response, cookie: str) -> None:
    response.delete_cookie(_name(cookie), secure=over_https(), httponly=True, samesite="Lax", path="/")
