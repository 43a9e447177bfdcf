"""Each minute the house's rules are looked at, for a second at most; what is broken shows to the doctor and the scraper."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from oms import db
from oms.cli import examinations
from oms.invariants import watch
from oms.invariants.check import INVARIANTS
from oms.invariants.table import Invariant
from oms.journey import periods
from oms.settings import Settings
from oms.web import metrics
from tests.conftest import CleanDatabase
from workers import bindings, drain, schedule
from workers.process import Process

_BROKEN = """INSERT INTO stock_move (id, key, warehouse_id, sku_id, on_hand, reserved, cause, actor, at)
             SELECT gen_random_uuid(), 'k', gen_random_uuid(), gen_random_uuid(), 1, 0, 'opening', 'x', now()"""


@pytest.fixture
def own(clean_database: CleanDatabase, app_settings: Settings) -> Process:
    return Process(app_settings, clean_database.database, "test")


def looked(own: Process) -> list[tuple[str, str | None]]:
    """Let the sweep open the step and a worker do it; outcome and error of all looks."""
    with own.database.transaction() as session:
        schedule.open_due(session, now=db.now(session), zone=own.settings.zone)
    drain.drain_kind(own, watch.KIND, bindings.handlers("reports"))
    with own.database.transaction() as session:
        rows = session.execute(text("SELECT outcome, error FROM step WHERE kind = :kind"), {"kind": watch.KIND})
        return [(row.outcome, row.error) for row in rows]


def test_a_sound_house_is_sound(own: Process) -> None:
    assert looked(own) == [("sound", None)]
    with own.database.transaction() as session:
        assert list(examinations.violated(session, own.settings)) == []
        assert b"oms_invariants_violated 0.0" in metrics.scrape(session)


def test_what_is_broken_is_found_within_the_minute_and_shown(own: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    # Enough for all rules, also where a second is not.
    monkeypatch.setattr(watch, "look", partial(watch.look, budget_s=30))
    with own.database.transaction() as session:
        session.execute(text(_BROKEN))
    [(outcome, error)] = looked(own)
    assert outcome == "violated"
    assert "balance_is_sum_of_moves" in str(error)
    with own.database.transaction() as session:
        [finding] = examinations.violated(session, own.settings)
        assert finding.severity == examinations.FAULT
        assert b"oms_invariants_violated 1.0" in metrics.scrape(session)
        assert watch.found_lately(session, now=db.now(session) + timedelta(hours=2)) == []


def test_a_rule_that_takes_longer_than_the_budget_is_given_up_and_told(
    own: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Invariant("I1", "slow", "SELECT pg_sleep(30)::text AS subject, 'x' AS detail")
    monkeypatch.setitem(INVARIANTS, "a_slow_one", slow)
    turn = next(n for n in range(len(INVARIANTS)) if n * watch.STRIDE % len(INVARIANTS) == len(INVARIANTS) - 1)
    found = watch.look(own.database, turn=turn, budget_s=0.3)
    assert found.unfinished == ["a_slow_one"]
    assert found.violations == []


def test_each_rule_comes_first_some_time() -> None:
    firsts = {turn * watch.STRIDE % len(INVARIANTS) for turn in range(len(INVARIANTS))}
    assert len(firsts) == len(INVARIANTS)


def test_a_minute_has_one_key() -> None:
    now = datetime(2026, 11, 18, 0, 30)
    assert periods.key(periods.HOUSE, periods.minute(now)) in periods.keys_of_last_hour(now + timedelta(minutes=59))
    assert periods.key(periods.HOUSE, periods.minute(now)) not in periods.keys_of_last_hour(now + timedelta(minutes=61))
