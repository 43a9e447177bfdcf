"""A drain ends when its queue is empty, when its time is over and when the process is told to stop; the sweep has other work too."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from oms import db
from oms.journey import steps
from oms.journey.steps import NewStep
from oms.settings import Settings
from tests.conftest import CleanDatabase
from workers import drain, inside, sweep
from workers.doorbell import Doorbell
from workers.process import Process


@pytest.fixture
def own(clean_database: CleanDatabase, app_settings: Settings) -> Process:
    return Process(app_settings, clean_database.database, "test")


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A queue that never ends, whose batches take a second each by the clock of who drains it; what was drained of it."""
    drained: list[str] = []

    def batch(process: Process, kind: str, bound: object) -> int:
        drained.append(kind)
        return 1

    for module in (drain, sweep):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: float(len(drained))))

    monkeypatch.setattr(drain, "due_kinds", lambda process, bound: ["tell", "book"])
    monkeypatch.setattr(drain, "drain_kind", batch)
    return drained


def test_a_drain_ends_when_its_time_is_over(own: Process, endless: list[str]) -> None:
    assert drain.drain(own, "outside", for_s=5) == 5
    assert endless == ["tell", "book", "tell", "book", "tell"]


def test_a_drain_ends_behind_the_batch_in_which_it_is_told_to_stop(
    own: Process, endless: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = drain.drain_kind

    def third(process: Process, kind: str, bound: object) -> int:
        process.stop.asked = len(endless) == 2
        return batch(process, kind, bound)  # type: ignore[arg-type]

    monkeypatch.setattr(drain, "drain_kind", third)
    assert drain.drain(own, "outside") == 3
    assert endless == ["tell", "book", "tell"]


def test_a_sweep_that_works_itself_looks_after_the_rest_between(
    own: Process, endless: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on with the queue in its next round, though the work that is left may not be late enough to begin with."""
    monkeypatch.setattr(sweep, "WORKS_S", 3)
    with own.database.transaction() as session:
        steps.open_steps(session, [NewStep("tell", uuid.uuid4())], now=db.now(session))
        session.execute(text("UPDATE step SET run_after = run_after - make_interval(secs => 60)"))
    bell, mine = Doorbell(own.settings.redis_url), set[str]()
    sweep._ring_or_work(own, bell, mine)
    assert (len(endless), mine) == (3, {"outside"})
    with own.database.transaction() as session:
        session.execute(text("UPDATE step SET run_after = clock_timestamp() WHERE state = 'open'"))
    sweep._ring_or_work(own, bell, mine)
    assert len(endless) == 6
    monkeypatch.setattr(drain, "due_kinds", lambda process, bound: [])
    sweep._ring_or_work(own, bell, mine)
    assert mine == set()


def test_a_stop_ends_a_rest(own: Process) -> None:
    began = time.monotonic()
    own.stop.rest(0.05)
    assert time.monotonic() - began >= 0.05
    own.stop.asked = True
    own.stop.rest(timedelta(hours=1).total_seconds())
    assert time.monotonic() - began < 5


def test_what_the_database_failed_again_and_again_is_no_step_on_which_workers_died(
    own: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk is full: neither the work nor its being put back can be written, twelve times over."""
    with own.database.transaction() as session:
        [step_id] = steps.open_steps(session, [NewStep("wake", uuid.uuid4())], now=db.now(session))

    def full(process: Process, bound: object, claimed: object) -> None:
        raise OperationalError("COMMIT", {}, Exception("could not extend file: No space left on device"))

    monkeypatch.setattr(drain, "REST_S", 0.0)
    monkeypatch.setattr(inside, "work", full)
    for _ in range(12):
        with pytest.raises(OperationalError):
            drain.drain(own, "inside")
    drain.drain(own, "inside", look_again=False, for_s=0)
    with own.database.transaction() as session:
        row = session.execute(text("SELECT state, attempt, error FROM step WHERE id = :id"), {"id": step_id}).one()
    assert tuple(row) == ("open", 0, "the database failed its worker in the middle")
