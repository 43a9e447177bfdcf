"""What the harness's own helpers need and leave behind: a peer that is late, an end by an error, logs that outlast it."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from oms.demo import ground
from oms.demo.place import MAIL_PASSWORD, ORDERS_ADDRESS
from tests.torture import forking, house, letters
from tests.torture.forking import Forked, ForkingSupervisor, fallen
from tests.torture.house import House


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def late_mailbox(tmp_path: Path) -> Iterator[int]:
    """The port of a mail server that does not listen yet, as on a busy machine."""
    port = _free_port()
    words = ["--state", str(tmp_path / "mailbox"), "--imap-port", str(port), "--password", MAIL_PASSWORD]
    begun: list[subprocess.Popen[bytes]] = []
    command = [sys.executable, "-m", "connectors.sandbox.mailbox", *words]
    late = threading.Timer(0.5, lambda: begun.append(subprocess.Popen(command)))
    late.start()
    yield port
    late.join()
    begun[0].kill()
    begun[0].wait()


def test_the_postman_waits_for_a_mail_server_that_is_late(late_mailbox: int, tmp_path: Path) -> None:
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", late_mailbox)):
        pass
    with letters.connected(late_mailbox) as mailbox:
        assert mailbox.append("INBOX", "", "", b"Subject: x\r\n\r\nx")[0] == "OK"
    assert letters._bring(tmp_path, late_mailbox, 0.01, 0.5) == 0
    sha = hashlib.sha256(_letter(1)).hexdigest()
    assert letters.brought(tmp_path)["letter-1@letters.example"] == sha


def _letter(number: int) -> bytes:
    filling = "x" * 70 + "\r\n"
    return letters._LETTER.format(number=number, to=ORDERS_ADDRESS, filling=filling).encode()


def test_of_a_postman_who_never_set_out_the_verdict_tells(tmp_path: Path) -> None:
    with pytest.raises(ConnectionRefusedError), letters.connected(_free_port(), patience_s=0):
        pass
    assert letters.wrong(letters.brought(tmp_path), []) == ["no mail came into the mailbox"]


def test_a_helper_that_ended_by_an_error_is_told_with_its_last_line(tmp_path: Path) -> None:
    def fails() -> int:
        # To the descriptor, as a program's error goes: the test's own sys.stderr is not it.
        os.write(2, b"Traceback\nConnectionRefusedError: nobody listens\n\n")
        return 1

    ended = [_beside(tmp_path, "postman", fails), _beside(tmp_path, "buyer", lambda: 0)]
    for child in ended:
        child.wait(30)
    works = _beside(tmp_path, "floor", lambda: threading.Event().wait(60) and 0)
    assert fallen([*ended, works]) == ["the harness's own postman ended with 1: ConnectionRefusedError: nobody listens"]
    works.kill()
    works.wait(30)


def _beside(folder: Path, name: str, run: Callable[[], int | None]) -> Forked:
    return forking.fork(run, log=folder / f"{name}.log", environment=dict(os.environ))


@pytest.mark.parametrize(("fails", "stays"), [(True, True), (False, False)])
def test_the_logs_outlast_an_end_by_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, fails: bool, stays: bool
) -> None:
    folder = tmp_path / "house"
    folder.mkdir()
    place = SimpleNamespace(folder=folder, web_port=1)
    found = SimpleNamespace(environment={}, place=place, servers=[])
    monkeypatch.setattr(ground, "find", lambda *_, **__: found)
    monkeypatch.setattr(House, "close", lambda _: None)
    monkeypatch.setattr(ForkingSupervisor, "stop_on_signals", lambda _: None)
    try:
        with house.built():
            if fails:
                raise SystemExit(f"the web server does not answer; see {folder}/log")
    except SystemExit:
        assert fails
    assert folder.exists() == stays
    assert (f"the logs are in {folder}/log" in capsys.readouterr().out) == fails
