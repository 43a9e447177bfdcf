"""Updates: payment goes straight on, content begins a new round, the floor asks the manager (C-4, C-6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import asking, put_backs
from oms.errors import Conflict, InputInvalid, NotAllowed
from oms.fulfilment.models import Fulfilment
from oms.inventory.models import Reservation, Stock
from oms.journey import holds, steps
from oms.journey.models import HistoryEntry, Step
from oms.journey.steps import NewStep
from oms.orders.models import ChangeRequest, Finding, Order, OrderLine
from oms.supply import backorders
from oms.verification import review
from tests.factories.changes import (
    MANAGER,
    SPECIALIST,
    apply_all,
    ask,
    decide,
    living_steps,
    pack,
    pick,
    unbalanced,
    wish,
    wished_line,
)
from tests.factories.floor import Floor, confirmed_order, make_floor, released, run_kind
from tests.factories.orders import make_order, make_sku


@pytest.fixture
def floor(session: Session) -> Floor:
    return make_floor(session)


def _allocated(session: Session, floor: Floor, now: datetime, qty: int = 4) -> Order:
    order = confirmed_order(session, floor, now, qty=qty)
    run_kind(session, "allocate", backorders.allocate, now)
    return order


def _apply(session: Session, order: Order, now: datetime, wanted: dict[str, Any], minutes: int = 0) -> str:
    wish(session, order, now + timedelta(minutes=minutes), wanted=wanted)
    [done] = apply_all(session, now)
    return done.outcome


def test_a_payment_lets_an_order_that_waited_for_it_take_effect(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    lines = [{"qty": Decimal(1), "sku_id": sku.id} for sku in floor.skus]
    order = make_order(session, lines=lines, status="awaiting_confirmation", payment_status="pending", paid=Decimal(0))
    steps.open_steps(session, [NewStep("pay", order.id, order_id=order.id)], now=business_now)
    totals = {"lines": "20.00", "discount": "0.00", "shipping": "0.00", "fees": "0.00", "tax": "0.00",
              "tax_included": True, "total": "20.00", "paid": "20.00"}  # fmt: skip
    wanted = {"payment": {"terms": None, "status": "paid"}, "totals": totals}
    assert _apply(session, order, business_now, wanted) == "applied"
    order = session.get_one(Order, order.id)
    assert (order.status, order.payment_status, order.paid, order.round) == ("confirmed", "paid", 20, 0)
    assert set(living_steps(session, order)) == {"allocate", "collect", "deliver"}


def test_a_payment_of_a_released_order_disturbs_nobody(session: Session, floor: Floor, business_now: datetime) -> None:
    order = session.get_one(Order, released(session, floor, business_now, payment_status="authorized").order_id)
    before = living_steps(session, order)
    assert _apply(session, order, business_now, {"payment": {"terms": None, "status": "paid"}}) == "applied"
    assert living_steps(session, order) == before
    assert session.get_one(Order, order.id).payment_status == "paid"


def test_other_content_before_release_begins_a_new_round(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = _allocated(session, floor, business_now)
    codes = [sku.code for sku in floor.skus]
    session.query(OrderLine).filter_by(order_id=order.id, position=0).update({"channel_sku": codes[0]})
    assert (
        _apply(session, order, business_now, {"lines": [wished_line("1", codes[0], 1), wished_line("9", codes[1], 2)]})
        == "applied"
    )
    order = session.get_one(Order, order.id)
    assert (order.status, order.round) == ("received", 1)
    assert living_steps(session, order) == {"verify": "open"}
    lines = session.query(OrderLine).filter_by(order_id=order.id).order_by(OrderLine.position)
    assert [(x.line_ref, x.qty, x.qty_reserved, x.qty_cancelled) for x in lines] == [
        ("1", 1, 1, 0), ("2", 4, 0, 4), ("9", 2, 0, 0)]  # fmt: skip
    assert sorted(s.reserved for s in session.query(Stock)) == [0, 1]
    assert unbalanced(session) == []


@pytest.mark.parametrize("approve", [False, True])
def test_a_telling_without_any_goods_waits_for_the_manager(
    session: Session, floor: Floor, business_now: datetime, approve: bool
) -> None:
    """A mail that speaks of an order and repeats nothing of it would otherwise leave an order without a line."""
    order = _allocated(session, floor, business_now)
    before = living_steps(session, order)
    assert _apply(session, order, business_now, {"lines": []}) == "approval"
    assert sum(s.reserved for s in session.query(Stock)) == 8
    decide(session, session.query(ChangeRequest).one().id, business_now, approve=approve)
    session.expire_all()
    assert sum(s.reserved for s in session.query(Stock)) == (0 if approve else 8)
    assert living_steps(session, order) == ({"verify": "open"} if approve else before)
    assert holds.standing(session, order_ids=[order.id]) == {}
    assert unbalanced(session) == []


def test_goods_that_stay_wanted_stay_promised(session: Session, floor: Floor, business_now: datetime) -> None:
    order = _allocated(session, floor, business_now)
    address = {**(order.ship_to or {}), "lines": ["新地址 9 号"]}
    assert _apply(session, order, business_now, {"ship_to": address}) == "applied"
    assert {s.reserved for s in session.query(Stock)} == {4}
    assert session.get_one(Order, order.id).ship_to == address
    promise = session.query(Step).filter(Step.order_id == order.id, Step.kind == "deliver").one()
    assert (promise.state, promise.outcome) == ("cancelled", "replaced_by_change")


def test_a_new_word_of_the_buyer_is_unread_again(session: Session, floor: Floor, business_now: datetime) -> None:
    order = make_order(session, buyer_message="Blue, please", buyer_message_read=True)
    assert _apply(session, order, business_now, {"buyer_message": "Red, please"}) == "applied"
    order = session.get_one(Order, order.id)
    assert (order.buyer_message, order.buyer_message_read) == ("Red, please", False)


def test_the_history_names_fields_and_never_private_values(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = make_order(session)
    _apply(session, order, business_now, {"ship_to": {**(order.ship_to or {}), "name": "Han Meimei"}})
    [entry] = session.query(HistoryEntry).filter_by(order_id=order.id, event="order.changed")
    assert entry.data["fields"] == ["ship_to"]
    assert "Han Meimei" not in str(entry.data)


def test_an_older_telling_is_superseded_by_a_later_one(session: Session, floor: Floor, business_now: datetime) -> None:
    order = make_order(session)
    wish(session, order, business_now + timedelta(minutes=1), wanted={"seller_memo": "second"})
    wish(session, order, business_now, wanted={"seller_memo": "first"})
    assert sorted(done.outcome for done in apply_all(session, business_now)) == ["applied", "superseded"]
    assert session.get_one(Order, order.id).seller_memo == "second"


def test_an_address_changes_in_place_while_nothing_is_packed(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = released(session, floor, business_now)
    order = session.get_one(Order, fulfilment.order_id)
    before = living_steps(session, order)
    assert _apply(session, order, business_now, {"ship_to": {**(order.ship_to or {}), "lines": ["9"]}}) == "applied"
    assert living_steps(session, order) == before
    pick(session, fulfilment, business_now)
    pack(session, fulfilment, business_now)
    assert _apply(session, order, business_now, {"ship_to": {**(order.ship_to or {}), "lines": ["8"]}}, 1) == "approval"


def _asked(session: Session, floor: Floor, now: datetime) -> tuple[Order, ChangeRequest]:
    fulfilment = released(session, floor, now, qty=2)
    pick(session, fulfilment, now, stops=1)
    order = session.get_one(Order, fulfilment.order_id)
    assert _apply(session, order, now, {"lines": [wished_line("1", floor.skus[0].code, 1)]}) == "approval"
    return order, session.query(ChangeRequest).one()


def test_a_change_on_the_floor_stops_the_work_until_the_manager_decides(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order, _ = _asked(session, floor, business_now)
    assert holds.standing(session, order_ids=[order.id]) == {order.id: ["change_requested"]}
    assert living_steps(session, order)["pick"] == "paused"
    assert living_steps(session, order)["decide_change"] == "open"


def test_a_declined_change_lets_the_work_go_on(session: Session, floor: Floor, business_now: datetime) -> None:
    order, request = _asked(session, floor, business_now)
    asking.decide(
        session, change_id=request.id, approve=False, reason="picked already", actor=MANAGER, now=business_now
    )
    session.expire_all()
    assert living_steps(session, order)["pick"] in ("open", "claimed")
    assert session.get_one(ChangeRequest, request.id).status == "declined"


def test_an_approved_change_is_carried_out_when_the_goods_are_back(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order, request = _asked(session, floor, business_now)
    asking.decide(session, change_id=request.id, approve=True, reason="", actor=MANAGER, now=business_now)
    apply_all(session, business_now)
    fulfilment = session.query(Fulfilment).one()
    put_backs.put_back_done(session, fulfilment_ids=[fulfilment.id], actor="staff:bob", now=business_now)
    apply_all(session, business_now)
    order = session.get_one(Order, order.id)
    assert (order.status, session.get_one(ChangeRequest, request.id).status) == ("received", "applied")
    assert living_steps(session, order) == {"verify": "open"}
    assert sum(r.qty - r.qty_released for r in session.query(Reservation)) == 1
    assert unbalanced(session) == []


def test_a_second_put_back_is_refused(session: Session, floor: Floor, business_now: datetime) -> None:
    _, request = _asked(session, floor, business_now)
    asking.decide(session, change_id=request.id, approve=True, reason="", actor=MANAGER, now=business_now)
    apply_all(session, business_now)
    fulfilment = session.query(Fulfilment).one()
    put_backs.put_back_done(session, fulfilment_ids=[fulfilment.id], actor="staff:bob", now=business_now)
    with pytest.raises(Conflict):
        put_backs.put_back_done(session, fulfilment_ids=[fulfilment.id], actor="staff:bob", now=business_now)


def test_who_asks_may_not_approve(session: Session, floor: Floor, business_now: datetime) -> None:
    request_id = ask(session, _allocated(session, floor, business_now), business_now)
    with pytest.raises(NotAllowed):
        asking.decide(session, change_id=request_id, approve=True, reason="", actor=SPECIALIST, now=business_now)


def test_a_cancellation_from_the_desk_is_carried_out_once_approved(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = _allocated(session, floor, business_now)
    request_id = ask(session, order, business_now)
    assert session.get_one(Order, order.id).status == "confirmed"
    asking.decide(session, change_id=request_id, approve=True, reason="fine", actor=MANAGER, now=business_now)
    apply_all(session, business_now)
    assert session.get_one(Order, order.id).status == "cancelled"
    assert holds.standing(session, order_ids=[order.id]) == {}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"kind": "update"}, "wanted"),
        ({"kind": "update", "wanted": {"lines": [{"qty": 3}]}}, "wanted"),
        ({"kind": "other"}, "kind"),
    ],
)
def test_a_request_that_is_not_complete_says_what_is_missing(
    session: Session, business_now: datetime, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputInvalid) as refused:
        ask(session, make_order(session), business_now, **given)
    assert field in refused.value.fields


def test_a_second_request_waits_for_the_first(session: Session, business_now: datetime) -> None:
    order = make_order(session)
    ask(session, order, business_now)
    with pytest.raises(Conflict, match="another change"):
        ask(session, order, business_now)


def test_a_line_of_an_unknown_sku_is_written_and_left_to_verification(session: Session, business_now: datetime) -> None:
    sku = make_sku(session)
    order = make_order(session, lines=[{"qty": Decimal(1), "sku_id": sku.id, "channel_sku": sku.code}])
    assert _apply(session, order, business_now, {"lines": [wished_line("1", "NOBODY-KNOWS", 1)]}) == "applied"
    assert session.query(OrderLine).filter_by(order_id=order.id).one().sku_id is None


def test_a_later_telling_replaces_one_that_waits_for_its_decision(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order, first = _asked(session, floor, business_now)
    assert _apply(session, order, business_now, {"lines": [wished_line("1", floor.skus[0].code, 2)]}, 1) == "approval"
    assert session.get_one(ChangeRequest, first.id).status == "superseded"
    assert session.query(Step).filter_by(kind="decide_change", state="open").one().subject_id != first.id


def test_a_payment_ends_no_hold_that_waits_for_a_decision(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = _allocated(session, floor, business_now)
    ask(session, order, business_now)
    assert _apply(session, order, business_now, {"payment": {"terms": None, "status": "overpaid"}}) == "applied"
    assert holds.standing(session, order_ids=[order.id]) == {order.id: ["change_requested"]}


def test_a_wish_that_was_taken_back_lets_the_work_go_on(session: Session, floor: Floor, business_now: datetime) -> None:
    order, _ = _asked(session, floor, business_now)
    assert _apply(session, order, business_now, {"payment": {"terms": None, "status": "paid"}}, 1) == "applied"
    assert holds.standing(session, order_ids=[order.id]) == {}
    assert living_steps(session, order)["pick"] in ("open", "claimed")


def test_an_order_that_waits_for_a_review_is_verified_anew_after_a_change(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = make_order(session, lines=[{"qty": Decimal(1), "sku_id": None, "channel_sku": "NOBODY-KNOWS"}])
    steps.open_steps(session, [NewStep("verify", order.id, order_id=order.id)], now=business_now)
    run_kind(session, "verify", review.verify, business_now)
    assert living_steps(session, order) == {"review": "open"}
    assert _apply(session, order, business_now, {"lines": [wished_line("1", floor.skus[0].code, 1)]}) == "applied"
    assert (living_steps(session, order), holds.standing(session, order_ids=[order.id])) == ({"verify": "open"}, {})
    assert session.query(Finding).filter_by(order_id=order.id, settled_at=None).count() == 0
