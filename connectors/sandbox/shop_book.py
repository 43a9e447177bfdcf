"""What the sandbox shop holds: orders of several channels, shipments told to it, webhooks it owes.

Every public call is one transaction and may be repeated; an order and the webhook that tells of it
are written together.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.sandbox import webhooks
from connectors.sandbox.http_messages import Json, Refused
from connectors.sandbox.process import now
from connectors.sandbox.shop_channel import ShopChannel
from connectors.sandbox.shop_mischief import Mischief
from connectors.sandbox.shop_orders import ShopOrder, Stamps, read_order
from connectors.sandbox.store import Row, Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS shop_order (
    id INTEGER PRIMARY KEY, channel TEXT NOT NULL, key TEXT NOT NULL, content TEXT NOT NULL, version INTEGER NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, cancelled_at TEXT, completed_at TEXT, UNIQUE (channel, key)
);
CREATE INDEX IF NOT EXISTS shop_order_updated ON shop_order (channel, updated_at, id);
CREATE TABLE IF NOT EXISTS change (key TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS shipment (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, tracking_number TEXT NOT NULL, carrier TEXT, tracking_url TEXT,
    lines TEXT NOT NULL, status TEXT NOT NULL, told_at TEXT NOT NULL, times_told INTEGER NOT NULL DEFAULT 1,
    UNIQUE (order_id, tracking_number)
);
CREATE TABLE IF NOT EXISTS note (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, note TEXT NOT NULL, times_written INTEGER NOT NULL DEFAULT 1,
    UNIQUE (order_id, note)
);
"""

#: Shops count seconds: two changes must not bear the same time.
_TICK = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Shipment:
    """A parcel told to the shop; `lines` are (line ref, quantity), empty for all that was left."""

    tracking_number: str
    carrier: str | None
    tracking_url: str | None
    lines: tuple[tuple[str, int], ...]
    status: str = "shipped"


