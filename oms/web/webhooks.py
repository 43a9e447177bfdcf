"""Where web shops knock: signature checked on the raw bytes, stored with its step, then 202 (step 1 of the walk).

Nothing is understood here: what cannot be read later is quarantined, and the shop was answered 2xx, since
some switch a hook off after a few refusals. 503 only when the bytes were not stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from connectors import registry
from connectors.base import Received, SignedChannel
from oms.accounts.rights import ANYONE
from oms.db import Database
from oms.errors import NotFound, Unavailable
from oms.intake import inbox
from oms.intake.inbox import Arrival, NewMessage, Receipt
from oms.parties import channels
from oms.parties.channels import KnownChannel
from oms.web import auth, edge
from oms.web.cached import Cached
from oms.web.edge import Edge
from oms.web.signed import WorldClock, check_signature, world_clock

hooks = Blueprint("webhooks", __name__)

#: Not kept with the message: they open doors.
_UNKEPT = frozenset({"authorization", "cookie", "proxy-authorization"})
_JSON = "application/json"

#: WSGI names these two without HTTP_; what comes with it as well is not the header that counts.
_BARE = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}
_TOLD_APART = frozenset(f"HTTP_{key}" for key in _BARE)

ROUTE = "/webhooks/<name>"
#: Where the quick door leaves the fault that it met, for the application to tell it.
FAULT = "oms.webhook_fault"


@dataclass(frozen=True, slots=True)
class _Door:
    """A channel that signs."""

    channel: KnownChannel
    connector: SignedChannel
    clock: WorldClock


class Keeper:
    """What the committer does with the arrivals of many requests: one statement for all, which commits itself.

    What came before goes once more through a transaction, since a quarantine is several statements.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # Without BEGIN and COMMIT a group costs one round trip instead of three.
        self._at_once = Database(database.engine.execution_options(isolation_level="AUTOCOMMIT"), database.ring)
        self._kept = Cached()

    def __call__(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Store them; a receipt for each, in their order, after the commit."""
        with self._at_once.transaction() as session:
            span = self._span(session)
            found = inbox.receive_new(session, arrivals=arrivals, span=span)
        again = [arrival for arrival, receipt in zip(arrivals, found, strict=True) if receipt is None]
        if again:
            with self._database.transaction() as session:
                known = iter(inbox.receive_all(session, arrivals=again, span=span))
        return [receipt or next(known) for receipt in found]

    def _span(self, session: Session) -> timedelta:
        """The same at any hour, changed only by a manager."""
        span: timedelta = self._kept.get("accept", lambda _: inbox.accept_span(session))
        return span


@hooks.post(ROUTE)
@auth.right(ANYONE)
def receive(name: str) -> Response:
    """202 stored, 200 a repeat or a ping, 401 bad signature, 404 no such hook, 413 too large, 503 not stored."""
    fault: Exception | None = request.environ.get(FAULT)
    if fault is not None:
        raise fault
    status, body = take(edge.edge(), name, request.get_data(cache=False), headers_of(request.environ))
    return Response(body, status, mimetype=_JSON)


def take(owner: Edge, name: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Check the signature and store the message: (status, body of the answer). A repeat changes nothing.

    Raises NotFound, NotSignedIn or Unavailable, and then nothing was kept.
    """
    door = owner.channels.get(name, lambda _: _open(owner, name))
    if door is None:
        raise NotFound(f"there is no webhook {name!r}")
    message = Received(body, headers, channel=name)
    if door.connector.is_ping(message):
        return 200, b'{"status":"pong"}'
    check_signature(door.connector, message, secrets=door.channel.config.secrets, at=door.clock.now(), noun="channel")
    receipt = owner.committer.submit(Arrival(door.channel.id, _new(door, message)))
    if receipt.outcome == inbox.STORED:
        return 202, b'{"status":"accepted"}'
    return 200, b'{"status":"%s"}' % receipt.outcome.encode()


def headers_of(environ: Mapping[str, Any]) -> dict[str, str]:
    """The request's headers by lower-case name."""
    found = {
        key[5:].replace("_", "-").lower(): value
        for key, value in environ.items()
        if key.startswith("HTTP_") and key not in _TOLD_APART
    }
    return found | {name: value for key, name in _BARE.items() if (value := environ.get(key))}


def _open(owner: Edge, name: str) -> _Door | None:
    """Look a channel up; None when there is none, it is switched off, or it does not sign."""
    try:
        with owner.database.transaction() as session:
            found = channels.by_name(session, names=[name]).get(name)
            clock = world_clock(session)
    except SQLAlchemyError as fault:
        raise Unavailable("the message was not stored: send it again") from fault
    if found is None or found.config.source not in registry.CHANNELS:
        return None
    connector = registry.channel_for(found.config)
    return _Door(found, connector, clock) if isinstance(connector, SignedChannel) else None


def _new(door: _Door, message: Received) -> NewMessage:
    kept = {key: value for key, value in message.headers.items() if key not in _UNKEPT}
    return NewMessage(
        event_id=door.connector.event_id(message),
        way="webhook",
        body=message.body,
        headers=kept,
        received_by=f"channel:{message.channel}",
    )
