"""What a channel tells anew, laid over an order that was corrected here: pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from connectors.base import Address, ChannelOrder, Customer, Line, Problem, Severity, Totals
from oms.orders import tellings
from oms.orders.models import OrderLine

HOME = Address(name="Li Lei", lines=("Old Road 1",), city="Shenzhen", country="CN", phone="1")
TOLD = ChannelOrder(
    "shop",
    "generic",
    customer=Customer(name="Li Lei", email="li@example.com"),
    ship_to=HOME,
    totals=Totals(lines=Decimal(20), discount=Decimal(0), total=Decimal(20), paid=Decimal(0)),
)


def _followed(standing: ChannelOrder, told: ChannelOrder, former: ChannelOrder = TOLD) -> ChannelOrder:
    rows = [OrderLine(position=n, line_ref=x.line_ref, qty=Decimal(1), qty_cancelled=Decimal(0))
            for n, x in enumerate(standing.lines)]  # fmt: skip
    return tellings.followed(standing, rows, former, told)


def _line(ref: str | None, qty: int, **more: Any) -> Line:
    return Line(line_ref=ref, sku="CUP", qty=Decimal(qty), **more)


def test_what_is_told_as_before_changes_nothing() -> None:
    standing = replace(TOLD, ship_to=replace(HOME, lines=("New Road 9",)), customer=Customer(name="Han"), version="1")
    assert _followed(standing, replace(TOLD, version="2")) == replace(standing, version="2")


def test_an_address_that_is_told_anew_is_taken_whole_but_for_the_receiver() -> None:
    standing = replace(TOLD, ship_to=replace(HOME, district="Nanshan", phone="2"))
    told = replace(TOLD, ship_to=replace(HOME, lines=("Far Road 3",), city="Guangzhou"))
    assert _followed(standing, told).ship_to == replace(HOME, lines=("Far Road 3",), city="Guangzhou", phone="2")


def test_an_address_that_is_told_or_taken_away_for_the_first_time_is_as_told() -> None:
    assert (
        _followed(replace(TOLD, ship_to=None), replace(TOLD, ship_to=replace(HOME, city="Wuhan"))).ship_to is not None
    )
    assert _followed(TOLD, replace(TOLD, ship_to=None)).ship_to is None


def test_the_sums_are_taken_together_and_the_payment_by_itself() -> None:
    standing = replace(TOLD, totals=replace(TOLD.totals, lines=Decimal(18), total=Decimal(18)))
    paid = replace(TOLD, totals=replace(TOLD.totals, paid=Decimal(20)))
    assert _followed(standing, paid).totals == replace(standing.totals, paid=Decimal(20))
    less = replace(TOLD, totals=replace(TOLD.totals, discount=Decimal(2), total=Decimal(18)))
    assert _followed(standing, less).totals == replace(less.totals, paid=Decimal(0))


def test_lines_follow_by_their_reference_else_by_their_place() -> None:
    for refs in (("a", "b"), (None, None)):
        former = replace(TOLD, lines=(_line(refs[0], 1), _line(refs[1], 2)))
        standing = replace(TOLD, lines=(_line(refs[0], 1, name="mended"), _line(refs[1], 2)))
        told = replace(TOLD, lines=(former.lines[0], _line(refs[1], 5), _line("c", 7)))
        assert _followed(standing, told, former).lines == (standing.lines[0], _line(refs[1], 5), _line("c", 7))


def test_lines_under_one_reference_are_never_lost() -> None:
    former = replace(TOLD, lines=(_line("a", 1), _line("a", 2)))
    assert _followed(former, former, former).lines == former.lines
    told = replace(TOLD, lines=(_line("a", 1), _line("a", 3)))
    assert _followed(former, told, former).lines == told.lines


def test_a_complaint_that_was_settled_here_does_not_come_back() -> None:
    old = Problem("address_conflict", Severity.HOLD, "ship_to.city", "two cities")
    new = Problem("sku_missing", Severity.HOLD, "lines.0.sku", "no SKU")
    former = replace(TOLD, problems=(old,))
    assert _followed(TOLD, former, former).problems == ()
    assert _followed(TOLD, replace(TOLD, problems=(old, new)), former).problems == (new,)
    assert _followed(former, TOLD, former).problems == ()
