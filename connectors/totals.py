"""The sums of an order: computed, quantised to the currency, and checked against what the sender says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, localcontext

from connectors.base import PROBLEM_SEVERITY, ChannelOrder, Kind, Line, Problem, Totals
from connectors.contacts import settle
from connectors.money import EXACT, at_least, minor_unit, quantise, quantum, rounded
from connectors.problems import problem

#: Kinds that become, or change, a live order: only they are refused for what is out of bounds.
LIVE = frozenset({Kind.ORDER, Kind.UPDATE})

#: Kinds that stand under their id.
_KEPT = LIVE | {Kind.CANCELLATION}

#: What is said only where nothing was sent.
_FOR_WANT_OF = frozenset({code for code in PROBLEM_SEVERITY if code.endswith("_missing")} | {"no_lines"})

#: (unit price, discount, tax, total)
LineSums = tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None]

_ZERO = Decimal(0)
#: The database finds orders by their id, and a key of its index has a greatest size.
_MAX_ID_CHARS = 500
_MAX_AMOUNT = Decimal(10) ** 15
_MAX_QTY = Decimal(10) ** 9


def finish(order: ChannelOrder, *, given_line_totals: Sequence[Decimal | None] = ()) -> ChannelOrder:
    """Compute line totals and `totals.lines`, quantise every amount and add the problems of a live order.

    `given_line_totals` are the sender's, line by line, after the line's discount; they and the total are checked
    to one minor unit. Problems a channel has set already are kept and not set again. A repeat changes nothing.
    """
    return checked(_summed(order), given_line_totals=given_line_totals)


def checked(order: ChannelOrder, *, given_line_totals: Sequence[Decimal | None] = ()) -> ChannelOrder:
    """As `finish`, for an order that was built of `line_sums` and `totals_of`: its sums stand, its problems are added."""
    with localcontext(EXACT):
        return settle(_checked(order, given_line_totals))


def decimals_of(currency: str | None) -> int | None:
    """How many decimals amounts in the currency have; None for one that is not known."""
    return None if currency is None else minor_unit(currency)


def line_sums(
    qty: Decimal | None, unit_price: Decimal | None, discount: Decimal | None, tax: Decimal | None, decimals: int | None
) -> LineSums:
    """The amounts of a line as they stand in it: (unit price, discount, tax, total = qty x unit price - discount)."""
    total = None
    price = None if unit_price is None else at_least(unit_price, decimals=2 if decimals is None else decimals)
    if qty is not None and price is not None:
        full = EXACT.multiply(qty, price)
        total = rounded(EXACT.subtract(full, discount) if discount else full, decimals)
    return price, _amount(discount, decimals), _amount(tax, decimals), total


def totals_of(given: Totals, *, lines: Sequence[Line], decimals: int | None) -> Totals:
    """The sender's totals with the sum of finished lines."""
    total = _ZERO
    for line in lines:
        if line.total is not None:
            total = EXACT.add(total, line.total)
    return Totals(
        lines=rounded(total, decimals),
        discount=_amount(given.discount, decimals),
        shipping=_amount(given.shipping, decimals),
        fees=_amount(given.fees, decimals),
        tax=_amount(given.tax, decimals),
        tax_included=given.tax_included,
        total=_amount(given.total, decimals),
        paid=_amount(given.paid, decimals),
    )


def _checked(summed: ChannelOrder, given_line_totals: Sequence[Decimal | None]) -> ChannelOrder:
    if summed.kind is Kind.NOT_AN_ORDER:
        return summed
    found = [
        *(_too_long(summed) if summed.kind in _KEPT else ()),
        *(_out_of_bounds(summed) if summed.kind in LIVE else ()),
        *([*_missing(summed), *_line_problems(summed.lines)] if _is_whole(summed) else ()),
        *_sum_problems(summed, given_line_totals),
    ]
    known = {(problem.code, problem.field) for problem in summed.problems}
    fresh = tuple(new for new in found if (new.code, new.field) not in known and not _said(new, known))
    return replace(summed, problems=(*summed.problems, *fresh)) if fresh else summed


def _is_whole(order: ChannelOrder) -> bool:
    # A cancellation, a draft or a test may be no more than its id; with lines nothing of an order may be missing.
    return order.kind in LIVE or bool(order.lines)


def _said(new: Problem, known: set[tuple[str, str]]) -> bool:
    # What was sent but makes no sense is invalid, and not missing besides.
    fields = {field for _, field in known}
    where = {new.field, "channel_order_id"} if new.code == "number_missing" else {new.field}
    return new.code in _FOR_WANT_OF and bool(where & fields)


def _summed(order: ChannelOrder) -> ChannelOrder:
    decimals = decimals_of(order.currency)
    lines = tuple(_line(line, decimals) for line in order.lines)
    return replace(order, lines=lines, totals=totals_of(order.totals, lines=lines, decimals=decimals))


