"""Derived states as pure functions of an order's summed line quantities."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from oms.money import minor_unit, quantise


def counts(line: Any) -> bool:
    """Whether anything of an order line is still wanted or was shipped; one that was dropped stays as a record only."""
    return not (line.qty > 0 and line.qty_cancelled >= line.qty)


@dataclass(frozen=True, slots=True)
class Sums:
    """Pieces over all lines that are shipped; `open` = ordered - cancelled - shipped. `services`: wanted of those that need no parcel."""

    open: Decimal
    shipped: Decimal
    delivered: Decimal
    backordered: Decimal
    reserved: Decimal
    returned: Decimal
    services: Decimal = Decimal(0)


def fulfilment_status(s: Sums) -> str:
    """One of FULFILMENT_STATES."""
    if s.open == 0 and s.shipped == 0:
        return "not_required" if s.services > 0 else "cancelled"
    if s.delivered > 0:
        return "delivered" if s.open == 0 and s.delivered >= s.shipped else "partially_delivered"
    if s.shipped > 0:
        return "shipped" if s.open == 0 else "partially_shipped"
    return _before_shipping(s)


def _before_shipping(s: Sums) -> str:
    if s.backordered > 0:
        return "backordered"
    return "scheduled" if s.reserved >= s.open else "unfulfilled"


def return_status(s: Sums, *, before: str) -> str:
    """One of RETURN_STATES; `before` stays until something came back."""
    if s.returned == 0:
        return before
    return "returned" if s.returned >= s.shipped else "partially_returned"


class Amounts(Protocol):
    """The amounts of an order, None where the sender gave none."""

    @property
    def total(self) -> Decimal | None: ...
    @property
    def lines_total(self) -> Decimal | None: ...
    @property
    def discount(self) -> Decimal | None: ...
    @property
    def shipping(self) -> Decimal | None: ...
    @property
    def fees(self) -> Decimal | None: ...
    @property
    def tax(self) -> Decimal | None: ...
    @property
    def tax_included(self) -> bool | None: ...


def payable(told: Amounts) -> Decimal | None:
    """The order's value: the sender's total, else lines - discount + shipping + fees, + tax that is not in them.

    None where neither the total nor the lines are known.
    """
    if told.total is not None or told.lines_total is None:
        return told.total
    zero = Decimal(0)
    return before_tax(told) + (zero if told.tax_included else told.tax or zero)


def before_tax(told: Amounts) -> Decimal:
    """What tax may be added to: lines - discount + shipping + fees."""
    zero = Decimal(0)
    extra = (told.shipping or zero) + (told.fees or zero) - (told.discount or zero)
    return (told.lines_total or zero) + extra


def tax_of(tax: Decimal | None, *, was: Decimal | None, now: Decimal | None, currency: str) -> Decimal | None:
    """A line's tax when its total goes from `was` to `now`: the same share of it, for nobody but the sender knows the rate.

    Amounts in `currency`, the result rounded half up to its minor unit; unknown stays None.
    """
    if tax is None or not was or now is None:
        return tax
    return quantise(tax * now / was, currency)


def tax_of_order(
    tax: Decimal, *, total: Decimal | None, tax_included: bool | None, was: Decimal | None, now: Decimal, currency: str
) -> Decimal:
    """The tax that the order alone names, when what it is on goes from `was` to `now`: the same share of it.

    Where the order's sums did not add up before, nobody knows what it is on: it stays.
    """
    if was is None:
        return tax
    told = was if total is None else total - (Decimal(0) if tax_included else tax)
    if abs(told - was) > minor_unit(currency):
        return tax
    return max(tax_of(tax, was=was, now=now, currency=currency) or Decimal(0), Decimal(0))
