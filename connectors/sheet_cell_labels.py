"""One cell that says several things: `收货人：张伟  电话：13800138000` cut at each label in it."""

from __future__ import annotations

import re

from connectors.headers import fields_of

#: A longer cell is a text, and not a row of labels.
_MAX_CHARS = 400
_COLON = re.compile(r"[:：]")
_FIRST = re.compile(r"\s*([^:：\n]{1,40}?)\s*[:：]")
#: What parts one thing from the next in a cell; in a note a space or a comma parts words.
_PARTED = re.compile(r"\s+|[,，;；|、]\s*")
_PARTED_WIDELY = re.compile(r"\s{2,}|[\n\t\u3000]\s*|[;；|]\s*")
_FREE = frozenset({"buyer_message", "seller_memo"})
#: A number ends at a wide gap before any label, known or not: `Bestellnummer: 7  Datum: 23.11.2026`.
_NUMBERS = frozenset({"channel_order_id", "po_number"})
_MAX_LABEL_WORDS = 4
_MAX_LABEL_CHARS = 30
_MAX_LABELS = 12


def pieces_of(cell: str) -> list[str]:
    """The cell cut before each further known label; one piece where it has none, or begins with no field of ours.

    A field that the cell has named before is part of what is said.
    """
    first = _FIRST.match(cell)
    known = fields_of(first[1]) if first else ()
    if first is None or not known or len(cell) > _MAX_CHARS or len(_COLON.findall(cell)) > _MAX_LABELS:
        return [cell]
    parting = _PARTED_WIDELY if known[0][0] in _FREE else _PARTED
    told, cuts, begun = [known[0][0]], [0], first.end()
    for colon in _COLON.finditer(cell, begun):
        at = _label_before(cell, begun, colon.start(), parting)
        if at is None and told[-1] in _NUMBERS:
            at = _words_behind_a_gap(cell, begun, colon.start())
        label = cell[at : colon.start()].strip() if at is not None else ""
        field = next((name for name, _ in fields_of(label)), label)
        if at is not None and field not in told:
            told.append(field)
            cuts.append(at)
            begun = colon.end()
    ends = [*cuts[1:], len(cell)]
    return [cell[start:end].strip().rstrip(",，;；|、 ") for start, end in zip(cuts, ends, strict=True)]


def is_bare(label: str) -> bool:
    """Whether a label names nobody: `电话` may be whose name stands before it, `收货人电话` is the receiver's."""
    known = fields_of(label)
    return bool(known) and known[0][1] >= 40


def _label_before(cell: str, begun: int, colon: int, parting: re.Pattern[str]) -> int | None:
    """Where the longest known label begins that ends at a colon."""
    starts = [mark.end() for mark in parting.finditer(cell, begun, colon)][-_MAX_LABEL_WORDS:]
    return next((at for at in starts if colon - at <= _MAX_LABEL_CHARS and fields_of(cell[at:colon].strip())), None)


def _words_behind_a_gap(cell: str, begun: int, colon: int) -> int | None:
    starts = [mark.end() for mark in _PARTED_WIDELY.finditer(cell, begun, colon)]
    return starts[-1] if starts and cell[starts[-1] : colon][:1].isalpha() else None
