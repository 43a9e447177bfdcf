"""Bulk intake, a hundred orders at a time, by each way there is: one signed webhook, a distributor's upload, a poll.

* `webhook`: `{"orders": [...]}` to `/webhooks/<channel>`, stored and answered 202; a worker translates and writes.
* `upload`: the same JSON to `POST /api/v1/purchase-orders` by a distributor's key: the answer has every order's number.
* `poll`: the worker asks a shop for pages of a hundred orders, stores them and accepts them.

Every rule of intake applies: signature or key, the bytes kept, encrypted and linked, translation with all its checks, mapping of
goods, customers, history, the step `verify`. Counted until the Order rows stand, as in `intake.py`. The product runs as two
cores want it: two web processes, and two workers of the queue `inside` beside each other. The rate is that of wall time,
with the senders on the same cores. p50 and p99 are the times of a hundred orders: until a request was answered, or until the poll
asked for its next page. The limit is the bare server of `bare_server.py` with a hundred orders a request, in turns.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from time import perf_counter
from urllib.parse import parse_qs, urlsplit

from bench import bare_server, clients, cpu, rounds, waiting
from bench.bare_server import Bare
from bench.goods import Company, company, order_json
from bench.ground import Ground, ground
from bench.peak import Sampler
from bench.posting import Posted, Posting, post_all
from oms import db
from oms.accounts import api_keys
from oms.journey import steps
from oms.journey.steps import NewStep
from oms.parties.models import Channel
from workers import doorbell

EACH = 100
#: A sender of files has few connections.
CONNECTIONS = 2
ROUNDS = 3


def run(*, orders: int = 12_000) -> dict[str, float]:
    """Take `orders` orders by each way; the cost is that of the dearest, the rate that of the slowest."""
    with ground() as made:
        with made.database.transaction() as session:
            seeded = company(session)
        web = made.start("gunicorn", "-c", "oms/web/gunicorn_conf.py", "-b", f"127.0.0.1:{made.web_port}", "wsgi:app")
        worker = made.start("bench.accept_worker", "accept", "accept", "poll")
        made.wait_for_web()
        counted = [*made.servers, web.pid, worker.pid]
        each = max(EACH, orders // ROUNDS // EACH * EACH)
        figures: dict[str, float] = {}
        sampler = Sampler({"web": [web.pid], "worker": [worker.pid]})
        running = bare_server.running(made, seeded.sku_codes)
        with running as bare, _shop(seeded.sku_codes) as shop, sampler.watching():
            ways: dict[str, Send] = {
                "webhook": _webhook(made, seeded),
                "upload": _upload(made, seeded),
                "poll": _poll(made, shop),
            }
            for name, way in ways.items():
                figures |= _measured(name, _Way(made, way, counted), bare, seeded.sku_codes, each)
        dearest = max(ways, key=lambda name: figures[f"{name}_cpu_ms"])
        return {
            "orders_per_s": min(figures[f"{name}_orders_per_s"] for name in ways),
            "cpu_ms_per_order": figures[f"{dearest}_cpu_ms"],
            "p50_ms": figures[f"{dearest}_p50_ms"],
            "p99_ms": figures[f"{dearest}_p99_ms"],
            "peak_pss_mib": sampler.peak_mib,
            **figures,
        }


#: Sends the orders of these numbers and says how long each hundred took, once they stand.
Send = Callable[[range], Posted]


class _Way:
    """One way in, with numbers that go on from round to round."""

    def __init__(self, made: Ground, send: Send, counted: Sequence[int]) -> None:
        self._made, self._send, self._counted = made, send, counted
        self._next = 0
        self.seconds = 0.0
        self.times_s: list[float] = []

    def take(self, orders: int) -> float:
        """Send so many and wait until they stand; CPU ms an order."""
        standing = waiting.count(self._made, _ORDERS)
        numbers = range(self._next, self._next + orders)
        self._next += orders
        before = cpu.cpu_ms(self._counted)
        sent = self._send(numbers)
        if waiting.count(self._made, _ORDERS) < standing + orders:
            waiting.until_orders_stand(self._made, standing + orders)
            sent.ended = perf_counter()
        self.seconds += sent.seconds
        self.times_s += sent.times_s
        return (cpu.cpu_ms(self._counted) - before) / orders


def _measured(name: str, way: _Way, bare: Bare, codes: Sequence[str], orders: int) -> dict[str, float]:
    way.take(EACH * 2)
    way.seconds = 0.0
    way.times_s.clear()
    paired = rounds.in_turns(
        lambda: way.take(orders),
        # CPU time comes in ticks of 10 ms, and the limit uses few.
        lambda: bare.cpu_ms(codes, range(max(12_000, orders * 4)), each=EACH, connections=CONNECTIONS),
        rounds=ROUNDS,
    )
    return {
        f"{name}_orders_per_s": orders * ROUNDS / way.seconds,
        f"{name}_cpu_ms": paired.product,
        f"{name}_limit_ms": paired.limit,
        f"{name}_p50_ms": clients.percentile_ms(way.times_s, 0.5),
        f"{name}_p99_ms": clients.percentile_ms(way.times_s, 0.99),
        f"ratio_{name}_to_limit": paired.ratio,
    }


_ORDERS = "SELECT count(*) FROM orders"


def _webhook(made: Ground, seeded: Company) -> Send:
    path, codes = "/webhooks/bench", seeded.sku_codes
    return lambda numbers: post_all(Posting(made.web_port, path, codes, numbers, each=EACH, connections=CONNECTIONS))


def _upload(made: Ground, seeded: Company) -> Send:
    with made.database.transaction() as session:
        dealer = Channel(name="dealer", source="sheet", way="distributor", currency="CNY")
        session.add(dealer)
        session.flush()
        key = api_keys.create(
            session, name="dealer", roles=["distributor"], channel_id=dealer.id, actor="bench", now=db.now(session)
        ).key
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    path, codes = "/api/v1/purchase-orders?rows=good", seeded.sku_codes
    how = {"each": EACH, "connections": CONNECTIONS, "status": 201}
    return lambda numbers: post_all(Posting(made.web_port, path, codes, numbers, headers=headers, **how))


class _Shop(ThreadingHTTPServer):
    """A shop that answers `GET /orders` as `docs/generic-json.md` says, in pages of a hundred."""

    daemon_threads = True

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.codes = list(codes)
        self.pages: dict[int, bytes] = {}
        #: when each page was asked for
        self.asked: list[float] = []

    def offer(self, numbers: range) -> None:
        """Have these orders; its pages are written at once, so that asking for them costs it nothing."""
        self.asked = []
        self.pages = {cursor: self._page(numbers, cursor) for cursor in range(0, len(numbers), EACH)}

    def _page(self, numbers: range, cursor: int) -> bytes:
        more = str(cursor + EACH) if cursor + EACH < len(numbers) else None
        orders = [order_json(number, self.codes) for number in numbers[cursor : cursor + EACH]]
        return json.dumps({"orders": orders, "next_cursor": more}, ensure_ascii=False).encode()


class _Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, _Shop)
        self.server.asked.append(perf_counter())
        body = self.server.pages[int(parse_qs(urlsplit(self.path).query).get("cursor", ["0"])[0])]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def _shop(codes: Sequence[str]) -> Iterator[_Shop]:
    with _Shop(codes) as shop:
        threading.Thread(target=shop.serve_forever, daemon=True).start()
        yield shop
        shop.shutdown()


def _poll(made: Ground, shop: _Shop) -> Send:
    with made.database.transaction() as session:
        base_url = f"http://127.0.0.1:{shop.server_address[1]}"
        channel = Channel(name="polled", source="generic", way="web_shop", currency="CNY", base_url=base_url)
        session.add(channel)
        session.flush()
    bell = doorbell.Doorbell(made.environment["OMS_REDIS_URL"])

    def send(numbers: range) -> Posted:
        shop.offer(numbers)
        with made.database.transaction() as session:
            now = db.now(session)
            steps.open_steps(session, [NewStep("poll", channel.id, key=f"{channel.id}:{numbers.start}")], now=now)
        began = perf_counter()
        bell.ring(["outside"])
        waiting.until(made, lambda: len(shop.asked) >= len(shop.pages), "the poll asked for every page")
        return Posted([later - sooner for sooner, later in pairwise(shop.asked)], began, perf_counter())

    return send
