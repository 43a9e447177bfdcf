"""CSV that a spreadsheet opens as text: RFC 4180 quoting, no cell ever runs as a formula."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal

_STARTS_FORMULA = "=+-@"
_SKIPPED = "\"'` \u00a0\u3000\ufeff\u200b"

Cell = str | int | Decimal | None


def csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    """The rows as CSV with CRLF; numbers stay numbers, `-5` too."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def safe(cell: Cell) -> str:
    """The cell's text; one that a spreadsheet could run as a formula gets an apostrophe before it."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
    return f"'{cell}" if _could_run(cell) else cell


def _could_run(text: str) -> bool:
    if text[:1] in ("\t", "\r", "\n", "\0"):
        return True
    # Quotes and spaces before it, and full-width forms of it, are dropped by some programs.
    rest = unicodedata.normalize("NFKC", text).lstrip(_SKIPPED + "\t\r\n\0")
    return rest[:1] in tuple(_STARTS_FORMULA)
