"""Cells of an old workbook as a person sees them: zeros in front, percentages, hidden rows; and damage that shows nothing."""

from __future__ import annotations

import random
import struct

import pytest

from connectors import xls_formats
from connectors.cell_formats import Shown
from tests import stopwatch
from tests.connectors.sheet_files import xls, xlsx
from tests.connectors.sheet_reading import read, read_table

#: The only format of the file stands there as its name, of as many letters as these.
GENERAL = b"General"


def with_format(code: bytes) -> bytes:
    assert len(code) == len(GENERAL)
    return xls().replace(GENERAL, code)


def with_hidden(row: int) -> bytes:
    data = bytearray(xls())
    at = data.index(struct.pack("<HHH", 0x0208, 16, row))
    data[at + 16] |= 0x20
    return bytes(data)


def test_a_number_keeps_the_zeros_that_its_format_shows():
    plain, shown = (read_table(data).rows[0].cells for data in (xls(), with_format(b"0000000")))
    assert plain[:3] == ("10000234500", "00123", "2")
    assert shown[:3] == ("10000234500", "00123", "0000002")
    assert shown[3] == plain[3]


def test_cells_that_share_a_record_have_formats_of_their_own():
    begin, end = struct.pack("<HHHH", 0x0809, 4, 0x0600, 0x0010), struct.pack("<HH", 0x000A, 0)
    cells = struct.pack("<HHHIHIHIH", 5, 2, 1, 0, 7, 0, 1, 0, 4)
    stream = begin + struct.pack("<HH", 0x00BD, len(cells)) + cells + end
    assert xls_formats._sheet(stream, 0, {1: "zeros"}).shapes == {(5, 2): "zeros", (5, 4): "zeros"}


def test_a_percentage_is_shown_as_one():
    assert read_table(with_format(b"0.0000%")).rows[0].cells[2] == "200%"


def test_goods_in_a_row_that_nobody_sees_are_asked_about():
    assert xls_formats.shown_by(with_hidden(1)) == {"Orders": Shown({}, frozenset({1}))}
    held = [order for order in read(with_hidden(1)) if any("nobody sees" in found.message for found in order.problems)]
    assert len(held) == 1
    assert not any("nobody sees" in found.message for order in read(xls()) for found in order.problems)


@pytest.mark.parametrize(
    "data", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", xlsx([("PO",)]), xls()[:3000], b"\xff" * 5632]
)
def test_what_is_no_such_workbook_shows_nothing(data):
    assert xls_formats.shown_by(data) == {}


def test_damage_neither_raises_nor_takes_long():
    chance = random.Random(5)
    with stopwatch.cpu() as spent:
        for _ in range(300):
            data = bytearray(with_format(b"0000000"))
            for _ in range(chance.randrange(1, 12)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            xls_formats.shown_by(bytes(data))
    assert spent.s < 3
