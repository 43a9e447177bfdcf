"""What the traffic sends: a list of shots, made from a seed alone, so that a red run can be played again.

10 % of the deliveries come twice, 1 % come again under the same id with other bytes, 1 % are poison, 20 % of the
orders want the one scarce good, 5 % are changed or cancelled while the floor works on them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from oms.demo.goods import GOODS
from oms.demo.people import CUSTOMERS
from tests.torture.house import SCARCE

ORDER, DUPLICATE, CONFLICT, POISON, CHANGE, CANCELLATION = (
    "order", "duplicate", "conflict", "poison", "change", "cancellation",
)  # fmt: skip
SHARE_DUPLICATES, SHARE_CONFLICTS, SHARE_POISON, SHARE_CHANGES, SHARE_SCARCE = 0.10, 0.01, 0.01, 0.05, 0.20

_GOODS = {good.code: good for good in GOODS if not good.parts}
_HOME = [customer for customer in CUSTOMERS.values() if customer.address["country"] == "CN"]
_PLACED = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)

#: Bytes that can never become an order; each must be answered 2xx and quarantined.
_POISONS: tuple[bytes, ...] = (
    b"",
    b"{",
    b"\xff\xfe\x00garbage",
    b"[" * 5000 + b"]" * 5000,
    b'{"orders": [{"channel_order_id": "P-1", "lines": [{"sku": "X", "qty": 1e400, "unit_price": 1}]}]}',
    b'{"channel_order_id": {"a": []}, "lines": "none"}',
    b'{"order_items": [{"product": "tea", "count": "two"}]}',
)


@dataclass(frozen=True, slots=True)
class Shot:
    """One delivery: when (seconds after the start), under which id, with which bytes, about which order."""

    at_s: float
    kind: str
    event_id: str
    body: bytes = field(repr=False)
    order_id: str = ""


def make(seed: int, *, orders: int, seconds: float, prefix: str = "T") -> list[Shot]:
    """The shots of a run in the order of their time."""
    chance = random.Random(f"traffic {seed}")
    shots: list[Shot] = []
    for number in range(orders):
        at_s = seconds * number / orders
        shots += _around(chance, f"{prefix}{seed}-{number:06d}", number, at_s)
    shots += _missing(chance, shots)
    shots += [_poison(chance, seed, n, chance.uniform(0, seconds)) for n in range(_share(orders, SHARE_POISON))]
    return sorted(shots, key=lambda shot: (shot.at_s, shot.event_id))


def one(order_id: str, at_s: float) -> Shot:
    """A single order of its own id."""
    content = _order(random.Random(order_id), order_id, 0)
    return Shot(at_s, ORDER, f"evt-{order_id}", _bytes(content), order_id)


def _share(orders: int, share: float) -> int:
    return max(1, round(orders * share))


def _around(chance: random.Random, order_id: str, number: int, at_s: float) -> list[Shot]:
    """An order, and what else is sent about it."""
    content = _order(chance, order_id, number)
    first = Shot(at_s, ORDER, f"evt-{order_id}", _bytes(content), order_id)
    shots = [first]
    if chance.random() < SHARE_DUPLICATES:
        # Half of them race with the first.
        later = chance.choice((0.0, 0.0, 0.5, 5.0, 20.0))
        shots.append(Shot(at_s + later, DUPLICATE, first.event_id, first.body, order_id))
    if chance.random() < SHARE_CONFLICTS:
        shots.append(_conflict(chance, content, order_id, at_s))
    if chance.random() < SHARE_CHANGES:
        shots.append(_later(chance, content, order_id, at_s))
    return shots


def _missing(chance: random.Random, shots: Sequence[Shot]) -> list[Shot]:
    """One of each kind that chance has left out, each about an order of its own, as far as there are any; else nothing is drawn."""
    alone = {shot.order_id: shot for shot in shots if shot.kind == ORDER}
    for shot in shots:
        if shot.kind in (CONFLICT, CHANGE, CANCELLATION):
            alone.pop(shot.order_id, None)
    there = {shot.kind for shot in shots}
    left = [kind for kind in (DUPLICATE, CONFLICT, CHANGE, CANCELLATION) if kind not in there]
    return [_about(chance, alone.pop(chance.choice(list(alone))), kind) for kind in left if alone]


def _about(chance: random.Random, first: Shot, kind: str) -> Shot:
    content = json.loads(first.body)
    if kind == DUPLICATE:
        return replace(first, kind=kind)
    if kind == CONFLICT:
        return _conflict(chance, content, first.order_id, first.at_s)
    return _later(chance, content, first.order_id, first.at_s, kind=kind)


def _conflict(chance: random.Random, content: dict[str, Any], order_id: str, at_s: float) -> Shot:
    other = {**content, "buyer_message": "ring twice"}
    return Shot(at_s + chance.uniform(2, 8), CONFLICT, f"evt-{order_id}", _bytes(other), order_id)


def _later(chance: random.Random, content: dict[str, Any], order_id: str, at_s: float, *, kind: str = "") -> Shot:
    """A change or a cancellation, while the floor is likely to be at it; chance says which where `kind` does not."""
    version = (_PLACED + timedelta(days=1)).isoformat()
    if (chance.random() < 0.5) if not kind else kind == CANCELLATION:
        body, kind = {**content, "version": version, "kind": "cancellation"}, CANCELLATION
    else:
        moved = {**content["ship_to"], "lines": ["科技园路99号"]}
        body, kind = {**content, "version": version, "kind": "update", "ship_to": moved}, CHANGE
    return Shot(at_s + chance.uniform(0.5, 25), kind, f"evt-{order_id}-2", _bytes(body), order_id)


def _poison(chance: random.Random, seed: int, number: int, at_s: float) -> Shot:
    body = chance.choice(_POISONS)
    return Shot(at_s, POISON, f"poison-{seed}-{number}", body)


def _order(chance: random.Random, order_id: str, number: int) -> dict[str, Any]:
    customer = chance.choice(_HOME)
    lines = [_line(chance, place, code) for place, code in enumerate(_wanted(chance), start=1)]
    total = f"{sum(float(line['unit_price']) * int(line['qty']) for line in lines):.2f}"
    return {
        "channel_order_id": order_id,
        "channel_order_number": f"#{number}",
        "version": _PLACED.isoformat(),
        "placed_at": _PLACED.isoformat(),
        "currency": "CNY",
        "totals": {"shipping": "0.00", "tax": "0.00", "tax_included": True, "total": total, "paid": total},
        "payment": {"terms": "prepaid", "status": "paid"},
        "customer": {**customer.contact(), "email": f"c{number % 300}@customer.example"},
        "ship_to": customer.ship_to(),
        "lines": lines,
    }


def _wanted(chance: random.Random) -> list[str]:
    if chance.random() < SHARE_SCARCE:
        return [SCARCE]
    return chance.sample([code for code in _GOODS if code != SCARCE], chance.choice((1, 1, 1, 2, 3)))


def _line(chance: random.Random, place: int, code: str) -> dict[str, str]:
    good = _GOODS[code]
    qty = "1" if code == SCARCE else chance.choice(("1", "1", "2"))
    return {"line_ref": str(place), "sku": code, "name": good.en, "qty": qty, "unit": "EA", "unit_price": good.cny}


def _bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
