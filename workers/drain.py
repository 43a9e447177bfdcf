"""Answer the doorbell: claim due steps, do them, until the queue is empty; then look once more.

Whoever is told to stop ends the batch in hand and leaves the rest, however much it is: others are rung for it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from sqlalchemy import text

from oms import db
from oms.journey import step_sql, steps
from oms.journey.steps import Claimed
from workers import inside, outside
from workers.bindings import handlers
from workers.handlers import Handler, Inside, Outside
from workers.process import Process, current

#: A ring may fall into the last moments of a drain, so it looks once more after this long.
LOOK_AGAIN_S = 0.15
#: What was let go since the database failed is tried again after this long.
REST_S = 2.0

#: The queue whose last drain in this process ended with an error.
_BROKEN_OFF: list[str] = []

# Lost ones are asked for once, by when their lease ended; asked for by kind, each kind read every claim of the last minutes.
# The clock stands in a query of its own, for only what is known beforehand leads into an index.
DUE_KINDS = text(f"""
    WITH lost AS MATERIALIZED (
        SELECT DISTINCT kind FROM step WHERE state = 'claimed' AND lease_until < (SELECT clock_timestamp()))
    SELECT k.kind FROM unnest(CAST(:kinds AS text[])) WITH ORDINALITY AS k(kind, place)
    WHERE EXISTS (SELECT 1 FROM step WHERE step.kind = k.kind AND {step_sql.DUE})
       OR k.kind IN (SELECT kind FROM lost)
    ORDER BY k.place
""")


def drain_job(queue: str) -> int:
    """The RQ job: drain one queue in this worker process; return how many steps were worked on."""
    return drain(current(), queue)


def drain(process: Process, queue: str, *, look_again: bool = True, for_s: float = math.inf) -> int:
    """Work until nothing of `queue` is due, for about `for_s` seconds at most; return how many steps were claimed."""
    if _BROKEN_OFF:
        # The database went away in the middle: what this process had claimed is worked on by nobody now.
        with process.database.transaction() as session:
            steps.let_go(session, worker=process.name, after_s=REST_S)
        _BROKEN_OFF.clear()
    try:
        return _drain(process, queue, look_again, time.monotonic() + for_s)
    except Exception:
        _BROKEN_OFF[:] = [queue]
        raise


def _drain(process: Process, queue: str, look_again: bool, ends: float) -> int:
    bound = handlers(queue)
    worked = 0
    while True:
        before = worked
        for kind in due_kinds(process, bound):
            if process.stop.asked or time.monotonic() >= ends:
                return worked
            worked += drain_kind(process, kind, bound)
        if worked == before:
            if not look_again:
                return worked
            look_again = False
            process.stop.rest(LOOK_AGAIN_S)


def due_kinds(process: Process, bound: Mapping[str, Handler]) -> list[str]:
    """The kinds that have a due or an abandoned step."""

    def read() -> list[str]:
        with process.database.transaction() as session:
            return list(session.execute(DUE_KINDS, {"kinds": list(bound)}).scalars())

    return db.again(read)


def drain_kind(process: Process, kind: str, bound: Mapping[str, Handler]) -> int:
    """Claim one batch of a kind and work on it; return its size. What waits for a peer that rests is put off instead."""
    handler = bound[kind]
    if isinstance(handler, Outside) and (waiting := outside.put_off(process, handler, kind)):
        return waiting
    lease_s = process.settings.lease_s if isinstance(handler, Inside) else outside.LEASE_S
    claimed = _claim(process, kind, lease_s)
    if not claimed:
        return 0
    began = time.monotonic()
    if isinstance(handler, Inside):
        inside.work(process, bound, claimed)
    else:
        outside.work(process, handler, claimed)
    process.batches.took(kind, steps=len(claimed), seconds=time.monotonic() - began)
    return len(claimed)


def _claim(process: Process, kind: str, lease_s: int) -> list[Claimed]:
    def claim() -> list[Claimed]:
        with process.database.transaction() as session:
            limit = process.batches.limit(kind)
            return steps.claim(session, kind=kind, limit=limit, lease_s=lease_s, worker=process.name)

    return db.again(claim)
