"""What a mail says of cancelling: only a plain wish for the whole order is carried out without a person."""

from __future__ import annotations

import pytest

from connectors.base import Kind, Severity
from tests.connectors.mails import lines_of, mail, one

GOODS = "Please supply:\n5 x ABC-1 @ USD 2.00\n"

PLAIN = [
    ("Cancel PO-4711", "Please cancel our order PO-4711.\nThanks"),
    ("Cancellation of order 4711", "See the subject."),
    ("Order", "We do not need it any more, please cancel our order PO-4711."),
    ("Order", "Please cancel our order no. PO-4711, as the project was not approved."),
    ("Order", "We would like to\ncancel our order PO-4711."),
    ("Order", "Please cancel order PO-4711 if it has not yet shipped, and let me know if there is a fee."),
    ("Order", "Please cancel order PO-4711 if it has not been shipped yet."),
    ("Order", "Please cancel order PO-4711 if it hasn’t shipped yet."),
    ("Order", "Please cancel order PO-4711 as long as it has not left."),
    ("Order", "Please cancel our entire order PO-4711 (all lines)."),
    ("Order", "Please cancel our order PO-4711. If you cannot cancel it, let us know."),
    ("Order", "Please cancel our order PO-4711, 2026-03-01."),
    ("Order", "Please do not ship and cancel our order PO-4711."),
    ("Order", "We bought it from someone else, kindly cancel our order PO-4711 (your ref SO-2026-11)."),
    ("取消订单", "如题，请取消订单 CG4711，如有问题请联系我。"),
    ("订单", "订单 CG4711 不要了"),
    ("订单 CG4711", "不好意思，我们不要了。"),
    ("订单", "如果还没发货，请取消订单 CG4711"),
    ("订单", "因贵司未能如期交货，请取消采购单 CG4711。"),
    ("订单", "能不能取消订单 CG4711？"),
    ("订单", "请把订单 CG4711 取消"),
    ("订单", "请取消订单 CG4711 的全部商品"),
]


@pytest.mark.parametrize(("subject", "body"), PLAIN)
def test_a_plain_wish_cancels_the_order(subject, body):
    order = one(mail(subject, f"{body}\n"))
    assert (order.kind, order.problems) == (Kind.CANCELLATION, ())
    assert (order.channel_order_id or "").endswith("4711")


DENIED = [
    ("Our order", "Please do not cancel our order PO-4711"),
    ("Our order", "Please don’t\ncancel our order PO-4711."),
    ("Re: Cancel PO-4711", "Please do not cancel our order PO-4711"),
    ("Our order", "Please ignore our mail to cancel our order PO-4711."),
    ("订单", "请不要取消订单 CG4711"),
    ("订单", "请不要把订单 CG4711 取消，谢谢"),
]
CONDITIONAL = [
    ("Our order", "Please cancel order PO-4711 if it is not shipped by Friday."),
    ("Our order", "Should you be unable to deliver by Friday, please cancel the order PO-4711."),
    ("Our order", "If you cannot deliver order no. PO-4711 in time, please cancel it."),
    ("Our order", "Please ship PO-4711 by Friday or cancel our order."),
    ("订单 CG4711", "如果3月10日前不能到货，请取消订单 CG4711。"),
    ("订单 CG4711", "若不能在3月10日前到货\n请取消订单 CG4711。"),
    ("订单 CG4711", "3月10日前到不了就取消订单 CG4711"),
    ("订单 CG4711", "包装盒不要了，直接发货"),
]
OF_A_PART = [
    ("Change", "Please cancel line 2 (DEF-2) of our order PO-4711. The rest stays."),
    ("Change", "Please cancel our order PO-4711, only line 2."),
    ("Change", "Please cancel DEF-2 from our order PO-4711."),
    ("Change", "Please cancel our order PO-4711.\nThe other items stay as they are."),
    ("订单", "取消订单 CG4711 中的 A-1001，其余照发"),
    ("订单", "取消订单 CG4711 的第2行"),
    ("订单 CG4711", "A-1001 不要了，其余照发"),
    ("订单 CG4711", "请取消订单 CG4711，螺丝刀照发"),
    ("订单 CG4711", "请取消订单 CG4711 一半的数量"),
]
OF_SEVERAL = [
    ("Our orders", "Please cancel our orders PO-4711 and PO-4712."),
    ("Cancel PO-4711 and PO-4712", "See the subject."),
    ("订单", "请取消订单 CG4711、CG4712"),
    ("Re: PO-4711", "Please cancel PO-4700."),
    ("PO-4711", f"{GOODS}This replaces PO-4700, please cancel that order."),
    ("PO-4711", f"{GOODS}Please cancel our former order."),
]


@pytest.mark.parametrize(("subject", "body"), [*DENIED, *CONDITIONAL, *OF_A_PART, *OF_SEVERAL])
def test_what_cancels_nothing_by_itself_waits_for_a_person(subject, body):
    order = one(mail(subject, f"{body}\n"))
    assert order.kind is Kind.UPDATE
    assert (order.channel_order_id or "").endswith("4711")
    (told,) = [problem for problem in order.problems if problem.field == "kind"]
    assert (told.code, told.severity) == ("row_invalid", Severity.HOLD)
    assert "by hand" in told.message


ORDERS = [
    f"{GOODS}If you cannot deliver by 2026-03-10, please cancel.\n",
    f"{GOODS}If you cannot deliver by 2026-03-10,\nplease cancel.\n",
    f"{GOODS}If you cannot deliver by 2026-03-10\nPlease cancel.\n",
    f"{GOODS}We reserve the right to cancel the order and the remaining items.\n",
    f"{GOODS}包装盒不要了，直接发货\n",
]


@pytest.mark.parametrize("body", ORDERS)
def test_an_order_that_only_speaks_of_cancelling_stays_one(body):
    order = one(mail("PO-4711", f"{body}Ship to: Jane Roe, 5 Elm Street, Portland, OR 97201, USA\n"))
    assert (order.kind, order.channel_order_id, order.problems) == (Kind.ORDER, "PO-4711", ())
    assert lines_of(order) == [("ABC-1", "5", "2.00")]
