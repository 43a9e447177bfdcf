"""Children of a process that has imported everything: for a piece of work that may be killed, and for sandbox peers."""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.connectors.sandbox_peers import Peer, wait_until

#: A child that takes longer hangs; in the product no call waits longer than that.
PATIENCE_OF_CHILD_S = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: killed, what it returned, or the words of what it raised."""

    pid: int
    killed: bool
    hung: bool
    answer: Any
    fault: str | None


def in_child(work: Callable[[], Any], note: Path) -> Ended:
    """Do `work` in a fork of this process and wait for it; its answer travels through the file `note`."""
    note.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        _be_child(work, note)
    handle = os.pidfd_open(pid)
    try:
        ready, _, _ = select.select([handle], [], [], PATIENCE_OF_CHILD_S)
        if not ready:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    finally:
        os.close(handle)
    told = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return Ended(pid, killed, not ready, told.get("answer"), told.get("fault"))


def _be_child(work: Callable[[], Any], note: Path) -> None:
    code = 0
    try:
        told = {"answer": work()}
    except BaseException as fault:  # noqa: BLE001  a child's outermost frame: its words go to the parent
        told = {"fault": f"{type(fault).__name__}: {fault}", "trace": traceback.format_exc()}
        code = 1
    try:
        draft = note.with_suffix(".part")
        draft.write_text(json.dumps(told), encoding="utf-8")
        draft.rename(note)
        sys.stdout.flush()
    finally:
        os._exit(code)


@contextmanager
def quiet(log: Path) -> Iterator[None]:
    """What this process and its children print meanwhile goes to `log`."""
    kept = [os.dup(handle) for handle in (1, 2)]
    into = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        for handle in (1, 2):
            os.dup2(into, handle)
        yield
    finally:
        for handle, old in zip((1, 2), kept, strict=True):
            os.dup2(old, handle)
            os.close(old)
        os.close(into)


class ForkedPeer(Peer):
    """A sandbox peer as a real process, forked from one that has imported its program."""

    def __init__(self, name: str, state: Path, *arguments: str) -> None:
        super().__init__(name, state, *arguments)
        self._arguments = ["--state", str(state), "--die-with-parent", *arguments]
        self._program = importlib.import_module(f"connectors.sandbox.{name}")
        self._pid = 0

    def start(self) -> ForkedPeer:
        self.state.mkdir(parents=True, exist_ok=True)
        self._pid = os.fork()
        if self._pid == 0:
            self._be_peer()
        wait_until(self._answers, f"{self.name} is up")
        return self

    def _be_peer(self) -> None:
        try:
            log = os.open(self.state / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os._exit(self._program.main(self._arguments))
        except BaseException:  # noqa: BLE001  a child's outermost frame
            traceback.print_exc()
        finally:
            os._exit(1)

    def _end(self, number: signal.Signals) -> int:
        if not self._pid:
            return 0
        os.kill(self._pid, number)
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return status

    def _answers(self) -> bool:
        gone, _ = os.waitpid(self._pid, os.WNOHANG)
        assert gone == 0, (self.state / "log").read_text(encoding="utf-8")
        return (self.state / "port").exists() and self._healthy()

    def _healthy(self) -> bool:
        try:
            self.call("GET", "/healthz", expect=200)
        except (OSError, ValueError):
            return False
        return True
