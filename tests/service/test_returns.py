"""Returns from request to refund: window, scan, inspection on the ledger, money with four eyes (S-2)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.aftersales import inspections, refunds, returns
from oms.aftersales.inspections import Found
from oms.aftersales.models import Refund, Return, ReturnLine
from oms.aftersales.refunds import NewRefund
from oms.aftersales.returns import Arrived, Wanted
from oms.catalog.models import Sku
from oms.db import new_id
from oms.errors import Conflict, InputInvalid, NotAllowed
from oms.inventory import ledger
from oms.inventory.ledger import Move
from oms.inventory.models import Bin, BinStock, Stock
from oms.journey.models import Step
from oms.orders.models import Order, OrderLine
from tests.factories.changes import pick, unbalanced
from tests.factories.floor import make_floor, released

SERVICE, INSPECTOR, FINANCE, BOSS = "staff:service", "staff:quality", "staff:finance", "staff:boss"


@pytest.fixture
def sold(session: Session, business_now: datetime) -> Order:
    """An order of 4 + 4 pieces that was picked, handed over and delivered."""
    floor = make_floor(session)
    fulfilment = released(session, floor, business_now, qty=4)
    pick(session, fulfilment, business_now)
    order = session.get_one(Order, fulfilment.order_id)
    _ship(session, order, business_now)
    return order


def _ship(session: Session, order: Order, now: datetime) -> None:
    """Stock leaves as at hand-over, and the parcel is signed for."""
    rows = session.execute(
        text("""SELECT r.id, r.warehouse_id, r.sku_id, r.qty, b.id AS bin_id FROM reservation r
                JOIN bin b ON b.warehouse_id = r.warehouse_id AND b.kind = 'packing' WHERE r.order_id = :o"""),
        {"o": order.id},
    ).all()
    moves = [Move(f"ship:{r.id}", r.warehouse_id, r.sku_id, "ship", -r.qty, -r.qty, r.bin_id, order.id) for r in rows]
    ledger.post(session, moves, actor="system", now=now)
    session.execute(text("UPDATE reservation SET qty_shipped = qty"))
    session.execute(
        text("UPDATE order_line SET qty_reserved = 0, qty_packed = qty, qty_shipped = qty, qty_delivered = qty")
    )
    session.execute(
        text("""INSERT INTO parcel (id, number, reference, order_id, fulfilment_id, position, weight_g, length_mm, width_mm,
                height_mm, carrier_id, service, label_status, tracking_status, packed_at, packed_by, delivered_at)
                SELECT :id, 'PA-1', 'r', order_id, id, 0, 1, 1, 1, 1, carrier_id, service, 'used', 'delivered', :now, 's', :now
                FROM fulfilment"""),
        {"id": new_id(), "now": now},
    )
    session.expire_all()


def _line(session: Session, order: Order, place: int = 0) -> OrderLine:
    found = session.query(OrderLine).filter_by(order_id=order.id).order_by(OrderLine.position).populate_existing()
    return found.all()[place]


def _ask(session: Session, order: Order, now: datetime, qty: int = 2, **given: Any) -> uuid.UUID:
    values = {"wanted": [Wanted(_line(session, order).id, Decimal(qty))], "reason": "faulty", "actor": SERVICE, **given}
    return returns.request(session, order_id=order.id, now=now, **values)


def _received(session: Session, order: Order, now: datetime, qty: int = 2) -> uuid.UUID:
    return_id = _ask(session, order, now, qty)
    returns.decide(session, return_id=return_id, approve=True, reason="", actor=SERVICE, now=now)
    arrived = [Arrived(_code(session, order), Decimal(1)) for _ in range(qty)]
    returns.receive(session, return_id=return_id, arrived=arrived, actor="staff:bob", now=now)
    return return_id


def _code(session: Session, order: Order) -> str:
    return session.get_one(Sku, _line(session, order).sku_id).code


def _inspect(session: Session, return_id: uuid.UUID, now: datetime, restock: int, scrap: int, **given: Any) -> Any:
    line = session.query(ReturnLine).filter_by(return_id=return_id).one()
    found = Found(line.order_line_id, line.sku_id, Decimal(restock), Decimal(scrap), "one is chipped", **given)
    return inspections.inspect(session, return_id=return_id, found=[found], actor=INSPECTOR, now=now)


def test_inspected_goods_go_back_to_sale_or_to_scrap(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = _received(session, sold, business_now)
    assert {s.on_hand for s in session.query(Stock)} == {6}
    _inspect(session, return_id, business_now, restock=1, scrap=1)
    line = _line(session, sold)
    stock = session.query(Stock).filter_by(sku_id=line.sku_id).populate_existing().one()
    desk = session.query(BinStock).join(Bin, Bin.id == BinStock.bin_id).filter(Bin.kind == "returns").one()
    assert (stock.on_hand, desk.on_hand, line.qty_returned) == (7, 0, 2)
    assert unbalanced(session) == []


def test_the_refund_is_what_the_returned_goods_cost(session: Session, sold: Order, business_now: datetime) -> None:
    refund_id = _inspect(session, _received(session, sold, business_now), business_now, restock=2, scrap=0)
    refund = session.get_one(Refund, refund_id)
    assert (refund.amount, refund.currency, refund.status) == (20, "CNY", "pending")
    refunds.pay_out(session, refund_id=refund_id, actor=FINANCE, now=business_now)
    session.expire_all()
    order = session.get_one(Order, sold.id)
    assert (order.payment_status, order.return_status) == ("partially_refunded", "partially_returned")
    assert session.query(Return).one().status == "settled"
    assert session.query(Step).filter_by(kind="refund").one().outcome == "paid_out"


def test_what_the_customer_broke_is_not_paid_back(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = _received(session, sold, business_now)
    assert _inspect(session, return_id, business_now, restock=0, scrap=2, refundable=False) is None
    assert session.query(Return).populate_existing().one().status == "closed"
    assert session.query(Refund).count() == 0


@pytest.mark.parametrize(("qty", "field"), [(5, "lines.0.qty"), (0, "lines.0.qty")])
def test_no_more_comes_back_than_was_shipped(
    session: Session, sold: Order, business_now: datetime, qty: int, field: str
) -> None:
    with pytest.raises(InputInvalid) as refused:
        _ask(session, sold, business_now, qty)
    assert field in refused.value.fields


def test_what_is_asked_for_already_cannot_be_asked_for_again(
    session: Session, sold: Order, business_now: datetime
) -> None:
    _ask(session, sold, business_now, 3)
    with pytest.raises(InputInvalid, match="cannot be returned"):
        _ask(session, sold, business_now, 2)


@pytest.mark.parametrize(("day", "allowed"), [(25, True), (26, False)])
def test_without_reason_only_until_the_end_of_the_seventh_day(
    session: Session, sold: Order, business_now: datetime, day: int, allowed: bool
) -> None:
    later = business_now.replace(day=day, hour=2)  # delivered on the 18th; the window ends on the 25th at 24:00
    if allowed:
        assert _ask(session, sold, later, reason="no_reason")
        return
    with pytest.raises(InputInvalid) as refused:
        _ask(session, sold, later, reason="no_reason")
    assert "7 days" in refused.value.fields["reason"]


def test_a_declined_return_leaves_the_order_as_it_was(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = _ask(session, sold, business_now)
    assert session.get_one(Order, sold.id, populate_existing=True).return_status == "requested"
    returns.decide(session, return_id=return_id, approve=False, reason="used", actor=SERVICE, now=business_now)
    assert session.get_one(Order, sold.id, populate_existing=True).return_status == "none"
    assert session.query(Return).one().status == "declined"


def test_goods_that_are_not_on_the_return_are_refused(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = _ask(session, sold, business_now)
    returns.decide(session, return_id=return_id, approve=True, reason="", actor=SERVICE, now=business_now)
    other = session.get_one(Sku, _line(session, sold, 1).sku_id).code
    for arrived in ([Arrived(other, Decimal(1))], [Arrived(_code(session, sold), Decimal(3))], []):
        with pytest.raises(InputInvalid):
            returns.receive(session, return_id=return_id, arrived=arrived, actor="staff:bob", now=business_now)


def test_the_inspected_pieces_add_up_to_those_received(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = _received(session, sold, business_now)
    with pytest.raises(InputInvalid, match="not complete"):
        _inspect(session, return_id, business_now, restock=1, scrap=0)


def test_an_inspection_counts_once(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = _received(session, sold, business_now)
    _inspect(session, return_id, business_now, restock=2, scrap=0)
    with pytest.raises(Conflict):
        _inspect(session, return_id, business_now, restock=2, scrap=0)


def test_a_return_that_never_comes_runs_out(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = _ask(session, sold, business_now)
    returns.decide(session, return_id=return_id, approve=True, reason="", actor=SERVICE, now=business_now)
    assert returns.expire_due(session, now=business_now + timedelta(days=15)) == 1
    assert session.query(Return).populate_existing().one().status == "expired"
    assert session.get_one(Order, sold.id, populate_existing=True).return_status == "none"


def _compensation(session: Session, order: Order, amount: str, now: datetime, key: str = "k") -> uuid.UUID:
    new = NewRefund(key, order.id, Decimal(amount), "price difference")
    return refunds.ask(session, new=new, actor=SERVICE, now=now)


def test_never_more_goes_back_than_was_paid(session: Session, sold: Order, business_now: datetime) -> None:
    _compensation(session, sold, "79.00", business_now)
    with pytest.raises(InputInvalid) as refused:
        _compensation(session, sold, "1.01", business_now, "k2")
    assert "1.0000" in refused.value.fields["amount"]
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
