"""The application as gunicorn runs it: several processes, one set of figures, chunks, a clean stop."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from tests.servers import ROOT

#: Of one web process, oms/web/gunicorn_conf.py.
THREADS = 24


@pytest.fixture
def port(environ: dict[str, str]) -> Iterator[int]:
    """Two web processes on a free port."""
    yield from _served(environ)


@pytest.fixture
def narrow_port(environ: dict[str, str]) -> Iterator[int]:
    """One web process, which has THREADS."""
    yield from _served(environ | {"WEB_CONCURRENCY": "1"})


def _served(environ: dict[str, str]) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "oms/web/gunicorn_conf.py",
        "-b",
        f"127.0.0.1:{port}",
        "wsgi:app",
    ]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | environ, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        assert server.wait(30) == 0


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            if ask(port, "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not answer within 20 s")


def ask(port: int, path: str, method: str = "GET", **given) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, **given)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_counts_of_all_processes_are_added_up(port):
    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(lambda _: ask(port, "/webhooks/nobody", "POST")[0], range(200)))
    figures = {ask(port, "/metrics")[1] for _ in range(6)}
    assert set(statuses) <= {404, 503}  # who waits too long for a thread is told to come again
    assert statuses[404] > 100
    line = f'oms_requests_total{{method="POST",route="/webhooks/<name>",status="404"}} {statuses[404]}.0'
    assert all(line in text for text in figures)


def test_a_body_in_chunks_over_the_limit_is_refused_by_the_real_server(port):
    chunks = (b"y" * 65536 for _ in range(17))
    head = {"Transfer-Encoding": "chunked"}
    assert ask(port, "/webhooks/nobody", "POST", body=chunks, headers=head, encode_chunked=True)[0] == 413


def knock(port: int) -> int:
    """Post a webhook for a channel that is not there, as often as the house is too full to say so."""
    while (status := ask(port, "/webhooks/nobody", "POST", body=b"{}")[0]) == 503:
        time.sleep(0.1)
    return status


@contextmanager
def full_house(port: int) -> Iterator[Callable[[], None]]:
    """Each thread waits for the second half of a request, until the function that this gives is called."""
    halves = [socket.create_connection(("127.0.0.1", port)) for _ in range(THREADS)]

    def leave() -> None:
        for one in halves:
            one.close()

    for one in halves:
        one.sendall(b"GET /healthz HTTP/1.1\r\n")
    time.sleep(0.3)
    try:
        yield leave
    finally:
        leave()


def test_a_webhook_that_waited_for_a_thread_is_told_to_come_again(narrow_port):
    with full_house(narrow_port) as leave, ThreadPoolExecutor(1) as sender:
        waits = sender.submit(ask, narrow_port, "/webhooks/nobody", "POST", body=b"{}")
        time.sleep(2.0)
        leave()
        status, words = waits.result()
    assert (status, '"unavailable"' in words) == (503, True)
    assert knock(narrow_port) == 404


def test_who_comes_to_a_full_house_is_told_so_at_once_and_may_come_again_by_the_same_connection(narrow_port):
    # To end it the thread that accepts would wait for the sender's end, and take nobody else's meanwhile.
    with full_house(narrow_port) as leave, ThreadPoolExecutor(1) as first:
        waits = first.submit(ask, narrow_port, "/webhooks/nobody", "POST", body=b"{}")
        time.sleep(2.0)
        with closing(Refused(narrow_port)) as refused:
            for pieces in ([b"y" * 20_000], [b"{}"], [b"", b"{", b"}"], [b"", b"y" * 300_000, b"y" * 300_000]):
                refused.sends(pieces)
            refused.sends_the_next_with_the_rest()
            assert not waits.done()  # no thread was free meanwhile
            leave()
            assert waits.result()[0] == 503
            assert knock(narrow_port) == 404
            assert refused.asks([b"", b"{}"])[0] == 404


class Refused:
    """A sender with one connection, who sends a body by itself or with its head, as senders do."""

    def __init__(self, port: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), timeout=20)

    def asks(self, pieces: list[bytes]) -> tuple[int, http.client.HTTPResponse, bytes]:
        """Send the head with the first piece of the body, and each further piece after a moment."""
        self._sock.sendall(_head(sum(map(len, pieces))) + pieces[0])
        for piece in pieces[1:]:
            time.sleep(0.1)
            self._sock.sendall(piece)
        return self._answer()

    def sends_the_next_with_the_rest(self) -> None:
        """What follows a body that was thrown away is a request of its own, also when both come in one piece."""
        self._sock.sendall(_head(2))
        assert self._answer()[0] == 503
        self._sock.sendall(b"{}" + _head(2) + b"{}")
        assert self._answer()[0] == 503

    def _answer(self) -> tuple[int, http.client.HTTPResponse, bytes]:
        answer = http.client.HTTPResponse(self._sock, method="POST")
        answer.begin()
        return answer.status, answer, answer.read()

    def sends(self, pieces: list[bytes]) -> None:
        """Be told 503, with all that a sender is to know of it."""
        status, answer, told = self.asks(pieces)
        assert (status, answer.headers["Connection"]) == (503, "keep-alive")
        assert answer.headers["Retry-After"]
        assert json.loads(told)["code"] == "unavailable"

    def close(self) -> None:
        self._sock.close()


def _head(size: int) -> bytes:
    return f"POST /webhooks/nobody HTTP/1.1\r\nHost: oms\r\nContent-Length: {size}\r\n\r\n".encode()


def test_who_connects_and_says_nothing_takes_nobodys_thread(narrow_port):
    silent = [socket.create_connection(("127.0.0.1", narrow_port)) for _ in range(2 * THREADS)]
    began = time.monotonic()
    assert knock(narrow_port) == 404
    assert time.monotonic() - began < 8  # each of them would hold one for ten
    for one in silent:
        one.close()


def test_a_page_that_waits_for_a_thread_is_answered(narrow_port):
    with full_house(narrow_port) as leave, ThreadPoolExecutor(1) as visitor:
        waits = visitor.submit(ask, narrow_port, "/healthz")
        time.sleep(2.0)
        leave()
        assert waits.result()[0] == 200


@pytest.mark.parametrize(
    "begun", [b"POST /webhooks/nobody HTTP/1.1\r\n", b"POST /webhooks/nobody HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf"]
)
def test_who_begins_a_request_and_falls_silent_holds_its_thread_for_seconds_only(narrow_port, begun):
    silent = [socket.create_connection(("127.0.0.1", narrow_port)) for _ in range(THREADS)]
    for one in silent:
        one.sendall(begun)
    # By then without a limit nobody would have been answered.
    assert ask(narrow_port, "/healthz")[0] == 200
    # Nor does the thread that accepts wait for the end of those who said nothing.
    began = time.monotonic()
    assert {ask(narrow_port, "/healthz")[0] for _ in range(20)} == {200}
    assert time.monotonic() - began < 5
    for one in silent:
        one.close()


def test_who_does_not_end_its_own_side_holds_up_nobody(narrow_port):
    """Each wanted the connection to be closed behind its answer, and then does not read that end."""
    asked = b"GET /healthz HTTP/1.1\r\nHost: oms\r\nConnection: close\r\n\r\n"
    open_ended = [socket.create_connection(("127.0.0.1", narrow_port)) for _ in range(20)]
    for one in open_ended:
        one.sendall(asked)
    time.sleep(0.5)
    began = time.monotonic()
    assert ask(narrow_port, "/healthz")[0] == 200
    assert time.monotonic() - began < 5
    for one in open_ended:
        assert one.recv(65536).startswith(b"HTTP/1.1 200")
        one.close()
