"""How each KPI is counted: what is in, what is out and why, on hand-made facts with hand-made answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.journey.flow import FLOW
from oms.kpi.definitions import ENTRY, KPIS, STAGE_OF, STAGES, TECHNICAL, WHY
from oms.kpi.rules import RULES, breakdown, figure
from oms.kpi.values import Figure, Pause, Picker, StepFact
from tests.factories.kpi_facts import ORDER, OVER, RUNNING, START, count, error, fact, sh, verdict

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
            # Cancelled in the evening: until the next morning it was not late.
            {
                "ended": "2026-11-10 18:00",
                "state": "cancelled",
                "outcome": "changed",
                "late_from": sh("2026-11-11 08:30"),
            },
            (0, 0, "cancelled"),
        ),
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


def test_a_pause_that_begins_before_the_step_was_late_leaves_it_out():
    pause = Pause("customer", sh("2026-11-10 18:00"), None, None)
    evening = fact("review", state="paused", pauses=(pause,), late_from=sh("2026-11-11 08:30"))
    assert verdict("on_time", evening)[2] == "paused"


def test_a_pause_after_the_due_time_excuses_nothing():
    pause = Pause("customer", sh("2026-11-10 13:00"), None, None)
    assert verdict("on_time", fact("review", state="paused", pauses=(pause,)))[2] == "open_late"


@pytest.mark.parametrize(
    ("change", "person", "why"),
    [
        # Picked until half past twelve, half an hour after the carrier came: nobody can pack it in time.
        ({"opened_at": sh("2026-11-10 12:30"), "ended": "2026-11-10 12:40"}, None, "late"),
        ({"opened_at": sh("2026-11-10 12:30")}, None, "open_late"),
        ({"opened_at": sh("2026-11-10 11:59"), "ended": "2026-11-10 12:40"}, "li", "late"),
        # Taken off its packer in time, since another line was short.
        (
            {"ended": "2026-11-10 09:00", "state": "cancelled", "outcome": "cancelled_for_shortage"},
            None,
            "cancelled_by_us",
        ),
        (
            {"ended": "2026-11-10 13:00", "state": "cancelled", "outcome": "cancelled_for_shortage"},
            "li",
            "cancelled_by_us",
        ),
    ],
)
def test_a_person_answers_only_for_what_could_still_be_done_in_time(change: dict, person: str | None, why: str):
    lines = count("on_time", fact("pack", **{"person": "li", **change}))
    assert [(line.person, line.hit, line.of, line.why) for line in lines] == [(person, 0, 1, why)]


def test_what_others_perform_and_machinery_are_not_in_our_on_time_rate():
    assert count("on_time", fact("collect"), fact("sign"), fact("poll"), fact(ENTRY)) == []


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


def test_what_another_system_picked_wrong_is_no_error_of_another_house():
    """One list by a robot, one by Li in the next house: the wrong piece of the first was a wrong line of the second."""
    robots, lis = UUID(int=71), UUID(int=72)
    facts = (
        fact("pick", ended="2026-11-10 09:00", units=3, subject_id=robots, warehouse="A"),
        fact("pick", ended="2026-11-10 09:00", units=2, subject_id=lis, warehouse="B", person="li"),
    )
    lines = count("pick_accuracy", *facts, errors=(error("pick", "key:robot", subject_id=robots),))
    assert [(line.warehouse, line.hit, line.of) for line in lines] == [("B", 2, 2)]
    # A ticket names the order's goods as a whole: somebody's they were.
    lines = count("pick_accuracy", *facts, errors=(error("pick", "wang", subject_id=UUID(int=73)),))
    assert [(line.warehouse, line.hit, line.of) for line in lines] == [("B", 1, 2)]


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


def test_lines_of_a_list_that_two_walked_are_each_its_own_pickers():
    """Pay hangs on it: who scanned the last piece answers for the own lines only, and an outsider's end gives nobody any."""
    zhao, qian = Picker("zhao", 3, UUID(int=71)), Picker("qian", 1, UUID(int=72))
    both = fact("pick", ended="2026-11-10 09:00", person="qian", units=4, pickers=(qian, zhao))
    mine, others = count("pick_accuracy", both, errors=(error("pick", "zhao", subject_id=both.subject_id),))
    assert (mine.person, mine.fact_id, mine.hit, mine.of) == ("qian", both.step_id, 1, 1)
    assert (others.person, others.fact_id, others.hit, others.of) == ("zhao", zhao.task_id, 2, 3)
    [alone] = count("pick_accuracy", both._replace(person=None, pickers=(zhao,), units=3))
    assert (alone.person, alone.of) == ("zhao", 3)


def test_an_error_goes_to_the_part_that_it_names_before_another_of_its_person():
    first = fact("pick", ended="2026-11-10 09:00", person="zhao", subject_id=UUID(int=1), warehouse="east", units=3)
    second = fact(
        "pick", "2026-11-10 13:00", "2026-11-10 12:00", person="zhao", subject_id=UUID(int=2), warehouse="west"
    )
    lines = count("pick_accuracy", first, second, errors=(error("pick", "zhao", subject_id=UUID(int=2)),))
    assert {line.warehouse: (line.hit, line.of) for line in lines} == {"east": (3, 3), "west": (0, 1)}


def test_an_error_of_an_order_picked_in_two_months_counts_in_the_one_of_its_part():
    october = fact("pick", "2026-10-30 12:00", "2026-10-30 09:00", person="zhao", subject_id=UUID(int=1), units=3)
    november = fact("pick", ended="2026-11-10 09:00", person="qian", subject_id=UUID(int=2), units=5)
    errors = (error("pick", "zhao", "2026-10-30 15:00", subject_id=UUID(int=1)),)
    [line] = count("pick_accuracy", october, november, errors=errors)
    assert (line.person, line.hit, line.of) == ("qian", 5, 5)


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


def test_who_answers_about_the_goods_alone_has_answered_and_a_question_taken_back_was_not_asked():
    facts = (answer(None, outcome="scored"), answer(None, None, state="cancelled", outcome="reopened"))
    result = figure("response", count("response", *facts))
    assert (result.hit, result.of) == (1, 1)
    assert count("satisfaction", *facts) == []


# ------------------------------------------------------------------ figures and tables


def test_a_figure_of_nothing_has_no_rate():
    nothing = figure("on_time", [])
    assert nothing.rate is None
    assert nothing.errors_per_10000 is None
    assert Figure("on_time", None, 1, 2, ()).errors_per_10000 is None


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
    score=st.sampled_from([None, 1, 5]), live=st.booleans(), late_from=st.none() | whens, units=st.integers(1, 9),
    pauses=st.just(()),
), max_size=12), st.sampled_from(sorted(RULES)))  # fmt: skip
def test_no_figure_ever_leaves_zero_to_hundred_and_each_line_says_why(facts: list[StepFact], kpi: str):
    result: Figure = figure(kpi, RULES[kpi](facts, (error("pick"), error("entry")), OVER))
    assert all(0 <= line.hit <= line.of and line.why in WHY for line in result.lines)
    assert result.rate is None or 0 <= result.rate <= 100
    assert all(group.of == sum(line.of for line in group.lines) for group in breakdown(kpi, result.lines))
