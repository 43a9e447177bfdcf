"""Clients that post as fast as they are answered: processes with kept connections, whose CPU is not counted."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.goods import SECRET, order_json
from connectors.sandbox.signatures import standard_webhook_headers

CLIENTS = 2


@dataclass(frozen=True, slots=True)
class Posting:
    """Post orders with these numbers to `path`, `each` a request (a list when it is more than one).

    `headers`: sent as they are; without them each request is signed as Standard Webhooks says.
    """

    port: int
    path: str
    codes: Sequence[str]
    numbers: range
    each: int = 1
    connections: int = 8
    status: int = 202
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Posted:
    """How long each request took; `began` and `ended` by the machine's one clock, the start of the clients left out."""

    times_s: list[float]
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def post_all(posting: Posting) -> Posted:
    """Post them from two processes."""
    context = multiprocessing.get_context("spawn")
    told: multiprocessing.Queue[Posted] = context.Queue()
    clients = [context.Process(target=_client, args=(posting, place, told), daemon=True) for place in range(CLIENTS)]
    for client in clients:
        client.start()
    found = [told.get(timeout=300) for _ in clients]
    for client in clients:
        client.join()
    times = [t for one in found for t in one.times_s]
    return Posted(times, min(one.began for one in found), max(one.ended for one in found))


def _client(posting: Posting, place: int, told: multiprocessing.Queue[Posted]) -> None:
    firsts = list(posting.numbers[:: posting.each])[place::CLIENTS]
    # Written before the clock runs: what it costs to write them is the sender's, who has machines of his own.
    requests = [(first, body_of(posting, first)) for first in firsts]
    found: list[float] = []
    threads = [
        threading.Thread(target=_post, args=(posting, requests[n :: posting.connections], found))
        for n in range(posting.connections)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.put(Posted(found, began, time.perf_counter()))


def _post(posting: Posting, requests: Sequence[tuple[int, bytes]], found: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", posting.port, timeout=60)
    for first, body in requests:
        headers = dict(posting.headers) or signed(body, f"evt-{first}")
        began = time.perf_counter()
        connection.request("POST", posting.path, body, headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != posting.status:
            raise SystemExit(f"order {first} was answered {answer.status}: {said[:300]!r}")
        found.append(time.perf_counter() - began)


def body_of(posting: Posting, first: int) -> bytes:
    """The bytes of one request: an order, or `{"orders": [...]}`."""
    codes = list(posting.codes)
    last = min(first + posting.each, posting.numbers.stop)
    orders = [order_json(number, codes) for number in range(first, last)]
    return json.dumps(orders[0] if posting.each == 1 else {"orders": orders}, ensure_ascii=False).encode()


def signed(body: bytes, event_id: str) -> dict[str, str]:
    """Standard Webhooks headers."""
    at = datetime.now(UTC)
    return {"Content-Type": "application/json"} | standard_webhook_headers(
        body, secret=SECRET, webhook_id=event_id, at=at
    )
