"""Steps: once, claimed once, fenced, retried, parked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from oms.db import new_id
from oms.errors import Conflict, Fenced
from oms.journey import step_sql, steps
from oms.journey.models import Step, StepPause
from oms.journey.steps import Done, NewStep


def _open(session: Session, now: datetime, count: int = 1, kind: str = "verify") -> list[NewStep]:
    new = [NewStep(kind, new_id(), order_id=new_id()) for _ in range(count)]
    steps.open_steps(session, new, now=now)
    return new


def _claim(session: Session, limit: int = 10, kind: str = "verify", lease_s: int = 30) -> list[steps.Claimed]:
    return steps.claim(session, kind=kind, limit=limit, lease_s=lease_s, worker="test")


def test_a_stage_of_a_thing_exists_once_whatever_is_redelivered(session: Session, business_now: datetime) -> None:
    new = _open(session, business_now)
    assert steps.open_steps(session, new, now=business_now) == []
    assert session.query(Step).count() == 1


def test_a_claimed_step_is_not_claimed_again(session: Session, business_now: datetime) -> None:
    _open(session, business_now, 3)
    assert len(_claim(session, limit=2)) == 2
    assert len(_claim(session)) == 1
    assert _claim(session) == []


@pytest.mark.parametrize("others", [1, step_sql.FEW + 1], ids=["few", "many"])
def test_the_step_with_least_slack_is_claimed_first(session: Session, business_now: datetime, others: int) -> None:
    """However many are due; one that waits for its hour is left to it, though it has less slack."""
    early, soon = new_id(), business_now + timedelta(minutes=1)
    clock = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    earlier, tomorrow = clock - timedelta(hours=1), clock + timedelta(days=1)
    late = [NewStep("verify", new_id(), due_at=soon + timedelta(hours=1), run_after=earlier) for _ in range(others)]
    waits = NewStep("verify", new_id(), due_at=business_now, run_after=tomorrow)
    steps.open_steps(session, [waits, *late, NewStep("verify", early, due_at=soon, run_after=clock)], now=business_now)
    assert [step.subject_id for step in _claim(session, limit=1)] == [early]
    claimed = _claim(session, limit=others + 1)
    assert {step.subject_id for step in claimed} == {step.subject_id for step in late}


def test_finishing_opens_what_follows_in_the_same_statement(session: Session, business_now: datetime) -> None:
    (new,) = _open(session, business_now)
    (step,) = _claim(session)
    follow = NewStep("confirm", new.subject_id, order_id=new.order_id)
    steps.finish(session, [Done(step, "passed", (follow,))], by="system", now=business_now)
    states = {row.kind: (row.state, row.outcome, row.parent_id) for row in session.query(Step)}
    assert states == {"verify": ("done", "passed", None), "confirm": ("open", None, step.id)}


def test_an_outcome_opens_only_what_the_flow_allows(session: Session, business_now: datetime) -> None:
    (new,) = _open(session, business_now)
    (step,) = _claim(session)
    with pytest.raises(ValueError, match="may not open pick"):
        steps.finish(session, [Done(step, "passed", (NewStep("pick", new.subject_id),))], by="system", now=business_now)


def test_a_step_that_was_taken_over_is_fenced_and_nothing_follows_it(session: Session, business_now: datetime) -> None:
    (new,) = _open(session, business_now)
    (old,) = _claim(session, lease_s=0)
    (again,) = _claim(session)
    assert again.id == old.id
    assert again.attempt == 2
    with pytest.raises(Fenced) as fenced:
        steps.finish(
            session, [Done(old, "passed", (NewStep("confirm", new.subject_id),))], by="system", now=business_now
        )
    assert fenced.value.step_ids == [old.id]
    assert session.query(Step).filter_by(kind="confirm").count() == 0


def test_of_a_list_only_those_that_were_taken_over_are_named(session: Session, business_now: datetime) -> None:
    _open(session, business_now, 3)
    held = _claim(session)
    steps.cancel(session, subject_ids=[held[1].subject_id], by="system", now=business_now)
    follows = [Done(step, "passed", (NewStep("confirm", step.subject_id),)) for step in held]
    with pytest.raises(Fenced) as fenced:
        steps.finish(session, follows, by="system", now=business_now)
    assert fenced.value.step_ids == [held[1].id]
    assert session.query(Step).filter_by(kind="confirm").count() == 0


def test_a_step_that_stands_already_is_not_carried_on_with(session: Session, business_now: datetime) -> None:
    order = new_id()
    steps.open_steps(session, [NewStep("verify", order, order_id=order)], now=business_now)
    (step,) = _claim(session)
    after = NewStep("confirm", order, order_id=order)
    done, (carried,) = steps.carry_on(session, [Done(step, "passed", (after,))], kinds={"confirm"}, now=business_now)
    assert not carried.written
    steps.open_steps(session, [after], now=business_now)
    with pytest.raises(Conflict, match=f"confirm of {order} stands already"):
        steps.finish(session, [*done, Done(carried, "effective")], by="system", now=business_now)


def test_an_abandoned_step_is_claimed_alone(session: Session, business_now: datetime) -> None:
    _open(session, business_now, 3)
    _claim(session, limit=2, lease_s=0)
    assert len(_claim(session, limit=10)) == 1


def test_a_step_is_parked_after_five_attempts_and_unparked_by_hand(session: Session, business_now: datetime) -> None:
    _open(session, business_now)
    for _ in range(5):
        session.execute(update(Step).values(run_after=text("clock_timestamp()")))
        (step,) = _claim(session)
        state = steps.retry(session, step, error="carrier said no")
    assert state == "parked"
    assert steps.unpark(session, step_ids=[step.id], now=business_now) == [step.id]
    assert _claim(session)[0].attempt == 1


def test_a_clean_stop_gives_claims_back_and_counts_no_attempt(session: Session, business_now: datetime) -> None:
    _open(session, business_now)
    steps.give_back(session, _claim(session))
    assert _claim(session)[0].attempt == 1


def test_cancelling_fences_the_one_who_works_on_it(session: Session, business_now: datetime) -> None:
    (new,) = _open(session, business_now)
    (step,) = _claim(session)
    assert steps.cancel(session, subject_ids=[new.subject_id], by="system", now=business_now) == [step.id]
    with pytest.raises(Fenced):
        steps.finish(session, [Done(step, "passed")], by="system", now=business_now)


def test_a_person_takes_a_step_once_and_a_reassigned_form_is_refused(session: Session, business_now: datetime) -> None:
    (new,) = _open(session, business_now, kind="review")
    (step,) = steps.find(session, kind="review", subject_ids=[new.subject_id]).values()
    ann, bob = new_id(), new_id()
    assert steps.take(session, step_ids=[step.id], staff_id=ann, now=business_now) == [step.id]
    assert steps.take(session, step_ids=[step.id], staff_id=bob, now=business_now) == []
    (mine,) = steps.find(session, kind="review", subject_ids=[new.subject_id]).values()
    steps.reassign(session, step_ids=[step.id], staff_id=bob)
    with pytest.raises(Fenced):
        steps.finish(session, [Done(mine, "rejected")], by=f"staff:{ann}", now=business_now)


def test_an_unknown_pause_is_never_left_by_a_plain_open(session: Session, business_now: datetime) -> None:
    _open(session, business_now, 2)
    assert session.query(StepPause).count() == 0


def test_a_step_that_kills_its_workers_again_and_again_is_parked(session: Session, business_now: datetime) -> None:
    _open(session, business_now)
    _claim(session, lease_s=0)
    for _ in range(steps.LOST_ATTEMPTS - 1):
        assert len(_claim(session, lease_s=0)) == 1
    assert _claim(session) == []
    step = session.query(Step).populate_existing().one()
    assert (step.state, step.error) == ("parked", "10 workers died or fell silent while they did this step")


def test_a_call_that_is_tried_for_days_is_not_parked_for_it(session: Session, business_now: datetime) -> None:
    _open(session, business_now, kind="book")
    _claim(session, kind="book", lease_s=0)
    for _ in range(2 * steps.LOST_ATTEMPTS):
        assert len(_claim(session, kind="book", lease_s=0)) == 1
