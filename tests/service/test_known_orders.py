"""What stands of channel orders already is looked up key by key, however young the table is."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.intake import known
from tests.factories.orders import make_channel, make_order


def test_only_the_orders_of_these_keys_are_found_and_each_once(session: Session, business_now: datetime) -> None:
    mine, other = make_channel(session), make_channel(session)
    standing = {
        (c.id, n): make_order(session, channel_id=c.id, channel_order_id=n).id
        for c in (mine, other)
        for n in ("A-1", "A-3", "Z")
    }
    asked = [
        (mine.id, "A-1"),
        (mine.id, "A-2"),
        (mine.id, "a-1"),
        (mine.id, ""),
        (mine.id, "ZZ"),
        (other.id, "A-3"),
        (mine.id, "A-1"),
    ]
    found = known.find(session, keys=asked)
    assert {key: order_id for key, (order_id, _) in found.items()} == {
        key: standing[key] for key in ((mine.id, "A-1"), (other.id, "A-3"))
    }


@pytest.mark.parametrize("counted", [False, True])
def test_the_look_up_never_reads_through_a_channel(session: Session, counted: bool) -> None:
    """A kept plan is made for any values, and may be made before the table was ever counted; which index it takes matters.

    The few rows of a test are cheaper read through than looked up, so that is out of the question here.
    """
    session.execute(text("SET LOCAL enable_seqscan = off"))
    if counted:
        session.execute(text("ANALYZE orders"))
    statement = known.FIND.text.replace(":channels", "$1").replace(":ids", "$2")
    driver = session.connection().connection.driver_connection
    assert driver is not None
    plan = "\n".join(row[0] for row in driver.execute(f"EXPLAIN (GENERIC_PLAN, COSTS OFF) {statement}").fetchall())
    assert "Index Scan using uq_orders_channel_id_channel_order_id" in plan
    assert "ix_orders_channel_states" not in plan
