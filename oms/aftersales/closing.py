"""A ticket's end: its cause, and the stage and person at fault if it is ours, as an error event (S-3); reopening."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from oms.accounts.models import Staff
from oms.aftersales import satisfaction, tickets
from oms.aftersales.models import Ticket
from oms.errors import Conflict, InputInvalid
from oms.journey import errors, lifecycle, steps
from oms.journey.errors import NewError
from oms.journey.models import Step
from oms.journey.steps import Done, NewStep

#: The causes that a ticket may end with; those that are ours need a stage and a person.
CAUSES = ("channel", "entry", "pick", "pack", "carrier", "supplier", "product", "customer")
OURS = frozenset({"entry", "pick", "pack"})
STAGES = ("entry", "verification", "pick", "pack", "booking", "hand_over", "ticket")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a ticket ends. `person`: `staff:<id>` or a login; needed, with `stage`, when the cause is ours."""

    cause: str
    note: str
    stage: str | None = None
    person: str | None = None


def close(session: Session, *, ticket_id: uuid.UUID, verdict: Verdict, actor: str, now: datetime) -> None:
    """Close a ticket whose customer was contacted; ask the customer for a score. Raises Conflict on a repeat."""
    ticket = tickets.locked(session, ticket_id)
    person = _checked(session, verdict)
    step = steps.find(session, kind="ticket_solve", subject_ids=[ticket_id]).get(ticket_id)
    if step is None:
        closed = ticket.status in ("closed", "resolved")
        raise Conflict(f"ticket {ticket.number} is closed already" if closed else "contact the customer first (S-1)")
    lifecycle.advance(session, Ticket, [ticket_id], to="closed", cause=verdict.cause, actor=actor, now=now)
    values = {"cause": verdict.cause, "stage": verdict.stage, "person": person, "closed_at": now, "closed_by": actor}
    session.execute(update(Ticket).where(Ticket.id == ticket_id).values(**values))
    tickets.keep_owner(session, ticket, step)
    tickets.note(session, ticket_id=ticket_id, direction="internal", text=verdict.note, actor=actor, now=now)
    fault = None
    if verdict.cause in OURS and person is not None and verdict.stage is not None:
        fault = _error(ticket, verdict.cause, verdict.stage, person)
    errors.judge(session, kind="ticket", subject_id=ticket_id, event=fault, by=actor, now=now)
    question = NewStep("rate_ticket", ticket_id, order_id=ticket.order_id, round=step.round)
    steps.finish(session, [Done(step, "closed", (question,))], by=actor, now=now)
    satisfaction.invite(session, subjects={ticket_id: ticket.order_id}, now=now, round_=step.round)


def reopen(session: Session, *, ticket_id: uuid.UUID, why: str, actor: str, now: datetime) -> None:
    """The customer is not content: the ticket lives again with a fresh clock. Raises Conflict unless it is closed."""
    if not why.strip():
        raise InputInvalid("say why it is reopened", fields={"why": "say why"})
    ticket = tickets.locked(session, ticket_id)
    if not lifecycle.advance(session, Ticket, [ticket_id], to="reopened", cause=why[:500], actor=actor, now=now):
        raise Conflict(f"ticket {ticket.number} is open again already")
    session.execute(update(Ticket).where(Ticket.id == ticket_id).values(closed_at=None, closed_by=None))
    steps.cancel(session, subject_ids=[ticket_id], by=actor, now=now, kinds=["rate_ticket"], why="reopened")
    rounds = session.scalar(
        select(func.coalesce(func.max(Step.round), -1)).where(Step.subject_id == ticket_id, Step.kind == "ticket_solve")
    )
    again = NewStep(
        "ticket_solve", ticket_id, order_id=ticket.order_id, round=(rounds or 0) + 1, assignee_id=ticket.owner_id
    )
    steps.open_steps(session, [again], now=now)


def _error(ticket: Ticket, cause: str, stage: str, person: str) -> NewError:
    return NewError("ticket", ticket.id, "ticket", cause, stage, person, caught=False, order_id=ticket.order_id)


def _checked(session: Session, verdict: Verdict) -> str | None:
    """The person at fault as an actor; InputInvalid naming what is missing."""
    faults = {}
    if verdict.cause not in CAUSES:
        faults["cause"] = f"one of {', '.join(CAUSES)}"
    if not verdict.note.strip():
        faults["note"] = "say how it was solved"
    if verdict.cause in OURS and verdict.stage not in STAGES:
        faults["stage"] = f"a cause of ours needs its stage: one of {', '.join(STAGES)}"
    person = _person(session, verdict.person) if verdict.person else None
    if (verdict.cause in OURS or verdict.person) and person is None:
        faults["person"] = "a cause of ours needs the person: choose one of the staff"
    if faults:
        raise InputInvalid("the ticket cannot be closed like this", fields=faults)
    return person


def _person(session: Session, text: str) -> str | None:
    found = session.scalars(select(Staff.id).where(Staff.login == text)).first()
    if found is None and text.startswith("staff:"):
        try:
            found = session.scalars(select(Staff.id).where(Staff.id == uuid.UUID(text.removeprefix("staff:")))).first()
        except ValueError:
            return None
    return None if found is None else f"staff:{found}"
