"""Cells of workbooks as a person sees them: zeros in front, percentages, comments that are no text, breaks within a cell."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from connectors.cell_formats import Shown, shown_by
from connectors.figures import Figure, percentage, shape_of, shown
from connectors.output import to_json
from tests import stopwatch
from tests.connectors.sheet_files import (
    ods,
    ods_number,
    ods_of,
    ods_text,
    with_sheet_xml,
    xls,
    xlsx,
    xlsx_shown,
    zipped,
)
from tests.connectors.sheet_reading import goods, one, read, read_table

LIST = [("PO", "SKU", "Qty"), ("P1", "A-1", 2), ("P2", "A-1", 3)]
HEADS = ("PO", "SKU", "Qty", "Zip")


def row(data: bytes) -> tuple[str, ...]:
    return read_table(data).rows[0].cells


def test_zeros_that_a_format_puts_in_front_are_part_of_the_code():
    data = xlsx_shown([HEADS, (7, 123, 2, 2134)], {"A2": '"PO-"0', "B2": "00000", "D2": "00000"})
    assert row(data) == ("PO-7", "00123", "2", "02134")
    order = one(xlsx_shown([(*HEADS, "Address 1"), ("P1", 123, 2, 2134, "5 Elm St")], {"B2": "00000", "D2": "00000"}))
    assert (goods(order), order.ship_to.postal_code) == ([("00123", 2, None)], "02134")


def test_a_number_stays_told_apart_from_text_also_out_of_an_old_workbook():
    kinds = [isinstance(cell, Figure) for cell in row(xls())]
    assert kinds == [True, False, True, True]


def test_what_leaves_a_sheet_is_plain_text():
    heads = ("SKU", "Qty", "Line No", "Zip", "Address 1", "City", "Phone", "Notes", "Size")
    data = xlsx([("PO Number", 4711), ("Ship To", None), (5, None), heads, (123, 2, 1, 12345, 5, "x", 4152671, 7, 38)])
    (order,) = read(data)
    assert (order.channel_order_id, order.lines[0].sku, order.ship_to.postal_code) == ("4711", "123", "12345")
    assert not [text for text in texts_in(to_json(order)) if type(text) is not str]


def texts_in(value) -> list[str]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value] if isinstance(value, str) else [text for part in inside for text in texts_in(part)]


def test_a_format_changes_numbers_alone_and_only_in_its_own_cell():
    data = xlsx_shown([HEADS, ("P1", "x-1", 2, 2134)], {"B2": "00000", "C2": "0.00", "D3": "00000"})
    assert row(data) == ("P1", "x-1", "2", "2134")


def test_cells_that_name_no_place_have_their_formats_too():
    data = xlsx_shown([HEADS, ("P1", 123, 2, 2134)], {"B2": "00000"})
    for place in (b' r="A2"', b' r="B2"', b' r="C2"', b' r="D2"'):
        data = with_sheet_xml(data, place, b"")
    assert row(data)[1:] == ("00123", "2", "2134")


def test_a_cell_that_names_no_real_place_changes_no_other():
    data = xlsx_shown([HEADS, ("P1", 123, 2, 2134)], {"B2": "00000"})
    book = with_sheet_xml(data, b'r="B2"', b'r="B0"')
    assert list(shown_by(zipfile.ZipFile(io.BytesIO(book)))["Sheet"].shapes) == []


def test_each_sheet_has_its_own_formats():
    book = xlsx_shown([HEADS, ("P1", 123, 2, 2134)], {"B2": "00000"})
    shapes = {name: sheet.shapes for name, sheet in shown_by(zipfile.ZipFile(io.BytesIO(book))).items()}
    assert {name: list(places) for name, places in shapes.items()} == {"Sheet": [(1, 1)]}
    assert shown_by(zipfile.ZipFile(io.BytesIO(xlsx([HEADS]))))["Sheet"] == Shown()
    assert shown_by(zipfile.ZipFile(io.BytesIO(zipped({"xl/workbook.xml": b"<workbook/>"})))) == {}


@pytest.mark.parametrize("piece", [b"<cellXfs ", b"<numFmt ", b"a", b'<numFmt a="', b"<xf numFmtId='9'/>", b"<c <row "])
def test_no_part_is_slow_to_look_through(piece):
    parts = {
        "xl/workbook.xml": b'<sheets><sheet name="A" r:id="i2"/>' * 2_000,
        "xl/_rels/workbook.xml.rels": b'<Relationship Id="i1" Type="x/styles" Target="styles.xml"/><Relationship Id="i2" Target="a.xml"/>',
        "xl/styles.xml": b"<cellXfs><xf numFmtId='9'/></cellXfs><numFmt " + piece * (2_000_000 // len(piece)),
        "xl/a.xml": b'<row r="1"><c r="A1" s="0"/></row>' + piece * (2_000_000 // len(piece)),
    }
    with stopwatch.cpu() as spent:
        assert shown_by(zipfile.ZipFile(io.BytesIO(zipped(parts)))) == {"A": Shown({(0, 0): "%"})}
    assert spent.s < 5


def test_a_percentage_is_shown_as_one():
    heads = ("PO", "SKU", "Discount", "Shipping")
    assert row(xlsx_shown([heads, ("P1", "A", 0.1, 0.125)], {"C2": "0%", "D2": "0.00%"}))[2:] == ("10%", "12.5%")
    assert row(ods_of(ods_text("<text:p>A</text:p>"), ods_number("0.1", "10 %", "percentage"), heads=heads))[1] == "10%"


@pytest.mark.parametrize(
    ("code", "number", "text"),
    [("00000", "123", "00123"), ("00000", "1234567", "1234567"), ("00000\\-0000", "21341234", "02134-1234"), ("00000", "1.5", "1.5"),
     ('"SKU-"000', "7", "SKU-007"), ("[$-409]000", "7", "007"), ("0.0%", "0.125", "12.5%"), ("0%", "1E-2", "1%"), ('0.00"%"', "5", None),
     ("0", "7", None), ("#,##0.00", "7", None), ("General", "7", None), ('0" pcs"', "7", None), ("yyyy-mm-dd", "7", None)],
)  # fmt: skip
def test_the_formats_that_matter(code, number, text):
    shape = shape_of(code)
    assert (None if shape is None else shown(number, shape)) == text


def test_a_share_of_any_size_costs_nothing():
    assert percentage("1E+999999999") == "1E+999999999"
    assert percentage("-0.05") == "-5%"


@pytest.mark.parametrize(
    ("value", "seen", "text"),
    [("123", "00123", "00123"), ("123.0", "00123", "00123"), ("123", "SKU-0123", "SKU-0123"), ("21341234", "02134-1234", "02134-1234"),
     ("1234.5", "1.234,50", "1234.5"), ("1234", "1.234", "1234"), ("0", "000", "000"), ("1.5", "2", "1.5"), ("5", "12", "5")],
)  # fmt: skip
def test_an_open_document_shows_zeros_in_front(value, seen, text):
    assert row(ods_of(ods_number(value, seen), ods_text("<text:p>A</text:p>"), heads=HEADS))[0] == text


def test_a_comment_is_no_text_of_its_cell():
    comment = "<office:annotation><text:p>please check stock</text:p></office:annotation>"
    data = ods_of(ods_text("<text:p>P1</text:p>"), ods_text(f"{comment}<text:p>ABC-1{comment}</text:p>"), heads=HEADS)
    assert row(data) == ("P1", "ABC-1")


def test_breaks_and_spaces_within_a_cell_are_kept():
    street = '<text:p>5 Elm St<text:line-break/>Flat<text:s text:c="2"/>2<text:tab/><text:span>B<text:s/>C</text:span></text:p>'
    data = ods_of(ods_text("<text:p>P1</text:p>"), ods_text(f"{street}<text:p>Leeds</text:p>"), heads=HEADS)
    assert row(data)[1] == "5 Elm St\nFlat  2\tB C\nLeeds"
    wide = ods_of(
        ods_text("<text:p>P1</text:p>"), ods_text('<text:p>a<text:s text:c="9999999999"/>b</text:p>'), heads=HEADS
    )
    assert row(wide)[1] == "a b"


def hidden_in_xlsx(row: int) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(LIST)))
    book.active.row_dimensions[row].hidden = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def hidden_in_ods(row: int) -> bytes:
    how = b"collapse" if row % 2 else b"filter"
    content = zipfile.ZipFile(io.BytesIO(ods(LIST))).read("content.xml").split(b"<table:table-row>")
    seen, unseen = content[:row], content[row:]
    hidden = (
        b"<table:table-row>".join(seen)
        + b'<table:table-row table:visibility="'
        + how
        + b'">'
        + b"<table:table-row>".join(unseen)
    )
    return zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": hidden})


@pytest.mark.parametrize("write", [hidden_in_xlsx, hidden_in_ods])
@pytest.mark.parametrize("row", [2, 3])
def test_goods_in_rows_that_nobody_sees_are_asked_about(write, row):
    first, second = read(write(row), currency="EUR")
    held = {
        order.channel_order_id: [p.message for p in order.problems if p.code == "row_invalid"]
        for order in (first, second)
    }
    assert [number for number, told in held.items() if told] == [f"P{row - 1}"]
    assert f"(row {row})" in held[f"P{row - 1}"][0]
