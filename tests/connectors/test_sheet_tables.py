"""Any sheet becomes one table: encodings, delimiters, workbooks, and files that only pretend to be sheets."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.tables import TableUnreadable
from connectors.workbook_cells import number_text
from tests import stopwatch
from tests.connectors.sheet_files import ods, with_sheet_xml, xls, xlsx, zipped
from tests.connectors.sheet_reading import read_table

HEADS = ("PO", "SKU", "Qty")


def cells(data: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in read_table(data).rows]


def outcome(data: bytes) -> list[str]:
    """Every cell, or why there are none."""
    try:
        table = read_table(data)
    except TableUnreadable as refused:
        return [str(refused)]
    return [*table.headers, *(cell for row in table.rows for cell in row.cells)] or ["nothing"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_chinese_text_is_read_in_every_usual_encoding(encoding):
    table = read_table("订单号,货号,数量\nD1,绿茶一号,2\nD2,红茶二号,3\n".encode(encoding))
    assert table.headers == ("订单号", "货号", "数量")
    assert table.rows[0].cells == ("D1", "绿茶一号", "2")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_western_accents_are_not_taken_for_chinese(encoding):
    table = read_table("Bestellnummer;Artikel;Menge\nB1;Müller Tür Größe;2\n".encode(encoding))
    assert table.rows[0].cells == ("B1", "Müller Tür Größe", "2")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter):
    text = "\n".join(delimiter.join(row) for row in (HEADS, ("1", "a b", "2")))
    assert cells(text.encode()) == [("1", "a b", "2")]


def test_a_declared_delimiter_wins_and_row_numbers_stay_those_of_the_file():
    table = read_table(b"sep=;\nPO;SKU;Qty\n\n1;a,b;2\n")
    assert [(row.number, row.cells) for row in table.rows] == [(4, ("1", "a,b", "2"))]


def test_line_breaks_inside_quotes_stay_in_their_cell():
    assert cells(b'PO,SKU,Qty,Address\r\n1,a,2,"12 High St\nLeeds"\r\n')[0][3] == "12 High St\nLeeds"


def test_a_lone_quote_is_an_inch_sign():
    assert cells(b'PO,SKU,Description,Qty\n1,a,5" pipe,2\n2,b,x,1\n')[0] == ("1", "a", '5" pipe', "2")


def test_what_exports_do_to_keep_leading_zeros_is_undone():
    assert cells(b'PO,SKU,Qty\n="00123",\'0045,\t7\n') == [("00123", "0045", "7")]


def test_titles_above_the_head_are_kept_apart():
    table = read_table(b"ACME purchase order,,\nNumber: 7,,\n,,\nSKU,Qty,Price\na,1,2\n")
    assert (table.header_row, [row.number for row in table.preamble]) == (4, [1, 2])


def test_a_repeated_head_is_no_row():
    assert cells(b"PO,SKU,Qty\n1,a,2\nPO,SKU,Qty\n2,b,1\n") == [("1", "a", "2"), ("2", "b", "1")]


def test_numbers_of_a_workbook_keep_their_digits():
    row = (10000234500, "00123", 1.5, 16.23, dt.datetime(2026, 5, 1), dt.datetime(2026, 5, 1, 10, 20), True)
    data = xlsx([("PO", "SKU", "Qty", "Price", "Date", "Required date", "x"), row])
    assert cells(data) == [("10000234500", "00123", "1.5", "16.23", "2026-05-01", "2026-05-01 10:20:00", "TRUE")]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (2.0**53 - 1, "9007199254740991"),
        (-3.0, "-3"),
        (1e21, "1.00000000000000E+21"),
    ],
)
def test_a_float_is_shown_as_the_spreadsheet_means_it(number, text):
    assert number_text(number) == text


def test_an_old_workbook_is_read():
    assert cells(xls()) == [("10000234500", "00123", "2", "8.5"), ("10000234500", "A-2", "1", "3")]


def test_an_open_document_is_read_with_its_million_empty_rows():
    rest = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    assert cells(ods([HEADS, (10000234500, "007", 2.5)], behind=rest)) == [("10000234500", "007", "2.5")]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b'{"order": 1}', "JSON"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"\x00\x01\x02\x03" * 40, "control characters"),
        (b"PK\x03\x04 no archive", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "damaged"),
        (zipped({"readme.txt": b"hello"}), "no workbook"),
        (b"a\n" * 60_000, "at most"),
        (b"a," * 60_000, "at most"),
        (b'a,"' + b"x" * 200_000 + b'"', "cannot be split"),
    ],
)
def test_what_is_no_sheet_is_refused_with_what_it_is(data, word):
    with pytest.raises(TableUnreadable, match=word):
        read_table(data)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (zipped({f"x{at}": b"" for at in range(1_001)}), "parts"),
        (zipped({"../x": b"", "xl/workbook.xml": b""}), "out of it"),
        (zipped({"xl/workbook.xml": b"", "big": b"0" * 30_000_000}), "100 to 1"),
        (with_sheet_xml(xlsx([HEADS]), b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'), "stray"),
        (with_sheet_xml(xlsx([HEADS]), b"<sheetData>", b"<!DOCTYPE a><sheetData>"), "document type"),
        (ods([HEADS], behind='<table:table-row table:number-rows-repeated="99999999"><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>'), "at most"),
        (ods([HEADS], before='<!DOCTYPE a [<!ENTITY b "c">]>'), "cannot be read"),
    ],
)  # fmt: skip
def test_a_hostile_workbook_is_refused_before_it_costs_anything(data, word):
    with stopwatch.cpu() as spent, pytest.raises(TableUnreadable, match=word):
        read_table(data)
    assert spent.s < 5


def test_cells_without_a_place_are_counted_before_they_become_a_grid():
    row = b'<row r="3">' + b"<c><v>1</v></c>" * 16_384 + b'</row><row r="1048576"><c><v>1</v></c></row></sheetData>'
    with pytest.raises(TableUnreadable, match="stray"):
        read_table(with_sheet_xml(xlsx([HEADS]), b"</sheetData>", row))


def test_a_symbolic_link_is_refused():
    link = zipfile.ZipInfo("xl/workbook.xml")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(TableUnreadable, match="symbolic link"):
        read_table(out.getvalue())


@settings(max_examples=60)
@given(st.binary(max_size=400) | st.text(alphabet='a1,;\t"|\n订单号=', max_size=400).map(str.encode))
def test_bytes_are_a_table_or_unreadable(data):
    said = outcome(data)
    assert said
    assert all(isinstance(word, str) for word in said)


@settings(max_examples=8)
@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_old_workbook_never_takes_this_process_with_it(changes):
    data = bytearray(xls())
    for at, value in changes:
        data[at] = value
    assert outcome(bytes(data))
