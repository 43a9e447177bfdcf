"""What the house cannot know, and asks a person: a ticket for customer service, of which the customer hears nothing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.aftersales import tickets
from oms.aftersales.tickets import NewTicket
from oms.orders import owed
from oms.orders.contacts import contacts
from oms.orders.models import Order


@dataclass(frozen=True, slots=True)
class Question:
    """Its subject and body in English and in Chinese."""

    en: tuple[str, str]
    zh_hans: tuple[str, str]
    kind: str = "question"

    def in_language(self, language: str) -> tuple[str, str]:
        return self.zh_hans if language == "zh_Hans" else self.en


#: A shop goes on with an order that it had cancelled: what is over here stays so (C-5, I-2).
REVIVED = Question(
    (
        "The shop goes on with an order that it had cancelled",
        "The order was cancelled here, and the shop tells it as live again, for example since it was paid late. Look at it"
        " in the shop: enter it here once more, or cancel it there and pay the money back.",
    ),
    (
        "店铺恢复了已取消的订单",
        "该订单在此已取消，店铺现又告知有效（例如逾期付款到账）。请到店铺核对：在此重新录入，或在店铺取消并退款。",
    ),
)
#: A channel gave money back in part, and does not say how much (S-2).
GIVEN_BACK_IN_PART = Question(
    (
        "Part of the payment was given back by the shop",
        "Money is due to the customer, but the shop has given a part back itself and does not say how much. Compare"
        " with the shop, and ask for a refund of what is still missing.",
    ),
    (
        "店铺已自行退还部分货款",
        "应向客户退款，但店铺已自行退还部分金额且未告知数额。请与店铺核对，并就差额申请退款。",
    ),
)
#: Goods came back or were cancelled before they were paid, and then more was paid than they leave to pay (S-2).
PAID_TOO_MUCH = Question(
    (
        "More was paid than is owed after goods came off the order",
        "Goods of this order came back, or were cancelled, before they were paid, and are owed no more. A payment now"
        " covers more than the rest: find out what is too much, and ask for a refund of it.",
    ),
    (
        "退货或取消后付款多于应付",
        "本订单有商品在付款前已退回或取消，无需再付。现收到的付款超过剩余应付金额，请核实多付部分并申请退款。",
    ),
)


#: A person lowered the sum of an order that was paid, or somebody paid more than it comes to (C-5, S-2).
SURPLUS = Question(
    (
        "More was paid than the order comes to",
        "The order was changed after it was paid, or a payment was larger than its sum. Find out with the customer what"
        " becomes of what is too much, and ask for a refund of it.",
    ),
    (
        "付款多于订单金额",
        "订单在付款后变更，或收款大于订单金额。请与客户确认多付部分如何处理，并申请退款。",
    ),
)


def undelivered(parcel: str, finding: str) -> Question:
    """A parcel never arrives; `finding` is what shipping found out (F-9)."""
    return Question(
        (
            f"Parcel {parcel} will not arrive",
            f"{finding}\nAgree on the remedy with the customer: send the goods again by a new order, or ask for a refund."
            " Goods that come back are booked in as a return, for the reason that they were not delivered.",
        ),
        (
            f"包裹 {parcel} 无法送达",
            f"{finding}\n请与客户商定处理方案：另建订单重新发货，或申请退款。退回的货物按“未送达”原因登记退货。",
        ),
        kind="not_received",
    )


def ask(session: Session, question: Question, *, order_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Open a ticket with the question for each of these (locked) orders, in its customer's language; none for none."""
    if not order_ids:
        return
    people = contacts(session, order_ids=list(order_ids))
    new = [NewTicket(question.kind, *question.in_language(people[one].language), one) for one in order_ids]
    tickets.open_tickets(session, new=new, actor="system", now=now, tell=False)


def ask_of_surplus(session: Session, *, order_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Ask a person about those of (locked) orders of which more is paid than they come to; the caller knows that it is news."""
    too_much = select(Order.id).where(Order.id.in_(order_ids), Order.payment_status == "overpaid").order_by(Order.id)
    ask(session, SURPLUS, order_ids=list(session.scalars(too_much)) if order_ids else [], now=now)


def ask_of_too_much(session: Session, *, order_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Of (locked) orders that are paid now: where goods came off their sum before, and it is too much, a person is asked."""
    ask(session, PAID_TOO_MUCH, order_ids=owed.paid_too_much(session, order_ids=order_ids), now=now)
