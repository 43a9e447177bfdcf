"""The page on which the desk asks for a change of an order: what the customer wishes, in writing (C-4)."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, Response
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms.aftersales import asking
from oms.errors import Refused
from oms.orders import queries
from oms.web import edge
from oms.web.auth import me, right
from oms.web.pages import acting, amending

pages = Blueprint("order_changes", __name__)


@pages.get("/orders/<order_id>/change")
@right("order.change")
def form(order_id: str) -> Response:
    """The form with what may change."""
    return _page(order_id)


@pages.post("/orders/<order_id>/change")
@right("order.change")
def ask(order_id: str) -> AnyResponse:
    """Register the wish; work stops and the order manager decides."""

    def work(session: Session, now: datetime) -> uuid.UUID:
        order = queries.order_named(session, ref=order_id, channel_id=me().channel_id)
        lines = queries.on_order(session, order=order).lines
        return asking.request_change(
            session,
            order_id=order.id,
            kind="update",
            reason=acting.required("reason", longest=500),
            wanted=amending.wish(lines),
            actor=me().actor,
            now=now,
        )

    result = acting.tried(work)
    if isinstance(result, Refused):
        return _page(order_id, result)
    return acting.done("orders.show", "change_requested", order_id=order_id)


def _page(order_id: str, refused: Refused | None = None) -> Response:
    with edge.transaction() as session:
        order = queries.order_named(session, ref=order_id, channel_id=me().channel_id)
        lines = queries.on_order(session, order=order).lines
    return acting.page(
        "orders/change.html", refused, order=order, lines=lines, party=amending.PARTY, address=amending.ADDRESS
    )
