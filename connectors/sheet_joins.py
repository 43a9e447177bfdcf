"""A sheet of orders beside one of their lines, read as one: `Orders` has a row an order, `Lines` a row a line.

A row of either that has no partner becomes an order that waits, and its problem names sheet and row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.base import ChannelOrder, Severity
from connectors.headers import Columns
from connectors.problems import problem
from connectors.sheet_labels import labelled
from connectors.sheet_lists import Pair, key, pairs_of
from connectors.sheet_merge import SheetSettings
from connectors.sheet_orders import AGREED, columns_of, orders_under
from connectors.tables import Row, Table

_OF_LINES = ("lines.", "options.", "plain.", "tracking")
_STATES = ("status", "status.second", "status.sent")
#: Where a line's own state stands beside the order's.
_SPARE_STATES = ("status.second", "status.third")
_NAMED_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Joined:
    """The orders that two sheets name together; those of which one sheet alone tells are among them."""

    head: Table
    lines: Table
    orders: tuple[ChannelOrder, ...]


def joined(tables: Sequence[Table], settings: SheetSettings) -> list[Joined]:
    """Read each list of lines with its list of orders; sheets that no number joins are in none of them."""
    pairs = pairs_of(tables, settings)
    found: list[Joined] = []
    for pair in pairs:
        orders = _together(pair, settings)
        if not any(one.head is pair.head.table for one in found):
            orders += _without_lines([other for other in pairs if other.head is pair.head], settings)
        found.append(Joined(pair.head.table, pair.lines.table, tuple(orders)))
    return found


def with_cover(tables: Sequence[Table], settings: SheetSettings) -> list[Table]:
    """Put a sheet of labels above the one list of goods that names no order: `PO Number | PO-1` stands on a sheet of its own."""
    covers = [table for table in tables if not table.headers and _names_order(table.rows)]
    lists = [table for table in tables if _lacks_number(table, settings)]
    if len(covers) != 1 or len(lists) != 1:
        return list(tables)
    goods = replace(lists[0], preamble=(*covers[0].rows, *lists[0].preamble))
    return [goods if table is lists[0] else table for table in tables if table is not covers[0]]


def _names_order(rows: Sequence[Row]) -> bool:
    return any(map(str.isdigit, labelled(rows).get("channel_order_id", "")))


def _lacks_number(table: Table, settings: SheetSettings) -> bool:
    columns = columns_of(table, settings)
    is_list = columns.has_lines and "lines.qty" in columns and "channel_order_id" not in columns
    return is_list and "channel_order_id" not in labelled(table.preamble)


def _together(pair: Pair, settings: SheetSettings) -> list[ChannelOrder]:
    """The orders of the lines, each with what its row of orders says."""
    rows, told = _side_by_side(pair)
    head, lines = pair.head.table, pair.lines.table
    table = replace(
        lines,
        headers=(*_filled(lines.headers, pair.lines.width), *_filled(head.headers, pair.head.width), ""),
        rows=tuple(rows),
        preamble=(*head.preamble, *lines.preamble),
        repeats=(),
    )
    orders = orders_under(_columns(pair), table, settings)
    return [_held(order, told.get(order.channel_order_id or "", ())) for order in orders]


def _own_names(pair: Pair) -> dict[str, int]:
    """The lines' columns by field; a note or a state is the line's own where the orders have theirs."""
    head, lines = pair.head.columns, pair.lines.columns
    spare = [name for name in _SPARE_STATES if name not in head and name not in lines]
    found: dict[str, int] = {}
    for name, place in lines.places.items():
        own = name
        if name in head and name in _STATES and spare:
            own = spare.pop(0)
        elif name in head and name == "buyer_message":
            own = "options.remark" if "lines.note" in lines else "lines.note"
        if place != pair.at and name != "channel_order_id":
            found[own] = place
    return found


def _columns(pair: Pair) -> Columns:
    """Both lists' columns side by side, and behind them the order's number."""
    head, lines, width = pair.head.columns, pair.lines.columns, pair.lines.width
    names = _own_names(pair)
    of_orders = {name: width + at for name, at in head.places.items() if not name.startswith(_OF_LINES)}
    of_orders["channel_order_id"] = width + pair.head.width
    called = {place: lines.heads[name] for name, place in lines.places.items() if name in lines.heads}
    heads = {name: called[place] for name, place in names.items() if place in called}
    return Columns(
        places={**names, **of_orders},
        heads={**heads, **{name: head.heads[name] for name in of_orders if name in head.heads}},
        currency=lines.currency or head.currency,
        chinese=lines.chinese or head.chinese,
    )


def _side_by_side(pair: Pair) -> tuple[list[Row], dict[str, list[str]]]:
    """Return (rows of both lists in one, what is wrong with an order by its number)."""
    shared = {name: at for name, at in _own_names(pair).items() if name in pair.head.columns}
    at_number = pair.head.columns.places["channel_order_id"]
    rows: list[Row] = []
    known: dict[str, list[Row]] = {}
    alone: dict[str, list[Row]] = {}
    told: dict[str, list[str]] = {}
    for row in pair.lines.table.rows:
        partners, own = pair.partners(row), row.cell(pair.at)
        number = (partners[0].cell(at_number) if partners else "") or own
        if partners:
            known.setdefault(number, partners)
            told.setdefault(number, []).extend(_contradictions(pair, row, partners[0], shared))
        elif own or not (known or alone):  # a row without a number goes on with the order above it
            alone.setdefault(number, []).append(row)
        rows.append(Row(row.number, _cells(pair, row, partners[0] if partners else None, shared, number)))
    for number, partners in known.items():
        told[number] += _doubts_of_head(pair.head.table, number, partners)
    for number, own_rows in alone.items():
        told.setdefault(number, []).append(_without_order(pair, number, own_rows))
    return rows, told


def _cells(pair: Pair, row: Row, partner: Row | None, shared: Mapping[str, int], number: str) -> tuple[str, ...]:
    """The cells of a line, those of its order, and the number; what stands beyond the heads comes behind them."""
    beside = list(_filled(partner.cells if partner else (), pair.head.width))
    for name, at in shared.items():
        place = pair.head.columns.places[name]
        # A day may be the line's own; whatever else an order says of itself stands on its own row.
        if row.cell(at) and (name.startswith("requested.") or not beside[place]):
            beside[place] = row.cell(at)
    behind = [*row.cells[pair.lines.width :], *(partner.cells[pair.head.width :] if partner else ())]
    return (*_filled(row.cells, pair.lines.width), *beside, number, *filter(None, behind))


def _filled(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells[:width], *[""] * (width - len(cells)))


def _contradictions(pair: Pair, row: Row, partner: Row, shared: Mapping[str, int]) -> Iterable[str]:
    for name, at in shared.items():
        own, other = row.cell(at), partner.cell(pair.head.columns.places[name])
        if name in AGREED and own and other and key(own) != key(other):
            yield (
                f"row {row.number} of sheet {pair.lines.table.name!r} says {own[:40]!r}, row {partner.number} of sheet"
                f" {pair.head.table.name!r} says {other[:40]!r}; write the same into both"
            )


def _doubts_of_head(table: Table, number: str, rows: Sequence[Row]) -> Iterable[str]:
    where = f"row {_named(rows)} of sheet {table.name!r}"
    if len({row.cells for row in rows}) > 1:
        yield f"{where}: order {number} stands there more than once and differently; leave the row that holds"
    if any(row.number in table.hidden for row in rows):
        yield f"{where}: nobody sees it; show it, or take it out of the file"


def _without_order(pair: Pair, number: str, rows: Sequence[Row]) -> str:
    where, other = f"row {_named(rows)} of sheet {pair.lines.table.name!r}", pair.head.table.name
    if not number:
        return f"{where}: it names no order; write the number of an order of sheet {other!r} into it"
    return f"{where}: order {number} has no row in sheet {other!r}; add it there, or correct the number"


def _without_lines(pairs: Sequence[Pair], settings: SheetSettings) -> list[ChannelOrder]:
    """The orders of a list that no list of lines names."""
    head = pairs[0].head
    named = {id(partner) for pair in pairs for row in pair.lines.table.rows for partner in pair.partners(row)}
    rows = [row for row in head.rows if id(row) not in named]
    if not rows:
        return []
    places = {name: at for name, at in head.columns.places.items() if not name.startswith(_OF_LINES)}
    by_number: dict[str, list[Row]] = {}
    for row in rows:
        by_number.setdefault(row.cell(places["channel_order_id"]), []).append(row)
    orders = orders_under(
        replace(head.columns, places=places), replace(head.table, rows=tuple(rows), repeats=()), settings
    )
    other = " or ".join(repr(pair.lines.table.name) for pair in pairs)
    return [
        _empty(order, head.table.name, by_number.get(order.channel_order_id or "", rows), other) for order in orders
    ]


def _empty(order: ChannelOrder, sheet: str, rows: Sequence[Row], other: str) -> ChannelOrder:
    """An order without goods; a cancellation needs none."""
    if not any(found.code == "no_lines" for found in order.problems):
        return order
    number = order.channel_order_id or "without a number"
    message = (
        f"row {_named(rows)} of sheet {sheet!r}: order {number} has no row in sheet {other}; add its goods there, or take"
        " the row out"
    )
    kept = tuple(replace(one, message=message) if one.code == "no_lines" else one for one in order.problems)
    return _held(replace(order, problems=kept), [message])


def _named(rows: Sequence[Row]) -> str:
    named = ", ".join(str(row.number) for row in rows[:_NAMED_AT_MOST])
    return named + ("..." if len(rows) > _NAMED_AT_MOST else "")


def _held(order: ChannelOrder, messages: Iterable[str]) -> ChannelOrder:
    told = [
        problem("row_invalid", "lines", message, severity=Severity.HOLD) for message in list(messages)[:_NAMED_AT_MOST]
    ]
    return replace(order, problems=(*order.problems, *told)) if told else order
