"""Only what could go by no other carrier may wait for the black hole."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from oms.messages.models import Message
from tests.factories.orders import make_channel, make_order
from tests.torture import liveness


def test_who_may_wait_for_the_black_hole() -> None:
    abroad, at_home = "T1-000004", "T1-000005"
    assert liveness.undone({abroad: ("in_fulfilment", True), at_home: ("closed", False)}) == []
    assert liveness.undone({abroad: ("closed", False), at_home: ("cancelled", False)}) == []
    assert liveness.undone({abroad: ("confirmed", False)}) == [f"{abroad} is confirmed"]
    assert liveness.undone({at_home: ("in_fulfilment", True)}) == [
        f"{at_home} is in_fulfilment and was given to the carrier that is none"
    ]


def test_mails_of_ended_orders_that_nobody_sends_are_told(session: Session, business_now: datetime) -> None:
    channel = make_channel(session, name="web-mails")
    for status, mail in (("closed", "waiting"), ("closed", "sent"), ("confirmed", "waiting")):
        order = make_order(session, channel_id=channel.id, status=status)
        told = {"order_id": order.id, "template": "closed", "language": "en", "values": {}, "created_at": business_now}
        session.add(Message(key=f"closed:{order.id}", status=mail, **told))
    session.flush()
    assert liveness.unsent(session, channel="web-mails") == ["1 mails closed of ended orders are not sent"]
    assert liveness.unsent(session, channel="web-others") == []
