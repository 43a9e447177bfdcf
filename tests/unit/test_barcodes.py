"""Barcodes read back as what they were made from; what is printed fits its place and reads as people write it."""

from __future__ import annotations

from decimal import Decimal

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from oms.documents.barcodes import Symbol, code128, qr, symbol_for
from oms.documents.fonts import REPLACEMENT, glyph_widths, printable, width_of
from oms.documents.text import kilograms, metres, quantity, shortened, wrapped
from oms.errors import InputInvalid
from oms.money import unit_price

PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)


def read_back(symbol: Symbol) -> str:
    """Draw the runs with their quiet zone and let a scanner read them."""
    bar = 60 if symbol.height == 1 else 3
    around = symbol.quiet * 3
    image = Image.new("L", (symbol.width * 3 + 2 * around, symbol.height * bar + 2 * around), 255)
    pen = ImageDraw.Draw(image)
    for x, y, length in symbol.runs:
        left, top = around + x * 3, around + y * bar
        pen.rectangle((left, top, left + length * 3 - 1, top + bar - 1), fill=0)
    found = zxingcpp.read_barcodes(image)
    return found[0].text if found else ""


@settings(max_examples=60)
@given(PLAIN)
def test_any_plain_code_reads_back_from_its_code_128(text):
    assert read_back(code128(text)) == text


@pytest.mark.parametrize("text", ["https://oms.example/c/9d3f", "红色-XL-01", "mug \U0001f642", "a" * 500])
def test_any_text_reads_back_from_its_qr(text):
    assert read_back(qr(text)) == text


@pytest.mark.parametrize("text", ["", "库位", "tab\there", "caf\u00e9"])
def test_text_that_no_code_128_can_hold_is_refused(text):
    with pytest.raises(InputInvalid, match="Code 128"):
        code128(text)


@pytest.mark.parametrize("text", ["", "x" * 2_001])
def test_text_that_no_qr_can_hold_is_refused(text):
    with pytest.raises(InputInvalid, match="QR"):
        qr(text)


def test_short_plain_codes_become_bars_and_everything_else_a_qr():
    assert symbol_for("A-01-2").height == 1
    assert symbol_for("A" * 25).height > 1
    assert symbol_for("冷库-1").height > 1


def test_a_character_without_a_glyph_prints_as_a_square_and_marks_vanish():
    assert printable("a\U0001f642b") == f"a{REPLACEMENT}b"
    assert printable("\u202ee\u0301\u200d\ufe0f x\ty") == "\u00e9 x y"
    assert printable("堃 臺灣 喆") == "堃 臺灣 喆"
    assert printable("\ud800") == REPLACEMENT
    assert ord(REPLACEMENT) in glyph_widths()


def test_text_wraps_at_words_and_between_chinese_characters():
    assert wrapped("one two three", 12, 9) == ("one two", "three")
    assert wrapped("保温杯保温杯保温杯", 10, 9) == ("保温杯", "保温杯", "保温杯")
    assert wrapped("保温杯，保温杯", 10, 9)[0].endswith("，")
    assert wrapped("a\nb", 50, 9) == ("a", "b")
    assert wrapped("one two three four", 12, 9, 1) == ("one t…",)


@given(st.text(max_size=200), st.integers(8, 60))
def test_wrapped_lines_keep_to_their_width(text, width_mm):
    for line in wrapped(text, width_mm, 9):
        assert width_of(line, 9) <= width_mm * 72 / 25.4 + 9  # a closing sign may hang out
    assert width_of(shortened(text, width_mm, 9), 9) <= width_mm * 72 / 25.4


def test_quantities_lengths_weights_and_prices_are_written_for_people():
    assert [quantity(Decimal(text)) for text in ("3", "2.500", "100", "0.000")] == ["3", "2.5", "100", "0"]
    assert [metres(184_300), kilograms(1_250)] == ["184.3 m", "1.25 kg"]
    assert [unit_price(Decimal("12.5"), "CNY", "zh_Hans"), unit_price(Decimal("0.012500"), "USD", "en")] == [
        "¥12.50",
        "$0.0125",
    ]
