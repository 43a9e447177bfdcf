"""Keeps every child alive and leaves none behind: the kernel ends them when this process dies, however it dies.

Runs in the main thread of one process; a child that dies is started again, after a second if it died young.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

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
    """`servers` are PostgreSQL and Redis where we start them ourselves; logs are files in `folder`."""

    folder: Path
    environment: Mapping[str, str]
    servers: list[Server] = field(default_factory=list)
    restarts: dict[str, int] = field(default_factory=dict)
    _running: dict[str, _Running] = field(default_factory=dict)
    _stopping: bool = False

    def start(self, child: Child) -> None:
        """Start a child; its output goes to `<folder>/log/<name>.log`."""
        self._running[child.name] = _Running(child, self._spawn(child), time.monotonic())

    def watch(self, until: Callable[[], bool]) -> bool:
        """Look after the children until `until()` holds or a signal says stop; True when `until` held."""
        while not self._stopping:
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
        """End `watch` on SIGTERM and SIGINT."""

        def stop(signum: int, frame: FrameType | None) -> None:
            self._stopping = True

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

    def _look_after_server(self, server: Server) -> None:
        process = server.process
        if process is not None and process.poll() is not None:
            self.restarts[server.name] = self.restarts.get(server.name, 0) + 1
            server.spawn()

    def _look_after(self, running: _Running) -> None:
        code = running.process.poll()
        if code is None or (not running.child.restarted and code == 0):
            return
        moment = time.monotonic()
        if running.again_at == 0.0:
            young = moment - running.started < _YOUNG_S
            running.again_at = moment + (1.0 if young else 0.0)
        if moment >= running.again_at:
            name = running.child.name
            self.restarts[name] = self.restarts.get(name, 0) + 1
            running.process, running.started, running.again_at = self._spawn(running.child), moment, 0.0

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
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


def die_with(parent: int) -> None:
    """Have the kernel end this process when `parent` dies."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
