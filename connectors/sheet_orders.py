"""Rows of a sheet -> orders: rows grouped by order number, parties and sums merged, errors named row by row.

A row that cannot be read is `row_invalid` on its order (field `rows.<number>.<column>`) and gives no line; the good rows
stay, so that intake can take all or the good ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from connectors.base import ChannelOrder, Kind, Line, Problem, Severity
from connectors.headers import Columns, bracketed, recognise
from connectors.paste_goods import is_code
from connectors.problems import problem
from connectors.rates import rates_of
from connectors.sheet_cells import habit, is_broken, is_eaten
from connectors.sheet_footers import split_footers, sums_below
from connectors.sheet_labels import labelled
from connectors.sheet_lines import Reading, ReadLine, read_line, row_problem
from connectors.sheet_merge import Merged, SheetSettings, built
from connectors.tables import Row, Table, TableUnreadable

#: A file with more orders than this is refused, so that one file never keeps a worker for long.
MAX_ORDERS = 5_000
_ROWS_NAMED = 10
_NUMBERS = (
    "lines.qty",
    "lines.unit_price",
    "lines.total",
    "lines.discount",
    "lines.tax",
    "totals.total",
    "totals.shipping",
    "totals.tax",
    "totals.discount",
)
#: Fields on which the rows of one order must agree; the rest are merged.
AGREED = (
    "currency", "customer.id", "customer.name", "ship_to.address", "ship_to.line1", "ship_to.city", "ship_to.postal_code",
    "ship_to.name", "po_number",
)  # fmt: skip
_UNIT_WORDS = frozenset(
    "ea each pc pcs piece pieces unit units item items set sets box boxes case cases carton cartons ctn pack packs pk bag bags"
    " ctns crate crates dozens kgs karton kartons caisse caisses caja cajas bottle bottles can cans roll rolls pair pairs dozen dz kg g gram grams lb lbs oz l liter liters litre litres ml milliliter"
    " milliliters m meter metre cm mm ft hour hours pallet pallets stk stück st 个 件 只 箱 盒 包 袋 瓶 套 台 支 条 张 把 双 对 斤 公斤 千克 克 吨 米"
    " 桶 罐 卷 本 份 打 块 片 提 组".split()
)


@dataclass(slots=True)
class _Group:
    """The rows of one order while it is read."""

    number: str
    rows: list[Row] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    said_by: dict[str, int] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    given: list[Decimal | None] = field(default_factory=list)
    currencies: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def orders_of(table: Table, settings: SheetSettings) -> list[ChannelOrder]:
    """Translate a table; one element an order, or one `not_an_order` for a table that holds none.

    Raises TableUnreadable for more than 5,000 orders.
    """
    return orders_under(columns_of(table, settings), table, settings)


def columns_of(table: Table, settings: SheetSettings) -> Columns:
    """What the columns of a table mean, by their heads, the sender's mapping and what stands below them."""
    return _with_codes(_with_unit(recognise(table.headers, settings.mapping), table), table)


def orders_under(columns: Columns, table: Table, settings: SheetSettings) -> list[ChannelOrder]:
    """As `orders_of`, for a table whose columns are known."""
    above = labelled(table.preamble)
    if not columns.is_order and not ("channel_order_id" in above and columns.has_lines):
        return [_no_order(settings, above)]
    reading = Reading(
        columns,
        *_mark(table, columns),
        chinese=columns.chinese or _is_chinese(above),
        width=max(len(table.headers), *(place + 1 for place in columns.places.values())),
        options=tuple(name for name in columns.places if name.startswith("options.") or name == "lines.note"),
        rates=rates_of(columns.heads),
        unit=_unit_of(columns.heads.get("lines.qty", "")),
    )
    rows, below = split_footers(table, reading)
    groups = _grouped(rows, reading)
    if not groups:
        return [_no_order(settings, above)]
    around = {**labelled(below), **above, **(sums_below(below, reading) if len(groups) == 1 else {})}
    if len(groups) > MAX_ORDERS:
        raise TableUnreadable(f"the sheet holds {len(groups)} orders; at most {MAX_ORDERS} are read at once: split it")
    fields = _fields_of_order(columns)
    for group in groups:
        _read_rows(group, reading, fields)
        group.problems += _unseen(group, table.hidden)
    return [built(_merged(group, around, reading), settings, zone=_zone(settings, reading)) for group in groups]


