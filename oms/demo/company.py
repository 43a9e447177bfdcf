"""The demo's company as a file for `oms set-up`, made of its tables."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from oms.demo.channels import ACCOUNTS, channel_rows
from oms.demo.goods import CARTON_FIELDS, CARTONS, GOODS, LAYOUT, LIST_PRICE_FLOOR, SERVICES, Good
from oms.demo.place import Place

#: code, English, Chinese, address, priority
HOUSES: tuple[tuple[str, str, str, dict[str, Any], int], ...] = (
    ("SZ", "Shenzhen", "深圳仓", {"lines": ["科技园路1号"], "district": "南山区", "city": "深圳市", "region": "广东省", "postal_code": "518000"}, 1),
    ("SH", "Shanghai", "上海仓", {"lines": ["世纪大道100号"], "district": "浦东新区", "city": "上海市", "region": "上海市", "postal_code": "200120"}, 2),
)  # fmt: skip


def house_file(place: Place) -> dict[str, list[dict[str, Any]]]:
    """The demo's company as `oms set-up` takes it."""
    return {
        "warehouses": [_warehouse(*row) for row in HOUSES],
        "bins": list(_bins()),
        "cartons": [dict(zip(CARTON_FIELDS, row, strict=True)) for row in CARTONS],
        "goods": [_good(good) for good in GOODS],
        "barcodes": [{"code": good.barcode, "sku": good.code} for good in GOODS],
        "bundle_parts": [
            {"bundle": good.code, "part": part, "qty": str(qty)} for good in GOODS for part, qty in good.parts
        ],
        "prices": [
            {"sku": good.code, "currency": currency, "list_price": price, "floor_price": str(_floor(price))}
            for good in GOODS
            for currency, price in (("CNY", good.cny), ("EUR", good.eur))
        ],
        "customers": list(ACCOUNTS.values()),
        "channels": channel_rows(place),
        "carriers": [_carrier(place)],
        "carrier_services": list(_services()),
        "opening_stock": list(_stock()),
    }


def _warehouse(code: str, en: str, zh: str, address: dict[str, Any], priority: int) -> dict[str, Any]:
    full = {"name": f"{en} warehouse", "country": "CN", "phone": "+8675512345678", **address}
    names = {"code": code, "name_en": en, "name_zh": zh}
    return {**names, "address": full, "country": "CN", "priority": priority, "layout": LAYOUT}


def _good(good: Good) -> dict[str, Any]:
    length, width, height = good.size_mm
    sizes = {"length_mm": length, "width_mm": width, "height_mm": height, "weight_g": good.weight_g}
    return {"code": good.code, "name_en": good.en, "name_zh": good.zh, "bundle": bool(good.parts), **sizes}


def _floor(price: str) -> Decimal:
    return (Decimal(price) * LIST_PRICE_FLOOR).quantize(Decimal("0.01"))


def _placed() -> Iterator[tuple[str, Good, str]]:
    """Each warehouse's goods with the bin they lie in."""
    for code, *_ in HOUSES:
        for good in GOODS:
            if good.pieces(code):
                yield code, good, f"{chr(65 + good.aisle)}-{good.y_mm // 1000:02d}"


def _bins() -> Iterator[dict[str, Any]]:
    for code, good, name in _placed():
        place = {"aisle": good.aisle, "y_mm": good.y_mm, "block": int(good.y_mm >= 15000)}
        yield {"warehouse": code, "code": name, "kind": "pick", **place}
    for code, *_ in HOUSES:
        yield {"warehouse": code, "code": "GOODS-IN", "kind": "reserve"}


def _stock() -> Iterator[dict[str, Any]]:
    for code, good, name in _placed():
        yield {"warehouse": code, "bin": name, "sku": good.code, "qty": str(good.pieces(code))}


def _carrier(place: Place) -> dict[str, Any]:
    address = {"base_url": place.carrier_url, "api_key": "sandbox-carrier-key", "secrets": [place.carrier_secret]}
    return {"name": "sandbox", "source": "sandbox", **address}


def _services() -> Iterator[dict[str, Any]]:
    for code, *_ in HOUSES:
        for service, home, abroad, base, per_kg in SERVICES:
            for country, days, factor in (("CN", home, 1), ("*", abroad, 5)):
                yield {
                    "carrier": "sandbox",
                    "warehouse": code,
                    "service": service,
                    "country": country,
                    "cut_off": "23:59",
                    "transit_days": days,
                    "base_price": str(Decimal(base) * factor),
                    "price_per_kg": str(Decimal(per_kg) * factor),
                    "currency": "CNY",
                    "max_weight_g": 20000 if service == "express" else 30000,
                }
