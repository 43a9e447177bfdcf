"""What the API says of a request to change or cancel an order: what was asked, by whom, and what became of it (C-4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from oms.accounts.identity import Identity
from oms.orders.models import ChangeRequest
from oms.web import masking
from oms.web.api.base import Instant, Schema
from oms.web.api.one_schema import OrderTerms

#: Parts of a wish that tell of people, and the texts that people wrote.
_PEOPLE = ("customer", "ship_to", "bill_to", "invoice")
_TEXTS = ("buyer_message", "seller_memo")


class Wanted(OrderTerms):
    """Only what was named: its value is what the order is to say. `lines` are all lines that are to stay."""


class ChangeOut(Schema):
    """A wish to change or cancel an order."""

    id = fields.UUID(required=True)
    order_id = fields.UUID(required=True)
    order_number = fields.String(required=True)
    kind = fields.String(required=True)
    status = fields.String(required=True)
    change_class = fields.Integer(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    wanted = fields.Nested(
        Wanted,
        required=True,
        allow_none=True,
        metadata={
            "description": "as it was asked; null for a cancellation. "
            "Private data is masked without private.read, but not for who asked"
        },
    )
    requested_by = fields.String(required=True)
    requested_at = Instant(required=True)
    decided_by = fields.String(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)


def change_of(change: ChangeRequest, *, order_number: str, who: Identity) -> dict[str, Any]:
    """A request as `who` may see it; what people wrote themselves is not hidden from them."""
    clear = who.may("private.read") or change.requested_by == who.actor
    return {column.key: getattr(change, column.key) for column in ChangeRequest.__table__.columns} | {
        "order_number": order_number,
        "wanted": (change.wanted if clear else _masked(change.wanted)) or None,
    }


def _masked(wanted: Mapping[str, Any]) -> dict[str, Any]:
    people = {part: masking.named(wanted[part]) for part in _PEOPLE if wanted.get(part)}
    texts = {part: masking.HIDDEN for part in _TEXTS if wanted.get(part)}
    return {**wanted, **people, **texts}
