"""From rates to points, weights shared out, grades (K-6)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.kpi.points import Shown, composed, grade, points, satisfaction_shown, shared_out

D = Decimal
WEIGHTS = {key: D(n) for key, n in
           {"accuracy": 25, "on_time": 25, "completion": 20, "customer": 15, "superior": 10, "self": 5}.items()}  # fmt: skip
BARS = {"A": D(90), "B": D(80), "C": D(70)}
rates = st.decimals(0, 100, places=2)


@pytest.mark.parametrize(
    ("rate", "expected"), [("95", "0.0"), ("97.25", "50.0"), ("99.5", "100.0"), ("100", "100.0"), ("10", "0.0")]
)
def test_points_run_from_the_floor_to_the_target(rate: str, expected: str):
    assert points(D(rate), floor=D("95"), target=D("99.5")) == D(expected)


def test_a_target_that_is_not_above_its_floor_is_a_fault():
    with pytest.raises(ValueError, match="above the floor"):
        points(D(90), floor=D(95), target=D(95))


@given(rates, rates)
def test_a_better_rate_never_has_fewer_points(a: Decimal, b: Decimal):
    low, high = sorted((a, b))
    assert points(low, floor=D(80), target=D(98)) <= points(high, floor=D(80), target=D(98))


@given(st.sets(st.sampled_from(sorted(WEIGHTS)), max_size=5))
def test_the_weight_of_what_is_missing_is_shared_out_in_full(missing: set[str]):
    shares = shared_out(WEIGHTS, missing)
    assert abs(sum(shares.values()) - 100) < D("0.000001")
    assert not missing & set(shares)


def test_the_default_composition_of_a_specialist():
    scores = {
        "accuracy": D(100),
        "on_time": D(80),
        "completion": D(90),
        "customer": D(60),
        "superior": D(90),
        "self": D(100),
    }
    assert composed(scores, WEIGHTS) == D("86.0")
    assert composed({**scores, "customer": None}, WEIGHTS) == D("90.6")
    assert composed({}, WEIGHTS) is None


@pytest.mark.parametrize(("total", "expected"), [("90", "A"), ("89.9", "B"), ("80", "B"), ("70", "C"), ("69.9", "D")])
def test_grades_have_bars_and_no_quota(total: str, expected: str):
    assert grade(D(total), BARS) == expected


@pytest.mark.parametrize(
    ("answers", "shown"),
    [(0, Shown.HIDDEN), (4, Shown.HIDDEN), (5, Shown.UNSCORED), (9, Shown.UNSCORED), (10, Shown.SCORED)],
)
def test_few_answers_are_hidden_some_are_shown_and_ten_are_scored(answers: int, shown: Shown):
    assert satisfaction_shown(answers, hidden_below=5, scored_from=10) is shown
