"""What a channel tells otherwise than it told before, laid over the order as it stands (C-6). Pure.

What was corrected here stays until the channel tells that very part anew; then the channel's word counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from connectors.base import Address, ChannelOrder, Line, Problem
from oms.orders import rules
from oms.orders.models import OrderLine

T = TypeVar("T")

#: Followed field by field.
_BY_FIELD = ("payment", "customer", "requested")
#: Taken whole as soon as one of them differs: half of one and half of another is no address and no sum.
_PLACE = ("lines", "town", "district", "city", "region", "postal_code", "country", "adcode", "pickup_point")
_SUM = ("lines", "discount", "shipping", "fees", "tax", "tax_included", "total")
_WHOLE = ("placed_at", "currency", "buyer_message", "seller_memo", "invoice")


def followed(
    standing: ChannelOrder, lines: Sequence[OrderLine], former: ChannelOrder, told: ChannelOrder
) -> ChannelOrder:
    """`standing` with all in which `told` differs from `former`; `lines` are all lines of the order, in their order."""
    found: dict[str, Any] = {"version": told.version}
    found |= {name: getattr(told, name) for name in _WHOLE if getattr(told, name) != getattr(former, name)}
    found |= {n: _fields(getattr(standing, n), getattr(former, n), getattr(told, n)) for n in _BY_FIELD}
    found["totals"] = _grouped(standing.totals, former.totals, told.totals, _SUM)
    for name in ("ship_to", "bill_to"):
        found[name] = _address(getattr(standing, name), getattr(former, name), getattr(told, name))
    found["lines"] = _lines(standing.lines, lines, former.lines, told.lines)
    found["problems"] = _problems(standing.problems, former.problems, told.problems)
    return replace(standing, **found)


def content(line: Line) -> tuple[object, ...]:
    """What of a line matters: all but its name."""
    return (line.line_ref, line.sku, line.qty, line.unit, line.unit_price, line.discount, line.tax, line.total,
            line.requires_shipping, tuple(sorted(line.options.items())))  # fmt: skip


def _fields(standing: T, former: Any, told: Any) -> T:
    """Each field in which the tellings differ as it is told now."""
    names = [field.name for field in fields(told)]
    return replace(standing, **{n: getattr(told, n) for n in names if getattr(told, n) != getattr(former, n)})  # type: ignore[type-var]


def _grouped(standing: T, former: Any, told: Any, group: Sequence[str]) -> T:
    """As `_fields`, and all of `group` when one of it differs."""
    found = _fields(standing, former, told)
    if any(getattr(told, name) != getattr(former, name) for name in group):
        return replace(found, **{name: getattr(told, name) for name in group})  # type: ignore[type-var]
    return found


def _address(standing: Address | None, former: Address | None, told: Address | None) -> Address | None:
    if told == former:
        return standing
    if standing is None or former is None or told is None:
        return told
    return _grouped(standing, former, told, _PLACE)


def _lines(
    standing: Sequence[Line], rows: Sequence[OrderLine], former: Sequence[Line], told: Sequence[Line]
) -> tuple[Line, ...]:
    """The lines that are told, each as it stands here where it is told as before; one that was dropped here stays away."""
    live = iter(standing)
    here = {_mark(row.line_ref, row.position): next(live) if rules.counts(row) else None for row in rows}
    before, now = _marked(former), _marked(told)
    if (len(here), len(before), len(now)) != (len(rows), len(former), len(told)):
        # Two lines under one reference: which is which cannot be told.
        return tuple(standing if list(former) == list(told) else told)
    found: list[Line | None] = [_line(here, mark, before.get(mark), line) for mark, line in now.items()]
    # What only stands here was added here.
    found += [line for mark, line in here.items() if mark not in before and mark not in now]
    return tuple(line for line in found if line is not None)


def _line(here: dict[str, Line | None], mark: str, former: Line | None, told: Line) -> Line | None:
    if former is None or mark not in here:
        return told
    standing = here[mark]
    if former == told:
        return standing
    return told if standing is None else _fields(standing, former, told)


def _marked(lines: Sequence[Line]) -> dict[str, Line]:
    return {_mark(line.line_ref, place): line for place, line in enumerate(lines)}


def _mark(line_ref: str | None, place: int) -> str:
    return f"ref:{line_ref}" if line_ref else f"place:{place}"


def _problems(standing: Sequence[Problem], former: Sequence[Problem], told: Sequence[Problem]) -> tuple[Problem, ...]:
    """Complaints that are new, and those of before that nobody here has settled and the channel still gives cause for."""
    old = [problem for problem in standing if problem in told or problem not in former]
    return (*old, *(problem for problem in told if problem not in former and problem not in old))
