"""Work of minutes: a fold is done in parts, and a report that takes longer than its lease keeps it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.journey import steps
from oms.journey.steps import Claimed, Done, NewStep
from oms.kpi import fold
from oms.settings import Settings
from tests.conftest import CleanDatabase
from workers import inside, kpi
from workers.handlers import Inside
from workers.process import Process

LEASE_S = 1
#: Renewed each third: not lost on a machine that stands still for two seconds.
KEPT_S = 4


@pytest.fixture
def own(clean_database: CleanDatabase, app_settings: Settings) -> Process:
    return Process(replace(app_settings, lease_s=LEASE_S), clean_database.database, "test")


def opened(own: Process, kind: str = "fold_kpi") -> None:
    with own.database.transaction() as session:
        steps.open_steps(session, [NewStep(kind, uuid.uuid4(), subject_type="period")], now=db.now(session))


def claimed(own: Process, kind: str = "fold_kpi", worker: str = "test") -> list[Claimed]:
    with own.database.transaction() as session:
        return steps.claim(session, kind=kind, limit=1, lease_s=own.settings.lease_s, worker=worker)


def states(own: Process) -> list[tuple[str, str | None, int]]:
    with own.database.transaction() as session:
        rows = session.execute(text("SELECT state, outcome, attempt FROM step ORDER BY opened_at, id"))
        return [(row.state, row.outcome, row.attempt) for row in rows]


def test_a_fold_that_is_not_through_in_its_time_is_gone_on_with_by_a_step_that_follows(
    own: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    folded: list[int] = []
    left = [3]

    def part(session: Session, *, now: datetime) -> int:
        folded.append(1)
        left[0] -= 1
        return max(0, left[0])

    monkeypatch.setattr(fold, "fold", part)
    # Each part takes a second and a half.
    monkeypatch.setattr(kpi, "time", SimpleNamespace(monotonic=lambda: 1.5 * len(folded)))
    opened(own)
    inside.work(own, {"fold_kpi": kpi.FOLD_KPI}, claimed(own))
    assert len(folded) == 2
    assert states(own) == [("done", "folded", 1), ("open", None, 0)]
    inside.work(own, {"fold_kpi": kpi.FOLD_KPI}, claimed(own))
    assert len(folded) == 3
    assert states(own) == [("done", "folded", 1), ("done", "folded", 1)]


def test_a_report_that_outlasts_its_lease_keeps_it(own: Process) -> None:
    own = replace(own, settings=replace(own.settings, lease_s=KEPT_S))
    others: list[Claimed] = []

    def long(session: Session, batch: Sequence[Claimed], now: datetime) -> list[Done]:
        time.sleep(KEPT_S * 1.5)
        others.extend(claimed(own, "compute_kpi", "another"))
        time.sleep(KEPT_S / 4)
        return [Done(step, "computed") for step in batch]

    opened(own, "compute_kpi")
    inside.work(own, {"compute_kpi": Inside(long)}, claimed(own, "compute_kpi"))
    assert others == []
    assert states(own) == [("done", "computed", 1)]


def test_what_is_no_report_keeps_no_lease(own: Process) -> None:
    """A batch of orders that hangs is to be taken over."""
    others: list[Claimed] = []

    def long(session: Session, batch: Sequence[Claimed], now: datetime) -> list[Done]:
        time.sleep(LEASE_S * 1.5)
        others.extend(claimed(own, "close", "another"))
        return [Done(step, "closed") for step in batch]

    opened(own, "close")
    inside.work(own, {"close": Inside(long)}, claimed(own, "close"))
    assert [step.attempt for step in others] == [2]
    assert [state for state, _, _ in states(own)] == ["claimed"]


def test_a_fold_that_meets_another_one_leaves_it_to_that_and_is_not_parked(own: Process) -> None:
    """It waited for the lock, failed, and after five such attempts was a parked step that a person had to look at."""
    opened(own)
    with own.database.transaction() as session:
        fold.hold(session, now=db.now(session))
    with own.database.transaction() as another:
        fold.hold(another, now=db.now(another))
        began = time.monotonic()
        inside.work(own, {"fold_kpi": kpi.FOLD_KPI}, claimed(own))
        assert time.monotonic() - began < 3
    assert states(own) == [("done", "folded", 1)]


def test_a_house_that_never_folded_begins(own: Process) -> None:
    with own.database.transaction() as session:
        assert fold.is_free(session, now=db.now(session))
    with own.database.transaction() as session:
        assert fold.is_free(session, now=db.now(session))
