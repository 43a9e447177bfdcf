"""Shops that wait for nobody: each delivery goes out when it is due, however many are still without an answer.

A sender that waits for an answer before it sends the next never sees what waits: a house that is too slow slows it down.
One thread with as many connections as there are answers outstanding; who is told 503 comes again, as shops do.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import json
import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.torture import stalls
from tests.torture.plan import Shot
from tests.torture.stalls import Stall
from tests.torture.traffic import Ack, signed

TIMEOUT_S = 10.0
#: Told 503 or nothing, a shop comes again after this, then after twice as long, up to the longest; then it gives up.
FIRST_PAUSE_S, LONGEST_PAUSE_S, PATIENCE_S = 2.0, 32.0, 180.0
#: The server closes a connection that rests for 5 s; one that may be closed any moment is not used again.
_RESTED_S = 2.0
#: A shop is as far away: it ends its side of a connection so long after the server has ended its own.
ROUND_TRIP_S = 0.03
_LOOK_S = 0.5
#: The name of the shops' own stalls: turns of their one thread in which no answer was heard.
SENDER = "sender"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt of a delivery: when it was due, had left and was answered (CLOCK_MONOTONIC); status 0: no answer."""

    kind: str
    event_id: str
    order_id: str
    sha256: str
    attempt: int
    due_at: float
    sent_at: float
    answered_at: float
    status: int

    @property
    def took_s(self) -> float:
        """What the shop waited, from when its delivery was due."""
        return self.answered_at - self.due_at


@dataclass(slots=True)
class _Attempt:
    """A delivery on its way, on a connection of its own."""

    shot: Shot
    number: int
    due_at: float
    connection: socket.socket
    sent_at: float = 0.0
    unsent: bytes = b""
    answer: bytearray = field(default_factory=bytearray)


