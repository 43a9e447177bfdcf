"""Until when goods may come back without a reason, of an order that came in several parcels."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.db import new_id
from oms.errors import InputInvalid
from tests.factories.sold import ask_back, make_sold

_SECOND = text("""
    INSERT INTO parcel (id, number, reference, order_id, fulfilment_id, position, weight_g, length_mm, width_mm, height_mm,
                        carrier_id, service, label_status, tracking_status, packed_at, packed_by, handed_over_at,
                        delivered_at, undelivered_at, undelivered_as)
    SELECT :id, 'PA-2', 'r2', order_id, fulfilment_id, 1, 1, 1, 1, 1, carrier_id, service, 'used', 'in_transit', packed_at, 's',
           :handed, :delivered, :lost, CASE WHEN CAST(:lost AS timestamptz) IS NULL THEN NULL ELSE 'lost' END
    FROM parcel
""")


@pytest.mark.parametrize(
    ("second", "over"), [({}, False), ({"delivered": 9}, False), ({"delivered": 1}, True), ({"lost": 5}, True)]
)
def test_no_window_is_over_while_a_parcel_is_on_its_way(
    session: Session, business_now: datetime, second: dict[str, int], over: bool
) -> None:
    """The first parcel was signed for at once; the second left with it."""
    order = make_sold(session, business_now)
    dates: dict[str, Any] = dict.fromkeys(("delivered", "lost"))
    dates |= {name: business_now + timedelta(days=days) for name, days in second.items()}
    session.execute(_SECOND, {"id": new_id(), "handed": business_now, **dates})
    later = business_now + timedelta(days=12)
    if not over:
        assert ask_back(session, order, later, reason="no_reason")
        return
    with pytest.raises(InputInvalid) as refused:
        ask_back(session, order, later, reason="no_reason")
    assert "days of return" in refused.value.fields["reason"]
