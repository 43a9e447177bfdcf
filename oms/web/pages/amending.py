"""The form that changes an order field by field: for a reviewer's amendment and for a change request.

Private fields start empty, so that the form shows nobody's data: what is left empty stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import request
from flask_babel import LazyString, gettext, lazy_gettext

from oms.errors import InputInvalid
from oms.orders import rules
from oms.verification import amendment_rules
from oms.web.pages import acting

#: Dotted field as in the one schema -> what people call it.
PARTY: tuple[tuple[str, LazyString], ...] = (
    ("customer.name", lazy_gettext("Customer")),
    ("customer.company", lazy_gettext("Company")),
    ("customer.phone", lazy_gettext("Phone")),
    ("customer.email", lazy_gettext("E-mail")),
)
ADDRESS: tuple[tuple[str, LazyString], ...] = (
    ("ship_to.name", lazy_gettext("Receiver")),
    ("ship_to.phone", lazy_gettext("Receiver's phone")),
    ("ship_to.lines", lazy_gettext("Street")),
    ("ship_to.district", lazy_gettext("District")),
    ("ship_to.city", lazy_gettext("City")),
    ("ship_to.region", lazy_gettext("Province or state")),
    ("ship_to.postal_code", lazy_gettext("Postal code")),
    ("ship_to.country", lazy_gettext("Country (two letters)")),
)
LINE_PARTS = ("sku", "qty", "unit", "unit_price")


def changes(lines: Sequence[Any]) -> dict[str, Any]:
    """What was typed and differs from the order, by dotted field; amounts are text."""
    found: dict[str, Any] = {name: given for name, _ in (*PARTY, *ADDRESS) if (given := acting.text(name, longest=500))}
    for line in counting(lines):
        found |= _of_line(line)
    for name in ("seller_memo",):
        if given := acting.text(name):
            found[name] = given
    wished = acting.at("requested.deliver_by")
    if wished is not None:
        found["requested.deliver_by"] = wished.isoformat()
    return found


def counting(lines: Sequence[Any]) -> list[Any]:
    """The lines that may be changed: one that was dropped stays dropped."""
    return [line for line in lines if rules.counts(line)]


def _of_line(line: Any) -> dict[str, Any]:
    base = f"lines.{line.position}"
    if request.form.get(f"{base}.cancelled"):
        return {f"{base}.cancelled": True}
    found: dict[str, Any] = {}
    for part in LINE_PARTS:
        given = acting.text(f"{base}.{part}", longest=100)
        if given and _differs(part, given, line):
            found[f"{base}.{part}"] = given
    return found


def _differs(part: str, given: str, line: Any) -> bool:
    if part == "sku":
        return given not in (line.sku, line.channel_sku)
    was = getattr(line, part)
    if part == "unit":
        return bool(given != was)
    try:
        return was is None or Decimal(given) != was
    except ArithmeticError:
        return True


def wish(lines: Sequence[Any]) -> dict[str, Any]:
    """The typed changes as the parts of the one schema that a change request names.

    Raises InputInvalid naming every field whose value does not fit, as a reviewer's form does.
    """
    told = changes(lines)
    if not told:
        hint = gettext("Change at least one field.")
        raise InputInvalid("nothing was changed", fields={"changes": hint})
    amendment_rules.targets(told)
    found: dict[str, Any] = {}
    for group in ("customer", "ship_to"):
        parts = {name.partition(".")[2]: value for name, value in told.items() if name.startswith(f"{group}.")}
        if parts:
            found[group] = _street(parts)
    if any(name.startswith("lines.") for name in told):
        found["lines"] = [
            _line(line, told) for line in counting(lines) if f"lines.{line.position}.cancelled" not in told
        ]
        if not found["lines"]:
            hint = "an order without goods is none: request the cancellation instead"
            raise InputInvalid(hint, fields={"lines": hint})
    if "seller_memo" in told:
        found["seller_memo"] = told["seller_memo"]
    if "requested.deliver_by" in told:
        found["requested"] = {"deliver_by": told["requested.deliver_by"]}
    return found


def _street(parts: dict[str, Any]) -> dict[str, Any]:
    return {**parts, "lines": parts["lines"].splitlines()} if "lines" in parts else parts


def _line(line: Any, told: Mapping[str, Any]) -> dict[str, Any]:
    base = f"lines.{line.position}"
    qty = told.get(f"{base}.qty", _text(line.qty))
    price = told.get(f"{base}.unit_price", _text(line.unit_price))
    same = f"{base}.qty" not in told and f"{base}.unit_price" not in told
    return {
        "line_ref": line.line_ref,
        "sku": told.get(f"{base}.sku", line.channel_sku),
        "name": line.name,
        "unit": told.get(f"{base}.unit", line.unit),
        "qty": qty,
        "unit_price": price,
        "discount": _text(line.discount),
        # Both follow quantity and price, in the currency's units (`orders.wanted`).
        "tax": _text(line.tax) if same else None,
        "total": _text(line.total) if same else None,
        "requires_shipping": line.requires_shipping,
        "options": dict(line.options),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
