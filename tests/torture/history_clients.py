"""Sixteen clients who write and read through the public API and the webhooks, and write down what they were told."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.torture.history_check import APPEND, OK, READ, REFUSED, STATUS, STOCK, UNKNOWN, VERSION, Operation
from tests.torture.house import BULK, SCARCE
from tests.torture.traffic import signed

#: A frozen process answers nobody; its caller turns to another one.
TIMEOUT_S = 3.0
PATIENCE_S = 60.0
_PAUSE_S = 0.1
#: Answers after which a caller comes again with the same key: nothing was done, or it is not known.
_AGAIN = {0, 429, 503}
_PLACED = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
#: A client reads and writes few tickets at a time, so that lists stay short and everybody meets everybody.
NOTES_A_TICKET = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """What one process of clients does; `tickets` were opened before."""

    seed: int
    port: int
    secret: str
    keys: tuple[str, ...]
    first: int
    operations: int
    tickets: tuple[str, ...]
    record: Path
    #: when a client stops that has done its `least`, and when one stops in any case
    ends: float
    least: int
    last: float


@dataclass
class Client:
    """One caller, one connection, one operation after the other."""

    number: int
    plan: Plan
    key: str
    orders: list[str]
    chance: random.Random
    written: list[Operation] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    #: event ids of the deliveries that were answered 2xx
    accepted: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    _wire: http.client.HTTPConnection | None = None
    _began: float = 0.0
    _ended: float = 0.0

    def live(self) -> None:
        """Do one thing after another until all is done or the time is over; an answer that cannot be read is strange."""
        try:
            self._act()
        except Exception as fault:  # noqa: BLE001  a thread's outermost frame: it would end without a word
            self.strange.append(f"client {self.number} could go on no more: {fault!r}"[:500])

    def _act(self) -> None:
        acts = (self.note, self.read_ticket, self.enter, self.read_order, self.update, self.read_stock)
        for turn in range(self.plan.operations):
            moment = time.monotonic()
            if moment > self.plan.last or (moment > self.plan.ends and turn >= self.plan.least):
                return
            [act] = self.chance.choices(acts, weights=(30, 30, 8, 20, 6, 6))
            act(turn)

    # -------------------------------------------------------------- what a client does

    def note(self, turn: int) -> None:
        """Append to a ticket."""
        ticket, value = self._ticket(turn), f"n{self.number}-{turn}"
        body = {"text": value, "direction": "in"}
        self._write(APPEND, f"ticket {ticket}", value, f"/api/v1/tickets/{ticket}/notes", body)

    def read_ticket(self, turn: int) -> None:
        ticket = self._ticket(turn)
        status, found = self._read(f"/api/v1/tickets/{ticket}")
        if status in (200, 404):
            self._told(READ, f"ticket {ticket}", seen=[note["text"] for note in found["notes"]] if found else [])

    def enter(self, turn: int) -> None:
        """The shop posts an order, now and then for what nobody has enough of; repeated until it is taken."""
        order_id = f"H{self.plan.seed}-{self.number}-{turn}"
        if self._post_order(order_id, version=0):
            self.orders.append(order_id)

    def update(self, turn: int) -> None:
        """The shop tells a newer version, and sometimes an older one again."""
        if not self.orders:
            return
        order_id = self.chance.choice(self.orders)
        self.versions[order_id] = newest = self.versions.get(order_id, 0) + 1
        self._post_order(order_id, version=newest)
        if self.chance.random() < 0.3:
            self._post_order(order_id, version=newest - 1)

    def read_order(self, turn: int) -> None:
        """Status and version of an order that somebody of this house placed."""
        if not self.orders:
            return
        order_id = self.chance.choice(self.orders)
        _, found = self._read(f"/api/v1/orders?q={quote(order_id)}")
        mine = [item for item in found["items"] if item["channel_order_number"] == order_id] if found else []
        if not mine:
            return
        status, order = self._read(f"/api/v1/orders/{mine[0]['number']}")
        if status in (200, 404):
            # Who was seen once and then is not found has gone back to where no status leads.
            self._told(STATUS, order_id, seen=order["status"] if order else "missing")
            self._told(VERSION, order_id, seen=order["version"] if order else "")

    def read_stock(self, turn: int) -> None:
        _, found = self._read(f"/api/v1/skus?q={SCARCE}")
        for item in found["items"] if found else []:
            for place in item["stock"]:
                seen = (float(place["on_hand"]), float(place["reserved"]))
                self._told(STOCK, f"{item['code']} in {place['warehouse']}", seen=seen)

    # -------------------------------------------------------------- how it is said

    def _ticket(self, turn: int) -> str:
        at = int(turn * len(self.plan.tickets) / self.plan.operations) + self.chance.randrange(3)
        return self.plan.tickets[min(at, len(self.plan.tickets) - 1)]

    def _post_order(self, order_id: str, *, version: int) -> bool:
        event_id = f"{order_id}-v{version}"
        body = json.dumps(_order(order_id, version)).encode()
        status, said = self._insist("POST", f"/webhooks/{BULK}", body, lambda: signed(self.plan.secret, event_id, body))
        if status in (200, 202):
            self.accepted.append(event_id)
        elif status not in _AGAIN and status < 500:
            self.strange.append(f"the webhook {event_id} was answered {status}: {said[:200]!r}")
        return status in (200, 202)

    def _write(self, kind: str, key: str, value: str, path: str, content: Any) -> None:
        began = time.monotonic()
        headers = self._headers | {"Idempotency-Key": f"history-{value}", "Content-Type": "application/json"}
        status, said = self._insist("POST", path, json.dumps(content).encode(), lambda: headers)
        told = OK if 200 <= status < 300 else UNKNOWN if status in _AGAIN or status >= 500 else REFUSED
        self.written.append(Operation(self.number, kind, key, began, time.monotonic(), told, value))
        if told == REFUSED:
            self.strange.append(f"{path} was answered {status}: {said[:200]!r}")

    def _read(self, path: str) -> tuple[int, Any]:
        """The status of the last attempt and what it said; None when there was none in time."""
        status, said = self._insist("GET", path, None, lambda: self._headers)
        if status not in (0, 200, 404, 503):
            self.strange.append(f"{path} was answered {status}: {said[:200]!r}")
        return status, json.loads(said) if status == 200 else None

    def _told(self, kind: str, key: str, *, seen: Any) -> None:
        """What the last attempt of the last read showed."""
        self.written.append(Operation(self.number, kind, key, self._began, self._ended, OK, "", seen))

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def _insist(self, method: str, path: str, body: bytes | None, headers: Any) -> tuple[int, bytes]:
        """Try until there is an answer; every 5xx but 503 is written down as strange."""
        patience = time.monotonic() + PATIENCE_S
        while True:
            self._began = time.monotonic()
            status, said = self._once(method, path, body, headers())
            self._ended = time.monotonic()
            if status >= 500 and status != 503:
                self.strange.append(f"{method} {path} was answered {status}")
            busy = status in _AGAIN or (status == 409 and b"in_progress" in said)
            if not busy or self._ended > patience:
                return status, said
            time.sleep(_PAUSE_S)

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        """The status and the bytes; 0 when there was no answer."""
        try:
            if self._wire is None:
                self._wire = http.client.HTTPConnection("127.0.0.1", self.plan.port, timeout=TIMEOUT_S)
            self._wire.request(method, path, body, headers)
            answer = self._wire.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            if self._wire is not None:
                self._wire.close()
            self._wire = None
            return 0, b""


def _order(order_id: str, version: int) -> dict[str, Any]:
    """A version of an order; each second one wants the scarce good, a later version moves it to another door."""
    scarce = sum(order_id.encode()) % 2 == 0
    code, price = (SCARCE, "15.00") if scarce else ("TIN-S", "10.00")
    return {
        "kind": "update" if version else "order",
        "channel_order_id": order_id,
        "channel_order_number": order_id,
        "version": (_PLACED + timedelta(minutes=version)).isoformat(),
        "placed_at": _PLACED.isoformat(),
        "currency": "CNY",
        "totals": {"shipping": "0.00", "tax": "0.00", "tax_included": True, "total": price, "paid": price},
        "payment": {"terms": "prepaid", "status": "paid"},
        "customer": {"name": "李雷", "email": f"{order_id.lower()}@customer.example", "phone": "+8613800138001"},
        "ship_to": {
            "name": "李雷", "phone": "+8613800138001", "lines": [f"科苑路{version + 1}号"], "district": "南山区",
            "city": "深圳市", "region": "广东省", "postal_code": "518057", "country": "CN",
        },
        "lines": [{"line_ref": "1", "sku": code, "name": "Tea", "qty": "1", "unit": "EA", "unit_price": price}],
    }  # fmt: skip


def live(plan: Plan) -> int:
    """Clients as threads of this process; writes what each was told."""
    orders: list[str] = []
    clients = [
        Client(plan.first + at, plan, key, orders, random.Random(f"history {plan.seed} {plan.first + at}"))
        for at, key in enumerate(plan.keys)
    ]
    threads = [threading.Thread(target=client.live) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [json.dumps(asdict(operation)) for client in clients for operation in client.written]
    lines += [json.dumps({"strange": words}) for client in clients for words in client.strange]
    lines += [json.dumps({"accepted": event_id}) for client in clients for event_id in client.accepted]
    plan.record.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def read(records: Sequence[Path]) -> tuple[list[Operation], list[str]]:
    """The history of all clients, and answers that nobody should get."""
    entries = _entries(records)
    strange = [entry["strange"] for entry in entries if "strange" in entry]
    return [Operation(**entry) for entry in entries if "kind" in entry], strange


def accepted(records: Sequence[Path]) -> list[str]:
    """The event ids of all deliveries that were answered 2xx, each once."""
    return sorted({entry["accepted"] for entry in _entries(records) if "accepted" in entry})


def _entries(records: Sequence[Path]) -> list[dict[str, Any]]:
    return [json.loads(line) for path in records for line in path.read_text(encoding="utf-8").splitlines() if line]
