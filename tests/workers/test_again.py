"""A transaction that the database wants once more runs again at once, at most five times; nobody waits for the sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from oms import db
from oms.journey import steps
from oms.journey.models import Step
from oms.journey.step_values import MOST_ATTEMPTS
from oms.journey.steps import Claimed, Done, NewStep
from oms.settings import Settings
from oms.web import create_app
from tests.conftest import CleanDatabase
from tests.web.site import Site
from tests.web.test_webhooks import headers
from workers import drain, outside, patience
from workers.circuit import LIMIT, REST_S, Circuits
from workers.handlers import Inside, Outside
from workers.process import Process

_RAISE = "DO $$ BEGIN RAISE EXCEPTION 'once more' USING ERRCODE = '{}'; END $$"
Refuse = Callable[..., list[str]]


@pytest.fixture
def refuse(clean_database: CleanDatabase) -> Iterator[Refuse]:
    """`refuse(words, times)`: so often the server really refuses a statement with these words; what was refused."""
    listeners = []

    def ask(words: str, times: int, sqlstate: str = "40001") -> list[str]:
        refused: list[str] = []

        def before(_connection, _cursor, statement, values, _context, many):
            if words in statement and len(refused) < times:
                refused.append(statement)
                return _RAISE.format(sqlstate), [()] if many else ()
            return statement, values

        event.listen(clean_database.engine, "before_cursor_execute", before, retval=True)
        listeners.append(before)
        return refused

    yield ask
    for before in listeners:
        event.remove(clean_database.engine, "before_cursor_execute", before)


@pytest.fixture
def process(clean_database: CleanDatabase, app_settings: Settings) -> Process:
    with clean_database.database.transaction() as session:
        steps.open_steps(session, [NewStep("close", db.new_id()), NewStep("track", db.new_id())], now=db.now(session))
    return Process(app_settings, clean_database.database, "test")


def _outcomes(process: Process) -> list[tuple[str, str | None, int]]:
    with process.database.transaction() as session:
        return sorted((step.kind, step.outcome, step.attempt) for step in session.query(Step))


def _closed(_session, claimed: list[Claimed], _now) -> list[Done]:
    return [Done(step, "closed") for step in claimed]


class _Asked:
    peer, key = "carrier:test", "test:1"


TRACKED = Outside(
    prepare=lambda _session, _step, _now, _settings: _Asked(),
    call=lambda _request: True,
    record=lambda _session, step, _request, _answer, _now: Done(step, "tracked"),
)


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
@pytest.mark.parametrize("words", ["WITH ORDINALITY", "SET state = 'claimed'", "SET state = 'done'"])
def test_a_worker_does_its_round_in_spite_of_four_refusals(process, refuse, words, sqlstate):
    refused, bound = refuse(words, 4, sqlstate), {"close": Inside(_closed)}
    assert [drain.drain_kind(process, kind, bound) for kind in drain.due_kinds(process, bound)] == [1]
    assert len(refused) == 4
    assert ("close", "closed", 1) in _outcomes(process)


def test_a_call_is_prepared_again_and_the_step_not_put_back(process, refuse):
    refused = refuse("INSERT INTO effect", 4)
    assert drain.drain_kind(process, "track", {"track": TRACKED}) == 1
    assert len(refused) == 4
    assert ("track", "tracked", 1) in _outcomes(process)


def test_the_fifth_failure_is_told(process, refuse):
    refused = refuse("SET state = 'claimed'", 99)
    with pytest.raises(OperationalError):
        drain.drain_kind(process, "close", {"close": Inside(_closed)})
    assert len(refused) == db.TRIES


def test_other_faults_are_told_at_once(process, refuse):
    refused = refuse("SET state = 'claimed'", 99, "53100")
    with pytest.raises(OperationalError):
        drain.drain_kind(process, "close", {"close": Inside(_closed)})
    assert len(refused) == 1


def test_a_repeated_transaction_begins_anew(clean_database, refuse):
    refuse("SELECT 2", 1)
    seen = []

    def work() -> int:
        with clean_database.database.transaction() as session:
            seen.append(session)
            return int(session.execute(text("SELECT 2")).scalar_one())

    assert db.again(work) == 2
    assert len({id(session) for session in seen}) == 2


def test_a_webhook_is_taken_in_spite_of_four_refusals(clean_database, app_settings, refuse):
    site = Site(
        create_app(settings=app_settings, database=clean_database.database), clean_database.database, app_settings
    )
    site.channel()
    refused = refuse("INSERT INTO inbound_message", 4)
    body = b'{"id": 727, "number": "727"}'
    answer = site.app.test_client().post("/webhooks/shop", data=body, headers=headers(body))
    assert (answer.status_code, len(refused)) == (202, 4)
    assert site.rows("SELECT count(*) FROM inbound_message") == [(1,)]


@pytest.mark.parametrize(("sqlstate", "state"), [("53100", "open"), ("58030", "open"), ("22012", "parked")])
def test_what_the_full_disk_of_the_database_stopped_is_tried_until_there_is_room(
    process, refuse, sqlstate: str, state: str
) -> None:
    refuse("SET state = 'done'", 99, sqlstate)
    for _ in range(steps.MAX_ATTEMPTS + 2):
        with process.database.transaction() as session:
            session.execute(text("UPDATE step SET run_after = clock_timestamp() WHERE state = 'open'"))
        drain.drain_kind(process, "close", {"close": Inside(_closed)})
    with process.database.transaction() as session:
        [step] = session.query(Step).filter_by(kind="close")
    assert step.state == state
    if state == "open":
        assert steps.delay_s(patience.SLOWEST_ATTEMPT) < 30
        assert "once more" in step.error


def test_a_step_that_the_database_refuses_for_a_day_is_parked(process, refuse) -> None:
    refuse("SET state = 'done'", 99, "53200")
    with process.database.transaction() as session:
        session.execute(text("UPDATE step SET attempt = :most - 1"), {"most": MOST_ATTEMPTS})
    drain.drain_kind(process, "close", {"close": Inside(_closed)})
    with process.database.transaction() as session:
        assert session.query(Step).filter_by(kind="close").one().state == "parked"


def test_waiting_for_a_peer_that_rests_is_no_attempt_at_it(process, monkeypatch) -> None:
    """An outage of an afternoon is hundreds of such waits: counted, each probe that failed after it would park a step."""
    circuits = Circuits()
    monkeypatch.setattr(outside, "_CIRCUITS", circuits)
    for _ in range(LIMIT):
        circuits.failed(_Asked.peer)
    for _ in range(3):
        with process.database.transaction() as session:
            session.execute(text("UPDATE step SET run_after = clock_timestamp() WHERE kind = 'track'"))
        assert drain.drain_kind(process, "track", {"track": TRACKED}) == 1
    with process.database.transaction() as session:
        step = session.query(Step).filter_by(kind="track").one()
    assert (step.state, step.attempt, step.error) == ("open", 0, "carrier:test is resting")
    assert step.run_after > step.opened_at + timedelta(seconds=REST_S - 5)


def test_the_delay_grows_to_ten_minutes_and_stays_however_often_a_step_was_tried() -> None:
    longest = [steps.delay_s(attempt) for attempt in (6, 40, 2_000, 20_000)]
    assert all(450 <= delay_s <= 750 for delay_s in longest)
    assert 0.75 <= steps.delay_s(1) <= 1.25
    assert 12 <= steps.delay_s(3) <= 20
