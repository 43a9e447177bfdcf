"""THE table of fields that a reviewer may set, and how a value is read. Pure."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from oms.clock import parse_instant
from oms.errors import InputInvalid
from oms.intake.rules import MAX_AMOUNT, MAX_QTY, QTY_DECIMALS
from oms.money import minor_unit, parse_amount

_LINE = re.compile(r"lines\.(\d{1,4})\.(sku|qty|unit|unit_price|discount|name|cancelled)")
_PRIVATE = ("customer.", "ship_to.", "bill_to.")
_TERMS = ("prepaid", "cod", "account")
_MAX_TEXT = 500
_MAX_UNIT = 30


@dataclass(frozen=True, slots=True)
class Field:
    """How a field is read, and the column that it stands in ('' for parts of a party)."""

    read: Callable[[str, Any], Any]
    column: str = ""


@dataclass(slots=True)
class Target:
    """One field with its new value, read and checked; `found_sku` is filled in by the look-up."""

    name: str
    group: str
    part: str
    value: Any
    line: int | None = None
    found_sku: uuid.UUID | None = None


def _text(name: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise InputInvalid(f"{name}: give text of at most {_MAX_TEXT} characters", fields={name: "give text"})
    return value.strip()


def _required_text(name: str, value: Any) -> str:
    found = _text(name, value)
    if not found:
        raise InputInvalid(f"{name}: must not be empty", fields={name: "must not be empty"})
    return found


def _street(name: str, value: Any) -> list[str]:
    parts = value.splitlines() if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(p, str) for p in parts):
        raise InputInvalid(f"{name}: give lines of text", fields={name: "give lines of text"})
    return [part.strip() for part in parts if part.strip()]


def _country(name: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{2}", value):
        raise InputInvalid(f"{name}: give two letters such as CN", fields={name: "give two letters such as CN"})
    return value


def _currency(name: str, value: Any) -> str:
    found = _required_text(name, value)
    minor_unit(found)
    return found


def _not_negative(name: str, value: Any) -> Decimal:
    found = parse_amount(value, field=name)
    if found < 0:
        raise InputInvalid(f"{name}: must not be negative", fields={name: "must not be negative"})
    if found >= MAX_AMOUNT:
        raise InputInvalid(f"{name}: is too large for an order", fields={name: "is too large for an order"})
    return found


def _qty(name: str, value: Any) -> Decimal:
    found = parse_amount(value, field=name)
    if not 0 < found < MAX_QTY or found != round(found, QTY_DECIMALS):
        hint = "give a number over 0 with at most three decimals; to drop the line set `cancelled`"
        raise InputInvalid(f"{name}: {hint}", fields={name: hint})
    return found


def _unit(name: str, value: Any) -> str:
    found = _required_text(name, value)
    if len(found) > _MAX_UNIT:
        hint = f"give text of at most {_MAX_UNIT} characters"
        raise InputInvalid(f"{name}: {hint}", fields={name: hint})
    return found


def _terms(name: str, value: Any) -> str:
    if value not in _TERMS:
        raise InputInvalid(f"{name}: one of {', '.join(_TERMS)}", fields={name: f"one of {', '.join(_TERMS)}"})
    return str(value)


def _at(name: str, value: Any) -> datetime | None:
    return None if value in (None, "") else parse_instant(str(value), field=name)


def _yes(name: str, value: Any) -> bool:
    if value not in (True, "true", "1"):
        raise InputInvalid(f"{name}: only true drops a line", fields={name: "only true"})
    return True


_ADDRESS_PARTS = "name company town district city region postal_code adcode phone phone_ext pickup_point".split()

AMENDABLE: dict[str, Field] = {
    **{f"customer.{part}": Field(_text) for part in "name company email phone phone_ext tax_id".split()},
    **{f"{group}.{part}": Field(_text) for group in ("ship_to", "bill_to") for part in _ADDRESS_PARTS},
    **{f"{group}.lines": Field(_street) for group in ("ship_to", "bill_to")},
    **{f"{group}.country": Field(_country) for group in ("ship_to", "bill_to")},
    **{f"totals.{part}": Field(_not_negative, part) for part in ("discount", "shipping", "fees", "tax", "total")},
    "currency": Field(_currency, "currency"),
    "payment.terms": Field(_terms, "payment_terms"),
    "requested.ship_by": Field(_at, "requested_ship_by"),
    "requested.deliver_by": Field(_at, "requested_deliver_by"),
    "requested.service": Field(_text, "requested_service"),
    "seller_memo": Field(_text, "seller_memo"),
}
_LINE_PARTS: dict[str, Field] = {
    "sku": Field(_required_text),
    "qty": Field(_qty),
    "unit": Field(_unit),
    "unit_price": Field(_not_negative),
    "discount": Field(_not_negative),
    "name": Field(_text),
    "cancelled": Field(_yes),
}


def targets(changes: Mapping[str, Any]) -> list[Target]:
    """The changes read and checked. Raises InputInvalid naming every wrong one together."""
    found, wrong = [], {}
    for name, value in changes.items():
        try:
            found.append(_target(name, value))
        except InputInvalid as error:
            wrong[name] = next(iter(error.fields.values()), error.message)
    if wrong or not found:
        wrong = wrong or {"changes": "name at least one field to amend"}
        raise InputInvalid("; ".join(f"{name}: {why}" for name, why in wrong.items()), fields=wrong)
    return found


def _target(name: str, value: Any) -> Target:
    line = _LINE.fullmatch(name)
    if line:
        return Target(name, "lines", line[2], _LINE_PARTS[line[2]].read(name, value), line=int(line[1]))
    if name not in AMENDABLE:
        hint = "no field of this name can be amended; use names such as ship_to.city or lines.0.qty"
        raise InputInvalid(f"{name}: {hint}", fields={name: hint})
    group, _, part = name.rpartition(".")
    return Target(name, group, part, AMENDABLE[name].read(name, value))


def is_private(name: str) -> bool:
    """Whether history may keep only a keyed hash of the field."""
    return name.startswith(_PRIVATE) or name == "seller_memo"


def touches_money(name: str) -> bool:
    """Whether the field changes what is owed or how: whoever sets it may not approve it (G-1)."""
    if name.startswith("lines."):
        return name.rpartition(".")[2] in ("qty", "unit_price", "discount", "cancelled")
    return name.startswith("totals.") or name in ("currency", "payment.terms")


def settles(changed: Sequence[str], at: str, code: str) -> bool:
    """Whether setting those fields settles a complaint at `at`: the same field, a part of it, or any money for a sum."""
    if code == "total_mismatch":
        return any(touches_money(name) for name in changed)
    if any(name == at or name.startswith(f"{at}.") for name in changed if at):
        return True
    return at.endswith(".adcode") and any(name.startswith("ship_to.") for name in changed)
