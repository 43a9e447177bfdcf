"""Good bytes spoilt: a field of a JSON document replaced, a part of a workbook changed, bytes cut, doubled or swapped.

The same seed spoils the same bytes alike.
"""

from __future__ import annotations

import base64
import io
import json
import random
import zipfile
from contextlib import suppress
from typing import Any

MAX_BYTES = 200_000
_RAW = "@raw@"
#: When the parts of a spoilt workbook were written: not now, or the same seed would spoil differently a moment later.
_WRITTEN = (2026, 11, 18, 2, 0, 0)

#: Values that stand where another was expected; text behind `@raw@` is written into the JSON as it is.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -0.0, -1, 1.5, 2**63, 2**64, 10**40, 10**399, "", " ", "0", "-0", "1e5", "1e999", "NaN",
    "Infinity", "１２", "٣", "½", "1,000.00", "1.000,00", "0x10", "9" * 500, "1" + "0" * 400, "\x00", "a\x00b", "\u202e",
    "\ud800", "😀" * 50, "𝟙", "=1+1", "<script>", "' OR 1=1 --", "../../etc/passwd", "%s%n", "{{7*7}}", "a" * 20_000,
    "0000-00-00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00", "2026-02-30", "2026-11-22T25:61:61Z",
    "10000-01-01", "2026-11-22", "1763776800", "+86 138 0013 8000", "@", "x@y", "CN", "ZZ", "CNY", "cny", "XXX",
    [], {}, [[]], [None], {"": ""}, {"a": {"b": []}}, [1, "1", None], {"amount": "1"}, ["x"] * 300,
    f"{_RAW}1e400", f"{_RAW}-1e400", f"{_RAW}1e-400", f"{_RAW}NaN", f"{_RAW}Infinity", f"{_RAW}1E99999", f"{_RAW}-0",
    f"{_RAW}" + "9" * 5000, f"{_RAW}" + "[" * 300 + "]" * 300, f'{_RAW}"\\ud800"', f'{_RAW}"\\u0000"',
)  # fmt: skip

_PIECES: tuple[bytes, ...] = (
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\n", b"\r\n\r\n", b"\r", b"\t", b",", b";", b'"', b'"' * 99, b":", b"--",
    b"=?utf-8?q?a?= ", b"=?utf-8?b?", b"<", b"<!--", b"<table>", b"<?xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&#0;",
    b"&#x110000;", b"%00", b"1", b"9" * 400, b"1e999", b"-", "１２".encode(), "万".encode(), "，".encode(), "\u2028".encode(),
    b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: message/rfc822\r\n\r\n", b"{", b"[" * 200, b"}" * 9,
    b"0001-01-01", b"9999-12-31", b"PK\x03\x04", b"sku,qty\n",
)  # fmt: skip


def spoil(good: bytes, seed: int) -> bytes:
    """The bytes with one to eight things wrong; at most 200 kB."""
    chance = random.Random(seed)
    if chance.random() < 0.03:
        return good
    with suppress(ValueError, RecursionError, zipfile.BadZipFile, KeyError, OverflowError):
        if good.startswith(b"PK\x03\x04") and chance.random() < 0.8:
            return _workbook(good, chance)[:MAX_BYTES]
        if good.lstrip()[:1] in (b"{", b"[") and chance.random() < 0.8:
            return _document(good, chance)[:MAX_BYTES]
    return _bytes(good, chance)[:MAX_BYTES]


def _document(good: bytes, chance: random.Random) -> bytes:
    content = json.loads(good)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 8))):
        _replace(content, chance)
    if chance.random() < 0.05:
        content = [content] * chance.choice((2, 50))
    return printed(content)


def _replace(content: Any, chance: random.Random) -> None:
    node = content
    while isinstance(node, dict | list) and node:
        key = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
        inner = node[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.8:
            node = inner
            continue
        how = chance.random()
        if how < 0.1:
            del node[key]
        elif how < 0.2 and isinstance(node, list):
            node.insert(0, node[key])
        else:
            node[key] = chance.choice(VALUES)
        return


def printed(content: Any) -> bytes:
    text = json.dumps(content, ensure_ascii=True)
    while (at := text.find(f'"{_RAW}')) >= 0:
        value, end = json.JSONDecoder().raw_decode(text, at)
        text = text[:at] + value.removeprefix(_RAW) + text[end:]
    return text.encode()


def _workbook(good: bytes, chance: random.Random) -> bytes:
    source = zipfile.ZipFile(io.BytesIO(good))
    names = source.namelist()
    spoilt = {chance.choice(names) for _ in range(chance.choice((1, 1, 2)))}
    out = io.BytesIO()
    how = chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
    with zipfile.ZipFile(out, "w") as target:
        for name in names:
            part = source.read(name)
            target.writestr(zipfile.ZipInfo(name, _WRITTEN), _bytes(part, chance) if name in spoilt else part, how)
    return out.getvalue()


def _bytes(good: bytes, chance: random.Random) -> bytes:
    raw = bytearray(good or b" ")
    for _ in range(chance.choice((1, 2, 4, 8))):
        _change(raw, chance)
    return bytes(raw)


def _change(raw: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(raw) + 1)
    length = chance.choice((0, 1, 2, 8, 60, 400))
    how = chance.randrange(6)
    if how == 0:
        raw[at : at + length] = chance.choice(_PIECES)
    elif how == 1:
        raw[at:at] = chance.choice(_PIECES) * chance.choice((1, 1, 20, 300))
    elif how == 2:
        raw[at:at] = raw[at : at + length] * chance.choice((1, 3, 50))
    elif how == 3:
        del raw[at : at + length]
    elif how == 4 and at < len(raw):
        raw[at] ^= 1 << chance.randrange(8)
    else:
        raw[at:at] = base64.b64encode(chance.randbytes(length)) if chance.random() < 0.5 else chance.randbytes(length)
