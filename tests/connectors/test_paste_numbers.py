"""Numbers in pasted text: decimal commas and thousands stay whole, and what can be two numbers is left open."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.base import ChannelConfig, Received, Severity
from connectors.channels.phone import Phone
from connectors.paste import parse_paste
from connectors.paste_block import pieces_of


def told(text: str) -> list[tuple[str | None, Decimal | None, str | None, Decimal | None]]:
    return [(line.sku or line.name, line.qty, line.unit, line.unit_price) for line in parse_paste(text).lines]


@pytest.mark.parametrize(
    ("text", "line"),
    [("2,5 kg Kaffee KAF-1 zu 12,50 EUR", ("KAF-1", "2.5", "kg", "12.50")), ("10 DEF-2 @ $1,200.00 each", ("DEF-2", "10", None, "1200.00")),
     ("DEF-2 x 1,000 @ $2.00", ("DEF-2", "1000", None, "2.00")), ("2,500 kg KAF-1 zu 12,50 EUR", ("KAF-1", "2.5", "kg", "12.50")),
     ("3 x ABC-1 à 1.200,50 EUR", ("ABC-1", "3", None, "1200.50")), ("2 x ABC-1 12345,50 EUR", ("ABC-1", "2", None, "12345.50")),
     ("ABC-1: 1,200 pcs at $3", ("ABC-1", "1200", "pcs", "3")), ("KAF-1 2,5", ("KAF-1", "2.5", None, None)), ("2,5 KAF-1", ("KAF-1", "2.5", None, None)),
     ("2,5 x KAF-1", ("KAF-1", "2.5", None, None)), ("KAF-1 -2,5 kg", ("KAF-1", "2.5", "kg", None)), ("苹果2,5公斤", ("苹果", "2.5", "公斤", None)),
     ("钢管 1,000根，单价1,200元", ("钢管", "1000", "根", "1200")), ("A001,200", ("A001", "200", None, None)), ("A001,2,5 kg", ("A001", "2.5", "kg", None)),
     ("Qty: 2,5\nSKU: KAF-1\nPrice: 12,50", ("KAF-1", "2.5", None, "12.50")), ("SKU: AB-1, Qty: 1,000, Price: $2", ("AB-1", "1000", None, "2")),
     ("5 boxes Meat 5", ("Meat 5", "5", "boxes", None))],
)  # fmt: skip
def test_a_comma_within_a_number_parts_nothing(text, line):
    sku, qty, unit, price = line
    assert told(text) == [(sku, Decimal(qty), unit, None if price is None else Decimal(price))]


def test_a_comma_between_two_things_still_parts_them():
    assert [line[:2] for line in told("A001,2\nB002,3")] == [("A001", 2), ("B002", 3)]
    assert [line[:2] for line in told("A-1 x2,3 x B-2")] == [("A-1", 2), ("B-2", 3)]
    assert [line[:2] for line in told("ABC-1 10,DEF-2 20")] == [("ABC-1", 10), ("DEF-2", 20)]
    assert pieces_of("Flat 2,14 Park Road,Hauptstr. 5,80331 München") == [
        "Flat 2",
        "14 Park Road",
        "Hauptstr. 5",
        "80331 München",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [("DEF-2 x 1,000", "1 or 1000"), ("1.500 kg KAF-1", "1.5 or 1500"), ("Ship 1,200 x ABC-1 to Bob Brown", "1.2 or 1200"),
     ("SKU: KAF-1, Qty: 1.500 kg", "1.5 or 1500"), ("A001, 1,000", "1 or 1000"), ("苹果 1,000件 单价12,5元", "1 or 1000")],
)  # fmt: skip
def test_a_quantity_that_can_be_two_holds_and_says_both(text, words):
    (order,) = Phone(ChannelConfig("phone", "phone")).translate(Received(text.encode()))
    (found,) = [found for found in order.problems if found.field == "lines.0.qty"]
    assert (order.lines[0].qty, found.code, found.severity) == (None, "qty_invalid", Severity.HOLD)
    assert words in found.message


@pytest.mark.parametrize("text", ["3 x ABC-1 @ 1.200 EUR", "SKU: ABC-1, Qty: 3, Price: 1.200 EUR"])
def test_a_price_that_can_be_two_holds_and_says_both(text):
    (order,) = Phone(ChannelConfig("phone", "phone")).translate(Received(text.encode()))
    (found,) = [found for found in order.problems if found.field == "lines.0.unit_price"]
    assert (order.lines[0].qty, order.lines[0].unit_price, found.code) == (3, None, "price_missing")
    assert "1.2 or 1200" in found.message


def test_an_open_number_makes_its_line_unsure():
    found = parse_paste("1.500 kg KAF-1, 2 x ABC-1")
    assert {piece.field: piece.confidence for piece in found.evidence} == {
        "lines.0": Decimal("0.4"),
        "lines.1": Decimal("0.9"),
    }
