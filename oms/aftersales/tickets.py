"""Tickets: a customer's question or complaint with its clocks, from opening to the answer (S-1, S-4, S-6)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from oms import db, numbers
from oms.aftersales.models import Ticket, TicketLine, TicketNote
from oms.errors import Conflict, InputInvalid, NotFound
from oms.journey import lifecycle, steps
from oms.journey.models import Step
from oms.journey.steps import Claimed, Done, NewStep
from oms.messages import outbox
from oms.messages.outbox import Notice
from oms.orders import locking
from oms.orders.contacts import contacts
from oms.orders.models import OrderLine

KINDS = ("question", "complaint", "return", "exchange", "repair", "damage", "not_received")
DIRECTIONS = ("in", "out", "internal")


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What the customer says; `line_ids` are the order's lines that it is about."""

    kind: str
    subject: str
    body: str
    order_id: uuid.UUID | None = None
    line_ids: tuple[uuid.UUID, ...] = ()
    serious: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the customer is told: the text, the remedy, and by when it is done, which becomes a clock (S-6)."""

    text: str
    remedy: str
    remedy_due_at: datetime


def open_tickets(
    session: Session, *, new: Sequence[NewTicket], actor: str, now: datetime, tell: bool = True
) -> list[uuid.UUID]:
    """Write tickets with the step that passes them on to after-sales (S-1); return their ids.

    A serious one is noted to the management (S-4). `tell`: the customer hears the ticket's number.
    """
    for place, one in enumerate(new):
        _check(session, one, place)
    rows = [_row(one, actor, now) for one in new]
    if not rows:
        return []
    session.execute(insert(Ticket), rows)
    lines = [
        {"ticket_id": row["id"], "order_line_id": i} for row, one in zip(rows, new, strict=True) for i in one.line_ids
    ]
    if lines:
        session.execute(insert(TicketLine), lines)
    ids: list[uuid.UUID] = [row["id"] for row in rows]  # type: ignore[misc]
    pairs = list(zip(ids, new, strict=True))
    notes = [lifecycle.Note("ticket", i, "ticket.opened", one.kind, one.order_id, became="new") for i, one in pairs]
    notes += [
        lifecycle.Note("ticket", i, "ticket.serious", "told to the management", one.order_id, became="general_manager")
        for i, one in pairs
        if one.serious
    ]
    lifecycle.note(session, notes, actor=actor, now=now)
    told = _tell_opened(session, ids, now) if tell else []
    passed_on = [NewStep("ticket_pass_on", i, order_id=one.order_id) for i, one in pairs]
    steps.open_steps(session, [*passed_on, *told], now=now)
    return ids


def pass_on(session: Session, *, ticket_id: uuid.UUID, owner_id: uuid.UUID | None, actor: str, now: datetime) -> None:
    """The ticket is at after-sales, with a person or for all of them: the 2 h to contact the customer begin.

    A repeat changes nothing.
    """
    ticket = locked(session, ticket_id)
    step = steps.find(session, kind="ticket_pass_on", subject_ids=[ticket_id]).get(ticket_id)
    if step is None:
        return
    lifecycle.advance(session, Ticket, [ticket_id], to="open", cause="passed on", actor=actor, now=now, lenient=True)
    session.execute(update(Ticket).where(Ticket.id == ticket_id).values(owner_id=owner_id))
    contact_step = NewStep("ticket_contact", ticket_id, order_id=ticket.order_id, assignee_id=owner_id)
    steps.finish(session, [Done(step, "passed", (contact_step,))], by=actor, now=now)


def contact(session: Session, *, ticket_id: uuid.UUID, answer: Answer, actor: str, now: datetime) -> None:
    """The customer was told the remedy and when it is done; a later contact moves that date, which stays visible.

    What is overdue by then stays late: another date is told, but the clock ran out (K-2).
    """
    _check_answer(answer, now)
    ticket = locked(session, ticket_id)
    if ticket.status in ("closed", "resolved"):
        raise Conflict(f"ticket {ticket.number} is {ticket.status}: reopen it first")
    pass_on(session, ticket_id=ticket_id, owner_id=ticket.owner_id, actor=actor, now=now)
    values = {
        "contacted_at": ticket.contacted_at or now,
        "remedy": answer.remedy,
        "remedy_due_at": answer.remedy_due_at,
    }
    session.execute(update(Ticket).where(Ticket.id == ticket_id).values(**values))
    step = steps.find(session, kind="ticket_contact", subject_ids=[ticket_id]).get(ticket_id)
    if step is not None:
        owner_id = keep_owner(session, ticket, step)
        steps.finish(session, [Done(step, "contacted", (_solve(step, owner_id, answer),))], by=actor, now=now)
    else:
        solving = steps.find(session, kind="ticket_solve", subject_ids=[ticket_id]).values()
        in_time = [one.subject_id for one in solving if one.due_at >= now]
        steps.move_due(session, kind="ticket_solve", due=dict.fromkeys(in_time, answer.remedy_due_at))
    note_id = note(session, ticket_id=ticket_id, direction="out", text=answer.text, actor=actor, now=now)
    steps.open_steps(session, _tell_answer(session, ticket, answer, note_id, now), now=now)


def keep_owner(session: Session, ticket: Ticket, step: Claimed) -> uuid.UUID | None:
    """A (locked) ticket follows its step: who was absent handed it over, and gets nothing of it back. One for all stays so."""
    if ticket.owner_id is not None:
        ticket.owner_id = session.scalar(select(Step.assignee_id).where(Step.id == step.id))
        session.flush()
    return ticket.owner_id


def note(session: Session, *, ticket_id: uuid.UUID, direction: str, text: str, actor: str, now: datetime) -> uuid.UUID:
    """Keep what was said: `in` by the customer, `out` to them, or `internal`. Return the note."""
    if direction not in DIRECTIONS or not text.strip():
        hint = {"direction": f"one of {', '.join(DIRECTIONS)}"} if direction not in DIRECTIONS else {"text": "is empty"}
        raise InputInvalid("the note is not complete", fields=hint)
    ticket = locked(session, ticket_id)
    row = TicketNote(id=db.new_id(), ticket_id=ticket_id, direction=direction, text=text, actor=actor, at=now)
    session.add(row)
    session.flush()
    entry = lifecycle.Note("ticket", ticket_id, "ticket.noted", direction, order_id=ticket.order_id)
    lifecycle.note(session, [entry], actor=actor, now=now)
    return row.id


def locked(session: Session, ticket_id: uuid.UUID) -> Ticket:
    """The ticket with its order, both locked; NotFound."""
    order_id = session.execute(select(Ticket.order_id).where(Ticket.id == ticket_id)).one_or_none()
    if order_id is None:
        raise NotFound("no such ticket")
    if order_id[0] is not None:
        locking.touch(session, order_ids=[order_id[0]])
    return session.get_one(Ticket, ticket_id, with_for_update=True, populate_existing=True)


def _check(session: Session, one: NewTicket, place: int) -> None:
    faults = {}
    if one.kind not in KINDS:
        faults[f"{place}.kind"] = f"one of {', '.join(KINDS)}"
    if not one.subject.strip():
        faults[f"{place}.subject"] = "say in a few words what it is about"
    if one.line_ids:
        own = select(OrderLine.id).where(OrderLine.id.in_(one.line_ids), OrderLine.order_id == one.order_id)
        if len(session.scalars(own).all()) < len(set(one.line_ids)):
            faults[f"{place}.line_ids"] = "lines of the ticket's own order only"
    if faults:
        raise InputInvalid("the ticket is not complete", fields=faults)


def _row(one: NewTicket, actor: str, now: datetime) -> dict[str, object]:
    return {
        "id": db.new_id(),
        "number": numbers.new_number("TK"),
        "order_id": one.order_id,
        "kind": one.kind,
        "serious": one.serious,
        "subject": one.subject,
        "body": one.body,
        "status": "new",
        "opened_by": actor,
        "opened_at": now,
    }


def _check_answer(answer: Answer, now: datetime) -> None:
    faults = {}
    if not answer.text.strip():
        faults["text"] = "say what the customer was told"
    if not answer.remedy.strip():
        faults["remedy"] = "the reply states the remedy"
    if answer.remedy_due_at <= now:
        faults["remedy_due_at"] = "the expected completion lies in the future"
    if faults:
        raise InputInvalid("the answer is not complete", fields=faults)


def _solve(step: Claimed, owner_id: uuid.UUID | None, answer: Answer) -> NewStep:
    return NewStep(
        "ticket_solve", step.subject_id, order_id=step.order_id, due_at=answer.remedy_due_at,
        assignee_id=owner_id, round=step.round,
    )  # fmt: skip


def _tell_opened(session: Session, ticket_ids: Sequence[uuid.UUID], now: datetime) -> list[NewStep]:
    mine = session.scalars(select(Ticket).where(Ticket.id.in_(ticket_ids), Ticket.order_id.is_not(None))).all()
    people = contacts(session, order_ids=[t.order_id for t in mine if t.order_id])
    notices = [
        Notice(f"ticket_opened:{t.id}", "ticket_opened", t.order_id, people[t.order_id].email,
               people[t.order_id].language, {"ticket": t.number, "number": people[t.order_id].number,
                                             "name": people[t.order_id].name})
        for t in mine
        if t.order_id in people
    ]  # fmt: skip
    return outbox.put(session, notices=notices, now=now)


def _tell_answer(session: Session, ticket: Ticket, answer: Answer, note_id: uuid.UUID, now: datetime) -> list[NewStep]:
    if ticket.order_id is None:
        return []
    person = contacts(session, order_ids=[ticket.order_id])[ticket.order_id]
    values = {
        "ticket": ticket.number,
        "number": person.number,
        "name": person.name,
        "text": answer.text,
        "remedy": answer.remedy,
        "remedy_due_at": answer.remedy_due_at.isoformat(),
    }
    notice = Notice(
        f"ticket_answered:{note_id}", "ticket_answered", ticket.order_id, person.email, person.language, values
    )
    return outbox.put(session, notices=[notice], now=now)
