"""`@idempotent`: a call with an Idempotency-Key does its work once, and a repeat gets the first answer.

It is the outermost decorator but the route's:

    @blp.post("/orders")
    @idempotent
    @blp.arguments(NewOrder)
    @blp.response(201, OrderOut)
    @right("order.enter")
    def enter(new): ...
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import Any

from flask import make_response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from oms import db
from oms.accounts import idempotency
from oms.accounts.idempotency import Answer
from oms.errors import InputInvalid
from oms.web import auth, edge

HEADER = "Idempotency-Key"
KEY_MAX = 128
_KEPT = ("Content-Type", "Location", "ETag")


def idempotent(view: Callable[..., Any]) -> Callable[..., Response]:
    """Make an API view safe to repeat. The view's transactions become one with the stored answer.

    That one begins with the view's first: what the view reads before holds no transaction open. Refused calls (4xx) did nothing and are not stored: a repeat is judged anew. Without the header
    the view runs as it is.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return make_response(view(*args, **kwargs))
        if not (key.isascii() and key.isprintable() and 0 < len(key) <= KEY_MAX):
            hint = f"1 to {KEY_MAX} printable ASCII characters"
            raise InputInvalid(f"{HEADER}: {hint}", fields={HEADER: hint})
        try:
            with ExitStack() as open_until_answered:
                return _answered(_Once(open_until_answered, key), lambda: make_response(view(*args, **kwargs)))
        except _Answered as repeat:
            return _replayed(repeat.first)

    return once


class _Answered(Exception):
    """The call was answered before."""

    def __init__(self, first: Answer) -> None:
        super().__init__()
        self.first = first


class _Once:
    """The call's one transaction, begun when it is first asked for, by taking the key."""

    def __init__(self, open_until_answered: ExitStack, key: str) -> None:
        self._open = open_until_answered
        self._session: Session | None = None
        self.key, self.owner = key, auth.me().actor

    def session(self) -> Session:
        """The session; raises _Answered for a repeat."""
        if self._session is None:
            session = self._open.enter_context(edge.edge().database.transaction())
            now = db.now(session)
            first = idempotency.begin(session, owner=self.owner, key=self.key, request_hash=_request_hash(), now=now)
            if first is not None:
                raise _Answered(first)
            self._session = session
        return self._session


def _answered(once: _Once, view: Callable[[], Response]) -> Response:
    edge.joined(once.session)
    try:
        response = view()
    finally:
        edge.joined(None)
    session = once.session()
    if edge.FAILED in session.info:
        # There are no savepoints: what the failed part wrote would be committed with this answer.
        raise RuntimeError(f"{request.endpoint} answered although one of its transactions failed")
    kept = {name: response.headers[name] for name in _KEPT if name in response.headers}
    answer = Answer(response.status_code, kept, response.get_data())
    idempotency.finish(session, owner=once.owner, key=once.key, answer=answer)
    return response


def _replayed(first: Answer) -> Response:
    response = make_response(first.body, first.status)
    response.headers.update(dict(first.headers))
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _request_hash() -> bytes:
    """What makes a request the same one: method, address and every byte of the body."""
    told = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    told.update(request.get_data())
    return told.digest()
