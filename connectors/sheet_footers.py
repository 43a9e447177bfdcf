"""Which rows of a sheet close its table rather than order goods: sums, shipping, remarks."""

from __future__ import annotations

import re

from connectors.headers import fields_of, normal
from connectors.paste_goods import is_code
from connectors.sheet_labels import FOOTERS, footer_of, is_label
from connectors.sheet_lines import Reading
from connectors.tables import Row, Table

_MONEY = ("lines.total", "lines.unit_price", "totals.total", "totals.tax", "totals.shipping")
_TOO_LONG_FOR_SKU = 60
_ONE_WORD = re.compile(r"(?=.*[A-Za-z])[\w./-]{2,40}", re.ASCII)
#: Heads of a column that says what each row is: under them `Shipping` is no goods, whatever stands beside it.
_KINDS_OF_ROW = frozenset(
    "type linetype itemtype lineitemtype rowtype recordtype kind typ positionsart zeilenart zeilentyp artikeltyp typedeligne tipo 类型 行类型"
    " 项目类型 明细类型".split()
)


def split_footers(table: Table, reading: Reading) -> tuple[list[Row], list[Row]]:
    """Return (rows of goods, rows that close the table)."""
    kinds = [place for place, head in enumerate(table.headers) if normal(head) in _KINDS_OF_ROW]
    rows: list[Row] = []
    below: list[Row] = []
    for row in table.rows:
        (below if _closes(row, reading, kinds) else rows).append(row)
    return rows, below


def _closes(row: Row, reading: Reading, kinds: list[int]) -> bool:
    filled = [cell for cell in row.cells if cell]
    sku, name = reading.cell(row, "lines.sku"), reading.cell(row, "lines.name")
    counted = reading.cell(row, "lines.qty") or reading.cell(row, "lines.unit_price")
    if footer_of(row, money_places=()) is not None and not (sku and name and counted):
        return any(row.cell(place) for place in kinds) or not _orders_goods(row, reading)
    if counted or not reading.columns.has_lines:
        return False
    text = sku or name or filled[0]
    if text != filled[0]:
        return False
    known = fields_of(text.split(":")[0].split("：")[0])
    return is_label(text) or len(text) > _TOO_LONG_FOR_SKU or bool(known and len(filled) > 1)


def _orders_goods(row: Row, reading: Reading) -> bool:
    """Whether goods with a quantity stand beside a word such as `Delivery`, which then tells how they travel."""
    goods = reading.cell(row, "lines.sku") or reading.cell(row, "lines.name")
    number = reading.cell(row, "channel_order_id")
    if not goods or not reading.cell(row, "lines.qty") or _is_footer(goods) or _is_footer(number):
        return False
    is_taken_off = reading.cell(row, "lines.unit_price").startswith(("-", "("))
    sku = reading.cell(row, "lines.sku")
    return not is_taken_off and bool(number or is_code(sku) or _ONE_WORD.fullmatch(sku))


def _is_footer(text: str) -> bool:
    return normal(text.rstrip(":： ")) in FOOTERS


def sums_below(rows: list[Row], reading: Reading) -> dict[str, str]:
    """The sums that the rows below a table of one order say, by field."""
    places = [reading.columns.places[name] for name in _MONEY if name in reading.columns]
    found: dict[str, str] = {}
    for row in rows:
        said = footer_of(row, money_places=places)
        if said and said[0] and said[1] and (places or said[0] != "totals.total"):
            found.setdefault(said[0], said[1])
    return found
