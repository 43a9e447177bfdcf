"""What runs out is ended or dropped by the sweep."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.accounts import idempotency
from workers import expiry


def test_the_first_answer_to_a_call_is_dropped_when_nobody_repeats_it_any_more(
    session: Session, business_now: datetime
) -> None:
    for days in (1, 399, 401, 900):
        at = business_now - timedelta(days=days)
        assert idempotency.begin(session, owner="key:shop", key=f"{days}", request_hash=b"-", now=at) is None
    assert expiry.expire_due(session, now=business_now) == 2
    assert set(session.execute(text("SELECT key FROM idempotency_key")).scalars()) == {"1", "399"}
    assert expiry.expire_due(session, now=business_now) == 0
