"""The sweep: every few seconds it rings for due steps, and works itself when ringing fails (Redis may be absent).

Also the clockwork: periodic steps, reminders, expiries, seals. A second sweep does no harm.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from types import FrameType

from sqlalchemy import text

from oms import db
from oms import settings as oms_settings
from oms.cli.logs import configure
from oms.journey import flow, reminders, seal, step_sql
from workers import bindings, doorbell, drain, expiry, process, schedule
from workers.process import Process

log = logging.getLogger(__name__)

EVERY_S = 2.0
#: A queue whose work is this late was rung in vain: its worker is gone, so the sweep works.
STUCK_S = 15.0
#: So long it works itself before it looks after everything else again: reminders and seals do not wait for a backlog.
WORKS_S = 5.0

LATEST = text(f"""
    SELECT k.kind, extract(epoch FROM clock_timestamp() - first.run_after) AS late_s
    FROM unnest(CAST(:kinds AS text[])) AS k(kind) CROSS JOIN LATERAL (
        SELECT run_after FROM step WHERE step.kind = k.kind AND {step_sql.DUE} ORDER BY run_after LIMIT 1) first
    UNION ALL
    SELECT kind, extract(epoch FROM clock_timestamp() - min(lease_until)) FROM step
    WHERE kind = ANY(CAST(:kinds AS text[])) AND state = 'claimed' AND lease_until < (SELECT clock_timestamp()) GROUP BY kind
""")


def main() -> int:
    """Sweep until SIGTERM, as a process of its own."""
    configure()
    settings = oms_settings.load(os.environ)
    bindings.handlers()
    process.warm()
    process.give_way()
    process.calm_collector()
    return serve(settings)


def serve(settings: oms_settings.Settings) -> int:
    """Sweep until SIGTERM."""
    bell = doorbell.Doorbell(settings.redis_url)
    own = process.start(settings, bell.ring_quietly, name="sweep")

    def stop(signum: int, frame: FrameType | None) -> None:
        own.stop.asked = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    mine: set[str] = set()
    while not own.stop.asked:
        sweep(own, bell, mine)
        own.stop.rest(EVERY_S)
    return 0


def sweep(own: Process, bell: doorbell.Doorbell, mine: set[str]) -> None:
    """One round; a part that fails does not stop the others. `mine` is kept for the next round."""
    for part in (_periodic, _remind, _expire, _seal):
        _guarded(part, own)
    _guarded(lambda p: _ring_or_work(p, bell, mine), own)


def _guarded(part: Callable[[Process], object], own: Process) -> None:
    try:
        part(own)
    except Exception:
        log.exception("sweep part failed")


def _periodic(own: Process) -> None:
    with own.database.transaction() as session:
        schedule.open_due(session, now=db.now(session), zone=own.settings.zone)


def _remind(own: Process) -> None:
    with own.database.transaction() as session:
        reminders.send_due(session, now=db.now(session))


def _expire(own: Process) -> None:
    with own.database.transaction() as session:
        expiry.expire_due(session, now=db.now(session))


def _seal(own: Process) -> None:
    for _ in range(20):
        with own.database.transaction() as session:
            if seal.seal(session, quickly=True) < seal.BATCH:
                return


def _ring_or_work(own: Process, bell: doorbell.Doorbell, mine: set[str]) -> None:
    """`mine`: the queues that this sweep was still at when its time was over; it goes on with them."""
    for queue in flow.QUEUES:
        late_s = latest(own, queue)
        if late_s is None or own.stop.asked:
            mine.discard(queue)
        elif not bell.ring([queue]) or late_s > STUCK_S or queue in mine:
            log.info("sweep works itself", extra={"queue": queue, "late_s": round(late_s, 1)})
            began = time.monotonic()
            drain.drain(own, queue, look_again=False, for_s=WORKS_S)
            if time.monotonic() - began < WORKS_S:
                mine.discard(queue)
            else:
                mine.add(queue)


def latest(own: Process, queue: str) -> float | None:
    """By how many seconds the queue's oldest due work is late; None when nothing is due."""
    with own.database.transaction() as session:
        rows = session.execute(LATEST, {"kinds": list(flow.kinds_of(queue))}).all()
    return max((float(row.late_s) for row in rows), default=None)


if __name__ == "__main__":
    raise SystemExit(main())
