"""Step `accept`: translated messages become one order for each channel order, a change, a repeat, or a refusal (I-2, I-3).

Everything works on the list of messages in a fixed number of statements. What an element does is decided in
`rules.py`; who wins a race for a new order is decided by its unique key.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from connectors.base import ChannelOrder, Severity
from oms import db
from oms.intake import amendments, creation, known, rules
from oms.intake.fates import Accepted, Element, Fate, Translated
from oms.intake.models import InboundMessage, InboundOrder
from oms.intake.rules import Became, Known
from oms.journey import lifecycle
from oms.journey.steps import NewStep
from oms.rows import inserting
from oms.together import Write

__all__ = ["Accepted", "Element", "Fate", "Translated", "accept"]

#: Why a mail that is no order is quarantined.
NO_ORDER_MAIL = "no order: a notice, an automatic answer or spam; nothing is answered to it"

#: Why a mail is quarantined that speaks of another's order, or has its number by chance.
STRANGER = "an order of this number came from another address: compare both, and enter by hand what is wanted"

_Opens = dict[uuid.UUID, list[NewStep]]


def accept(session: Session, *, messages: Sequence[Translated], now: datetime) -> dict[uuid.UUID, Accepted]:
    """Carry the messages out; {message id: what it became}. A message that was accepted already changes nothing."""
    fates = [fate for message in messages for fate in _sort_out(message)]
    opens: _Opens = {}
    _settle(session, [fate for fate in fates if fate.became is Became.ORDERED], opens, now)
    return _close(session, messages, fates, opens, now)


def _sort_out(message: Translated) -> list[Fate]:
    """Look at each element by itself; a live one is provisionally `ordered`."""
    fates = []
    for position, element in enumerate(message.elements):
        alone = rules.standing(element.order)
        fate = Fate(message, position, element, alone or Became.ORDERED)
        if alone is Became.REFUSED:
            fate.reason = _why(element.order)
        fates.append(fate)
    if message.all_or_nothing and any(fate.became is Became.REFUSED for fate in fates):
        for fate in fates:
            if fate.became is Became.ORDERED:
                fate.became, fate.reason = Became.REFUSED, "another row of the same file is wrong"
    return fates


def _why(order: ChannelOrder) -> str:
    named = [f"{p.field}: {p.message}" for p in order.problems if p.severity is Severity.REFUSE]
    named += [f"{name}: the number is too large or too fine for an order" for name in rules.out_of_range(order)]
    return "; ".join(named)[:2000]


def _settle(session: Session, live: list[Fate], opens: _Opens, now: datetime) -> None:
    """Decide and write the live elements; those that lost the race for a new order are decided again."""
    todo = live
    while todo:
        new, changed, states = _decide(session, todo)
        lost = creation.create(session, fates=new, opens=opens, now=now)
        known.keep(session, states={i: s for i, s in states.items() if i not in lost})
        amendments.request(session, fates=[f for f in changed if f.order_id not in lost], opens=opens, now=now)
        todo = [fate for fate in todo if fate.order_id in lost]


def _decide(session: Session, fates: Sequence[Fate]) -> tuple[list[Fate], list[Fate], dict[uuid.UUID, Known]]:
    """Fold the elements over what stands: (new orders, changes to standing ones, what is known afterwards)."""
    stands: dict[tuple[uuid.UUID, str], tuple[uuid.UUID | None, Known]] = {}
    stands.update(known.find(session, keys=sorted({f.key for f in fates})))
    new, changed = [], []
    states: dict[uuid.UUID, Known] = {}
    senders = _senders(session, fates, stands)
    written: dict[uuid.UUID, Known] = {}
    for fate in fates:
        order_id, state = stands.get(fate.key, (None, Known()))
        if order_id is not None and _is_strange(fate, senders.get(order_id)):
            fate.became, fate.reason, fate.order_id = Became.REFUSED, STRANGER, None
            continue
        one, is_reading = fate.element, fate.message.is_reading
        fate.became, after = rules.decide(state, one.order, one.content_hash, is_reading=is_reading)
        if order_id is None:
            order_id = db.new_id()
            written[order_id] = after
            senders[order_id] = fate.message.sender
            new.append(fate)
        elif fate.became in amendments.TAKEN:
            changed.append(fate)
        if after is not state and after is not written.get(order_id):
            states[order_id] = after
        fate.order_id = order_id
        stands[fate.key] = (order_id, after)
    return new, changed, states


def _senders(session: Session, fates: Sequence[Fate], stands: Mapping[known.Key, Any]) -> dict[uuid.UUID, str | None]:
    """Who wrote the orders that these mails speak of."""
    spoken_of = [stands[f.key][0] for f in fates if f.message.sender and f.key in stands]
    return known.senders(session, order_ids=spoken_of) if spoken_of else {}


def _is_strange(fate: Fate, first: str | None) -> bool:
    sender = fate.message.sender
    return sender is not None and first is not None and sender.casefold() != first.casefold()


def _fates(fates: Sequence[Fate]) -> list[Write]:
    """What each element became, as a write."""
    rows = [
        {
            "message_id": f.message.message_id,
            "position": f.position,
            "became": f.became.value,
            "channel_order_id": f.element.order.channel_order_id,
            "order_id": f.order_id,
            "problems": list(f.element.json.get("problems", [])),
        }
        for f in fates
    ]
    return [inserting(InboundOrder, rows, unless=())] if rows else []


def _close(
    session: Session,
    messages: Sequence[Translated],
    fates: Sequence[Fate],
    opens: Mapping[uuid.UUID, list[NewStep]],
    now: datetime,
) -> dict[uuid.UUID, Accepted]:
    """Give each message its status, with the reason of a quarantine; what each element became is written along."""
    by_message: dict[uuid.UUID, list[Fate]] = {m.message_id: [] for m in messages}
    for fate in fates:
        by_message[fate.message.message_id].append(fate)
    came = {m.message_id: (m.channel.way, m.answered) for m in messages}
    found: dict[uuid.UUID, Accepted] = {}
    by_status: dict[tuple[str, str], list[uuid.UUID]] = {}
    reasons: dict[uuid.UUID, str] = {}
    for message_id, own in by_message.items():
        way, answered = came[message_id]
        outcome, status = rules.message_outcome([f.became for f in own], way=way, answered=answered)
        found[message_id] = Accepted(outcome, own, opens.get(message_id, []))
        by_status.setdefault((status, outcome), []).append(message_id)
        if status == "quarantined":
            reasons[message_id] = next((f.reason for f in own if f.reason), NO_ORDER_MAIL)
    along = _fates(fates)
    for (status, outcome), ids in by_status.items():
        lifecycle.advance(
            session, InboundMessage, ids, to=status, cause=outcome, actor="system", now=now, lenient=True, along=along
        )
        along = []
    if reasons:
        session.execute(known.SET_REASONS, {"ids": list(reasons), "reasons": list(reasons.values())})
    return found
