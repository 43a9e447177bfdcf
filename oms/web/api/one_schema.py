"""The one schema (`docs/order-schema.md`) as the API takes and gives it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.web.api.base import Instant, Money, Qty, Schema
from oms.web.api.shapes import Person, Place, ProblemOut, Text

_NONE: dict[str, Any] = {"load_default": None, "allow_none": True}


class CustomerIn(Schema):
    external_id = Text(longest=200, **_NONE)
    name = Text(longest=200, **_NONE)
    company = Text(longest=200, **_NONE)
    email = Text(longest=254, **_NONE)
    phone = Text(longest=60, **_NONE)
    phone_ext = Text(longest=20, **_NONE)
    tax_id = Text(longest=60, **_NONE)


class AddressIn(Schema):
    name = Text(longest=200, **_NONE)
    company = Text(longest=200, **_NONE)
    lines = fields.List(Text(longest=300), validate=validate.Length(max=6))
    town = Text(longest=100, **_NONE)
    district = Text(longest=100, **_NONE)
    city = Text(longest=100, **_NONE)
    region = Text(longest=100, **_NONE)
    postal_code = Text(longest=20, **_NONE)
    country = Text(longest=60, metadata={"description": "ISO 3166, such as CN"}, **_NONE)
    adcode = Text(longest=12, **_NONE)
    phone = Text(longest=60, **_NONE)
    phone_ext = Text(longest=20, **_NONE)
    pickup_point = Text(longest=200, **_NONE)


class TotalsIn(Schema):
    """Only what the customer was told; the rest is computed from the lines."""

    shipping = Money(**_NONE)
    fees = Money(**_NONE)
    discount = Money(**_NONE)
    tax = Money(**_NONE)
    tax_included = fields.Boolean(**_NONE)
    total = Money(**_NONE)
    paid = Money(**_NONE)


class TermsIn(Schema):
    terms = fields.String(validate=validate.OneOf(("prepaid", "cod", "account")), **_NONE)
    status = Text(longest=30, **_NONE)


class RequestedIn(Schema):
    ship_by = Instant(**_NONE)
    deliver_by = Instant(**_NONE)
    service = Text(longest=100, **_NONE)


class LineIn(Schema):
    """A line; `unit_price` is before the discount."""

    line_ref = Text(longest=200, **_NONE)
    sku = Text(longest=200, **_NONE)
    name = Text(longest=500, **_NONE)
    qty = Qty(required=True)
    unit = Text(longest=30, **_NONE)
    unit_price = Money(**_NONE)
    discount = Money(**_NONE)
    tax = Money(**_NONE)
    total = Money(**_NONE)
    requires_shipping = fields.Boolean(load_default=True)
    options = fields.Dict(keys=Text(longest=200), values=Text(longest=500, shortest=0))


class InvoiceIn(Schema):
    type = Text(longest=60, **_NONE)
    title = Text(longest=200, **_NONE)
    tax_id = Text(longest=60, **_NONE)
    address = Text(longest=300, **_NONE)
    phone = Text(longest=60, **_NONE)
    bank = Text(longest=200, **_NONE)
    account = Text(longest=60, **_NONE)
    email = Text(longest=254, **_NONE)


class OrderIn(Schema):
    """An order as a person took it down."""

    placed_at = Instant(**_NONE)
    currency = fields.String(validate=validate.Regexp(r"^[A-Z]{3}$", error="write it as CNY"), **_NONE)
    totals = fields.Nested(TotalsIn)
    payment = fields.Nested(TermsIn)
    customer = fields.Nested(CustomerIn)
    ship_to = fields.Nested(AddressIn, allow_none=True)
    bill_to = fields.Nested(AddressIn, allow_none=True)
    requested = fields.Nested(RequestedIn)
    lines = fields.List(fields.Nested(LineIn), required=True, validate=validate.Length(min=1, max=500))
    buyer_message = Text(longest=4000, **_NONE)
    seller_memo = Text(longest=4000, **_NONE)
    invoice = fields.Nested(InvoiceIn, allow_none=True)


class Totals(Schema):
    lines = fields.String(allow_none=True)
    discount = fields.String(allow_none=True)
    shipping = fields.String(allow_none=True)
    fees = fields.String(allow_none=True)
    tax = fields.String(allow_none=True)
    tax_included = fields.Boolean(allow_none=True)
    total = fields.String(allow_none=True)
    paid = fields.String(allow_none=True)


class Payment(Schema):
    terms = fields.String(allow_none=True)
    status = fields.String(allow_none=True)


class Requested(Schema):
    ship_by = fields.String(allow_none=True)
    deliver_by = fields.String(allow_none=True)
    service = fields.String(allow_none=True)


class Line(Schema):
    line_ref = fields.String(allow_none=True)
    sku = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    qty = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    unit_price = fields.String(allow_none=True)
    discount = fields.String(allow_none=True)
    tax = fields.String(allow_none=True)
    total = fields.String(allow_none=True)
    requires_shipping = fields.Boolean()
    options = fields.Dict(keys=fields.String(), values=fields.String())


class Invoice(Schema):
    type = fields.String(allow_none=True)
    title = fields.String(allow_none=True)
    tax_id = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    bank = fields.String(allow_none=True)
    account = fields.String(allow_none=True)
    email = fields.String(allow_none=True)


class Evidence(Schema):
    """Where a field was read: `source` is the text, `confidence` 0 to 1."""

    field = fields.String()
    confidence = fields.String()
    source = fields.String()


class OrderTerms(Schema):
    """What is ordered, for whom and on which terms."""

    placed_at = fields.String(allow_none=True)
    currency = fields.String(allow_none=True)
    totals = fields.Nested(Totals)
    payment = fields.Nested(Payment)
    customer = fields.Nested(Person)
    ship_to = fields.Nested(Place, allow_none=True)
    bill_to = fields.Nested(Place, allow_none=True)
    requested = fields.Nested(Requested)
    lines = fields.List(fields.Nested(Line))
    buyer_message = fields.String(allow_none=True)
    seller_memo = fields.String(allow_none=True)
    invoice = fields.Nested(Invoice, allow_none=True)


class OneOrder(OrderTerms):
    """An order in the one schema, with its problems and the evidence of what was parsed."""

    channel = fields.String()
    source = fields.String()
    kind = fields.String()
    channel_order_id = fields.String(allow_none=True)
    channel_order_number = fields.String(allow_none=True)
    version = fields.String(allow_none=True)
    problems = fields.List(fields.Nested(ProblemOut))
    evidence = fields.List(fields.Nested(Evidence))
