"""A pace is sustained when nothing grows: not the orders in the house, not the due steps, not the age of the oldest."""

from __future__ import annotations

import pytest

from bench.clients import Answers
from bench.window import Sample, Window

SHOWN = Answers([0.03] * 40, {200: 40})


def held(
    *,
    orders: float = 0.0,
    due: float = 0.0,
    age: float = 0.0,
    uncounted: float = 0.0,
    answers: Answers | None = None,
    pages: Answers = SHOWN,
) -> Window:
    """Ten minutes at 100 a second; what grows, by how much a second."""
    samples = [
        Sample(at, int(500 + due * at), 2.0 + age * at, int(1000 + orders * at), 600.0, 70.0 + uncounted * at)
        for at in range(0, 600, 5)
    ]
    return Window(100, 600, samples, answers or Answers([0.02] * 100, {202: 100}), pages)


def test_a_house_in_which_nothing_grows_is_sustained():
    assert held().is_sustained


def test_a_backlog_may_grow_by_a_fiftieth_of_the_pace():
    assert held(orders=1.9, due=1.9, age=0.019).is_sustained


@pytest.mark.parametrize("grows", [{"orders": 2.2}, {"due": 2.2}, {"age": 0.022}], ids=str)
def test_what_grows_by_more_is_not_sustained(grows):
    assert not held(**grows).is_sustained


def test_one_step_that_nobody_takes_is_not_sustained():
    assert not held(age=1.0).is_sustained


def test_figures_that_fall_behind_what_changes_are_a_backlog_too():
    assert held(uncounted=0.1).is_sustained
    assert not held(uncounted=0.2).is_sustained


def test_refused_and_late_orders_are_not_sustained():
    assert not held(answers=Answers([0.02] * 100, {202: 99, 503: 1})).is_sustained
    assert not held(answers=Answers([2.1] * 100, {202: 100})).is_sustained


def test_people_who_get_no_page_or_a_late_one_are_not_served_by_a_pace():
    assert not held(pages=Answers([0.01] * 40, {200: 39, 503: 1})).is_sustained
    assert not held(pages=Answers([2.1] * 40, {200: 40})).is_sustained
    assert not held(pages=Answers()).is_sustained


def test_a_window_in_which_nobody_looked_twice_tells_no_growth():
    few = held()
    few.samples[:] = few.samples[:2]
    assert not few.is_sustained
