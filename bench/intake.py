"""Intake, one order a request: from the signed webhook until the Order row stands.

Client processes post over kept connections while the product runs as it does anywhere: gunicorn, workers,
PostgreSQL with fsync. Counted is the CPU of the product and PostgreSQL, not of the clients.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import multiprocessing
import threading
import time
from datetime import UTC, datetime

from redis import Redis
from rq import Worker
from sqlalchemy import text

from bench import cpu, floor
from bench.goods import SECRET, company, order_json
from bench.ground import Ground, ground, log_tail

CLIENTS = 2
CONNECTIONS_A_CLIENT = 8
FLOOR_CPU_MS = (0.75, 0.97)
LIMIT_CPU_MS = 3.0


def signed(body: bytes, event_id: str) -> dict[str, str]:
    """Standard Webhooks headers."""
    at = str(int(datetime.now(UTC).timestamp()))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, f"{event_id}.{at}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(mac).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": at,
        "webhook-signature": signature,
    }


def post_share(port: int, codes: list[str], numbers: range, times: multiprocessing.Queue[list[float]]) -> None:
    """One client: several threads, each with a connection of its own."""
    found: list[float] = []

    def work(mine: list[int]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for number in mine:
            body = json.dumps(order_json(number, codes), ensure_ascii=False).encode()
            started = time.perf_counter()
            connection.request("POST", "/webhooks/bench", body, signed(body, f"evt-{number}"))
            answer = connection.getresponse()
            answer.read()
            if answer.status != 202:
                raise SystemExit(f"order {number} was answered {answer.status}")
            found.append(time.perf_counter() - started)

    shares = [list(numbers)[n::CONNECTIONS_A_CLIENT] for n in range(CONNECTIONS_A_CLIENT)]
    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.put(found)


def run(*, orders: int = 4000) -> dict[str, float]:
    """Post `orders` orders; return the figures, with the CPU of the web server, the worker, and PostgreSQL and Redis."""
    with ground() as made:
        with made.database.transaction() as session:
            seeded = company(session)
        servers = list(made.roots)
        web = made.start(
            "gunicorn", "-c", "oms/web/gunicorn_conf.py", "-b", f"127.0.0.1:{made.web_port}", "wsgi:app"
        ).pid
        worker = made.start("bench.accept_worker").pid
        made.wait_for_web()
        _post(made.web_port, seeded.sku_codes, range(1_000_000, 1_000_400))
        _wait_for(made, 400)
        limit_ms = floor.insert_cpu_ms(made)
        parts = {"web": [web], "worker": [worker], "postgres_and_redis": servers}
        before = {name: cpu.cpu_ms(roots) for name, roots in parts.items()}
        started = time.perf_counter()
        times = _post(made.web_port, seeded.sku_codes, range(orders))
        posted = time.perf_counter() - started
        _wait_for(made, 400 + orders)
        wall = time.perf_counter() - started
        used = {name: (cpu.cpu_ms(roots) - before[name]) / orders for name, roots in parts.items()}
        limit_ms = (limit_ms + floor.insert_cpu_ms(made)) / 2
        times.sort()
        return {
            "orders_per_s": orders / wall,
            "requests_per_s": orders / posted,
            "cpu_ms_per_order": sum(used.values()),
            **{f"of_it_{name}_ms": value for name, value in used.items()},
            "floor_insert_ms": limit_ms,
            "ratio_to_floor": sum(used.values()) / limit_ms,
            "p50_ms": times[len(times) // 2] * 1000,
            "p99_ms": times[int(len(times) * 0.99)] * 1000,
            "peak_pss_mib": cpu.pss_mib([web, worker]),
            **_jobs(made),
        }


def _jobs(made: Ground) -> dict[str, float]:
    """How many jobs the worker did: a ring wakes it, and it claims batches until nothing is left."""
    redis = Redis.from_url(made.environment["OMS_REDIS_URL"])
    workers = Worker.all(connection=redis)
    return {"rq_jobs": float(sum(worker.successful_job_count for worker in workers))}


def _post(port: int, codes: list[str], numbers: range) -> list[float]:
    times: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    step = -(-len(numbers) // CLIENTS)
    shares = [numbers[n * step : (n + 1) * step] for n in range(CLIENTS)]
    clients = [multiprocessing.Process(target=post_share, args=(port, codes, share, times)) for share in shares]
    for client in clients:
        client.start()
    found = [t for _ in clients for t in times.get(timeout=300)]
    for client in clients:
        client.join()
    return found


def _wait_for(made: Ground, orders: int, timeout_s: float = 60) -> None:
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        with made.database.transaction() as session:
            if session.execute(text("SELECT count(*) FROM orders")).scalar_one() >= orders:
                return
        time.sleep(0.1)
    raise SystemExit(f"the orders do not stand: {log_tail(made)}")
