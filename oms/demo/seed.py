"""Fill an empty database with the demo's company: goods, stock, channels, carriers, people and their API keys."""

from __future__ import annotations

import json
import os
import uuid
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from oms import db, installation
from oms.accounts import api_keys, staff
from oms.accounts.staff import NewStaff
from oms.catalog.models import Barcode, BundlePart, Price, Sku
from oms.demo.channels import CHANNELS, channel_rows
from oms.demo.goods import CARTONS, GOODS, LAYOUT, LIST_PRICE_FLOOR, PEOPLE, SERVICES
from oms.demo.place import PASSWORD, Place
from oms.fulfilment.models import Carton
from oms.inventory import ledger
from oms.inventory.ledger import Move
from oms.inventory.models import Bin, Warehouse
from oms.journey import policy
from oms.parties.models import Carrier, CarrierService, Channel, Customer

#: code, English, Chinese, address, priority
HOUSES: tuple[tuple[str, str, str, dict[str, Any], int], ...] = (
    ("SZ", "Shenzhen", "深圳仓", {"lines": ["科技园路1号"], "district": "南山区", "city": "深圳市", "region": "广东省", "postal_code": "518000"}, 1),
    ("SH", "Shanghai", "上海仓", {"lines": ["世纪大道100号"], "district": "浦东新区", "city": "上海市", "region": "上海市", "postal_code": "200120"}, 2),
)  # fmt: skip


def seed(environ: dict[str, str], place: Place) -> None:
    """Seed once; what the robots need to know goes to `world.json` in the run's folder."""
    with installation.opened(environ) as session:
        now = db.now(session)
        houses = _houses(session)
        skus = _goods(session, now)
        _stock(session, houses, skus, now)
        _carriers(session, place, houses)
        session.execute(insert(Carton), [_carton(row) for row in CARTONS])
        channels = _channels(session, place, now)
        _policy(session, now)
        world: dict[str, Any] = {
            "began_at": now.isoformat(),
            "base_url": place.base_url,
            "shop_url": place.shop_url,
            "mailbox_url": place.mailbox_url,
            "smtp_port": place.smtp_port,
        }
        world |= {"keys": _people(session, houses["SZ"], now) | _distributor_keys(session, channels, now)}
    _write(place.folder / "world.json", world)


