"""Which sheets of a workbook tell of the same orders: one has a row an order, another a row a line with the order's number.

A price list, notes, a list of parcels or of states pair with nothing: what pairs says whose order it is or where it goes, and its
numbers stand on the lines.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.headers import Columns
from connectors.sheet_cells import is_broken, is_eaten
from connectors.sheet_footers import split_footers
from connectors.sheet_labels import is_label
from connectors.sheet_lines import Reading
from connectors.sheet_merge import SheetSettings
from connectors.sheet_orders import columns_of
from connectors.tables import Row, Table

#: A list that names one of these beside its goods has whole orders of its own.
_WHERE = tuple(f"ship_to.{part}" for part in ("address", "line1", "city", "postal_code", "pickup_point"))
_SAY_WHOSE = ("ship_to.", "bill_to.", "customer.", "requested.", "placed_at", "totals.total")
_NUMBERS = ("channel_order_id", "po_number")


@dataclass(frozen=True, slots=True)
class List:
    """A sheet with what its columns mean."""

    table: Table
    columns: Columns

    @property
    def rows(self) -> Sequence[Row]:
        """Those that are no sum and no remark below the others."""
        rows = split_footers(self.table, Reading(self.columns))[0]
        return rows if self.columns.has_lines else [row for row in rows if not _is_remark(row)]

    @property
    def width(self) -> int:
        """How many columns mean something."""
        return max(len(self.table.headers), *(place + 1 for place in self.columns.places.values()), 0)

    @property
    def says_where(self) -> bool:
        """Whether it has an address to send to."""
        return any(name in self.columns for name in _WHERE)

    @property
    def is_of_orders(self) -> bool:
        """Whether a row is an order without its goods; a list of parcels has numbers and days as well."""
        if "channel_order_id" not in self.columns or (self.columns.has_lines and "lines.qty" in self.columns):
            return False
        says_whose = any(name.startswith(_SAY_WHOSE) for name in self.columns.places)
        return self.says_where or ("tracking" not in self.columns and says_whose)

    @property
    def is_of_lines(self) -> bool:
        """Whether a row is goods and how many, and says nothing of where they go."""
        place = self.columns.places.get("lines.qty")
        counted = (any(map(str.isdigit, row.cell(place))) for row in self.table.rows)
        return self.columns.has_lines and not self.says_where and any(counted)

    def numbered(self, place: int) -> dict[str, list[Row]]:
        """The rows by the number in a column, as `key` writes it."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            number = key(row.cell(place))
            if number:
                found.setdefault(number, []).append(row)
        return found


@dataclass(frozen=True, slots=True)
class Pair:
    """Two lists that name the same orders; `at` is the lines' column of the number, `by_number` has the rows of orders."""

    head: List
    lines: List
    at: int
    by_number: Mapping[str, list[Row]]
    matched: int

    def partners(self, row: Row) -> list[Row]:
        """The rows of orders that a line belongs to: one, unless the number stands there twice."""
        return self.by_number.get(key(row.cell(self.at)), [])


def pairs_of(tables: Sequence[Table], settings: SheetSettings) -> list[Pair]:
    """Each list of lines with its list of orders; sheets that no number joins are in none of them."""
    lists = [List(table, columns_of(table, settings)) for table in tables]
    heads = [one for one in lists if one.is_of_orders]
    return [pair for one in lists if heads and one.is_of_lines and (pair := _best(heads, one))]


def _is_remark(row: Row) -> bool:
    """Whether a row of orders is a line of words: `Prepared by: Ann`."""
    filled = [cell for cell in row.cells if cell]
    return len(filled) == 1 and (is_label(filled[0]) or not any(map(str.isdigit, filled[0])))


def key(number: str) -> str:
    """The number as two sheets mean the same one: `#PO-1` is po-1. Numbers that a spreadsheet shortened or lost have none."""
    plain = " ".join(unicodedata.normalize("NFKC", number).casefold().split()).lstrip("# ")
    return "" if is_eaten(plain) or is_broken(number) else plain


def _best(heads: Sequence[List], lines: List) -> Pair | None:
    pairs = [pair for head in heads if (pair := _pair(head, lines))]
    return max(pairs, key=lambda pair: (pair.head.says_where, pair.matched), default=None)


def _pair(head: List, lines: List) -> Pair | None:
    """Both lists by the columns that share most numbers; None where they share none, or hardly any of a list without addresses."""
    known = [lines.columns.places[name] for name in _NUMBERS if name in lines.columns]
    pairs = [
        Pair(head, lines, at, by_number, matched)
        for by_number in (head.numbered(head.columns.places[name]) for name in _NUMBERS if name in head.columns)
        for at in known or _unnamed(lines)
        if (matched := _matched(lines, at, by_number, is_named=bool(known)))
    ]
    best = max(pairs, key=lambda pair: pair.matched, default=None)
    if best is None or head.says_where:
        return best
    shared = best.by_number.keys() & {key(row.cell(best.at)) for row in lines.table.rows}
    return best if len(shared) * 2 >= len(best.by_number) else None


def _unnamed(lines: List) -> list[int]:
    """The columns whose head says nothing to us."""
    taken = set(lines.columns.places.values())
    return [at for at, head in enumerate(lines.table.headers) if head.strip() and at not in taken]


def _matched(lines: List, at: int, by_number: Mapping[str, list[Row]], *, is_named: bool) -> int:
    """How many lines name an order of the other list; 0 where the column's head does not say so and one names none."""
    matched = 0
    for row in lines.table.rows:
        is_there = key(row.cell(at)) in by_number
        matched += is_there
        if not is_named and not is_there and row.cell(at):
            return 0
    return matched
