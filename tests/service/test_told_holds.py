"""What holds an order and is told later, of an order that stands, is seen before its goods leave (I-2, C-6)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from connectors.base import ChannelOrder, Kind, Problem, Severity
from oms.db import new_id
from oms.intake import fates, inbox, rules
from oms.intake.inbox import NewMessage
from oms.intake.rules import Became, Known
from oms.journey import steps
from oms.orders.models import Finding, Order
from oms.verification import review
from tests.connectors.order_messages import shopify_order, woo_order
from tests.factories.changes import apply_all
from tests.factories.orders import make_channel
from tests.factories.verification import again, make_house
from workers import intake, tellings

LATER = "2026-11-22T12:00:00"
REFUND = {"refunds": [{"id": 1, "total": "-1.00"}], "date_modified_gmt": LATER}
STOPPED = {"status": "on-hold", "date_modified_gmt": LATER}
SHEET = "PO Number,SKU,Qty,Price,Currency,Status\nPO-1,TEA,5,2.50,CNY,{}\n"


def _told(session: Session, channel_id: Any, body: object, now: datetime) -> str:
    sent = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    inbox.receive(session, channel_id=channel_id, received=[NewMessage(str(new_id()), "poll", sent)], now=now)
    done = intake.accept(session, steps.claim(session, kind="accept", limit=10, lease_s=30, worker="test"), now)
    steps.finish(session, done, by="system", now=now)
    session.expire_all()
    return done[0].outcome


def _emptied() -> dict[str, Any]:
    order = shopify_order(updated_at=f"{LATER}+01:00", current_total_price="0.00")
    return {**order, "line_items": [{**line, "current_quantity": 0} for line in order["line_items"]]}


@pytest.mark.parametrize(
    ("source", "first", "later", "field"),
    [
        ("shopify", shopify_order(), _emptied(), "lines"),
        ("woocommerce", woo_order(), woo_order(**REFUND), "lines"),
        ("woocommerce", woo_order(), woo_order(**STOPPED), "status"),
        ("sheet", SHEET.format("open"), SHEET.format("on hold"), "status"),
    ],
    ids=["every line taken off", "a part given back", "stopped in the shop", "a row on hold"],
)
def test_a_reason_to_hold_that_is_told_later_holds(
    session: Session, business_now: datetime, source: str, first: object, later: object, field: str
) -> None:
    make_house(session)
    channel = make_channel(session, source=source)
    assert _told(session, channel.id, first, business_now) == "ordered"
    again(session, "verify", review.verify, business_now)
    assert _told(session, channel.id, later, business_now) == "updated"
    assert [done.outcome for done in apply_all(session, business_now, first=tellings.first)] == ["applied"]
    again(session, "verify", review.verify, business_now)
    held = session.query(Finding).filter_by(severity="hold", settled_at=None)
    assert field in {finding.field for finding in held}
    assert session.query(Order).one().status == "verifying"
    # Told once more, it is a repeat.
    assert _told(session, channel.id, later, business_now) == "duplicate"


def test_a_reason_to_hold_under_the_same_version_is_a_contradiction_that_is_read_again() -> None:
    order = ChannelOrder(channel="c", source="woocommerce", channel_order_id="1", kind=Kind.ORDER, version="7")
    bare, held = b"b" * 32, b"b" * 32 + b"held"
    assert rules.decide(Known(True, "7", bare), order, held)[0] is Became.CONFLICT
    assert rules.decide(Known(True, "7", held), order, held)[0] is Became.DUPLICATE
    # Where nothing is numbered, it is a change, and so is the end of it.
    plain = ChannelOrder(channel="c", source="sheet", channel_order_id="1", kind=Kind.ORDER)
    for was, told in ((bare, held), (held, bare), (held, bare + b"more")):
        assert rules.decide(Known(True, None, was), plain, told)[0] is Became.UPDATED
    assert rules.decide(Known(True, None, bare), plain, b"o" * 32)[0] is Became.CONFLICT


@pytest.mark.parametrize(
    ("field", "message", "is_same"),
    [
        ("rows.9.qty", "row 9: status 'on hold' may mean that the order does not hold", True),
        ("rows.5.qty", "row 5: status 'paused' may mean that the order does not hold", False),
        ("rows.5.price", "row 5: status 'on hold' may mean that the order does not hold", False),
    ],
)
def test_an_order_that_stands_in_another_row_of_tomorrows_sheet_is_the_same(
    field: str, message: str, is_same: bool
) -> None:
    said = Problem(
        "row_invalid", Severity.HOLD, "rows.5.qty", "row 5: status 'on hold' may mean that the order does not hold"
    )
    order = ChannelOrder(channel="c", source="sheet", channel_order_id="1", kind=Kind.ORDER, problems=(said,))
    later = replace(order, problems=(replace(said, field=field, message=message),))
    hashes = {fates.element(one, {"id": "1"}).content_hash for one in (order, later)}
    assert (len(hashes) == 1) is is_same
