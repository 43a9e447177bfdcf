"""Orders that are well written and yet make no sense, from the bytes of a channel to the hold on which they wait (I-2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.intake import inbox
from oms.journey import steps
from oms.orders.models import Finding, Order
from oms.verification import review
from tests.factories.generic import message, order_json
from tests.factories.orders import make_channel, make_sku
from tests.factories.verification import again, make_house, running
from workers.intake import accept

UNPAID = {"terms": "prepaid", "status": "none"}


def _held_for(session: Session, now: datetime, told: dict[str, Any]) -> set[str]:
    """What the order waits with, once it was taken and verified; nothing of it was ever listed with a price."""
    make_house(session)
    make_sku(session, code="NEW")
    channel = make_channel(session, source="generic", currency="CNY")
    inbox.receive(session, channel_id=channel.id, received=[message(order_json("1", **told))], now=now)
    claimed = steps.claim(session, kind="accept", limit=10, lease_s=30, worker="test")
    steps.finish(session, accept(session, claimed, now), by="system", now=now)
    again(session, "verify", review.verify, now)
    order = session.query(Order).one()
    held = {finding.rule for finding in session.query(Finding).filter_by(order_id=order.id, severity="hold")}
    assert held or running(session, order) == {"confirm"}
    return held


def _line(**given: str) -> list[dict[str, str]]:
    return [{"line_ref": "1", "sku": "NEW", "qty": "1", "unit_price": "10.00", **given}]


@pytest.mark.parametrize(
    "told",
    [
        {"lines": _line(unit_price="-10.00"), "totals": {}, "payment": UNPAID},
        {"lines": _line(unit_price="-10.00"), "totals": {"total": "-10.00", "paid": "0.00"}},
        {"lines": _line(discount="15.00"), "totals": {}, "payment": UNPAID},
        {"lines": _line(), "totals": {"discount": "50.00"}, "payment": UNPAID},
        {"lines": _line(), "totals": {"tax": "-30.00"}, "payment": UNPAID},
    ],
)
def test_an_order_that_comes_to_less_than_nothing_is_not_sent_unseen(
    session: Session, business_now: datetime, told: dict[str, Any]
) -> None:
    assert _held_for(session, business_now, told) == {"value_negative"}


def test_an_order_of_goods_for_nothing_goes_on(session: Session, business_now: datetime) -> None:
    assert _held_for(session, business_now, {"lines": _line(unit_price="0"), "totals": {}, "payment": UNPAID}) == set()


@pytest.mark.parametrize(
    ("currency", "held"), [("US-Dollar", {"currency_missing"}), ("XBT", {"currency_missing"}), (None, set())]
)
def test_a_currency_that_we_do_not_know_is_not_taken_for_the_channels_own(
    session: Session, business_now: datetime, currency: str | None, held: set[str]
) -> None:
    told = {"lines": _line(), "totals": {}, "payment": UNPAID, "currency": currency}
    assert _held_for(session, business_now, told) == held
    assert session.query(Order).one().currency == (None if held else "CNY")
