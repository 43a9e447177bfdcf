"""What people decide on held orders: approve, amend, escalate, return, reject; who may (V-3, V-5, V-7)."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.errors import Conflict, Fenced, InputInvalid, NotAllowed, NotFound
from oms.journey import holds
from oms.journey.models import ErrorEvent, HistoryEntry, Hold
from oms.messages.models import Message
from oms.orders.models import Finding, Order, OrderLine
from oms.verification import decisions, review
from oms.verification.decisions import Decision
from tests.factories.orders import ADDRESS
from tests.factories.verification import (
    DIRECTOR,
    MANAGER,
    SPECIALIST,
    House,
    again,
    make_house,
    make_web_order,
    open_step,
    running,
    verified,
)

ROLES = {SPECIALIST: ["order_specialist"], MANAGER: ["order_manager"], DIRECTOR: ["general_manager"]}


@pytest.fixture
def house(session: Session) -> House:
    return make_house(session)


def _decide(
    session: Session,
    order: Order,
    kind: str,
    actor: str,
    now: datetime,
    verdict: str,
    reason: str = "talked",
    **given: Any,
) -> str:
    step = open_step(session, kind, order)
    decision = Decision(verdict, reason, **given)
    outcome = decisions.decide(
        session, step_id=step.id, token=step.token, decision=decision, actor=actor, roles=ROLES[actor], now=now
    )
    session.expire_all()
    return outcome


def test_an_approval_settles_what_was_found_with_its_reason_and_goes_on(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house, line={"unit_price": Decimal(7)})
    verified(session, order, business_now)
    assert (
        _decide(session, order, "final_review", MANAGER, business_now, "approve", "friend of the house") == "approved"
    )
    found = session.query(Finding).filter_by(order_id=order.id).one()
    assert (found.rule, found.settled_by, "friend" in found.settlement) == ("price_below_floor", MANAGER, True)
    assert (running(session, order), holds.standing(session, order_ids=[order.id])) == ({"confirm"}, {})


def test_what_must_be_mended_cannot_be_approved(session: Session, house: House, business_now: datetime) -> None:
    order = make_web_order(session, house, line={"sku_id": None})
    verified(session, order, business_now)
    with pytest.raises(Conflict, match="mend first") as refused:
        _decide(session, order, "review", SPECIALIST, business_now, "approve")
    assert list(refused.value.fields) == ["lines.0.sku"]


def test_an_amendment_is_verified_again_in_a_new_round_and_names_private_fields_by_hash_only(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house, ship_to={**ADDRESS, "city": None, "lines": []}, line={"sku_id": None})
    verified(session, order, business_now)
    changes = {"ship_to.city": "深圳市", "ship_to.lines": "高新南一道9号\n3楼", "lines.0.sku": house.sku.code}
    assert _decide(session, order, "review", SPECIALIST, business_now, "amend", changes=changes) == "amended"
    assert order.ship_to["lines"] == ["高新南一道9号", "3楼"]
    entry = session.query(HistoryEntry).filter_by(order_id=order.id, event="order.amended").one()
    assert "高新" not in str(entry.data)
    assert entry.data["became"]["lines.0.sku"] == house.sku.code
    assert again(session, "verify", review.verify, business_now)[order.id].outcome == "passed"
    assert (order.round, running(session, order), session.query(Hold).filter_by(released_at=None).count()) == (
        1,
        {"confirm"},
        0,
    )


def test_who_amends_the_city_leaves_no_town_and_code_of_the_former_one(
    session: Session, house: House, business_now: datetime
) -> None:
    place = {**ADDRESS, "town": "粤海街道", "phone_ext": "801"}
    order = make_web_order(session, house, ship_to=place, buyer_message="to my parents, please")
    verified(session, order, business_now)
    changes = {"ship_to.city": "广州市", "ship_to.district": "天河区", "ship_to.phone": "+8613900139000"}
    _decide(session, order, "review", SPECIALIST, business_now, "amend", changes=changes)
    gone = dict.fromkeys(("town", "adcode", "phone_ext"))
    moved = {"city": "广州市", "district": "天河区", "phone": "+8613900139000"}
    assert order.ship_to == {**place, **moved, **gone}


def test_an_amended_quantity_recounts_line_and_total_and_settles_the_mismatch(
    session: Session, house: House, business_now: datetime
) -> None:
    problem = {"code": "total_mismatch", "severity": "hold", "field": "totals.total", "message": "30.00 and 10.00"}
    order = make_web_order(session, house, problems=[problem], total=Decimal(30))
    verified(session, order, business_now)
    _decide(session, order, "review", SPECIALIST, business_now, "amend", changes={"lines.0.qty": "3"})
    line = session.query(OrderLine).filter_by(order_id=order.id).one()
    assert (line.qty, line.total, order.total, order.problems) == (3, 30, 30, [])
    assert again(session, "verify", review.verify, business_now)[order.id].outcome == "passed"


@pytest.mark.parametrize(("qty", "state"), [("3", "partially_paid"), ("2", "paid"), ("1", "overpaid")])
def test_an_amended_sum_is_held_against_what_was_paid(
    session: Session, house: House, business_now: datetime, qty: str, state: str
) -> None:
    order = make_web_order(session, house, buyer_message="?", line={"qty": Decimal(2)}, paid=Decimal(20))
    verified(session, order, business_now)
    _decide(session, order, "review", SPECIALIST, business_now, "amend", changes={"lines.0.qty": qty})
    found = session.get_one(Order, order.id, populate_existing=True)
    assert (found.total, found.paid, found.payment_status) == (int(qty) * 10, 20, state)


@pytest.mark.parametrize(
    ("currency", "amount", "refused"),
    [("CNY", "1.005", True), ("CNY", "1.050", False), ("JPY", "0.5", True), ("KWD", "0.005", False)],
)
def test_an_amended_amount_is_no_finer_than_the_currency(
    session: Session, house: House, business_now: datetime, currency: str, amount: str, refused: bool
) -> None:
    order = make_web_order(session, house, buyer_message="?")
    verified(session, order, business_now)
    session.query(Order).update({"currency": currency})
    changes = {"totals.shipping": amount, "lines.0.discount": amount}
    if not refused:
        assert _decide(session, order, "review", SPECIALIST, business_now, "amend", changes=changes) == "amended"
        return
    with pytest.raises(InputInvalid) as wrong:
        _decide(session, order, "review", SPECIALIST, business_now, "amend", changes=changes)
    assert set(wrong.value.fields) == set(changes)


def test_wrong_amendments_are_named_all_together(session: Session, house: House, business_now: datetime) -> None:
    order = make_web_order(session, house, buyer_message="?")
    verified(session, order, business_now)
    changes = {"lines.0.qty": "-1", "ship_to.planet": "Mars", "payment.terms": "barter", "ship_to.country": "China"}
    with pytest.raises(InputInvalid) as refused:
        _decide(session, order, "review", SPECIALIST, business_now, "amend", changes=changes)
    assert set(refused.value.fields) == set(changes)
    for one in ({"lines.7.qty": "1"}, {"lines.0.sku": "NO-SUCH"}):
        with pytest.raises(InputInvalid) as refused:
            _decide(session, order, "review", SPECIALIST, business_now, "amend", changes=one)
        assert set(refused.value.fields) == set(one)


def test_a_field_keyed_wrongly_counts_against_who_entered_the_order(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house, entered_by=SPECIALIST, line={"sku_id": None})
    verified(session, order, business_now)
    changes = {"lines.0.sku": house.sku.code}
    with pytest.raises(InputInvalid, match="nothing would change"):
        _decide(
            session, order, "review", MANAGER, business_now, "amend", changes={"seller_memo": None}, entry_error=True
        )
    _decide(session, order, "review", MANAGER, business_now, "amend", changes=changes, entry_error=True)
    fault = session.query(ErrorEvent).one()
    assert (fault.person, fault.stage, fault.cause, fault.caught) == (SPECIALIST, "entry", "entry", True)


def test_who_asked_may_not_decide(session: Session, house: House, business_now: datetime) -> None:
    own = make_web_order(session, house, entered_by=MANAGER, buyer_message="?")
    repriced = make_web_order(session, house, buyer_message="?")
    verified(session, own, business_now), verified(session, repriced, business_now)
    with pytest.raises(NotAllowed, match="G-1"):
        _decide(session, own, "review", MANAGER, business_now, "approve")
    changes = {"lines.0.unit_price": "9"}
    _decide(session, repriced, "review", MANAGER, business_now, "amend", changes=changes)
    again(session, "verify", review.verify, business_now)
    with pytest.raises(NotAllowed, match="G-1"):
        _decide(session, repriced, "review", MANAGER, business_now, "approve")


def test_escalated_and_returned_hand_the_hold_over_with_a_clock_of_its_own(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house, buyer_message="?")
    verified(session, order, business_now)
    assert _decide(session, order, "review", SPECIALIST, business_now, "escalate") == "escalated"
    assert session.query(Hold.owner).filter_by(released_at=None).all() == [("order_manager",)]
    assert _decide(session, order, "final_review", MANAGER, business_now, "return") == "returned"
    assert session.query(Hold.owner).filter_by(released_at=None).all() == [("order_specialist",)]
    assert (order.round, running(session, order)) == (1, {"review"})


def test_refusing_for_good_is_the_general_managers_and_the_customer_is_told(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house, line={"unit_price": Decimal(1)})
    verified(session, order, business_now)
    with pytest.raises(NotAllowed, match="V-5"):
        _decide(session, order, "final_review", MANAGER, business_now, "reject")
    assert _decide(session, order, "final_review", DIRECTOR, business_now, "reject") == "rejected"
    assert (order.status, running(session, order)) == ("rejected", {"tell"})
    assert session.query(Message).one().values["event"] == "rejected"


def test_a_stale_form_a_missing_reason_and_a_foreign_role_are_refused(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house, buyer_message="?")
    verified(session, order, business_now)
    step = open_step(session, "review", order)
    common: dict[str, Any] = {"actor": SPECIALIST, "roles": ROLES[SPECIALIST], "now": business_now, "step_id": step.id}
    with pytest.raises(Fenced):
        decisions.decide(session, token=step.token + 1, decision=Decision("approve", "x"), **common)
    with pytest.raises(NotAllowed):
        decisions.decide(session, token=step.token, decision=Decision("approve", "x"), **{**common, "roles": ["hr"]})
    for wrong in (Decision("approve"), Decision("escalate"), Decision("shrug", "x"), Decision("return", "x")):
        with pytest.raises(InputInvalid):
            decisions.decide(session, token=step.token, decision=wrong, **common)
    with pytest.raises(NotFound):
        decisions.decide(session, token=0, decision=Decision("approve"), **{**common, "step_id": uuid.UUID(int=9)})


def test_reading_the_buyers_message_settles_it_once(session: Session, house: House, business_now: datetime) -> None:
    order = make_web_order(session, house, buyer_message="Ring twice")
    verified(session, order, business_now)
    for _ in range(2):
        decisions.read_message(session, order_id=order.id, actor=SPECIALIST, now=business_now)
    session.expire_all()
    assert session.query(Finding).one().settlement == "read"
    assert session.query(HistoryEntry).filter_by(event="buyer_message.read").count() == 1
    assert _decide(session, order, "review", SPECIALIST, business_now, "approve", "") == "approved"


@pytest.mark.parametrize("field", ["lines.0.sku", "lines.0.name", "payment.terms"])
def test_what_is_no_money_leaves_the_senders_total_that_was_paid(
    session: Session, house: House, business_now: datetime, field: str
) -> None:
    """Shops round: their total may be a cent off the lines, and is what the customer paid."""
    paid = Decimal("9.99")
    order = make_web_order(session, house, line={"sku_id": None}, total=paid, paid=paid)
    verified(session, order, business_now)
    value = {"lines.0.sku": house.sku.code, "lines.0.name": "Cup", "payment.terms": "cod"}[field]
    _decide(session, order, "review", SPECIALIST, business_now, "amend", changes={field: value})
    found = session.get_one(Order, order.id, populate_existing=True)
    assert (found.total, found.payment_status) == (paid, "paid")
