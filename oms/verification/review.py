"""Step `verify`: clean regular orders pass within seconds, the rest hold with owner and clock (V-1..V-4, V-7)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from oms.journey import calendar_store, lifecycle, policy
from oms.journey.steps import Claimed, Done, NewStep
from oms.orders import locking
from oms.orders.models import Finding, Order
from oms.verification import facts, holding, judged, rules
from oms.verification.rule_table import HOLD, REVIEWS, strongest
from oms.verification.rules import Case, Found

_CLASS = text("""
    UPDATE orders SET order_class = c.class
    FROM unnest(CAST(:ids AS uuid[]), CAST(:classes AS text[])) AS c(id, class)
    WHERE orders.id = c.id
""")


def verify(session: Session, *, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    """Judge the orders: `passed` opens `confirm`, `held` opens the review of the strongest owner.

    A fixed number of statements. Judging again in a new round writes that round's findings.
    """
    order_ids = [step.subject_id for step in steps]
    rounds = locking.touch(session, order_ids=order_ids)
    known, dates = judged.load(session, order_ids=order_ids, now=now)
    found = _judge(session, known, dates, now)
    _write_findings(session, found, {o: r[0] for o, r in rounds.items()}, now)
    classes = {o: "important" if rules.is_important(own) else "regular" for o, own in found.items()}
    changed = {o: name for o, name in classes.items() if name != known[o].order_class}
    if changed:
        session.execute(_CLASS, {"ids": list(changed), "classes": list(changed.values())})
    owners = {o: owner for o, own in found.items() if (owner := owner_of(own)) is not None}
    judged.keep(session, known, dates, passed=[o for o in order_ids if o not in owners])
    texts = {o: [one for one in found[o] if one.rule.severity == HOLD] for o in owners}
    holding.hold(session, owners=owners, texts=texts, now=now, except_steps=[step.id for step in steps])
    lifecycle.advance(session, Order, list(owners), to="verifying", cause="held by rule", actor="system", now=now)
    return [_done(step, rounds[step.subject_id][0], owners.get(step.subject_id)) for step in steps]


def owner_of(found: Sequence[Found]) -> str | None:
    """Who decides about these findings; None when nothing stops the order."""
    owners = {one.rule.owner for one in found if one.rule.severity == HOLD}
    return strongest(owners) if owners else None


def _judge(session: Session, known: judged.Facts, dates: judged.Dates, now: datetime) -> dict[uuid.UUID, list[Found]]:
    limits = facts.limits_of(policy.read(session, now))
    zone = calendar_store.read(session, now).organisation.zone
    return {o: rules.findings(Case(order, limits, dates[o], now, zone)) for o, order in known.items()}


def _write_findings(
    session: Session, found: Mapping[uuid.UUID, Sequence[Found]], rounds: Mapping[uuid.UUID, int], now: datetime
) -> None:
    rows = [holding.finding_row(order_id, rounds[order_id], one, now) for order_id, own in found.items() for one in own]
    if rows:
        session.execute(insert(Finding), rows)


def _done(step: Claimed, round_: int, owner: str | None) -> Done:
    kind = "confirm" if owner is None else REVIEWS[owner]
    opens = NewStep(kind, step.subject_id, order_id=step.subject_id, round=round_)
    return Done(step, "passed" if owner is None else "held", (opens,))
