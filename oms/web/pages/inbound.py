"""Inbound messages: what arrived, why it was quarantined, its text as it came, and reading it again (I-7)."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms.errors import Conflict, Refused
from oms.intake import quarantine, queries
from oms.intake.states import INBOUND
from oms.journey import lifecycle
from oms.web import edge
from oms.web.api.paging import decode
from oms.web.api.paging import page as paged
from oms.web.auth import me, right
from oms.web.pages import acting

pages = Blueprint("messages", __name__)

ROWS = 50
#: So much of a message is shown; the rest is in the file.
SHOWN_BYTES = 60_000


@pages.get("/messages")
@right("message.read")
def index() -> Response:
    """Messages, newest first; the quarantine is a filter away."""
    after = decode(request.args.get("after"), uuid.UUID)
    status = request.args.get("status", "")
    with edge.transaction() as session:
        rows = queries.listed(
            session,
            limit=ROWS,
            status=status if status in INBOUND.moves else None,
            channel_id=me().channel_id,
            after=after[0] if after else None,
        )
    page = paged(rows, limit=ROWS, key=lambda row: (row.id,))
    return acting.page("messages/index.html", page=page, status=status, statuses=list(INBOUND.moves))


@pages.get("/messages/<uuid:message_id>")
@right("message.read")
def show(message_id: uuid.UUID) -> Response:
    """One message: what it became and why."""
    return _page(message_id)


@pages.post("/messages/<uuid:message_id>/text")
@right("message.review")
def raw(message_id: uuid.UUID) -> Response:
    """The bytes as they came, as text; they hold private data, so history keeps who looked and why (D-3)."""

    def work(session: Session, now: datetime) -> str:
        reason = acting.required("reason", longest=200)
        body = queries.body(session, message_id=message_id, channel_id=me().channel_id)
        note = lifecycle.Note("inbound_message", message_id, "private.read", reason)
        lifecycle.note(session, [note], actor=me().actor, now=now)
        return body[:SHOWN_BYTES].decode("utf-8", "replace")

    found = acting.tried(work)
    if isinstance(found, Refused):
        return _page(message_id, found)
    return _page(message_id, text=found)


@pages.post("/messages/<uuid:message_id>/retry")
@right("message.review")
def retry(message_id: uuid.UUID) -> AnyResponse:
    """Read a quarantined message again, after its channel's mapping or the goods were mended."""

    def work(session: Session, now: datetime) -> None:
        row = queries.message(session, message_id=message_id, channel_id=me().channel_id)
        if not quarantine.read_again(session, message_ids=[row.id], actor=me().actor, now=now):
            raise Conflict(f"the message is {row.status}: only a quarantined one is read again")

    refused = acting.tried(work)
    if isinstance(refused, Refused):
        return _page(message_id, refused)
    return acting.done("messages.show", "message_retried", message_id=message_id)


def _page(message_id: uuid.UUID, refused: Refused | None = None, text: str | None = None) -> Response:
    with edge.transaction() as session:
        row = queries.message(session, message_id=message_id, channel_id=me().channel_id)
        became = queries.became(session, message_id=message_id)
    return acting.page("messages/show.html", refused, message=row, became=became, text=text)
