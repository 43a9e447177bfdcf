"""Pages behind one-time links, without a login: the customer signs the confirmation, and scores the service (I-4, S-5)."""

from __future__ import annotations

import uuid
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.accounts.rights import ANYONE
from oms.aftersales import queries, satisfaction
from oms.aftersales.satisfaction import Scores
from oms.errors import NotFound, Refused
from oms.verification import signing
from oms.web import edge, limits
from oms.web.auth import right
from oms.web.language import speaking
from oms.web.pages import acting

pages = Blueprint("public", __name__)

ANSWERS = ("signed", "declined")
SCORED = ("goods", "delivery", "service")


@pages.errorhandler(NotFound)
def gone(fault: NotFound) -> Response:
    """A customer whose link was replaced by a newer one is no stranger who looks for what is not theirs."""
    return _private(make_response(render_template("public/gone.html"), fault.status))


@pages.get("/sign/<token>")
@right(ANYONE)
def read(token: str) -> Response:
    """The confirmation to read, in the order's language, and the two answers."""
    return _sign_page(token)


@pages.post("/sign/<token>")
@right(ANYONE)
def sign(token: str) -> AnyResponse:
    """The customer's answer; the link works once."""
    result = acting.tried(
        lambda session, now: signing.answer(
            session,
            answer=acting.pressed("answer", *ANSWERS),
            means="link",
            name=acting.text("name", longest=200),
            token=token[:200],
            evidence={"address": request.remote_addr, "agent": (request.user_agent.string or "")[:300]},
            now=now,
        )
    )
    return _sign_page(token, result if isinstance(result, Refused) else None)


def _sign_page(token: str, refused: Refused | None = None) -> Response:
    limits.count(limits.PUBLIC, "public")
    with edge.transaction() as session:
        view = signing.view_by_token(session, token=token[:200], now=db.now(session))
    with speaking(view.language):
        return _private(acting.page("public/sign.html", refused, view=view, content=view.content))


@pages.get("/rate/<token>")
@right(ANYONE)
def rate(token: str) -> Response:
    """The three questions, of which each may be left out."""
    return _rate_page(*_parts(token))


@pages.post("/rate/<token>")
@right(ANYONE)
def score(token: str) -> AnyResponse:
    """Keep the scores; the link works once."""
    return _score(*_parts(token))


@pages.get("/survey/<uuid:subject_id>/<token>")
@right(ANYONE)
def survey(subject_id: uuid.UUID, token: str) -> Response:
    """The same questions under the address that our messages carry."""
    return _rate_page(subject_id, token)


@pages.post("/survey/<uuid:subject_id>/<token>")
@right(ANYONE)
def survey_score(subject_id: uuid.UUID, token: str) -> AnyResponse:
    """Keep the scores; the link works once."""
    return _score(subject_id, token)


def _parts(token: str) -> tuple[uuid.UUID, str]:
    """`<subject>.<secret>` of a link."""
    subject, _, secret = token.partition(".")
    try:
        return uuid.UUID(subject), secret
    except ValueError as fault:
        raise NotFound("this link is not known: use the one from the message") from fault


def _score(subject_id: uuid.UUID, token: str) -> AnyResponse:
    def work(session: Session, now: datetime) -> None:
        given: dict[str, Any] = {name: _stars(name) for name in SCORED}
        comment = acting.text("comment", longest=2000) or None
        scores = Scores(**given, comment=comment)
        satisfaction.score(session, subject_id=subject_id, token=token[:200], scores=scores, now=now)

    result = acting.tried(work)
    if isinstance(result, Refused):
        return _rate_page(subject_id, token, result)
    with edge.transaction() as session:
        language = queries.language_of(session, subject_id=subject_id)
    return _rated(language, question=None, thanks=True)


def _stars(name: str) -> int | None:
    given = request.form.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) == 1 else None


def _rate_page(subject_id: uuid.UUID, token: str, refused: Refused | None = None) -> Response:
    limits.count(limits.PUBLIC, "public")
    with edge.transaction() as session:
        found = _question(session, subject_id, token)
        language = queries.language_of(session, subject_id=subject_id)
    return _rated(language, refused, question=found, thanks=False)


def _rated(language: str | None, refused: Refused | None = None, **values: Any) -> Response:
    """The page in the customer's language; where nobody knows it, in the browser's."""
    with speaking(language) if language else nullcontext():
        return _private(acting.page("public/rate.html", refused, **values))


def _question(session: Session, subject_id: uuid.UUID, token: str) -> str | None:
    """What the link asks; None once it was answered or its time is over. NotFound for a link that is none."""
    try:
        return satisfaction.question(session, subject_id=subject_id, token=token[:200])
    except Refused as refused:
        if isinstance(refused, NotFound):
            raise
        return None


def _private(response: Response) -> Response:
    """A secret stands in the address: no search engine may list it."""
    made = make_response(response)
    made.headers["X-Robots-Tag"] = "noindex"
    return made
