"""The worker processes: one for each queue named, forked from one parent after import, each with its own engine.

python -m workers.run [QUEUE ...] [sweep]      every queue of flow.py when none is named

A queue named twice has two workers, which claim beside each other. `sweep` forks the sweep (workers/sweep.py) as one
child more, which spares it memory of its own for what it imports.

SIGTERM lets each child end its batch; one that has not ended after STOP_S is killed, which loses nothing: its claims
are given free and its transaction never was.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy.exc import DBAPIError

from oms import settings as oms_settings
from oms.cli.logs import configure
from oms.db import Database, make_engine
from oms.journey import flow, steps
from workers import bindings, doorbell, process, sweep

log = logging.getLogger(__name__)

#: Named like a queue: the child that sweeps.
SWEEP = "sweep"
_PR_SET_PDEATHSIG = 1
_RESTART_S = 1.0
_REDIS_CONNECT_S = 5
#: RQ waits 15 s less for a ring, and 5 s less for any answer: a Redis that hangs is left within 27 s.
_WORKER_TTL_S = 32
#: A child gets so long to end its batch; one that waits for a lost Redis or database would take minutes.
STOP_S = 10.0
_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


def main(argv: Sequence[str] | None = None) -> int:
    """Fork a child for each queue and restart those that die, until SIGTERM."""
    queues = list(argv if argv is not None else sys.argv[1:]) or list(flow.QUEUES)
    configure()
    settings = oms_settings.load(os.environ)
    for queue in queues:
        bindings.handlers(None if queue == SWEEP else queue)  # imported once, shared by all children
    process.warm()
    process.give_way()
    process.calm_collector()  # before the fork, so that the children share these pages
    children: dict[int, str] = {}
    stopping: list[bool] = []
    _stop_on_signals(children, stopping)
    for queue in queues:
        _fork(queue, settings, children, stopping)
    _look_after(children, settings, stopping)
    return 0


def _stop_on_signals(children: dict[int, str], stopping: list[bool]) -> None:
    """Pass a stop on to the children; kill those that linger."""

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.append(True)
        _tell(children, signal.SIGTERM)
        signal.setitimer(signal.ITIMER_REAL, STOP_S)

    def kill(signum: int, frame: FrameType | None) -> None:
        log.warning("worker processes killed: they did not end in time", extra={"count": len(children)})
        _tell(children, signal.SIGKILL)

    for number in _STOP_SIGNALS:
        signal.signal(number, stop)
    signal.signal(signal.SIGALRM, kill)


def _tell(children: dict[int, str], number: signal.Signals) -> None:
    for pid in list(children):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _look_after(children: dict[int, str], settings: oms_settings.Settings, stopping: list[bool]) -> None:
    while children:
        try:
            pid, _ = os.wait()
        except InterruptedError:
            continue
        except ChildProcessError:
            return
        queue = children.pop(pid, None)
        if queue and not stopping:
            _abandon(settings, pid)
            time.sleep(_RESTART_S)
            _fork(queue, settings, children, stopping)


def _abandon(settings: oms_settings.Settings, pid: int) -> None:
    """What a dead child had claimed is free at once; without a database its leases run out by themselves."""
    engine = make_engine(settings.database_url, role="worker", name="workers", pool_size=1)
    try:
        with Database(engine).transaction() as session:
            count = steps.abandon(session, worker=process.name_of(pid))
        log.warning("worker process died", extra={"pid": pid, "claims": count})
    except DBAPIError as error:
        log.warning("claims of a dead worker stand", extra={"pid": pid, "error": type(error).__name__})
    finally:
        # The next child is forked from this process: it must not inherit a connection.
        engine.dispose()


def _fork(queue: str, settings: oms_settings.Settings, children: dict[int, str], stopping: list[bool]) -> None:
    """Fork the child of one queue, unless told to stop.

    Stop signals wait meanwhile: one that came between would miss a child that is not yet known, and that child would
    run the parent's handler.
    """
    parent = os.getpid()
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    try:
        if stopping:
            return
        pid = os.fork()
        if pid == 0:
            _be_child(queue, settings, parent)
        children[pid] = queue
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)


def _be_child(queue: str, settings: oms_settings.Settings, parent: int) -> NoReturn:
    code = 1
    try:
        for number in (*_STOP_SIGNALS, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        die_with(parent)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
        if queue == flow.REPORTS:
            process.give_way(process.FAR_BEHIND)
        code = sweep.serve(settings) if queue == SWEEP else serve(queue, settings)
    except Exception:  # the outermost frame: what ended a worker must be on record
        log.exception("worker ended", extra={"queue": queue})
    finally:
        os._exit(code)


def die_with(parent: int) -> None:
    """Have the kernel end this process when its parent dies (a killed parent leaves no orphans)."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def serve(queue: str, settings: oms_settings.Settings) -> int:
    """Answer the doorbell of one queue until told to stop; one queue a process."""
    process.start(settings, doorbell.ring, name=queue)
    doorbell.ring([queue])
    try:
        worker_of(queue, settings).work(logging_level="WARNING")
    except RedisError as error:
        log.warning("worker lost redis", extra={"queue": queue, "error": type(error).__name__})
        return 1
    return 0


class DrainWorker(SimpleWorker):
    """RQ's worker, whose one job may be a long queue: told to stop, it says so to the job, which leaves the rest."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        process.current().stop.asked = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def subscribe(self) -> None:
        """Hear none of RQ's remote commands: a ring carries no work that could be stopped.

        Their thread shares a connection with whoever ends the worker, which then hung for a minute when Redis went away
        at that moment.
        """


def worker_of(queue: str, settings: oms_settings.Settings) -> DrainWorker:
    """RQ's worker of one queue; Redis is asked for its address at once."""
    connection = Redis.from_url(settings.redis_url, socket_connect_timeout=_REDIS_CONNECT_S)
    return DrainWorker(
        [Queue(queue, connection=connection, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=_WORKER_TTL_S,
        maintenance_interval=30,
        log_job_description=False,
    )


if __name__ == "__main__":
    raise SystemExit(main())
