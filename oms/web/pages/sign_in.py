"""Signing in and out: sessions are made new at each sign-in, and a wrong password is told like an unknown login."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import structlog
from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from oms import db
from oms.accounts import passwords, sessions, staff
from oms.accounts.rights import ANYONE
from oms.accounts.staff import Attempt
from oms.web import auth, cookies, csrf, edge, limits, metrics

log = structlog.get_logger(__name__)

pages = Blueprint("sign_in", __name__)


@dataclass(frozen=True, slots=True)
class _Form:
    login: str
    password: str

    @classmethod
    def read(cls) -> _Form:
        return cls(request.form.get("login", "").strip().lower()[:64], request.form.get("password", ""))


@pages.get("/sign-in")
@auth.right(ANYONE)
def form() -> Response:
    """The form; one who is signed in already goes on."""
    target = auth.safe_next(request.args.get("next"))
    if auth.identity() is not None:
        return redirect(target)
    return _page(target)


@pages.post("/sign-in")
@auth.right(ANYONE)
def sign_in() -> Response:
    """Look at login and password; five wrong ones in fifteen minutes are the last for a while."""
    limits.count(limits.SIGN_IN, "sign_in")
    given, target = _Form.read(), auth.safe_next(request.form.get("next"))
    attempt = _count(given)
    right = not attempt.throttled and passwords.matches(
        attempt.password_hash, given.password, environment=edge.settings().environment
    )
    if not right or attempt.staff_id is None:
        metrics.DENIED.labels(why="password").inc()
        log.warning("sign-in refused", throttled=attempt.throttled, address=request.remote_addr)
        return _page(target, login=given.login, refused=True)
    return _signed_in(attempt.staff_id, attempt.password_hash or "", given, target)


@pages.post("/sign-out")
@auth.right(ANYONE)
def sign_out() -> Response:
    """End the session; what the browser kept of the pages is cleared."""
    token = cookies.read(cookies.SESSION)
    if token:
        with edge.transaction() as session:
            sessions.end(session, token=token, now=db.now(session))
    response = redirect("/sign-in")
    cookies.drop(response, cookies.SESSION)
    csrf.renew(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _count(given: _Form) -> Attempt:
    """Committed before the password is looked at, so that parallel guesses are counted."""
    with edge.transaction() as session:
        return staff.count_attempt(session, login=given.login, now=db.now(session))


def _signed_in(staff_id: uuid.UUID, password_hash: str, given: _Form, target: str) -> Response:
    environment = edge.settings().environment
    rehash = None
    if passwords.outdated(password_hash, environment=environment):
        rehash = passwords.hasher(environment).hash(given.password)
    old = cookies.read(cookies.SESSION)
    with edge.transaction() as session:
        now = db.now(session)
        staff.forget_attempts(session, staff_id=staff_id, rehash=rehash)
        if old:
            sessions.end(session, token=old, now=now)
        token = sessions.start(session, staff_id=staff_id, now=now)
    log.info("signed in", actor=given.login)
    response = redirect(target)
    cookies.keep(response, cookies.SESSION, token)
    csrf.renew(response)
    return response


def _page(target: str, login: str = "", refused: bool = False) -> Response:
    fault = (
        gettext("Login or password is wrong. After five wrong tries the account rests for up to 15 minutes.")
        if refused
        else ""
    )
    html = render_template("sign_in/form.html", next=target, login=login, fault=fault)
    return make_response(html, 401 if refused else 200)
