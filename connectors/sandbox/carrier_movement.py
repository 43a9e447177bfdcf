"""The sandbox carrier's parcels on their way: scan after scan, each told by a signed webhook."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from dataclasses import dataclass

from connectors.sandbox import process, webhooks
from connectors.sandbox.carrier_book import add_scan
from connectors.sandbox.store import Row, Store

#: Fate -> the carrier's words, in order, from the hand-over on.
FATES: dict[str, tuple[str, ...]] = {
    "delivered": ("PICKED_UP", "DEPARTED_HUB", "WITH_COURIER", "DELIVERED"),
    "delayed": ("PICKED_UP", "DELAYED", "DEPARTED_HUB", "WITH_COURIER", "DELIVERED"),
    "pickup_point": ("PICKED_UP", "DEPARTED_HUB", "AT_PICKUP_POINT", "DELIVERED"),
    "failed": ("PICKED_UP", "DEPARTED_HUB", "WITH_COURIER", "ATTEMPT_FAILED"),
    "returned": ("PICKED_UP", "DEPARTED_HUB", "WITH_COURIER", "ATTEMPT_FAILED", "RETURNING"),
    "lost": ("PICKED_UP", "DEPARTED_HUB", "LOST"),
    "damaged": ("PICKED_UP", "DEPARTED_HUB", "DAMAGED"),
}

_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast parcels move: `first_scan_s` after the hand-over, then a scan each `scan_s`; both shrink with `speed`."""

    speed: float = 1.0

    @property
    def first_scan_s(self) -> float:
        return 1.0 / self.speed

    @property
    def scan_s(self) -> float:
        return 1.5 / self.speed


class Movement:
    """A thread that scans what is due; where it stopped lies in the store, so a restart goes on there."""

    def __init__(self, store: Store, *, pace: Pace, webhook_url: str) -> None:
        self._store = store
        self._pace = pace
        self._webhook_url = webhook_url
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._move, name="movement", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=10)

    def _move(self) -> None:
        while not self._stopped.wait(_LOOK_EVERY_S):
            due = self._store.rows(
                "SELECT * FROM shipment WHERE next_scan_at <= ? ORDER BY next_scan_at LIMIT 200", (time.time(),)
            )
            for row in due:
                with self._store.change() as change:
                    self._scan(change, row)

    def _scan(self, change: sqlite3.Connection, row: Row) -> None:
        way = FATES[row["fate"]]
        number = min(row["scans"], len(way) - 1)
        status, at = way[number], process.now().isoformat()
        signed_by = row["receiver"] if status == "DELIVERED" else None
        add_scan(change, row["waybill_number"], status, at=at, place=row["destination"], signed_by=signed_by)
        is_last = number + 1 >= len(way)
        next_scan_at = None if is_last else time.time() + self._pace.scan_s
        change.execute(
            "UPDATE shipment SET scans = ?, next_scan_at = ? WHERE id = ?", (number + 1, next_scan_at, row["id"])
        )
        if self._webhook_url:
            self._tell(change, row, {"status": status, "at": at, "place": row["destination"], "signed_by": signed_by})

    def _tell(self, change: sqlite3.Connection, row: Row, scan: dict[str, str | None]) -> None:
        event_id = f"evt_{row['waybill_number']}_{row['scans'] + 1}"
        data = {"waybill_number": row["waybill_number"], "reference": row["reference"], **scan}
        content = {"type": "tracking.updated", "timestamp": scan["at"], "data": data}
        webhook = webhooks.Webhook(
            event_id=event_id,
            sender="carrier",
            url=self._webhook_url,
            body=json.dumps(content, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json", "User-Agent": "sandbox-carrier"},
        )
        webhooks.owe(change, webhook)
