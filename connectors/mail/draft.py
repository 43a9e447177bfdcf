"""What one text of a mail says of an order, before it is judged and put into the schema."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.mail.amounts import each_of
from connectors.mail.document import Document
from connectors.mail.fields import Labelled, Scan, scan
from connectors.mail.figures import money, quantity
from connectors.mail.found import found
from connectors.mail.free_text import items_in
from connectors.mail.items import Item, bare_code, is_code, named_code
from connectors.mail.schema_org import Markup, read_markup
from connectors.mail.tables import Goods, read_grid, sum_field
from connectors.mail.text_tables import grids_in

_FREE_KEYS = frozenset(("item", "name", "sku", "price", "unit", "option"))
_SIGNATURE = re.compile(r"^(?:--\s?|_{5,}|sent from my .{1,40}|发自我的.{1,30}|get outlook for .{1,20})$", re.I)
_BULLET = re.compile(r"^(?:[-*•·●]\s*|\d{1,2}[.)]\s+)")
_MAX_FREE_LINES = 1000


@dataclass(slots=True)
class Draft:
    """Goods, labelled fields and address blocks of one text; `numbers` are orders' that stand in a column.

    `lines` are those of the text without its tables; `in_tables` says that the goods stand in these. `unclear`: why several orders
    in it are not taken apart.
    """

    items: list[Item] = field(default_factory=list)
    scan: Scan = field(default_factory=Scan)
    lines: Sequence[str] = ()
    currency: str | None = None
    markup: Markup = field(default_factory=Markup)
    text: str = ""
    cut: bool = False
    numbers: list[str] = field(default_factory=list)
    in_tables: bool = False
    document: Document = field(default_factory=Document)
    unclear: str = ""

    def unread(self) -> list[str]:
        """The lines that are no labelled field and no address; those that name goods by a label are among them."""
        named = self.scan.used - _lines_of_goods(self.scan) | {block.at for block in self.scan.blocks}
        return [line for at, line in enumerate(self.lines) if at not in named]

    def richness(self) -> tuple[int, int, int, bool]:
        """How much it says; of two texts of one mail the richer is read."""
        coded = sum(item.sku is not None and item.qty is not None for item in self.items)
        return coded, len(self.items), len(self.scan.labelled) + len(self.scan.blocks), bool(self.text.strip())


def draft_of(document: Document) -> Draft:
    """Read one text: tables first, then labelled fields, then goods set vertically or named in sentences."""
    lines = document.lines()[: _signature(document.lines())]
    goods = [read_grid(grid) for grid in document.grids()]
    lines = _take_text_tables(lines, goods)
    found_fields = scan(lines)
    for table in goods:
        found_fields.labelled += _sums(table)
    draft = Draft(
        scan=found_fields,
        lines=lines,
        markup=read_markup(document.markup),
        text=document.text(),
        cut=document.cut,
        document=document,
    )
    draft.cut |= any(table.cut for table in goods)
    draft.numbers = [number for table in goods for number in table.numbers]
    draft.currency = next((table.currency for table in goods if table.currency), None)
    draft.items = [item for table in goods for item in table.items]
    draft.in_tables = bool(draft.items)
    draft.items = draft.items or _other_items(draft)
    return draft


def _signature(lines: Sequence[str]) -> int:
    return next((at for at, line in enumerate(lines) if at > 2 and _SIGNATURE.match(line.strip()[:60])), len(lines))


def _take_text_tables(lines: Sequence[str], goods: list[Goods]) -> list[str]:
    """Read tables set in plain text and blank their lines."""
    rest = list(lines)
    for covered, grid in grids_in(lines):
        table = read_grid(grid)
        if not table.items:
            continue
        goods.append(table)
        for at in covered:
            rest[at] = ""
    return rest


def _sums(table: Goods) -> list[Labelled]:
    named = ((sum_field(label), label, value) for label, value in table.sums)
    return [Labelled(key, value, f"{label} {value}", -1) for key, label, value in named if key]


def _other_items(draft: Draft) -> list[Item]:
    vertical = _vertical(draft)
    if any(item.is_goods() for item in vertical):
        return vertical
    draft.cut |= len(draft.lines) > _MAX_FREE_LINES
    goods = items_in(draft.unread()[:_MAX_FREE_LINES])
    sure = goods if any(item.is_goods() for item in goods) else []
    return sure or vertical or draft.markup.items or goods


def _lines_of_goods(fields: Scan) -> set[int]:
    """Labelled lines that are the goods themselves, such as "Items: 500x Widget A, 200x Widget B"."""
    other = {said.at for said in fields.labelled} | {said.at for said in fields.columns if said.key not in _FREE_KEYS}
    return {said.at for said in fields.columns} - other


def _vertical(draft: Draft) -> list[Item]:
    """Goods set as "Item: ...", "Quantity: 2", "Price: 5.00", one under the other; a label that comes again opens the next."""
    items: list[Item] = []
    seen: set[str] = set()
    for label in draft.scan.columns:
        if not items or label.key in seen:
            items.append(Item())
            _name_above(items[-1], draft, label.at)
            seen.clear()
        seen.add(label.key)
        _put(items[-1], label)
    return [item for item in items if item.qty is not None or item.qty_fault is not None]


def _name_above(item: Item, draft: Draft, at: int) -> None:
    """ "- AX-1: Steel bolt" over the line that says how many."""
    line = draft.lines[at - 1].strip() if at > 0 else ""
    if not line or at - 1 in draft.scan.used or len(line) > 160:
        return
    text = _BULLET.sub("", line)
    code = named_code(text) or bare_code(text)
    if code is None and text == line:
        return
    if code:
        item.sku = found(code["code"] if "code" in code.re.groupindex else code[0], "0.8", line)
        text = f"{text[: code.start()]} {text[code.end() :]}"
    name = " ".join(text.split()).strip(" -–—:：,;()*")
    item.name = found(name[:200], "0.8", line) if name else None


def _put(item: Item, label: Labelled) -> None:
    item.source = f"{item.source} {label.source}".strip()[:300]
    key = "sku" if label.key == "item" and is_code(label.value) else label.key
    _PUTTERS.get(key, _put_name)(item, label)


def _put_money(item: Item, label: Labelled) -> None:
    figure = money(label.value)
    if figure:
        setattr(item, label.key, found(figure, "0.9", label.source))


def _put_price(item: Item, label: Labelled) -> None:
    figure, item.price_fault = each_of(label.value)
    item.price = found(figure, "0.9", label.source) if figure else None


def _put_sku(item: Item, label: Labelled) -> None:
    item.sku = found(label.value.split()[0].strip("#()（）[]")[:80], "0.9", label.source)


def _put_name(item: Item, label: Labelled) -> None:
    code = named_code(label.value)
    item.sku = item.sku or (found(code["code"], "0.85", label.source) if code else None)
    item.name = found(label.value[:200], "0.9", label.source)


def _put_unit(item: Item, label: Labelled) -> None:
    item.unit = label.value[:20]


def _put_ref(item: Item, label: Labelled) -> None:
    item.line_ref = label.value[:60]


def _put_option(item: Item, label: Labelled) -> None:
    name = label.source.split(label.value)[0].strip(" :：")[:40]
    item.options = {**item.options, name: label.value[:120]}


def _put_qty(item: Item, label: Labelled) -> None:
    try:
        count = quantity(label.value)
    except ValueError as error:
        item.qty_fault = str(error)
        return
    item.qty = found(count.qty.value, min(count.qty.confidence, found(0, "0.9", "").confidence), label.source)
    item.unit, item.qty_fault = item.unit or count.unit, count.doubt


_PUTTERS = {
    "qty": _put_qty,
    "price": _put_price,
    "total": _put_money,
    "sku": _put_sku,
    "unit": _put_unit,
    "line_ref": _put_ref,
    "option": _put_option,
}
