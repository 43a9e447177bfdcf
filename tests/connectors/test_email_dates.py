"""When goods are wanted, in a sentence of a mail: a whole date is read, any other is the desk's to read, and none is lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.connectors.mails import mail, one

GOODS = "5 x TEA-100 @ 4.00 EUR"


@pytest.mark.parametrize(
    "said",
    [
        "Please deliver by 5 March.", "Please deliver on Friday.", "We need them by the end of March.", "Can be delivered in 2 weeks.",
        "Please ship within 3 days.", "Please do send them before Easter.", "Deliver no earlier than 5 March 2026.", "We want them in May.",
        "60 now and 40 in May.", "Ship half of it, the rest in April.", "Please split the order in two deliveries.",
        "please use the rear entrance", "We take goods between 8 and 12 only.",
        "请于3月5日前送到仓库。", "下周三前要到。", "分批发货。", "月底到货即可。",
    ],
)  # fmt: skip
def test_a_time_that_is_no_whole_date_is_the_desks_to_read(said):
    order = one(mail("PO-1", f"{GOODS}\n{said}\n\nJane\n"))
    assert said in (order.buyer_message or "")
    assert order.requested.deliver_by is None


def test_not_before_a_day_is_no_wish_for_it_at_the_latest():
    order = one(mail("PO-1", f"{GOODS}\nPlease deliver not before 5 March 2026 and by 12 March 2026.\n\nJane\n"))
    assert order.requested.deliver_by == datetime(2026, 3, 12, tzinfo=UTC)
    assert "not before 5 March 2026" in (order.buyer_message or "")


@pytest.mark.parametrize(
    "said",
    [
        "Please deliver by 12 March 2026.", "Thank you for your help on Monday.", "I will be back in May.", "Please send by DHL.",
        "Delivered at 10.03.2026, as agreed.", "请在2026年3月5日前送到仓库。",
    ],
)  # fmt: skip
def test_what_is_read_or_says_nothing_of_the_goods_holds_none(said):
    assert one(mail("PO-1", f"{GOODS}\n{said}\n\nJane\n")).buyer_message is None
