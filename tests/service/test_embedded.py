"""The launcher of the real PostgreSQL and Redis: as root and not, killed, left behind, out of reach."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from oms import embedded
from tests.servers import ROOT

NOBODY = pwd.getpwnam("nobody")
#: Imports all before; the system's interpreter starts the servers, for ours may lie below root's home.
BECOME_NOBODY = f"import secrets; os.setgroups([]); os.setgid({NOBODY.pw_gid}); os.setuid({NOBODY.pw_uid}); sys.executable = '/usr/bin/python3'"
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that every user may enter, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="oms-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def gone(pid: int) -> bool:
    ends = time.monotonic() + 15
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


def test_postgres_answers_while_it_runs_and_not_after(folder):
    with embedded.postgres(folder / "pg", durable=False) as server:
        assert rows(server.url, "SHOW fsync") == [("off",)]
        assert rows(server.url, "SHOW listen_addresses") == [("",)]
        pid = server.pid
    assert pid is not None
    assert gone(pid)
    assert not server.answers()


def test_a_durable_postgres_keeps_its_data_through_kill_9(folder):
    with embedded.postgres(folder / "pg", durable=True) as server:
        assert rows(server.url, "SHOW fsync") == [("on",)]
        rows(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(server.pid, signal.SIGKILL)
        server.start()
        assert rows(server.url, "SELECT n FROM kept") == [(7,)]


def test_a_durable_redis_keeps_its_data_through_kill_9(folder):
    with embedded.redis(folder / "redis", durable=True) as server:
        client = redis.Redis.from_url(server.url)
        client.set("kept", "7")
        time.sleep(1.2)  # appended to disk every second
        os.kill(server.pid, signal.SIGKILL)
        server.start()
        assert client.get("kept") == b"7"
        client.close()


def test_servers_die_with_a_parent_that_is_killed(folder):
    pids = _start_in_a_child(folder)
    assert [gone(pid) for pid in pids] == [True, True]


def test_what_a_killed_run_left_is_ended_before_the_next_start(folder):
    """A server whose parent's death went unnoticed (no such signal on other systems) must not block the folder."""
    first = embedded.prepare_postgres(folder / "pg", durable=True)
    left = subprocess.Popen(["/bin/sh", "-c", _shell_line(first)], start_new_session=True)
    while not first.answers():
        time.sleep(0.05)
    with first.start() as second:
        assert left.wait(10) is not None
        assert second.answers()


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(folder):
    with embedded.postgres(folder / "pg", durable=True):
        pass
    pid_file = folder / "pg" / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n1\n5432\n/tmp\n\n0 0\n")
    with embedded.postgres(folder / "pg", durable=True) as server:
        assert server.answers()


def test_a_folder_in_use_is_refused(folder):
    with (
        embedded.redis(folder / "redis", durable=False),
        pytest.raises(embedded.ServerFault, match="in use by another run"),
    ):
        embedded.prepare_redis(folder / "redis", durable=False)


def test_a_deep_folder_gets_its_socket_elsewhere(folder):
    deep = folder / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    with embedded.redis(deep, durable=False) as server:
        assert len(str(server.socket_dir)) < 60
        assert server.answers()
    assert not server.socket_dir.exists()


@needs_root
def test_under_root_postgres_runs_as_nobody(folder):
    with embedded.postgres(folder / "pg", durable=False) as server:
        assert psutil.Process(server.pid).username() == "nobody"


@needs_root
def test_programs_below_a_closed_folder_are_copied_and_the_folder_stays_closed(folder, monkeypatch):
    closed = folder / "closed"
    package = embedded.find_postgres().parent.parent
    shutil.copytree(package, closed / package.name)
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed / f"{package.name}.libs")
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(str(closed))
    with embedded.postgres(folder / "pg", durable=False) as server:
        assert server.command[0].startswith(str(folder / "pg" / "programs"))
        assert rows(server.url, "SELECT 1") == [(1,)]
    assert closed.stat().st_mode & 0o777 == 0o700


@needs_root
def test_a_data_folder_that_nobody_cannot_enter_is_refused_with_advice(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(embedded.ServerFault, match="name a data folder elsewhere"):
        embedded.prepare_postgres(closed / "pg", durable=False)


@needs_root
def test_another_user_than_root_runs_both_servers_itself(folder):
    os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
    run = subprocess.run(
        _child(folder, "print(pg.answers() and r.answers(), psutil.Process(pg.pid).username())", BECOME_NOBODY),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.strip() == "True nobody", run.stderr


def test_a_url_in_the_environment_comes_before_any_program():
    found = embedded.find_servers({"OMS_DATABASE_URL": "postgresql://x/y", "OMS_REDIS_URL": "redis://x"})
    assert found == embedded.Found("postgresql://x/y", None, "redis://x", None)


def test_without_any_server_the_line_to_type_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    with pytest.raises(embedded.ServerFault, match="apt-get install redis-server`, or set OMS_REDIS_URL"):
        embedded.find_redis()
    with pytest.raises(embedded.ServerFault, match="OMS_DATABASE_URL"):
        embedded.find_postgres()


def test_the_database_that_the_url_names_is_never_dropped(database_url):
    name = rows(database_url, "SELECT current_database()")[0][0]
    with pytest.raises(ValueError, match="never dropped"):
        embedded.drop_database(database_url, str(name))


def test_a_claimed_redis_is_neither_the_named_one_nor_claimed_twice(folder):
    with embedded.redis(folder / "redis", durable=False) as server:
        first, second = embedded.claim_redis(server.url), embedded.claim_redis(server.url)
        assert len({first, second, server.url}) == 3
        embedded.empty_redis(second)
        embedded.release_redis(first)
        assert embedded.claim_redis(server.url) == first


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("postgresql://a:b@h:5/x?sslmode=off", "postgresql://a:b@h:5/new?sslmode=off"),
        ("postgresql://oms@/postgres?host=/run/x", "postgresql://oms@/new?host=/run/x"),
        ("postgresql://h", "postgresql://h/new"),
    ],
)
def test_another_database_on_the_same_server_has_the_same_url_but_its_name(url, other):
    assert embedded.url_of(url, "new") == other


def _child(folder: Path, then: str, first: str = "") -> list[str]:
    program = f"""
        import os, sys, time
        from pathlib import Path
        import psutil
        sys.path.insert(0, {str(ROOT)!r})
        from oms import embedded
        {first}
        pg = embedded.postgres(Path({str(folder)!r}) / "pg", durable=False)
        r = embedded.redis(Path({str(folder)!r}) / "redis", durable=False)
        {then}
    """
    return [sys.executable, "-c", textwrap.dedent(program)]


def _start_in_a_child(folder: Path) -> list[int]:
    """Start both servers in a process, kill that with -9, and return the servers' pids."""
    command = _child(folder, "print(pg.pid, r.pid, flush=True); time.sleep(60)")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        pids = [int(word) for word in child.stdout.readline().split()]
        child.kill()
    return pids


def _shell_line(server: embedded.Server) -> str:
    """The server's own command as its user, without the tie to our life."""
    quoted = " ".join(f"'{word}'" for word in server.command)
    if os.getuid() == server.user.uid:
        return f"exec {quoted}"
    return f"exec setpriv --reuid={server.user.uid} --regid={server.user.gid} --clear-groups {quoted}"
