"""Satisfaction: asked after delivery and after each ticket by a link of its own, answered once (S-5, K-4)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from oms import db
from oms.aftersales.models import Score, Ticket
from oms.errors import Conflict, InputInvalid, NotFound
from oms.journey import lifecycle, step_sql, steps
from oms.journey.steps import Claimed, Done
from oms.messages import outbox
from oms.messages.outbox import Notice
from oms.messages.survey_link import is_right, path_of, token_of
from oms.orders.contacts import contacts

QUESTIONS = ("rate_service", "rate_ticket")
LOWEST, HIGHEST = 1, 5
EXPIRED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Scores:
    """A customer's answers, 1 to 5, None where nothing was said."""

    goods: int | None = None
    delivery: int | None = None
    service: int | None = None
    comment: str | None = None


_DUE = text(f"""
    SELECT kind, subject_id FROM step WHERE kind = ANY(CAST(:kinds AS text[])) AND {step_sql.RUNNING}
      AND due_at < :now ORDER BY due_at LIMIT :most
""")


def invite(session: Session, *, subjects: Mapping[uuid.UUID, uuid.UUID | None], now: datetime, round_: int = 0) -> None:
    """Ask the customers of orders or tickets ({subject: its order}) for a score, once each in a round."""
    order_ids = [order_id for order_id in subjects.values() if order_id is not None]
    people = contacts(session, order_ids=order_ids) if order_ids else {}
    numbers = session.execute(select(Ticket.id, Ticket.number).where(Ticket.id.in_(subjects)))
    tickets: dict[uuid.UUID, str] = {row.id: row.number for row in numbers}
    notices = [
        Notice(
            f"survey:{subject_id}" if round_ == 0 else f"survey:{subject_id}:{round_}",
            "survey",
            order_id,
            people[order_id].email,
            people[order_id].language,
            {
                "number": people[order_id].number,
                "name": people[order_id].name,
                "ticket": tickets.get(subject_id),
                "path": path_of(subject_id),
            },
        )
        for subject_id, order_id in subjects.items()
        if order_id in people
    ]
    steps.open_steps(session, outbox.put(session, notices=notices, now=now), now=now)


def question(session: Session, *, subject_id: uuid.UUID, token: str) -> str:
    """`rate_service` or `rate_ticket`: what the link asks. NotFound for a wrong link, Conflict once answered or over."""
    return _asked(session, subject_id, token).kind


def score(session: Session, *, subject_id: uuid.UUID, token: str, scores: Scores, now: datetime) -> None:
    """Keep a customer's answer and end the question. Raises NotFound, Conflict (answered, expired), InputInvalid."""
    _check(scores)
    step = _asked(session, subject_id, token)
    row = {
        "id": db.new_id(),
        "subject_type": step.subject_type,
        "subject_id": subject_id,
        "order_id": step.order_id,
        "goods": scores.goods,
        "delivery": scores.delivery,
        "service": scores.service,
        "comment": scores.comment,
        "at": now,
    }
    kept = {name: row[name] for name in ("goods", "delivery", "service", "comment", "at")}
    # A ticket that was reopened is asked about again: the last answer counts.
    session.execute(pg_insert(Score).on_conflict_do_update(index_elements=["subject_id"], set_=kept), [row])
    entry = lifecycle.Note(step.subject_type, subject_id, "satisfaction.scored", step.kind, order_id=step.order_id)
    lifecycle.note(session, [entry], actor="customer", now=now)
    steps.finish(session, [Done(step, "scored")], by="customer", now=now)


def expire_due(session: Session, *, now: datetime) -> int:
    """End the questions that nobody answered in time; return how many."""
    params = {"kinds": list(QUESTIONS), "now": now, "most": EXPIRED_AT_ONCE}
    due = session.execute(_DUE, params).all()
    total = 0
    for kind in QUESTIONS:
        found = steps.find(session, kind=kind, subject_ids=[row.subject_id for row in due if row.kind == kind])
        late = [Done(step, "expired") for step in found.values() if step.due_at < now]
        steps.finish(session, late, by="system", now=now)
        total += len(late)
    return total


def _asked(session: Session, subject_id: uuid.UUID, token: str) -> Claimed:
    if not is_right(subject_id, token):
        raise NotFound("this link is not known: use the one from the message")
    for kind in QUESTIONS:
        found = steps.find(session, kind=kind, subject_ids=[subject_id])
        if found:
            return found[subject_id]
    raise Conflict("this question was answered already, or its time is over")


def _check(scores: Scores) -> None:
    given = {"goods": scores.goods, "delivery": scores.delivery, "service": scores.service}
    faults = {
        name: f"a whole number from {LOWEST} to {HIGHEST}"
        for name, value in given.items()
        if value is not None and not LOWEST <= value <= HIGHEST
    }
    if not faults and all(value is None for value in given.values()):
        faults = {"service": f"give at least one score from {LOWEST} to {HIGHEST}"}
    if faults:
        raise InputInvalid("the scores are not complete", fields=faults)


__all__ = ["QUESTIONS", "Scores", "expire_due", "invite", "path_of", "question", "score", "token_of"]
