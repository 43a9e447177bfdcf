"""The sender: delivers the shots as shops do, each until it is answered 2xx, and keeps a ledger of what was accepted.

The ledger (`acked.jsonl`) is the other side's word: what it holds must stand in the database at the end.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from connectors.sandbox.signatures import standard_webhook_headers
from tests.torture import floor
from tests.torture.forking import Forked
from tests.torture.house import BULK, House
from tests.torture.plan import Shot

CONNECTIONS = 12
TIMEOUT_S = 10.0
#: A shop gives up after hours; here a delivery that is not accepted in this time is reported as refused.
PATIENCE_S = 180.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 2.0


@dataclass(frozen=True, slots=True)
class Ack:
    """One delivery as its sender saw it: the last status, how many attempts, when it was answered (CLOCK_MONOTONIC)."""

    kind: str
    event_id: str
    order_id: str
    sha256: str
    status: int
    attempts: int
    first_at: float
    answered_at: float
    #: the longest single wait for an answer, in seconds
    slowest_s: float
    #: attempts told 503, and attempts without any answer
    busy: int = 0
    unanswered: int = 0
    #: when the last attempt began
    last_at: float = 0.0


def send(shots: Sequence[Shot], *, port: int, channel: str, secret: str, ledger: Path, connections: int) -> int:
    """Deliver all shots at their time; return when each was answered. Run it in a process of its own."""
    began = time.monotonic()
    waiting: queue.SimpleQueue[Shot | None] = queue.SimpleQueue()
    writer = _Ledger(ledger)
    threads = [
        threading.Thread(target=_deliver_all, args=(waiting, _Sender(port, channel, secret), writer))
        for _ in range(connections)
    ]
    for thread in threads:
        thread.start()
    for shot in shots:
        time.sleep(max(0.0, began + shot.at_s - time.monotonic()))
        waiting.put(shot)
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    return 0


def begin(
    made: House,
    shots: Sequence[Shot],
    *,
    name: str = "traffic",
    ledger: str = "acked.jsonl",
    connections: int = CONNECTIONS,
) -> Forked:
    """A sender beside the house; it has ended when each shot was answered."""
    return made.run_beside(
        name,
        partial(
            send, shots, port=made.place.web_port, channel=BULK, secret=made.place.generic_secret,
            ledger=made.folder / ledger, connections=connections,
        ),
    )  # fmt: skip


def live(made: House, shots: Sequence[Shot]) -> Forked:
    """The sender, and all people at work: those of the floor and the buyer."""
    sender = begin(made, shots)
    made.run_beside("floor", partial(floor.work, made.world()))
    made.run_beside("buyer", partial(floor.buy, made.world()))
    return sender


def read(ledger: Path) -> list[Ack]:
    """The ledger as written; empty before the first answer."""
    if not ledger.exists():
        return []
    return [Ack(**json.loads(line)) for line in ledger.read_text(encoding="utf-8").splitlines()]


class _Ledger:
    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()

    def write(self, ack: Ack) -> None:
        with self._lock:
            self._file.write(json.dumps(asdict(ack)) + "\n")


def _deliver_all(waiting: queue.SimpleQueue[Shot | None], sender: _Sender, ledger: _Ledger) -> None:
    while (shot := waiting.get()) is not None:
        ledger.write(sender.deliver(shot))


class _Sender:
    """One kept connection."""

    def __init__(self, port: int, channel: str, secret: str) -> None:
        self._port, self._path, self._secret = port, f"/webhooks/{channel}", secret
        self._connection: http.client.HTTPConnection | None = None

    def deliver(self, shot: Shot) -> Ack:
        """Try until answered 2xx; a refusal for good (4xx) or the end of patience is written down as it is."""
        first, pause_s, attempts, slowest_s = time.monotonic(), _FIRST_PAUSE_S, 0, 0.0
        busy = unanswered = 0
        while True:
            attempts += 1
            began = time.monotonic()
            status = self._post(shot)
            busy, unanswered = busy + (status == 503), unanswered + (status == 0)
            slowest_s = max(slowest_s, time.monotonic() - began)
            if 200 <= status < 300 or 400 <= status < 500 or time.monotonic() - first > PATIENCE_S:
                break
            time.sleep(pause_s)
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 1.6)
        sha = hashlib.sha256(shot.body).hexdigest()
        answered = time.monotonic()
        return Ack(
            shot.kind, shot.event_id, shot.order_id, sha, status, attempts, first, answered, round(slowest_s, 3), busy,
            unanswered, began,
        )  # fmt: skip

    def _post(self, shot: Shot) -> int:
        """The status; 0 when there was no answer."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S)
            self._connection.request("POST", self._path, shot.body, signed(self._secret, shot.event_id, shot.body))
            answer = self._connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            return 0


def signed(secret: str, event_id: str, body: bytes) -> dict[str, str]:
    """Standard Webhooks headers, signed now."""
    at = datetime.now(UTC)
    return {"Content-Type": "application/json"} | standard_webhook_headers(
        body, secret=secret, webhook_id=event_id, at=at
    )
