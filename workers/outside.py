"""Outside steps: read and commit the intent, call with no transaction open, open again and record.

After a crash the peer is asked first, and what it has is adopted.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from connectors.base import ConnectorError
from oms import db, effects, together
from oms.errors import Fenced
from oms.journey import house_rules, putting_off, steps
from oms.journey.steps import Claimed, Done
from workers import keeping, patience
from workers.circuit import Circuits
from workers.handlers import Later, Outside
from workers.process import Process

log = logging.getLogger(__name__)

THREADS = 4
#: Calls of a peer that does not answer, ten minutes apart from the sixth on: about three days. A wait for its circuit is none.
PEER_ATTEMPTS = 430
#: Kept for as long as calls are at work, each of which has its own time-out: a process that is dead or frozen loses it.
LEASE_S = 60

#: How long an answer waits to be written down when the database is away.
RECORD_S = 20

_CIRCUITS = Circuits()
_POOL: list[ThreadPoolExecutor] = []


def work(process: Process, handler: Outside, claimed: Sequence[Claimed]) -> None:
    """Do the steps of each subject one after the other, those of different subjects at once; return when all have ended.

    Two calls about one thing would meet at the peer: a parcel is told as sent before it is told as delivered.
    """
    if not _POOL:
        _POOL.append(ThreadPoolExecutor(THREADS, thread_name_prefix="outside"))
    of_subject: dict[uuid.UUID, list[Claimed]] = {}
    for step in sorted(claimed, key=lambda step: step.round):
        of_subject.setdefault(step.subject_id, []).append(step)
    with keeping.kept(process, claimed, lease_s=LEASE_S):
        list(_POOL[0].map(lambda mine: _in_turn(process, handler, mine), of_subject.values()))


def _in_turn(process: Process, handler: Outside, mine: Sequence[Claimed]) -> None:
    for done, step in enumerate(mine):
        if process.stop.asked:
            _give_back(process, mine[done:])
            return
        _guarded(process, handler, step)


def _give_back(process: Process, left: Sequence[Claimed]) -> None:
    """What a stop came before is anybody's again; without a database, when its lease has run out."""

    def give_back() -> None:
        with process.database.transaction() as session:
            steps.give_back(session, left)

    with suppress(DBAPIError):
        db.again(give_back)


def _guarded(process: Process, handler: Outside, step: Claimed) -> None:
    try:
        _one(process, handler, step)
    except Fenced:
        log.info("step taken over", extra={"step": str(step.id), "kind": step.kind})
    except Exception as error:
        log.exception("step failed", extra={"step": str(step.id), "kind": step.kind})
        _put_back(process, step, error)


def _put_back(process: Process, step: Claimed, error: Exception) -> None:
    """Without a database the step stays claimed until its lease is ended; the other threads are not disturbed."""

    def put_back() -> None:
        with process.database.transaction() as session:
            patience.put_back(session, step, error)

    try:
        db.again(put_back)
    except DBAPIError:
        log.warning("step not put back", extra={"step": str(step.id), "kind": step.kind})


def _one(process: Process, handler: Outside, step: Claimed) -> None:
    if handler.peer is not None and _CIRCUITS.rests_s(handler.peer) > 0:
        _rest(process, step, handler.peer)
        return
    request, first = db.again(lambda: _prepare(process, handler, step))
    if request is None:
        return
    if _CIRCUITS.wait_s(request.peer) > 0:
        _rest(process, step, request.peer)
        return
    try:
        answer, adopted = _call(handler, request, first)
    except ConnectorError as error:
        if not error.permanent:
            _CIRCUITS.failed(request.peer)
        if not error.permanent and error.retry_after_s is None:  # who names a time means it
            _CIRCUITS.waits(request.peer, step.id)
        _failed(process, handler, step, request, error)
        return
    waiting = _CIRCUITS.succeeded(request.peer)
    _record_patiently(process, handler, step, request, answer, adopted=adopted)
    _hasten(process, [step_id for step_id in waiting if step_id != step.id])


def _hasten(process: Process, waiting: Sequence[uuid.UUID]) -> None:
    """The peer answers again: whoever waited for it is due now. Without a database they wait as long as they were told."""

    def hasten() -> None:
        with process.database.transaction() as session:
            steps.hasten(session, step_ids=waiting)

    if waiting:
        with suppress(DBAPIError):
            db.again(hasten)


