"""What makes an order take effect: the date quoted, the customer's signature, the payment (C-1, I-4, V-8)."""

from __future__ import annotations

import base64
from typing import Any

from marshmallow import fields, validate

from oms import db
from oms.aftersales import late_payments
from oms.documents.store import Paper
from oms.errors import InputInvalid
from oms.money import Money as Sum
from oms.orders import queries
from oms.verification import quotes, signing
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Money, Qty, Schema
from oms.web.api.idempotent import idempotent
from oms.web.api.shapes import AmountIn, Text, amount
from oms.web.auth import me, right

blp = Blueprint("confirmations", __name__, description="Dates quoted, signatures, payments")

MEDIA = ("application/pdf", "image/jpeg", "image/png", "image/tiff")


class QuoteLine(Schema):
    sku = Text(required=True, longest=100)
    qty = Qty(required=True)


class QuoteIn(Schema):
    lines = fields.List(fields.Nested(QuoteLine), required=True, validate=validate.Length(min=1, max=100))
    country = fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{2}$", error="ISO 3166, such as CN"))
    service = Text(longest=100, load_default=None, allow_none=True)
    deliver_by = Instant(load_default=None, allow_none=True)


class Quote(Schema):
    """`served` false: no carrier takes the goods there, the dates are a guess; `short`: something has to be supplied."""

    ship_at = Instant(required=True)
    deliver_at = Instant(required=True)
    served = fields.Boolean(required=True)
    short = fields.Boolean(required=True)
    on_time = fields.Boolean(required=True)


class PaymentIn(AmountIn):
    reference = Text(required=True, longest=200, metadata={"description": "the bank's: the same again changes nothing"})


class Paid(Schema):
    """`paid` is all that has come for the order; a payment in another currency is refused."""

    number = fields.String(required=True)
    paid = Money(required=True, allow_none=True)
    currency = fields.String(required=True, allow_none=True)
    payment_status = fields.String(required=True)
    status = fields.String(required=True)


class PaperIn(Schema):
    """A scan of the signed confirmation; `content` is base64."""

    name = Text(required=True, longest=200)
    media_type = fields.String(required=True, validate=validate.OneOf(MEDIA))
    content = fields.String(required=True, validate=validate.Length(min=4))


class SignatureIn(Schema):
    answer = fields.String(required=True, validate=validate.OneOf(("signed", "declined", "waived")))
    means = fields.String(required=True, validate=validate.OneOf(("upload", "email_reply", "waiver")))
    name = Text(longest=100, load_default=None, allow_none=True, metadata={"description": "who signed"})
    evidence = Text(
        longest=2000, load_default=None, allow_none=True, metadata={"description": "where it is kept, what was said"}
    )
    paper = fields.Nested(PaperIn, load_default=None, allow_none=True)


class Answered(Schema):
    number = fields.String(required=True)
    answer = fields.String(required=True)
    confirmation = fields.String(required=True)
    status = fields.String(required=True)


@blp.post("/promise")
@idempotent
@blp.arguments(QuoteIn)
@blp.response(200, Quote)
@right("sku.read")
def promise(given: dict[str, Any]) -> Any:
    """Tell when goods would leave and arrive, for the read-back; nothing is reserved."""
    with edge.transaction() as session:
        return quotes.quote(
            session,
            lines=[(line["sku"], line["qty"]) for line in given["lines"]],
            country=given["country"],
            service=given["service"],
            deliver_by=given["deliver_by"],
            now=db.now(session),
        )


@blp.post("/orders/<ref>/payments")
@idempotent
@blp.arguments(PaymentIn)
@blp.response(201, Paid)
@right("payment.record")
def pay(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Record a payment that arrived; an order that waited for it goes on."""
    with edge.transaction() as session:
        order = queries.order_named(session, ref=ref)
        late_payments.record(
            session,
            order_id=order.id,
            amount=Sum.exact(given["amount"], given["currency"]),
            reference=given["reference"],
            actor=me().actor,
            now=db.now(session),
        )
        after = queries.order_named(session, ref=str(order.id))
        return {
            "number": after.number,
            "paid": amount(after.paid, after.currency),
            "currency": after.currency,
            "payment_status": after.payment_status,
            "status": after.status,
        }


@blp.post("/orders/<ref>/signature")
@idempotent
@blp.arguments(SignatureIn)
@blp.response(201, Answered)
@right("order.review")
def sign(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """File the customer's answer to the confirmation; waiving the signature is the manager's."""
    who = me()
    _refuse_stray_paper(given)
    with edge.transaction() as session:
        order, now = queries.order_named(session, ref=ref), db.now(session)
        if given["paper"] is not None:
            signing.sign_by_upload(
                session,
                order_id=order.id,
                name=given["name"] or "",
                paper=_paper(given["paper"], order.id),
                actor=who.actor,
                now=now,
            )
        else:
            signing.answer(
                session,
                answer=given["answer"],
                means=given["means"],
                name=given["name"],
                order_id=order.id,
                evidence={"filed_by": who.actor, "evidence": given["evidence"]},
                actor=who.actor,
                roles=who.roles,
                now=now,
            )
        after = queries.order_named(session, ref=str(order.id))
        return {
            "number": after.number,
            "answer": given["answer"],
            "confirmation": after.confirmation,
            "status": after.status,
        }


def _refuse_stray_paper(given: dict[str, Any]) -> None:
    """A scan is itself the signature: with another answer it would be lost, and without it nothing was uploaded."""
    uploaded = (given["answer"], given["means"]) == ("signed", "upload")
    if given["paper"] is not None and not uploaded:
        hint = "a paper is filed with answer signed and means upload only: say in evidence where this one is kept"
        raise InputInvalid("the paper would be lost", fields={"paper": hint})
    if uploaded and given["paper"] is None and given["name"]:
        raise InputInvalid("the paper is missing", fields={"paper": "send the scan of the signed confirmation"})


def _paper(given: dict[str, Any], order_id: Any) -> Paper:
    try:
        content = base64.b64decode(given["content"], validate=True)
    except ValueError as fault:  # binascii.Error is one; signs that are no ASCII raise the plain one
        hint = "base64 of the file's bytes"
        raise InputInvalid(f"the paper cannot be read: {hint}", fields={"paper.content": hint}) from fault
    return Paper("order", order_id, "signed_confirmation", given["name"], content, given["media_type"], order_id)
