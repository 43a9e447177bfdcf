"""THE table of poison and bombs: bytes that cost more than they are worth, or that look like an order and are none.

Each must end in quarantine (or be no order at all) quickly, with a word on what is wrong; none may hold up its neighbours.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from tests.connectors import sheet_files
from tests.factories.generic import order_json
from tests.torture.spoilers import printed

RAW = "@raw@"
_HEAD = b"From: a@b.example\r\nTo: orders@oms.example\r\nSubject: Purchase order 1\r\n"
_MIXED = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
_MB = 1024 * 1024
#: Just below OMS_BODY_LIMIT.
_LARGEST_BODY = 1_000_000
_NUMBER = re.compile(rb"BOMB-[0-9a-f]{8}")
_ROWS = [["PO", "SKU", "Qty", "Price"], ["PO-1", "TEA-1", 2, 10.5]]


@cache
def webhooks() -> dict[str, bytes]:
    """For a signed webhook of our own JSON."""
    return {
        "depth 10,000": b"[" * 10_000 + b"]" * 10_000,
        "depth 10,000 of objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        "10^400": _order(qty=f"{RAW}1e400"),
        "400 digits": _order(qty=f"{RAW}" + "9" * 400),
        "a megabyte of digits": b'{"qty": ' + b"9" * _LARGEST_BODY + b"}",
        "1e999": _order(unit_price="1e999"),
        "NaN": _order(qty=f"{RAW}NaN"),
        "NaN as text": _order(unit_price="NaN"),
        "Infinity": _order(qty=f"{RAW}-Infinity"),
        "half a number": _order(qty="1" * 390 + "."),
        "full-width digits that are none": _order(qty="１２個"),
        "a hundred thousand keys": json.dumps({f"k{n}": n for n in range(60_000)}).encode(),
        "one key a hundred thousand times": b"{" + b",".join(b'"a":1' for _ in range(100_000)) + b"}",
        "brackets in a text": _order(qty="[" * 500_000),
        "half a text": b'{"a": "' + b"\\u0000" * 150_000,
        "no bytes": b"",
        "gzip": zlib.compress(b"0" * 50 * _MB),
        "XML": b'<?xml version="1.0"?>' + _laughs(),
    }


@cache
def mails() -> dict[str, bytes]:
    """For the mailbox, without a Message-ID."""
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(500))
    return {
        "a million parts": _HEAD + _MIXED + b"--b\r\n\r\n" * 1_000_000,
        "parts in parts": _HEAD + nested,
        "mails in mails": _HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
        "over 25 MB": _HEAD + b"\r\n" + b"x" * 78 * 350_000,
        "just below 25 MB": _HEAD + b"\r\n" + (b"x" * 76 + b"\r\n") * (24 * _MB // 78),
        "encoded words": _HEAD.replace(b"Purchase", b"=?utf-8?q?a?= " * 4_000) + b"\r\nhi",
        "a huge header": b"X-Note: " + b"x" * 70_000 + b"\r\n" + _HEAD + b"\r\nhi",
        "a zip bomb attached": _attached(sheets()["a zip bomb"]),
        "a page of open tags": _HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 200_000,
    }


@cache
def sheets() -> dict[str, bytes]:
    """For an upload of a sheet."""
    good = sheet_files.xlsx(_ROWS)
    blank = b'<row r="2"><c r="A2" t="inlineStr"><is><t>%s</t></is></c></row>'
    return {
        "a zip bomb": sheet_files.with_sheet_xml(good, b"</sheetData>", blank % (b"0" * 60 * _MB) + b"</sheetData>"),
        "a zip in which much is small": sheet_files.zipped(
            {f"xl/p{n}.xml": b"0" * _MB for n in range(99)} | {"xl/workbook.xml": b""}
        ),
        "ten thousand parts": sheet_files.zipped({f"xl/p{n}.xml": b"" for n in range(7_000)}),
        "billion laughs in XLSX": sheet_files.with_sheet_xml(good, b"<worksheet", _laughs() + b"<worksheet"),
        "billion laughs in ODS": sheet_files.ods(_ROWS, before=_laughs().decode()),
        "an entity that names a file": sheet_files.ods(
            _ROWS, before='<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
        ),
        "a cell at the far end": sheet_files.with_sheet_xml(
            good, b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        ),
        "a row a million times": sheet_files.ods(_ROWS, behind=_many_rows()),
        "XLS cut off": sheet_files.xls()[:3000],
        "a CSV of quotes": b"sku,qty\n" + b'"' * 900_000,
    }


def _order(**line: Any) -> bytes:
    order = order_json(f"BOMB-{zlib.crc32(repr(line).encode()):08x}")
    order["lines"][0] |= line
    return printed(order)


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE l [<!ENTITY l0 "lol">{entities}]>'.encode()


def _many_rows() -> str:
    cell = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    return f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>'


def _attached(content: bytes) -> bytes:
    part = b'Content-Type: application/octet-stream; name="po.xlsx"\r\nContent-Transfer-Encoding: binary\r\n\r\n'
    return _HEAD + _MIXED + b"--b\r\n" + part + content + b"\r\n--b--\r\n"


def all_bombs() -> Mapping[tuple[str, str], bytes]:
    """(source of the channel, name) -> bytes."""
    tables = (("generic", webhooks()), ("email", mails()), ("sheet", sheets()))
    return {(source, name): content for source, table in tables for name, content in table.items()}


@cache
def order_numbers() -> frozenset[str]:
    """Under these numbers a bomb may become an order that a person must look at."""
    return frozenset(found[0].decode() for content in webhooks().values() for found in _NUMBER.finditer(content))
