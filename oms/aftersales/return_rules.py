"""What may come back, until when, and what it is worth. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from oms.clock import end_of_local_day

#: Why goods come back; only the first depends on the return window.
NO_REASON = "no_reason"
REASONS = (NO_REASON, "faulty", "damaged", "wrong_goods", "not_as_described")
ZERO, CENT = Decimal(0), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Shipped:
    """One part of a shipped line: `left` units of the line may still come back, `per` pieces of the part in each."""

    line_id: uuid.UUID
    sku_id: uuid.UUID
    left: Decimal
    part_id: uuid.UUID
    per: Decimal
    delivered_at: datetime | None


def faults(
    shipped: Sequence[Shipped],
    wanted: Sequence[tuple[uuid.UUID, Decimal]],
    *,
    reason: str,
    window_days: int,
    zone: ZoneInfo,
    now: datetime,
) -> dict[str, str]:
    """What is wrong with a wish to return, by field; empty when it may be asked for."""
    found: dict[str, str] = {}
    if reason not in REASONS:
        found["reason"] = f"one of {', '.join(REASONS)}"
    if not wanted or len({line for line, _ in wanted}) < len(wanted):
        found["lines"] = "name each line once"
    left = {s.line_id: s.left for s in shipped}
    for place, (line_id, qty) in enumerate(wanted):
        if line_id not in left:
            found[f"lines.{place}.order_line_id"] = "is no shipped line of this order"
        elif not ZERO < qty <= left[line_id]:
            found[f"lines.{place}.qty"] = (
                f"more than 0 and at most {left[line_id]:f}, what was shipped and is not returned"
            )
    if reason == NO_REASON and _over(shipped, window_days, zone, now):
        found["reason"] = f"the {window_days} days of return without reason are over"
    return found


def _over(shipped: Sequence[Shipped], window_days: int, zone: ZoneInfo, now: datetime) -> bool:
    """The window ends at 24:00 of its last day, counted from the day after signing."""
    signed = max((s.delivered_at for s in shipped if s.delivered_at is not None), default=None)
    if signed is None:
        return False
    return now >= end_of_local_day(signed + timedelta(days=window_days), zone)


def spread(
    counted: Mapping[uuid.UUID, Decimal], lines: Sequence[tuple[uuid.UUID, uuid.UUID, Decimal]]
) -> list[tuple[uuid.UUID, uuid.UUID, Decimal]]:
    """Received pieces of each SKU onto the return's lines (line, SKU, wanted), the first line first."""
    left = dict(counted)
    found = []
    for line_id, sku_id, wanted in lines:
        qty = min(wanted, left.get(sku_id, ZERO))
        left[sku_id] = left.get(sku_id, ZERO) - qty
        found.append((line_id, sku_id, qty))
    return found


@dataclass(frozen=True, slots=True)
class Value:
    """A line's worth: its total for `qty` units, with the tax that was added to it."""

    qty: Decimal
    total: Decimal
    tax: Decimal


def worth(units: Mapping[uuid.UUID, Decimal], values: Mapping[uuid.UUID, Value]) -> Decimal:
    """What the returned units cost the customer, to the cent."""
    amount = sum(
        (
            (values[line].total + values[line].tax) * qty / values[line].qty
            for line, qty in units.items()
            if values[line].qty
        ),
        ZERO,
    )
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
