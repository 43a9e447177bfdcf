"""JSON from strangers: exact numbers, bounded depth, and no text that a database refuses."""

from __future__ import annotations

import codecs
import json
import re
from decimal import Decimal
from typing import NoReturn

import orjson

MAX_DEPTH = 100
MAX_NUMBER_CHARS = 400

_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NO_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
_UNSTORABLE_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_WIDE_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Unreadable(ValueError):
    """The bytes cannot be read; the message says why and where."""


def parse(body: bytes) -> object:
    """Parse JSON bytes: integers exact, other numbers Decimal, NUL and lone surrogates dropped from text.

    Raises Unreadable for anything that is not strict JSON in UTF-8 (or UTF-16/32 with a mark), is nested
    deeper than 100 or holds a number of more than 400 characters.
    """
    text = decode(body)
    if not text.strip():
        raise Unreadable("the message is empty")
    plain = _outside_of_text(text.encode("utf-8", "replace"))
    _check_depth(plain)
    try:
        value = _value(text, plain)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from error
    return _storable(value) if _UNSTORABLE_ESCAPE.search(text) or "\x00" in text else value


def decode(body: bytes) -> str:
    """Decode UTF-8, with or without a byte-order mark, or UTF-16/32 with one; raises Unreadable."""
    encoding = next((name for bom, name in _WIDE_BOMS if body.startswith(bom)), "utf-8-sig")
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"not {encoding} text: {error.reason} at byte {error.start}") from error


def storable(text: str) -> str:
    """The text without NUL and lone surrogates, which no database column takes."""
    return _UNSTORABLE.sub("", text)


def _outside_of_text(body: bytes) -> bytes:
    """What stands outside of all quotes: brackets, commas, numbers, the three words."""
    # What is escaped inside a text ends no text: without the pairs of backslashes, every quote left is a real one.
    plain = body.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in body else body
    return b"".join(plain.split(b'"')[::2])


def _check_depth(plain: bytes) -> None:
    """Refuse what is nested too deep, before it is parsed."""
    brackets = plain.translate(None, _NO_BRACKETS)
    if len(brackets) <= MAX_DEPTH:
        return
    # Pairs go with each look, two levels of them at most, so what is gone soon was never deep.
    for _ in range(MAX_DEPTH // 2):
        left = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not left:
            return
        if len(left) == len(brackets):
            break
        brackets = left
    _count_depth(plain.translate(None, _NO_BRACKETS))


def _count_depth(brackets: bytes) -> None:
    depth = 0
    for bracket in brackets:
        if bracket in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Unreadable(f"nested deeper than {MAX_DEPTH}")
        else:
            depth -= 1


def _value(text: str, plain: bytes) -> object:
    """Numbers have to be exact: only what has none is parsed the quick way, and what that refuses is told of by the long one."""
    if not plain.translate(None, _NO_DIGITS):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
    return json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_refuse)


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_CHARS:
        raise Unreadable(f"a number of {len(text)} characters")
    return int(text)


def _decimal(text: str) -> Decimal:
    if len(text) > MAX_NUMBER_CHARS:
        raise Unreadable(f"a number of {len(text)} characters")
    value = Decimal(text) if len(text.lower().partition("e")[2]) <= 5 else None
    if value is None or abs(value.adjusted()) > MAX_NUMBER_CHARS:
        raise Unreadable(f"a number out of bounds: {text[:40]}")
    return value


def _refuse(text: str) -> NoReturn:
    raise Unreadable(f"{text} is no JSON number")


def _storable(value: object) -> object:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _storable(item) for key, item in value.items()}
    return value
