"""One server process: spawned as the right user, dying with us, asked whether it answers, stopped."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

# Run by our own interpreter before the server: drop root, ask the kernel to stop us with our parent, become the server.
# A pre-exec function would do the same, but is not safe in a process with threads.
LAUNCHER = """\
import ctypes, os, sys
stop_signal, parent, uid, gid = map(int, sys.argv[1:5])
os.chdir("/")
if uid != os.getuid():
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, stop_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)
os.execv(sys.argv[5], sys.argv[5:])
"""

PROGRAM_NAMES = ("postgres", "redis-", "valkey-")


class ServerFault(RuntimeError):
    """A server that cannot be found or started; the message says what to type."""


@dataclass(frozen=True, slots=True)
class User:
    """Whom a server runs as, and their group."""

    uid: int
    gid: int


@dataclass(slots=True)
class Server:
    """One server: how to start it, and the process that runs. As a context manager it starts and stops.

    On Linux it dies with the thread that spawned it, so spawn it from one that lives as long as it shall.
    """

    name: str
    url: str
    data_dir: Path
    socket_dir: Path
    command: tuple[str, ...]
    user: User
    stop_signal: signal.Signals
    answers_at: Callable[[str], bool]
    lock: int = -1
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The running process; None before `spawn` and after `stop`."""
        return self.process.pid if self.process else None

    @property
    def log_path(self) -> Path:
        return self.data_dir / f"{self.name}.log"

    def argv(self) -> list[str]:
        """What to execute, by the calling process only (its pid is in it, for the server dies with it)."""
        who = [str(int(self.stop_signal)), str(os.getpid()), str(self.user.uid), str(self.user.gid)]
        return [sys.executable, "-I", "-S", "-c", LAUNCHER, *who, *self.command]

    def environment(self) -> dict[str, str]:
        """All that the server sees of ours: a PG* variable of the caller must not bend it."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process without waiting for it; what a killed one left behind is cleared away first."""
        self.clear()
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self.argv(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment()
            )
        return self.process

    def clear(self) -> None:
        """End and remove what a killed server left: child processes, pid file, socket. Not while it runs."""
        if self.process is not None:
            self.process.wait(10)  # a dead child that nobody waited for still counts as alive
        reap(self.data_dir / "data")
        for left in self.socket_dir.iterdir():
            left.unlink()

    def answers(self) -> bool:
        """Does it take connections now?"""
        return self.answers_at(self.url)

    def start(self, timeout_s: float = 30) -> Self:
        """Spawn and wait until it answers; one that dies meanwhile is spawned again until the time is over."""
        atexit.register(_stop_in, os.getpid(), self)
        ends = time.monotonic() + timeout_s
        process = self.spawn()
        while not self.answers():
            if time.monotonic() > ends:
                self.stop()
                raise ServerFault(f"{self.name} does not answer after {timeout_s:.0f} s: {tail(self.log_path)}")
            time.sleep(0.02)
            if process.poll() is not None:
                time.sleep(0.3)
                process = self.spawn()
        return self

    def stop(self, timeout_s: float = 20) -> None:
        """Stop it cleanly, by force when it lingers, and give its folder free; a second call does nothing."""
        process, self.process = self.process, None
        if process is not None:
            _end(process, self.stop_signal, timeout_s)
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1
        if self.socket_dir.parent != self.data_dir:
            shutil.rmtree(self.socket_dir, ignore_errors=True)

    def __enter__(self) -> Self:
        return self if self.process else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def reap(folder: Path) -> None:
    """End every server that a killed run left working in the data folder `folder` (a server's own working folder)."""
    left = [process for process in psutil.process_iter(["name", "cwd"]) if _works_in(process, folder)]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT if process.info["name"].startswith("postgres") else signal.SIGTERM)
    for process in psutil.wait_procs(left, timeout=10)[1]:
        process.kill()
    psutil.wait_procs(left, timeout=5)
    # None of ours runs now: the pid in the file may meanwhile belong to a stranger, and that would stop the start.
    (folder / "postmaster.pid").unlink(missing_ok=True)


def tail(path: Path, lines: int = 3) -> str:
    """The last lines of a log, for an error message."""
    with suppress(OSError):
        return " / ".join(path.read_text(errors="replace").splitlines()[-lines:])
    return f"no log at {path}"


def _works_in(process: psutil.Process, folder: Path) -> bool:
    name: str = process.info["name"]
    return process.info["cwd"] == str(folder) and name.startswith(PROGRAM_NAMES)


def _end(process: subprocess.Popen[bytes], stop_signal: signal.Signals, timeout_s: float) -> None:
    if process.poll() is not None:
        return
    process.send_signal(stop_signal)
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _stop_in(pid: int, server: Server) -> None:
    # A forked child inherits the exit handlers, but the server is its parent's.
    if os.getpid() == pid:
        server.stop()
