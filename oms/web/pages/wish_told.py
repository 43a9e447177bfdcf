"""What a wish of the desk changes, for whoever decides about it: each field with what stands and what is wished.

Private values are masked as on the rest of the order's page, until they are shown for a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext

from oms.orders import rules
from oms.orders.models import ChangeRequest, Order
from oms.web import masking
from oms.web.auth import me
from oms.web.display import money, price, qty, when, word
from oms.web.pages import amending

_LABELS: dict[str, LazyString] = {
    **dict((*amending.PARTY, *amending.ADDRESS)),
    "requested.deliver_by": lazy_gettext("Customer wants it by"),
    "payment.terms": lazy_gettext("Terms"),
    "totals.discount": lazy_gettext("Discount"),
    "totals.shipping": lazy_gettext("Freight"),
    "totals.fees": lazy_gettext("Fees"),
    "totals.tax": lazy_gettext("Tax"),
    "totals.total": lazy_gettext("Total"),
    "seller_memo": lazy_gettext("Our memo"),
    "buyer_message": lazy_gettext("Buyer's message"),
}
_PEOPLE = ("customer", "ship_to", "bill_to")


@dataclass(frozen=True, slots=True)
class Told:
    """One field of a wish."""

    label: str
    was: str
    becomes: str


def told(change: ChangeRequest, order: Order, lines: Sequence[Any], *, unmasked: bool) -> list[Told]:
    """What the wish changes; nothing for one that a channel sent, which is read as it came, or that cancels."""
    if change.message_id is not None or change.kind != "update":
        return []
    named = _named({part: value for part, value in change.wanted.items() if part != "lines"})
    found = [
        Told(str(_LABELS.get(name, name)), *(_shown(name, value, order, unmasked=unmasked) for value in (was, wished)))
        for name, wished in named
        if (was := _standing(name, order)) != wished
    ]
    return [*found, *_lines(change.wanted.get("lines"), lines, order.currency)]


def _named(wanted: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each field of a wish by its dotted name."""
    for part, value in wanted.items():
        if isinstance(value, Mapping):
            yield from ((f"{part}.{name}", inner) for name, inner in value.items())
        else:
            yield part, value


def _standing(name: str, order: Order) -> Any:
    group, _, part = name.partition(".")
    if group in _PEOPLE or group == "invoice":
        return (getattr(order, "contact" if group == "customer" else group) or {}).get(part)
    column = {"requested": f"requested_{part}", "payment": f"payment_{part}", "totals": part}.get(group, name)
    return getattr(order, "lines_total" if column == "lines" else column, None)


def _shown(name: str, value: Any, order: Order, *, unmasked: bool) -> str:
    if value in (None, "", []):
        return "–"
    group, _, part = name.partition(".")
    if group in _PEOPLE or group == "invoice":
        return _of_person(part, ", ".join(value) if isinstance(value, list) else str(value), unmasked=unmasked)
    if name in ("seller_memo", "buyer_message"):
        return str(value) if me().may("private.read") else masking.HIDDEN
    if group == "requested" and part != "service":
        return when(value if isinstance(value, datetime) else datetime.fromisoformat(value))
    if group == "totals" and part != "tax_included":
        return money(Decimal(value), order.currency)
    return word("payment_terms", value) if name == "payment.terms" else str(value)


def _of_person(part: str, value: str, *, unmasked: bool) -> str:
    if unmasked or part in ("company", "postal_code"):
        return value
    return str(masking.named({part: value})[part])


def _lines(wished: Sequence[Mapping[str, Any]] | None, standing: Sequence[Any], currency: str | None) -> Iterator[Told]:
    """The lines that differ: a wish names all that are to stay, or none where no line changes."""
    if wished is None:
        return
    left = [line for line in standing if rules.counts(line)]
    for new in wished:
        old = next((line for line in left if _is(line, new)), None)
        if old is not None:
            left.remove(old)
        was = _line_told(old.qty, old.unit_price, old.discount, currency) if old is not None else "–"
        becomes = _line_told(new.get("qty"), new.get("unit_price"), new.get("discount"), currency)
        if old is not None and new.get("unit") not in (None, old.unit):
            was, becomes = f"{was} ({old.unit or '–'})", f"{becomes} ({new['unit']})"
        if was != becomes:
            yield Told(new.get("sku") or _code(old), was, becomes)
    for old in left:
        yield Told(_code(old), _line_told(old.qty, old.unit_price, old.discount, currency), gettext("dropped"))


def _is(line: Any, new: Mapping[str, Any]) -> bool:
    """Whether the wish means this line; other goods in its place are another one."""
    return new.get("sku") in (line.sku, line.channel_sku) and new.get("line_ref") in (None, line.line_ref)


def _code(line: Any) -> str:
    return (line.sku or line.channel_sku or line.name or "–") if line is not None else "–"


def _line_told(count: Any, each: Any, off: Any, currency: str | None) -> str:
    said = f"{qty(_number(count))} × {price(_number(each), currency)}"
    return f"{said} − {money(_number(off), currency)}" if off and Decimal(off) else said


def _number(value: Any) -> Decimal | None:
    return None if value in (None, "") else Decimal(value)
