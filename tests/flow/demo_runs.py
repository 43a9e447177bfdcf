"""Runs the demo as its own process and does harm to it on the way; what it adds up to is held against a quiet run.

By hand, over every process, one after the other:  python -m tests.flow.demo_runs [TARGET[+TARGET...] ...]
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import redis

ROOT = Path(__file__).resolve().parents[2]
#: What dies: a child's name in pids.json, or one of the words that `_victim` knows.
TARGETS = (
    "web",
    "web worker",
    "workers",
    "worker 0",
    "worker 1",
    "worker 2",
    "sweep",
    "mail-listener",
    "carrier",
    "shop",
    "mailbox",
    "robots",
    "postgresql",
    "postgres backend",
    "redis",
    "flushall",
)


@dataclass(frozen=True, slots=True)
class Kill:
    """`after_s` from the moment when the robots begin."""

    target: str
    after_s: float


@dataclass(slots=True)
class Run:
    """One demo with `--exit`: its exit code, its report, all it printed."""

    code: int
    report: dict[str, Any]
    output: str
    #: those that really died before the day was over
    killed: list[Kill]


def run(report: Path, kills: Sequence[Kill] = (), *, limit_s: float = 300) -> Run:
    """Run the demo, do the harm, wait for the end."""
    lines: list[str] = []
    killed: list[Kill] = []
    with _started(["--exit", "--report", str(report)]) as demo:
        watchdog = threading.Timer(limit_s, demo.terminate)
        watchdog.start()
        for line in demo.stdout or ():
            lines.append(line)
            if "the day begins" in line:
                threading.Thread(target=_harm, args=(folder_of(lines), kills, killed), daemon=True).start()
        code = demo.wait()
        watchdog.cancel()
    found = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return Run(code, found, "".join(lines), killed)


@dataclass(slots=True)
class Begun:
    """A demo whose day has begun."""

    process: subprocess.Popen[str]
    lines: list[str]

    @property
    def folder(self) -> Path:
        return folder_of(self.lines)


@contextmanager
def begun() -> Iterator[Begun]:
    """A demo that stays up, once its robots have begun; ended at the end, if it has not ended before."""
    with _started([]) as process:
        demo = Begun(process, [])
        for line in process.stdout or ():
            demo.lines.append(line)
            if "the day begins" in line:
                break
        yield demo
        process.terminate()


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every process that works for the run in `folder`: by its environment, its command or where it stands."""
    return [process for process in psutil.process_iter() if _works_for(process, str(folder))]


def _works_for(process: psutil.Process, folder: str) -> bool:
    with suppress(psutil.Error):
        words = [process.environ().get("OMS_DEMO_FOLDER", ""), process.cwd(), *process.cmdline()]
        return process.pid != os.getpid() and any(folder in word for word in words)
    return False


def _started(options: Sequence[str]) -> subprocess.Popen[str]:
    # Servers of its own: those that are given to the tests must not be killed.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMS_", "COV_"))}
    environ = {**kept, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "oms.demo", *options]
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def folder_of(lines: Sequence[str]) -> Path:
    """Where the run lies, as its first line says."""
    return Path(next(line for line in lines if "lies in" in line).split()[-1])


def ends(report: dict[str, Any]) -> dict[str, Any]:
    """What may not depend on who was killed: each order's end, and the sums."""
    orders = {
        (o["channel"], o["channel_order_number"] or o["number"]): (o["status"], o["fulfilment_status"], o["total"])
        for o in report["orders"]
        if o["channel_order_number"]
    }
    return {"orders": orders, **report["sums"]}


def _harm(folder: Path, kills: Sequence[Kill], killed: list[Kill]) -> None:
    began = time.monotonic()
    for kill in sorted(kills, key=lambda k: k.after_s):
        time.sleep(max(0.0, kill.after_s - (time.monotonic() - began)))
        # A day that is over has nobody left to kill.
        with suppress(ProcessLookupError, psutil.NoSuchProcess, redis.ConnectionError, StopIteration):
            _do(folder, kill.target)
            killed.append(kill)


def _do(folder: Path, target: str) -> None:
    if target == "flushall":
        redis.Redis(unix_socket_path=str(next((folder / "redis").rglob("*.sock")))).flushall()
    else:
        os.kill(_victim(folder, target), signal.SIGKILL)


def _victim(folder: Path, target: str) -> int:
    pids = json.loads((folder / "pids.json").read_text(encoding="utf-8"))
    if target in pids:
        return int(pids[target])
    if target == "web worker":
        return _nth_child(pids["web"], 0).pid
    if target == "postgres backend":
        backends = [p for p in _children(pids["postgresql"]) if "oms_demo" in " ".join(p.cmdline())]
        return random.choice(backends).pid
    name, _, number = target.partition(" ")
    if name != "worker":
        raise ValueError(f"nobody is called {target}")
    return _nth_child(pids["workers"], int(number)).pid


def _nth_child(pid: int, number: int, *, timeout_s: float = 20) -> psutil.Process:
    """The process's child of that number; waited for, since on a busy machine it may still have to be forked."""
    ends_at = time.monotonic() + timeout_s
    while len(found := _children(pid)) <= number:
        if time.monotonic() > ends_at:
            raise ValueError(f"process {pid} has no child number {number}")
        time.sleep(0.05)
    return found[number]


def _children(pid: int) -> list[psutil.Process]:
    return sorted(psutil.Process(pid).children(), key=lambda p: p.pid)


def main(targets: Sequence[str]) -> int:
    """A quiet run, then one run for each target; says what differs; returns how many runs differed."""
    folder = Path(tempfile.mkdtemp(prefix="oms-kills-"))
    quiet = run(folder / "quiet.json")
    _say(f"quiet: exit code {quiet.code}, {quiet.report.get('seconds')} s")
    wrong = 0
    for target in targets or TARGETS:
        kills = [Kill(one, round(random.uniform(1, 10), 1)) for one in target.split("+")]
        killed = run(folder / f"{target}.json", kills)
        same = killed.code == 0 and ends(killed.report) == ends(quiet.report)
        wrong += not same
        missed = [one for one in kills if one not in killed.killed]
        wrong += bool(missed)
        found = {"missed": missed} | {
            key: killed.report.get(key) for key in ("seconds", "restarts", "mails_repeated", "folder")
        }
        _say(f"{kills}: {'the same' if same else 'DIFFERENT'}, {killed.code}, {found}")
        if not same:
            _say(killed.output[-3000:])
    return wrong


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
