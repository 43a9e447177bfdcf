"""Returns from request to refund: window, scan, inspection on the ledger, money with four eyes (S-2)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import recounts, refunds, returns
from oms.aftersales.models import Refund, Return, ReturnLine
from oms.aftersales.refunds import NewRefund
from oms.aftersales.returns import Arrived, Wanted
from oms.catalog.models import BundlePart, Sku
from oms.db import new_id
from oms.errors import Conflict, InputInvalid, NotAllowed
from oms.inventory.models import Bin, BinStock, Stock
from oms.journey.models import HistoryEntry, Step
from oms.messages import rendering
from oms.messages.models import Message
from oms.orders.models import Order, OrderLine
from tests.factories.changes import unbalanced
from tests.factories.sold import SERVICE, ask_back, code_of, inspect, line_of, make_sold, make_sold_sets, received

FINANCE, BOSS = "staff:finance", "staff:boss"


@pytest.fixture
def sold(session: Session, business_now: datetime) -> Order:
    """An order of 4 + 4 pieces that was picked, handed over and delivered."""
    return make_sold(session, business_now)


def test_inspected_goods_go_back_to_sale_or_to_scrap(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = received(session, sold, business_now)
    assert {s.on_hand for s in session.query(Stock)} == {6}
    inspect(session, return_id, business_now, restock=1, scrap=1)
    line = line_of(session, sold)
    stock = session.query(Stock).filter_by(sku_id=line.sku_id).populate_existing().one()
    desk = session.query(BinStock).join(Bin, Bin.id == BinStock.bin_id).filter(Bin.kind == "returns").one()
    assert (stock.on_hand, desk.on_hand, line.qty_returned) == (7, 0, 2)
    assert unbalanced(session) == []


def test_the_refund_is_what_the_returned_goods_cost(session: Session, sold: Order, business_now: datetime) -> None:
    refund_id = inspect(session, received(session, sold, business_now), business_now, restock=2, scrap=0)
    refund = session.get_one(Refund, refund_id)
    assert (refund.amount, refund.currency, refund.status) == (20, "CNY", "pending")
    refunds.pay_out(session, refund_id=refund_id, actor=FINANCE, now=business_now)
    session.expire_all()
    order = session.get_one(Order, sold.id)
    assert (order.payment_status, order.return_status) == ("partially_refunded", "partially_returned")
    assert session.query(Return).one().status == "settled"
    assert session.query(Step).filter_by(kind="refund").one().outcome == "paid_out"


def test_the_refund_holds_the_tax_that_only_the_orders_sum_names(
    session: Session, sold: Order, business_now: datetime
) -> None:
    """80.00 of goods with 16.00 of tax beside them; half the goods come back."""
    session.query(Order).update({"tax": 16, "tax_included": False, "total": 96, "paid": 96})
    refund_id = inspect(session, received(session, sold, business_now, 4), business_now, restock=4, scrap=0)
    assert session.get_one(Refund, refund_id).amount == 48


def test_what_the_customer_broke_is_not_paid_back(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = received(session, sold, business_now)
    assert inspect(session, return_id, business_now, restock=0, scrap=2, refundable=False) is None
    assert session.query(Return).populate_existing().one().status == "closed"
    assert session.query(Refund).count() == 0


@pytest.mark.parametrize(("qty", "field"), [(5, "lines.0.qty"), (0, "lines.0.qty")])
def test_no_more_comes_back_than_was_shipped(
    session: Session, sold: Order, business_now: datetime, qty: int, field: str
) -> None:
    with pytest.raises(InputInvalid) as refused:
        ask_back(session, sold, business_now, qty)
    assert field in refused.value.fields


def test_what_is_asked_for_already_cannot_be_asked_for_again(
    session: Session, sold: Order, business_now: datetime
) -> None:
    ask_back(session, sold, business_now, 3)
    with pytest.raises(InputInvalid, match="cannot be returned"):
        ask_back(session, sold, business_now, 2)


@pytest.mark.parametrize(("day", "allowed"), [(25, True), (26, False)])
def test_without_reason_only_until_the_end_of_the_seventh_day(
    session: Session, sold: Order, business_now: datetime, day: int, allowed: bool
) -> None:
    later = business_now.replace(day=day, hour=2)  # delivered on the 18th; the window ends on the 25th at 24:00
    if allowed:
        assert ask_back(session, sold, later, reason="no_reason")
        return
    with pytest.raises(InputInvalid) as refused:
        ask_back(session, sold, later, reason="no_reason")
    assert "7 days" in refused.value.fields["reason"]


def test_a_declined_return_leaves_the_order_as_it_was(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = ask_back(session, sold, business_now)
    assert session.get_one(Order, sold.id, populate_existing=True).return_status == "requested"
    returns.decide(session, return_id=return_id, approve=False, reason="used", actor=SERVICE, now=business_now)
    assert session.get_one(Order, sold.id, populate_existing=True).return_status == "none"
    assert session.query(Return).one().status == "declined"


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_the_customer_reads_where_the_goods_go_and_until_when(
    session: Session, sold: Order, business_now: datetime, language: str
) -> None:
    return_id = ask_back(session, sold, business_now)
    returns.decide(session, return_id=return_id, approve=True, reason="", actor=SERVICE, now=business_now)
    message = session.query(Message).filter_by(template="return_approved").one()
    zone = ZoneInfo("Asia/Shanghai")
    house = rendering.House("Tea & Co", "https://oms.example", zone)
    told = rendering.render(message.template, language=language, values=message.values, house=house).text
    due = session.query(Step).filter_by(kind="receive_return").one().due_at.astimezone(zone)
    assert "科技园路1号" in told
    assert (f"by {due:%a} {due.day} {due:%b}" if language == "en" else f"{due.month}月{due.day}日 前") in told


def test_goods_that_are_not_on_the_return_are_refused(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = ask_back(session, sold, business_now)
    returns.decide(session, return_id=return_id, approve=True, reason="", actor=SERVICE, now=business_now)
    other = session.get_one(Sku, line_of(session, sold, 1).sku_id).code
    for arrived in ([Arrived(other, Decimal(1))], [Arrived(code_of(session, sold), Decimal(3))], []):
        with pytest.raises(InputInvalid):
            returns.receive(session, return_id=return_id, arrived=arrived, actor="staff:bob", now=business_now)


def test_the_inspected_pieces_add_up_to_those_received(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = received(session, sold, business_now)
    with pytest.raises(InputInvalid, match="not complete"):
        inspect(session, return_id, business_now, restock=1, scrap=0)


def test_an_inspection_counts_once(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = received(session, sold, business_now)
    inspect(session, return_id, business_now, restock=2, scrap=0)
    with pytest.raises(Conflict):
        inspect(session, return_id, business_now, restock=2, scrap=0)


def test_a_return_that_never_comes_runs_out(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = ask_back(session, sold, business_now)
    returns.decide(session, return_id=return_id, approve=True, reason="", actor=SERVICE, now=business_now)
    assert returns.expire_due(session, now=business_now + timedelta(days=15)) == 1
    assert session.query(Return).populate_existing().one().status == "expired"
    assert session.get_one(Order, sold.id, populate_existing=True).return_status == "none"


def _ran_out(session: Session, sold: Order, now: datetime, qty: int) -> uuid.UUID:
    return_id = ask_back(session, sold, now, qty)
    returns.decide(session, return_id=return_id, approve=True, reason="", actor=SERVICE, now=now)
    returns.expire_due(session, now=now + timedelta(days=15))
    return return_id


def test_goods_that_come_after_their_return_ran_out_are_received(
    session: Session, sold: Order, business_now: datetime
) -> None:
    return_id = _ran_out(session, sold, business_now, 2)
    late = business_now + timedelta(days=20)
    came = [Arrived(code_of(session, sold), Decimal(2))]
    returns.receive(session, return_id=return_id, arrived=came, actor=SERVICE, now=late)
    assert session.get_one(Order, sold.id, populate_existing=True).return_status == "requested"
    assert session.get_one(Refund, inspect(session, return_id, late, restock=2, scrap=0)).amount == 20
    assert unbalanced(session) == []
    with pytest.raises(Conflict, match="does not wait"):
        returns.receive(session, return_id=return_id, arrived=came, actor=SERVICE, now=late)


def test_more_of_a_line_than_was_approved_is_refused_though_another_line_has_the_same_goods(
    session: Session, sold: Order, business_now: datetime
) -> None:
    first = line_of(session, sold)
    session.query(OrderLine).filter(OrderLine.order_id == sold.id).update({"sku_id": first.sku_id})
    wanted = [Wanted(line_of(session, sold, place).id, Decimal(2)) for place in (0, 1)]
    return_id = ask_back(session, sold, business_now, wanted=wanted)
    returns.decide(session, return_id=return_id, approve=True, reason="", actor=SERVICE, now=business_now)
    came = [Arrived(code_of(session, sold), Decimal(3), first.id)]
    with pytest.raises(InputInvalid) as refused:
        returns.receive(session, return_id=return_id, arrived=came, actor=SERVICE, now=business_now)
    assert "2" in refused.value.fields["arrived.0"]


def test_the_last_part_of_a_set_is_received_after_its_return_ran_out(session: Session, business_now: datetime) -> None:
    """A third of a set has no end as a number."""
    order, [part, _] = make_sold_sets(session, business_now, qty=1)
    session.query(BundlePart).filter_by(part_id=part.id).update({"qty": 3})
    line = line_of(session, order)
    for qty, status in ((2, "settled"), (1, "expired")):
        row = Return(
            id=new_id(), number=f"RT-{qty}", order_id=order.id, reason="faulty", status=status, requested_at=business_now,
            requested_by="x", warehouse_id=session.query(Stock).first().warehouse_id,
        )  # fmt: skip
        received_qty = qty if status == "settled" else 0
        session.add(row)
        session.flush()
        session.add(
            ReturnLine(return_id=row.id, order_line_id=line.id, sku_id=part.id, qty=qty, qty_received=received_qty)
        )
        session.flush()
    came = [Arrived(part.code, Decimal(1))]
    returns.receive(session, return_id=row.id, arrived=came, actor=SERVICE, now=business_now)
    assert session.get_one(Return, row.id, populate_existing=True).status == "received"


def test_what_another_return_awaits_meanwhile_is_received_there(
    session: Session, sold: Order, business_now: datetime
) -> None:
    return_id = _ran_out(session, sold, business_now, 2)
    ask_back(session, sold, business_now, 3)
    came = [Arrived(code_of(session, sold), Decimal(2))]
    with pytest.raises(Conflict, match="another return"):
        returns.receive(session, return_id=return_id, arrived=came, actor=SERVICE, now=business_now)


def _compensation(session: Session, order: Order, amount: str, now: datetime, key: str = "k") -> uuid.UUID:
    new = NewRefund(key, order.id, Decimal(amount), "price difference")
    return refunds.ask(session, new=new, actor=SERVICE, now=now)


def test_never_more_goes_back_than_was_paid(session: Session, sold: Order, business_now: datetime) -> None:
    _compensation(session, sold, "79.00", business_now)
    with pytest.raises(InputInvalid) as refused:
        _compensation(session, sold, "1.01", business_now, "k2")
    assert "1.00" in refused.value.fields["amount"]
    assert _compensation(session, sold, "1.00", business_now, "k3")


def test_much_money_needs_another_persons_approval(session: Session, sold: Order, business_now: datetime) -> None:
    session.query(Order).update({"paid": Decimal(5000), "total": Decimal(5000)})
    refund_id = _compensation(session, sold, "1000.00", business_now)
    with pytest.raises(NotAllowed, match="approval"):
        refunds.pay_out(session, refund_id=refund_id, actor=FINANCE, now=business_now)
    with pytest.raises(NotAllowed):
        refunds.approve(session, refund_id=refund_id, actor=SERVICE, now=business_now)
    refunds.approve(session, refund_id=refund_id, actor=BOSS, now=business_now)
    with pytest.raises(NotAllowed):
        refunds.pay_out(session, refund_id=refund_id, actor=BOSS, now=business_now)
    refunds.pay_out(session, refund_id=refund_id, actor=FINANCE, now=business_now)
    with pytest.raises(Conflict):
        refunds.pay_out(session, refund_id=refund_id, actor=FINANCE, now=business_now)


def test_a_refused_refund_frees_its_amount(session: Session, sold: Order, business_now: datetime) -> None:
    refund_id = _compensation(session, sold, "80.00", business_now)
    refunds.refuse(session, refund_id=refund_id, reason="paid by the carrier", actor=FINANCE, now=business_now)
    assert session.query(Refund).populate_existing().one().status == "refused"
    assert _compensation(session, sold, "80.00", business_now, "k2")


def test_a_return_whose_refund_is_refused_is_over(session: Session, sold: Order, business_now: datetime) -> None:
    refund_id = inspect(session, received(session, sold, business_now), business_now, restock=2, scrap=0)
    refunds.refuse(session, refund_id=refund_id, reason="paid by the carrier", actor=FINANCE, now=business_now)
    assert session.query(Return).populate_existing().one().status == "closed"


@pytest.mark.parametrize(("lies_there", "money"), [(1, 10), (4, 40)])
def test_a_count_that_was_wrong_is_corrected_before_the_inspection(
    session: Session, sold: Order, business_now: datetime, lies_there: int, money: int
) -> None:
    """Mistyped, or a second parcel came: stock and money follow what lies there."""
    return_id = ask_back(session, sold, business_now, 4)
    returns.decide(session, return_id=return_id, approve=True, reason="", actor=SERVICE, now=business_now)

    def counted(pieces: int) -> list[Arrived]:
        return [Arrived(code_of(session, sold), Decimal(pieces))]

    by = {"return_id": return_id, "actor": "staff:bob", "now": business_now}
    with pytest.raises(Conflict, match="does not wait"):
        recounts.recount(session, arrived=counted(1), **by)
    returns.receive(session, arrived=counted(2), **by)
    with pytest.raises(InputInvalid):
        recounts.recount(session, arrived=counted(5), **by)
    recounts.recount(session, arrived=counted(lies_there), **by)
    inspect(session, return_id, business_now, restock=lies_there, scrap=0)
    assert session.query(Refund).one().amount == money
    [told] = session.query(HistoryEntry).filter_by(event="return.counted_again")
    assert (list(told.data["was"].values()), list(told.data["became"].values())) == (["2.000"], [str(lies_there)])
    with pytest.raises(Conflict, match="does not wait"):
        recounts.recount(session, arrived=counted(2), **by)
    assert unbalanced(session) == []
