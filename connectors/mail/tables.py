"""Tables of goods, the cells of their rows, to items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from connectors.headers import bracketed
from connectors.mail.amounts import divided, each_of
from connectors.mail.document import Grid, columns
from connectors.mail.figures import UNITS, Money, currency_named, money, quantity, unit_name
from connectors.mail.found import Found, found
from connectors.mail.items import Item, bare_code, is_code, named_code
from connectors.mail.labels import field_of, normal
from connectors.mail.numbers import number_of
from connectors.rates import RateUnclear, is_rate, percent_off

#: A line that only divides: dashes, box drawings and the like.
RULE = re.compile(r"[\s|+:=_*–—\u2500-\u257f-]{3,}")
_OPTION = re.compile(r"(?P<name>[^:：]{1,40})[:：]\s*(?P<value>.{1,80})")
_SUMS = frozenset("subtotal discount shipping tax fees total paid payment_terms note".split())
_OF_ORDERS = re.compile(
    r"(?:po|p\.o|purchase order|order) ?(?:no|number|num|id)?|(?:采购订单|采购单|订货单|订购单|订单)(?:编号|号码|号)"
)
MAX_ROWS = 2000
#: Counts of packages beside the quantity.
_PACKAGES = frozenset(("件数", "count"))
_SIX = Decimal("0.000001")
_CENT = Decimal("0.01")


@dataclass(slots=True)
class Goods:
    """The items of one table and the rows below them that hold sums, as label and value.

    `numbers` are the orders' numbers that a column names, row by row.
    """

    items: list[Item] = field(default_factory=list)
    sums: list[tuple[str, str]] = field(default_factory=list)
    currency: str | None = None
    cut: bool = False
    numbers: list[str] = field(default_factory=list)


def read_grid(grid: Grid) -> Goods:
    """Read a table whose first row is its heading."""
    heading = grid.rows[0]
    keys = _settled(columns(heading), grid.rows[1:])
    goods = Goods(currency=next((code for cell in heading if (code := currency_named(cell))), None))
    goods.cut = len(grid.rows) > MAX_ROWS
    for row in grid.rows[1:MAX_ROWS]:
        _take_row(row, keys, heading, goods)
    goods.items += [_torn(line) for line in grid.torn]
    goods.numbers = list(_numbers(grid))
    return goods


def _numbers(grid: Grid) -> Iterator[str]:
    """The values of a column of orders' numbers; a reference may stand by each row of one order."""
    headed = (index for index, cell in enumerate(grid.rows[0]) if _OF_ORDERS.fullmatch(normal(cell)))
    at = next(headed, None)
    if at is not None:
        yield from (number for row in grid.rows[1:MAX_ROWS] if at < len(row) and (number := number_of(row[at])))


def _torn(line: str) -> Item:
    """A row that does not fit its heading: its code, and what a person has to enter."""
    code = named_code(line) or bare_code(line)
    fault = f"{line.strip()[:60]!r} has not as many cells as the heading; enter its quantity and price"
    return Item(source=line, sku=found(code[0], "0.5", line) if code else None, qty_fault=fault)


def _settled(keys: dict[int, str], rows: Sequence[Sequence[str]]) -> dict[int, str]:
    """Columns with what stands in them: an "Item" of codes is the SKU, numbers from 1 on are line numbers."""
    settled = dict(keys)
    for index, key in keys.items():
        values = [row[index].strip() for row in rows if index < len(row) and row[index].strip()]
        codes = bool(values) and all(map(is_code, values)) and not _counting(values)
        if key == "item":
            settled[index] = _settled_item(values, codes=codes, keys=set(settled.values()))
        elif (
            key == "line_ref"
            and "sku" not in settled.values()
            and codes
            and any(not value.isdigit() for value in values)
        ):
            settled[index] = "sku"
    return settled


def _settled_item(values: Sequence[str], *, codes: bool, keys: set[str]) -> str:
    if _counting(values) and "name" in keys:
        return "line_ref"
    if codes and "sku" not in keys:
        return "sku"
    return "option" if "name" in keys else "name"


def _counting(numbers: Sequence[str]) -> bool:
    return bool(numbers) and numbers == [str(place) for place in range(1, len(numbers) + 1)]


def _take_row(row: Sequence[str], keys: dict[int, str], heading: Sequence[str], goods: Goods) -> None:
    cells = [cell.strip() for cell in row]
    filled = [cell for cell in cells if cell]
    if not filled or RULE.fullmatch("".join(filled)) or tuple(cells) == tuple(cell.strip() for cell in heading):
        return
    label = sum_field(filled[0])
    if label in _SUMS and len(filled) <= 3:
        goods.sums.append((filled[0], " ".join(filled[1:])))
        return
    if (
        len(filled) == 1
        and (sums := re.fullmatch(r"([^:：]{2,40})[:：]\s*(.{1,60})", filled[0]))
        and sum_field(sums[1])
    ):
        goods.sums.append((sums[1], sums[2]))
        return
    item = _item(cells, keys, heading)
    if item.is_goods() or (item.sku and item.price):
        goods.items.append(item)
    elif goods.items and len(filled) == 1 and item.name:
        _add_to_name(goods.items[-1], filled[0])


def sum_field(label: str) -> str | None:
    """The field a label below the goods names; "VAT" there is an amount and no number of a taxpayer."""
    key = field_of(label)
    return "tax" if key == "tax_id" else key


def _add_to_name(item: Item, text: str) -> None:
    option = _OPTION.fullmatch(text)
    code = named_code(text)
    if code and item.sku is None:
        item.sku = found(code["code"], "0.9", text)
    elif option:
        item.options = {**item.options, option["name"].strip(): option["value"].strip()}


