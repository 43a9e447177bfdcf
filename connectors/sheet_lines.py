"""One row of a sheet -> one line of an order, or what is wrong with the row and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from connectors.base import Line, Problem
from connectors.figures import Figure
from connectors.headers import Columns
from connectors.money import EXACT
from connectors.problems import problem
from connectors.rates import RateUnclear, percent_of, percent_off
from connectors.sheet_cells import ReadTwoWays, is_eaten, price, qty_and_unit, refuse_two_ways
from connectors.sheet_discounts import Prices, taken_off
from connectors.sheet_price_units import PriceUnitUnclear, count_in_column, count_in_head, one_count, price_and_count
from connectors.sheet_taxes import tax_at, tax_included, unsettled
from connectors.sheet_units import same_unit
from connectors.tables import Row

#: Code, field of the line and message of a problem that holds.
Said = tuple[str, str, str]

_SIX = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of this sheet are to be read."""

    columns: Columns
    mark: str = "."
    is_sure: bool = True
    chinese: bool = False
    width: int = 0
    options: tuple[str, ...] = ()
    #: The fields whose columns hold percentages.
    rates: frozenset[str] = frozenset()
    #: What the head of the quantities counts in.
    unit: str = ""

    def cell(self, row: Row, name: str) -> str:
        """The row's cell of a field as text, "" where the sheet has no such column."""
        # As plain text: whoever stores it looks at its type, and a Figure would cost more there.
        return str(row.cell(self.columns.places.get(name)))

    def figure(self, row: Row, name: str) -> str:
        """The row's cell of a number, still a Figure where the workbook keeps it as one."""
        return row.cell(self.columns.places.get(name))

    def mark_of(self, text: str) -> str:
        """The decimal sign of one cell; raises ReadTwoWays for 1.500 where the sheet does not show its habit."""
        if isinstance(text, Figure):
            return "."
        if not self.is_sure:
            refuse_two_ways(text)
        return self.mark

    def head(self, name: str) -> str:
        """The sender's own name of the column."""
        return self.columns.heads.get(name, name)


@dataclass(frozen=True, slots=True)
class ReadLine:
    """`line` is None where the row holds no goods; `fault` refuses the row, `problems` only hold the order."""

    line: Line | None = None
    given_total: Decimal | None = None
    currency: str | None = None
    fault: Problem | None = None
    problems: tuple[Said, ...] = ()


