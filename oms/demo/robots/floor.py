"""The floor, two people on each task: waves, picks and checks by scan, cartons, hand-over; goods received for what was short."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oms.demo.robots.wire import Person, World


@dataclass(frozen=True, slots=True)
class Team:
    """One of those who share a task: each takes what falls to them, so that no two do the same."""

    login: str
    place: int
    of: int

    def has(self, work_id: str) -> bool:
        return uuid.UUID(work_id).int % self.of == self.place


TEAM = (Team("liu", 0, 2), Team("pedro", 1, 2))


class Picker:
    """Plans waves and walks their lists, one scan a stop, as a phone would send them."""

    def __init__(self, world: World, team: Team, *, papers: bool = True) -> None:
        self._me = world.person(team.login)
        self._team = team
        self._papers = papers
        self.name = f"picker {team.login}"

    def work(self) -> bool:
        for code in ("SZ", "SH") if self._team.place == 0 else ():
            self._me.post("/waves/plan", {"warehouse": code}, key=f"plan-{uuid.uuid4()}")
        found = [w for status in ("released", "in_progress") for w in self._me.items("/waves", status=status)]
        waves = [w for w in found if self._team.has(w["id"])]
        for wave in waves:
            self._walk(wave["id"])
        return bool(waves)

    def undone(self) -> list[str]:
        return []

    def _walk(self, wave_id: str) -> None:
        if self._papers:
            self._me.raw(f"/waves/{wave_id}/pick-list.pdf?language=zh_Hans")
        for stop in self._me.get(f"/waves/{wave_id}")["stops"]:
            if stop["status"] != "pending":
                continue
            scan = f"{stop['task_id']}-{stop['left']}"
            body = {
                "scan_id": scan,
                "wave_id": wave_id,
                "bin_code": stop["bin"],
                "code": stop["barcode"],
                "qty": stop["left"],
                # An order that is stopped meanwhile must not move this scan to another's stop: its number counts once.
                "stop": stop["stop"],
            }
            self._me.post("/picks", body, key=f"pick-{scan}")


class Packer:
    """Checks each piece by scan, boxes it, puts it on the scale."""

    def __init__(self, world: World, team: Team, *, papers: bool = True) -> None:
        self._me = world.person(team.login)
        self._team = team
        self._papers = papers
        self.name = f"packer {team.login}"

    def work(self) -> bool:
        found = [f for status in ("picked", "short", "packing") for f in self._me.items("/fulfilments", status=status)]
        ready = [f for f in found if self._team.has(f["id"])]
        for fulfilment in ready:
            self._pack(self._me.get(f"/fulfilments/{fulfilment['id']}"))
        return bool(ready)

    def undone(self) -> list[str]:
        return []

    def _pack(self, fulfilment: dict[str, Any]) -> None:
        for line in fulfilment["lines"]:
            left = str(line["left"])
            if left == "0":
                continue
            scan = f"{line['id']}-{left}"
            body = {"scan_id": scan, "fulfilment_id": fulfilment["id"], "code": line["barcode"], "qty": left}
            self._me.post("/pack-checks", body, key=f"pack-{scan}")
        body = {"boxes": _boxes(self._me.get(f"/fulfilments/{fulfilment['id']}"))}
        self._me.post(f"/fulfilments/{fulfilment['id']}/boxes", body, key=f"box-{fulfilment['id']}")
        if self._papers:
            self._me.raw(f"/fulfilments/{fulfilment['id']}/packing-slip.pdf")


def _boxes(fulfilment: dict[str, Any]) -> list[dict[str, Any]]:
    """The cartons as suggested, each with the pieces that go into it; the scale shows what they weigh."""
    lines = {line["sku"]: line["id"] for line in fulfilment["lines"]}
    boxes = []
    for carton in fulfilment["suggestion"]["cartons"]:
        pieces = Counter(carton["skus"])
        contents = [{"line_id": lines[sku], "qty": str(count)} for sku, count in pieces.items()]
        boxes.append({"carton_code": carton["carton_code"], "weight_g": carton["weight_g"], "contents": contents})
    return boxes


class Clerk:
    """Hands parcels over: the house signs, then the carrier's driver."""

    name = "shipping clerk"

    def __init__(self, world: World, *, papers: bool = True) -> None:
        self._me = world.person("sun")
        self._papers = papers

    def work(self) -> bool:
        lists = [row for s in ("open", "signed_by_us") for row in self._me.items("/hand-over-lists", status=s)]
        for row in lists:
            if self._papers:
                self._me.raw(f"/hand-over-lists/{row['id']}.pdf")
            for side, signer in (("us", "Sun Wei 孙伟"), ("carrier", "Driver Ma 马师傅")):
                body = {"side": side, "signer": signer}
                self._me.post(f"/hand-over-lists/{row['id']}/sign", body, key=f"sign-{row['id']}-{side}")
        return bool(lists)

    def undone(self) -> list[str]:
        return []


class Buyer:
    """Receives the goods that were short; the warehouse books them into the goods-in bin."""

    name = "buyer"

    def __init__(self, world: World) -> None:
        self._me: Person = world.person("wang")

    def work(self) -> bool:
        wanted = self._me.items("/supply-requests", status="raised")
        for row in wanted:
            # A request may grow while its goods are on their way: each delivery has a note of its own.
            note = f"GRN-{row['number']}-{row['qty_received']}"
            qty = str(Decimal(row["qty"]) - Decimal(row["qty_received"]))
            goods = {"key": note, "warehouse": row["warehouse"], "sku": row["sku"], "bin": "GOODS-IN", "qty": qty}
            self._me.post("/receipts", {"receipts": [goods]}, key=f"receipt-{note}-{qty}")
        return bool(wanted)

    def undone(self) -> list[str]:
        return []