def _item(cells: Sequence[str], keys: dict[int, str], heading: Sequence[str]) -> Item:
    item = Item(source=" | ".join(cell.replace("\n", " ") for cell in cells if cell)[:300])
    for index, key in keys.items():
        if index < len(cells) and cells[index]:
            _READERS.get(key, _ignore)(item, cells[index], heading[index])
    if item.sku is None and item.name is not None:
        _sku_in_name(item)
    for index, key in keys.items():
        if key in _OF_PRICES and index < len(cells) and cells[index]:
            _OF_PRICES[key](item, cells[index], heading[index])
    return item


def _sku_in_name(item: Item) -> None:
    name = item.name
    code = named_code(name.source) if name else None
    if name and code:
        item.sku = found(code["code"], "0.9", name.source)
        rest = name.value.replace(code[0], "").strip(" -–,:;()")
        item.name = found(rest or name.value, name.confidence, name.source)
    elif name and is_code(name.value) and bare_code(name.value):
        item.sku, item.name = found(name.value, "0.7", name.source), None


def _ignore(item: Item, cell: str, heading: str) -> None:
    """A column that says nothing about the goods."""


def _line_ref(item: Item, cell: str, heading: str) -> None:
    item.line_ref = cell[:60]


def _sku(item: Item, cell: str, heading: str) -> None:
    item.sku = item.sku or found(cell.split("\n")[0].strip().lstrip("#")[:80], "0.95", cell)


def _name(item: Item, cell: str, heading: str) -> None:
    if item.name is not None:
        return
    first, *more = cell.split("\n")
    item.name = found(first.strip()[:200], "0.9", cell)
    for text in more:
        option = _OPTION.fullmatch(text.strip())
        if option and not named_code(text):
            item.options = {**item.options, option["name"].strip("- *•"): option["value"].strip()}


def _qty(item: Item, cell: str, heading: str) -> None:
    """The quantity, with the unit that its heading may name; a second column must say the same, else a person says which."""
    known = item.qty
    try:
        count = quantity(cell.split("\n")[0])
    except ValueError as error:
        item.qty_fault = item.qty_fault if known else str(error)
        return
    if known is not None:
        if 0 != count.qty.value != known.value and normal(heading) not in _PACKAGES:
            told = f"{known.value:f} and {count.qty.value:f}"
            item.qty, item.qty_fault = None, f"two columns say how many, {told}; enter how many are ordered"
        return
    said = bracketed(heading)
    in_head = said if said.casefold().rstrip(".") in UNITS else None
    item.qty, item.qty_fault, item.unit = count.qty, count.doubt, item.unit or count.unit or in_head


def _unit(item: Item, cell: str, heading: str) -> None:
    item.unit = unit_name(cell)


def _option(item: Item, cell: str, heading: str) -> None:
    item.options = {**item.options, " ".join(heading.split())[:40]: " ".join(cell.split())[:120]}


def _price(item: Item, cell: str, heading: str) -> None:
    if item.price is not None:
        return
    # A struck-out price and the one that holds stand in one cell, the valid one last.
    told = [each for line in cell.split("\n") if (each := each_of(line, heading)) != (None, None)]
    figure, item.price_fault = told[-1] if told else (None, None)
    item.price = found(figure, "0.95" if len(told) == 1 else "0.7", cell) if figure else None


def _price_per(item: Item, cell: str, heading: str) -> None:
    """A column of the number of pieces that the price is for, as SAP prints it."""
    number = re.match(r"\d[\d.,]*", cell)
    if number and item.price:
        item.price = replace(item.price, value=divided(item.price.value, number[0]))


def _total(item: Item, cell: str, heading: str) -> None:
    item.total = item.total or _money(cell)


def _discount(item: Item, cell: str, heading: str) -> None:
    """An amount, or the percentage that is taken off (10%, 9折); what can be either waits with the price."""
    try:
        percent = percent_off(cell, head=heading, is_rate=is_rate(heading))
        if percent is None and re.search("[%％折]", cell):
            raise RateUnclear(f"{cell[:40]!r} is no discount; write 10% or 5.00")
    except RateUnclear as error:
        item.price, item.price_fault = None, f"column {heading.strip()[:40]!r}: {error}"
        return
    if percent is None:
        item.discount = _money(cell)
    elif percent and item.price and item.qty and not _is_net(item):
        off = (item.qty.value * item.price.value.value * percent / 100).quantize(_SIX).normalize()
        item.discount = found(replace(item.price.value, value=off), "0.85", cell)


def _is_net(item: Item) -> bool:
    """Whether the line's total shows that the discount is in the price already."""
    if item.price is None or item.total is None or item.qty is None:
        return False
    return abs(item.qty.value * item.price.value.value - item.total.value.value) <= _CENT


def _tax(item: Item, cell: str, heading: str) -> None:
    item.tax = None if "%" in cell or "%" in heading else _money(cell)


def _money(cell: str) -> Found[Money] | None:
    # A struck-out price and the one that holds stand in one cell, the valid one last.
    figures = [figure for line in cell.split("\n") if (figure := money(line))]
    return found(figures[-1], "0.95" if len(figures) == 1 else "0.7", cell) if figures else None


_READERS = {
    "line_ref": _line_ref,
    "sku": _sku,
    "name": _name,
    "qty": _qty,
    "unit": _unit,
    "price": _price,
    "total": _total,
    "tax": _tax,
    "option": _option,
}
#: Read when price, quantity and total are known.
_OF_PRICES = {"price_per": _price_per, "discount": _discount}
