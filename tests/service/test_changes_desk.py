"""What the desk asks for and what a channel tells meanwhile: neither is lost, neither undoes the other (C-4..C-6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import asking
from oms.aftersales.models import Ticket
from oms.errors import Conflict
from oms.invariants.check import check
from oms.journey import holds
from oms.journey.models import HistoryEntry
from oms.messages import rendering
from oms.messages.models import Message
from oms.orders.models import ChangeRequest, Order, OrderLine
from oms.supply import backorders
from oms.verification import confirmation, review
from tests.factories.changes import MANAGER, apply_all, ask, decide, living_steps, pick, unbalanced, wish, wished_line
from tests.factories.floor import Floor, confirmed_order, make_floor, released, run_kind
from tests.factories.verification import again

PAID = {"payment": {"terms": None, "status": "overpaid"}}


@pytest.fixture
def floor(session: Session) -> Floor:
    return make_floor(session)


def _allocated(session: Session, floor: Floor, now: datetime) -> Order:
    order = confirmed_order(session, floor, now, qty=2)
    for line, sku in zip(session.query(OrderLine).order_by(OrderLine.position), floor.skus, strict=True):
        line.channel_sku = sku.code
    run_kind(session, "allocate", backorders.allocate, now)
    return order


def _told(session: Session, order: Order, now: datetime, wanted: dict[str, Any], minutes: int = 1) -> str:
    wish(session, order, now + timedelta(minutes=minutes), wanted=wanted)
    [done] = apply_all(session, now)
    return done.outcome


def _street(order: Order) -> dict[str, Any]:
    return {"ship_to": {**(order.ship_to or {}), "lines": ["新地址 9 号"]}}


def test_a_channels_new_content_leaves_the_desks_wish_to_its_decision(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = _allocated(session, floor, business_now)
    request_id = ask(session, order, business_now)
    assert _told(session, order, business_now, _street(order)) == "applied"
    assert living_steps(session, order) == {"decide_change": "open", "verify": "paused"}
    assert holds.standing(session, order_ids=[order.id]) == {order.id: ["change_requested"]}
    assert check(session) == []
    decide(session, request_id, business_now)
    assert session.get_one(Order, order.id).status == "cancelled"
    assert session.get_one(ChangeRequest, request_id).status == "applied"
    assert check(session) == []


def test_a_declined_wish_lets_the_new_content_be_verified(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = _allocated(session, floor, business_now)
    request_id = ask(session, order, business_now, kind="update", wanted={"seller_memo": "ring twice"})
    _told(session, order, business_now, _street(order))
    decide(session, request_id, business_now, approve=False)
    assert living_steps(session, order) == {"verify": "open"}
    assert holds.standing(session, order_ids=[order.id]) == {}
    assert session.query(ChangeRequest).filter(ChangeRequest.status.in_(("requested", "approved"))).count() == 0
    assert ask(session, order, business_now) != request_id
    assert check(session) == []


def test_lines_that_the_desk_wrote_are_superseded_when_the_channel_changes_them(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = _allocated(session, floor, business_now)
    code = floor.skus[0].code
    request_id = ask(session, order, business_now, kind="update", wanted={"lines": [wished_line("1", code, 1)]})
    lines = [wished_line("1", code, 1), wished_line("2", floor.skus[1].code, 2), wished_line("3", code, 1)]
    assert _told(session, order, business_now, {"lines": lines}) == "applied"
    assert session.get_one(ChangeRequest, request_id).status == "superseded"
    entry = session.query(HistoryEntry).filter_by(subject_id=request_id, became="superseded").one()
    assert "ask again" in entry.cause
    assert living_steps(session, order) == {"verify": "open"}
    assert holds.standing(session, order_ids=[order.id]) == {}
    with pytest.raises(Conflict, match="superseded"):
        asking.decide(session, change_id=request_id, approve=True, reason="", actor=MANAGER, now=business_now)
    assert check(session) == []


def test_a_declined_wish_frees_no_order_of_which_another_one_waits(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = released(session, floor, business_now, qty=2)
    pick(session, fulfilment, business_now, stops=1)
    order = session.get_one(Order, fulfilment.order_id)
    request_id = ask(session, order, business_now)
    assert _told(session, order, business_now, {"lines": [wished_line("1", floor.skus[0].code, 1)]}) == "approval"
    decide(session, request_id, business_now, approve=False)
    assert holds.standing(session, order_ids=[order.id]) == {order.id: ["change_requested"]}
    other = session.query(ChangeRequest).filter(ChangeRequest.id != request_id).one()
    decide(session, other.id, business_now, approve=False)
    assert holds.standing(session, order_ids=[order.id]) == {}
    assert check(session) == []


def test_an_approved_cancellation_survives_the_payment_that_was_told_after_it(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = _allocated(session, floor, business_now)
    request_id = ask(session, order, business_now)
    assert _told(session, order, business_now, PAID) == "applied"
    decide(session, request_id, business_now)
    assert session.get_one(ChangeRequest, request_id).status == "applied"
    assert session.get_one(Order, order.id).status == "cancelled"
    assert holds.standing(session, order_ids=[order.id]) == {}
    assert (unbalanced(session), check(session)) == ([], [])


def test_a_wish_that_comes_too_late_leaves_no_hold(session: Session, floor: Floor, business_now: datetime) -> None:
    order = _allocated(session, floor, business_now)
    request_id = ask(session, order, business_now)
    asking.decide(session, change_id=request_id, approve=True, reason="", actor=MANAGER, now=business_now)
    session.query(ChangeRequest).filter_by(id=request_id).update({"status": "superseded"})
    [done] = apply_all(session, business_now)
    assert done.outcome == "superseded"
    assert holds.standing(session, order_ids=[order.id]) == {}


@pytest.mark.parametrize(("qty", "sum_known"), [(1, True), (1, False), (7, True), (7, False)])
def test_what_the_desk_changes_of_a_paid_order_is_held_against_what_was_paid(
    session: Session, floor: Floor, business_now: datetime, qty: int, sum_known: bool
) -> None:
    order = _allocated(session, floor, business_now)
    if not sum_known:
        session.query(Order).update({"paid": None})
    was = session.get_one(Order, order.id).total
    first = session.query(OrderLine).order_by(OrderLine.position).all()[0]
    wanted = {"lines": [wished_line(first.line_ref, floor.skus[0].code, qty)]}
    decide(session, ask(session, order, business_now, kind="update", wanted=wanted), business_now)
    found = session.get_one(Order, order.id)
    state = "partially_paid" if qty > 1 else "overpaid"
    assert (found.payment_status, found.paid, found.total) == (state, was, qty * 10)
    assert session.query(Ticket).filter(Ticket.order_id == order.id).count() == (state == "overpaid")
    again(session, "verify", review.verify, business_now)
    again(session, "confirm", confirmation.confirm, business_now)
    assert ("pay" in living_steps(session, order)) is (qty > 1)
    assert check(session) == []


def test_what_the_desk_changes_of_the_lines_changes_the_sums(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = _allocated(session, floor, business_now)
    first = session.query(OrderLine).order_by(OrderLine.position).all()[0]
    kept = wished_line(first.line_ref, floor.skus[0].code, 1)
    decide(session, ask(session, order, business_now, kind="update", wanted={"lines": [kept]}), business_now)
    found = session.get_one(Order, order.id)
    extra = (
        (found.shipping or 0)
        + (found.fees or 0)
        - (found.discount or 0)
        + (0 if found.tax_included else found.tax or 0)
    )
    assert (found.lines_total, found.total) == (10, 10 + extra)
    assert check(session) == []


@pytest.mark.parametrize(("language", "late"), [("en", "too late"), ("zh_Hans", "客服将与您联系")])
def test_a_customer_whose_wish_the_manager_declined_is_not_told_that_it_came_too_late(
    session: Session, floor: Floor, business_now: datetime, language: str, late: str
) -> None:
    """Nobody was asked to call, so no call is promised either; after the hand-over both are true."""
    order = _allocated(session, floor, business_now)
    decide(session, ask(session, order, business_now), business_now, approve=False)
    message = session.query(Message).filter_by(template="change_declined").one()
    house = rendering.House("Tea & Co", "https://oms.example", ZoneInfo("Asia/Shanghai"))

    def told(**more: Any) -> str:
        found = rendering.render(message.template, language=language, values={**message.values, **more}, house=house)
        return found.subject + found.text

    assert ("contact you" in told(), "客服" in told(), late in told()) == (False, False, False)
    assert late in told(late=True)


@pytest.mark.parametrize(("dropped", "qty"), [(0, "2"), (1, "2"), (0, "1")])
def test_who_drops_a_line_of_a_phone_order_leaves_the_promise_of_the_others(
    session: Session, floor: Floor, business_now: datetime, dropped: int, qty: str
) -> None:
    """Its lines have no reference of their own: the goods say which line is meant."""
    order = _allocated(session, floor, business_now)
    session.query(OrderLine).update({"line_ref": None})
    skus = [line.channel_sku or "" for line in session.query(OrderLine).order_by(OrderLine.position)]
    stays = wished_line("", skus[1 - dropped], int(qty), line_ref=None)
    decide(session, ask(session, order, business_now, kind="update", wanted={"lines": [stays]}), business_now)
    lines = session.query(OrderLine).order_by(OrderLine.position).populate_existing().all()
    assert [line.channel_sku for line in lines] == skus
    assert lines[dropped].qty_cancelled == 2
    assert (lines[1 - dropped].qty, lines[1 - dropped].qty_reserved) == (Decimal(qty), Decimal(qty))
    assert (unbalanced(session), check(session)) == ([], [])


def test_who_asks_while_the_goods_of_an_approved_change_go_back_is_told_what_it_waits_for(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = released(session, floor, business_now, qty=2)
    pick(session, fulfilment, business_now, stops=1)
    order = session.get_one(Order, fulfilment.order_id)
    decide(session, ask(session, order, business_now), business_now)
    with pytest.raises(Conflict, match="put back"):
        ask(session, order, business_now)
