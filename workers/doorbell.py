"""Ring a queue: "steps of this queue are due, come and look". Carries no work; a lost ring costs only latency."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

log = logging.getLogger(__name__)

PAUSE_S = 0.1
WAIT_S = 0.05
DRAIN = "workers.drain.drain_job"


class Doorbell:
    """At most one attempt per queue, process and 100 ms, and ten rings a second over all processes."""

    def __init__(self, redis_url: str) -> None:
        self._redis: Redis = Redis.from_url(
            redis_url, socket_timeout=WAIT_S, socket_connect_timeout=WAIT_S, retry=Retry(NoBackoff(), 0)
        )
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def ring(self, queues: Iterable[str]) -> bool:
        """Ring each queue; False when Redis did not answer (the sweep will find the work)."""
        tried = [self._ring_one(queue) for queue in queues if self._may_try(queue)]
        return all(tried)

    def ring_quietly(self, queues: Iterable[str]) -> None:
        """The same, for those who do not ask whether anyone heard it."""
        self.ring(queues)

    def _may_try(self, queue: str) -> bool:
        moment = time.monotonic()
        with self._lock:
            if moment - self._last.get(queue, -1.0) < PAUSE_S:
                return False
            self._last[queue] = moment
            return True

    def _ring_one(self, queue: str) -> bool:
        try:
            if not self._redis.set(f"bell:{queue}", 1, nx=True, px=int(PAUSE_S * 1000)):
                return True
            bell = Queue(queue, connection=self._redis, serializer=JSONSerializer)
            # One waiting job is enough: a drain goes on until the queue is empty and looks once more.
            if bell.count < 2:
                bell.enqueue(DRAIN, queue, job_timeout=3600, result_ttl=0, failure_ttl=60)
        except (RedisError, OSError) as error:
            log.warning("doorbell not rung", extra={"queue": queue, "error": type(error).__name__})
            return False
        return True


_BELLS: dict[int, Doorbell] = {}


def ring(queues: Iterable[str]) -> None:
    """The ring that `wsgi.py` and the workers pass to `Database`; one connection per process."""
    bell = _BELLS.get(os.getpid())
    if bell is None:
        bell = _BELLS[os.getpid()] = Doorbell(os.environ["OMS_REDIS_URL"])
    bell.ring(queues)
