"""What a channel tells anew, laid over an order that was corrected here: pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

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


def _row(place: int, sku: str | None, *, ref: str | None = None, dropped: bool = False) -> OrderLine:
    return OrderLine(
        position=place, line_ref=ref, channel_sku=sku, qty=Decimal(1), qty_cancelled=Decimal(1 if dropped else 0)
    )


def _followed(standing: ChannelOrder, told: ChannelOrder, former: ChannelOrder = TOLD) -> ChannelOrder:
    rows = [_row(n, x.sku, ref=x.line_ref) for n, x in enumerate(standing.lines)]
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


def _goods(sku: str, qty: int, ref: str | None = None) -> Line:
    return Line(line_ref=ref, sku=sku, qty=Decimal(qty))


@pytest.mark.parametrize("refs", [(None, None, None), ("1", "2", "3")])
def test_what_was_corrected_here_stays_with_its_goods_when_a_line_is_put_in_front(refs: tuple[str | None, ...]) -> None:
    """A mail's references are no more than places, and a sheet has none."""
    former = replace(TOLD, lines=(_goods("TEA", 2, refs[0]), _goods("POT", 1, refs[1])))
    corrected = replace(TOLD, lines=(_goods("TEA", 3, refs[0]), _goods("POT", 1, refs[1])))
    told = replace(TOLD, lines=(_goods("CUP", 2, refs[0]), _goods("TEA", 2, refs[1]), _goods("POT", 1, refs[2])))
    found = _followed(corrected, told, former).lines
    assert [(line.sku, line.qty, line.line_ref) for line in found] == [
        ("CUP", 2, refs[0]), ("TEA", 3, refs[1]), ("POT", 1, refs[2]),
    ]  # fmt: skip


def test_a_second_change_counts_for_the_goods_that_it_names() -> None:
    """A line that was added in front stands here behind the others, in the order in which rows are added."""
    former = replace(TOLD, lines=(_goods("CUP", 1), _goods("TEA", 2), _goods("POT", 1)))
    standing = replace(TOLD, lines=(_goods("TEA", 2), _goods("POT", 1), _goods("CUP", 1)))
    told = replace(TOLD, lines=(_goods("CUP", 4), _goods("TEA", 2), _goods("POT", 1)))
    assert {(line.sku, line.qty) for line in _followed(standing, told, former).lines} == {
        ("CUP", 4), ("TEA", 2), ("POT", 1),
    }  # fmt: skip


def test_a_line_that_was_dropped_long_ago_hides_none_of_the_same_goods() -> None:
    rows = [_row(0, "TEA", dropped=True), _row(1, "TEA"), _row(2, "POT", dropped=True)]
    now = replace(TOLD, lines=(_goods("TEA", 5),))
    former = replace(TOLD, lines=(_goods("TEA", 5), _goods("POT", 1)))
    assert tellings.followed(now, rows, former, former).lines == now.lines
    more = replace(TOLD, lines=(_goods("TEA", 6), _goods("POT", 1)))
    assert tellings.followed(now, rows, former, more).lines == (_goods("TEA", 6),)


def test_a_complaint_that_was_settled_here_does_not_come_back() -> None:
    old = Problem("address_conflict", Severity.HOLD, "ship_to.city", "two cities")
    new = Problem("sku_missing", Severity.HOLD, "lines.0.sku", "no SKU")
    former = replace(TOLD, problems=(old,))
    assert _followed(TOLD, former, former).problems == ()
    assert _followed(TOLD, replace(TOLD, problems=(old, new)), former).problems == (new,)
    assert _followed(former, TOLD, former).problems == ()
