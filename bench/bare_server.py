"""The limit of intake over HTTP: a bare WSGI application that checks an HMAC, parses the JSON and writes with one statement.

gunicorn with two processes, as the product has, and one of its threads for each of the sixteen connections of the clients, psycopg with one
prepared set-based statement a request (`limit.INSERT`: order, three lines, queue row, stock), an answer after the commit. Nothing is
translated, judged, recorded or encrypted.

`running` starts it: gunicorn -k gthread -w 2 --threads 8 bench.bare_server:app
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import psycopg

from bench import cpu, limit
from bench.goods import SECRET
from bench.ground import Ground, free_port, wait_for
from bench.posting import Posting, post_all

_KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
_OWN = threading.local()


@dataclass(frozen=True, slots=True)
class Bare:
    """The running server; its process and those of PostgreSQL count."""

    port: int
    roots: tuple[int, ...]

    def cpu_ms(self, codes: Sequence[str], numbers: range, *, each: int = 1, connections: int = 8) -> float:
        """CPU ms an order of posting these orders."""
        before = cpu.cpu_ms(self.roots)
        post_all(Posting(self.port, "/", codes, numbers, each=each, connections=connections))
        return (cpu.cpu_ms(self.roots) - before) / len(numbers)


@contextmanager
def running(made: Ground, codes: Sequence[str]) -> Iterator[Bare]:
    """Start it on the benchmark's own database, warm it up, and stop it at the end; the product's processes do not count."""
    port = free_port()
    with limit.standing(made):
        argv = ("-k", "gthread", "-w", "2", "--threads", "8", "-b", f"127.0.0.1:{port}", "bench.bare_server:app")
        child = made.start("gunicorn", *argv)
        wait_for(f"http://127.0.0.1:{port}/")
        bare = Bare(port, (child.pid, *made.servers))
        bare.cpu_ms(codes, range(300))
        try:
            yield bare
        finally:
            made.stop(child)


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """202 after the commit; one order, or the orders of a list, a request."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["REQUEST_METHOD"] != "POST":
        return _answer(start_response, "200 OK")
    signed = f"{environ['HTTP_WEBHOOK_ID']}.{environ['HTTP_WEBHOOK_TIMESTAMP']}.".encode() + body
    made = "v1," + base64.b64encode(hmac.new(_KEY, signed, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(made, environ["HTTP_WEBHOOK_SIGNATURE"]):
        return _answer(start_response, "401 Unauthorized")
    told = json.loads(body)
    _write(told.get("orders", [told]))
    return _answer(start_response, "202 Accepted")


def _answer(start_response: StartResponse, status: str) -> list[bytes]:
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"{}"]


def _write(orders: list[dict[str, Any]]) -> None:
    ids = [uuid.uuid4() for _ in orders]
    lines = [
        (i, place, line) for i, order in zip(ids, orders, strict=True) for place, line in enumerate(order["lines"])
    ]
    _connection().execute(
        limit.INSERT,
        {
            "external": ids,
            "customer": [order["ship_to"]["city"].encode() * 12 for order in orders],
            "of": [i for i, _, _ in lines],
            "place": [place for _, place, _ in lines],
            "sku": [int(line["sku"][-4:]) % limit.SKUS for _, _, line in lines],
        },
        prepare=True,
    )


def _connection() -> psycopg.Connection[Any]:
    """One for each thread, committing each statement."""
    known: psycopg.Connection[Any] | None = getattr(_OWN, "connection", None)
    if known is None:
        known = _OWN.connection = psycopg.connect(os.environ["OMS_DATABASE_URL"], autocommit=True)
    return known
