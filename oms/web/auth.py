"""Who is asking, and whether they may: every route names its right, and one without a name is shut.

@pages.get("/orders")
@right("order.read")
def orders() -> str: ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import structlog
from flask import Flask, g, redirect, request, url_for
from werkzeug.wrappers import Response

from oms import db
from oms.accounts import api_keys, sessions
from oms.accounts.identity import Identity
from oms.accounts.rights import ANYONE, RIGHTS, SIGNED_IN
from oms.errors import NotAllowed, NotSignedIn
from oms.web import cookies, csrf, edge, metrics

View = TypeVar("View", bound=Callable[..., Any])

log = structlog.get_logger(__name__)

_MARK = "oms_right"
#: Routes whose views are not ours.
_FOREIGN = {"static": ANYONE}
#: Signed by their senders, on the raw bytes; no cookie and no form is looked at.
_BY_SIGNATURE = "/webhooks/"


def right(name: str) -> Callable[[View], View]:
    """Name the right that a route needs: one of `rights.RIGHTS`, SIGNED_IN or ANYONE."""
    if name not in RIGHTS and name not in (ANYONE, SIGNED_IN):
        raise ValueError(f"{name!r} is no right: see oms/accounts/rights.py")

    def mark(view: View) -> View:
        setattr(view, _MARK, name)
        return view

    return mark


def right_of(app: Flask, endpoint: str, method: str) -> str | None:
    """The right that a route's method needs; None when nobody named one, and then nobody has it."""
    if endpoint in _FOREIGN:
        return _FOREIGN[endpoint]
    view: Any = app.view_functions[endpoint]
    owner = getattr(view, "view_class", None)
    if owner is not None:
        name = "get" if method == "HEAD" else method.lower()
        view = getattr(owner, name, None)
    return cast("str | None", getattr(view, _MARK, None))


def gate() -> Response | None:
    """Before each request: no right named, not signed in, no right held, or a foreign form: no way in."""
    if request.endpoint is None or request.method == "OPTIONS":
        return None
    needed = right_of(edge.app(), request.endpoint, request.method)
    if needed == ANYONE and request.path.startswith(_BY_SIGNATURE):
        return None
    found = identity() if needed != ANYONE else None
    if needed != ANYONE:
        if found is None:
            return _ask_to_sign_in()
        if needed is None or not found.may(needed):
            _deny(needed)
    # A key is nothing that a foreign page could borrow; a header that nobody looked at is none.
    if found is None or found.key_id is None:
        csrf.check()
    return None


def identity() -> Identity | None:
    """Who is asking: by key, or by session; None for a stranger. Looked up once a request."""
    if "identity" not in g:
        g.identity = _identify()
    return cast("Identity | None", g.identity)


def known_identity() -> Identity | None:
    """Who is asking, if that was found out already: for pages that must not touch the database."""
    return cast("Identity | None", g.get("identity"))


def me() -> Identity:
    """Who is asking, for views that need a right; NotSignedIn otherwise."""
    found = identity()
    if found is None:
        raise NotSignedIn("sign in first")
    return found


def _identify() -> Identity | None:
    header = request.headers.get("Authorization")
    if header is not None:
        return _by_key(header)
    token = cookies.read(cookies.SESSION)
    if token is None:
        return None
    with edge.transaction() as session:
        return sessions.who(session, token=token, now=db.now(session))


def _by_key(header: str) -> Identity:
    scheme, _, key = header.partition(" ")
    if scheme.lower() == "bearer" and key:
        with edge.transaction() as session:
            found = api_keys.who(session, key=key.strip(), now=db.now(session))
        if found is not None:
            return found
    metrics.DENIED.labels(why="key").inc()
    raise NotSignedIn("the API key is unknown, revoked or expired: send `Authorization: Bearer <key>`")


def _ask_to_sign_in() -> Response:
    metrics.DENIED.labels(why="not_signed_in").inc()
    if request.path.startswith("/api/") or request.method not in csrf.SAFE:
        raise NotSignedIn("sign in, or send `Authorization: Bearer <key>`")
    return redirect(url_for("sign_in.form", next=request.full_path.rstrip("?")))


def need(name: str) -> None:
    """Keep out who does not hold a right that hangs on what is asked for, as the gate does."""
    if not me().may(name):
        _deny(name)


def _deny(needed: str | None) -> None:
    found = known_identity()
    metrics.DENIED.labels(why="right").inc()
    log.warning("denied", right=needed, actor=found.actor if found else None, route=str(request.url_rule))
    raise NotAllowed("your role has no right to this")


def safe_next(target: str | None) -> str:
    """Where to go after signing in: a path of ours, or the first page; never another site."""
    fine = (
        target is not None
        and target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and "\\" not in target
        and target.isprintable()
    )
    return cast(str, target) if fine else "/"
