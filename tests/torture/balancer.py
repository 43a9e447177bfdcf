"""Shops behind a balancer before several web hosts: who gets no answer from one goes to the next."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from bench.goods import order_json
from bench.intake import signed
from tests.torture.namespaces import Host

WEB_PORT, SENDERS = 8000, 8


@dataclass(slots=True)
class Sender:
    """Shops behind a balancer: who gets no answer from one web host goes to the other, until one stores it."""

    hosts: list[Host]
    codes: list[str]
    acked: Counter[int] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    slowest_s: float = 0.0

    def send_all(self, numbers: list[int], *, per_s: float) -> None:
        """Keep the pace; return when all are stored."""
        began = time.monotonic()

        def work(start: int) -> None:
            for place in range(start, len(numbers), SENDERS):
                time.sleep(max(0.0, began + place / per_s - time.monotonic()))
                self._send(numbers[place], place)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def send_again(self, number: int, host: Host) -> None:
        """A delivery that was stored once comes again, and to that host first."""
        self._send(number, self.hosts.index(host))

    def _send(self, number: int, turn: int) -> None:
        body, first = json.dumps(order_json(number, self.codes), ensure_ascii=False).encode(), time.monotonic()
        for attempt in range(60):
            status = self._post(self.hosts[(turn + attempt) % len(self.hosts)], number, body)
            if 200 <= status < 300:  # 200: it was there already
                with self.lock:
                    self.acked[number] += 1
                    self.slowest_s = max(self.slowest_s, time.monotonic() - first)
                return
            with self.lock:
                self.refused[status] += 1
            time.sleep(0.3)

    @staticmethod
    def _post(host: Host, number: int, body: bytes) -> int:
        connection = http.client.HTTPConnection(host.address, WEB_PORT, timeout=5)
        try:
            connection.request("POST", "/webhooks/bench", body, signed(body, f"evt-{number}"))
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def answers(host: Host) -> bool:
    connection = http.client.HTTPConnection(host.address, WEB_PORT, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
