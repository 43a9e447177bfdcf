"""The sandbox carrier: a real HTTP API with rates, labels, hand-over, scans and webhooks.

`python -m connectors.sandbox.carrier --state DIR ...`; `docs/sandbox.md` describes every call.
State on disk outlives `kill -9`: a reference never gets a second label, parcels go on where they stopped.
"""

from __future__ import annotations

import base64
import hmac
import sys
from argparse import Namespace
from collections.abc import Sequence

from connectors.sandbox import carrier_book, carrier_tariff, faults, http_server, process, signatures, webhooks
from connectors.sandbox.carrier_book import ShipmentBook
from connectors.sandbox.carrier_labels import LabelFolder
from connectors.sandbox.carrier_movement import FATES, Movement, Pace
from connectors.sandbox.carrier_parcels import read_parcel
from connectors.sandbox.http_messages import Answer, Refused, Request, Route, text
from connectors.sandbox.store import Row, Store

_TRACKED_AT_ONCE = 100


class CarrierApi:
    """The endpoints, over the shipment book."""

    def __init__(self, store: Store, *, book: ShipmentBook, pace: Pace, api_key: str) -> None:
        self._store = store
        self._book = book
        self._pace = pace
        self._api_key = api_key

    def routes(self) -> list[Route]:
        return [
            Route.to("GET", "/healthz", lambda _request: Answer.of({"ok": True})),
            Route.to("POST", "/v1/rates", self.rates, "rate"),
            Route.to("POST", "/v1/shipments", self.book, "book"),
            Route.to("GET", "/v1/shipments", self.find, "find"),
            Route.to("GET", "/v1/tracking", self.track, "track"),
            Route.to("POST", "/v1/shipments/{waybill}/void", self.void, "void"),
            Route.to("POST", "/v1/shipments/{waybill}/fate", self.fate),
            Route.to("POST", "/v1/pickups", self.pickup, "pickup"),
            Route.to("GET", "/v1/stats", self.stats),
        ]

    def guard(self, request: Request) -> None:
        """Refuse callers without the API key; only the health check is open."""
        if request.path == "/healthz":
            return
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise Refused(401, "api_key_invalid", "send 'Authorization: Bearer <API key>' with a key that is valid")

    def rates(self, request: Request) -> Answer:
        parcel = read_parcel(request.json(), served_countries=carrier_tariff.SERVED_COUNTRIES, reference="", service="")
        return Answer.of({"rates": [quote.as_json() for quote in carrier_tariff.quotes(parcel)]})

    def book(self, request: Request) -> Answer:
        booked = self._book.book(request.json())
        if booked.is_new:
            process.log("label made", waybill_number=booked.row["waybill_number"])
        return Answer.of(self._shipment(booked.row), status=201 if booked.is_new else 200)

    def find(self, request: Request) -> Answer:
        if not request.query.get("reference"):
            raise Refused(422, "reference_missing", "give ?reference=", where="reference")
        row = self._book.find(request.query["reference"])
        return Answer.of({"shipments": [self._shipment(row)] if row is not None else []})

    def track(self, request: Request) -> Answer:
        numbers = [number for number in request.query.get("numbers", "").split(",") if number]
        if not 1 <= len(numbers) <= _TRACKED_AT_ONCE:
            message = f"give 1 to {_TRACKED_AT_ONCE} waybill numbers in ?numbers=, with commas between"
            raise Refused(422, "numbers_invalid", message, where="numbers")
        return Answer.of({"events": [_scan(row) for row in self._book.scans(numbers)]})

    def void(self, request: Request) -> Answer:
        row = self._book.void(request.part["waybill"])
        return Answer.of({"waybill_number": row["waybill_number"], "voided_at": row["voided_at"]})

    def fate(self, request: Request) -> Answer:
        fate = text(request.json(), "fate")
        if fate not in FATES:
            raise Refused(422, "fate_unknown", f"'{fate}' is no fate; known are {', '.join(FATES)}", where="fate")
        self._book.decide_fate(request.part["waybill"], fate)
        return Answer.of({"waybill_number": request.part["waybill"], "fate": fate})

    def pickup(self, request: Request) -> Answer:
        answer = self._book.hand_over(request.json(), first_scan_after_s=self._pace.first_scan_s)
        process.log("parcels taken", pickup_number=answer["pickup_number"], accepted=answer["accepted"])
        return Answer.of(answer)

    def stats(self, _request: Request) -> Answer:
        return Answer.of({**self._book.counts(), **webhooks.counts(self._store)})

    def _shipment(self, row: Row) -> dict[str, object]:
        pdf, zpl = self._book.label(row)
        return {
            "reference": row["reference"],
            "waybill_number": row["waybill_number"],
            "service": row["service"],
            "price": row["price"],
            "currency": row["currency"],
            "transit_days": row["transit_days"],
            "tracking_url": f"https://track.sandbox-carrier.example/{row['waybill_number']}",
            "label": {"pdf": base64.b64encode(pdf).decode(), "zpl": base64.b64encode(zpl).decode()},
        }


def _scan(row: Row) -> dict[str, object]:
    return {name: row[name] for name in ("waybill_number", "status", "at", "place", "signed_by")}


def _arguments(argv: Sequence[str]) -> Namespace:
    parser = process.state_arguments("The sandbox carrier: a real HTTP API on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0: any free port, the same again after a restart")
    parser.add_argument("--api-key", default="sandbox-carrier-key", help="what callers must send as Bearer token")
    parser.add_argument("--webhook-url", default="", help="where scans are posted; empty: nowhere")
    parser.add_argument("--secret", default="", help="base64 secret of the webhooks' signature (Standard Webhooks)")
    parser.add_argument("--speed", type=float, default=1.0, help="2: parcels move twice as fast")
    parser.add_argument("--hang-s", type=float, default=http_server.HANG_S, help="how long the fault 'timeout' hangs")
    arguments = parser.parse_args(argv)
    if arguments.webhook_url and not arguments.secret:
        parser.error("--webhook-url needs --secret")
    if arguments.speed <= 0:
        parser.error("--speed must be greater than 0")
    return arguments


def main(argv: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT."""
    arguments = _arguments(argv)
    if arguments.die_with_parent:
        process.die_with_parent()
    stopped = process.stop_signal()
    store = Store(arguments.state / "carrier.sqlite", schema=carrier_book.SCHEMA + webhooks.SCHEMA + faults.SCHEMA)
    book = ShipmentBook(store, labels=LabelFolder(arguments.state / "labels"))
    pace = Pace(arguments.speed)

    def sign(_sender: str, event_id: str, body: bytes) -> dict[str, str]:
        return signatures.standard_webhook_headers(body, secret=arguments.secret, webhook_id=event_id, at=process.now())

    api = CarrierApi(store, book=book, pace=pace, api_key=arguments.api_key)
    movement = Movement(store, pace=pace, webhook_url=arguments.webhook_url)
    postman = webhooks.Postman(store, sign=sign)
    server = http_server.listen(
        arguments.state / "port",
        api.routes(),
        wanted_port=arguments.port,
        faults=faults.Faults(store),
        guard=api.guard,
        hang_s=arguments.hang_s,
    )
    movement.start()
    postman.start()
    process.log("carrier is up", port=server.server_address[1])
    stopped.wait()
    http_server.stop(server)
    movement.stop()
    postman.stop()
    store.close()
    process.log("carrier is down")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
