"""Goods that a shop has sent by itself, before we came or at its counter, are not sent once more (F-1)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import rejections
from oms.aftersales.models import Refund
from oms.db import new_id
from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.invariants.check import check
from oms.journey import steps
from oms.messages.models import Message
from oms.orders.models import ChangeRequest, Finding, Order
from oms.verification import review
from oms.verification.decisions import Decision
from tests.connectors.order_messages import shopify_order, woo_order
from tests.factories.orders import make_channel
from tests.factories.verification import again, make_house
from workers.intake import accept

LATER = "2026-11-22T12:00:00"


def _told(session: Session, channel_id: Any, body: object, now: datetime) -> str:
    message = NewMessage(str(new_id()), "poll", json.dumps(body).encode())
    inbox.receive(session, channel_id=channel_id, received=[message], now=now)
    done = accept(session, steps.claim(session, kind="accept", limit=10, lease_s=30, worker="test"), now)
    steps.finish(session, done, by="system", now=now)
    session.expire_all()
    return done[0].outcome


def _shopify(order_status: str | None, *line_status: str | None, **line: Any) -> dict[str, Any]:
    order = shopify_order(fulfillment_status=order_status)
    lines = [{**one, "fulfillment_status": said} for one, said in zip(order["line_items"], line_status, strict=False)]
    return {**order, "line_items": [{**lines[0], **line}, *lines[1:]] if lines else order["line_items"]}


def _holds(session: Session, source: str, body: dict[str, Any], now: datetime) -> bool:
    make_house(session)
    channel = make_channel(session, source=source)
    assert _told(session, channel.id, body, now) == "ordered"
    again(session, "verify", review.verify, now)
    found = {finding.rule for finding in session.query(Finding).filter_by(severity="hold")}
    return "sent_already" in found


@pytest.mark.parametrize(
    ("source", "body", "held"),
    [
        ("woocommerce", woo_order(status="completed"), True),
        ("woocommerce", woo_order(status="processing"), False),
        ("shopify", _shopify("fulfilled", "fulfilled", "fulfilled"), True),
        ("shopify", _shopify("partial", "fulfilled", None), True),
        ("shopify", _shopify("fulfilled"), True),
        ("shopify", _shopify(None, None, None), False),
        # A gift card of the order is fulfilled by Shopify as soon as it is paid.
        ("shopify", _shopify("partial", "fulfilled", None, requires_shipping=False), False),
    ],
)
def test_a_new_order_of_which_the_shop_has_sent_goods_waits_for_a_person(
    session: Session, business_now: datetime, source: str, body: dict[str, Any], held: bool
) -> None:
    assert _holds(session, source, body, business_now) is held


def test_of_a_known_order_the_shop_tells_what_we_told_it(session: Session, business_now: datetime) -> None:
    channel = make_channel(session, source="shopify")
    assert _told(session, channel.id, shopify_order(), business_now) == "ordered"
    sent = _shopify("fulfilled", "fulfilled", "fulfilled") | {"updated_at": f"{LATER}+01:00"}
    assert _told(session, channel.id, sent, business_now) == "duplicate"
    assert (session.query(Order).one().problems, session.query(ChangeRequest).count()) == ([], 0)


def test_a_known_woocommerce_order_that_is_completed_goes_on(session: Session, business_now: datetime) -> None:
    channel = make_channel(session, source="woocommerce")
    assert _told(session, channel.id, woo_order(), business_now) == "ordered"
    sent = woo_order(status="completed", date_modified_gmt=LATER)
    assert _told(session, channel.id, sent, business_now) == "duplicate"
    assert (session.query(Order).one().problems, session.query(ChangeRequest).count()) == ([], 0)


@pytest.mark.parametrize(("status", "refunds"), [("completed", 0), ("processing", 1)])
def test_who_refuses_what_the_shop_has_sent_pays_nothing_back_and_tells_nobody(
    session: Session, business_now: datetime, status: str, refunds: int
) -> None:
    order = woo_order(status=status, customer_note="Ring twice")
    _holds(session, "woocommerce", order, business_now)
    made = session.query(Order).one()
    step = next(iter(steps.find(session, kind="review", subject_ids=[made.id]).values()))
    decision = Decision("reject", "it is with the customer")
    rejections.decide(
        session, step_id=step.id, token=step.token, decision=decision, actor="staff:gm", roles=["order_specialist", "general_manager"],
        now=business_now,
    )  # fmt: skip
    session.expire_all()
    assert (made.status, session.query(Refund).count()) == ("rejected", refunds)
    assert session.query(Message).filter_by(order_id=made.id).count() == refunds
    assert check(session) == []
