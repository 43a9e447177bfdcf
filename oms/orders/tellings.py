"""What a channel tells otherwise than it told before, laid over the order as it stands (C-6). Pure.

What was corrected here stays until the channel tells that very part anew; then the channel's word counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
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
    here, before, now = _marks_of_rows(rows), _marks(former), _marks(told)
    if not all(map(_are_distinct, (here, before, now))):
        # Two lines under one reference: which is which cannot be told.
        return tuple(standing if list(former) == list(told) else told)
    live = iter(standing)
    stands = [next(live) if rules.counts(row) else None for row in rows]
    # What is dropped is looked for last: of the same goods the line that still counts is meant.
    of_rows = _paired([at for at, line in enumerate(stands) if line], here, before)
    of_rows |= _paired([at for at, line in enumerate(stands) if not line], here, before, taken=of_rows.values())
    row_of, of_told = {at: row for row, at in of_rows.items()}, _paired(range(len(now)), now, before)
    found: list[Line | None] = []
    for place, line in enumerate(told):
        row = row_of.get(of_told.get(place, -1))
        found.append(line if row is None else _line(stands[row], former[of_told[place]], line))
    # What only stands here was added here.
    refs = {mark.ref for mark in now if mark.ref}
    found += [line for at, line in enumerate(stands) if at not in of_rows and here[at].ref not in refs]
    return tuple(line for line in found if line is not None)


def _line(standing: Line | None, former: Line, told: Line) -> Line | None:
    if former == told:
        return standing
    if standing is None or _goods(former.sku, former.name) != _goods(told.sku, told.name):
        return told
    return _fields(standing, former, told)


@dataclass(frozen=True, slots=True)
class _Mark:
    """By what a line is known again: its reference, its goods, its place."""

    ref: str | None
    goods: str
    place: int


def _goods(sku: str | None, name: str | None) -> str:
    return sku or name or ""


def _marks(lines: Sequence[Line]) -> list[_Mark]:
    return [_Mark(line.line_ref or None, _goods(line.sku, line.name), place) for place, line in enumerate(lines)]


def _marks_of_rows(rows: Sequence[OrderLine]) -> list[_Mark]:
    return [_Mark(row.line_ref or None, _goods(row.channel_sku, row.name), row.position) for row in rows]


def _are_distinct(marks: Sequence[_Mark]) -> bool:
    refs = [mark.ref for mark in marks if mark.ref]
    return len(refs) == len(set(refs))


#: How a line is known again, surest first: reference (else place) with its goods, goods alone, reference (else place) alone.
#: References may be no more than places, as mails have them: who puts a line in front moves all others, and what was
#: corrected here belongs to its goods.
_KNOWN_BY: tuple[Callable[[_Mark], object], ...] = (
    lambda mark: (mark.goods, mark.ref or mark.place),
    lambda mark: (mark.goods, mark.ref is None),
    lambda mark: mark.ref or mark.place,
)


def _paired(
    places: Iterable[int], these: Sequence[_Mark], those: Sequence[_Mark], *, taken: Iterable[int] = ()
) -> dict[int, int]:
    """Which of those each of these lines is, by place; one that is none of them is missing."""
    todo, used, found = list(places), set(taken), dict[int, int]()
    for key in _KNOWN_BY:
        free: dict[object, list[int]] = {}
        for at in reversed(range(len(those))):
            if at not in used:
                free.setdefault(key(those[at]), []).append(at)
        for at in (one for one in todo if one not in found):
            if fitting := free.get(key(these[at])):
                found[at] = fitting.pop()
                used.add(found[at])
    return found


def _problems(standing: Sequence[Problem], former: Sequence[Problem], told: Sequence[Problem]) -> tuple[Problem, ...]:
    """Complaints that are new, and those of before that nobody here has settled and the channel still gives cause for."""
    old = [problem for problem in standing if problem in told or problem not in former]
    return (*old, *(problem for problem in told if problem not in former and problem not in old))
