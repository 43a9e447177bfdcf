"""What goods are counted in: five cases of what is sold by the piece are no five pieces."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oms.verification import units


@pytest.mark.parametrize(
    ("ordered_in", "sold_in"),
    [
        ("Cases", "EA"),
        ("dozen", "PCS"),
        ("kg", "EA"),
        ("Ctn.", "BOX"),
        ("箱", "件"),
        ("打", "EA"),
        ("CA", ""),
        ("ｋｇ", "g"),
    ],
)
def test_what_holds_several_or_measures_is_asked_about(ordered_in: str, sold_in: str) -> None:
    assert list(units.doubts(Decimal(5), ordered_in, sold_in)) == [("unit_differs", "unit")]


@pytest.mark.parametrize(
    ("ordered_in", "sold_in"),
    [
        ("ctn", "箱"),
        ("KG", "公斤"),
        ("m", "metre"),
        ("EA", "BOX"),
        (None, "BOX"),
        ("盒", "EA"),
        ("sets", "EA"),
        ("瓶", "EA"),
    ],
)
def test_the_same_in_other_words_and_what_says_nothing_pass(ordered_in: str | None, sold_in: str) -> None:
    assert list(units.doubts(Decimal(5), ordered_in, sold_in)) == []


@pytest.mark.parametrize(
    ("qty", "sold_in", "broken"), [("0.5", "m", False), ("0.5", "个", True), ("2.000", "EA", False)]
)
def test_half_a_metre_can_be_sent_and_half_a_piece_cannot(qty: str, sold_in: str, *, broken: bool) -> None:
    assert list(units.doubts(Decimal(qty), None, sold_in)) == ([("qty_broken", "qty")] if broken else [])
