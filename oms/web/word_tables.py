"""Tables of words, as they stand in the files `words_*.py`: `code | English | 中文`, one row a code."""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """A code as people read it, by language."""

    en: str
    zh_Hans: str


def table(text: str) -> dict[str, Word]:
    """Read the rows of one axis."""
    rows = (line.split("|") for line in text.strip().splitlines())
    return {code.strip(): Word(en.strip(), zh.strip()) for code, en, zh in rows}
