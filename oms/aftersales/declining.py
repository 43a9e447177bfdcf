"""A change that comes too late or is declined: the customer hears it, and customer service gets the case (C-5)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from oms.aftersales import tickets
from oms.aftersales.tickets import NewTicket
from oms.journey.steps import NewStep
from oms.messages import outbox
from oms.orders.contacts import contacts, notice
from oms.orders.models import ChangeRequest

_SUBJECT = {"en": "Change or cancellation after hand-over", "zh_Hans": "交接后提出变更或取消"}
_LATE = {"en": "the goods have been handed over to the carrier", "zh_Hans": "货物已交承运商"}
_BODY = {
    "en": "The goods are with the carrier. Ask the carrier to recall the parcel, or agree a return with the customer.",
    "zh_Hans": "货物已交承运商：请联系快递拦截，或与客户商定退货。",
}


def tell(
    session: Session, *, requests: Sequence[tuple[ChangeRequest, str]], recall: bool, now: datetime
) -> dict[uuid.UUID, list[NewStep]]:
    """Steps by order that tell the customers why; with `recall` a ticket for each, so that someone acts."""
    people = contacts(session, order_ids=[r.order_id for r, _ in requests])
    notices = [
        notice(
            people[r.order_id],
            key=f"change_declined:{r.id}",
            template="change_declined",
            kind=r.kind,
            late=recall,
            why=_LATE.get(people[r.order_id].language, _LATE["en"]) if recall else why,
        )
        for r, why in requests
    ]
    opens: dict[uuid.UUID, list[NewStep]] = {}
    for step in outbox.put(session, notices=notices, now=now):
        opens.setdefault(step.order_id or step.subject_id, []).append(step)
    if recall:
        ask_for_recall(session, {r.order_id: people[r.order_id].language for r, _ in requests}, now=now)
    return opens


def ask_for_recall(session: Session, languages: Mapping[uuid.UUID, str], *, now: datetime) -> None:
    """A ticket for each order (with its customer's language) of which goods are with the carrier."""
    new = [_ticket(order_id, language) for order_id, language in languages.items()]
    tickets.open_tickets(session, new=new, actor="system", now=now, tell=False)


def _ticket(order_id: uuid.UUID, language: str) -> NewTicket:
    return NewTicket(
        kind="question",
        subject=_SUBJECT.get(language, _SUBJECT["en"]),
        body=_BODY.get(language, _BODY["en"]),
        order_id=order_id,
    )
