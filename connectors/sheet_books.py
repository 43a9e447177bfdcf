"""All sheets of a file -> its orders: each sheet that holds orders is read, and what looks like orders and was not read is told.

A sheet of orders beside one of their lines is read with it. A second sheet of notes, a legend, a price list or an empty one says
nothing of orders, and none is held for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from connectors.base import ChannelOrder, Kind, Severity
from connectors.headers import recognise, without_accents
from connectors.problems import problem
from connectors.sheet_forms import apart
from connectors.sheet_joins import Joined, joined, with_cover
from connectors.sheet_merge import SheetSettings
from connectors.sheet_orders import MAX_ORDERS, orders_of
from connectors.sheet_states import calls_them_ended, calls_them_sent
from connectors.tables import Table, TableUnreadable
from connectors.totals import sum_of_parts

_WORDS = re.compile(r"[^\W\d_]+")
#: What a sheet is called whose rows are shown, or were done long ago: beside other orders it is no wish for goods.
_ASIDE = frozenset(
    "example examples beispiel beispiele exemple exemples ejemplo ejemplos esempio esempi exemplo voorbeeld demo archive archived archiv"
    " history historie historique historial storico old alt done completed shipped delivered erledigt versendet expediees expedie livre"
    " enviados 示例 样例 范例 填写示例 示例数据 历史 历史订单 历史记录 归档 存档 已发货 已完成 旧订单".split()
)
_BESIDE_THEM = frozenset(
    "order orders data sheet row rows line lines item items detail details bestellungen auftraege auftrage positionen commandes pedidos"
    " ordini".split()
)
_TOLD_AT_MOST = 5
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One sheet as read; `counted`: its rows name goods and how many of them are wanted."""

    name: str
    orders: tuple[ChannelOrder, ...]
    counted: bool
    likeness: int

    @property
    def is_whole(self) -> bool:
        """Whether it holds orders by number with their goods; numbered descriptions alone may be a price list's."""
        return self.counted and any(
            order.channel_order_id and (order.ship_to or any(line.sku for line in order.lines)) for order in self.orders
        )

    @property
    def is_aside(self) -> bool:
        """Whether its own name says that it is an example, or an archive."""
        return _calls_itself_aside(self.name)


def orders_in(sheets: Sequence[Table], settings: SheetSettings) -> list[ChannelOrder]:
    """Translate every sheet of a file; one element an order, or one `not_an_order` for a file that holds none.

    Raises TableUnreadable for more than 5,000 orders.
    """
    tables = with_cover(sheets, settings) if len(sheets) > 1 else sheets
    return _orders_in([form for table in tables for form in apart(table, settings)], settings)


def _orders_in(tables: Sequence[Table], settings: SheetSettings) -> list[ChannelOrder]:
    if len(tables) == 1:
        return [_unless_ended(order, tables[0].name) for order in orders_of(tables[0], settings)]
    pairs = joined(tables, settings)
    taken = [table for pair in pairs for table in (pair.head, pair.lines)]
    alone = [table for table in tables if not any(table is one for one in taken)]
    sheets = [*map(_joined_sheet, pairs), *(_sheet(table, settings) for table in alone)]
    whole = [sheet for sheet in sheets if sheet.is_whole]
    read = [sheet for sheet in whole if not sheet.is_aside] or whole or [max(sheets, key=_rank)]
    orders = _each_once(read)
    if len(orders) > MAX_ORDERS:
        raise TableUnreadable(
            f"the sheets hold {len(orders)} orders; at most {MAX_ORDERS} are read at once: split them"
        )
    if not orders:
        return orders_of(max(tables, key=lambda table: table.likeness), settings)
    left = [sheet for sheet in sheets if sheet not in read and not sheet.is_aside and _adds(sheet, orders)]
    told = "; ".join(_said_of(sheet) for sheet in left[:_TOLD_AT_MOST])
    return [_held(order, told) for order in orders] if told else orders


def _sheet(table: Table, settings: SheetSettings) -> _Sheet:
    found = (order for order in orders_of(table, settings) if order.kind is not Kind.NOT_AN_ORDER)
    orders = tuple(_unless_ended(order, table.name) for order in found)
    columns = recognise(table.headers, settings.mapping)
    place = columns.places.get("lines.qty")
    counted = columns.has_lines and any(any(map(str.isdigit, row.cell(place))) for row in table.rows)
    return _Sheet(table.name, orders, bool(orders) and counted, table.likeness)


def _joined_sheet(pair: Joined) -> _Sheet:
    """Two sheets as one, by the name of its lines; an archive's where either calls itself so."""
    orders = tuple(_unless_ended(_unless_ended(order, pair.head.name), pair.lines.name) for order in pair.orders)
    name = pair.head.name if _calls_itself_aside(pair.head.name) else pair.lines.name
    return _Sheet(name, orders, counted=True, likeness=pair.lines.likeness)


