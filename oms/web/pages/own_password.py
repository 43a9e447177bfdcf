"""One's own password: the one before is asked for, and every session but this one ends."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from oms import db
from oms.accounts import passwords, sessions, staff
from oms.accounts.identity import Identity
from oms.accounts.rights import SIGNED_IN
from oms.errors import InputInvalid, NotFound
from oms.web import auth, cookies, csrf, edge, limits

log = structlog.get_logger(__name__)

pages = Blueprint("own_password", __name__)


@pages.get("/password")
@auth.right(SIGNED_IN)
def form() -> Response:
    """The form; a key has no password."""
    _person()
    return _page()


@pages.post("/password")
@auth.right(SIGNED_IN)
def change() -> Response:
    """Look at the password of now, as at sign-in, and set the new one."""
    limits.count(limits.SIGN_IN, "sign_in")
    person, new = _person(), request.form.get("new", "")
    if not _knows(person, request.form.get("password", "")):
        return _page({"password": "is wrong; after five wrong tries the account rests for up to 15 minutes"})
    if new != request.form.get("again", ""):
        return _page({"again": "differs: type the same new password twice"})
    try:
        token = _set(person, new)
    except InputInvalid as error:
        return _page({"new": error.fields["password"]})
    response = redirect(url_for("home.show", said="password_changed"))
    cookies.keep(response, cookies.SESSION, token)
    csrf.renew(response)
    return response


def _person() -> Identity:
    found = auth.identity()
    if found is None or found.staff_id is None or found.key_id is not None:
        raise NotFound("only a person who is signed in has a password")
    return found


def _knows(person: Identity, password: str) -> bool:
    """Counted before it is looked at, so that who found an open screen cannot guess on."""
    with edge.transaction() as session:
        attempt = staff.count_attempt(session, login=person.actor, now=db.now(session))
    environment = edge.settings().environment
    right = not attempt.throttled and passwords.matches(attempt.password_hash, password, environment=environment)
    if not right or attempt.staff_id is None:
        log.warning("password not changed", actor=person.actor, throttled=attempt.throttled)
        return False
    with edge.transaction() as session:
        staff.forget_attempts(session, staff_id=attempt.staff_id)
    return True


def _set(person: Identity, password: str) -> str:
    """Set it, and begin the one session that is left."""
    assert person.staff_id is not None
    environment = edge.settings().environment
    with edge.transaction() as session:
        now = db.now(session)
        staff.set_password(
            session,
            staff_id=person.staff_id,
            password=password,
            environment=environment,
            actor=person.actor,
            now=now,
        )
        return sessions.start(session, staff_id=person.staff_id, now=now)


def _page(faults: Mapping[str, str] | None = None) -> Response:
    return make_response(render_template("sign_in/password.html", faults=faults or {}), 422 if faults else 200)