def _line(line: Line, decimals: int | None) -> Line:
    price, discount, tax, total = line_sums(line.qty, line.unit_price, line.discount, line.tax, decimals)
    # Spelt out: `replace` reads and checks every field by name, at three times the cost.
    return Line(
        line.line_ref, line.sku, line.name, line.qty, line.unit, price, discount, tax, total, line.requires_shipping,
        line.options,
    )  # fmt: skip


def _amount(value: Decimal | None, decimals: int | None) -> Decimal | None:
    return None if value is None else rounded(value, decimals)


def _decimals(currency: str | None) -> int:
    return 2 if currency is None else minor_unit(currency)


def sum_of_parts(totals: Totals) -> Decimal:
    """lines - discount + shipping + fees, + tax when it is not included; a null part counts 0."""
    net = (totals.lines or _ZERO) - (totals.discount or _ZERO) + (totals.shipping or _ZERO) + (totals.fees or _ZERO)
    return net if totals.tax_included else net + (totals.tax or _ZERO)


def _out_of_bounds(order: ChannelOrder) -> list[Problem]:
    amounts = [("totals.lines", order.totals.lines), ("totals.total", order.totals.total)]
    # Named only where one is: nearly no order has any.
    amounts += [(f"lines.{index}.total", line.total) for index, line in enumerate(order.lines) if _large(line.total)]
    large = [
        problem("row_invalid", where, f"an amount of {value:.3e} is out of bounds")
        for where, value in amounts
        if _large(value)
    ]
    many = [
        index for index, line in enumerate(order.lines) if line.qty is not None and not -_MAX_QTY < line.qty < _MAX_QTY
    ]
    return large + [problem("row_invalid", f"lines.{index}.qty", "a quantity out of bounds") for index in many]


def _too_long(order: ChannelOrder) -> list[Problem]:
    length = len(order.channel_order_id or "")
    if length <= _MAX_ID_CHARS:
        return []
    message = f"an id of {length} characters; send at most {_MAX_ID_CHARS}"
    return [problem("row_invalid", "channel_order_id", message)]


def _large(value: Decimal | None) -> bool:
    return value is not None and not -_MAX_AMOUNT < value < _MAX_AMOUNT


def _missing(order: ChannelOrder) -> list[Problem]:
    found: list[Problem] = []
    if order.currency is None:
        found.append(problem("currency_missing", "currency", "no currency; name it as ISO 4217, such as EUR"))
    if order.channel_order_id is None and order.channel_order_number is None:
        found.append(problem("number_missing", "channel_order_number", "no order number; the sender must give one"))
    if not order.lines:
        found.append(problem("no_lines", "lines", "no line to deliver; send at least one SKU with a quantity"))
    if order.ship_to is None and (not order.lines or any(line.requires_shipping for line in order.lines)):
        found.append(problem("address_missing", "ship_to", "no address to deliver to; send one"))
    return found


def _line_problems(lines: Sequence[Line]) -> list[Problem]:
    found: list[Problem] = []
    for index, line in enumerate(lines):
        if line.sku is not None and line.qty is not None and line.qty > 0 and line.unit_price is not None:
            continue
        where, name = f"lines.{index}", (line.name or line.line_ref or f"line {index + 1}")[:80]
        if line.sku is None and line.requires_shipping:
            found.append(problem("sku_missing", f"{where}.sku", f"{name}: no SKU; say which goods are meant"))
        if line.qty is None:
            found.append(problem("qty_missing", f"{where}.qty", f"{name}: no quantity; say how many"))
        elif line.qty <= 0:
            found.append(problem("qty_invalid", f"{where}.qty", f"{name}: a quantity of {line.qty} cannot be ordered"))
        if line.unit_price is None:
            found.append(problem("price_missing", f"{where}.unit_price", f"{name}: no price; say what a piece costs"))
    return found


def _sum_problems(order: ChannelOrder, given_line_totals: Sequence[Decimal | None]) -> list[Problem]:
    if any(problem.code == "row_invalid" for problem in order.problems):
        return []  # amounts that could not be read explain any difference
    one = quantum(_decimals(order.currency))
    found: list[Problem] = []
    for index, (line, given) in enumerate(zip(order.lines, given_line_totals, strict=False)):
        if given is None or line.total is None or abs(line.total - given) <= one:
            continue
        message = f"the sender says {quantise(given, order.currency)}, quantity x price - discount is {line.total}"
        found.append(problem("total_mismatch", f"lines.{index}.total", message))
    return found + _total_problem(order, one)


def _total_problem(order: ChannelOrder, one: Decimal) -> list[Problem]:
    total = order.totals.total
    computed = sum_of_parts(order.totals)
    if total is None or abs(total - computed) <= one:
        return []
    message = f"the sender says {total}, lines - discount + shipping + fees + tax come to {computed}"
    return [problem("total_mismatch", "totals.total", message)]
