"""How gunicorn runs us: `gunicorn -c oms/web/gunicorn_conf.py wsgi:app`. Settings of its own: WEB_CONCURRENCY, bind by -b.

Named by its path, never as `python:oms.web...`: that would import the application first, and
prometheus_client looks at its folder only once. Two processes of 24 threads; their counts are added up at /metrics.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import shutil
import signal
import sys
import tempfile
import time
from typing import Any

from gunicorn.http import wsgi
from gunicorn.workers.gthread import ThreadWorker

from oms import memory

# The master imports and forks, so that the processes share what they do not change; engines connect on first use.
preload_app = True
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# A webhook holds a thread from its arrival to its commit, some 30 ms on a busy machine: with eight the door took 530 a second
# beside an idle processor. What waits together commits together.
threads = 24
timeout = 30
graceful_timeout = 10
keepalive = 5
max_requests = 200_000
max_requests_jitter = 20_000
limit_request_line = 4094
limit_request_fields = 100
limit_request_field_size = 8190
forwarded_allow_ips = ""
# Nothing is managed over a socket in somebody's home folder.
control_socket_disable = True
# Before any worker imports prometheus_client, which looks at it once.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    _folder = tempfile.mkdtemp(prefix="oms-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _folder
    _master = os.getpid()
    atexit.register(lambda: shutil.rmtree(_folder, ignore_errors=True) if os.getpid() == _master else None)


_M_ARENA_MAX = -8


#: A webhook that waited so long for a free thread is told to come again: who sends it has patience, but not for one answer.
BUSY_AFTER_S = 0.4
_BUSY = b'{"type":"urn:oms:problem:unavailable","title":"Service Unavailable","status":503,"code":"unavailable"}'


class Worker(ThreadWorker):
    """Threads that tell late webhooks 503 instead of making those behind them late too: an answer within a second."""

    def enqueue_req(self, conn: Any) -> None:
        """Note when the request began to wait for a thread."""
        conn.came = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Note how long it waited; what the sender takes to send does not count."""
        conn.waited_s = time.monotonic() - conn.came
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer; a webhook that waited too long is not stored and told so."""
        if conn.waited_s <= BUSY_AFTER_S or not req.path.startswith("/webhooks/"):
            return super().handle_request(req, conn)
        answer, _ = wsgi.create(req, conn.sock, conn.client, conn.server, self.cfg)
        if not self.alive:
            answer.force_close()
        told = [("Content-Type", "application/problem+json"), ("Retry-After", "2"), ("Content-Length", str(len(_BUSY)))]
        answer.start_response("503 Service Unavailable", told)
        answer.write(_BUSY)
        answer.close()
        # The connection stays: to end it the one thread that accepts would wait until the sender has ended it too,
        # and would take nobody else's meanwhile. What is unread of the body is read by the caller.
        return not answer.should_close()


worker_class = Worker


def post_fork(server: Any, worker: Any) -> None:
    """Have the kernel end a worker with its master, however that dies: an orphan would keep the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)


def on_starting(server: Any) -> None:
    """Logs of requests are written by `oms/web/watch.py`; gunicorn only tells of its own life."""
    server.log.info("oms web: %s processes of %s threads", workers, threads)


def when_ready(server: Any) -> None:
    """Before the first fork. What was imported is never garbage: a collector that walked it would unshare its pages.

    glibc gives each thread a heap of its own, none of which shrinks: all threads share two.
    """
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt"):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
        ctypes.CDLL(None).malloc_trim(0)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def post_worker_init(worker: Any) -> None:
    """What the fork itself made is never garbage either; large bodies go back to the machine."""
    gc.freeze()
    memory.return_large_buffers()