def _write(path: Path, world: dict[str, Any]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(world, file, indent=1)


def _houses(session: Session) -> dict[str, uuid.UUID]:
    found = {}
    for code, en, zh, address, priority in HOUSES:
        full = {"name": f"{en} warehouse", "country": "CN", "phone": "+8675512345678", **address}
        row = Warehouse(code=code, name_en=en, name_zh=zh, address=full, country="CN", priority=priority, layout=LAYOUT)
        session.add(row)
        session.flush()
        found[code] = row.id
    return found


def _goods(session: Session, now: datetime) -> dict[str, uuid.UUID]:
    ids = {good.code: db.new_id() for good in GOODS}
    session.execute(insert(Sku), [_sku(good, ids[good.code]) for good in GOODS])
    session.execute(insert(Barcode), [{"code": g.barcode, "sku_id": ids[g.code], "qty": Decimal(1)} for g in GOODS])
    parts = [
        {"bundle_id": ids[g.code], "part_id": ids[part], "qty": Decimal(qty)} for g in GOODS for part, qty in g.parts
    ]
    session.execute(insert(BundlePart), parts)
    prices = [
        {
            "id": db.new_id(),
            "sku_id": ids[g.code],
            "currency": currency,
            "list_price": Decimal(price),
            "floor_price": (Decimal(price) * LIST_PRICE_FLOOR).quantize(Decimal("0.01")),
            "valid_from": now,
        }
        for g in GOODS
        for currency, price in (("CNY", g.cny), ("EUR", g.eur))
    ]
    session.execute(insert(Price), prices)
    return ids


def _sku(good: Any, sku_id: uuid.UUID) -> dict[str, Any]:
    length, width, height = good.size_mm
    sizes = {"length_mm": length, "width_mm": width, "height_mm": height, "weight_g": good.weight_g}
    return {
        "id": sku_id,
        "code": good.code,
        "name_en": good.en,
        "name_zh": good.zh,
        "bundle": bool(good.parts),
        **sizes,
    }


def _stock(session: Session, houses: dict[str, uuid.UUID], skus: dict[str, uuid.UUID], now: datetime) -> None:
    bins: list[dict[str, Any]] = []
    moves: list[Move] = []
    for code, warehouse_id in houses.items():
        for good in GOODS:
            qty = good.shenzhen if code == "SZ" else good.shanghai
            if not qty:
                continue
            block, bin_id = int(good.y_mm >= 15000), db.new_id()
            place = {"aisle": good.aisle, "y_mm": good.y_mm, "block": block}
            name = f"{chr(65 + good.aisle)}-{good.y_mm // 1000:02d}"
            bins.append({"id": bin_id, "warehouse_id": warehouse_id, "code": name, "kind": "pick", **place})
            key = f"opening:{code}:{good.code}"
            moves.append(Move(key, warehouse_id, skus[good.code], "opening", on_hand=Decimal(qty), bin_id=bin_id))
        bins.append(
            {
                "id": db.new_id(),
                "warehouse_id": warehouse_id,
                "code": "GOODS-IN",
                "kind": "reserve",
                "aisle": 0,
                "y_mm": 0,
                "block": 0,
            }
        )
    session.execute(insert(Bin), bins)
    ledger.ensure_rows(session, places=[(m.warehouse_id, m.sku_id, m.bin_id) for m in moves])
    ledger.post(session, moves, actor="system", now=now)


def _carriers(session: Session, place: Place, houses: dict[str, uuid.UUID]) -> None:
    carrier = Carrier(
        name="sandbox",
        source="sandbox",
        base_url=place.carrier_url,
        api_key="sandbox-carrier-key",
        secrets=[place.carrier_secret],
    )
    session.add(carrier)
    session.flush()
    rows = [
        {
            "id": db.new_id(),
            "carrier_id": carrier.id,
            "warehouse_id": house,
            "service": service,
            "country": country,
            "cut_off": time(23, 59),
            "transit_days": days,
            "base_price": Decimal(base) * factor,
            "price_per_kg": Decimal(per_kg) * factor,
            "currency": "CNY",
            "max_weight_g": 20000 if service == "express" else 30000,
        }
        for house in houses.values()
        for service, home, abroad, base, per_kg in SERVICES
        for country, days, factor in (("CN", home, 1), ("*", abroad, 5))
    ]
    session.execute(insert(CarrierService), rows)


def _policy(session: Session, now: datetime) -> None:
    """New account customers may order up to a limit, and shops are asked often, so that all can end the same day."""
    for key, value in (("credit.default_limit", "20000"), ("poll.interval", 5)):
        policy.set_value(session, key=key, value=value, valid_from=now, actor="system", why="demo", now=now)


def _carton(row: tuple[str, int, int, int, int, int, str]) -> dict[str, Any]:
    names = ("code", "length_mm", "width_mm", "height_mm", "tare_g", "limit_g")
    return {"id": db.new_id(), **dict(zip(names, row[:6], strict=True)), "price": Decimal(row[6])}


def _channels(session: Session, place: Place, now: datetime) -> dict[str, uuid.UUID]:
    """The channels; a distributor's belongs to a customer with credit."""
    found = {}
    for row in channel_rows(place):
        account = row.pop("account", None)
        if account:
            customer = Customer(
                number=account["number"], created_at=now, **{k: v for k, v in account.items() if k != "number"}
            )
            session.add(customer)
            session.flush()
            row["customer_id"] = customer.id
        channel = Channel(**row)
        session.add(channel)
        session.flush()
        found[channel.name] = channel.id
    return found


def _people(session: Session, house: uuid.UUID, now: datetime) -> dict[str, str]:
    new = [
        NewStaff(p.login, p.name, p.roles, PASSWORD, team=p.roles[0], language=p.language,
                 warehouse_id=house if p.roles[0] in ("warehouse", "shipping_clerk") else None)
        for p in PEOPLE
    ]  # fmt: skip
    ids = staff.create(session, new=new, environment="demo", actor="system", now=now)
    return {
        p.login: api_keys.create(
            session, name=p.login, roles=p.roles, staff_id=ids[p.login], actor="system", now=now
        ).key
        for p in PEOPLE
    }


def _distributor_keys(session: Session, channels: dict[str, uuid.UUID], now: datetime) -> dict[str, str]:
    return {
        name: api_keys.create(
            session, name=name, roles=["distributor"], channel_id=channels[name], actor="system", now=now
        ).key
        for name, way, *_ in CHANNELS
        if way == "distributor"
    }
