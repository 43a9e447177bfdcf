"""No job for each order: a ring says that there is work, whatever its amount, and a wiped Redis costs only latency."""

from __future__ import annotations

import threading

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import text

from oms import db
from oms.db import Database, new_id
from oms.journey import steps
from oms.journey.steps import NewStep
from oms.settings import Settings
from tests.conftest import CleanDatabase
from workers.doorbell import Doorbell
from workers.run import worker_of


def open_verify(database: Database) -> None:
    with database.transaction() as session:
        order_id = new_id()
        steps.open_steps(session, [NewStep("verify", order_id, order_id=order_id)], now=db.now(session))


def queue(redis_url: str) -> Queue:
    return Queue("inside", connection=Redis.from_url(redis_url), serializer=JSONSerializer)


def test_three_hundred_orders_in_transactions_of_their_own_leave_a_handful_of_jobs(
    clean_database: CleanDatabase, redis_url: str
) -> None:
    database = Database(clean_database.engine, Doorbell(redis_url).ring_quietly)
    for _ in range(300):
        open_verify(database)
    with database.transaction() as session:
        assert session.execute(text("SELECT count(*) FROM step WHERE kind = 'verify'")).scalar_one() == 300
    assert 1 <= queue(redis_url).count <= 2


def test_ten_processes_that_ring_at_once_leave_no_more(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.doorbell.WAIT_S", 5)
    bells = [Doorbell(redis_url) for _ in range(10)]
    assert all(bell.ring(["inside"]) for bell in bells)
    assert 1 <= queue(redis_url).count <= 2


def test_orders_are_stored_although_redis_is_away(clean_database: CleanDatabase) -> None:
    database = Database(clean_database.engine, Doorbell("redis://127.0.0.1:1/0").ring_quietly)
    open_verify(database)
    with database.transaction() as session:
        assert session.execute(text("SELECT count(*) FROM step WHERE state = 'open'")).scalar_one() == 1


def test_a_worker_listens_to_its_queue_alone(app_settings: Settings, redis_url: str) -> None:
    """A thread that heard remote commands would read from the connection that the worker's end closes."""
    worker = worker_of("inside", app_settings)
    before = threading.active_count()
    assert not worker.work(burst=True, logging_level="CRITICAL")
    assert worker.pubsub_thread is None
    assert threading.active_count() == before
    assert Redis.from_url(redis_url).pubsub_channels() == []
