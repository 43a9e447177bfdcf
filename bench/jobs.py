"""What a job costs beside the work itself: ring, RQ's job, looking for due kinds and claiming, for each order and stage.

A real worker process does empty jobs, which gives the cost of one; then it drains a backlog of accepted orders after a
single ring, which gives the orders of a job; and claims of steps are counted by themselves. What a claim carries through (see
`at_once` in `flow.py`) are the stages that share its cost. The limit is one bare stage in batches, before the worker was started
and after it has ended.
"""

from __future__ import annotations

import time

from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from sqlalchemy import text

from bench import cpu, limit_stages, lives, waiting
from bench.goods import company
from bench.ground import Ground, ground
from oms import db
from oms.journey import flow, steps
from oms.journey.steps import NewStep
from workers import bindings, doorbell, drain, process

FIRST = "verify"
EMPTY_JOBS = 40
#: CPU time comes in ticks of 10 ms, and claiming uses little.
CLAIMS = 30_000


def run(*, orders: int = 2000) -> dict[str, float]:
    """The figures; `cpu_ms_per_order_and_stage` is the one to reach."""
    with ground() as made:
        with made.database.transaction() as session:
            seeded = company(session)
        process.calm_collector()
        limit_ms = limit_stages.one_stage_cpu_ms(made)
        claim_ms, batch = _claims(made)
        worker = made.start("workers.run", "inside")
        job_ms = _empty_jobs(made)
        known = _jobs(made)
        lives.accept(made, seeded, range(orders))
        doorbell.Doorbell(made.environment["OMS_REDIS_URL"]).ring(["inside"])
        waiting.until(made, lambda: _released(made) >= orders and _jobs(made) > known, "the orders are released")
        jobs = _jobs(made) - known
        stages = float(len(_carried(FIRST)))
        once = claim_ms + job_ms * jobs / orders
        made.stop(worker)
        limit_ms = (limit_ms + limit_stages.one_stage_cpu_ms(made)) / 2
        return {
            "cpu_ms_per_order_and_stage": once / stages,
            "cpu_ms_per_order_where_a_claim_is_one_stage": once,
            "cpu_ms_per_claimed_step": claim_ms,
            "cpu_ms_per_rq_job": job_ms,
            "steps_per_claim": batch,
            "stages_per_claim": stages,
            "rq_jobs": jobs,
            "orders_per_rq_job": orders / jobs,
            "limit_stage_ms": limit_ms,
            "ratio_to_limit": once / stages / limit_ms,
        }


def _carried(kind: str) -> list[str]:
    """The stages that one claim of `kind` carries an order through."""
    found = [kind]
    while (following := flow.FLOW[found[-1]].at_once) is not None:
        found.append(following)
    return found


def _claims(made: Ground) -> tuple[float, float]:
    """(CPU ms of Python and PostgreSQL to find and claim a due step, steps of a claim); the steps are taken away after."""
    with made.database.transaction() as session:
        ids = db.new_ids(CLAIMS)
        steps.open_steps(session, [NewStep(FIRST, i, order_id=i) for i in ids], now=db.now(session))
    worker = lives.worker_of(made)
    bound = bindings.handlers("inside")
    python, postgres, claims = time.process_time(), cpu.cpu_ms(made.roots), 0
    while drain.due_kinds(worker, bound):
        with made.database.transaction() as session:
            steps.claim(session, kind=FIRST, limit=flow.FLOW[FIRST].batch, lease_s=600, worker="bench")
        claims += 1
    used = (time.process_time() - python) * 1000 + cpu.cpu_ms(made.roots) - postgres
    with made.database.transaction() as session:
        session.execute(text("DELETE FROM step WHERE worker = 'bench'"))
    return used / CLAIMS, CLAIMS / claims


def _empty_jobs(made: Ground) -> float:
    """CPU ms of one RQ job that finds nothing due: putting it in, the worker, Redis, and its look into the database."""
    queue = Queue("inside", connection=_redis(made), serializer=JSONSerializer)
    queue.enqueue(doorbell.DRAIN, "inside", result_ttl=0)
    waiting.until(made, lambda: _jobs(made) >= 1, "the first job is done")
    python, servers = time.process_time(), cpu.cpu_ms(made.roots)
    for _ in range(EMPTY_JOBS):
        queue.enqueue(doorbell.DRAIN, "inside", job_timeout=3600, result_ttl=0, failure_ttl=60)
    put_in = (time.process_time() - python) * 1000
    waiting.until(made, lambda: _jobs(made) >= 1 + EMPTY_JOBS, "the empty jobs are done")
    return (put_in + cpu.cpu_ms(made.roots) - servers) / EMPTY_JOBS


def _jobs(made: Ground) -> float:
    workers = Worker.all(connection=_redis(made))
    return float(sum(worker.successful_job_count for worker in workers))


def _redis(made: Ground) -> Redis:
    return Redis.from_url(made.environment["OMS_REDIS_URL"])


def _released(made: Ground) -> int:
    return waiting.count(made, "SELECT count(*) FROM step WHERE kind = 'release' AND state = 'done'")
