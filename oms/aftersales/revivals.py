"""A shop goes on with an order that it had cancelled: what is over here stays so, and a person looks (C-5, I-2)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from oms.aftersales import tickets
from oms.aftersales.tickets import NewTicket
from oms.orders.contacts import contacts

_SUBJECT = {"en": "The shop goes on with an order that it had cancelled", "zh_Hans": "店铺恢复了已取消的订单"}
_BODY = {
    "en": "The order was cancelled here, and the shop tells it as live again, for example since it was paid late. Look at it"
    " in the shop: enter it here once more, or cancel it there and pay the money back.",
    "zh_Hans": "该订单在此已取消，店铺现又告知有效（例如逾期付款到账）。请到店铺核对：在此重新录入，或在店铺取消并退款。",
}


def ask_a_person(session: Session, *, order_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Open a ticket for each of these (locked) orders, of which the customer hears nothing."""
    people = contacts(session, order_ids=list(order_ids))
    new = [
        NewTicket("question", _SUBJECT.get(language, _SUBJECT["en"]), _BODY.get(language, _BODY["en"]), order_id)
        for order_id, language in ((order_id, people[order_id].language) for order_id in order_ids)
    ]
    tickets.open_tickets(session, new=new, actor="system", now=now, tell=False)
