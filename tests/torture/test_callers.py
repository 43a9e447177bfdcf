"""A level that waits for a call sees to it that somebody makes one, and knows who made it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from oms.parties.models import Channel
from tests.factories.floor import confirmed_order
from tests.factories.packed import served_floor
from tests.torture import callers


def test_each_shop_that_is_polled_is_polled_now_and_none_twice_at_once(
    session: Session, business_now: datetime
) -> None:
    confirmed_order(session, served_floor(session), business_now)
    assert callers.poll_shops(session, turn="torture-0") == 0
    session.execute(update(Channel).values(polled=True, active=True))
    shops = session.query(Channel).count()
    assert callers.poll_shops(session, turn="torture-0") == shops > 0
    assert callers.poll_shops(session, turn="torture-1") == 0
    ended = "UPDATE step SET state = 'done', outcome = 'polled', finished_at = now(), finished_by = 'system' WHERE kind = 'poll'"
    session.execute(text(ended))
    assert callers.poll_shops(session, turn="torture-2") == shops


def test_a_booking_counts_that_was_answered_since_to_somebody_whose_circuit_is_meant(
    session: Session, business_now: datetime
) -> None:
    order = confirmed_order(session, served_floor(session), business_now)

    def has_booked(since: datetime, *others: str) -> bool:
        return callers.has_booked(session, since=since, others=others)

    before = business_now - timedelta(seconds=1)
    assert not has_booked(before)
    booked = """
        UPDATE step SET kind = 'book', state = 'done', outcome = 'booked', finished_at = :at, finished_by = 'system', worker = 'host:7'
        WHERE id = (SELECT id FROM step WHERE order_id = :id LIMIT 1)"""
    session.execute(text(booked), {"id": order.id, "at": business_now})
    assert has_booked(before)
    assert not has_booked(business_now)
    assert has_booked(before, "host:8")
    assert not has_booked(before, "host:7")
