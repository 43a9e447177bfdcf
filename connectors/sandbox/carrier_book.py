"""What the sandbox carrier was asked to move: shipments, one label a reference, hand-over lists, scans."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass

from connectors.sandbox import carrier_tariff
from connectors.sandbox.carrier_labels import LabelFolder
from connectors.sandbox.carrier_parcels import ParcelRequest, read_parcel
from connectors.sandbox.http_messages import Json, Refused, text, texts
from connectors.sandbox.process import now
from connectors.sandbox.store import Row, Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS shipment (
    id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, waybill_number TEXT NOT NULL UNIQUE,
    request TEXT NOT NULL, service TEXT NOT NULL, price TEXT NOT NULL, currency TEXT NOT NULL, transit_days INTEGER NOT NULL,
    destination TEXT NOT NULL, receiver TEXT NOT NULL, fate TEXT NOT NULL DEFAULT 'delivered',
    booked_at TEXT NOT NULL, voided_at TEXT, pickup_number TEXT, scans INTEGER NOT NULL DEFAULT 0, next_scan_at REAL
);
CREATE INDEX IF NOT EXISTS shipment_moving ON shipment (next_scan_at) WHERE next_scan_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS scan (
    id INTEGER PRIMARY KEY, waybill_number TEXT NOT NULL, status TEXT NOT NULL, at TEXT NOT NULL, place TEXT, signed_by TEXT
);
CREATE INDEX IF NOT EXISTS scan_waybill ON scan (waybill_number, id);
CREATE TABLE IF NOT EXISTS pickup (id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, answer TEXT NOT NULL);
"""

LABEL_CREATED = "LABEL_CREATED"


@dataclass(frozen=True, slots=True)
class Booked:
    """A shipment and whether this request made it."""

    row: Row
    is_new: bool


class ShipmentBook:
    """The one writer of shipments; each public call is one transaction and may be repeated."""

    def __init__(self, store: Store, *, labels: LabelFolder) -> None:
        self._store = store
        self._labels = labels
        labels.keep_only({row["waybill_number"] for row in store.rows("SELECT waybill_number FROM shipment")})

    def book(self, content: Json) -> Booked:
        """Make one label for the request's reference.

        The same reference again gives the first label; with another parcel, or after voiding, it is refused with 422.
        """
        reference = text(content, "reference")
        request = json.dumps(content, sort_keys=True, ensure_ascii=False)
        parcel = read_parcel(
            content,
            served_countries=carrier_tariff.SERVED_COUNTRIES,
            reference=reference,
            service=text(content, "service"),
        )
        quote = carrier_tariff.quote(parcel)
        with self._store.change() as change:
            row = _by_reference(change, reference)
            if row is not None:
                return Booked(_same(row, request), is_new=False)
            waybill_number = _next_waybill_number(change)
            # Drawn before the commit: a booking that stands has its label.
            self._labels.draw(waybill_number, parcel)
            _insert(change, waybill_number, parcel, quote, request)
            made = _by_reference(change, reference)
        assert made is not None
        return Booked(made, is_new=True)

    def label(self, row: Row) -> tuple[bytes, bytes]:
        """The label of a shipment as (PDF, ZPL)."""
        return self._labels.read(row["waybill_number"])

    def find(self, reference: str) -> Row | None:
        """The shipment booked under `reference`, None when there is none or it was voided."""
        return self._store.row("SELECT * FROM shipment WHERE reference = ? AND voided_at IS NULL", (reference,))

    def void(self, waybill_number: str) -> Row:
        """Take a booking back; a repeat changes nothing, after the hand-over it is refused with 422."""
        with self._store.change() as change:
            row = _by_waybill(change, waybill_number)
            if row["pickup_number"]:
                raise Refused(422, "already_handed_over", f"{waybill_number} was handed over and can't be voided")
            change.execute(
                "UPDATE shipment SET voided_at = coalesce(voided_at, ?) WHERE id = ?", (now().isoformat(), row["id"])
            )
            return _by_waybill(change, waybill_number)

    def hand_over(self, content: Json, *, first_scan_after_s: float) -> Json:
        """Take the parcels of a hand-over list; they start to move. The same reference again gives the first answer."""
        reference, waybill_numbers = text(content, "reference"), texts(content, "waybill_numbers")
        with self._store.change() as change:
            done = change.execute("SELECT answer FROM pickup WHERE reference = ?", (reference,)).fetchone()
            if done is not None:
                return dict(json.loads(done["answer"]))
            pickup_number = f"PU{change.execute('SELECT coalesce(max(id), 0) + 1 FROM pickup').fetchone()[0]:07d}"
            refused = []
            for waybill_number in dict.fromkeys(waybill_numbers):
                fault = _take(change, waybill_number, pickup_number, time.time() + first_scan_after_s)
                if fault:
                    refused.append({"waybill_number": waybill_number, "reason": fault})
            names = {item["waybill_number"] for item in refused}
            accepted = [number for number in dict.fromkeys(waybill_numbers) if number not in names]
            answer: Json = {
                "pickup_number": pickup_number,
                "reference": reference,
                "signed_at": now().isoformat(),
                "accepted": accepted,
                "refused": refused,
            }
            change.execute("INSERT INTO pickup (reference, answer) VALUES (?, ?)", (reference, json.dumps(answer)))
            return answer

    def decide_fate(self, waybill_number: str, fate: str) -> None:
        """Settle how the parcel's way will end, from its next scan on."""
        with self._store.change() as change:
            row = _by_waybill(change, waybill_number)
            change.execute("UPDATE shipment SET fate = ? WHERE id = ?", (fate, row["id"]))

    def scans(self, waybill_numbers: list[str]) -> list[Row]:
        """All scans of the parcels, each parcel's in order."""
        marks = ", ".join("?" * len(waybill_numbers))
        return self._store.rows(f"SELECT * FROM scan WHERE waybill_number IN ({marks}) ORDER BY id", waybill_numbers)

    def counts(self) -> dict[str, int]:
        """How many labels, voided, handed over and delivered parcels there are."""
        return {
            "labels": self._store.count("SELECT count(*) FROM shipment"),
            "references": self._store.count("SELECT count(DISTINCT reference) FROM shipment"),
            "voided": self._store.count("SELECT count(*) FROM shipment WHERE voided_at IS NOT NULL"),
            "handed_over": self._store.count("SELECT count(*) FROM shipment WHERE pickup_number IS NOT NULL"),
            "moving": self._store.count("SELECT count(*) FROM shipment WHERE next_scan_at IS NOT NULL"),
            "delivered": self._store.count("SELECT count(*) FROM scan WHERE status = 'DELIVERED'"),
        }


