"""How each KPI is counted: what is in, what is out and why, on hand-made facts with hand-made answers."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.clock import Month, aware, month_bounds
from oms.journey.flow import FLOW
from oms.kpi.definitions import ENTRY, KPIS, STAGE_OF, STAGES, TECHNICAL, WHY
from oms.kpi.rules import RULES, breakdown, figure
from oms.kpi.values import Counted, ErrorFact, Figure, Pause, Period, StepFact

SHANGHAI = ZoneInfo("Asia/Shanghai")
_ids = itertools.count(1)


def sh(text: str) -> datetime:
    return aware(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))


START, END = month_bounds(Month(2026, 11), SHANGHAI)
OVER = Period(Month(2026, 11), START, END, now=sh("2026-12-20 09:00"), freeze_at=sh("2026-12-07 17:30"))
RUNNING = replace(OVER, now=sh("2026-11-18 10:00"))
ORDER = UUID(int=7)


def fact(kind: str, due: str = "2026-11-10 12:00", ended: str | None = None, **more: object) -> StepFact:
    at = sh(due)
    performer = FLOW[kind].performer if kind in FLOW else "system"
    values = {
        "step_id": UUID(int=next(_ids)),
        "kind": kind,
        "performer": performer,
        "state": "done" if ended else "open",
        "opened_at": at - timedelta(hours=4),
        "due_at": at,
        "promised_at": at,
        "subject_id": ORDER,
        "order_id": ORDER,
        "order_no": "A-7",
        "channel": "shop",
        "finished_at": sh(ended) if ended else None,
    }
    return StepFact(**{**values, **more})  # type: ignore[arg-type]


def error(stage: str, person: str = "li", at: str = "2026-11-12 09:00", **more: object) -> ErrorFact:
    values = {
        "error_id": UUID(int=next(_ids)),
        "order_id": ORDER,
        "subject_id": ORDER,
        "kind": "wrong",
        "cause": stage,
        "stage": stage,
        "person": person,
        "caught": False,
        "at": sh(at),
    }
    return ErrorFact(**{**values, **more})  # type: ignore[arg-type]


def count(kpi: str, *facts: StepFact, errors: tuple[ErrorFact, ...] = (), period: Period = OVER) -> list[Counted]:
    return RULES[kpi](facts, errors, period)


def verdict(
    kpi: str, *facts: StepFact, errors: tuple[ErrorFact, ...] = (), period: Period = OVER
) -> tuple[int, int, str]:
    [line] = count(kpi, *facts, errors=errors, period=period)
    return line.hit, line.of, line.why


# ------------------------------------------------------------------ on time (K-2)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"ended": "2026-11-10 11:59"}, (1, 1, "on_time")),
        ({"ended": "2026-11-10 12:01"}, (0, 1, "late")),
        ({"ended": "2026-12-24 09:00"}, (0, 1, "late")),
        ({}, (0, 1, "open_late")),
        ({"state": "parked"}, (0, 1, "open_late")),
        ({"ended": "2026-11-10 18:00", "late_from": sh("2026-11-11 08:30")}, (1, 1, "on_time")),
        ({"ended": "2026-11-10 09:00", "state": "cancelled", "outcome": "changed"}, (0, 0, "cancelled")),
        ({"ended": "2026-11-10 13:00", "state": "cancelled", "outcome": "changed"}, (0, 1, "late")),
        (
            {"ended": "2026-11-10 09:00", "state": "cancelled", "outcome": "cancelled_for_shortage"},
            (0, 1, "cancelled_by_us"),
        ),
        ({"ended": "2026-11-12 09:00", "outcome": "force_majeure"}, (0, 0, "force_majeure")),
        ({"ended": "2026-11-12 09:00", "live": False}, (0, 0, "not_live")),
    ],
)
def test_a_step_counts_by_its_due_time_and_only_stated_reasons_leave_it_out(
    change: dict, expected: tuple[int, int, str]
):
    assert verdict("on_time", fact("review", **change)) == expected


def test_the_month_is_that_of_the_due_time_not_of_the_end():
    ended_next_month = fact("review", "2026-11-30 17:30", "2026-12-02 09:00")
    due_next_month = fact("review", "2026-12-01 00:00", "2026-11-30 09:00")
    assert [line.why for line in count("on_time", ended_next_month, due_next_month)] == ["late"]


def test_an_open_step_of_a_running_month_counts_only_once_it_is_due():
    assert verdict("on_time", fact("review", "2026-11-18 09:59"), period=RUNNING) == (0, 1, "open_late")
    assert verdict("on_time", fact("review", "2026-11-18 10:01"), period=RUNNING) == (0, 0, "not_due_yet")


@pytest.mark.parametrize(
    ("reason", "kind", "why"),
    [("customer", "review", "paused"), ("ours", "review", "open_late"), ("customer", "pick", "open_late")],
)
def test_a_standing_pause_leaves_a_step_out_only_where_it_will_move_the_clock(reason: str, kind: str, why: str):
    pause = Pause(reason, sh("2026-11-10 10:00"), None, None)
    assert verdict("on_time", fact(kind, state="paused", pauses=(pause,)))[2] == why


def test_a_pause_after_the_due_time_excuses_nothing():
    pause = Pause("customer", sh("2026-11-10 13:00"), None, None)
    assert verdict("on_time", fact("review", state="paused", pauses=(pause,)))[2] == "open_late"


def test_what_others_perform_and_machinery_are_not_in_our_on_time_rate():
    assert count("on_time", fact("collect"), fact("sign"), fact("poll"), fact(ENTRY)) == []


# ------------------------------------------------------------------ the promise


def test_a_date_moved_by_us_stays_late_and_shows_as_moved():
    moved = fact(
        "deliver", "2026-11-12 18:00", "2026-11-12 10:00", promised_at=sh("2026-11-11 18:00"), outcome="delivered"
    )
    assert verdict("delivered_on_time", moved) == (0, 1, "late")
    assert verdict("moved_dates", moved) == (1, 1, "moved")
    assert verdict("moved_dates", replace(moved, due_at=moved.promised_at)) == (0, 1, "kept")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("delivered", (1, 1, "on_time")),
        ("delivered_by_proxy", (1, 1, "on_time")),
        ("at_locker", (0, 1, "open_late")),
        ("refused", (0, 0, "customers_doing")),
        ("wrong_address", (0, 0, "customers_doing")),
        ("cancelled", (0, 0, "cancelled")),
        ("cancelled_for_lateness", (0, 1, "cancelled_by_us")),
    ],
)
def test_delivered_means_signed_for(outcome: str, expected: tuple[int, int, str]):
    assert verdict("delivered_on_time", fact("deliver", ended="2026-11-10 09:00", outcome=outcome)) == expected


def test_the_orders_pair_that_was_split_into_fulfilments_counts_nowhere():
    split = fact("deliver", ended="2026-11-10 09:00", outcome="split")
    for kpi in ("delivered_on_time", "moved_dates", "completion", "perfect_order"):
        assert count(kpi, split) == []
    assert count("shipped_on_time", fact("collect", ended="2026-11-10 09:00", outcome="split")) == []


@pytest.mark.parametrize(
    ("house", "why"),
    [
        ((), "late_carrier"),
        ((fact("review", ended="2026-11-10 13:00"), fact("pick", ended="2026-11-10 13:00")), "late_desk"),
        ((fact("review", ended="2026-11-10 11:00"), fact("pick")), "late_floor"),
    ],
)
def test_a_late_parcel_goes_to_whose_clock_overran_first(house: tuple[StepFact, ...], why: str):
    late = fact("collect", ended="2026-11-10 20:00", outcome="collected")
    assert verdict("shipped_on_time", late, *house) == (0, 1, why)


def test_a_parcel_collected_by_the_promise_is_shipped_and_a_printed_label_is_not():
    collected = fact("collect", ended="2026-11-10 12:00", outcome="collected")
    assert verdict("shipped_on_time", collected) == (1, 1, "on_time")
    booked_only = (fact("collect"), fact("book", ended="2026-11-10 09:00"))
    assert verdict("shipped_on_time", *booked_only) == (0, 1, "late_carrier")


# ------------------------------------------------------------------ completion (K-3) and perfect orders

RELEASED = fact("release", ended="2026-11-09 10:00", outcome="released")


def delivered(due: str = "2026-11-10 12:00", ended: str = "2026-11-10 11:00", **more: object) -> StepFact:
    return fact("deliver", due, ended, **{"outcome": "delivered", **more})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([RELEASED, delivered()], (1, 1, "on_time")),
        ([RELEASED, delivered(), delivered("2026-11-20 12:00", "2026-11-19 12:00")], (1, 1, "on_time")),
        ([RELEASED, delivered(), delivered("2026-11-20 12:00", "2026-11-21 12:00")], (0, 1, "late")),
        ([RELEASED, delivered(), fact("deliver", "2026-11-20 12:00")], (0, 1, "open_late")),
        ([delivered()], (0, 0, "not_released")),
        ([RELEASED, delivered(live=False)], (0, 0, "not_live")),
        ([fact("deliver", ended="2026-11-09 09:00", state="cancelled", outcome="cancelled_for_shortage")], (0, 1, "cancelled_by_us")),
        ([RELEASED, fact("deliver", ended="2026-11-09 09:00", state="cancelled", outcome="cancelled")], (0, 0, "cancelled")),
        ([RELEASED, delivered(), fact("deliver", ended="2026-11-09 09:00", state="cancelled", outcome="shortage")],
         (0, 1, "cancelled_by_us")),
        ([RELEASED, delivered(), fact("deliver", ended="2026-11-09 09:00", state="cancelled", outcome="changed")],
         (1, 1, "on_time")),
    ],
)  # fmt: skip
def test_an_order_is_complete_when_all_of_it_came_by_its_promise(facts: list[StepFact], expected: tuple[int, int, str]):
    assert verdict("completion", *facts) == expected


def test_completion_belongs_to_the_month_of_the_orders_last_promise():
    later = fact("deliver", "2026-12-02 12:00")
    assert count("completion", RELEASED, delivered(), later) == []
    assert verdict("completion", RELEASED, delivered(), fact("deliver", "2026-11-20 12:00"), period=RUNNING) == (
        0,
        0,
        "not_due_yet",
    )


@pytest.mark.parametrize(
    ("facts", "errors", "expected"),
    [
        ([delivered()], (), (1, 1, "perfect")),
        ([delivered(ended="2026-11-10 12:01")], (), (0, 1, "late")),
        ([delivered()], (error("carrier"),), (0, 1, "error")),
        ([delivered()], (error("pick", upheld=False),), (1, 1, "perfect")),
        ([delivered()], (error("pick", at="2026-12-07 17:31"),), (1, 1, "perfect")),
        ([delivered(live=False)], (), (0, 0, "not_live")),
        ([delivered(), fact("deliver", ended="2026-11-09 09:00", state="cancelled", outcome="shortage")], (), (0, 1, "cancelled_by_us")),
    ],
)  # fmt: skip
def test_a_perfect_order_is_on_time_and_without_any_error_of_ours(
    facts: list[StepFact], errors: tuple, expected: tuple
):
    assert verdict("perfect_order", *facts, errors=errors) == expected


def test_an_order_of_which_a_part_is_still_on_its_way_is_not_judged_yet():
    assert count("perfect_order", delivered(), fact("deliver", "2026-11-20 12:00")) == []
    assert count("perfect_order", fact("deliver", order_id=None)) == []


# ------------------------------------------------------------------ accuracy


def entered(person: str | None = "li", **more: object) -> StepFact:
    return fact(ENTRY, ended="2026-11-10 09:00", **{"person": person, **more})


def test_entry_accuracy_counts_orders_that_people_entered_and_machines_on_their_own_line():
    facts = (entered(), entered(order_id=UUID(int=8)), entered(None, order_id=UUID(int=9)), entered(live=False))
    people, machines = (
        figure(kpi, count(kpi, *facts, errors=(error("entry"),)))
        for kpi in ("entry_accuracy", "entry_accuracy_machine")
    )
    assert (people.hit, people.of, people.rate) == (1, 2, Decimal("50.00"))
    assert (machines.hit, machines.of, machines.rate) == (1, 1, Decimal("100.00"))


@pytest.mark.parametrize(
    "change", [{"upheld": False}, {"at": "2026-12-07 17:30"}, {"stage": "pick"}, {"order_id": None}]
)
def test_an_error_won_on_appeal_or_found_after_the_freeze_does_not_count(change: dict):
    assert verdict("entry_accuracy", entered(), errors=(error(**{"stage": "entry", **change}),)) == (1, 1, "right")


def test_another_persons_error_fails_the_order_but_not_this_person():
    lines = count("entry_accuracy", entered("li"), errors=(error("entry", person="wang"),))
    assert figure("entry_accuracy", lines).hit == 0
    [by_person] = [f for f in breakdown("entry_accuracy", lines) if f.group == ("person", "li")]
    assert (by_person.hit, by_person.of) == (1, 1)


def test_pick_accuracy_counts_lines_and_tells_caught_from_escaped():
    picked = fact("pick", ended="2026-11-10 09:00", person="zhao", units=200)
    errors = (error("pick", "zhao", caught=True), error("pick", "zhao"), error("pick", "zhao", cause="stock_record"))
    result = figure("pick_accuracy", count("pick_accuracy", picked, errors=errors))
    assert (result.hit, result.of, result.caught, result.escaped) == (198, 200, 1, 1)
    assert (result.rate, result.errors_per_10000) == (Decimal("99.00"), Decimal("100.00"))


def test_each_error_of_an_order_picked_in_two_parts_counts_once():
    first = fact("pick", ended="2026-11-10 09:00", person="zhao", subject_id=UUID(int=1), units=3)
    second = fact("pick", "2026-11-10 13:00", "2026-11-10 12:00", person="qian", subject_id=UUID(int=2), units=5)
    errors = (error("pick", "qian"), error("pick", "sun", subject_id=UUID(int=1)), error("pick", "nobody"))
    lines = count("pick_accuracy", first, second, errors=errors)
    # The part that the error names, then the person's; one that fits nobody stays with the first part.
    assert [(line.hit, line.of) for line in lines] == [(1, 3), (4, 5)]


def test_pack_accuracy_reads_packings_only():
    packed = fact("pack", ended="2026-11-10 09:00", person="zhao")
    assert verdict("pack_accuracy", packed, fact("pick", ended="2026-11-10 09:00", person="zhao")) == (1, 1, "right")


# ------------------------------------------------------------------ answers


def answer(score: int | None, ended: str | None = "2026-11-10 09:00", **more: object) -> StepFact:
    return fact("rate_service", "2026-11-20 12:00", ended, **{"score": score, **more})


def test_only_the_last_answer_of_an_order_counts():
    lines = count("satisfaction", answer(5, "2026-11-10 09:00"), answer(3, "2026-11-11 09:00"))
    assert [(line.hit, line.of, line.why) for line in lines] == [(0, 0, "superseded"), (0, 1, "not_satisfied")]


def test_four_and_five_are_satisfied_and_tickets_are_asked_apart():
    ticket = fact("rate_ticket", ended="2026-11-10 09:00", score=2)
    assert verdict("satisfaction", answer(4), ticket) == (1, 1, "satisfied")
    assert verdict("satisfaction_aftersales", answer(4), ticket) == (0, 1, "not_satisfied")


def test_the_response_rate_counts_questions_asked():
    facts = (answer(4), answer(None, None), answer(4, opened_at=sh("2026-10-31 09:00")))
    result = figure("response", count("response", *facts))
    assert (result.hit, result.of) == (1, 2)


# ------------------------------------------------------------------ figures and tables


def test_a_figure_of_nothing_has_no_rate():
    nothing = figure("on_time", [])
    assert nothing.rate is None
    assert nothing.errors_per_10000 is None


def test_a_breakdown_adds_up_and_leaves_out_who_has_no_value():
    facts = [
        fact("review", ended="2026-11-10 11:00", person="li"),
        fact("pick", person="zhao"),
        fact("verify", channel=None),
    ]
    groups = {f.group: (f.hit, f.of) for f in breakdown("on_time", count("on_time", *facts))}
    assert groups == {
        ("channel", "shop"): (1, 2), ("stage", "pick"): (0, 1), ("stage", "verification"): (1, 2),
        ("person", "li"): (1, 1), ("person", "zhao"): (0, 1),
    }  # fmt: skip


def test_every_step_kind_has_a_stage_or_is_technical_and_every_kpi_a_rule():
    assert set(STAGE_OF) | TECHNICAL == set(FLOW)
    assert not set(STAGE_OF) & TECHNICAL
    assert set(STAGE_OF.values()) == set(STAGES)
    assert set(RULES) == set(KPIS)


def test_a_month_is_provisional_until_its_freeze():
    assert RUNNING.provisional
    assert replace(OVER, now=sh("2026-12-01 09:00")).provisional
    assert not OVER.provisional


kinds = st.sampled_from(sorted(STAGE_OF))
whens = st.datetimes(datetime(2026, 10, 20), datetime(2026, 12, 10), timezones=st.just(START.tzinfo))
states = st.sampled_from(["open", "claimed", "paused", "parked", "done", "cancelled"])


@given(st.lists(st.builds(
    StepFact, step_id=st.uuids(), kind=kinds, performer=st.sampled_from(["system", "warehouse", "carrier", "customer"]),
    state=states, opened_at=whens, due_at=whens, promised_at=whens, subject_id=st.uuids(),
    order_id=st.sampled_from([ORDER, UUID(int=8), None]), person=st.sampled_from(["li", None]),
    finished_at=st.none() | whens, outcome=st.sampled_from([None, "delivered", "collected", "released", "split", "shortage"]),
    score=st.sampled_from([None, 1, 5]), live=st.booleans(),
), max_size=12), st.sampled_from(sorted(RULES)))  # fmt: skip
def test_no_figure_ever_leaves_zero_to_hundred_and_each_line_says_why(facts: list[StepFact], kpi: str):
    result: Figure = figure(kpi, RULES[kpi](facts, (error("pick"), error("entry")), OVER))
    assert all(0 <= line.hit <= line.of and line.why in WHY for line in result.lines)
    assert result.rate is None or 0 <= result.rate <= 100
    assert all(group.of == sum(line.of for line in group.lines) for group in breakdown(kpi, result.lines))
