"""RQ as the only queue: each step is enqueued once, as a job that names it, and nobody looks for what was lost."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable
from typing import Any

import psycopg
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import text

from oms.journey import flow
from oms.journey.step_values import Claimed

_JOB = "tests.torture.controls.rq_only.do"
_KNOWN = "CREATE TABLE IF NOT EXISTS torture_enqueued (step_id uuid PRIMARY KEY)"
#: What a transactional enqueue would have enqueued: each open step once.
_NEW = """
    INSERT INTO torture_enqueued SELECT id FROM step WHERE kind = ANY(%s) AND state = 'open' ON CONFLICT DO NOTHING
    RETURNING step_id
"""
_CLAIM = text("""
    UPDATE step SET state = 'claimed', token = token + 1, attempt = attempt + 1, claimed_at = clock_timestamp(),
           lease_until = clock_timestamp() + make_interval(secs => :lease_s), worker = :worker
    WHERE id = :id AND state = 'open'
    RETURNING id, kind, subject_type, subject_id, order_id, parent_id, round, attempt, token, opened_at, due_at
""")


def apply() -> None:
    """Enqueue instead of ringing; the sweep neither rings nor works."""
    doorbell: Any = importlib.import_module("workers.doorbell")
    sweep: Any = importlib.import_module("workers.sweep")
    doorbell.Doorbell.ring = _enqueue
    sweep._ring_or_work = lambda own, bell, mine: None


def _enqueue(bell: Any, queues: Iterable[str]) -> bool:
    try:
        with psycopg.connect(os.environ["OMS_DATABASE_URL"], autocommit=True, connect_timeout=2) as connection:
            connection.execute(_KNOWN)
            for name in queues:
                new = connection.execute(_NEW, [list(flow.kinds_of(name))]).fetchall()
                queue = Queue(name, connection=bell._redis, serializer=JSONSerializer)
                for (step_id,) in new:
                    queue.enqueue(_JOB, name, str(step_id), result_ttl=0, failure_ttl=60)
    except (psycopg.Error, RedisError, OSError):
        return False
    return True


def do(queue: str, step_id: str) -> None:
    """The job: do one step."""
    inside, outside = importlib.import_module("workers.inside"), importlib.import_module("workers.outside")
    process = importlib.import_module("workers.process").current()
    bound = importlib.import_module("workers.bindings").handlers(queue)
    with process.database.transaction() as session:
        params = {"id": step_id, "lease_s": process.settings.lease_s, "worker": process.name}
        claimed = [Claimed(*row) for row in session.execute(_CLAIM, params)]
    if not claimed:
        return
    handler = bound[claimed[0].kind]
    if hasattr(handler, "work"):
        inside.work(process, bound, claimed)
    else:
        outside.work(process, handler, claimed)
