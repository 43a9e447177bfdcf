"""THE table of the sweep's legs: webhook, order, reserve, pick, pack, label, ship, notify, return.

Each leg begins at a snapshot, so that a point deep in an order's life does not replay all that came before.
A leg may be begun again at any place: its callers repeat only what was not acknowledged.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.signing import sign_standard
from tests.factories.packed import SECRET as CARRIER_SECRET
from tests.torture.sweep_house import SHOP, SHOP_SECRET, SweepHouse
from tests.torture.sweep_people import NotYet, insist


def at_once(house: SweepHouse) -> None:
    """Nothing has to be waited for."""


@dataclass(frozen=True, slots=True)
class Leg:
    """`act` is done in the process that fails and again in the one that goes on; `ready` waits for the world before it."""

    name: str
    act: Callable[[SweepHouse], None]
    peers: tuple[str, ...] = ()
    ready: Callable[[SweepHouse], None] = at_once


def webhook(house: SweepHouse) -> None:
    """The shop posts its order, signed, until it is taken."""
    post_signed(house, "webhook", f"/webhooks/{SHOP}", house.placed_body, "msg-sweep-1", SHOP_SECRET)


def post_signed(house: SweepHouse, name: str, path: str, body: bytes, message_id: str, secret: str) -> None:
    if name in house.journal.told:
        return
    headers = sign_standard(body, message_id=message_id, at=datetime.now(UTC), secret=secret)
    client = house.app.test_client()
    answer = insist(house.journal, name, lambda: client.post(path, data=body, headers=headers))
    house.journal.tell(name, answer.status_code)


def reserve(house: SweepHouse) -> None:
    """It becomes an order, is verified, confirmed, its goods reserved and released to the floor."""
    house.work("inside")


def confirm(house: SweepHouse) -> None:
    """The customer is told by mail."""
    house.work("outside")


def pick(house: SweepHouse) -> None:
    """A wave is planned at a picker's wish and walked, scan by scan."""
    house.picker.post("plan", "/waves/plan", {"warehouse": house.seed.warehouse})
    house.work("inside")
    for stop in _wave(house)["stops"]:
        scan = {"wave_id": stop["wave"], "bin_code": stop["bin"], "code": stop["barcode"], "qty": "1"}
        _scan(house, "picks", stop["bin"], house.picker, scan)


def _wave(house: SweepHouse) -> dict[str, Any]:
    """The wave as its picker sees it; asked for once, the list is printed."""
    if "wave" not in house.journal.told:
        waves = house.picker.items("/waves", warehouse=house.seed.warehouse)
        if not waves:
            raise NotYet("no wave is planned")
        found = house.picker.get(f"/waves/{waves[0]['number']}")
        stops = [
            {"wave": found["id"], "bin": s["bin"], "barcode": s["barcode"], "part": s["fulfilment_id"]}
            for s in found["stops"]
        ]
        house.journal.tell("wave", {"stops": stops})
    wave: dict[str, Any] = house.journal.told["wave"]
    return wave


def _scan(house: SweepHouse, path: str, place: str, who: Any, scan: dict[str, Any]) -> None:
    name = f"{path}-{place}"
    answer = who.post(name, f"/{path}", scan | {"scan_id": f"scan-{name}"})
    assert answer["answer"] == "ok", f"{name}: {answer}"


def pack(house: SweepHouse) -> None:
    """Each piece is checked by another person's scan; the carton is closed on the scale."""
    stops = _wave(house)["stops"]
    for stop in stops:
        scan = {"fulfilment_id": stop["part"], "code": stop["barcode"], "qty": "1"}
        _scan(house, "pack-checks", stop["bin"], house.packer, scan)
    boxes = {"boxes": [{"carton_code": "M", "weight_g": 120 + 300 * len(stops)}]}
    house.packer.post("boxes", f"/fulfilments/{stops[0]['part']}/boxes", boxes)


def label(house: SweepHouse) -> None:
    """The order is read again at its shop, the carrier sells one label."""
    house.work("outside")


def ship(house: SweepHouse) -> None:
    """Both sides sign the hand-over list, the goods leave the stock, the carrier is told to come."""
    lists = house.journal.told.get("lists") or house.journal.tell(
        "lists", [row["id"] for row in house.clerk.items("/hand-over-lists", warehouse=house.seed.warehouse)]
    )
    for side, signer in (("us", "Cleo"), ("carrier", "Driver 7")):
        house.clerk.post(f"sign-{side}", f"/hand-over-lists/{lists[0]}/sign", {"side": side, "signer": signer})
    house.work("outside")


def notify(house: SweepHouse) -> None:
    """The carrier's webhook tells of its first scan, the poll of the rest; customer and shop hear of both."""
    for number, scan in enumerate(house.scans[1:2]):
        told = {"type": "tracking.updated", "timestamp": scan["at"], "data": scan}
        body = json.dumps(told).encode()
        path = f"/webhooks/carrier/{house.seed.carrier}"
        post_signed(house, f"scan-{number}", path, body, f"evt-{number}", CARRIER_SECRET)
    house.work("outside")
    house.open_once("track", house.seed.carrier_id)
    house.work("outside", "inside", "outside")


def returned(house: SweepHouse) -> None:
    """One line comes back: asked for, approved, received by scan, inspected, paid back; the customer hears of it."""
    line = {"line_ref": house.placed["line_ref"], "qty": "1"}
    wanted = {"order": house.order_number(), "lines": [line], "reason": "faulty"}
    made = house.service.post("return", "/returns", wanted)
    path, line = f"/returns/{made['id']}", made["lines"][0]
    house.service.post("approve", f"{path}/approve", {})
    house.hand.post("receive", f"{path}/receive", {"lines": [{"code": line["sku"], "qty": "1"}]})
    found = {"line_id": line["line_id"], "sku": line["sku"], "scrapped": "1", "finding": "cracked"}
    refund = house.inspector.post("inspect", f"{path}/inspect", {"lines": [found]})["refund_id"]
    house.cashier.post("pay-out", f"/refunds/{refund}/pay-out", {"reference": "BANK-9"})
    house.work("outside")


def sweep(house: SweepHouse) -> None:
    """The clockwork's round: reminders, expiries, seals, rings; twice, as every few seconds."""
    house.sweep()


LEGS: tuple[Leg, ...] = (
    Leg("webhook", webhook),
    Leg("reserve", reserve),
    Leg("confirm", confirm),
    Leg("pick", pick),
    Leg("pack", pack, peers=("carrier",)),
    Leg("label", label, peers=("carrier",)),
    Leg("ship", ship, peers=("carrier",)),
    Leg("notify", notify, peers=("shop",), ready=SweepHouse.wait_for_delivery),
    Leg("return", returned),
    Leg("sweep", sweep),
)
