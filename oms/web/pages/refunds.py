"""Refunds: asked for after-sales, approved by another, paid out or refused by finance (S-2, G-1)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms.accounts import names
from oms.aftersales import queries, refunds
from oms.aftersales.refunds import NewRefund
from oms.aftersales.states import REFUND
from oms.errors import Refused
from oms.orders import queries as orders_of
from oms.web import edge
from oms.web.api.paging import decode
from oms.web.api.paging import page as paged
from oms.web.auth import me, right
from oms.web.pages import acting, order_story, orders

pages = Blueprint("refunds", __name__)

ROWS = 50


@pages.get("/refunds")
@right("refund.read")
def index() -> Response:
    """Refunds, newest first; finance sees those that wait."""
    return _page()


@pages.get("/refunds/<uuid:refund_id>")
@right("refund.read")
def show(refund_id: uuid.UUID) -> Response:
    """One refund, as the worklist leads to it."""
    with edge.transaction() as session:
        row = queries.refund(session, refund_id=refund_id)
        named = _named(session, [row])
    return acting.page("refunds/index.html", page={"items": [row], "next": None}, status=None, named=named)


@pages.post("/orders/<order_id>/refunds")
@right("refund.request")
def ask(order_id: str) -> AnyResponse:
    """Ask for money back: price difference, compensation; finance pays it out."""

    def work(session: Session, now: datetime) -> uuid.UUID:
        order = orders_of.order_named(session, ref=order_id)
        amount, reason = acting.amount("refund_amount"), acting.required("reason", longest=500)
        new = NewRefund(_key(order.id, amount, reason), order.id, amount, reason)
        return refunds.ask(session, new=new, actor=me().actor, now=now)

    result = acting.tried(work)
    if isinstance(result, Refused):
        return orders.shown(order_id, result)
    return acting.done("orders.show", "refund_asked", order_id=order_id)


def _key(order_id: uuid.UUID, amount: Decimal, reason: str) -> str:
    """The form's own id with what is asked: sent twice it is one refund; asked anew it is another, however alike."""
    asked = hashlib.sha256(f"{amount:f} {reason}".encode()).hexdigest()[:16]
    return f"page:{order_id}:{acting.text('refund_key', longest=60) or uuid.uuid4()}:{asked}"


@pages.post("/refunds/<uuid:refund_id>/approve")
@right("refund.approve")
def approve(refund_id: uuid.UUID) -> AnyResponse:
    """Another person than who asked approves a large one."""
    result = acting.tried(lambda session, now: refunds.approve(session, refund_id=refund_id, actor=me().actor, now=now))
    return _after(result, "refund_approved")


@pages.post("/refunds/<uuid:refund_id>/pay-out")
@right("refund.pay")
def pay_out(refund_id: uuid.UUID) -> AnyResponse:
    """The money was sent back, under the bank's reference; the customer is told."""

    def work(session: Session, now: datetime) -> None:
        reference = acting.required("reference", longest=200)
        refunds.pay_out(session, refund_id=refund_id, actor=me().actor, now=now, reference=reference)

    return _after(acting.tried(work), "refund_paid")


@pages.post("/refunds/<uuid:refund_id>/refuse")
@right("refund.pay")
def refuse(refund_id: uuid.UUID) -> AnyResponse:
    """Refuse a refund with its reason."""
    result = acting.tried(
        lambda session, now: refunds.refuse(
            session, refund_id=refund_id, reason=acting.text("reason", longest=500), actor=me().actor, now=now
        )
    )
    return _after(result, "refund_refused")


def _after(result: object, said: str) -> AnyResponse:
    return _page(result) if isinstance(result, Refused) else acting.done("refunds.index", said)


def _page(refused: Refused | None = None) -> Response:
    after, status = decode(request.args.get("after"), uuid.UUID), request.args.get("status", "pending")
    with edge.transaction() as session:
        key = after[0] if after else None
        rows = queries.refunds(session, limit=ROWS, status=status if status in REFUND.moves else None, after=key)
        named = _named(session, rows)
    page = paged(rows, limit=ROWS, key=lambda row: (row.id,))
    return acting.page("refunds/index.html", refused, page=page, status=status, named=named)


def _named(session: Session, rows: Sequence[Any]) -> Callable[[str | None], str]:
    """What to call who asked for refunds and who approved them."""
    known = names.by_login(session, logins={row.requested_by for row in rows} | {row.approved_by for row in rows})
    return lambda actor: order_story.who(actor, known)
