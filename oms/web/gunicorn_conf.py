"""How gunicorn runs us: `gunicorn -c oms/web/gunicorn_conf.py wsgi:app`. Settings of its own: WEB_CONCURRENCY, bind by -b.

Named by its path, never as `python:oms.web...`: that would import the application first, and
prometheus_client looks at its folder only once. Two processes of 24 threads; their counts are added up at /metrics.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import re
import selectors
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.http import wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

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
#: While somebody waits for a thread longer than this, webhooks that come are told so at once, by the thread that accepts.
FULL_AFTER_S = 0.3
#: Who sends nothing of a request that was begun, or takes nothing of an answer, for so many seconds loses the connection, and a
#: thread is free again. A proxy in front that waits for whole requests keeps such senders away altogether.
SILENCE_S = 10
_SILENCE = struct.pack("ll", SILENCE_S, 0)
_BUSY = b'{"type":"urn:oms:problem:unavailable","title":"Service Unavailable","status":503,"code":"unavailable"}'
_BUSY_HEADERS = {"Content-Type": "application/problem+json", "Retry-After": "2", "Content-Length": str(len(_BUSY))}
#: What is looked at of a request, or thrown away, at once.
_LOOK = 65_536
_PLAIN_WEBHOOK = re.compile(rb"POST /webhooks/[^ ]* HTTP/1\.1\r\n")
#: Less than a megabyte, for all of it will be thrown away; whether a larger one is too large, a thread says.
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,6})[ \t]*(?=\r\n)")
#: A request with one of these is no plain one.
_ODD = re.compile(rb"\r\n(?:(?:transfer-encoding|expect|upgrade):|connection:(?![ \t]*keep-alive[ \t]*\r\n))")


class Connection(TConn):
    """A connection whose end no thread waits for: gunicorn would hold the one that accepts for two seconds each."""

    def __init__(self, worker: Worker, *given: Any) -> None:
        super().__init__(*given)
        self._worker = worker
        #: Bytes of a refused request that have not come yet and will be thrown away.
        self.unread = 0

    def close(self, graceful: bool = False) -> None:
        """At once, or when the sender has ended it as well."""
        if graceful:
            self._worker.let_end(self)
        else:
            super().close()


class Worker(ThreadWorker):
    """Threads that tell late webhooks 503 instead of making those behind them late too: an answer within a second.

    A refusal must cost next to nothing, for who is refused comes again: at several thousand a second refusals by threads
    left too little for what was to be accepted, and the door did not get over a rush while it lasted.
    """

    def init_process(self) -> None:
        """Begin with nobody waiting for a thread: `_came` is when each of them came, the oldest first."""
        self._came: deque[float] = deque()
        super().init_process()

    def accept(self, listener: Any) -> None:
        """Take a connection; no thread is given to it before its request is there, which may be never."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        # By the kernel: gunicorn lets its threads wait without end, and Python's own time-outs would be reset by it.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _SILENCE)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SILENCE)
        self.nr_conns += 1
        conn = Connection(self, self.cfg, client, address, listener.getsockname())
        self._await(conn, self.on_pending_socket_readable)

    def _await(self, conn: Any, readable: Callable[[Any, Any], None]) -> None:
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(readable, conn))

    def let_end(self, conn: Any) -> None:
        """Say that nothing more is sent; closed when the sender ends too, or after `keepalive` seconds.

        Closed at once, what it still sends would take our last answer from it (RFC 9112, 9.6).
        """
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
        except OSError:
            conn.close()
            return
        self.nr_conns += 1
        self._await(conn, self._ends)

    def _ends(self, conn: Any, client: Any) -> None:
        try:
            if conn.sock.recv(_LOOK):
                return  # it goes on sending, and is not heard any more
        except BlockingIOError:
            return
        except OSError:
            pass
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        self.nr_conns -= 1
        conn.close()

    def on_pending_socket_readable(self, conn: Any, client: Any) -> None:
        """The first request of a connection."""
        if self._refused(conn):
            _rests_anew(conn, self.pending_conns)
        else:
            super().on_pending_socket_readable(conn, client)

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """A further one."""
        if self._refused(conn):
            _rests_anew(conn, self.keepalived_conns)
        else:
            super().on_client_socket_readable(conn, client)

    def _refused(self, conn: Any) -> bool:
        """Whether the house is full and this is a plain webhook, which then was told to come again, or the rest of one."""
        try:
            if conn.unread:
                return _threw_away(conn)
            if self._waits_s() <= FULL_AFTER_S or self.cfg.is_ssl or not self.alive:
                return False
            seen = conn.sock.recv(_LOOK, socket.MSG_PEEK)
            size, answer = plain_webhook(seen), _busy_answer()
            # Answered first and read then: what finds no room for its answer is left as it came.
            if size and conn.sock.send(answer) == len(answer):
                conn.unread = size - len(conn.sock.recv(len(seen)))
                return True
            if size:
                conn.sock.shutdown(socket.SHUT_RDWR)  # half an answer is none
        except OSError:
            pass  # a thread finds out what it is
        return False

    def _waits_s(self) -> float:
        """How long the one that waits longest for a thread has waited; 0 when nobody does."""
        try:
            return time.monotonic() - self._came[0]
        except IndexError:  # a thread may have taken it just now
            return 0.0

    def enqueue_req(self, conn: Any) -> None:
        """Note when the request began to wait for a thread."""
        conn.came = time.monotonic()
        self._came.append(conn.came)
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Note how long it waited; what the sender takes to send does not count."""
        self._came.popleft()
        conn.waited_s = time.monotonic() - conn.came
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer; a webhook that waited too long is not stored and told so."""
        if conn.waited_s <= BUSY_AFTER_S or not req.path.startswith("/webhooks/"):
            return super().handle_request(req, conn)
        answer, _ = wsgi.create(req, conn.sock, conn.client, conn.server, self.cfg)
        if not self.alive:
            answer.force_close()
        answer.start_response("503 Service Unavailable", list(_BUSY_HEADERS.items()))
        answer.write(_BUSY)
        answer.close()
        # The connection stays, for its sender comes again. What is unread of the body is read by the caller.
        return not answer.should_close()


def _rests_anew(conn: Any, resting: deque[Any]) -> None:
    """Count the time after which a connection is closed from now; those that rest lie in the order of that time."""
    resting.remove(conn)
    conn.set_timeout()
    resting.append(conn)


def _threw_away(conn: Any) -> bool:
    """Read what has come of the rest of a refused request; False when its sender has ended."""
    came = len(conn.sock.recv(min(conn.unread, _LOOK)))
    conn.unread -= came
    return came > 0


def plain_webhook(seen: bytes) -> int:
    """How many bytes the request has, or will have, when it is a plain webhook and nothing follows it; 0 for anything else.

    Its head is there as a whole. Most senders send the body by a call of its own, so that it is often seen later.
    """
    head, end, body = seen.partition(b"\r\n\r\n")
    head = head.lower() + b"\r\n" if end and _PLAIN_WEBHOOK.match(head) else b""
    lengths = _LENGTH.findall(head)
    if len(lengths) != 1 or _ODD.search(head) or len(body) > int(lengths[0]):
        return 0
    return len(seen) - len(body) + int(lengths[0])


def _busy_answer() -> bytes:
    told = {"Server": "gunicorn", "Date": util.http_date(), "Connection": "keep-alive", **_BUSY_HEADERS}
    lines = ["HTTP/1.1 503 Service Unavailable", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + _BUSY


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
