"""The orders: the list with its filters, and one order with all that stands on it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from oms import db
from oms.accounts import names, rights
from oms.aftersales import queries as aftersales
from oms.aftersales import refunds
from oms.documents import queries as papers
from oms.errors import Refused
from oms.fulfilment import queries as floor
from oms.journey import timeline
from oms.messages import queries as messages
from oms.orders import browsing, owed, queries
from oms.orders.models import Order
from oms.orders.states import FULFILMENT_STATES, ORDER
from oms.parties import queries as parties
from oms.shipping import queries as shipping
from oms.web import edge, inward, masking
from oms.web.api.paging import decode, encode
from oms.web.auth import me, right
from oms.web.pages import acting, order_story, wish_told

pages = Blueprint("orders", __name__)

ROWS = 50
HELD = {"yes": True, "no": False}


@pages.get("/orders")
@right("order.read")
def index() -> Response:
    """Orders, newest first, by any filter; private data is masked."""
    given, who = request.args, me()
    after = decode(given.get("after"), datetime, uuid.UUID)
    wanted = browsing.Wanted(
        status=given.get("status") or None,
        channel=given.get("channel") or None,
        fulfilment_status=given.get("fulfilment") or None,
        held=HELD.get(given.get("held", "")),
        term=(given.get("q") or "").replace("\x00", "").strip()[:200] or None,
        channel_id=who.channel_id,
        country=edge.settings().country,
    )
    with edge.transaction() as session:
        key = (after[0], after[1]) if after else None
        found = browsing.listed(session, wanted=wanted, limit=ROWS, after=key)
        channels = [c.name for c in parties.channels(session) if who.channel_id in (None, c.id)]
        now = db.now(session)
    return acting.page(
        "orders/index.html",
        page={"items": found.rows, "next": encode(found.next) if found.next else None},
        channels=channels,
        statuses=list(ORDER.moves),
        fulfilments=FULFILMENT_STATES,
        mask=masking.name,
        filtered=any(given.get(name) for name in ("status", "channel", "fulfilment", "held", "q")),
        now=now,
    )


@pages.get("/orders/<order_id>")
@right("order.read")
def show(order_id: str) -> Response:
    """One order by its number (as typed or spoken) or id."""
    return shown(order_id)


def shown(ref: str, refused: Refused | None = None, *, unmasked: bool = False, told: str = "") -> Response:
    """The order's page, after a refused action too; `unmasked` only when the reason was recorded."""
    with edge.transaction() as session:
        order = queries.order_named(session, ref=ref, channel_id=me().channel_id)
        around = _around(session, order)
        on = inward.known_to(me(), queries.on_order(session, order=order))
        around |= {"on": on, "now": db.now(session)}
        asked = [change for change in on.changes if change.status == "requested"]
        wishes = {one.id: wish_told.told(one, order, on.lines, unmasked=unmasked) for one in asked}
        askers = names.by_login(session, logins={one.requested_by for one in asked})
    contact = order.contact if unmasked else masking.contact(order.contact)
    return acting.page(
        "orders/show.html",
        refused,
        order=order,
        contact=contact or {},
        ship_to=(order.ship_to if unmasked else masking.address(order.ship_to)) or {},
        unmasked=unmasked,
        wishes=wishes,
        named=lambda actor: order_story.who(actor, askers),
        full=bool(request.args.get("full")),
        told=told,
        refund_key=str(uuid.uuid4()),
        **around,
    )


def _around(session: Session, order: Order) -> dict[str, Any]:
    """What other capabilities know of the order."""
    mine = {"order_id": order.id}
    shipped = floor.of_order(session, **mine)
    tickets, returns = aftersales.of_order(session, **mine)
    parcels = shipping.of_order(session, **mine)
    return {
        "fulfilments": shipped,
        "goods": _by(floor.lines(session, fulfilment_ids=[f.id for f in shipped]), "fulfilment_id"),
        "parcels": parcels,
        "scans": _by(shipping.scans(session, parcel_ids=[p.id for p in parcels]), "parcel_id"),
        "papers": papers.of_order(session, **mine),
        "right_to_read": rights.to_read,
        "messages": messages.of_order(session, **mine),
        "tickets": tickets,
        "returns": returns,
        "refunds": refunds.of_orders(session, order_ids=[order.id]),
        "steps": timeline.running(session, **mine),
        # What is prepaid is paid before it leaves.
        "owed_less": 0 if order.payment_terms == "prepaid" else owed.taken_off(session, **mine),
        **_story(session, order),
    }


def _story(session: Session, order: Order) -> dict[str, Any]:
    entries = timeline.of_order(session, order_id=order.id) if me().may("history.read") else []
    known = names.by_login(session, logins={e.actor for e in entries} | {order.entered_by})
    full = bool(request.args.get("full"))
    return {
        "story": order_story.told(entries, known, full=full),
        "entered_by": order_story.who(order.entered_by, known),
    }


def _by(rows: Sequence[Any], key: str) -> dict[uuid.UUID, list[Any]]:
    found: dict[uuid.UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, key), []).append(row)
    return found
