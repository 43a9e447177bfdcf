"""Keeps every child alive and leaves none behind: the kernel ends them when this process dies, however it dies.

Runs in the main thread of one process; a child that dies is started again, after a second if it died young.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil

from oms.demo.children import ROOT, Child
from oms.embedded import Server

_PR_SET_PDEATHSIG = 1
_YOUNG_S = 2.0
_LOOK_S = 0.1
_STOP_S = 15.0


@dataclass(slots=True)
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    started: float
    again_at: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """`servers` are PostgreSQL and Redis where we start them ourselves; logs are files in `folder`.

    `pids.json` in `folder` always names the process of each, for those who want to see what happens when one is killed.
    """

    folder: Path
    environment: Mapping[str, str]
    servers: list[Server] = field(default_factory=list)
    restarts: dict[str, int] = field(default_factory=dict)
    stopping: bool = False
    _running: dict[str, _Running] = field(default_factory=dict)
    _server_young: dict[str, float] = field(default_factory=dict)

    def start(self, child: Child) -> None:
        """Start a child; its output goes to `<folder>/log/<name>.log`."""
        self._running[child.name] = _Running(child, self.spawn(child), time.monotonic())
        self._note_pids()

    def watch(self, until: Callable[[], bool]) -> bool:
        """Look after the children until `until()` holds or a signal says stop; True when `until` held."""
        while not self.stopping:
            for server in self.servers:
                self._look_after_server(server)
            for running in self._running.values():
                self._look_after(running)
            if until():
                return True
            time.sleep(_LOOK_S)
        return False

    def ended(self, name: str) -> int | None:
        """The exit code of a child that is not restarted; None while it runs."""
        return self._running[name].process.poll()

    def stop_on_signals(self) -> None:
        """End `watch` on SIGTERM and SIGINT; the terminal's Ctrl-C reaches the children too, which end by themselves."""

        def stop(signum: int, frame: FrameType | None) -> None:
            self.stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def stop(self) -> None:
        """End all: children first, the database last."""
        for running in self._running.values():
            if running.process.poll() is None:
                running.process.terminate()
        ends = time.monotonic() + _STOP_S
        for running in self._running.values():
            try:
                running.process.wait(max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                running.process.kill()
                running.process.wait()
        for server in reversed(self.servers):
            server.stop()

    def pids(self) -> dict[str, int]:
        """The process of each child and server, for those who want to kill one."""
        found = {name: running.process.pid for name, running in self._running.items()}
        return found | {server.name: server.pid for server in self.servers if server.pid}

    def cpu_s(self) -> dict[str, float]:
        """Seconds of processor time that each child or server has used since its last start, with its own children."""
        return {name: round(_cpu_s(pid), 1) for name, pid in self.pids().items()}

    def _look_after_server(self, server: Server) -> None:
        process = server.process
        if process is None or process.poll() is None:
            return
        moment = time.monotonic()
        if moment - self._server_young.get(server.name, -_YOUNG_S) < _YOUNG_S:
            return
        self._server_young[server.name] = moment
        self.tell(server.name, process.returncode)
        server.spawn()
        self._note_pids()

    def _look_after(self, running: _Running) -> None:
        code = running.process.poll()
        if code is None or (not running.child.restarted and code == 0):
            return
        moment = time.monotonic()
        if running.again_at == 0.0:
            young = moment - running.started < _YOUNG_S
            running.again_at = moment + (1.0 if young else 0.0)
        if moment >= running.again_at:
            self.tell(running.child.name, code)
            running.process, running.started, running.again_at = self.spawn(running.child), moment, 0.0
            self._note_pids()

    def tell(self, name: str, code: int) -> None:
        """Say that one died; called before it is started again."""
        self.restarts[name] = self.restarts.get(name, 0) + 1
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        print(f"demo: {name} {how} and is started again", flush=True)

    def _note_pids(self) -> None:
        new = self.folder / "pids.json.new"
        new.write_text(json.dumps(self.pids(), indent=1), encoding="utf-8")
        new.replace(self.folder / "pids.json")

    def spawn(self, child: Child) -> subprocess.Popen[bytes]:
        """A new process of the child."""
        logs = self.folder / "log"
        logs.mkdir(exist_ok=True)
        parent = os.getpid()
        with (logs / f"{child.name}.log").open("ab") as log:
            return subprocess.Popen(
                child.argv,
                cwd=ROOT,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=None if child.shown else log,
                stderr=None if child.shown else log,
                # One thread, and nothing but a system call between fork and exec.
                preexec_fn=lambda: die_with(parent),  # noqa: PLW1509
            )


def _cpu_s(pid: int) -> float:
    total = 0.0
    with suppress(psutil.Error):
        top = psutil.Process(pid)
        for process in [top, *top.children(recursive=True)]:
            with suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
    return total


def die_with(parent: int) -> None:
    """Have the kernel end this process when `parent` dies."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
