"""Folding: whatever changes, in whatever order, the kept lines and sums are those of a count anew from the facts (I12)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.clock import Month
from oms.invariants.check import check
from oms.journey import errors, steps, touched
from oms.journey.models import Step, StepPause, Touched
from oms.journey.steps import NewStep
from oms.kpi import fold, monthly
from oms.kpi.report import Report, month_report
from tests.service.test_kpi_report import AFTER_FREEZE, NOVEMBER, NOW, House, at

MONTHS = (NOVEMBER.previous(), NOVEMBER)
Told = dict[tuple[str, tuple[str, str] | None], tuple[Any, ...]]


def told(report: Report, *, with_lines: bool = True) -> Told:
    """Everything of a report; groups and figures of nothing left out."""
    return {
        (f.kpi, f.group): (f.hit, f.of, f.caught, f.escaped, f.lines if with_lines else None)
        for f in report.figures
        if f.group is None or f.lines or not with_lines
    }


def folded(session: Session, now: datetime) -> None:
    """Fold until nothing is left."""
    touched.write(session)
    while fold.fold(session, now=now, limit=3):
        pass


def same_as_counted(session: Session, now: datetime) -> None:
    """Lines, and sums, of every month are what a count anew from the facts gives, bit for bit."""
    for month in MONTHS:
        anew = month_report(session, month=month, now=now)
        kept = monthly.with_lines(session, month=month, counted_at=now, provisional=True)
        assert told(kept) == told(anew), str(month)
        sums = monthly.figures_between(session, first=month, last=month).get(str(month), [])
        of = {(f.kpi, f.group): (f.hit, f.of, f.caught, f.escaped) for f in sums if f.of or f.lines}
        assert of == {key: values[:4] for key, values in told(anew).items() if values[1]}, str(month)
    assert check(session, names={"kpi_is_sum_of_lines", "a_fact_counts_once"}) == []


def late_scan(session: Session, house: House) -> None:
    steps.ended_earlier(session, kind="collect", at={house.fulfilment: at(11, 8)})


def moved(session: Session, house: House) -> None:
    steps.move_due(session, kind="review", due={house.order: at(22)})


def cancelled(session: Session, house: House) -> None:
    steps.cancel_orders(
        session, order_ids=[house.order], by="x", now=NOW, kinds=["review", "final_review"], why="shortage"
    )


def wrong(session: Session, house: House) -> None:
    new = errors.NewError("order", house.order, "wrong", "entry", "entry", house.li.login, True, house.order)
    errors.record(session, events=[new], by="boss", now=at(16))


def opened(session: Session, house: House) -> None:
    new = NewStep("final_review", house.order, order_id=house.order, due_at=at(17, 3), round=7)
    steps.open_steps(session, [new], now=at(16))


def ended(session: Session, house: House) -> None:
    running = steps.find(session, kind="final_review", subject_ids=[house.order])
    steps.finish(session, [steps.Done(step, "approved") for step in running.values()], by=house.li.login, now=at(18, 1))


CHANGES: tuple[Callable[[Session, House], None], ...] = (late_scan, moved, cancelled, wrong, opened, ended)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_changes_the_fold_is_the_count(session: Session, seed: int):
    dice = random.Random(seed)
    houses = [House(session, f"N-{n}") for n in range(4)]
    for house in houses:
        house.whole_line()
        house.step("review", at(12 + dice.randrange(10)), None, performer="order_specialist")
        touched.touch(session, [house.order])
    folded(session, NOW)
    same_as_counted(session, NOW)
    for turn in range(8):
        change = dice.choice(CHANGES)
        change(session, dice.choice(houses))
        now = NOW + timedelta(hours=turn)
        folded(session, now)
        same_as_counted(session, now)


def test_a_repeat_moves_nothing(session: Session):
    house = House(session)
    house.whole_line()
    for _ in range(3):
        touched.touch(session, [house.order])
        folded(session, NOW)
    same_as_counted(session, NOW)


def test_a_pause_excuses_for_ten_working_days_and_no_longer(session: Session):
    """The customer never answered, and nobody asked again: due ten working days later, and then late (X-11)."""
    house = House(session)
    step = house.step("mend_booking", at(3), None, performer="shipping_clerk", state="paused")
    pause = StepPause(step_id=step.id, reason="customer", evidence="asked", started_at=at(2), due_before=at(3))
    session.add(pause)
    session.flush()
    touched.touch(session, [house.order])
    found = []
    for now in (at(15), at(16, 10), NOW):
        folded(session, now)
        same_as_counted(session, now)
        found += [line.why for line in month_report(session, month=NOVEMBER, now=now).company("on_time").lines]
    assert found == ["paused", "not_due_yet", "open_late"]


def test_time_alone_makes_an_open_step_late(session: Session):
    house = House(session)
    house.step("review", at(19), None, performer="order_specialist")
    touched.touch(session, [house.order])
    folded(session, NOW)
    assert monthly.figures_between(session, first=NOVEMBER, last=NOVEMBER)["2026-11"] != []
    later = at(25)
    folded(session, later)
    same_as_counted(session, later)
    [review] = monthly.with_lines(session, month=NOVEMBER, counted_at=later, provisional=True).company("on_time").lines
    assert (review.of, review.why) == (1, "open_late")


def test_a_late_fact_leaves_a_closed_month_alone_and_counts_in_an_open_one(session: Session):
    house = House(session)
    house.whole_line()
    touched.touch(session, [house.order])
    folded(session, NOW)
    monthly.keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    before = told(monthly.with_lines(session, month=NOVEMBER, counted_at=NOW, provisional=False))
    house.step("review", at(20), None, performer="order_specialist")
    house.step("final_review", at(2, month=12), at(1, month=12), "approved", house.li.login, performer="order_manager")
    touched.touch(session, [house.order])
    folded(session, AFTER_FREEZE)
    assert told(monthly.with_lines(session, month=NOVEMBER, counted_at=NOW, provisional=False)) == before
    december = monthly.with_lines(session, month=Month(2026, 12), counted_at=NOW, provisional=True).company("on_time")
    assert sorted((line.why, line.hit, line.of) for line in december.lines) == [
        ("2026-11/open_late", 0, 1),
        ("on_time", 1, 1),
    ]


def test_a_closed_month_that_was_altered_is_found(session: Session):
    house = House(session)
    house.whole_line()
    touched.touch(session, [house.order])
    folded(session, NOW)
    monthly.keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    stands = {"a_closed_month_stands"}
    assert check(session, names=stands) == []
    for damage in ("SET hit = 1 - hit", "SET person = 'another'", "SET why = 'x'"):
        with session.begin_nested() as undone:
            session.execute(text(f"UPDATE kpi_line {damage} WHERE month = '2026-11' AND kpi = 'on_time'"))
            assert [v.subject for v in check(session, names=stands)] == ["2026-11"], damage
            undone.rollback()
    session.execute(text("DELETE FROM kpi_line WHERE month = '2026-11' AND kpi = 'completion'"))
    assert [v.subject for v in check(session, names=stands)] == ["2026-11"]


def test_a_step_of_no_order_is_folded_by_its_subject(session: Session):
    house = House(session)
    row = house.step("ticket_pass_on", at(12), at(11), "passed_on", order_id=None, subject_type="ticket")
    row.subject_id = row.id
    touched.touch(session, [row.subject_id])
    session.flush()
    folded(session, NOW)
    assert session.execute(text("SELECT unit_id FROM kpi_line WHERE kpi = 'on_time'")).scalar_one() == row.subject_id


def test_a_message_that_nobody_read_in_time_is_late(session: Session):
    house = House(session)
    row = house.step("accept", at(12), None, order_id=None, subject_type="inbound_message")
    row.subject_id = row.id
    session.flush()
    touched.touch(session, [house.order])
    folded(session, NOW)
    fold.fold_unread(session, now=NOW)
    assert session.execute(text("SELECT why FROM kpi_line WHERE kpi = 'on_time'")).scalar_one() == "open_late"
    same_as_counted(session, NOW)


def test_pages_of_a_large_month_join_without_gap_or_repeat(session: Session):
    for n in range(5):
        house = House(session, f"P-{n}")
        house.whole_line()
        touched.touch(session, [house.order])
    folded(session, NOW)
    whole = month_report(session, month=NOVEMBER, now=NOW).company("on_time")
    seen, after = [], None
    while True:
        page = monthly.lines_of(
            session, month=NOVEMBER, kpi="on_time", group=None, limit=3, now=NOW, after=after, at_once=0
        )
        seen += page.lines
        if page.next is None:
            break
        after = page.next
    assert tuple(seen) == whole.lines
    assert (page.figure.hit, page.figure.of) == (whole.hit, whole.of)


def test_what_a_transaction_changed_is_told_with_its_commit(database):
    with database.transaction() as session:
        house = House(session)
        steps.open_steps(session, [NewStep("verify", house.order, order_id=house.order)], now=NOW)
        with database.transaction() as another:
            assert another.query(Touched).count() == 0
    with database.transaction() as session:
        assert {row.subject_id for row in session.query(Touched)} == {house.order}
        assert session.query(Step).count() == 1