@dataclass(slots=True)
class _Shops:
    port: int
    path: str
    secret: str
    calls: list[Call] = field(default_factory=list)
    #: when due, which attempt, in which turn it was planned, what
    waiting: list[tuple[float, int, int, Shot]] = field(default_factory=list)
    rested: list[tuple[float, socket.socket]] = field(default_factory=list)
    ending: deque[tuple[float, socket.socket]] = field(default_factory=deque)
    open: dict[int, _Attempt] = field(default_factory=dict)
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    turns: Iterator[int] = field(default_factory=itertools.count)
    stalled: list[Stall] = field(default_factory=list)
    given_up_at: float = 0.0
    looked_at: float = 0.0

    def plan(self, shot: Shot, number: int, due_at: float) -> None:
        """Send it then, for the `number`-th time."""
        heapq.heappush(self.waiting, (due_at, number, next(self.turns), shot))

    def run(self) -> None:
        """Until each delivery was taken, or refused for good, or its shop lost patience."""
        woke = time.monotonic()
        while self.waiting or self.open:
            self._send_due()
            self._heard_nobody_since(woke)
            ready = self.selector.select(self._pause_s())
            woke = time.monotonic()
            for key, _ in ready:
                self._go_on(key.data)
            self._close_ended()
            self._give_up()
        for _, connection in (*self.rested, *self.ending):
            connection.close()
        self.selector.close()

    def _send_due(self) -> None:
        now = time.monotonic()
        while self.waiting and self.waiting[0][0] <= now:
            due_at, number, _, shot = heapq.heappop(self.waiting)
            self._begin(shot, number, due_at)

    def _heard_nobody_since(self, woke: float) -> None:
        """An answer that comes while this thread is at something else, or has no processor for it, is heard late."""
        now = time.monotonic()
        if now - woke >= stalls.LEAST_S:
            self.stalled.append(Stall(SENDER, woke, now))

    def _pause_s(self) -> float:
        """Until the next delivery is due or the next connection is to be ended; not long."""
        next_at = [queue[0][0] for queue in (self.waiting, self.ending) if queue]
        return max(0.0, min([_LOOK_S, *(at - time.monotonic() for at in next_at)]))

    def _begin(self, shot: Shot, number: int, due_at: float) -> None:
        try:
            connection = self._connection()
        except OSError:  # as many are open as the machine allows: nobody answers them
            self._told(shot, number, due_at, sent_at=time.monotonic(), status=0)
            return
        attempt = _Attempt(shot, number, due_at, connection)
        head = {"Host": "oms", "Content-Length": str(len(shot.body)), **signed(self.secret, shot.event_id, shot.body)}
        lines = [f"POST {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        attempt.unsent = "\r\n".join(lines).encode() + shot.body
        self.open[attempt.connection.fileno()] = attempt
        self.selector.register(attempt.connection, selectors.EVENT_WRITE, attempt)
        self._go_on(attempt)

    def _connection(self) -> socket.socket:
        """The one that rested shortest, so that the others grow old and are left; a new one when none is free."""
        if self.rested and time.monotonic() - self.rested[-1][0] < _RESTED_S:
            return self.rested.pop()[1]
        while self.rested:
            self.rested.pop()[1].close()
        made = socket.socket()
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.connect_ex(("127.0.0.1", self.port))
        return made

    def _go_on(self, attempt: _Attempt) -> None:
        try:
            if attempt.unsent:
                self._send(attempt)
            else:
                self._receive(attempt)
        except BlockingIOError:
            return  # not connected yet, or nothing more to read
        except OSError:
            self._end(attempt, 0)

    def _send(self, attempt: _Attempt) -> None:
        attempt.unsent = attempt.unsent[attempt.connection.send(attempt.unsent) :]
        if not attempt.unsent:
            attempt.sent_at = time.monotonic()
            self.selector.modify(attempt.connection, selectors.EVENT_READ, attempt)

    def _receive(self, attempt: _Attempt) -> None:
        part = attempt.connection.recv(65536)
        attempt.answer += part
        head, end, body = bytes(attempt.answer).partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if end and length and len(body) >= int(length[1]):
            self._end(attempt, int(head[9:12]), keep=b"connection: close" not in head.lower())
        elif not part:
            self._end(attempt, 0)

    def _end(self, attempt: _Attempt, status: int, *, keep: bool = False) -> None:
        now = time.monotonic()
        del self.open[attempt.connection.fileno()]
        self.selector.unregister(attempt.connection)
        if keep:
            self.rested.append((now, attempt.connection))
        else:
            self.ending.append((now + ROUND_TRIP_S, attempt.connection))
        self._told(attempt.shot, attempt.number, attempt.due_at, sent_at=attempt.sent_at or now, status=status)

    def _told(self, shot: Shot, number: int, due_at: float, *, sent_at: float, status: int) -> None:
        """Write the attempt down; one that was not taken is planned again, while its shop has patience."""
        now = time.monotonic()
        sha = hashlib.sha256(shot.body).hexdigest()
        names = (shot.kind, shot.event_id, shot.order_id, sha)
        self.calls.append(Call(*names, number, due_at, sent_at, now, status))
        if (status == 0 or status >= 500) and now < self.given_up_at:
            pause_s = min(FIRST_PAUSE_S * 2 ** (number - 1), LONGEST_PAUSE_S)
            self.plan(shot, number + 1, now + pause_s)

    def _close_ended(self) -> None:
        while self.ending and self.ending[0][0] <= time.monotonic():
            self.ending.popleft()[1].close()

    def _give_up(self) -> None:
        """Leave those that were not answered for too long; looked for now and then."""
        if time.monotonic() - self.looked_at < _LOOK_S:
            return
        self.looked_at = time.monotonic()
        late = self.looked_at - TIMEOUT_S
        for attempt in [one for one in self.open.values() if one.due_at < late]:
            self._end(attempt, 0)


def send(shots: Sequence[Shot], *, began: float, port: int, channel: str, secret: str, ledger: Path) -> int:
    """Deliver all shots, each due at `began` (CLOCK_MONOTONIC) and its own time; write each attempt down at the end."""
    shops = _Shops(port, f"/webhooks/{channel}", secret)
    for shot in shots:
        shops.plan(shot, 1, began + shot.at_s)
    shops.given_up_at = began + max(shot.at_s for shot in shots) + PATIENCE_S
    shops.run()
    ledger.write_text("".join(json.dumps(asdict(call)) + "\n" for call in shops.calls), encoding="utf-8")
    stalls.write(own_stalls(ledger), shops.stalled)
    return 0


def own_stalls(ledger: Path) -> Path:
    """Where the shops of that ledger note when they heard nobody."""
    return ledger.with_suffix(".stalls")


def read(ledger: Path) -> list[Call]:
    """Every attempt, in the order of the answers; empty before the end."""
    if not ledger.exists():
        return []
    return [Call(**json.loads(line)) for line in ledger.read_text(encoding="utf-8").splitlines()]


def acks(calls: Sequence[Call]) -> list[Ack]:
    """The last word on each delivery, for the ledgers. Deliveries of the same bytes under the same id count as one."""
    found: dict[tuple[str, str], Ack] = {}
    for call in sorted(calls, key=lambda one: one.answered_at):
        known = found.get((call.event_id, call.sha256))
        if known is None or not 200 <= known.status < 300:
            found[call.event_id, call.sha256] = Ack(
                call.kind, call.event_id, call.order_id, call.sha256, call.status, call.attempt, call.due_at,
                call.answered_at, round(call.took_s, 3),
            )  # fmt: skip
    return list(found.values())
