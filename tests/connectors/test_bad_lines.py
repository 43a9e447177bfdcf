"""Peers behind a bad line: nobody is waited for without end, and what became of a call is never guessed."""

from __future__ import annotations

import gc
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from connectors import mail_client
from connectors.base import ConnectorError
from connectors.http import Client
from connectors.mail_client import Envelope, SmtpSettings
from oms import connections, db
from tests.connectors.sandbox_peers import Peer
from tests.torture.line_faults import FAULTS, KINDS, NONE, Fault, Pace, Spell, course
from tests.torture.lines import Course
from tests.torture.proxy import FaultProxy

ENVELOPE = Envelope("us@oms.example", ["a@b.example"])
MAIL = b"From: us@oms.example\r\nTo: a@b.example\r\nMessage-ID: <1@oms.example>\r\n\r\nhi\r\n"
#: A trickle keeps each single wait far below the time-out of one read.
TRICKLE = Fault("trickle", slice_bytes=1, pause_s=0.05)


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    peer = Peer("mailbox", tmp_path_factory.mktemp("mailbox"), "--account", "shop@tea.example:x", "--password", "y")
    yield peer.start()
    peer.kill()


@pytest.fixture
def web(mailbox: Peer) -> Iterator[FaultProxy]:
    proxy = FaultProxy("carrier", mailbox.port()).start()
    yield proxy
    proxy.stop()


@pytest.fixture
def post(mailbox: Peer) -> Iterator[FaultProxy]:
    proxy = FaultProxy("smtp", mailbox.port("smtp_port")).start()
    yield proxy
    proxy.stop()


def client(proxy: FaultProxy, each_s: float = 1.0, whole_s: float = 1.5) -> Client:
    return Client(f"http://127.0.0.1:{proxy.port}", timeout_s=(each_s, each_s), whole_s=whole_s)


def patient(proxy: FaultProxy) -> Client:
    """Of a line that answers, if late: a machine may stand still meanwhile."""
    return client(proxy, each_s=5, whole_s=10)


def test_an_answer_that_trickles_is_given_up_after_its_whole_time(web):
    web.fault(TRICKLE)
    began = time.monotonic()
    with pytest.raises(ConnectorError, match=r"not done after 1\.5 s") as raised:
        client(web, each_s=9).get("/healthz")
    # The request and its answer would take fifteen seconds.
    assert 1.4 < time.monotonic() - began < 6
    assert not raised.value.permanent


@pytest.mark.parametrize("name", ["reset", "reset at once", "cut", "half-open", "clogged", "down"])
def test_a_broken_line_is_a_fault_that_passes(web, name):
    web.fault(FAULTS[name])
    began = time.monotonic()
    with pytest.raises(ConnectorError) as raised:
        client(web).get("/healthz").json()
    assert time.monotonic() - began < 8
    assert not raised.value.permanent
    web.fault(NONE)
    assert patient(web).get("/healthz").status == 200


@pytest.mark.parametrize("name", ["late", "slow bytes"])
def test_a_slow_line_is_waited_for(web, name):
    web.fault(FAULTS[name])
    assert patient(web).get("/healthz").status == 200


def test_a_mail_server_that_trickles_is_given_up_after_its_whole_time(post):
    post.fault(TRICKLE)
    settings = SmtpSettings("127.0.0.1", post.port, timeout_s=9, sending_s=1.5)
    began = time.monotonic()
    with pytest.raises(ConnectorError, match=r"not done after 1\.5 s"):
        mail_client.send(settings, MAIL, ENVELOPE)
    assert time.monotonic() - began < 6
    post.fault(NONE)
    mail_client.send(replace(settings, sending_s=20), MAIL, ENVELOPE)


@pytest.fixture
def database(request, clean_database, monkeypatch) -> Iterator[tuple[FaultProxy, db.Database]]:
    """A database behind a proxy; a statement's answer is waited for two seconds, a BEGIN's for three, or as a test says."""
    statement_s, begin_s = getattr(request, "param", (2, 3))
    parts = urlsplit(clean_database.url)
    folder = parse_qs(parts.query)["host"][0]
    proxy = FaultProxy("postgresql", Path(folder) / ".s.PGSQL.5432").start()
    monkeypatch.setitem(connections.STATEMENT_TIMEOUT_S, "web", statement_s)
    monkeypatch.setattr(connections, "ANSWER_GRACE_S", 0)
    monkeypatch.setattr(connections, "BEGIN_S", begin_s)
    url = f"postgresql://{parts.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.port}{parts.path}?sslmode=disable"
    engine = db.make_engine(url, role="web", pool_size=2, max_overflow=0)
    yield proxy, db.Database(engine)
    engine.dispose()
    proxy.stop()


def test_a_statement_that_is_never_answered_is_given_up(database):
    proxy, ours = database
    with pytest.raises(OperationalError, match="did not answer within 2 s"):
        select_twice(ours, proxy)


@pytest.mark.parametrize("database", [(5, 1)], indirect=True)
def test_the_first_statement_of_a_transaction_may_take_as_long_as_any_other(database):
    _, ours = database
    for _ in range(2):  # over a new connection, and over a kept one
        with ours.transaction() as session:
            session.execute(text("SELECT pg_sleep(1.5)"))
        with ours.transaction() as session:
            session.execute(select(func.pg_sleep(1.5)))


def test_a_transaction_that_does_not_begin_is_given_up_soon(database, monkeypatch):
    proxy, ours = database
    with ours.transaction() as session:
        session.execute(text("SELECT 1"))
    monkeypatch.setattr(connections, "BEGIN_S", 0.5)
    proxy.fault(FAULTS["half-open"])
    with pytest.raises(OperationalError, match=r"did not answer within 0\.5 s"), ours.transaction() as session:
        session.execute(text("SELECT 2"))