class RowFault(ValueError):
    """A cell that cannot be read."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def row_problem(row: Row, name: str, message: str) -> Problem:
    """The problem of one row: it names the row and the field, the message the column."""
    return problem("row_invalid", f"rows.{row.number}.{name}", f"row {row.number}: {message}")


def no_amount(head: str, text: str, error: ValueError) -> str:
    """What to say of a cell that is no amount, or more than one."""
    if isinstance(error, ReadTwoWays):
        return f"column {head!r}: {error}"
    return f"column {head!r}: {text[:40]!r} is not an amount; write a number such as 12.50"


def read_line(row: Row, reading: Reading) -> ReadLine:
    """Read the goods of a row; never raises."""
    told = {name: reading.cell(row, f"lines.{name}") for name in ("sku", "name", "qty", "unit_price", "total")}
    if not any(told.values()):
        return ReadLine()
    try:
        with localcontext(EXACT):
            return _read(row, reading, told)
    except RowFault as fault:
        return ReadLine(fault=row_problem(row, fault.name, str(fault)))


def _read(row: Row, reading: Reading, told: Mapping[str, str]) -> ReadLine:
    qty, unit, qty_faults = _qty(row, reading)
    faults = (*qty_faults, *_other_qty(row, reading, qty), *_other_unit(row, reading, unit))
    unit = reading.cell(row, "lines.unit") or unit or reading.unit or None
    unit_price, currency = _unit_price(row, reading, qty, unit or "")
    total, total_currency = _money(row, reading, "total")
    discount = _discount(row, reading, qty, unit_price)
    unit_price, discount, price_faults = _off_list(row, reading, qty, unit_price, discount, total)
    derived = unit_price is None and total is not None and qty is not None and qty > 0
    if derived and qty and total is not None:
        unit_price = ((total + (discount or 0)) / qty).quantize(_SIX).normalize()
    net = None if qty is None or unit_price is None else qty * unit_price - (discount or 0)
    tax, tax_faults = _tax(row, reading, net, None if derived else total)
    sku, sku_faults = _sku(row, told["sku"])
    line = Line(
        line_ref=reading.cell(row, "lines.line_ref") or None,
        sku=sku,
        name=told["name"] or None,
        qty=qty,
        unit=unit,
        unit_price=unit_price,
        discount=discount,
        tax=tax,
        options=_options(row, reading),
    )
    return ReadLine(
        line=line,
        given_total=None if derived else _net(total, line),
        currency=currency or total_currency,
        problems=(*faults, *price_faults, *sku_faults, *tax_faults),
    )


def _net(total: Decimal | None, line: Line) -> Decimal | None:
    # A line total may hold the line's tax; ours never does.
    if total is None or not line.tax or line.qty is None or line.unit_price is None:
        return total
    own = line.qty * line.unit_price - (line.discount or 0)
    return total - line.tax if abs(total - line.tax - own) < abs(total - own) else total


def _sku(row: Row, text: str) -> tuple[str | None, tuple[Said, ...]]:
    if text and is_eaten(text):
        message = f"row {row.number}: a spreadsheet has shortened the SKU to {text}; format the column as text"
        return None, (("sku_missing", "sku", message),)
    return text or None, ()


def _qty(row: Row, reading: Reading) -> tuple[Decimal | None, str | None, tuple[Said, ...]]:
    text, head = reading.figure(row, "lines.qty"), reading.head("lines.qty")
    if not text:
        message = f"row {row.number}: column {head!r} is empty; say how many" if "lines.qty" in reading.columns else ""
        return None, None, ((("qty_missing", "qty", message),) if message else ())
    try:
        qty, unit = qty_and_unit(text, mark=reading.mark_of(text))
    except ValueError as error:
        said = f"{text[:40]!r} is not a quantity; write a number such as 2"
        said = str(error) if isinstance(error, ReadTwoWays) else said
        message = f"row {row.number}, column {head!r}: {said}"
        return None, None, (("qty_invalid", "qty", message),)
    if qty is not None and (qty <= 0 or qty != round(qty, 6)):
        message = f"row {row.number}, column {head!r}: {text[:40]!r} cannot be ordered; write a number above 0"
        return qty if qty <= 0 else round(qty, 6), unit, (("qty_invalid", "qty", message),)
    return qty, unit, ()


def _other_qty(row: Row, reading: Reading, qty: Decimal | None) -> tuple[Said, ...]:
    """What to say where another column of quantities says another one: pieces beside cases, wanted beside open."""
    text = reading.figure(row, "lines.second_qty")
    try:
        other = qty_and_unit(text, mark=reading.mark_of(text))[0] if text and qty else None
    except ValueError:
        return ()  # a column of units is headed so too
    if not other or other == qty:
        return ()
    heads = reading.head("lines.qty"), reading.head("lines.second_qty")
    message = f"row {row.number}: column {heads[0]!r} says {qty:f}, column {heads[1]!r} says {other:f}; say how many are ordered"
    return (("qty_invalid", "qty", message),)


def _other_unit(row: Row, reading: Reading, unit: str | None) -> tuple[Said, ...]:
    """What to say where the quantity counts in something else than the column of units: 2 boxes beside EA."""
    other = reading.cell(row, "lines.unit")
    if not unit or not other or same_unit(unit, other):
        return ()
    told = f"column {reading.head('lines.qty')!r} counts in {unit}, column {reading.head('lines.unit')!r} in {other}"
    return (("qty_invalid", "qty", f"row {row.number}: {told}; say which holds"),)


def _money(row: Row, reading: Reading, name: str) -> tuple[Decimal | None, str | None]:
    text = reading.figure(row, f"lines.{name}")
    try:
        return price(text, mark=reading.mark_of(text), chinese=reading.chinese) if text else (None, None)
    except ValueError as error:
        raise RowFault(name, no_amount(reading.head(f"lines.{name}"), text, error)) from error


def _unit_price(row: Row, reading: Reading, qty: Decimal | None, unit: str) -> tuple[Decimal | None, str | None]:
    """The price of one piece; a sheet may give it for a hundred, in the cell, its head or a column beside it."""
    text, head = reading.figure(row, "lines.unit_price"), reading.head("lines.unit_price")
    if not text:
        return None, None
    per = reading.figure(row, "lines.price_per")
    try:
        alone, count = (text, 1) if isinstance(text, Figure) else price_and_count(text, unit=unit)
        value, currency = price(alone, mark=reading.mark_of(alone), chinese=reading.chinese)
        counts = [count, count_in_head(head, unit=unit)]
        told = {"head": reading.head("lines.price_per"), "unit": unit}
        counts += [count_in_column(per, mark=reading.mark_of(per), **told)] if per else []
        count = one_count(counts, qty=qty, price=value)
    except PriceUnitUnclear as error:
        raise RowFault("unit_price", f"column {head!r}: {error}") from error
    except ValueError as error:
        raise RowFault("unit_price", no_amount(head, text, error)) from error
    return (value if value is None or count == 1 else value / count), currency


def _discount(row: Row, reading: Reading, qty: Decimal | None, unit_price: Decimal | None) -> Decimal | None:
    text, head = reading.figure(row, "lines.discount"), reading.head("lines.discount")
    if not text:
        return None
    try:
        percent = percent_off(text, head=head, is_rate="lines.discount" in reading.rates)
        if percent is None:
            amount, _ = price(text, mark=reading.mark_of(text), chinese=reading.chinese)
            return None if amount is None else abs(amount)
    except (RateUnclear, ReadTwoWays) as error:
        raise RowFault("discount", f"column {head!r}: {error}") from error
    except ValueError as error:
        raise RowFault("discount", f"column {head!r}: {text[:40]!r} is no discount; write 5.00 or 10%") from error
    if qty is None or unit_price is None:
        return None
    return qty * unit_price * percent / 100


def _off_list(
    row: Row,
    reading: Reading,
    qty: Decimal | None,
    unit_price: Decimal | None,
    discount: Decimal | None,
    total: Decimal | None,
) -> tuple[Decimal | None, Decimal | None, tuple[Said, ...]]:
    """Return (price, its discount, problems); beside a list price a net one is what the discount leaves, and not taken off twice."""
    if not discount or not qty or unit_price is None or "lines.second_price" not in reading.columns:
        return unit_price, discount, ()
    other = _second_price(row, reading)
    if other is None:
        return unit_price, discount, ()
    heads = reading.head("lines.unit_price"), reading.head("lines.second_price")
    prices = Prices(unit_price, other, heads)
    off = taken_off(prices, discount, qty=qty, given=total)
    if off is not None:
        return unit_price, off, ()
    off_other = _discount(row, reading, qty, other) or Decimal(0)
    off = taken_off(prices.swapped(), off_other, qty=qty, given=total)
    if off is not None:
        return other, off, ()
    if not prices.are_named:
        return unit_price, discount, ()
    message = f"row {row.number}: {heads[1]} {other:f} less the discount is not {heads[0]} {unit_price:f}; say which of them holds"
    return other, off_other, (("total_mismatch", "unit_price", message),)


def _second_price(row: Row, reading: Reading) -> Decimal | None:
    text = reading.figure(row, "lines.second_price")
    try:
        return price(text, mark=reading.mark_of(text), chinese=reading.chinese)[0] if text else None
    except ValueError:
        return None  # nothing is charged by it


def _tax(
    row: Row, reading: Reading, net: Decimal | None, given: Decimal | None
) -> tuple[Decimal | None, tuple[Said, ...]]:
    text, head = reading.figure(row, "lines.tax"), reading.head("lines.tax")
    if "lines.tax" not in reading.rates and not text.endswith(("%", "％")):
        return _money(row, reading, "tax")[0], ()
    if not text or net is None:
        return None, ()
    try:
        percent = percent_of(text, shares=not head.endswith(("%", "％", "%)", "%）", "％）")))
    except RateUnclear as error:
        raise RowFault("tax", f"column {head!r}: {error}") from error
    included, where = tax_included(reading.columns.heads), f"row {row.number}, column {head!r}"
    return tax_at(percent, net, included=included), unsettled(percent, net, given, included=included, where=where)


def _options(row: Row, reading: Reading) -> dict[str, str]:
    told = {name.split(".")[1]: reading.cell(row, name) for name in reading.options}
    return {name: text for name, text in told.items() if text}
