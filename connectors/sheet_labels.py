"""What a form says around its table: `PO Number: 123` above it, blocks under `Ship To`, totals and remarks below it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from connectors.headers import fields_of, normal
from connectors.rates import says_percent
from connectors.sheet_cell_labels import is_bare, pieces_of
from connectors.tables import Row

_LABELLED = re.compile(r"\s*([^:：\n]{1,40}?)\s*[:：]\s*(.*)", re.DOTALL)
_MAX_BLOCK_LINES = 7
#: No form has more cells that say several things; looking for labels in each of a million cells takes minutes.
_MAX_CUT = 300
#: Labels of the rows that close a table -> the field they give; an empty field is known and not wanted.
FOOTERS: dict[str, str] = {
    **dict.fromkeys("total grandtotal ordertotal totaldue amountdue totalamount 总计 合计 总金额 合计金额 应付金额 价税合计 summe gesamt gesamtbetrag".split(), "totals.total"),
    **dict.fromkeys("subtotal nettotal 小计 商品总额 zwischensumme totalqty totalquantity 总数量 合计数量 totalitems 大写金额 合计大写 金额大写".split(), ""),
    **dict.fromkeys("tax salestax vat gst taxes 税额 税金 mwst".split(), "totals.tax"),
    **dict.fromkeys("shipping freight shippingcost shippingandhandling delivery 运费 快递费 versand".split(), "totals.shipping"),
    **dict.fromkeys("discount 优惠 折扣 优惠金额 rabatt".split(), "totals.discount"),
}  # fmt: skip
_NOT_ABOVE = ("lines.", "options.", "plain.", "supplier", "tracking", "totals.")


def labelled(rows: Iterable[Row]) -> dict[str, str]:
    """Fields said by labels in these rows; the first to say one wins. Block labels take the lines under them."""
    found: dict[str, str] = {}
    table, several = list(rows), 0
    for at, row in enumerate(table):
        for place, cell in enumerate(row.cells):
            several += cell.count(":") + cell.count("：") > 1
            pieces = pieces_of(cell) if several <= _MAX_CUT else [cell]
            for name, value in _all_said(row, place, pieces) if cell else ():
                if name and not value and name.split(".")[0] in ("ship_to", "bill_to"):
                    _block(found, name, table[at + 1 :], place)
                elif name and value and name not in found:
                    found[name] = str(value)
    return found


def footer_of(row: Row, *, money_places: Sequence[int]) -> tuple[str, str] | None:
    """Return (field, text) of a row that closes the table, None for any other row; an empty field means to pass over it."""
    filled = [(place, cell) for place, cell in enumerate(row.cells) if cell]
    if not filled:
        return None
    for at, (_, cell) in enumerate(filled[:3]):
        match = _LABELLED.fullmatch(cell)
        label = normal(match[1] if match else cell)
        if label in FOOTERS:
            inside = match[2] if match else ""
            behind = [(place, text) for place, text in filled[at + 1 :] if any(sign.isdigit() for sign in text)]
            money = [text for place, text in behind if place in money_places] or [text for _, text in behind]
            text = inside or (money[-1] if money and (money_places or FOOTERS[label]) else "")
            # `Discount (%)  10` is no amount, and must not be read as one.
            return FOOTERS[label], f"{text.rstrip('%')}%" if text and says_percent(
                match[1] if match else cell
            ) else text
        if any(sign.isdigit() for sign in cell) and at == 0:
            return None
    return None


def is_label(cell: str) -> bool:
    """Whether the cell is a label with a value rather than a code of goods: `Prepared by: Ann`."""
    match = _LABELLED.fullmatch(cell)
    return bool(match and not match[1].strip().isdigit() and (match[2].startswith(" ") or " " in cell or "：" in cell))


def _all_said(row: Row, place: int, pieces: Sequence[str]) -> list[tuple[str, str]]:
    """What each label in a cell says; a bare one behind the buyer's name is the buyer's: `需方：某公司  电话：021-…`."""
    first, *further = pieces
    name, value = _said(row, place, first)
    if not name:  # the supplier's phone is none of ours
        return [(name, value)]
    owner = name.split(".")[0]
    said = [(name, value)]
    for piece in further:
        label = piece.replace("：", ":").partition(":")[0]
        name, value = _said(row, place, piece)
        if owner in ("customer", "bill_to") and name.startswith("ship_to.") and is_bare(label):
            name = f"{owner}.{name.split('.')[1]}"
        said.append((name, value))
    return said


def _said(row: Row, place: int, cell: str) -> tuple[str, str]:
    match = _LABELLED.fullmatch(cell)
    name = _field(match[1] if match else cell)
    if not name:
        return "", ""
    if match and match[2].strip():
        return name, match[2].strip()
    value = next((text for text in row.cells[place + 1 : place + 4] if text), "")
    following = _LABELLED.fullmatch(value)
    if _field(following[1] if following else value) or (following and fields_of(following[1])):
        return name, ""
    return name, value


def _field(label: str) -> str:
    name = fields_of(label)[0][0] if fields_of(label) else ""
    return "" if name.startswith(_NOT_ABOVE) and name != "plain.name" else name.replace("plain.name", "ship_to.name")


def _block(found: dict[str, str], name: str, below: Sequence[Row], place: int) -> None:
    owner = name.split(".")[0]
    lines: list[str] = []
    for row in below[:_MAX_BLOCK_LINES]:
        text = row.cell(place)
        match = _LABELLED.fullmatch(text)
        if not text or (match and not _field(match[1])) or (not match and _field(text)):
            break
        if match:
            for label, _, said in (piece.replace("：", ":").partition(":") for piece in pieces_of(text)):
                found.setdefault(f"{owner}.{_field(label).split('.')[-1]}", said.strip())
            continue
        lines.append(str(text))
    if lines and f"{owner}.address" not in found:
        has_name = len(lines) > 1 and not any(sign.isdigit() for sign in lines[0])
        if has_name:
            found.setdefault(f"{owner}.name", lines[0])
        found[f"{owner}.address"] = "\n".join(lines[1:] if has_name else lines)
