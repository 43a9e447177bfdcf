"""Shapes that several capabilities answer with, and what their views share: money in its currency, masked people."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import fields, validate

from oms.accounts.identity import Identity
from oms.errors import InputInvalid
from oms.money import quantise
from oms.web import masking
from oms.web.api.base import Money, Qty, Schema

#: Longest text that a person writes into one field.
LONG = validate.Length(min=1, max=4000)
SHORT = validate.Length(min=1, max=200)
#: PostgreSQL's text holds no NUL, and nobody means one.
PLAIN = validate.Regexp(r"^[^\x00]*$", error="a NUL character cannot be stored: leave it out")


class Text(fields.String):
    """A text of 1 to 4000 characters (or fewer) without NUL."""

    def __init__(self, *, longest: int = 4000, shortest: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=[validate.Length(min=shortest, max=longest), PLAIN], **kwargs)


class Person(Schema):
    """Who ordered; masked for those who have no right `private.read`."""

    external_id = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    company = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    phone_ext = fields.String(allow_none=True)
    tax_id = fields.String(allow_none=True)


class Place(Schema):
    """A postal address; masked for those who have no right `private.read`."""

    name = fields.String(allow_none=True)
    company = fields.String(allow_none=True)
    lines = fields.List(fields.String())
    town = fields.String(allow_none=True)
    district = fields.String(allow_none=True)
    city = fields.String(allow_none=True)
    region = fields.String(allow_none=True)
    postal_code = fields.String(allow_none=True)
    country = fields.String(allow_none=True)
    adcode = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    phone_ext = fields.String(allow_none=True)
    pickup_point = fields.String(allow_none=True)


class ProblemOut(Schema):
    """What is wrong with a message, and where."""

    code = fields.String(required=True)
    severity = fields.String(required=True)
    field = fields.String(required=True)
    message = fields.String(required=True)


class LineQty(Schema):
    """Pieces of one order line, named by its reference or its id."""

    line_ref = Text(longest=200, load_default=None, allow_none=True)
    line_id = fields.UUID(load_default=None, allow_none=True)
    qty = Qty(required=True)


class AmountIn(Schema):
    amount = Money(required=True)
    currency = fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{3}$", error="write it as CNY"))


def amount(value: Decimal | None, currency: str | None) -> Decimal | None:
    """An amount at its currency's decimals; as it is stored where the currency is not known."""
    if value is None or not currency:
        return value
    try:
        return quantise(value, currency)
    except InputInvalid:
        return value


def person_of(told: Mapping[str, Any] | None, who: Identity) -> Mapping[str, Any] | None:
    """A stored contact as `who` may see it."""
    return told if who.may("private.read") else masking.contact(told)


def place_of(told: Mapping[str, Any] | None, who: Identity) -> Mapping[str, Any] | None:
    """A stored address as `who` may see it."""
    return told if who.may("private.read") else masking.address(told)


def name_of(told: str | None, who: Identity) -> str | None:
    """A person's name as `who` may see it."""
    return told if who.may("private.read") else masking.name(told)