def _prepare(process: Process, handler: Outside, step: Claimed) -> tuple[Any, bool]:
    """Read what the call needs and commit the intent; (None, _) when the step ended, or waits, without a call."""
    with process.database.transaction() as session:
        now = house_rules.now(session)
        request = handler.prepare(session, step, now, process.settings)
        if isinstance(request, Done):
            steps.finish(session, [request], by="system", now=now)
            return None, True
        if isinstance(request, Later):
            steps.rest(session, step, why=request.why, after_s=request.after_s)
            return None, True
        if request.key is None:
            return request, True
        intent = effects.intend(session, key=request.key, kind=step.kind, step_id=step.id, token=step.token, now=now)
        if intent is None:
            raise Fenced([step.id])
        return request, intent.first


def _call(handler: Outside, request: Any, first: bool) -> tuple[Any, bool]:
    if not first and handler.look_up is not None:
        found = handler.look_up(request)
        if found is not None:
            return found, True
    return handler.call(request), False


def _record_patiently(
    process: Process, handler: Outside, step: Claimed, request: Any, answer: Any, *, adopted: bool
) -> None:
    """What a peer has done must be known: a database that is started again is waited for."""
    until = time.monotonic() + RECORD_S
    while True:
        try:
            db.again(lambda: _record(process, handler, step, request, answer, adopted=adopted))
            return
        except OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def _record(process: Process, handler: Outside, step: Claimed, request: Any, answer: Any, *, adopted: bool) -> None:
    with process.database.transaction() as session:
        now = db.now(session)
        done = handler.record(session, step, request, answer, now)
        key = request.key
        called = [effects.recording(key=key, state="done", now=now, adopted=adopted)] if key is not None else []
        steps.finish(session, [done], by="system", now=now, along=called)


def _later(session: Session, step: Claimed, error: ConnectorError) -> None:
    """A peer that is away for hours is asked again for days: only then somebody has to look."""
    wait_s = error.retry_after_s or steps.delay_s(step.attempt)
    if step.attempt < PEER_ATTEMPTS:
        steps.retry(session, step, error=str(error), after_s=wait_s)
    else:
        steps.park(session, step, error=str(error))


def put_off(process: Process, handler: Outside, kind: str) -> int:
    """While the peer of all steps of `kind` rests, put off those that are due, unclaimed and some at a time; how many."""
    peer = handler.peer
    if peer is None or _CIRCUITS.rests_s(peer) <= 0:
        return 0

    def put() -> int:
        with process.database.transaction() as session:
            due = putting_off.due(session, kind=kind)
            putting_off.put_off(session, step_ids=due, why=_resting(peer), after_s=_CIRCUITS.line_up(peer, due))
            return len(due)

    return db.again(put)


def _rest(process: Process, step: Claimed, peer: str) -> None:
    [after_s] = _CIRCUITS.line_up(peer, [step.id])

    def rest() -> None:
        with process.database.transaction() as session:
            steps.rest(session, step, why=_resting(peer), after_s=after_s)

    db.again(rest)


def _resting(peer: str) -> str:
    return f"{peer} is resting"


def _failed(process: Process, handler: Outside, step: Claimed, request: Any, error: ConnectorError) -> None:
    db.again(lambda: _record_failure(process, handler, step, request, error))
    log.warning("call failed", extra={"kind": step.kind, "peer": request.peer, "permanent": error.permanent})


def _record_failure(process: Process, handler: Outside, step: Claimed, request: Any, error: ConnectorError) -> None:
    with process.database.transaction() as session:
        now = db.now(session)
        if not error.permanent:
            _later(session, step, error)
        elif handler.refused is None:
            steps.park(session, step, error=str(error))
        else:
            steps.finish(session, [handler.refused(session, step, request, error, now)], by="system", now=now)
        # The step before the call, as everywhere: whoever took the step over begins with it.
        if request.key is not None:
            state = "refused" if error.permanent else "unknown"
            together.execute(session, [effects.recording(key=request.key, state=state, now=now, error=str(error))])
