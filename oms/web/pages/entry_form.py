"""What stands in the form of an order that is being entered: typed, or taken from a known customer."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import request
from flask_babel import gettext

from oms.clock import parse_instant
from oms.errors import InputInvalid
from oms.money import quantise
from oms.parties.models import Channel, Customer
from oms.web import masking
from oms.web.pages import acting

CUSTOMER = ("name", "company", "phone", "email")
ADDRESS = ("name", "phone", "lines", "district", "city", "region", "postal_code", "country")
LINE = ("sku", "qty", "unit_price")
MOST_LINES, EMPTY_LINES = 100, 3
NUMBERS = ("qty", "unit_price")
#: No more digits than may be multiplied and rounded to cents: a barcode that was scanned into the field is no quantity.
_NUMBER = re.compile(r"-?(?:\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})", re.ASCII)


@dataclass(slots=True)
class Draft:
    """The form's values by field name, its lines, and where a pasted text was read."""

    values: dict[str, str] = field(default_factory=dict)
    lines: list[dict[str, str]] = field(default_factory=list)
    evidence: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.values.get(name, "")

    def filled(self) -> list[dict[str, str]]:
        """The lines in which something stands."""
        return [line for line in self.lines if line.get("sku") or line.get("qty")]

    def rows(self) -> list[dict[str, str]]:
        """The lines to show: those that are filled, and some to write into."""
        return [*self.filled(), *({} for _ in range(EMPTY_LINES))][:MOST_LINES]


def fresh(now: datetime, country: str) -> Draft:
    """An empty form, for an address in the house's own country; the clock of the entry starts when it is opened."""
    return Draft({"started_at": now.isoformat(), "entry_id": str(uuid.uuid4()), "ship_to.country": country})


def typed() -> Draft:
    """The form as it was sent."""
    form, draft = request.form, Draft()
    for name in form:
        if name.startswith("evidence."):
            confidence, _, source = form[name].partition(" ")
            read_at = str(quantity(confidence) or 0)
            draft.evidence[name.removeprefix("evidence.")[:60]] = {"confidence": read_at, "source": source[:200]}
        elif not name.startswith("lines.") and name not in ("csrf_token", "do"):
            draft.values[name] = form[name].replace("\x00", "").strip()[: acting.LONG * 5]
    for place in range(MOST_LINES):
        if f"lines.{place}.sku" not in form:
            break
        draft.lines.append({part: cell(part, form.get(f"lines.{place}.{part}", "")) for part in LINE})
    draft.lines = draft.filled()
    return draft


def cell(part: str, given: str) -> str:
    """A Chinese keyboard writes １２ and ６８．５: a number has the digits that everybody else reads."""
    return (unicodedata.normalize("NFKC", given) if part in NUMBERS else given).strip()[:100]


def take(draft: Draft, customer: Customer, *, private: bool) -> None:
    """Take a known customer into the form; without `private` no more than a masked list shows, the rest is asked anew."""
    draft.values["customer_number"] = customer.number
    told, place = set(CUSTOMER) if private else {"company"}, present(customer.address)
    fill(draft, "customer", CUSTOMER, {part: getattr(customer, part) for part in CUSTOMER if part in told})
    if private:
        fill(draft, "ship_to", ADDRESS, {"name": customer.name, "phone": customer.phone, **place})
    else:
        fill(draft, "ship_to", ADDRESS, {part: value for part, value in place.items() if part in masking.PUBLIC})
    if customer.payment_terms:
        draft.values["payment.terms"] = customer.payment_terms


def add(draft: Draft, code: str) -> None:
    """One more line, or one more piece of a SKU that stands there already."""
    for line in draft.lines:
        if line.get("sku") == code:
            line["qty"] = str((quantity(line.get("qty")) or Decimal(0)) + 1)
            return
    if len(draft.lines) >= MOST_LINES:
        told = gettext("The form has %(most)s lines: enter the rest as an order of its own.", most=MOST_LINES)
        raise InputInvalid("the form is full", fields={"lines": told})
    draft.lines.append({"sku": code, "qty": "1", "unit_price": ""})


