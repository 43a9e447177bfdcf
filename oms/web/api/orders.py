"""Orders: the list by any filter, one order with all that stands on it, its story."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from marshmallow import fields, validate

from oms.aftersales import queries as aftersales
from oms.documents import queries as papers
from oms.fulfilment import queries as floor
from oms.journey import timeline
from oms.orders import browsing, queries
from oms.orders.models import Order
from oms.orders.states import FULFILMENT_STATES, ORDER
from oms.shipping import queries as shipping
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, paged
from oms.web.api.order_shapes import OrderItem, OrderOut, Story, item_of, order_of, paper_of
from oms.web.api.paging import PageArgs, decode, encode
from oms.web.api.shapes import Text
from oms.web.auth import me, right

blp = Blueprint("orders", __name__, description="Orders of every channel")


class OrderArgs(PageArgs):
    """Filters; all that are given must fit."""

    status = fields.String(validate=validate.OneOf(sorted(ORDER.moves)))
    channel = Text(longest=200, metadata={"description": "the channel's name"})
    fulfilment_status = fields.String(validate=validate.OneOf(FULFILMENT_STATES))
    held = fields.Boolean(metadata={"description": "true: only orders on which a hold stands"})
    q = Text(
        longest=200,
        metadata={
            "description": "our number, the channel's number, a SKU code, or the customer's exact name, e-mail or phone"
        },
    )
    customer_id = fields.UUID()
    from_ = Instant(data_key="from", metadata={"description": "received at or after"})
    to = Instant(metadata={"description": "received before"})


@blp.get("/orders")
@blp.arguments(OrderArgs, location="query")
@blp.response(200, paged(OrderItem, "OrderPage"))
@right("order.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """List orders, newest first. With several filters a page may be short, or empty, and yet have a `next`: read on."""
    who = me()
    after = decode(args["cursor"], datetime, uuid.UUID)
    wanted = browsing.Wanted(
        status=args.get("status"),
        channel=args.get("channel"),
        fulfilment_status=args.get("fulfilment_status"),
        held=args.get("held"),
        term=args.get("q"),
        since=args.get("from_"),
        until=args.get("to"),
        customer_id=args.get("customer_id"),
        channel_id=who.channel_id,
        country=edge.settings().country,
    )
    with edge.transaction() as session:
        found = browsing.listed(
            session, wanted=wanted, limit=args["limit"], after=(after[0], after[1]) if after else None
        )
    return {"items": [item_of(row, who) for row in found.rows], "next": encode(found.next) if found.next else None}


@blp.get("/orders/<ref>")
@blp.response(200, OrderOut)
@right("order.read")
def read(ref: str) -> dict[str, Any]:
    """Read one order by its number (as typed or spoken) or id, with all that stands on it."""
    who = me()
    with edge.transaction() as session:
        order = queries.order_named(session, ref=ref, channel_id=who.channel_id)
        return order_of(
            order,
            queries.on_order(session, order=order),
            who,
            fulfilments=floor.of_order(session, order_id=order.id),
            parcels=shipping.of_order(session, order_id=order.id),
            documents=[paper_of(row, who) for row in papers.of_order(session, order_id=order.id)],
            aftersales=aftersales.of_order(session, order_id=order.id),
            steps=timeline.running(session, order_id=order.id),
        )


@blp.get("/orders/<ref>/timeline")
@blp.response(200, Story)
@right("history.read")
def story(ref: str) -> dict[str, Any]:
    """Tell an order's story: every step with its clock, every change of state with who made it."""
    with edge.transaction() as session:
        order: Order = queries.order_named(session, ref=ref, channel_id=me().channel_id)
        return {"number": order.number, "entries": timeline.of_order(session, order_id=order.id)}
