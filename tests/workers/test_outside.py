"""Calls to peers: a circuit for each, and whoever waited for one comes at once when it answers again."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from connectors.base import ConnectorError
from oms import db
from oms.journey import putting_off, steps
from oms.journey.steps import Claimed, Done, NewStep
from oms.settings import Settings
from tests.conftest import CleanDatabase
from workers import circuit, drain, outside
from workers.circuit import Circuits
from workers.handlers import Outside
from workers.process import CONNECTIONS, Process, start

PEER = "carrier:somebody"


@dataclass
class Line:
    """A peer that can be away; `call` is what a handler asks of it."""

    away: bool = True
    alone: uuid.UUID | None = None
    retry_after_s: float | None = None
    called: list[uuid.UUID] = field(default_factory=list)
    then: Callable[[], None] = lambda: None

    def call(self, request: Asked) -> str:
        self.called.append(request.subject_id)
        self.then()
        if request.subject_id == self.alone if self.alone else self.away:
            error = ConnectorError("connection refused", permanent=False)
            error.retry_after_s = self.retry_after_s
            raise error
        return "booked"


@dataclass
class Asked:
    subject_id: uuid.UUID
    peer: str = PEER
    key: str | None = None


class Bench:
    """Some parcels to track, a peer, and the worker that calls it; `now` is the circuits' clock."""

    def __init__(self, process: Process, line: Line, now: list[float]) -> None:
        self.process = process
        self.now = now
        self.handler = Outside(self._prepare, line.call, self._record)
        self.prepared = 0

    def open(self, count: int) -> list[uuid.UUID]:
        subjects = sorted(uuid.uuid4() for _ in range(count))
        with self.process.database.transaction() as session:
            steps.open_steps(session, [NewStep("track", subject) for subject in subjects], now=db.now(session))
        return subjects

    def work(self, limit: int = 10, lease_s: int = 30) -> int:
        """Claim what is due and call; how many there were."""
        with self.process.database.transaction() as session:
            claimed = steps.claim(session, kind="track", limit=limit, lease_s=lease_s, worker=self.process.name)
        outside.work(self.process, self.handler, claimed)
        return len(claimed)

    def waiting(self) -> list[float]:
        """How long each open step still waits, in seconds."""
        asked = "SELECT extract(epoch FROM run_after - clock_timestamp()) FROM step WHERE state = 'open' ORDER BY 1"
        with self.process.database.transaction() as session:
            return [float(s) for s in session.execute(text(asked)).scalars()]

    def put_off(self, seconds: float, *, but: Sequence[uuid.UUID] = ()) -> None:
        with self.process.database.transaction() as session:
            put = text(
                "UPDATE step SET run_after = clock_timestamp() + make_interval(secs =>"
                " CASE WHEN subject_id = ANY(CAST(:but AS uuid[])) THEN 0 ELSE :s END)"
            )
            session.execute(put, {"s": seconds, "but": list(but)})

    def _prepare(self, session: Session, step: Claimed, now: datetime, settings: Settings) -> Any:
        self.prepared += 1
        return Asked(step.subject_id)

    def _record(self, session: Session, step: Claimed, request: Asked, answer: str, now: datetime) -> Done:
        return Done(step, "polled")


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def bench(clean_database: CleanDatabase, app_settings: Settings, line: Line, monkeypatch: pytest.MonkeyPatch) -> Bench:
    now = [100.0]
    monkeypatch.setattr(outside, "_CIRCUITS", Circuits(lambda: now[0]))
    return Bench(Process(app_settings, clean_database.database, "test"), line, now)


def test_a_peer_that_answers_again_is_asked_at_once_by_all_who_waited(bench: Bench, line: Line) -> None:
    first, *_ = bench.open(3)
    assert bench.work() == 3
    bench.put_off(600, but=[first])
    assert bench.work() == 1  # away still: the others go on waiting
    assert len([s for s in bench.waiting() if s > 500]) == 2
    line.away = False
    bench.now[0] += circuit.REST_S
    bench.put_off(600, but=[first])
    assert bench.work() == 1
    assert len(bench.waiting()) == 2
    assert max(bench.waiting()) <= 0
    assert bench.work() == 2
    assert bench.waiting() == []


