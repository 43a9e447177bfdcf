"""What a change request may name: the parts of the one schema, each field by itself, strictly read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from oms.errors import InputInvalid
from oms.intake.rules import MAX_AMOUNT, MAX_QTY
from oms.money import minor_unit
from oms.orders.states import PAYMENT
from oms.web.api.base import Instant, Schema
from oms.web.api.one_schema import AddressIn, CustomerIn, InvoiceIn, LineIn, RequestedIn, TermsIn, TotalsIn
from oms.web.api.shapes import Text

_AMOUNTS = ("unit_price", "discount", "tax", "total")
_TOO_MUCH = "must not be negative, nor over 13 digits"


class WantedTotalsIn(TotalsIn):
    """Any of the sums by itself."""


class WantedCustomerIn(CustomerIn):
    """Any of a customer's fields by itself."""


class WantedRequestedIn(RequestedIn):
    """Any of the wished times by itself."""


class WantedInvoiceIn(InvoiceIn):
    """Any of an invoice's fields by itself."""


class WantedAddressIn(AddressIn):
    @ma.validates("country")
    def _country(self, value: str | None, **kwargs: Any) -> None:
        if value is not None and re.fullmatch("[A-Z]{2}", value) is None:
            raise ma.ValidationError("give two letters such as CN")


class WantedTermsIn(TermsIn):
    @ma.validates("status")
    def _status(self, value: str | None, **kwargs: Any) -> None:
        if value is not None and value not in PAYMENT.moves:
            raise ma.ValidationError(f"one of {', '.join(PAYMENT.moves)}")


class WantedIn(Schema):
    """Only what is named changes. `lines` are all lines that are to stay, each whole."""

    placed_at = Instant()
    currency = fields.String()
    totals = fields.Nested(WantedTotalsIn(partial=True))
    payment = fields.Nested(WantedTermsIn(partial=True))
    customer = fields.Nested(WantedCustomerIn(partial=True))
    ship_to = fields.Nested(WantedAddressIn(partial=True))
    bill_to = fields.Nested(WantedAddressIn(partial=True), allow_none=True)
    requested = fields.Nested(WantedRequestedIn(partial=True))
    lines = fields.List(fields.Nested(LineIn), validate=validate.Length(min=1, max=500))
    buyer_message = Text(longest=4000, allow_none=True)
    seller_memo = Text(longest=4000, allow_none=True)
    invoice = fields.Nested(WantedInvoiceIn(partial=True), allow_none=True)

    @ma.validates("currency")
    def _currency(self, value: str, **kwargs: Any) -> None:
        try:
            minor_unit(value)
        except InputInvalid as refused:
            raise ma.ValidationError(refused.message) from refused

    @ma.validates_schema
    def _sums(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """What no order can hold, named by field."""
        totals = {name: [_TOO_MUCH] for name, value in data.get("totals", {}).items() if _wrong(value)}
        lines = {place: told for place, line in enumerate(data.get("lines", ())) if (told := dict(_wrong_in(line)))}
        wrong = {part: told for part, told in (("totals", totals), ("lines", lines)) if told}
        if wrong:
            raise ma.ValidationError(wrong)


def as_told(wanted: Mapping[str, Any] | None) -> dict[str, Any]:
    """What was read as JSON of the one schema, with nothing in it that was not named."""
    return dict(WantedIn().dump(wanted)) if wanted else {}


def _wrong_in(line: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    if not 0 < line["qty"] < MAX_QTY:
        yield "qty", ["give a number over 0; leave the line out to drop it"]
    yield from ((name, [_TOO_MUCH]) for name in _AMOUNTS if _wrong(line[name]))


def _wrong(value: Any) -> bool:
    return isinstance(value, Decimal) and not 0 <= value < MAX_AMOUNT
