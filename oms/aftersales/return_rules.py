"""What may come back, until when, and what it is worth. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from oms.clock import day_start, local_day
from oms.money import quantise
from oms.orders import rules

#: Why goods come back; only the first depends on the return window.
NO_REASON = "no_reason"
REASONS = (NO_REASON, "faulty", "damaged", "wrong_goods", "not_as_described", "undelivered")
ZERO = Decimal(0)


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
        found["lines"] = "name each line once" if wanted else "say how many pieces of which line come back"
    left: dict[uuid.UUID, Decimal] = {}
    for s in shipped:
        left[s.line_id] = max(s.left, left.get(s.line_id, ZERO))
    for place, (line_id, qty) in enumerate(wanted):
        if line_id not in left:
            found[f"lines.{place}.order_line_id"] = "is no shipped line of this order"
        elif not ZERO < qty <= left[line_id]:
            found[f"lines.{place}.qty"] = (
                f"more than 0 and at most {_count(left[line_id])}, what was shipped and is not returned"
            )
    if reason == NO_REASON and _over(shipped, window_days, zone, now):
        found["reason"] = f"the {window_days} days of return without reason are over"
    return found


def _count(qty: Decimal) -> str:
    """As people write it: the database divides to twenty places."""
    return f"{round(max(qty, ZERO), 3).normalize():f}"


def _over(shipped: Sequence[Shipped], window_days: int, zone: ZoneInfo, now: datetime) -> bool:
    """The window ends at 24:00 of its last day, counted from the day after signing."""
    signed = max((s.delivered_at for s in shipped if s.delivered_at is not None), default=None)
    if signed is None:
        return False
    return now >= day_start(local_day(signed, zone) + timedelta(days=window_days + 1), zone)


Place = tuple[uuid.UUID, uuid.UUID]  # (order line, SKU)


def spread(
    counted: Mapping[uuid.UUID, Decimal],
    lines: Sequence[tuple[uuid.UUID, uuid.UUID, Decimal]],
    named: Mapping[Place, Decimal],
) -> dict[Place, Decimal]:
    """Received pieces of each SKU onto the return's lines (line, SKU, wanted): those `named` first, then line by line."""
    found = {(line_id, sku_id): min(wanted, named.get((line_id, sku_id), ZERO)) for line_id, sku_id, wanted in lines}
    left = dict(counted)
    for (_, sku_id), qty in found.items():
        left[sku_id] = left.get(sku_id, ZERO) - qty
    for line_id, sku_id, wanted in lines:
        more = min(wanted - found[line_id, sku_id], left[sku_id])
        left[sku_id] -= more
        found[line_id, sku_id] += more
    return found


@dataclass(frozen=True, slots=True)
class Value:
    """A line's worth: its total for `qty` units, with the tax that was added to it."""

    qty: Decimal
    total: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Discount:
    """What was taken off the order as a whole, and the sum of the lines that it was taken off."""

    amount: Decimal = ZERO
    lines_total: Decimal = ZERO

    def of(self, total: Decimal) -> Decimal:
        """The share of it that fell to goods of this total."""
        if self.lines_total <= ZERO or self.amount <= ZERO:
            return ZERO
        return min(self.amount, self.lines_total) * total / self.lines_total


def discount_of(order: Any) -> Discount:
    """What was taken off an order (a row of `orders`) as a whole."""
    return Discount(order.discount or ZERO, order.lines_total or ZERO)


def values_of(order: Any, lines: Sequence[Any]) -> dict[uuid.UUID, Value]:
    """What all lines of an order are worth, by their id (rows of `orders` and `order_line`).

    A tax that was added to the order and that no line names falls to its goods, freight and fees alike.
    """
    added = ZERO if order.tax_included else order.tax or ZERO
    untold = added if all(line.tax is None for line in lines) else ZERO
    discount, base = discount_of(order), rules.before_tax(order)

    def tax_of(line: Any, total: Decimal) -> Decimal:
        if untold and base > ZERO:
            return untold * (total - discount.of(total)) / base
        return ZERO if order.tax_included else line.tax or ZERO

    totals = {line.id: _total(line) for line in lines}
    return {line.id: Value(line.qty, totals[line.id], tax_of(line, totals[line.id])) for line in lines}


def _total(line: Any) -> Decimal:
    return line.total if line.total is not None else line.qty * (line.unit_price or ZERO)  # type: ignore[no-any-return]


def worth(
    units: Mapping[uuid.UUID, Decimal], values: Mapping[uuid.UUID, Value], *, currency: str, discount: Discount
) -> Decimal:
    """What the returned units cost the customer, in whole minor units of the currency."""
    amount = sum(
        (
            (value.total - discount.of(value.total) + value.tax) * qty / value.qty
            for value, qty in ((values[line], qty) for line, qty in units.items())
            if value.qty
        ),
        ZERO,
    )
    return quantise(amount, currency)


def worth_of_more(
    units: Mapping[uuid.UUID, Decimal],
    before: Mapping[uuid.UUID, Decimal],
    values: Mapping[uuid.UUID, Value],
    *,
    currency: str,
    discount: Discount,
) -> Decimal:
    """What `units` cost that come back after those of `before`: however often goods come, the sums add up to the cent."""
    after = {line: before.get(line, ZERO) + units.get(line, ZERO) for line in {*before, *units}}
    whole, former = (worth(u, values, currency=currency, discount=discount) for u in (after, before))
    return whole - former
