"""Values of acceptance: a translated message, its elements, and what became of each."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from connectors.base import ChannelOrder, Severity
from oms import compact_json
from oms.clock import MIDNIGHT
from oms.intake.rules import Became
from oms.journey.steps import NewStep
from oms.parties.models import Channel


@dataclass(frozen=True, slots=True)
class Element:
    """One order of a message with its JSON in the one schema.

    `content_hash` leaves out the version and the problems; of what holds the order it has a hash behind its own.
    """

    order: ChannelOrder
    json: Mapping[str, Any]
    content_hash: bytes


HOLDS_BYTES = 8
_ROWS = re.compile(r"\brows?[ .]\d+(?:(?:, | and )\d+)*")
#: Sources whose senders write days without a clock, which begin where they are read.
_WRITE_DAYS = frozenset({"sheet", "email"})
#: What two tellings of one order may differ in and still be the same content.
_NOT_CONTENT = ("kind", "version", "problems", "evidence", "channel")


def element(order: ChannelOrder, shape: Mapping[str, Any], *, zone: tzinfo | None = None) -> Element:
    """An order with its JSON and the hash of its content; `zone` is the one in which its sender's days were read."""
    content = {k: v for k, v in shape.items() if k not in _NOT_CONTENT}
    if zone is not None and order.source in _WRITE_DAYS:
        content |= _days(order, content, zone)
    # A status may say that goods are not to be sent, and nothing else of the order be another: that is content too.
    # Where in a sheet it stands is not: a sheet that is sent each day with more rows says the same of the same order.
    holds = sorted(
        (one.code, *(_ROWS.sub("row", said) for said in (one.field, one.message)))
        for one in order.problems
        if one.severity is Severity.HOLD
    )
    behind = _hash({"holds": holds})[:HOLDS_BYTES] if holds else b""
    return Element(order, shape, _hash(content) + behind)


def _days(order: ChannelOrder, content: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """The days of an order as they were written: a sheet says the same when the house has moved to another zone."""
    wanted = order.requested
    days = {"ship_by": _day(wanted.ship_by, zone), "deliver_by": _day(wanted.deliver_by, zone)}
    named = {name: day for name, day in days.items() if day}
    placed = _day(order.placed_at, zone)
    return {"requested": {**content["requested"], **named}, **({"placed_at": placed} if placed else {})}


def _day(moment: datetime | None, zone: tzinfo) -> str | None:
    local = None if moment is None else moment.astimezone(zone)
    return None if local is None or local.time() != MIDNIGHT else f"{local:%Y-%m-%d}T00:00:00Z"


def _hash(content: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(compact_json.canonical(content)).digest()


@dataclass(frozen=True, slots=True)
class Translated:
    """A message and what its channel's connector read in it. `all_or_nothing`: one refused row refuses all.

    `answered`: its sender waits and is told what became of each row. `sender`: the address that a mail came from.
    `is_reading`: we asked the channel how the order stands.
    """

    message_id: uuid.UUID
    channel: Channel
    received_at: datetime
    received_by: str
    elements: Sequence[Element]
    all_or_nothing: bool = False
    answered: bool = False
    sender: str | None = None
    is_reading: bool = False


@dataclass(slots=True)
class Fate:
    """What became of one element."""

    message: Translated
    position: int
    element: Element
    became: Became
    order_id: uuid.UUID | None = None
    reason: str | None = None

    @property
    def key(self) -> tuple[uuid.UUID, str]:
        """(channel, channel order id); one without a number is nobody's repeat."""
        number = self.element.order.channel_order_id
        return self.message.channel.id, number or f"own:{self.message.message_id}:{self.position}"

    def require_order(self) -> uuid.UUID:
        if self.order_id is None:
            raise ValueError(f"element {self.position} of message {self.message.message_id} has no order")
        return self.order_id


@dataclass(slots=True)
class Accepted:
    """What one message became: the outcome of its step and the steps that follow."""

    outcome: str
    fates: list[Fate] = field(default_factory=list)
    opens: list[NewStep] = field(default_factory=list)
