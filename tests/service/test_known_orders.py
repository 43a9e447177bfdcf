"""What stands of channel orders already is looked up key by key, however young the table is."""

from __future__ import annotations

from datetime import datetime

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
