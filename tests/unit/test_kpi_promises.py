"""The promise to the customer: shipped, delivered, moved, completed, perfect."""

from __future__ import annotations

from uuid import UUID

import pytest

from oms.kpi.values import StepFact
from tests.factories.kpi_facts import RUNNING, count, error, fact, sh, verdict

# ------------------------------------------------------------------ the promise


def test_a_date_moved_by_us_stays_late_and_shows_as_moved():
    moved = fact(
        "deliver", "2026-11-12 18:00", "2026-11-12 10:00", promised_at=sh("2026-11-11 18:00"), outcome="delivered"
    )
    assert verdict("delivered_on_time", moved) == (0, 1, "late")
    assert verdict("moved_dates", moved) == (1, 1, "moved")
    assert verdict("moved_dates", moved._replace(due_at=moved.promised_at)) == (0, 1, "kept")


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
        # The notice of the parcel, and the order's closing, began when it had left.
        ((fact("tell", "2026-11-10 23:59", opened_at=sh("2026-11-10 20:00")),), "late_carrier"),
        ((fact("close", "2026-11-12 09:00", "2026-11-12 10:00"), fact("pick")), "late_floor"),
    ],
)
def test_a_late_parcel_goes_to_whose_clock_overran_first(house: tuple[StepFact, ...], why: str):
    late = fact("collect", ended="2026-11-10 20:00", outcome="collected")
    assert verdict("shipped_on_time", late, *house) == (0, 1, why)


def test_the_floor_answers_for_its_own_parcel_and_not_for_another_of_the_order():
    late = {"ended": "2026-11-10 20:00", "outcome": "collected"}
    east, west = UUID(int=1), UUID(int=2)
    facts = (
        fact("collect", fulfilment=east, **late),
        fact("collect", fulfilment=west, **late),
        fact("pick", fulfilment=west),
    )
    found = {line.fact_id: line.why for line in count("shipped_on_time", *facts)}
    assert [found[f.step_id] for f in facts[:2]] == ["late_carrier", "late_floor"]


@pytest.mark.parametrize("kind", ["tell", "sample_review"])
def test_no_parcel_waits_for_a_mail_or_for_the_daily_sample(kind: str):
    late = fact("collect", ended="2026-11-10 20:00", outcome="collected")
    assert verdict("shipped_on_time", late, fact(kind, ended="2026-11-10 13:00")) == (0, 1, "late_carrier")


def test_a_parcel_collected_by_the_promise_is_shipped_and_a_printed_label_is_not():
    collected = fact("collect", ended="2026-11-10 12:00", outcome="collected")
    assert verdict("shipped_on_time", collected) == (1, 1, "on_time")
    booked_only = (fact("collect"), fact("book", ended="2026-11-10 09:00"))
    assert verdict("shipped_on_time", *booked_only) == (0, 1, "late_carrier")


@pytest.mark.parametrize("outcome", ["lost", "damaged", "sent_back"])
@pytest.mark.parametrize("due", ["2026-11-10 12:00", "2026-11-20 12:00"])
def test_what_went_astray_is_missed_at_once_and_not_still_open(outcome: str, due: str):
    """Nothing ends such a step a second time, so its due time would bring nobody back to it."""
    lost = fact("deliver", due, "2026-11-10 09:00", outcome=outcome)
    assert verdict("delivered_on_time", lost, period=RUNNING) == (0, 1, "never_arrived")
    assert verdict("completion", RELEASED, lost, period=RUNNING) == (0, 1, "never_arrived")
    uncollected = fact("collect", due, "2026-11-10 09:00", outcome=outcome)
    assert verdict("shipped_on_time", uncollected, period=RUNNING) == (0, 1, "late_carrier")


@pytest.mark.parametrize("outcome", ["refused", "wrong_address"])
def test_what_the_customer_did_counts_against_nobody(outcome: str):
    refused = fact("deliver", ended="2026-11-10 09:00", outcome=outcome)
    assert verdict("completion", RELEASED, refused) == (0, 0, "customers_doing")
    assert verdict("completion", RELEASED, refused, delivered()) == (1, 1, "on_time")
    assert verdict("shipped_on_time", fact("collect", outcome=outcome)) == (0, 0, "customers_doing")


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


@pytest.mark.parametrize(
    ("ended", "complete", "perfect"),
    [("2026-11-09 12:00", (1, 1, "on_time"), (1, 1, "perfect")), ("2026-11-09 12:01", (0, 1, "late"), (0, 1, "late"))],
)
def test_a_promise_that_had_run_out_when_the_order_was_changed_stays_missed(
    ended: str, complete: tuple, perfect: tuple
):
    """Else whoever changes the address of a late order makes it punctual."""
    before = fact("deliver", "2026-11-09 12:00", ended, state="cancelled", outcome="replaced_by_change")
    assert verdict("completion", RELEASED, before, delivered()) == complete
    assert verdict("perfect_order", before, delivered()) == perfect


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
        ([delivered()], (error("pick", caught=True),), (1, 1, "perfect")),
        ([delivered()], (error("pick", at="2026-12-07 17:31"),), (1, 1, "perfect")),
        ([delivered(live=False)], (), (0, 0, "not_live")),
        ([delivered(), fact("deliver", ended="2026-11-09 09:00", outcome="lost")], (), (0, 1, "never_arrived")),
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