def test_an_answer_whose_record_draws_a_standing_number_is_recorded_with_another(
    bench: Bench, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peer has done its part by then: it is not asked again."""
    line.away, drawn = False, [["A", "A"], ["A", "B"]]

    def record(session: Session, step: Claimed, request: Asked, answer: str, now: datetime) -> Done:
        session.execute(text("CREATE TEMP TABLE thing (number text CONSTRAINT uq_thing_number UNIQUE) ON COMMIT DROP"))
        for number in drawn.pop(0):
            session.execute(text("INSERT INTO thing VALUES (:number)"), {"number": number})
        return Done(step, "polled")

    monkeypatch.setattr(bench, "handler", replace(bench.handler, record=record))
    bench.open(1)
    assert bench.work() == 1
    assert (drawn, len(line.called), bench.waiting()) == ([], 1, [])


def test_who_rests_with_the_circuit_comes_too(bench: Bench, line: Line) -> None:
    bench.open(8)
    for _ in range(2):
        bench.work(4)
        bench.put_off(0)
    called = len(line.called)
    assert bench.work() == 8
    assert len(line.called) == called  # resting: nobody called
    assert min(bench.waiting()) > 20
    line.away = False
    bench.now[0] += circuit.REST_S
    bench.put_off(600, but=[line.called[0]])
    assert bench.work() == 1
    assert (len(bench.waiting()), max(bench.waiting()) <= 0) == (7, True)


def test_for_a_peer_that_rests_nothing_is_prepared_and_one_call_probes_after_it(bench: Bench, line: Line) -> None:
    """A thousand confirmations wait for the mail server: to print each again every half minute would take all there is."""
    bench.handler = replace(bench.handler, peer=PEER)
    bench.open(12)
    assert bench.work(circuit.LIMIT) == circuit.LIMIT  # away: the circuit opens
    prepared = bench.prepared
    commits: list[object] = []
    count = commits.append
    event.listen(bench.process.database.engine, "commit", count)
    assert drain.drain_kind(bench.process, "track", {"track": bench.handler}) == 12 - circuit.LIMIT
    event.remove(bench.process.database.engine, "commit", count)
    assert len(commits) == 1  # put off together, unclaimed
    assert (bench.prepared, len(line.called)) == (prepared, circuit.LIMIT)
    in_line = [s for s in bench.waiting() if s > 20]
    places = [n * circuit.EACH_S for n in range(12 - circuit.LIMIT)]
    assert [s - in_line[0] for s in in_line] == pytest.approx(places, abs=0.01)
    bench.now[0] += circuit.REST_S
    bench.put_off(0)
    assert bench.work(100) == 12
    # Those who were at it as the first one probed; the rest was told before it was prepared.
    assert len(line.called) == circuit.LIMIT + 1
    assert bench.prepared <= prepared + outside.THREADS
    line.away = False
    bench.now[0] += circuit.REST_S
    bench.put_off(0)
    bench.work(100)
    bench.work(100)
    assert bench.waiting() == []


def test_who_is_claimed_while_others_are_put_off_is_left_to_the_claim(bench: Bench) -> None:
    bench.open(2)
    with bench.process.database.transaction() as session:
        due = putting_off.due(session, kind="track")
        [claimed] = steps.claim(session, kind="track", limit=1, lease_s=30, worker="another")
        putting_off.put_off(session, step_ids=due, why="resting", after_s=[60.0, 60.0])
        told = {row.id: row.error for row in session.execute(text("SELECT id, error FROM step"))}
        assert steps.renew(session, [claimed], lease_s=30) == [claimed.id]
    assert {step_id: why for step_id, why in told.items() if why} == {(set(due) - {claimed.id}).pop(): "resting"}
    assert [round(s) for s in bench.waiting()] == [60]


def test_a_call_that_fails_alone_is_not_made_again_with_each_that_succeeds(bench: Bench, line: Line) -> None:
    bad, _ = bench.open(2)
    line.alone = bad
    assert bench.work() == 2
    bench.put_off(600)
    bench.open(1)
    assert bench.work() == 1
    assert min(bench.waiting()) > 500
    assert line.called.count(bad) == 1


def test_a_time_that_the_peer_named_is_kept(bench: Bench, line: Line) -> None:
    line.retry_after_s = 300.0
    first, _ = bench.open(2)
    assert bench.work() == 2
    line.away = False
    bench.now[0] += circuit.REST_S
    bench.put_off(250, but=[first])
    assert bench.work() == 1
    [left] = bench.waiting()
    assert left > 200


def test_a_stop_leaves_what_was_not_begun_to_others(bench: Bench, line: Line) -> None:
    bench.open(8)
    line.away = False
    line.then = lambda: setattr(bench.process.stop, "asked", True)
    assert bench.work() == 8
    called = len(line.called)
    assert 1 <= called <= outside.THREADS  # those under way went on to their end
    assert len(bench.waiting()) == 8 - called
    assert max(bench.waiting()) <= 0
    with bench.process.database.transaction() as session:
        attempts = session.execute(text("SELECT DISTINCT attempt FROM step WHERE state = 'open'")).scalars().all()
    assert attempts == [0]


def test_a_call_that_takes_longer_than_the_lease_is_not_taken_over(
    bench: Bench, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Renewed each third: not lost on a machine that stands still for two seconds.
    monkeypatch.setattr(outside, "LEASE_S", 4)
    stolen: list[Claimed] = []

    def then() -> None:
        time.sleep(6)
        with bench.process.database.transaction() as session:
            stolen.extend(steps.claim(session, kind="track", limit=1, lease_s=30, worker="another"))

    line.away, line.then = False, then
    bench.open(1)
    assert bench.work(lease_s=4) == 1
    assert stolen == []
    with bench.process.database.transaction() as session:
        assert session.execute(text("SELECT state, attempt FROM step")).all() == [("done", 1)]


def test_calls_at_once_keep_their_connections(bench: Bench, line: Line, app_settings: Settings) -> None:
    own = start(app_settings, db.silent)
    made: list[object] = []
    event.listen(own.database.engine, "connect", lambda connection, _record: made.append(connection))

    def prepare(session: Session, step: Claimed, now: datetime, settings: Settings) -> Asked:
        session.execute(text("SELECT pg_sleep(0.02)"))  # so that all threads are in a transaction at once
        return Asked(step.subject_id)

    bench.process, bench.handler, line.away = own, replace(bench.handler, prepare=prepare), False
    for _ in range(3):
        bench.open(12)
        assert bench.work(12) == 12
    own.database.engine.dispose()
    assert outside.THREADS < CONNECTIONS
    assert 2 < len(made) <= CONNECTIONS
