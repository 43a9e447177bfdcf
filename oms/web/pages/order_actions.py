"""What people do with an order on its page: changes, money, signatures, the buyer's message, private data."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, Response, request
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms.aftersales import asking, late_payments
from oms.documents.store import Paper
from oms.errors import InputInvalid, Refused
from oms.journey import lifecycle
from oms.money import Money
from oms.orders import queries
from oms.orders.models import Order
from oms.verification import decisions, signing
from oms.web.auth import me, right
from oms.web.pages import acting, orders

pages = Blueprint("order_actions", __name__, url_prefix="/orders/<order_id>")

#: What a photographed or scanned paper may be, by its first bytes.
PAPERS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
PAPER_BYTES = 10 * 1024 * 1024


def _named(session: Session, ref: str) -> Order:
    return queries.order_named(session, ref=ref, channel_id=me().channel_id)


def _after(order_id: str, result: object, said: str) -> AnyResponse:
    if isinstance(result, Refused):
        return orders.shown(order_id, result)
    return acting.done("orders.show", said, order_id=order_id)


@pages.post("/cancel")
@right("order.change")
def cancel(order_id: str) -> AnyResponse:
    """Ask for the cancellation, with the customer's reason; work stops until it is decided."""
    result = acting.tried(
        lambda session, now: asking.request_change(
            session,
            order_id=_named(session, order_id).id,
            kind="cancellation",
            reason=acting.required("reason", longest=500),
            actor=me().actor,
            now=now,
        )
    )
    return _after(order_id, result, "change_requested")


@pages.post("/changes/<uuid:change_id>")
@right("order.change_decide")
def decide_change(order_id: str, change_id: uuid.UUID) -> AnyResponse:
    """Approve or decline a change that another person asked for."""

    def work(session: Session, now: datetime) -> str:
        approve, reason = acting.decision()
        asking.decide(session, change_id=change_id, approve=approve, reason=reason, actor=me().actor, now=now)
        return "change_approved" if approve else "change_declined"

    result = acting.tried(work)
    return _after(order_id, result, str(result))


@pages.post("/payments")
@right("payment.record")
def pay(order_id: str) -> AnyResponse:
    """Record a payment by the bank's reference; the same reference again changes nothing."""

    def work(session: Session, now: datetime) -> str:
        order = _named(session, order_id)
        return late_payments.record(
            session,
            order_id=order.id,
            amount=Money.exact(acting.amount("amount"), order.currency or ""),
            reference=acting.required("reference", longest=100),
            actor=me().actor,
            now=now,
        )

    return _after(order_id, acting.tried(work), "payment_recorded")


@pages.post("/signature")
@right("order.review")
def sign(order_id: str) -> AnyResponse:
    """File the scan of the signed confirmation; it counts as the signature."""
    result = acting.tried(
        lambda session, now: signing.sign_by_upload(
            session,
            order_id=(order := _named(session, order_id)).id,
            name=acting.required("name", longest=200),
            paper=_paper(order),
            actor=me().actor,
            now=now,
        )
    )
    return _after(order_id, result, "signature_filed")


def _paper(order: Order) -> Paper:
    sent = request.files.get("paper")
    content = sent.read(PAPER_BYTES + 1) if sent else b""
    media = next((kind for head, kind in PAPERS.items() if content.startswith(head)), None)
    if media is None or len(content) > PAPER_BYTES:
        hint = gettext("Choose a PDF, PNG or JPEG of at most 10 MB.")
        raise InputInvalid("the paper cannot be filed", fields={"paper": hint})
    name = f"{order.number}-signed.{media.rpartition('/')[2]}"
    return Paper("order", order.id, "signed_confirmation", name, content, media, order.id)


@pages.post("/signature/again")
@right("order.review")
def send_again(order_id: str) -> AnyResponse:
    """Send the confirmation with a fresh link; the former link stops working."""
    result = acting.tried(
        lambda session, now: signing.send_again(
            session, order_id=_named(session, order_id).id, actor=me().actor, now=now
        )
    )
    return _after(order_id, result, "link_sent")


@pages.post("/signature/waive")
@right("order.final_review")
def waive(order_id: str) -> AnyResponse:
    """The manager waives the signature, with a reason (I-4)."""
    who = me()
    result = acting.tried(
        lambda session, now: signing.answer(
            session,
            order_id=_named(session, order_id).id,
            answer=signing.WAIVED,
            means="waiver",
            name=None,
            evidence={"reason": acting.required("reason", longest=500)},
            actor=who.actor,
            roles=who.roles,
            now=now,
        )
    )
    return _after(order_id, result, "signature_waived")


@pages.post("/message-read")
@right("order.review")
def read_message(order_id: str) -> AnyResponse:
    """The buyer's message was read by a person."""
    result = acting.tried(
        lambda session, now: decisions.read_message(
            session, order_id=_named(session, order_id).id, actor=me().actor, now=now
        )
    )
    return _after(order_id, result, "message_read")


@pages.post("/unmask")
@right("private.read")
def unmask(order_id: str) -> Response:
    """Show this order's private data once; history keeps who looked and why (D-3)."""

    def work(session: Session, now: datetime) -> None:
        reason = acting.required("reason", longest=200)
        order = _named(session, order_id)
        note = lifecycle.Note("order", order.id, "private.read", reason, order_id=order.id)
        lifecycle.note(session, [note], actor=me().actor, now=now)

    refused = acting.tried(work)
    if isinstance(refused, Refused):
        return orders.shown(order_id, refused)
    return orders.shown(order_id, unmasked=True, told=gettext("Private data is shown until you leave this page."))