def order_json(draft: Draft, channel: Channel, prices: Mapping[str, Decimal | None]) -> dict[str, Any]:
    """The form as an order of the one schema; an empty price is the list's."""
    customer = {part: draft.get(f"customer.{part}") or None for part in CUSTOMER}
    address: dict[str, Any] = {part: draft.get(f"ship_to.{part}") or None for part in ADDRESS}
    address["lines"] = draft.get("ship_to.lines").splitlines()
    has_address = bool(address["lines"] or address["city"])
    lines = [_line(line, prices) for line in draft.filled()]
    return {
        "currency": channel.currency,
        # What was read back to the customer is what the order says.
        "totals": {"total": _total(lines, channel.currency)},
        "customer": customer,
        "ship_to": address if has_address else None,
        "lines": lines,
        "payment": {"terms": draft.get("payment.terms") or channel.payment_terms, "status": "none"},
        "requested": {"deliver_by": _deliver_by()},
        "buyer_message": draft.get("buyer_message") or None,
        "seller_memo": draft.get("seller_memo") or None,
    }


def check(draft: Draft) -> None:
    """Refuse lines whose numbers cannot be read, each beside its field; the same for a form without goods."""
    faults = {
        f"lines.{place}.{part}": told
        for place, line in enumerate(draft.filled())
        for part, told in _faults(line).items()
    }
    if not draft.filled():
        faults["lines"] = gettext("Add at least one line of goods.")
    if faults:
        raise InputInvalid(gettext("The order is not complete."), fields=faults)


def _faults(line: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a line, by part."""
    found: dict[str, str] = {}
    if not line.get("sku"):
        found["sku"] = gettext("Please fill this in.")
    if (quantity(line.get("qty")) or 0) <= 0:
        found["qty"] = gettext("Give a number over 0.")
    if line.get("unit_price") and not _is_price(line["unit_price"]):
        found["unit_price"] = gettext("Give a number that is not negative.")
    return found | {part: acting.TWO_WAYS for part in NUMBERS if acting.in_two_ways(line.get(part, ""))}


def started_at(draft: Draft, now: datetime) -> datetime:
    """When the customer began to speak; a time that cannot be is taken as now."""
    try:
        return min(parse_instant(draft.get("started_at")), now)
    except InputInvalid:
        return now


def quantity(given: str | None) -> Decimal | None:
    """A typed number, or None where it is none: with digits only, since `1e999999` takes minutes to write out."""
    text = (given or "").strip()
    if acting.in_two_ways(text):
        return None
    text = text.replace(",", ".")
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _is_price(given: str) -> bool:
    found = quantity(given)
    return found is not None and found >= 0


def _line(line: Mapping[str, str], prices: Mapping[str, Decimal | None]) -> dict[str, Any]:
    price: Any = line.get("unit_price", "").replace(",", ".") or prices.get(line.get("sku", ""))
    return {
        "sku": line.get("sku") or None,
        "qty": line.get("qty", "").replace(",", ".") or None,
        "unit_price": None if price is None else str(price),
    }


def amount(qty: Decimal | None, price: Decimal | None, currency: str | None) -> Decimal | None:
    """What a line comes to, rounded as the order's line is: ten half cents are ten cents in its sum."""
    if qty is None or price is None:
        return None
    return quantise(qty * price, currency) if currency else qty * price


def _total(lines: list[dict[str, Any]], currency: str | None) -> str | None:
    amounts = [amount(quantity(line["qty"]), quantity(line["unit_price"]), currency) for line in lines]
    known = [one for one in amounts if one is not None]
    return f"{sum(known, Decimal(0)):f}" if len(known) == len(amounts) else None


def _deliver_by() -> str | None:
    found = acting.at("requested.deliver_by")
    return found.isoformat() if found else None


def fill(draft: Draft, group: str, parts: tuple[str, ...], found: Mapping[str, Any]) -> None:
    for part in parts:
        value = found.get(part)
        if value:
            draft.values[f"{group}.{part}"] = "\n".join(value) if isinstance(value, list | tuple) else str(value)


def present(address: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (address or {}).items() if value}


def said(value: object) -> str:
    return "" if value is None else str(value)
