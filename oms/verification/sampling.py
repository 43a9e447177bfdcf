"""The daily sample: some of each day's automatically passed orders are looked at by hand on the next one (V-7)."""

from __future__ import annotations

import random
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.accounts import rights
from oms.clock import DAY, day_bounds
from oms.errors import Fenced, InputInvalid, NotAllowed
from oms.journey import calendar_store, errors, lifecycle, periods, policy
from oms.journey import steps as journey
from oms.journey.errors import NewError
from oms.journey.steps import Claimed, Done, NewStep

_KEYS = text("SELECT id, key FROM step WHERE id = ANY(CAST(:ids AS uuid[]))")
_PASSED = text("""
    SELECT DISTINCT subject_id FROM step
    WHERE kind = 'verify' AND outcome = 'passed' AND finished_at >= :start AND finished_at < :end
""")


# Yesterday's orders may be on their way: what is found of those now has left the house with its fault.
_ENTERED = text("""
    SELECT o.entered_by, EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.qty_shipped > 0) AS has_left
    FROM orders o WHERE o.id = :order
""")


def sample_size(passed: int, *, rate: Decimal, least: int) -> int:
    """How many of `passed` orders are looked at: the share of `rate` percent rounded up, at least `least`, at most all."""
    share = int((Decimal(passed) * rate / 100).to_integral_value(rounding=ROUND_CEILING))
    return min(passed, max(share, least))


def draw(session: Session, *, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    """Step `daily_sample`: open a `sample_review` for randomly chosen orders of the day before the one that its key names.

    By the key and not by `now`: a step that comes days late draws of its own day, and there is one of each day.
    """
    zone = calendar_store.read(session, now).organisation.zone
    days = {row.id: periods.day_of(row.key) for row in session.execute(_KEYS, {"ids": [step.id for step in steps]})}
    return [Done(step, "sampled", _drawn(session, day_bounds(days[step.id] - DAY, zone), now)) for step in steps]


def _drawn(session: Session, bounds: tuple[datetime, datetime], now: datetime) -> tuple[NewStep, ...]:
    start, end = bounds
    passed = list(session.execute(_PASSED, {"start": start, "end": end}).scalars())
    numbers = policy.read(session, now)
    count = sample_size(
        len(passed),
        rate=numbers.decimal("verification.sample_rate"),
        least=numbers.whole("verification.sample_min"),
    )
    chosen = random.SystemRandom().sample(passed, count)
    return tuple(NewStep("sample_review", o, order_id=o) for o in chosen)


def check(
    session: Session,
    *,
    step_id: uuid.UUID,
    token: int,
    faulty: bool,
    note: str,
    actor: str,
    roles: Collection[str],
    now: datetime,
) -> None:
    """End a sample review; a fault that the rules let pass becomes an error event of the entry (K-1), caught or escaped.

    Raises Fenced when the form is stale, NotAllowed without the right, InputInvalid for a fault without words.
    """
    if not rights.may(roles, "order.sample"):
        raise NotAllowed("checking the daily sample needs the right order.sample")
    if faulty and not note.strip():
        raise InputInvalid("say what is wrong with the order", fields={"note": "say what is wrong"})
    step = journey.find_by_id(session, step_ids=[step_id]).get(step_id)
    if step is None or step.token != token or step.kind != "sample_review":
        raise Fenced([step_id])
    order_id = step.subject_id
    entered_by, has_left = session.execute(_ENTERED, {"order": order_id}).one()
    if faulty:
        fault = NewError("order", order_id, "sample_fault", "entry", "entry", entered_by, not has_left, order_id, note)
        errors.record(session, events=[fault], by=actor, now=now)
    data = {"faulty": faulty}
    entry = lifecycle.Note("order", order_id, "sample.checked", note or "no fault", order_id=order_id, data=data)
    lifecycle.note(session, [entry], actor=actor, now=now)
    journey.finish(session, [Done(step, "checked")], by=actor, now=now)
