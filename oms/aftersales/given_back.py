"""What a cancellation says of the money: what its channel gave back itself, and what lies here all the same (S-2)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from oms.aftersales.wishes import Case
from oms.verification import payments

#: Of these something may be left to give back; how much, `refunds` knows.
PART_BACK = "partially_refunded"
PAID = frozenset({"paid", "partially_paid", "overpaid", PART_BACK})
#: No money came to the channel's till. What finance recorded came to our bank, of which the channel knows nothing.
CAME_TO_NOTHING = frozenset({"voided", "failed"})


@dataclass(frozen=True, slots=True)
class Owing:
    """`most`: by order of which money has to go back how much of it, None for all. `in_part`: a person finds out how much."""

    most: dict[uuid.UUID, Decimal | None]
    in_part: list[uuid.UUID]


def owing(session: Session, *, cases: Sequence[Case]) -> Owing:
    """What has to go back of the payments of these cancellations: all that their channels do not say they gave back."""
    said = {c.order_id: told_of(c) for c in cases if c.order.payment_status in PAID}
    ours = recorded_here(session, cases=[c for c in cases if said.get(c.order_id) in CAME_TO_NOTHING])
    most: dict[uuid.UUID, Decimal | None] = {
        order_id: ours.get(order_id)
        for order_id, state in said.items()
        if state not in ("refunded", PART_BACK) and (state not in CAME_TO_NOTHING or order_id in ours)
    }
    return Owing(most, [order_id for order_id, state in said.items() if state == PART_BACK])


def told_of(case: Case) -> str | None:
    """The state of the payment as the request's own words have it."""
    state: str | None = (case.request.wanted.get("payment") or {}).get("status")
    return state


def recorded_here(session: Session, *, cases: Sequence[Case]) -> dict[uuid.UUID, Decimal]:
    """What finance recorded of the orders of these channels' tellings; orders without are missing."""
    ids = [case.order_id for case in cases if case.request.message_id is not None]
    return payments.recorded_sums(session, order_ids=ids) if ids else {}
