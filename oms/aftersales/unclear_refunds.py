"""Money that a channel gave back in part: how much we are not told, so a person compares and asks for the rest (S-2)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from oms.aftersales import tickets
from oms.aftersales.tickets import NewTicket
from oms.orders.contacts import contacts

_SUBJECT = {"en": "Part of the payment was given back by the shop", "zh_Hans": "店铺已自行退还部分货款"}
_BODY = {
    "en": "Money is due to the customer, but the shop has given a part back itself and does not say how much. Compare"
    " with the shop, and ask for a refund of what is still missing.",
    "zh_Hans": "应向客户退款，但店铺已自行退还部分金额且未告知数额。请与店铺核对，并就差额申请退款。",
}


def ask_a_person(session: Session, *, order_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Open a ticket for each of these (locked) orders, of which the customer hears nothing yet."""
    if not order_ids:
        return
    people = contacts(session, order_ids=list(order_ids))
    new = [
        NewTicket("question", _SUBJECT.get(language, _SUBJECT["en"]), _BODY.get(language, _BODY["en"]), order_id)
        for order_id, language in ((order_id, people[order_id].language) for order_id in order_ids)
    ]
    tickets.open_tickets(session, new=new, actor="system", now=now, tell=False)
