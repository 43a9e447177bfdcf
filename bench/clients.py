"""Client processes at a set pace: orders by signed webhook, and people who turn over list pages.

The pace is kept by the clock, not by the answers: a slow answer delays nobody's next request but its own connection's, and a
request's time counts from the instant at which it was due, so waiting in a queue is not left out.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from urllib.parse import urlencode

from bench.goods import order_json
from bench.posting import signed

CONNECTIONS = 8


@dataclass(slots=True)
class Answers:
    """What one client saw: seconds from due to answered, and how many answers of each status."""

    times_s: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    def add(self, status: int, seconds: float) -> None:
        self.times_s.append(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1


@dataclass(frozen=True, slots=True)
class Load:
    """Orders to post: their numbers, at which rate, for which goods."""

    port: int
    codes: Sequence[str]
    first: int
    count: int
    per_s: float
    host: str = "127.0.0.1"
    #: told 503 or not answered, a delivery comes again, as a shop's does, until it is accepted
    patient: bool = False


def percentile_ms(times_s: Sequence[float], share: float) -> float:
    """The time that `share` of them do not exceed, in ms; 0 when there are none."""
    ordered = sorted(times_s)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 if ordered else 0.0


@contextmanager
def started(work: Callable[..., None], arguments: Sequence[object]) -> Iterator[Callable[[], Answers]]:
    """Run `work(argument, queue)` in a process for each argument; what is given back waits for them and adds up."""
    context = multiprocessing.get_context("fork")
    told: Queue[Answers] = context.Queue()
    clients = [context.Process(target=work, args=(argument, told), daemon=True) for argument in arguments]
    for client in clients:
        client.start()

    def collect() -> Answers:
        everything = Answers()
        for _ in clients:
            one = told.get(timeout=3600)
            everything.times_s += one.times_s
            for status, count in one.statuses.items():
                everything.statuses[status] = everything.statuses.get(status, 0) + count
        return everything

    try:
        yield collect
    finally:
        for client in clients:
            client.terminate()
            client.join(10)


def post_orders(load: Load, told: Queue[Answers]) -> None:
    """One client process: eight connections share its pace."""
    answers, lock, began = Answers(), threading.Lock(), time.perf_counter() + 0.5

    def work(start: int) -> None:
        connection = http.client.HTTPConnection(load.host, load.port, timeout=30)
        for place in range(start, load.count, CONNECTIONS):
            number, due = load.first + place, began + place / load.per_s
            time.sleep(max(0.0, due - time.perf_counter()))
            body = json.dumps(order_json(number, list(load.codes)), ensure_ascii=False).encode()
            status = _deliver(connection, load, number, body)
            with lock:
                answers.add(status, time.perf_counter() - due)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.put(answers)


def _deliver(connection: http.client.HTTPConnection, load: Load, number: int, body: bytes) -> int:
    while True:
        status = _ask(connection, "POST", "/webhooks/bench", body, signed(body, f"evt-{number}"))
        if status not in (0, 503) or not load.patient:
            return status
        time.sleep(0.2)


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> int:
    """The status of the answer; 0 when the connection broke (it is made anew)."""
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0
    return answer.status


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody signed in who opens these pages, one after another, at a rate."""

    port: int
    login: str
    password: str
    paths: Sequence[str]
    per_s: float
    seconds: float


def turn_pages(reading: Reading, told: Queue[Answers]) -> None:
    """One reader, by a browser's cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", reading.port, timeout=30)
    cookie = sign_in(connection, reading.login, reading.password)
    answers, began, place = Answers(), time.perf_counter(), 0
    while (due := began + place / reading.per_s) < began + reading.seconds:
        time.sleep(max(0.0, due - time.perf_counter()))
        status = _ask(connection, "GET", random.choice(list(reading.paths)), None, {"Cookie": cookie})
        answers.add(status, time.perf_counter() - due)
        place += 1
    told.put(answers)


def sign_in(connection: http.client.HTTPConnection, login: str, password: str) -> str:
    """Sign in by the page; return the cookies to send. SystemExit when the page refuses."""
    connection.request("GET", "/sign-in")
    page = connection.getresponse()
    text = page.read().decode()
    cookies = _cookies(page)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
    form = urlencode({"login": login, "password": password, "csrf_token": token.group(1) if token else ""})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
    connection.request("POST", "/sign-in", form, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status not in (302, 303):
        raise SystemExit(f"signing in was answered {answer.status}")
    return _cookies(answer) or cookies


def _cookies(answer: http.client.HTTPResponse) -> str:
    return "; ".join(value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie")