class ShopBook:
    """The one writer of orders and shipments of all channels."""

    def __init__(self, store: Store, *, channels: Mapping[str, ShopChannel], mischief: Mischief, oms_url: str) -> None:
        self._store = store
        self.channels = channels
        self._mischief = mischief
        self._oms_url = oms_url.rstrip("/")

    def place(self, channel: ShopChannel, key: str, content: Json, *, webhook: str | None) -> tuple[Row, bool]:
        """Place an order and owe its webhook; the same key again gives the first order. Returns (order, is new)."""
        at = now().replace(microsecond=0)
        with self._store.change() as change:
            known = _one(change, "SELECT * FROM shop_order WHERE channel = ? AND key = ?", (channel.name, key))
            if known is not None:
                return known, False
            change.execute(
                "INSERT INTO shop_order (channel, key, content, version, created_at, updated_at) VALUES (?, ?, ?, 1, ?, ?)",
                (channel.name, key, json.dumps(content, ensure_ascii=False), at.isoformat(), at.isoformat()),
            )
            row = _one(change, "SELECT * FROM shop_order WHERE channel = ? AND key = ?", (channel.name, key))
            assert row is not None
            # Refused before anything is committed.
            objection = channel.objection(_shown(channel, row))
            if objection is not None:
                raise objection
            self._owe(change, channel, row, "created", webhook)
            return row, True

    def update(self, row: Row, key: str, content: Json, *, webhook: str | None) -> Row:
        """Replace parts of an order and owe its webhook; the same key again changes nothing."""
        with self._store.change() as change:
            if not _is_first(change, f"update/{row['channel']}/{key}"):
                return self._reread(change, row)
            changed = json.dumps({**json.loads(row["content"]), **content}, ensure_ascii=False)
            change.execute("UPDATE shop_order SET content = ? WHERE id = ?", (changed, row["id"]))
            return self._tell(change, row, "updated", webhook)

    def cancel(self, row: Row, *, webhook: str | None) -> Row:
        """Cancel an order and owe its webhook; a repeat changes nothing."""
        with self._store.change() as change:
            if not _is_first(change, f"cancel/{row['id']}"):
                return self._reread(change, row)
            change.execute("UPDATE shop_order SET cancelled_at = ? WHERE id = ?", (_next_time(row), row["id"]))
            return self._tell(change, row, "cancelled", webhook)

    def ship(self, row: Row, shipment: Shipment) -> Row:
        """Record a parcel of an order; one parcel for each tracking number, whatever is repeated.

        A repeat may only raise its status from shipped to delivered.
        """
        with self._store.change() as change:
            change.execute(
                "INSERT INTO shipment (order_id, tracking_number, carrier, tracking_url, lines, status, told_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (order_id, tracking_number) DO UPDATE SET"
                " status = CASE excluded.status WHEN 'delivered' THEN 'delivered' ELSE status END,"
                " times_told = times_told + 1",
                (
                    row["id"],
                    shipment.tracking_number,
                    shipment.carrier,
                    shipment.tracking_url,
                    json.dumps(shipment.lines),
                    shipment.status,
                    now().isoformat(),
                ),
            )
            return self.shipment(row, shipment.tracking_number)

    def mark_delivered(self, shipment_id: int) -> None:
        with self._store.change() as change:
            change.execute("UPDATE shipment SET status = 'delivered' WHERE id = ?", (shipment_id,))

    def write_note(self, row: Row, note: str) -> Row:
        """Keep a note to the customer; a repeat of the same text is only counted."""
        with self._store.change() as change:
            change.execute(
                "INSERT INTO note (order_id, note) VALUES (?, ?)"
                " ON CONFLICT (order_id, note) DO UPDATE SET times_written = times_written + 1",
                (row["id"], note),
            )
            found = _one(change, "SELECT * FROM note WHERE order_id = ? AND note = ?", (row["id"], note))
            assert found is not None
            return found

    def notes(self, row: Row) -> list[Row]:
        return self._store.rows("SELECT * FROM note WHERE order_id = ? ORDER BY id", (row["id"],))

    def complete(self, row: Row) -> Row:
        """Mark an order completed; a repeat changes nothing."""
        with self._store.change() as change:
            change.execute(
                "UPDATE shop_order SET completed_at = coalesce(completed_at, ?) WHERE id = ?",
                (now().isoformat(), row["id"]),
            )
            return self._reread(change, row)

    def ping(self, channel: ShopChannel) -> None:
        """Owe the unsigned ping that WooCommerce sends when a webhook is saved, once for each channel."""
        ping = channel.ping(self._address(channel))
        with self._store.change() as change:
            if ping is not None and _is_first(change, f"ping/{channel.name}"):
                webhooks.owe(change, ping)

    def find(self, channel: ShopChannel, order_id: str) -> Row | None:
        """An order by the id that its channel shows."""
        number = channel.row_id(order_id)
        return self._store.row("SELECT * FROM shop_order WHERE channel = ? AND id = ?", (channel.name, number))

    def get(self, channel: ShopChannel, order_id: str) -> Row:
        """An order by its id; refuses with 404 when there is none."""
        row = self.find(channel, order_id)
        if row is None:
            raise Refused(404, "no_such_order", f"{channel.name} has no order {order_id}")
        return row

    def changed(self, channel: ShopChannel, since: datetime, until: datetime, *, skip: int, limit: int) -> list[Row]:
        """Orders changed in [since, until], oldest change first."""
        return self._store.rows(
            "SELECT * FROM shop_order WHERE channel = ? AND updated_at >= ? AND updated_at <= ?"
            " ORDER BY updated_at, id LIMIT ? OFFSET ?",
            (channel.name, _second(since), _second(until), limit, skip),
        )

    def shipments(self, row: Row) -> list[Row]:
        return self._store.rows("SELECT * FROM shipment WHERE order_id = ? ORDER BY id", (row["id"],))

    def shipment(self, row: Row, tracking_number: str) -> Row:
        found = self._store.row(
            "SELECT * FROM shipment WHERE order_id = ? AND tracking_number = ?", (row["id"], tracking_number)
        )
        if found is None:
            raise Refused(404, "no_such_shipment", f"the order has no shipment {tracking_number}")
        return found

    def shown(self, row: Row) -> ShopOrder:
        """The order as its channel shows it."""
        return _shown(self.channels[row["channel"]], row)

    def all_orders(self, channel_name: str | None) -> list[Row]:
        return self._store.rows(
            "SELECT * FROM shop_order WHERE channel = coalesce(?, channel) ORDER BY id", (channel_name,)
        )

    def counts(self) -> dict[str, int]:
        return {
            "orders": self._store.count("SELECT count(*) FROM shop_order"),
            "cancelled": self._store.count("SELECT count(*) FROM shop_order WHERE cancelled_at IS NOT NULL"),
            "shipments": self._store.count("SELECT count(*) FROM shipment"),
            "delivered": self._store.count("SELECT count(*) FROM shipment WHERE status = 'delivered'"),
            **webhooks.counts(self._store),
        }

    def _tell(self, change: sqlite3.Connection, before: Row, event: str, webhook: str | None) -> Row:
        change.execute(
            "UPDATE shop_order SET version = version + 1, updated_at = ? WHERE id = ?",
            (_next_time(before), before["id"]),
        )
        channel, row = self.channels[before["channel"]], self._reread(change, before)
        self._owe(change, channel, row, event, webhook)
        if self._mischief.is_stale(f"{row['id']}/{row['version']}", asked=webhook):
            # The older version comes later and as an event of its own, as from a second subscription.
            old = channel.webhook(
                _shown(channel, before), "updated", f"{row['id']}/{before['version']}/late", self._address(channel)
            )
            webhooks.owe(change, self._mischief.late(old))
        return row

    def _owe(self, change: sqlite3.Connection, channel: ShopChannel, row: Row, event: str, asked: str | None) -> None:
        webhook = channel.webhook(_shown(channel, row), event, f"{row['id']}/{row['version']}", self._address(channel))
        for copy in self._mischief.copies(webhook, asked=asked):
            webhooks.owe(change, copy)

    def _address(self, channel: ShopChannel) -> str:
        return f"{self._oms_url}/webhooks/{channel.name}"

    def _reread(self, change: sqlite3.Connection, row: Row) -> Row:
        found = _one(change, "SELECT * FROM shop_order WHERE id = ?", (row["id"],))
        assert found is not None
        return found


def _shown(channel: ShopChannel, row: Row) -> ShopOrder:
    stamps = Stamps(
        order_id=channel.order_id(row["id"]),
        number=channel.number(row["id"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        cancelled_at=_time(row["cancelled_at"]),
        completed_at=_time(row["completed_at"]),
        first_line_ref=channel.first_line_ref(row["id"]),
    )
    return read_order(json.loads(row["content"]), stamps)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _is_first(change: sqlite3.Connection, key: str) -> bool:
    return change.execute("INSERT INTO change (key) VALUES (?) ON CONFLICT DO NOTHING", (key,)).rowcount == 1


def _one(change: sqlite3.Connection, sql: str, values: tuple[object, ...]) -> Row | None:
    found: Row | None = change.execute(sql, values).fetchone()
    return found


def _next_time(row: Row) -> str:
    return max(now().replace(microsecond=0), datetime.fromisoformat(row["updated_at"]) + _TICK).isoformat()


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()
