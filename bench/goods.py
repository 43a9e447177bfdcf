"""A small company for the benchmarks: a channel, SKUs with plenty of stock, a carrier, cartons."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from oms import db
from oms.catalog.models import Price, Sku
from oms.fulfilment.models import Carton
from oms.inventory import ledger
from oms.inventory.ledger import Move
from oms.inventory.models import Bin, Warehouse
from oms.parties.models import Carrier, CarrierService, Channel

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SKUS = 200
CODES = [f"SKU-{n:04d}" for n in range(SKUS)]


@dataclass(frozen=True, slots=True)
class Company:
    channel_id: uuid.UUID
    warehouse_id: uuid.UUID
    carrier_id: uuid.UUID
    sku_codes: list[str]


def company(session: Session) -> Company:
    """Seed it."""
    now = db.now(session)
    channel = Channel(name="bench", source="generic", way="web_shop", secrets=[SECRET], currency="CNY", settings={})
    layout = {"aisle_count": 20, "aisle_pitch_mm": 3000, "block_count": 1, "block_length_mm": 30000}
    house = Warehouse(
        code="B", name_en="Bench", name_zh="基准仓", address={"country": "CN"}, country="CN", layout=layout
    )
    carrier = Carrier(name="bench", source="sandbox", base_url="http://127.0.0.1:1", api_key="x" * 16)
    session.add_all([channel, house, carrier])
    session.flush()
    _services(session, house.id, carrier.id)
    _goods(session, CODES, house.id, now)
    box = {"id": db.new_id(), "code": "M", "length_mm": 400, "width_mm": 300, "height_mm": 300, "tare_g": 200}
    session.execute(insert(Carton), [{**box, "limit_g": 30000, "price": Decimal(1)}])
    return Company(channel.id, house.id, carrier.id, CODES)


def _services(session: Session, house: uuid.UUID, carrier: uuid.UUID) -> None:
    row: dict[str, Any] = {
        "carrier_id": carrier,
        "warehouse_id": house,
        "country": "*",
        "cut_off": time(23, 59),
        "transit_days": 3,
        "base_price": Decimal(8),
        "price_per_kg": Decimal(2),
        "currency": "CNY",
    }
    session.execute(insert(CarrierService), [{**row, "id": db.new_id(), "service": "economy"}])


def _goods(session: Session, codes: list[str], house: uuid.UUID, now: Any) -> None:
    ids = {code: db.new_id() for code in codes}
    size = {"weight_g": 300, "length_mm": 100, "width_mm": 90, "height_mm": 80}
    session.execute(
        insert(Sku), [{"id": i, "code": code, "name_en": code, "name_zh": code, **size} for code, i in ids.items()]
    )
    price = {"currency": "CNY", "list_price": Decimal(10), "floor_price": Decimal(5), "valid_from": now}
    session.execute(insert(Price), [{"id": db.new_id(), "sku_id": i, **price} for i in ids.values()])
    bins: list[dict[str, Any]] = [
        {
            "id": db.new_id(),
            "warehouse_id": house,
            "code": f"B-{n:04d}",
            "aisle": n % 20,
            "y_mm": 1000 + (n // 20) * 2500,
        }
        for n in range(len(codes))
    ]
    session.execute(insert(Bin), bins)
    moves = [
        Move(f"opening:{code}", house, i, "opening", on_hand=Decimal(1_000_000), bin_id=place["id"])
        for (code, i), place in zip(ids.items(), bins, strict=True)
    ]
    ledger.ensure_rows(session, places=[(m.warehouse_id, m.sku_id, m.bin_id) for m in moves])
    ledger.post(session, moves, actor="system", now=now)


def order_json(number: int, codes: list[str]) -> dict[str, Any]:
    """An order of three lines, each two pieces at 10.00, with customer and address."""
    lines = [
        {
            "line_ref": str(n),
            "sku": codes[(number * 7 + n * 31) % len(codes)],
            "name": "Goods",
            "qty": "2",
            "unit": "EA",
            "unit_price": "10.00",
        }
        for n in range(3)
    ]
    return {
        "channel_order_id": f"B{number:08d}",
        "channel_order_number": f"#{number}",
        "version": "2026-11-22T08:00:00Z",
        "placed_at": "2026-11-22T07:59:58Z",
        "currency": "CNY",
        "totals": {"shipping": "0.00", "tax": "0.00", "tax_included": True, "total": "60.00", "paid": "60.00"},
        "payment": {"terms": "prepaid", "status": "paid"},
        "customer": {"name": "Li Lei", "email": f"c{number % 5000}@customer.example", "phone": None},
        "ship_to": {
            "name": "Li Lei",
            "lines": ["科技园路1号"],
            "district": "南山区",
            "city": "深圳市",
            "region": "广东省",
            "postal_code": "518000",
            "country": "CN",
        },
        "lines": lines,
    }
