"""Verification: clean regular orders pass at once, the rest hold once with owner and clock, set-based."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from oms.catalog.models import BundlePart
from oms.journey.models import Hold
from oms.messages.models import Message
from oms.orders.models import Finding, Order
from oms.verification import confirmation, decisions, review
from oms.verification.decisions import Decision
from tests.factories.changes import apply_all, wish
from tests.factories.orders import ADDRESS, make_channel, make_sku, make_stock
from tests.factories.verification import (
    SPECIALIST,
    House,
    again,
    make_customer,
    make_house,
    make_price,
    make_web_order,
    open_step,
    run,
    running,
    set_policy,
    verified,
)


@pytest.fixture
def house(session: Session) -> House:
    return make_house(session)


def _rules(session: Session, order: Order) -> set[str]:
    return {f.rule for f in session.query(Finding).filter_by(order_id=order.id, severity="hold")}


def test_a_clean_paid_web_order_passes_and_opens_its_confirmation(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house)
    assert verified(session, order, business_now) == "passed"
    assert running(session, order) == {"confirm"}
    assert session.query(Hold).count() == 0


def test_a_held_order_has_one_hold_with_owner_clock_and_the_step_that_resolves_it(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house, line={"sku_id": None}, buyer_message="Ring twice, please")
    assert verified(session, order, business_now) == "held"
    hold = session.query(Hold).one()
    assert (hold.owner, hold.resolving_kind) == ("order_specialist", "review")
    assert hold.due_at == open_step(session, "review", order).due_at > business_now
    assert "TEA" in hold.explanation["en"]
    assert "留言" in hold.explanation["zh_Hans"]
    assert (order.status, _rules(session, order)) == ("verifying", {"sku_unknown", "message_unread"})


def test_the_strongest_owner_decides_when_several_have_findings(
    session: Session, house: House, business_now: datetime
) -> None:
    cheap = make_web_order(session, house, line={"unit_price": Decimal(2)}, buyer_message="?")
    owing = make_web_order(session, house, payment_terms="account", paid=None, payment_status="none")
    run(session, "verify", review.verify, [cheap, owing], business_now)
    assert running(session, cheap) == {"final_review"}
    assert running(session, owing) == {"finance_review"}
    assert _rules(session, owing) == {"terms_not_allowed", "credit_exceeded"}


def test_a_key_customers_order_is_important_and_goes_to_the_manager(
    session: Session, house: House, business_now: datetime
) -> None:
    who = make_customer(session, key_customer=True)
    order = make_web_order(session, house, customer_id=who.id)
    assert verified(session, order, business_now) == "held"
    assert (order.order_class, running(session, order)) == ("important", {"final_review"})


def test_the_switch_sends_every_order_to_final_review(session: Session, house: House, business_now: datetime) -> None:
    set_policy(session, "verification.every_order_reviewed", True, business_now)
    order = make_web_order(session, house)
    assert verified(session, order, business_now) == "held"
    assert (_rules(session, order), order.order_class) == ({"every_order"}, "regular")


@pytest.mark.parametrize("sums", [{}, {"total": None}])
def test_credit_counts_the_customers_earlier_open_orders(
    session: Session, house: House, business_now: datetime, sums: dict[str, None]
) -> None:
    who = make_customer(session, payment_terms="account", credit_limit=Decimal(15), credit_currency="CNY")
    terms = {"payment_terms": "account", "paid": None, "payment_status": "none", "customer_id": who.id} | sums
    first = make_web_order(session, house, **terms)
    later = make_web_order(session, house, received_at=business_now + timedelta(minutes=1), **terms)
    done = run(session, "verify", review.verify, [later, first], business_now)
    assert (done[first.id].outcome, done[later.id].outcome) == ("passed", "held")
    assert _rules(session, later) == {"credit_exceeded"}


def test_an_account_order_that_is_long_unpaid_holds_the_next_one(
    session: Session, house: House, business_now: datetime
) -> None:
    who = make_customer(session, payment_terms="account", credit_limit=Decimal(999))
    terms = {"payment_terms": "account", "paid": None, "payment_status": "none", "customer_id": who.id}
    make_web_order(session, house, status="closed", closed_at=business_now - timedelta(days=31), **terms)
    order = make_web_order(session, house, received_at=business_now, **terms)
    assert verified(session, order, business_now) == "held"
    assert _rules(session, order) == {"payment_overdue"}


def test_the_channels_own_price_goes_before_the_general_one(
    session: Session, house: House, business_now: datetime
) -> None:
    channel = make_channel(session)
    make_price(session, house.sku, channel_id=channel.id, list_price=Decimal(5), floor_price=Decimal(4))
    order = make_web_order(session, house, line={"unit_price": Decimal(5)}, channel_id=channel.id)
    assert verified(session, order, business_now) == "passed"


def test_a_price_list_in_another_currency_only_holds_and_names_the_currency(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house, currency="USD")
    assert verified(session, order, business_now) == "held"
    found = session.query(Finding).filter_by(order_id=order.id).one()
    assert (found.rule, found.field, "USD" in found.en) == ("price_in_other_currency", "lines.0.unit_price", True)


def test_a_date_that_stock_cannot_meet_names_the_possible_one(
    session: Session, house: House, business_now: datetime
) -> None:
    scarce = make_sku(session, lead_days=10)
    make_stock(session, house.warehouse, scarce, 0)
    make_price(session, scarce)
    soon = business_now + timedelta(days=5)
    order = make_web_order(session, house, line={"sku_id": scarce.id}, requested_deliver_by=soon)
    assert verified(session, order, business_now) == "held"
    found = session.query(Finding).filter_by(order_id=order.id).one()
    # Wednesday the 18th, 11 working days on is Thursday the 3rd, and two days of transit.
    assert (found.rule, "2026-12-05" in found.en) == ("date_infeasible", True)


def test_a_bundle_is_judged_by_its_parts_stock(session: Session, house: House, business_now: datetime) -> None:
    bundle = make_sku(session, bundle=True)
    session.add(BundlePart(bundle_id=bundle.id, part_id=house.sku.id, qty=Decimal(30)))
    make_price(session, bundle)
    soon = business_now + timedelta(days=4)
    fits, short = (
        make_web_order(session, house, line={"sku_id": bundle.id, "qty": Decimal(n)}, requested_deliver_by=soon)
        for n in (3, 4)
    )
    done = run(session, "verify", review.verify, [fits], business_now)
    done |= run(session, "verify", review.verify, [short], business_now)
    assert (done[fits.id].outcome, done[short.id].outcome) == ("passed", "held")


def test_a_country_that_no_carrier_serves_holds(session: Session, house: House, business_now: datetime) -> None:
    order = make_web_order(session, house, ship_to={**ADDRESS, "country": "IS", "adcode": None}, ship_country="IS")
    assert verified(session, order, business_now) == "held"
    assert _rules(session, order) == {"country_unserved"}


@contextmanager
def _counted(session: Session) -> Iterator[list[str]]:
    said: list[str] = []
    connection = session.connection()

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    yield said
    event.remove(connection, "before_cursor_execute", note)


def _statements(session: Session, house: House, count: int, now: datetime) -> tuple[int, int]:
    clean = [make_web_order(session, house) for _ in range(count)]
    held = [make_web_order(session, house, buyer_message="?") for _ in range(count)]
    session.flush()
    session.expunge_all()
    with _counted(session) as verifying:
        run(session, "verify", review.verify, [*clean, *held], now)
    with _counted(session) as confirming:
        again(session, "confirm", confirmation.confirm, now)
    return len(verifying), len(confirming)


def test_a_batch_of_a_hundred_takes_as_many_statements_as_one(session: Session, business_now: datetime) -> None:
    house = make_house(session, stock=1000)
    _statements(session, house, 1, business_now)  # policy and calendars are read once in a transaction
    one, hundred = (_statements(session, house, count, business_now) for count in (1, 100))
    assert one == hundred
    assert max(hundred) <= 30


def test_goods_whose_payment_went_back_wait_for_a_person_and_then_for_money(
    session: Session, house: House, business_now: datetime
) -> None:
    """Channels tell what was paid before refunds, so that all of it seems to be there."""
    order = make_web_order(session, house)
    assert verified(session, order, business_now) == "passed"
    wish(session, order, business_now, wanted={"payment": {"terms": None, "status": "refunded"}})
    assert [done.outcome for done in apply_all(session, business_now)] == ["applied"]
    assert again(session, "verify", review.verify, business_now)[order.id].outcome == "held"
    assert _rules(session, order) == {"payment_given_back"}
    step = open_step(session, "review", order)
    decisions.decide(
        session, step_id=step.id, token=step.token, decision=Decision("approve", "wanted all the same"),
        actor=SPECIALIST, roles=["order_specialist"], now=business_now,
    )  # fmt: skip
    assert again(session, "confirm", confirmation.confirm, business_now)[order.id].outcome == "payment"
    [told] = session.query(Message).filter_by(order_id=order.id)
    assert (told.values["content"]["totals"]["total"], told.values["content"]["totals"]["paid"]) == ("10", "0")
