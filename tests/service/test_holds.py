"""Holds: placing pauses, releasing the last opens; only a recorded reason moves a due time."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from oms.invariants.check import check
from oms.journey import calendar_store, holds, steps
from oms.journey.calendars import add_duty, duty_between, nth_workday_close
from oms.journey.holds import NewHold
from oms.journey.models import Step, StepPause
from oms.journey.steps import NewStep
from tests.factories.orders import make_order

WHY = {"en": "The address is missing.", "zh_Hans": "缺少收货地址。"}


def _held(session: Session, now: datetime, **given: str) -> tuple[Step, NewHold]:
    order = make_order(session)
    steps.open_steps(session, [NewStep("confirm", order.id, order_id=order.id)], now=now)
    hold = NewHold(order.id, "address", "order_specialist", WHY, now + timedelta(hours=2), **given)  # type: ignore[arg-type]
    holds.place(session, [hold], by="system", now=now)
    return session.query(Step).filter_by(order_id=order.id, kind="confirm").one(), hold


def test_a_hold_pauses_the_orders_steps_with_its_evidence(session: Session, business_now: datetime) -> None:
    step, _ = _held(session, business_now)
    pause = session.query(StepPause).filter_by(step_id=step.id).one()
    assert (step.state, pause.reason, pause.evidence) == ("paused", "ours", "address")


def test_a_step_opened_while_a_hold_stands_is_born_paused(session: Session, business_now: datetime) -> None:
    _, hold = _held(session, business_now)
    new = [
        NewStep("allocate", hold.order_id, order_id=hold.order_id),
        NewStep("review", hold.order_id, order_id=hold.order_id),
    ]
    steps.open_steps(session, new, now=business_now)
    states = {s.kind: s.state for s in session.query(Step).filter_by(order_id=hold.order_id)}
    assert states == {"confirm": "paused", "allocate": "paused", "review": "open"}


def test_releasing_the_last_hold_opens_the_steps(session: Session, business_now: datetime) -> None:
    step, hold = _held(session, business_now)
    second = NewHold(hold.order_id, "credit", "finance", WHY, business_now)
    holds.place(session, [second], by="system", now=business_now)
    later = business_now + timedelta(hours=1)
    assert (
        holds.release_all(session, order_ids=[hold.order_id], by="ann", now=later, why="mended", reasons=["credit"])
        == []
    )
    assert holds.release_all(session, order_ids=[hold.order_id], by="ann", now=later, why="mended") == [hold.order_id]
    session.refresh(step)
    assert step.state == "open"


def test_waiting_for_the_customer_moves_the_due_time_and_our_own_delay_does_not(
    session: Session, business_now: datetime
) -> None:
    moved, hold = _held(session, business_now, pause_reason="customer")
    ours, other = _held(session, business_now)
    before = moved.due_at
    later = business_now + timedelta(hours=1)
    holds.release_all(session, order_ids=[hold.order_id, other.order_id], by="ann", now=later, why="answered")
    session.refresh(moved), session.refresh(ours)
    assert moved.due_at - before == timedelta(hours=1)
    assert ours.due_at == ours.first_due_at
    assert moved.first_due_at == before


@pytest.mark.parametrize(("first", "second", "moved"), [("customer", "ours", 30), ("ours", "customer", 90)])
def test_two_holds_move_the_clock_each_for_its_own_time(
    session: Session, business_now: datetime, first: str, second: str, moved: int
) -> None:
    """The first stands for half an hour, the second a quarter of an hour later for almost two hours."""
    order, start = make_order(session), business_now
    steps.open_steps(session, [NewStep("confirm", order.id, order_id=order.id)], now=start)
    for reason, why, at in (("address", first, start), ("credit", second, start + timedelta(minutes=15))):
        hold = NewHold(order.id, reason, "order_specialist", WHY, at + timedelta(hours=2), pause_reason=why)
        holds.place(session, [hold], by="system", now=at)
    step = session.query(Step).filter_by(order_id=order.id, kind="confirm").one()
    was = step.due_at
    for reason, minutes in (("address", 30), ("credit", 120)):
        at = start + timedelta(minutes=minutes)
        holds.release_all(session, order_ids=[order.id], by="ann", now=at, why="mended", reasons=[reason])
    session.refresh(step)
    assert (step.state, step.due_at - was) == ("open", timedelta(minutes=moved))
    pauses = session.query(StepPause).filter_by(step_id=step.id).order_by(StepPause.started_at).all()
    assert [(pause.reason, pause.evidence) for pause in pauses] == [(first, "address"), (second, "credit")]
    assert check(session, names=["pauses_have_their_evidence", "steps_say_what_they_are"]) == []


def test_a_pause_moves_the_due_time_by_ten_working_days_at_most(session: Session, business_now: datetime) -> None:
    step, hold = _held(session, business_now, pause_reason="customer")
    was = step.due_at
    holds.release_all(session, order_ids=[hold.order_id], by="ann", now=business_now + timedelta(days=60), why="mended")
    session.refresh(step)
    calendar = calendar_store.load(session).of("system")
    paused = duty_between(calendar, business_now, nth_workday_close(calendar, business_now, 10))
    assert step.due_at == add_duty(calendar, was, paused)


def test_the_same_hold_twice_is_one(session: Session, business_now: datetime) -> None:
    _, hold = _held(session, business_now)
    assert holds.place(session, [hold], by="system", now=business_now) == []


def test_the_reminder_moves_with_the_due_time(session: Session, business_now: datetime) -> None:
    """A clock that waited for the customer has as long left as before: its reminder comes as long before the end (X-2)."""
    order = make_order(session)
    steps.open_steps(session, [NewStep("mend_booking", order.id, order_id=order.id)], now=business_now)
    step = session.query(Step).filter_by(kind="mend_booking").one()
    before = step.due_at - step.remind_at  # type: ignore[operator]
    hold = NewHold(order.id, "address", "order_specialist", WHY, business_now, pause_reason="customer")
    holds.place(session, [hold], by="system", now=business_now)
    later = business_now + timedelta(hours=1)
    holds.release_all(session, order_ids=[order.id], by="ann", now=later, why="answered")
    session.refresh(step)
    assert step.due_at > step.first_due_at
    assert step.due_at - step.remind_at == before  # type: ignore[operator]


def test_a_parked_step_of_a_held_order_waits_for_the_release(session: Session, business_now: datetime) -> None:
    order = make_order(session)
    new = [NewStep("confirm", order.id, order_id=order.id), NewStep("reread", order.id, order_id=order.id)]
    steps.open_steps(session, new, now=business_now)
    ids = [step.id for kind in ("confirm", "reread") for step in _parked(session, kind)]
    hold = NewHold(order.id, "address", "order_specialist", WHY, business_now)
    holds.place(session, [hold], by="system", now=business_now)
    assert sorted(steps.unpark(session, step_ids=ids, now=business_now)) == sorted(ids)
    assert _states(session, order.id) == {"confirm": "paused", "reread": "open"}  # what runs on hold goes on
    assert check(session, names=["pauses_have_their_evidence", "steps_say_what_they_are"]) == []
    holds.release_all(session, order_ids=[order.id], by="ann", now=business_now, why="mended")
    assert _states(session, order.id) == {"confirm": "open", "reread": "open"}
    assert check(session, names=["pauses_have_their_evidence", "steps_say_what_they_are"]) == []


def _parked(session: Session, kind: str) -> list[steps.Claimed]:
    claimed = steps.claim(session, kind=kind, limit=1, lease_s=30, worker="test")
    for step in claimed:
        steps.park(session, step, error="no")
    return claimed


def _states(session: Session, order_id: uuid.UUID) -> dict[str, str]:
    session.expire_all()
    return {s.kind: s.state for s in session.query(Step).filter_by(order_id=order_id)}