def add_scan(
    change: sqlite3.Connection,
    waybill_number: str,
    status: str,
    *,
    at: str,
    place: str | None,
    signed_by: str | None = None,
) -> None:
    """Write one scan inside a transaction."""
    change.execute(
        "INSERT INTO scan (waybill_number, status, at, place, signed_by) VALUES (?, ?, ?, ?, ?)",
        (waybill_number, status, at, place, signed_by),
    )


def _insert(
    change: sqlite3.Connection, waybill_number: str, parcel: ParcelRequest, quote: carrier_tariff.Quote, request: str
) -> None:
    at, receiver = now().isoformat(), parcel.receiver
    shipment = {
        "reference": parcel.reference,
        "waybill_number": waybill_number,
        "request": request,
        "service": quote.service,
        "price": str(quote.price),
        "currency": quote.currency,
        "transit_days": quote.transit_days,
        "destination": f"{receiver.city or receiver.region}, {receiver.country}",
        "receiver": receiver.name or receiver.company,
        "booked_at": at,
    }
    names = ", ".join(shipment)
    values = ", ".join(f":{name}" for name in shipment)
    change.execute(f"INSERT INTO shipment ({names}) VALUES ({values})", shipment)
    add_scan(change, waybill_number, LABEL_CREATED, at=at, place=parcel.sender.city or None)


def _by_reference(change: sqlite3.Connection, reference: str) -> Row | None:
    found: Row | None = change.execute("SELECT * FROM shipment WHERE reference = ?", (reference,)).fetchone()
    return found


def _by_waybill(change: sqlite3.Connection, waybill_number: str) -> Row:
    found: Row | None = change.execute("SELECT * FROM shipment WHERE waybill_number = ?", (waybill_number,)).fetchone()
    if found is None:
        raise Refused(404, "no_such_waybill", f"there is no waybill {waybill_number}")
    return found


def _same(row: Row, request: str) -> Row:
    if row["voided_at"]:
        raise Refused(422, "reference_voided", f"{row['reference']} was voided: book under a new reference")
    if row["request"] != request:
        message = f"{row['reference']} was booked for another parcel: book under a new reference"
        raise Refused(422, "reference_reused", message, where="reference")
    return row


def _take(change: sqlite3.Connection, waybill_number: str, pickup_number: str, next_scan_at: float) -> str | None:
    """Note that a parcel was taken; returns why not, or None."""
    row = change.execute("SELECT * FROM shipment WHERE waybill_number = ?", (waybill_number,)).fetchone()
    if row is None:
        return "unknown waybill"
    if row["voided_at"]:
        return "voided"
    if row["pickup_number"]:
        return f"already taken with {row['pickup_number']}"
    change.execute(
        "UPDATE shipment SET pickup_number = ?, next_scan_at = ? WHERE id = ?", (pickup_number, next_scan_at, row["id"])
    )
    return None


def _next_waybill_number(change: sqlite3.Connection) -> str:
    number = int(change.execute("SELECT coalesce(max(id), 0) + 1 FROM shipment").fetchone()[0])
    serial = f"{number:09d}"
    check = (10 - sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(serial)) % 10) % 10
    return f"SBX{serial}{check}"
