"""Channels, SKUs with stock, orders with lines."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from oms import db, numbers
from oms.catalog.models import Sku
from oms.inventory.models import Bin, BinStock, Stock, StockMove, Warehouse
from oms.journey import lifecycle
from oms.orders import terms
from oms.orders.models import Order, OrderLine
from oms.parties.models import Channel

AT = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
ADDRESS: dict[str, Any] = {
    "name": "Li Lei",
    "company": None,
    "lines": ["科技园路1号"],
    "town": None,
    "district": "南山区",
    "city": "深圳市",
    "region": "广东省",
    "postal_code": "518000",
    "country": "CN",
    "adcode": "440305",
    "phone": "+8613800138000",
    "phone_ext": None,
    "pickup_point": None,
}
CONTACT: dict[str, Any] = {
    "external_id": None,
    "name": "Li Lei",
    "company": None,
    "email": "li.lei@example.com",
    "phone": "+8613800138000",
    "tax_id": None,
}


def _add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def make_channel(session: Session, **given: Any) -> Channel:
    values: dict[str, Any] = {
        "name": f"web-{db.new_id()}",
        "source": "generic",
        "way": "web_shop",
        "currency": "CNY",
        "settings": {},
        "secrets": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    }
    return _add(session, Channel(**{**values, **given}))  # type: ignore[no-any-return]


def make_sku(session: Session, **given: Any) -> Sku:
    values: dict[str, Any] = {
        "code": f"SKU-{str(db.new_id())[-8:]}",
        "name_en": "Tea cup",
        "name_zh": "茶杯",
        "weight_g": 300,
        "length_mm": 100,
        "width_mm": 90,
        "height_mm": 90,
    }
    return _add(session, Sku(**{**values, **given}))  # type: ignore[no-any-return]


def make_warehouse(session: Session, **given: Any) -> Warehouse:
    values: dict[str, Any] = {
        "code": f"WH-{str(db.new_id())[-6:]}",
        "name_en": "Shenzhen",
        "name_zh": "深圳仓",
        "address": ADDRESS,
        "country": "CN",
    }
    return _add(session, Warehouse(**{**values, **given}))  # type: ignore[no-any-return]


def make_stock(session: Session, warehouse: Warehouse, sku: Sku, qty: int, **given: Any) -> Stock:
    """Stock with its opening movement, all in one bin."""
    place = _add(session, Bin(warehouse_id=warehouse.id, code=f"A-{str(db.new_id())[-6:]}", aisle=0, y_mm=1000))
    _add(session, BinStock(bin_id=place.id, sku_id=sku.id, warehouse_id=warehouse.id, on_hand=Decimal(qty)))
    _add(
        session,
        StockMove(
            key=f"opening:{warehouse.id}:{sku.id}",
            warehouse_id=warehouse.id,
            sku_id=sku.id,
            bin_id=place.id,
            on_hand=Decimal(qty),
            cause="opening",
            actor="system",
            at=AT,
        ),
    )
    values = {"warehouse_id": warehouse.id, "sku_id": sku.id, "on_hand": Decimal(qty)}
    return _add(session, Stock(**{**values, **given}))  # type: ignore[no-any-return]


def make_order(session: Session, *, lines: list[dict[str, Any]] | None = None, **given: Any) -> Order:
    """A paid web order of 10.00 a piece; `lines` are columns of OrderLine."""
    channel_id = given.pop("channel_id", None) or make_channel(session).id
    lines = [{"qty": Decimal(1)}] if lines is None else lines
    total = sum((Decimal(line["qty"]) * Decimal(line.get("unit_price", 10)) for line in lines), Decimal(0))
    number = numbers.new_number("SO")
    values: dict[str, Any] = {
        "number": number,
        "channel_id": channel_id,
        "source": "generic",
        "channel_order_id": f"C{number}",
        "channel_order_number": f"#{number}",
        "content_hash": b"x",
        "placed_at": AT,
        "received_at": AT,
        "currency": "CNY",
        "lines_total": total,
        "discount": Decimal(0),
        "shipping": Decimal(0),
        "fees": Decimal(0),
        "tax": Decimal(0),
        "tax_included": True,
        "total": total,
        "paid": total,
        "payment_status": "paid",
        "payment_terms": "prepaid",
        "contact": CONTACT,
        "ship_to": ADDRESS,
        "ship_country": "CN",
        "ship_region": "广东省",
        "ship_city": "深圳市",
        "problems": [],
    }
    order = _add(session, Order(**{**values, **given}))
    for position, line in enumerate(lines):
        _add(session, OrderLine(order_id=order.id, position=position, **_line(position, line)))
    terms.keep_new(session, order_ids=[order.id])
    return order  # type: ignore[no-any-return]


def tell_beginning(session: Session, order: Order) -> None:
    """The history that leads to the state which the order was made in."""
    told: dict[str, Any] = {"subject_type": "order", "subject_id": order.id, "order_id": order.id, "cause": "test"}
    notes = [lifecycle.Note(event="order.ordered", became="received", data={"payment": order.payment_status}, **told)]
    if order.status != "received":
        notes.append(lifecycle.Note(event=f"status.{order.status}", was="received", became=order.status, **told))
    lifecycle.note(session, notes, actor="system", now=AT)


def _line(position: int, given: dict[str, Any]) -> dict[str, Any]:
    price = Decimal(given.get("unit_price", 10))
    values = {"unit_price": price, "discount": Decimal(0), "total": price * Decimal(given["qty"]), "unit": "EA"}
    return {**values, "name": "Tea cup", "channel_sku": "TEA", "line_ref": str(position + 1), **given}
