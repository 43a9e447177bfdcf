"""One hold for each order under review: owner, clock and what resolves it; and the way back to a review."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from oms import db
from oms.journey import due, holds, lifecycle
from oms.journey import steps as journey
from oms.journey.holds import NewHold
from oms.journey.steps import NewStep
from oms.orders import locking
from oms.orders.models import Finding, Order
from oms.verification import rules
from oms.verification.rule_table import REVIEWS, SPECIALIST
from oms.verification.rules import Found

REASON = "verification"
#: A hold's explanation names so many findings; all stand on the order's page.
_TOLD = 5


def hold(
    session: Session,
    *,
    owners: Mapping[uuid.UUID, str],
    texts: Mapping[uuid.UUID, Sequence[Found]],
    now: datetime,
    by: str = "system",
    except_steps: Sequence[uuid.UUID] = (),
) -> None:
    """Place one hold on each order; its clock is that of the owner's review. One that stands is left."""
    dues = due.due_times(session, set(REVIEWS.values()), now=now) if owners else {}
    new = [
        NewHold(
            order_id,
            REASON,
            owner,
            {
                "en": " ".join(one.en for one in texts[order_id][:_TOLD]),
                "zh_Hans": "".join(one.zh for one in texts[order_id][:_TOLD]),
            },
            dues[REVIEWS[owner]],
            resolving_kind=REVIEWS[owner],
        )
        for order_id, owner in owners.items()
    ]
    holds.place(session, new, by=by, now=now, except_steps=except_steps)


def free(session: Session, *, order_ids: Sequence[uuid.UUID], by: str, now: datetime, why: str) -> None:
    """Release the reviews' holds; other holds stay."""
    holds.release_all(session, order_ids=order_ids, by=by, now=now, why=why, reasons=[REASON])


def settle(session: Session, *, order_ids: Sequence[uuid.UUID], by: str, now: datetime, how: str) -> None:
    """Settle the open findings of the orders; `how` is the reason that stays with them."""
    open_ones = update(Finding).where(Finding.order_id.in_(order_ids), Finding.settled_at.is_(None))
    session.execute(open_ones.values(settled_at=now, settled_by=by, settlement=how))


def back_to_review(
    session: Session, *, found: Mapping[uuid.UUID, str], by: str, now: datetime, cancels: Sequence[str]
) -> dict[uuid.UUID, NewStep]:
    """Send (locked) orders back to the specialist in a new round, each with one finding of the rule named.

    `cancels` are the kinds of steps that end with it. Returns the review to open for each order.
    """
    order_ids = list(found)
    if not order_ids:
        return {}
    journey.cancel(session, subject_ids=order_ids, by=by, now=now, kinds=list(cancels), why="back to review")
    rounds = locking.raise_round(session, order_ids=order_ids)
    texts = {order_id: [rules.found(name, "confirmation")] for order_id, name in found.items()}
    rows = [finding_row(order_id, rounds[order_id], own[0], now) for order_id, own in texts.items()]
    session.execute(insert(Finding), rows)
    hold(session, owners=dict.fromkeys(order_ids, SPECIALIST), texts=texts, now=now, by=by)
    lifecycle.advance(session, Order, order_ids, to="verifying", cause="back to review", actor=by, now=now)
    return {o: NewStep("review", o, order_id=o, round=rounds[o]) for o in order_ids}


def finding_row(order_id: uuid.UUID, round_: int, one: Found, now: datetime) -> dict[str, object]:
    """A row of Finding."""
    return {
        "id": db.new_id(),
        "order_id": order_id,
        "round": round_,
        "rule": one.name,
        "severity": one.rule.severity,
        "owner": one.rule.owner,
        "field": one.field,
        "en": one.en,
        "zh_hans": one.zh,
        "found_at": now,
    }
