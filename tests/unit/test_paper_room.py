"""Numbers and names on papers have the room that they need: none is broken in two, none is cut."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from oms.documents import confirmation, hand_over_list, packing_slip
from oms.documents.fonts import width_of
from oms.documents.text import fitted
from oms.money import Money
from tests.unit import papers

LARGE = (
    ("CNY", "1234567.89", "12345.67", ("CN¥1,234,567.89", "-CN¥12,345.67")),
    ("IDR", "123456789.50", "1234567", ("123,456,789.50", "1,234,567.00")),
    ("VND", "123456789012", "12345678", ("₫123,456,789,012", "-₫12,345,678")),
)


@pytest.mark.parametrize(("currency", "amount", "discount", "said"), LARGE)
def test_no_amount_that_a_customer_signs_for_is_broken_over_two_lines(currency, amount, discount, said):
    """CN¥1,234,567.89 stood as CN¥1,234,567.8 with a 9 below it."""
    line = dataclasses.replace(
        papers.confirmation(1).lines[0],
        qty=Decimal("1234567.125"),
        total=Money(Decimal(amount), currency),
        discount=Money(Decimal(discount), currency),
        unit_price=Decimal(amount),
    )
    document = dataclasses.replace(papers.confirmation(1), lines=(line,))
    text = papers.text_of(confirmation.render(document, language="en"))[0]
    assert text.count(said[0]) == 2  # the price of one, and the line's amount
    assert said[1] in text
    assert "1234567.125" in text


def test_a_count_of_many_pieces_is_whole_on_a_packing_slip():
    line = dataclasses.replace(
        papers.packing_slip(1).lines[0], qty=Decimal("1234567.125"), ordered=Decimal("91234567.125")
    )
    text = papers.text_of(
        packing_slip.render(dataclasses.replace(papers.packing_slip(1), lines=(line,)), language="en")
    )
    assert "1234567.125" in text[0]
    assert "91234567.125" in text[0]


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_who_signed_a_hand_over_list_stands_on_it_with_the_whole_name(language):
    """`Name: Alexander Sc…` is nobody, on a paper that says who has the parcels."""
    named = {"our_signer": "Maximilian Müller-Lüdenscheidt", "carrier_signer": "Alexander Schmidt"}
    document = dataclasses.replace(papers.hand_over_list(1), **named)
    text = papers.text_of(hand_over_list.render(document, language=language))[-1]
    for name in named.values():
        assert name in text
    assert "…" not in text


def test_text_is_made_smaller_only_as_far_as_it_can_be_read():
    assert fitted("12.50", 20, 9) == 9
    assert width_of("CN¥1,234,567.89", fitted("CN¥1,234,567.89", 18, 9)) <= 18 * 72 / 25.4
    assert fitted("9" * 400, 20, 9) == 5