def _unseen(group: _Group, hidden: frozenset[int]) -> list[Problem]:
    """What holds an order of which rows are hidden: who filtered a list before it was sent may mean what is seen alone."""
    numbers = [row.number for row in group.rows if row.number in hidden] if hidden else []
    if not numbers:
        return []
    named = ", ".join(map(str, numbers[:_ROWS_NAMED])) + ("..." if len(numbers) > _ROWS_NAMED else "")
    told = f"rows that nobody sees name goods of this order (row {named}); show them, or take them out of the file"
    return [problem("row_invalid", "lines", told, severity=Severity.HOLD)]


def _no_order(settings: SheetSettings, above: Mapping[str, str]) -> ChannelOrder:
    number = above.get("channel_order_id")
    return ChannelOrder(
        channel=settings.channel,
        source="sheet",
        kind=Kind.NOT_AN_ORDER,
        channel_order_id=number,
        channel_order_number=number,
    )


def _with_unit(columns: Columns, table: Table) -> Columns:
    """Take the column without a head behind the quantities as their unit, where most of its words are units."""
    place = columns.places.get("lines.qty", -2) + 1
    if "lines.unit" in columns or place < 0 or (place < len(table.headers) and table.headers[place]):
        return columns
    words = [row.cell(place).casefold() for row in table.rows if row.cell(place)]
    if not words or sum(word in _UNIT_WORDS for word in words) * 2 < len(words):
        return columns
    return Columns(
        {**columns.places, "lines.unit": place}, columns.heads, columns.currency, columns.chinese, columns.unknown
    )


def _unit_of(head: str) -> str:
    """The unit in which all quantities are that stand under a head: `数量(箱)`."""
    said = bracketed(head)
    return said if said.casefold().rstrip(".") in _UNIT_WORDS else ""


def _with_codes(columns: Columns, table: Table) -> Columns:
    """Take a lone column of goods for their codes, where nearly all of it reads like codes: `Item, Qty`."""
    if "lines.sku" in columns or "lines.name" not in columns:
        return columns
    words = [text for row in table.rows if (text := row.cell(columns.places["lines.name"]))]
    if not words or sum(is_code(word) for word in words) < len(words) * 0.9:
        return columns
    places = {("lines.sku" if name == "lines.name" else name): place for name, place in columns.places.items()}
    heads = {("lines.sku" if name == "lines.name" else name): head for name, head in columns.heads.items()}
    return Columns(places, heads, columns.currency, columns.chinese, columns.unknown)


def _mark(table: Table, columns: Columns) -> tuple[str, bool]:
    places = [columns.places[name] for name in _NUMBERS if name in columns]
    cells = (row.cell(place) for row in table.rows[:2000] for place in places)
    # What a price is for says nothing of its sign: `12,50 €/100 ST`.
    cells = (cell.partition("/")[0] if "/" in cell else cell for cell in cells)
    return habit(cells, delimiter=table.delimiter)


def _is_chinese(values: Mapping[str, str]) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for text in values.values() for sign in text[:50])


def _zone(settings: SheetSettings, reading: Reading) -> tzinfo:
    if settings.timezone is not None:
        return settings.timezone
    return ZoneInfo("Asia/Shanghai") if reading.chinese else UTC


def _grouped(rows: list[Row], reading: Reading) -> list[_Group]:
    groups: dict[str, _Group] = {}
    last: _Group | None = None
    for row in rows:
        number = reading.cell(row, "channel_order_id")
        if is_broken(number):
            last = groups[f"\x00{row.number}"] = _Group("", [row])
            continue
        if not number and last is not None and _continues(row, last, reading):
            last.rows.append(row)
            continue
        # Without a number of its own and with another customer, a row is an order that lacks its number.
        key = number or f"\x00{row.number if 'channel_order_id' in reading.columns else ''}"
        last = groups.setdefault(key, _Group(number))
        last.rows.append(row)
    return list(groups.values())


