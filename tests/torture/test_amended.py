"""What stands of a wish is read from the house as the house writes it."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from oms import db
from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.intake.models import InboundOrder
from oms.messages.models import Message
from oms.orders.models import ChangeRequest
from tests.factories.changes import apply_all, wish
from tests.factories.floor import confirmed_order
from tests.factories.orders import make_channel
from tests.factories.packed import served_floor
from tests.torture import amended


@pytest.mark.parametrize("status", ["waiting", "sent"])
def test_a_cancellation_is_read_with_the_mail_that_its_customer_got(
    session: Session, business_now: datetime, tmp_path: Path, status: str
) -> None:
    body, channel = b'{"kind": "cancellation"}', make_channel(session)
    order = confirmed_order(session, served_floor(session), business_now, channel_id=channel.id)
    came = NewMessage("evt-1", "webhook", body, {}, "channel:web")
    [kept] = inbox.receive(session, channel_id=channel.id, received=[came], now=business_now)
    row = {"channel_order_id": order.channel_order_id, "became": "updated", "order_id": order.id, "problems": []}
    session.add(InboundOrder(message_id=kept.message_id, position=0, **row))
    wish(session, order, business_now, kind="cancellation")
    session.execute(update(ChangeRequest).values(message_id=kept.message_id))
    apply_all(session, business_now)
    told = update(Message).where(Message.key == f"cancelled:{order.id}").values(status=status, mail_id=str(db.new_id()))
    assert session.execute(told).rowcount == 1  # type: ignore[attr-defined]
    _carrier_without_labels(tmp_path)
    key = ("evt-1", hashlib.sha256(body).hexdigest())
    stands = amended._stands(session, ["evt-1"], tmp_path, channel.name)[key]
    assert (stands.status, stands.request, stands.told_cancelled) == ("cancelled", "applied", status == "sent")


def _carrier_without_labels(folder: Path) -> None:
    (folder / "carrier").mkdir()
    with sqlite3.connect(folder / "carrier" / "carrier.sqlite") as book:
        book.execute("CREATE TABLE shipment (reference TEXT, request TEXT, voided_at TEXT)")