def _calls_itself_aside(name: str) -> bool:
    words = set(_WORDS.findall(without_accents(name.casefold())))
    return bool(words & _ASIDE) and words <= _ASIDE | _BESIDE_THEM


def _unless_ended(order: ChannelOrder, name: str) -> ChannelOrder:
    """The order as the name of its sheet lets it be: held where that is `Cancelled` and no status says so, sent where `Shipped`."""
    if order.kind is not Kind.ORDER or not calls_them_ended(name):
        return replace(order, sent=order.sent or calls_them_sent(name))
    message = f"the sheet is called {name!r}; write cancelled into a status column, or give the sheet another name"
    return replace(order, problems=(*order.problems, problem("status_unknown", "status", message)))


def _rank(sheet: _Sheet) -> tuple[bool, bool, int]:
    return sheet.counted, bool(sheet.orders), sheet.likeness


def _each_once(sheets: Sequence[_Sheet]) -> list[ChannelOrder]:
    """The orders of these sheets; one that two sheets name alike is one, and named differently it waits for a person."""
    found: list[ChannelOrder] = []
    places: dict[str, int] = {}
    clashes: dict[int, str] = {}
    for sheet in sheets:
        known = dict(places)
        for order in sheet.orders:
            number = order.channel_order_id or ""
            at = known.get(number) if number else None
            if at is None:
                places.setdefault(number, len(found))
                found.append(order)
            elif _same(order, found[at]):
                found[at] = order  # it says all of the first one, and perhaps more
            elif not _same(found[at], order):
                clashes.setdefault(at, _clash(sheet, order))
    return [_held(order, clashes[at]) if at in clashes else order for at, order in enumerate(found)]


def _same(one: ChannelOrder, other: ChannelOrder) -> bool:
    """Whether the other sheet says of an order no more than the first, as a copy or a packing list of it does."""
    prices = {(line.sku or line.name, line.unit_price) for line in one.lines}
    return (
        _pieces([one]) == _pieces([other])
        and all(line.unit_price is None or (line.sku or line.name, line.unit_price) in prices for line in other.lines)
        and other.currency in (None, one.currency)
        and not _tells(other, one)
    )


def _clash(sheet: _Sheet, order: ChannelOrder) -> str:
    return (
        f"sheet {sheet.name!r} names this order too and says otherwise ({order.kind}: {_goods([order])}), which was not read;"
        " put all of it into one sheet, or give the other order a number of its own"
    )


def _goods(orders: Sequence[ChannelOrder]) -> str:
    lines = [line for order in orders for line in order.lines]
    told = [
        f"{'?' if line.qty is None else format(line.qty, 'f')} x {line.sku or line.name}"
        for line in lines[:_TOLD_AT_MOST]
    ]
    return ", ".join([*told, *(["..."] if len(lines) > len(told) else [])]) or "no goods"


def _adds(sheet: _Sheet, orders: Sequence[ChannelOrder]) -> bool:
    """Whether a sheet that was not read tells of goods or orders that those which were read do not."""
    if sheet.counted:
        known = _pieces(orders)
        return any(known.get(code) != qty for code, qty in _pieces(sheet.orders).items())
    by_number = {order.channel_order_id: order for order in orders}
    return any(_tells(order, by_number.get(order.channel_order_id)) for order in sheet.orders if not order.lines)


def _pieces(orders: Sequence[ChannelOrder]) -> dict[str, Decimal]:
    pieces: dict[str, Decimal] = {}
    for order in orders:
        for line in order.lines:
            code = line.sku or line.name or ""
            pieces[code] = pieces.get(code, _ZERO) + (line.qty or _ZERO)
    return pieces


def _tells(order: ChannelOrder, known: ChannelOrder | None) -> bool:
    """Whether a row without goods says more of its order than a list of orders does."""
    if known is None:
        return order.ship_to is not None or order.totals.total is not None
    if order.kind is not known.kind:
        return True
    total = known.totals.total if known.totals.total is not None else sum_of_parts(known.totals)
    said = [
        (order.ship_to and order.ship_to.lines, known.ship_to and known.ship_to.lines),
        (order.requested.ship_by, known.requested.ship_by),
        (order.requested.deliver_by, known.requested.deliver_by),
        (order.bill_to and order.bill_to.lines, known.bill_to and known.bill_to.lines),
        (order.payment.terms, known.payment.terms),
        (order.buyer_message, known.buyer_message),
        (order.totals.shipping, known.totals.shipping),
        (order.totals.discount, known.totals.discount),
        (order.totals.total, total),
    ]
    return any(told not in (None, "", ()) and told != read for told, read in said)


def _said_of(sheet: _Sheet) -> str:
    return (
        f"sheet {sheet.name!r} looks like an order too and was not read ({_goods(sheet.orders)}); put number, goods and"
        " address of an order into one sheet, or take that sheet away"
    )


def _held(order: ChannelOrder, message: str) -> ChannelOrder:
    return replace(
        order, problems=(*order.problems, problem("row_invalid", "lines", message[:1000], severity=Severity.HOLD))
    )
