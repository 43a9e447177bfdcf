"""What a person wishes of an order: its sums follow its lines, unless they are named as well."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Address, ChannelOrder, Line, Totals
from oms.orders import wanted

BASE = ChannelOrder(
    channel="shop",
    source="generic",
    currency="CNY",
    totals=Totals(
        lines=Decimal(100), discount=Decimal(5), shipping=Decimal(10), fees=None, tax=Decimal(13), tax_included=False,
        total=Decimal(118),
    ),
    lines=(Line(line_ref="1", sku="TEA", qty=Decimal(10), unit_price=Decimal(10), total=Decimal(100)),),
)  # fmt: skip


def _lines(*given: dict[str, Any]) -> dict[str, Any]:
    return {"lines": [{"line_ref": "1", "sku": "TEA", "qty": "3", "unit_price": "10.00", **one} for one in given]}


@pytest.mark.parametrize(
    ("wish", "lines", "tax", "total"),
    [
        (_lines({"total": "30.00"}), "30", "4.33", "39.33"),
        (_lines({}), "30", "4.33", "39.33"),
        (_lines({"discount": "3.333"}), "26.67", "3.92", "35.59"),
        (_lines({}, {"qty": "1"}), "40", "5.57", "50.57"),
        (_lines({}) | {"totals": {"shipping": "0.00"}}, "30", "3.10", "28.10"),
        (_lines({}) | {"totals": {"total": "45.00"}}, "30", "4.33", "45"),
        (_lines({}) | {"totals": {"tax": "13.00"}}, "30", "13", "48"),
        (_lines({"unit_price": None}), "0", "0.62", "5.62"),
        ({"totals": {"shipping": "12.00"}}, "100", "13", "118"),
        ({"seller_memo": "x"}, "100", "13", "118"),
    ],
)
def test_the_sums_follow_the_lines(wish: dict[str, Any], lines: str, tax: str, total: str) -> None:
    """13.00 of tax on 105.00, which no line names, keep their share."""
    found = wanted.mended(BASE, wish).totals
    assert found is not None
    assert (found.lines, found.tax, found.total) == (Decimal(lines), Decimal(tax), Decimal(total))
    assert (found.discount, found.tax_included) == (Decimal(5), False)


def test_tax_that_is_in_the_prices_is_not_added() -> None:
    assert BASE.totals is not None
    base = replace(BASE, totals=replace(BASE.totals, tax_included=True, total=Decimal(105)))
    found = wanted.mended(base, _lines({})).totals
    assert found is not None
    assert found.total == Decimal(35)


def test_a_line_without_a_reference_has_the_tax_of_its_goods_whatever_stood_before_it() -> None:
    """Books at 5 %, tea at 13 %: the books are dropped, and less tea is wanted."""
    book = Line(sku="BOOK", qty=Decimal(2), unit_price=Decimal(50), tax=Decimal(5), total=Decimal(100))
    tea = Line(sku="TEA", qty=Decimal(10), unit_price=Decimal(10), tax=Decimal(13), total=Decimal(100))
    assert BASE.totals is not None
    base = replace(BASE, lines=(book, tea), totals=replace(BASE.totals, lines=Decimal(200), tax=Decimal(18)))
    found = wanted.mended(base, {"lines": [{"sku": "TEA", "qty": "5", "unit_price": "10.00"}]})
    assert [line.tax for line in found.lines] == [Decimal("6.50")]


OLD = Address(
    name="Li Lei", lines=("文三路 5 号",), town="文新街道", district="西湖区", city="杭州市", region="浙江省", country="CN",
    adcode="330106", phone="02112345678", phone_ext="801", pickup_point="柜 7",
)  # fmt: skip


@pytest.mark.parametrize(
    ("wish", "gone"),
    [
        (
            {"lines": ["科技路 1 号"], "district": "南山区", "city": "深圳市", "region": "广东省"},
            "town adcode pickup_point",
        ),
        ({"district": "余杭区"}, "town adcode pickup_point"),
        ({"district": "余杭区", "town": "仓前街道"}, "adcode pickup_point"),
        ({"lines": ["文三路 6 号"]}, "pickup_point"),
        ({"city": "杭州市", "name": "Han Meimei"}, ""),
        ({"phone": "13800138000"}, "phone_ext"),
    ],
)
def test_who_moves_an_order_leaves_nothing_of_the_old_place(wish: dict[str, Any], gone: str) -> None:
    """No form shows the town, the division's code, the pick-up point or the extension."""
    found = wanted.mended(replace(BASE, ship_to=OLD), {"ship_to": wish}).ship_to
    named = {**wish, "lines": tuple(wish["lines"])} if "lines" in wish else wish
    assert found == replace(OLD, **{**dict.fromkeys(gone.split()), **named})


def test_what_fills_an_empty_part_moves_nothing() -> None:
    lacking = replace(OLD, city=None, phone=None)
    found = wanted.mended(replace(BASE, ship_to=lacking), {"ship_to": {"city": "杭州市", "phone": "1"}}).ship_to
    assert found == replace(OLD, phone="1")
