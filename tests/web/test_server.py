"""The application as gunicorn runs it: several processes, one set of figures, chunks, a clean stop."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

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
        statuses = list(pool.map(lambda _: ask(port, "/webhooks/nobody", "POST")[0], range(200)))
    figures = {ask(port, "/metrics")[1] for _ in range(6)}
    assert set(statuses) == {404}
    line = 'oms_requests_total{method="POST",route="/webhooks/<name>",status="404"} 200.0'
    assert all(line in text for text in figures)


def test_a_body_in_chunks_over_the_limit_is_refused_by_the_real_server(port):
    chunks = (b"y" * 65536 for _ in range(17))
    head = {"Transfer-Encoding": "chunked"}
    assert ask(port, "/webhooks/nobody", "POST", body=chunks, headers=head, encode_chunked=True)[0] == 413


def test_a_webhook_that_waits_for_a_thread_is_told_to_come_again(narrow_port):
    silent = [socket.create_connection(("127.0.0.1", narrow_port)) for _ in range(THREADS)]
    try:
        time.sleep(0.3)  # each of them holds a thread now, until gunicorn gives up waiting for its request
        status, words = ask(narrow_port, "/webhooks/nobody", "POST", body=b"{}")
        assert (status, '"unavailable"' in words) == (503, True)
    finally:
        for one in silent:
            one.close()
    assert ask(narrow_port, "/webhooks/nobody", "POST", body=b"{}")[0] == 404


def test_who_was_told_to_come_again_may_come_by_the_same_connection(narrow_port):
    # To end it the thread that accepts would wait for the sender's end, and take nobody else's meanwhile.
    silent = [socket.create_connection(("127.0.0.1", narrow_port)) for _ in range(THREADS)]
    time.sleep(0.3)
    connection = http.client.HTTPConnection("127.0.0.1", narrow_port, timeout=20)
    try:
        connection.request("POST", "/webhooks/nobody", body=b"y" * 20_000)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Connection"]) == (503, "keep-alive")
        answer.read()
        for one in silent:
            one.close()
        used = connection.sock
        connection.request("POST", "/webhooks/nobody", body=b"{}")
        assert connection.getresponse().status == 404
        assert connection.sock is used
    finally:
        connection.close()


def test_a_page_that_waits_for_a_thread_is_answered(narrow_port):
    silent = [socket.create_connection(("127.0.0.1", narrow_port)) for _ in range(THREADS)]
    try:
        time.sleep(0.3)
        assert ask(narrow_port, "/healthz")[0] == 200
    finally:
        for one in silent:
            one.close()
