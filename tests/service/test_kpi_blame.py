"""Errors in a month's figures: whose part of an order they belong to, and who answers for what was cancelled (K-1, K-2)."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from sqlalchemy.orm import Session

from oms.accounts.models import Staff
from oms.db import new_id
from oms.fulfilment.models import Fulfilment
from oms.journey import calendar_store, holds, steps, timeline, worklists
from oms.journey.calendars import Shift
from oms.journey.holds import NewHold
from oms.journey.models import StepPause
from oms.journey.steps import Done
from oms.kpi import monthly, whole_months
from oms.kpi.report import month_report
from tests.service.test_kpi_report import NOVEMBER, NOW, House, at


@pytest.fixture
def house(session: Session) -> House:
    made = House(session)
    made.whole_line()
    return made


def test_an_error_of_october_is_none_of_the_part_that_was_picked_in_november(session: Session, house: House):
    earlier = house.step("pick", at(29, month=10), at(29, month=10), "picked", house.li.login, subject_id=new_id())
    house.error("pick", house.li.login, at(30, month=10), subject_id=earlier.subject_id)
    found = {"report": month_report(session, month=NOVEMBER, now=NOW)}
    whole_months.count(session, month=NOVEMBER, now=NOW)
    found["folded"] = monthly.figures_of(session, month=NOVEMBER, now=NOW, at_once=0)
    figures = {name: report.company("pick_accuracy") for name, report in found.items()}
    assert {name: (figure.hit, figure.of) for name, figure in figures.items()} == {"report": (4, 4), "folded": (4, 4)}


def test_a_late_parcel_is_the_floors_only_when_its_own_list_was_late(session: Session, house: House):
    """Another list of the order was picked late: the carrier had this parcel in time."""
    other = Fulfilment(id=new_id(), number="F-2", order_id=house.order, warehouse_id=house.warehouse, round=0, part=1, carrier_id=house.carrier,
                       service="std", cut_off_at=at(11), promised_ship_at=at(20), promised_deliver_at=at(24), released_at=at(10))  # fmt: skip
    session.add(other)
    session.flush()
    floor = {"subject_type": "fulfilment", "subject_id": other.id, "performer": "warehouse"}
    house.step("pick", at(11, 3), at(12, 7), "picked", house.li.login, **floor)
    shipped = month_report(session, month=NOVEMBER, now=NOW).company("shipped_on_time")
    assert [line.why for line in shipped.lines] == ["late_carrier"]


def test_who_had_a_late_step_answers_for_it_and_not_who_cancelled_it(session: Session, house: House):
    manager = Staff(login="gm", name="Gao", password_hash="-", created_at=NOW)
    session.add(manager)
    session.flush()
    house.step("decide_change", at(11), None, performer="order_manager", assignee_id=house.li.id)
    steps.cancel(session, subject_ids=[house.order], by=f"staff:{manager.id}", now=at(12), kinds=["decide_change"])
    report = month_report(session, month=NOVEMBER, now=NOW)
    late = [line.person for line in report.company("on_time").lines if line.why == "late"]
    assert (late, report.of("on_time", ("person", "Gao")).of) == (["Li N-1"], 0)


@pytest.mark.parametrize("of_order", [True, False])
@pytest.mark.parametrize(("handed", "person"), [(at(11, 1), "Wang"), (at(12), "Li N-1")])
def test_what_was_handed_over_when_it_was_late_is_late_with_who_had_it(
    session: Session, house: House, handed: datetime, person: str, of_order: bool
):
    """Li is ill, and the steps that wait for Li go to Wang, some of them days too late."""
    wang = Staff(login="wang", name="Wang", password_hash="-", created_at=NOW)
    session.add(wang)
    session.flush()
    of = {"subject_type": "ticket", "subject_id": new_id(), "order_id": house.order if of_order else None}
    step = house.step("ticket_contact", at(11), None, performer="customer_service", assignee_id=house.li.id, **of)
    common = {"step_ids": [step.id], "roles": ["customer_service"], "actor": "gm", "why": "ill"}
    worklists.hand_over(session, to=wang.id, now=handed, **common)
    found = steps.find(session, kind="ticket_contact", subject_ids=[step.subject_id]).values()
    steps.finish(session, [Done(one, "contacted") for one in found], by=f"staff:{wang.id}", now=at(12, 3))
    lines = month_report(session, month=NOVEMBER, now=NOW).company("on_time").lines
    assert [(line.person, line.why) for line in lines if line.fact_id == step.id] == [(person, "late")]


@pytest.mark.parametrize(("reason", "why"), [("customer", "cancelled"), ("ours", "late")])
def test_what_is_cancelled_while_its_clock_stands_was_not_late(session: Session, house: House, reason: str, why: str):
    """The clerk had an hour left when the customer asked for another thing, and a day later cancelled."""
    step = house.step("mend_booking", at(12, 3), None, performer="shipping_clerk", assignee_id=house.li.id)
    hold = NewHold(
        house.order, "change", "order_manager", {"en": "asked", "zh_Hans": "问"}, at(12), pause_reason=reason
    )
    holds.place(session, [hold], by="desk", now=at(12, 2))
    steps.cancel_orders(
        session, order_ids=[house.order], by="gm", now=at(13, 3), kinds=["mend_booking"], why="cancelled_by_customer"
    )
    lines = month_report(session, month=NOVEMBER, now=NOW).company("on_time").lines
    assert [(line.why, line.person) for line in lines if line.fact_id == step.id] == [(why, "Li N-1")]
    pause = session.query(StepPause).filter_by(step_id=step.id).one()
    assert (pause.ended_at, step.first_due_at) == (at(13, 3), at(12, 3))


@pytest.mark.parametrize(
    ("outcome", "ended", "found"),
    [
        ("received", at(12), (0, 1, "late")),
        ("received", at(10), (1, 1, "on_time")),
        ("withdrawn", at(12), (0, 1, "late")),
        ("withdrawn", at(10), (0, 0, "cancelled")),
    ],
)
def test_late_goods_are_their_buyers_and_not_of_who_booked_or_cancelled_them(
    session: Session, house: House, outcome: str, ended: datetime, found: tuple[int, int, str]
):
    buyer = Staff(login="buy", name="Bao", password_hash="-", created_at=NOW)
    session.add(buyer)
    session.flush()
    asked = {"performer": "buyer", "subject_type": "supply_request", "subject_id": new_id(), "order_id": None}
    house.step("supply", at(11), ended, outcome, house.li.login, assignee_id=buyer.id, **asked)
    nobodys = house.step("supply", at(11), ended, outcome, house.li.login, **{**asked, "subject_id": new_id()})
    lines = month_report(session, month=NOVEMBER, now=NOW).of("on_time", ("stage", "supply")).lines
    of = {line.fact_id == nobodys.id: (line.person, line.hit, line.of, line.why) for line in lines}
    assert of == {False: ("Bao", *found), True: (None, *found)}


def test_hours_that_were_set_later_make_nobody_late_who_worked_by_the_old_ones(session: Session, house: House):
    """Due at 17:30 in Shanghai, the end of the shift, and done in the evening; since the 15th the desk works until midnight."""
    evening = house.step("final_review", at(10), at(10, 12), "approved", performer="order_manager")
    evening.due_at = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
    weekly = ((Shift(time(8, 30), time(0)),),) * 7
    calendar_store.set_roster(
        session, team="order_manager", zone="Asia/Shanghai", weekly=weekly, valid_from=at(15), actor="boss",
        why="late shifts", now=at(15),
    )  # fmt: skip
    [line] = [
        x for x in month_report(session, month=NOVEMBER, now=NOW).company("on_time").lines if x.fact_id == evening.id
    ]
    assert line.why == "on_time"


def test_an_orders_story_calls_late_what_the_figures_do(session: Session, house: House, business_now: datetime):
    """Due at the end of the shift and done in the evening; a step of another order, which was cancelled, was nobody's delay."""
    evening = {"due_at": datetime(2026, 11, 10, 9, 30, tzinfo=UTC), "performer": "order_manager"}
    house.step("final_review", at(10), at(10, 12), "approved", **evening)
    house.step("finance_review", at(10), at(11, 12), "approved", **evening)
    house.step("sample_review", at(10), at(11, 12), "changed", **evening, state="cancelled")
    told = {
        entry.event: entry.late for entry in timeline.of_order(session, order_id=house.order) if entry.what == "ended"
    }
    assert [told[kind] for kind in ("final_review", "finance_review", "sample_review")] == [False, True, False]


@pytest.mark.parametrize("at_once", [monthly.AT_ONCE, 0])
def test_the_list_behind_a_persons_figure_adds_up_to_it(session: Session, house: House, at_once: int):
    """Someone else's error is in the company's figure; the person's list showed it as this person's beside 100 %."""
    house.error("entry", "someone", at(16))
    whole_months.count(session, month=NOVEMBER, now=NOW)
    asked = {"month": NOVEMBER, "kpi": "entry_accuracy", "limit": 10, "now": NOW, "at_once": at_once}
    found = monthly.lines_of(session, group=("person", "Li N-1"), **asked)
    assert [(line.hit, line.of, line.why) for line in found.lines] == [(1, 1, "anothers_error")]
    assert (found.figure.hit, found.figure.of) == (1, 1)
    assert [line.why for line in monthly.lines_of(session, group=None, **asked).lines] == ["error"]
