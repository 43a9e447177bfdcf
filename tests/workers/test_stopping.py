"""A stop reaches every worker process, whenever it comes, and one that lingers is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import psutil
import pytest
from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from oms import settings as oms_settings
from tests.servers import ROOT
from workers import run

Found = TypeVar("Found")

#: Forks slowly, so that the stop comes in the middle of it.
SLOW_FORKS = """
import os, sys, time
from workers import run
fork = os.fork
def slow():
    pid = fork()
    time.sleep(0.3)
    return pid
os.fork = slow
print("up", flush=True)
sys.exit(run.main())
"""

STUBBORN = """
import signal, sys, time
from workers import run
def deaf(queue, settings):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf", flush=True)
    time.sleep(600)
run.serve, run.STOP_S = deaf, 0.5
sys.exit(run.main(["inside"]))
"""


#: A queue that is never empty: each look finds a batch.
ENDLESS = """
import sys, time
from workers import drain, run
drain.due_kinds = lambda process, bound: ["tell"]
def work(process, kind, bound):
    print("working", flush=True)
    time.sleep(0.1)
    return 1
drain.drain_kind = work
sys.exit(run.main(["outside"]))
"""


def started(environ: dict[str, str], program: str) -> subprocess.Popen[str]:
    full = {**os.environ, **environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", program], env=full, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def left_after(process: subprocess.Popen[str], timeout_s: float) -> list[psutil.Process]:
    """Stop the parent; its exit is waited for; the children that outlive it."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout_s)
    return psutil.wait_procs(children, timeout=2)[1]


@pytest.mark.parametrize("after_s", [0.15, 0.45, 0.75, 1.5])
def test_a_stop_between_two_forks_leaves_no_process(environ: dict[str, str], after_s: float) -> None:
    with started(environ, SLOW_FORKS) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        forking = until(lambda: psutil.Process(process.pid).children())
        time.sleep(after_s)
        assert forking
        assert left_after(process, timeout_s=run.STOP_S - 1) == []
        assert process.returncode == 0


def test_a_worker_that_does_not_end_is_killed(environ: dict[str, str]) -> None:
    with started(environ, STUBBORN) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "deaf\n"
        assert left_after(process, timeout_s=10) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_long_queue_keeps_nobody_who_was_told_to_stop(environ: dict[str, str], how: signal.Signals) -> None:
    """Nor a child whose parent was killed: the kernel tells it, and nobody else would end it."""
    with started(environ, ENDLESS) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 1
        process.send_signal(how)
        assert psutil.wait_procs(children, timeout=run.STOP_S / 2)[1] == []


def test_nothing_is_forked_after_a_stop(environ: dict[str, str]) -> None:
    children: dict[int, str] = {}
    run._fork("inside", oms_settings.load(environ), children, [True])
    assert children == {}


def test_a_queue_named_twice_has_two_workers_beside_each_other(environ: dict[str, str]) -> None:
    with started(environ, "import sys; from workers import run; sys.exit(run.main(['inside', 'inside']))") as process:
        connection = Redis.from_url(environ["OMS_REDIS_URL"])
        queue = Queue("inside", connection=connection, serializer=JSONSerializer)
        assert until(lambda: len(Worker.all(queue=queue)) == 2)
        assert left_after(process, timeout_s=run.STOP_S) == []


def until(found: Callable[[], Found]) -> Found:
    ends_at = time.monotonic() + 20
    while not (some := found()) and time.monotonic() < ends_at:
        time.sleep(0.01)
    return some
