"""Children that are forked from a parent which has imported everything, so that a restart costs no import.

Importing the product takes over half a second of CPU; at two kills a second that would be most of a small machine.
What runs in the child is the program's own `main`, as `python -m` would call it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from oms.demo.children import Child
from oms.demo.supervisor import Supervisor, die_with

_LOOK_S = 0.02


@dataclass(slots=True)
class Forked:
    """A forked child, spoken to like `subprocess.Popen`."""

    pid: int
    returncode: int | None = None
    log: Path | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; subprocess.TimeoutExpired after `timeout` seconds."""
        ends = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if ends is not None and time.monotonic() > ends:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(_LOOK_S)
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@dataclass(slots=True)
class ForkingSupervisor(Supervisor):
    """Forks the children that `programs` knows by name and executes the others; must stay a process of one thread."""

    programs: Mapping[str, Callable[[], int | None]] = field(default_factory=dict)
    #: how often each child died, with its exit code
    deaths: list[tuple[float, str, int]] = field(default_factory=list)

    def spawn(self, child: Child) -> subprocess.Popen[bytes]:
        run = self.programs.get(child.name)
        if run is None:
            # Not `super()`: a class with slots is made anew, and the old one is not its own parent.
            return Supervisor.spawn(self, child)
        logs = self.folder / "log"
        logs.mkdir(exist_ok=True)
        return fork(run, log=logs / f"{child.name}.log", environment=self.environment)  # type: ignore[return-value]

    def end(self, *names: str) -> None:
        """Kill children for good, with all that they forked."""
        for name in names:
            running = self._running.pop(name, None)
            if running is not None:
                below = (
                    psutil.Process(running.process.pid).children(recursive=True)
                    if running.process.poll() is None
                    else []
                )
                running.process.kill()
                for process in below:
                    with suppress(psutil.NoSuchProcess):
                        process.kill()
                running.process.wait()
                psutil.wait_procs(below, timeout=5)

    def tell(self, name: str, code: int) -> None:
        self.restarts[name] = self.restarts.get(name, 0) + 1
        self.deaths.append((time.monotonic(), name, code))


def fork(run: Callable[[], int | None], *, log: Path, environment: Mapping[str, str]) -> Forked:
    """Run `run` in a child of its own with that environment, its output appended to `log`."""
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Forked(pid, log=log)
    code = 1
    try:
        die_with(parent)
        _become(log, environment)
        code = run() or 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001  the child's outermost frame: it must never return into the parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def fallen(children: Sequence[Forked]) -> list[str]:
    """Which parts of the harness ended by an error, and its last line: what they were to see or do is not proved."""
    ended = [(child.log, child.poll()) for child in children]
    return [f"the harness's own {log.stem} ended with {code}: {_last(log)}" for log, code in ended if log and code]


def _last(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _become(log: Path, environment: Mapping[str, str]) -> None:
    """Signals, output and environment as a program finds them that was just started."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    null = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, null), (1, out), (2, out)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
