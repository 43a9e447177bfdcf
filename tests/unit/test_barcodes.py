"""Barcodes read back as what they were made from; labels for Zebra printers can't be hijacked by their data."""

from __future__ import annotations

import re
from decimal import Decimal
from xml.etree import ElementTree as Tree

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from oms.documents.barcodes import Symbol, code128, code128_svg, qr, qr_svg, symbol_for
from oms.documents.fonts import REPLACEMENT, glyph_widths, printable, width_of
from oms.documents.text import kilograms, metres, quantity, shortened, wrapped
from oms.documents.zpl import CartonLine, ContentsLabel, contents_label, field
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


def test_an_svg_shows_every_run_and_says_its_text():
    root = Tree.fromstring(code128_svg('A<"1'))
    path = root.find("{http://www.w3.org/2000/svg}path")
    assert root.get("aria-label") == 'A<"1'
    assert path is not None
    assert path.get("d", "").count("M") == len(code128('A<"1').runs)
    assert Tree.fromstring(qr_svg("库位")).get("role") == "img"


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


def fields_of(zpl: bytes) -> list[str]:
    """What a printer would print: the fields, with their hex decoded."""
    data = re.findall(r"\^FH_\^FD(.*?)\^FS", zpl.decode(), re.DOTALL)
    raw = [re.sub(rb"_([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode()) for text in data]
    return [text.decode() for text in raw]


LABEL = ContentsLabel("P-26-000881", "SO26-10234-7", "M", (CartonLine("SKU-1", "保温杯", Decimal(2)),), 2350)


def test_a_contents_label_names_parcel_order_and_goods():
    fields = fields_of(contents_label(LABEL, language="zh_Hans"))
    assert fields == [
        "箱内商品",
        "订单 SO26-10234-7   包裹 第 1 / 1 件",
        "M   2.35 kg",
        "P-26-000881",
        "SKU-1  保温杯",
        "x2",
    ]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_no_text_becomes_a_printer_command(text):
    assert fields_of(f"^FH_^FD{field(text)}^FS".encode()) == [text]
    assert not re.search(r"[\^~\x00-\x1f]", field(text))


def test_a_full_carton_says_how_many_lines_are_not_listed():
    lines = tuple(CartonLine(f"SKU-{n}", "mug", Decimal(1)) for n in range(40))
    fields = fields_of(contents_label(ContentsLabel("P-1", "S-1", "L", lines), language="en"))
    assert fields[-2:] == ["…", "+27"]


def test_a_parcel_number_too_long_for_the_label_is_refused():
    with pytest.raises(InputInvalid, match="too long"):
        contents_label(ContentsLabel("P" * 40, "S-1", "L", ()), language="en")