def select_twice(ours: db.Database, proxy: FaultProxy) -> None:
    with ours.transaction() as session:
        session.execute(text("SELECT 1"))
        proxy.fault(FAULTS["half-open"])
        session.execute(text("SELECT 2"))


@pytest.mark.parametrize("name", ["half-open", "clogged"])
def test_a_database_that_falls_silent_is_given_up_and_found_again(database, name):
    proxy, ours = database
    with ours.transaction() as session:
        assert session.execute(text("SELECT 1")).scalar_one() == 1
    proxy.fault(FAULTS[name])
    began = time.monotonic()
    with pytest.raises(DBAPIError, match=r"did not answer|timeout expired"), ours.transaction() as session:
        session.execute(text("SELECT 2"))
    # The kept connection is tried, then a new one is made: each has its limit.
    assert time.monotonic() - began < 20
    proxy.fault(NONE)
    with ours.transaction() as session:
        assert session.execute(text("SELECT 3")).scalar_one() == 3


def test_a_slow_statement_is_ended_by_the_server_itself(database):
    _proxy, ours = database
    with pytest.raises(OperationalError), ours.transaction() as session:
        session.execute(text("SELECT pg_sleep(30)"))


def drawn(seed: int, count: int, *, seldom: bool = False) -> list[Spell]:
    return list(islice(course(seed, "redis", Pace(8, 8, seldom=seldom)), count))


def test_a_course_comes_from_its_seed_and_has_every_fault():
    spells = drawn(7, 200)
    assert spells == drawn(7, 200)
    assert spells != drawn(8, 200)
    assert {spell.fault.name for spell in spells} == set(FAULTS)
    assert {spell.fault.kind for spell in spells[: len(KINDS)]} == set(KINDS)
    assert all(4 <= spell.for_s <= 8 and 4 <= spell.rest_s <= 8 for spell in spells)


def test_where_few_speak_one_broken_conversation_is_enough():
    assert {spell.fault.kind for spell in drawn(7, 50, seldom=True) if not spell.for_s} == {"cut", "reset", "half-open"}


def test_a_spell_lasts_until_somebody_has_felt_it(web):
    """Nobody speaks at first: the fault stays until a question comes, then its time runs."""
    spells = iter([Spell(0.1, 0.5, 9, FAULTS["late"]), Spell(0.1, 0.0, 9, FAULTS["half-open"])])
    line = Course(web, spells, now=100.0)
    line.go_on(100.05, enough=False)
    assert web.state == NONE
    line.go_on(100.2, enough=False)
    line.go_on(105.0, enough=False)
    assert web.state == FAULTS["late"]
    assert line.seen.struck == []
    patient(web).get("/healthz")
    line.go_on(105.1, enough=False)
    line.go_on(105.7, enough=False)
    assert web.state == NONE
    assert line.seen.struck == ["latency"]
    line.go_on(106.0, enough=False)
    line.go_on(116.0, enough=False)  # nobody came: it is over, and missing
    assert web.state == NONE
    assert line.seen.spared == ["slow bytes", "cut", "reset", "half-open"]
    assert [name for name, _since, _until in line.seen.spells] == ["late", "half-open"]


def test_a_line_whose_port_was_taken_while_it_was_down_comes_back(web):
    line = Course(web, iter([]), now=100.0)
    line.turn(FAULTS["down"], 101.0)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", web.port))
        other.listen()
        line.turn(NONE, 102.0)
        assert web.state == FAULTS["down"]
    line.turn(NONE, 103.0)
    assert web.state == NONE
    patient(web).get("/healthz")


def test_an_attempt_to_connect_that_is_given_up_leaves_no_socket_behind(database):
    proxy, ours = database
    proxy.fault(FAULTS["half-open"])
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(OperationalError, match="timeout expired"), ours.transaction() as session:
            session.execute(text("SELECT 1"))
        ours_open = psutil.Process().net_connections("tcp")
        assert [line for line in ours_open if line.raddr and line.raddr.port == proxy.port] == []
    finally:
        gc.enable()


def test_a_wait_has_a_name_and_ends_when_its_client_hangs_up(database):
    """psycopg says farewell and hangs up: both lie behind the question that nobody answers."""
    proxy, ours = database
    with pytest.raises(OperationalError):
        select_twice(ours, proxy)
    time.sleep(5)
    waited = proxy.waited()
    # Two seconds; seven if it went on.
    assert 1 < waited.seconds < 5
    assert waited.who.startswith(f"oms command {os.getpid()}@")
    assert "SELECT 2" in waited.asked


def test_a_proxy_that_did_nothing_notes_when(database):
    proxy, _ours = database
    began = time.monotonic()

    def noted() -> bool:
        return any(stall.seconds > 0.3 and stall.ended > began for stall in proxy.stalled)

    while not noted() and time.monotonic() < began + 60:
        proxy._loop.call_soon_threadsafe(time.sleep, 0.4)
        time.sleep(0.5)
    assert noted()


def test_an_answer_of_the_database_that_trickles_is_given_up(database):
    proxy, ours = database
    with ours.transaction() as session:
        session.execute(text("SELECT 1"))
    proxy.fault(Fault("trickle", slice_bytes=1, pause_s=0.4))
    began = time.monotonic()
    with pytest.raises(DBAPIError, match=r"did not answer|timeout expired"), ours.transaction() as session:
        session.execute(text("SELECT 2"))
    assert time.monotonic() - began < 20


def test_the_server_shows_which_process_a_connection_belongs_to(database):
    _proxy, ours = database
    with ours.transaction() as session:
        shown = session.execute(text("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"))
        assert shown.scalar_one() == connections.called("command")