def _continues(row: Row, group: _Group, reading: Reading) -> bool:
    first = group.rows[0]
    told = [name for name in AGREED if reading.cell(row, name)]
    if not group.number and "channel_order_id" not in reading.columns:
        return True
    return all(reading.cell(row, name) == reading.cell(first, name) for name in told) and not (
        told and all(reading.cell(first, name) for name in told) and len(told) > 1 and bool(group.number)
    )


def _read_rows(group: _Group, reading: Reading, fields: tuple[str, ...]) -> None:
    for row in group.rows:
        fault = _too_wide(row, reading) or _broken(row, reading) or _disagrees(row, group, reading, fields)
        found = read_line(row, reading) if fault is None else ReadLine(fault=fault)
        if found.fault is not None:
            group.problems.append(found.fault)
        elif found.line is not None:
            _keep(group, row, found)


def _keep(group: _Group, row: Row, found: ReadLine) -> None:
    assert found.line is not None
    place = len(group.lines)
    group.lines.append(found.line)
    group.given.append(found.given_total)
    group.problems.extend(problem(code, f"lines.{place}.{name}", message) for code, name, message in found.problems)
    if found.currency:
        group.currencies.append(found.currency)


def _too_wide(row: Row, reading: Reading) -> Problem | None:
    width = reading.width
    if len(row.cells) <= width or not any(row.cells[width:]):
        return None
    message = (
        f"it has {len(row.cells)} cells under {width} heads; put quotes round a cell that holds the delimiter, such as"
        ' "12,50"'
    )
    return row_problem(row, "cells", message)


def _broken(row: Row, reading: Reading) -> Problem | None:
    """What refuses a row of which the spreadsheet itself could not say everything."""
    name = None
    if "#" in "".join(row.cells):
        name = next((name for name in reading.columns.places if is_broken(reading.cell(row, name))), None)
    if name is None:
        return None
    message = (
        f"column {reading.head(name)!r}: {reading.cell(row, name)[:20]} is no value but a fault of the spreadsheet; mend its"
        " formula or widen the column, and save again"
    )
    return row_problem(row, name, message)


def _disagrees(row: Row, group: _Group, reading: Reading, fields: tuple[str, ...]) -> Problem | None:
    fresh: dict[str, str] = {}
    for name in fields:
        text = reading.cell(row, name)
        if not text:
            continue
        known = group.values.get(name)
        if known is not None and known != text and name in AGREED:
            message = (
                f"column {reading.head(name)!r} says {text[:40]!r}, row {group.said_by[name]} of the same order says"
                f" {known[:40]!r}; give it an order number of its own or the same value"
            )
            return row_problem(row, name, message)
        fresh[name] = _joined(known, text, name)
    group.values.update(fresh)
    for name in fresh:
        group.said_by.setdefault(name, row.number)
    return None


def _joined(known: str | None, text: str, name: str) -> str:
    if known is None or name not in ("buyer_message", "seller_memo"):
        return known or text
    return known if text in known.split("\n") else f"{known}\n{text}"


def _fields_of_order(columns: Columns) -> tuple[str, ...]:
    return tuple(name for name in columns.places if not name.startswith(("lines.", "options.", "plain.")))


def _merged(group: _Group, around: Mapping[str, str], reading: Reading) -> Merged:
    values = {**around, **group.values}
    number = group.number or around.get("channel_order_id", "")
    problems = list(group.problems)
    if is_eaten(number):
        message = f"a spreadsheet has shortened the order number to {number}; format the column as text and save again"
        problems.append(problem("number_missing", "channel_order_number", message))
        number = ""
    return Merged(
        number=number,
        values=values,
        rows=tuple(group.rows),
        lines=tuple(group.lines),
        given=tuple(group.given),
        problems=tuple(problems),
        currencies=frozenset(filter(None, (reading.columns.currency, *group.currencies))),
        reading=reading,
    )
