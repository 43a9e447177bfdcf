"""A shop that tells of a deleted order by its id alone, without a version: the order is cancelled and does not ship."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from connectors.base import ChannelOrder, Kind
from oms.aftersales.models import Refund, Ticket
from oms.db import new_id
from oms.intake import inbox, rules
from oms.intake.inbox import NewMessage
from oms.intake.rules import Became, Known
from oms.invariants.check import check
from oms.journey import steps
from oms.orders.models import ChangeRequest, Order, OrderLine
from tests.connectors.order_messages import woo_order
from tests.factories.changes import apply_all, wish
from tests.factories.generic import order_json
from tests.factories.orders import make_channel
from workers.intake import accept


def _told(session: Session, channel_id: object, topic: str, body: object, now: datetime) -> str:
    message = NewMessage(str(new_id()), "webhook", json.dumps(body).encode(), {"x-wc-webhook-topic": topic})
    inbox.receive(session, channel_id=channel_id, received=[message], now=now)  # type: ignore[arg-type]
    claimed = steps.claim(session, kind="accept", limit=10, lease_s=30, worker="test")
    done = accept(session, claimed, now)
    steps.finish(session, done, by="system", now=now)
    session.expire_all()
    return done[0].outcome


def test_an_order_that_its_shop_deleted_is_cancelled_and_paid_back(session: Session, business_now: datetime) -> None:
    channel = make_channel(session, source="woocommerce")
    order = woo_order(id=786)
    assert _told(session, channel.id, "order.created", order, business_now) == "ordered"
    assert session.query(Order).one().version is not None
    assert _told(session, channel.id, "order.deleted", {"id": 786}, business_now) == "updated"
    assert [done.outcome for done in apply_all(session, business_now)] == ["applied"]
    assert session.query(Order).one().status == "cancelled"
    assert session.query(Refund).one().amount == session.query(Order).one().paid
    assert check(session) == []


def test_a_deletion_told_again_is_a_repeat_and_what_comes_behind_it_changes_nothing(
    session: Session, business_now: datetime
) -> None:
    channel = make_channel(session, source="woocommerce")
    order = woo_order(id=786)
    _told(session, channel.id, "order.created", order, business_now)
    _told(session, channel.id, "order.deleted", {"id": 786}, business_now)
    assert _told(session, channel.id, "order.deleted", {"id": 786}, business_now) == "duplicate"
    assert _told(session, channel.id, "order.updated", order, business_now) == "superseded"


def test_an_order_that_its_shop_takes_out_of_the_bin_again_is_a_case_for_a_person(
    session: Session, business_now: datetime
) -> None:
    channel = make_channel(session, source="woocommerce")
    _told(session, channel.id, "order.created", woo_order(id=786), business_now)
    _told(session, channel.id, "order.deleted", {"id": 786}, business_now)
    apply_all(session, business_now)
    back = woo_order(id=786, date_modified_gmt="2099-01-01T00:00:00")
    assert _told(session, channel.id, "order.restored", back, business_now) == "updated"
    apply_all(session, business_now)
    assert "live again" in session.query(Ticket).one().body
    assert check(session) == []


def test_a_mail_that_changes_what_a_mail_cancelled_is_a_case_for_a_person() -> None:
    change = ChannelOrder(channel="c", source="email", channel_order_id="1", kind=Kind.UPDATE)
    cancelled = Known(True, None, b"a", cancelled=True)
    assert rules.decide(cancelled, change, b"b")[0] is Became.REVIVED
    assert rules.decide(cancelled, change, b"a")[0] is Became.REVIVED
    again = replace(change, kind=Kind.ORDER)
    assert rules.decide(cancelled, again, b"a")[0] is Became.REVIVED
    assert rules.decide(cancelled, again, b"b")[0] is Became.CONFLICT


def test_an_order_that_was_cancelled_is_live_when_its_channel_says_so_once_it_is_asked() -> None:
    """Cancelled and changed in one second, it was read again; its version was forgotten for that, so that nothing was newer."""
    cancelled = Known(True, None, b"a", cancelled=True)
    live = ChannelOrder(channel="c", source="woocommerce", channel_order_id="1", kind=Kind.ORDER, version="7")
    assert rules.decide(cancelled, live, b"b", is_reading=True) == (Became.REVIVED, Known(True, "7", b"b"))
    gone = replace(live, kind=Kind.CANCELLATION)
    became, known = rules.decide(cancelled, gone, b"a", is_reading=True)
    assert (became, known) == (Became.DUPLICATE, Known(True, "7", b"a", cancelled=True))
    # Paid late and taken up again later, it is a case for a person.
    assert rules.decide(known, replace(live, version="8"), b"b")[0] is Became.REVIVED


def test_an_order_that_its_shop_takes_up_again_while_its_goods_go_back_is_a_case_for_a_person(
    session: Session, business_now: datetime
) -> None:
    channel = make_channel(session, source="woocommerce")
    _told(session, channel.id, "order.created", woo_order(id=786), business_now)
    order = session.query(Order).one()
    session.query(Order).update({"status": "in_fulfilment"})
    values = {
        "status": "approved",
        "kind": "cancellation",
        "requested_by": "channel:shop",
        "requested_at": business_now,
    }
    session.add(ChangeRequest(id=new_id(), key="stopped", order_id=order.id, message_id=new_id(), wanted={}, **values))
    wish(session, order, business_now, kind="revival")
    apply_all(session, business_now)
    assert "live again" in session.query(Ticket).one().body


def test_a_change_that_comes_again_after_another_one_counts_where_nothing_is_numbered(
    session: Session, business_now: datetime
) -> None:
    """Two pieces, three, two, three: the last word counts."""
    channel = make_channel(session, source="generic")
    counted = []
    for kind, qty in (("order", "2"), ("update", "3"), ("update", "2"), ("update", "3")):
        _told(session, channel.id, "", order_json("N-9", qty=qty, version=None, kind=kind), business_now)
        apply_all(session, business_now)
        counted.append(sum(line.qty - line.qty_cancelled for line in session.query(OrderLine)))
    assert counted == [2, 3, 2, 3]


@pytest.mark.parametrize("known", [None, "7", "2026-11-18T02:00:00Z", "what they call it"])
def test_a_cancellation_without_version_counts_whatever_version_stands(known: str | None) -> None:
    order = ChannelOrder(channel="c", source="woocommerce", channel_order_id="1", kind=Kind.CANCELLATION)
    became, after = rules.decide(Known(True, known, b"a"), order, b"b")
    assert (became, after.cancelled) == (Became.CANCELLED, True)


def test_another_message_without_version_is_older_than_one_that_has_one() -> None:
    order = ChannelOrder(channel="c", source="woocommerce", channel_order_id="1", kind=Kind.UPDATE)
    assert rules.decide(Known(True, "7", b"a"), order, b"b")[0] is Became.SUPERSEDED


@pytest.mark.parametrize(
    ("new", "old", "age"), [("--5", "4", 0), ("-5", "4", -1), ("10", "9", 1), ("-", "9", 0), ("5-", "4", 0)]
)
def test_a_version_that_only_looks_like_a_number_is_compared_with_none(new: str, old: str, age: int) -> None:
    assert rules.compare(new, old) == age
    assert rules.compare(old, new) == -age


def test_an_order_that_its_shop_takes_up_again_after_the_cancellation_is_a_case_for_a_person(
    session: Session, business_now: datetime
) -> None:
    """WooCommerce cancels what is not paid in time, and goes on with it when the payment comes later."""
    channel = make_channel(session, source="woocommerce")
    for status, minute in (("pending", 0), ("cancelled", 5)):
        told = woo_order(id=786, status=status, date_paid_gmt=None, date_modified_gmt=f"2026-11-22T09:{minute:02}:00")
        _told(session, channel.id, "order.updated", told, business_now)
        apply_all(session, business_now)
    assert session.query(Order).one().status == "cancelled"
    for minute in (9, 10):  # the second before the first is carried out
        paid = woo_order(
            id=786, status="processing", date_modified_gmt=f"2026-11-22T09:{minute:02}:00", customer_note=str(minute)
        )
        assert _told(session, channel.id, "order.updated", paid, business_now) == "updated"
    apply_all(session, business_now)
    ticket = session.query(Ticket).one()
    assert (ticket.order_id, "live again" in ticket.body) == (session.query(Order).one().id, True)
    assert session.query(Order).one().status == "cancelled"
    assert check(session) == []


@pytest.mark.parametrize(
    ("known", "told", "kind", "became"),
    [
        ("5", "5", Kind.UPDATE, Became.CONFLICT),
        ("5", "5", Kind.CANCELLATION, Became.CONFLICT),
        ("5", "6", Kind.UPDATE, Became.REVIVED),
        ("5", "6", Kind.ORDER, Became.REVIVED),
        # It may tell what became of the money since.
        ("5", "6", Kind.CANCELLATION, Became.CANCELLED),
        ("5", "4", Kind.UPDATE, Became.SUPERSEDED),
        # Deleted without a version: whether that was earlier nobody can tell.
        (None, "6", Kind.UPDATE, Became.SUPERSEDED),
    ],
)
def test_only_what_is_told_later_than_the_cancellation_takes_an_order_up_again(
    known: str | None, told: str, kind: Kind, became: Became
) -> None:
    order = ChannelOrder(channel="c", source="woocommerce", channel_order_id="1", kind=kind, version=told)
    assert rules.decide(Known(True, known, b"a", cancelled=True), order, b"b")[0] is became
