"""A channel's telling is held against its former one: what was corrected here stays corrected (C-6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import put_backs
from oms.intake import inbox
from oms.invariants.check import check
from oms.journey import holds
from oms.journey.steps import Claimed, Done
from oms.money import Money
from oms.orders.models import ChangeRequest, Order, OrderLine
from oms.verification import amendments, payments
from oms.verification.amendments import Amendment
from tests.factories.changes import apply_all, ask, decide, living_steps, pack, pick, statements, wish, wished_line
from tests.factories.floor import Floor, make_floor, released, run_kind
from tests.factories.generic import message, order_json
from tests.factories.orders import ADDRESS, make_channel, make_order, make_sku
from workers import intake, tellings

PAID = {"terms": None, "status": "paid"}
UNPAID = {"payment": {"terms": None, "status": "pending"}, "ship_to": ADDRESS}


@pytest.fixture
def floor(session: Session) -> Floor:
    return make_floor(session)


def _correct(session: Session, order: Order, now: datetime, **changes: Any) -> None:
    named = {name.replace("__", "."): value for name, value in changes.items()}
    amendments.amend(session, order=order, amendment=Amendment(named, "the customer rang"), actor="staff:anna", now=now)


def _tell(
    session: Session, order: Order, now: datetime, first: Mapping[str, Any], wanted: Mapping[str, Any], minutes: int = 0
) -> str:
    wish(session, order, now + timedelta(minutes=minutes), wanted={**first, **wanted})
    [done] = apply_all(session, now, first=lambda session, order_ids: {order.id: first})
    return done.outcome


def _accept(session: Session, channel_id: Any, content: dict[str, Any], now: datetime) -> None:
    inbox.receive(session, channel_id=channel_id, received=[message(content)], now=now)
    run_kind(session, "accept", _accepted, now)


def _accepted(session: Session, *, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    return intake.accept(session, steps, now)


def test_a_payment_leaves_the_corrected_address_and_goods_alone(session: Session, business_now: datetime) -> None:
    cup, pot = make_sku(session), make_sku(session)
    channel = make_channel(session)
    told = order_json("C1", sku=cup.code, payment={"terms": "prepaid", "status": "pending"})
    _accept(session, channel.id, told, business_now)
    order = session.query(Order).one()
    _correct(session, order, business_now, ship_to__lines="新地址 9 号", lines__0__sku=pot.code)
    paid = {**told, "payment": {"terms": "prepaid", "status": "paid"}, "version": "2026-11-18T03:00:00Z"}
    _accept(session, channel.id, paid, business_now)
    [done] = apply_all(session, business_now, first=tellings.first)
    order = session.get_one(Order, order.id)
    assert (done.outcome, order.payment_status, order.round) == ("applied", "paid", 0)
    assert order.ship_to is not None
    assert order.ship_to["lines"] == ["新地址 9 号"]
    assert session.query(OrderLine).one().sku_id == pot.id
    assert check(session) == []


def test_what_the_channel_tells_anew_counts_before_the_correction(session: Session, business_now: datetime) -> None:
    cup = make_sku(session)
    channel = make_channel(session)
    told = order_json("C1", sku=cup.code)
    _accept(session, channel.id, told, business_now)
    order = session.query(Order).one()
    _correct(
        session,
        order,
        business_now,
        ship_to__lines="新地址 9 号",
        ship_to__phone="+8613900139000",
        customer__name="Han",
    )
    moved = {**told, "ship_to": {**told["ship_to"], "lines": ["深南大道7号"]}, "version": "2026-11-18T03:00:00Z"}
    _accept(session, channel.id, moved, business_now)
    apply_all(session, business_now, first=tellings.first)
    order = session.get_one(Order, order.id)
    assert order.ship_to is not None
    assert (order.ship_to["lines"], order.ship_to["phone"]) == (["深南大道7号"], "+8613900139000")
    assert order.contact["name"] == "Han"
    assert order.round == 1


def test_first_tellings_are_read_in_a_fixed_number_of_statements(session: Session, business_now: datetime) -> None:
    cup, channel = make_sku(session), make_channel(session)
    for number in ("C1", "C2", "C3"):
        _accept(session, channel.id, order_json(number, sku=cup.code), business_now)
    orders = {order.id: order.channel_order_id for order in session.query(Order)}
    counts = []
    for some in (list(orders)[:1], list(orders)):
        session.expire_all()
        with statements(session) as seen:
            found = tellings.first(session, some)
        counts.append(len(seen))
        assert {order_id: told["channel_order_id"] for order_id, told in found.items()} == {i: orders[i] for i in some}
    assert counts[0] == counts[1]


def test_money_that_finance_recorded_stays_recorded(session: Session, business_now: datetime) -> None:
    cup, channel = make_sku(session), make_channel(session)
    totals = {"shipping": "0.00", "tax": "0.00", "tax_included": True, "total": "20.00", "paid": "0.00"}
    told = order_json("C1", sku=cup.code, totals=totals, payment={"terms": "prepaid", "status": "pending"})
    _accept(session, channel.id, told, business_now)
    order = session.query(Order).one()
    money = Money(Decimal(20), "CNY")
    payments.record_payment(
        session, order_id=order.id, amount=money, reference="BANK-7", actor="staff:eve", now=business_now
    )
    _accept(
        session, channel.id, {**told, "buyer_message": "quick please", "version": "2026-11-18T03:00:00Z"}, business_now
    )
    apply_all(session, business_now, first=tellings.first)
    order = session.get_one(Order, order.id)
    assert (order.payment_status, order.paid, order.buyer_message) == ("paid", 20, "quick please")
    assert check(session) == []


def test_a_payment_stops_no_packed_order_that_was_corrected(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = released(session, floor, business_now, payment_status="pending")
    order = session.get_one(Order, fulfilment.order_id)
    _correct(session, order, business_now, ship_to__lines="新地址 9 号")
    pick(session, fulfilment, business_now)
    pack(session, fulfilment, business_now)
    before = living_steps(session, order)
    assert _tell(session, order, business_now, UNPAID, {"payment": PAID}) == "applied"
    assert living_steps(session, order) == before
    assert holds.standing(session, order_ids=[order.id]) == {}
    assert session.get_one(Order, order.id).payment_status == "paid"
    assert check(session) == []


def test_a_line_that_was_dropped_here_stays_away_until_it_is_told_anew(
    session: Session, business_now: datetime
) -> None:
    lines = [{"qty": Decimal(1), "channel_sku": "CUP"}, {"qty": Decimal(2), "channel_sku": "POT"}]
    order = make_order(session, lines=lines, payment_status="pending")
    first = {"lines": [wished_line("1", "CUP", 1), wished_line("2", "POT", 2)], "payment": UNPAID["payment"]}
    _correct(session, order, business_now, lines__0__cancelled=True, lines__1__qty="3")
    assert _tell(session, order, business_now, first, {"payment": PAID}) == "applied"
    assert _quantities(session) == [(1, 1), (3, 0)]
    more = [*first["lines"], wished_line("3", "LID", 1)]
    _tell(session, order, business_now, first, {"lines": more}, 1)
    assert _quantities(session) == [(1, 1), (3, 0), (1, 0)]
    _tell(session, order, business_now, first, {"lines": [wished_line("1", "CUP", 5), *more[1:]]}, 2)
    assert _quantities(session) == [(5, 0), (3, 0), (1, 0)]
    assert _broken(session) == []


def _broken(session: Session) -> list[str]:
    """The invariants that do not hold. These tellings name no sums, and some of these orders were written without history."""
    spared = ("totals_hold", "an_order_begins_once", "state_is_fold_of_history")
    return [found.name for found in check(session) if found.name not in spared]


def _quantities(session: Session) -> list[tuple[Decimal, Decimal]]:
    session.expire_all()
    return [(line.qty, line.qty_cancelled) for line in session.query(OrderLine).order_by(OrderLine.position)]


def test_what_was_declined_is_not_asked_again_with_the_next_payment(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = released(session, floor, business_now, qty=2, payment_status="pending")
    pick(session, fulfilment, business_now, stops=1)
    order = session.get_one(Order, fulfilment.order_id)
    less = {"lines": [wished_line("1", floor.skus[0].code, 1)]}
    assert _tell(session, order, business_now, UNPAID, less) == "approval"
    decide(session, session.query(ChangeRequest).one().id, business_now, approve=False)
    assert _tell(session, order, business_now, UNPAID, {**less, "payment": PAID}, 1) == "applied"
    assert holds.standing(session, order_ids=[order.id]) == {}
    assert session.get_one(Order, order.id).payment_status == "paid"


def test_what_the_desk_changed_stays_when_the_channel_tells_the_rest(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = make_order(session, payment_status="pending")
    decide(
        session,
        ask(session, order, business_now, kind="update", wanted={"ship_to": {"lines": ["新地址 9 号"]}}),
        business_now,
    )
    assert (
        _tell(session, order, business_now, UNPAID, {"payment": PAID, "buyer_message": "quick please"}, 1) == "applied"
    )
    order = session.get_one(Order, order.id)
    assert order.ship_to is not None
    assert (order.ship_to["lines"], order.buyer_message) == (["新地址 9 号"], "quick please")


def test_what_is_told_while_the_goods_go_back_is_carried_out_after_the_approved_change(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = released(session, floor, business_now, qty=2, payment_status="pending")
    pick(session, fulfilment, business_now, stops=1)
    order = session.get_one(Order, fulfilment.order_id)
    less: dict[str, Any] = {"lines": [wished_line("1", floor.skus[0].code, 1)]}
    assert _tell(session, order, business_now, UNPAID, less) == "approval"
    decide(session, session.query(ChangeRequest).one().id, business_now)
    moved = {**less, "ship_to": {**ADDRESS, "lines": ["新地址 9 号"]}}
    assert _tell(session, order, business_now, UNPAID, moved, 1) == "applied"
    put_backs.put_back_done(session, fulfilment_ids=[fulfilment.id], actor="staff:bob", now=business_now)
    apply_all(session, business_now)
    order = session.get_one(Order, order.id)
    assert order.ship_to is not None
    assert (order.ship_to["lines"], order.status) == (["新地址 9 号"], "received")
    assert {r.status for r in session.query(ChangeRequest)} == {"applied"}
    assert living_steps(session, order) == {"verify": "open"}
    assert _broken(session) == []
