"""Goods carried between bins: one movement, once, from what is there (A-2, I1)."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.db import new_id
from oms.errors import Conflict
from oms.inventory.carrying import Carried, carry
from oms.inventory.models import Bin, BinStock, Stock, StockMove
from tests.factories.orders import make_sku, make_stock, make_warehouse


@pytest.fixture
def place(session: Session) -> BinStock:
    """Ten pieces in a bin."""
    warehouse = make_warehouse(session)
    stock = make_stock(session, warehouse, make_sku(session), 10)
    return session.query(BinStock).filter_by(sku_id=stock.sku_id).one()


def shelf(session: Session, warehouse_id: uuid.UUID) -> uuid.UUID:
    other = Bin(warehouse_id=warehouse_id, code=f"X-{str(new_id())[-6:]}")
    session.add(other)
    session.flush()
    return other.id


def carried(place: BinStock, to: uuid.UUID, qty: int, key: str = "t") -> Carried:
    return Carried(key, place.warehouse_id, place.sku_id, place.bin_id, to, Decimal(qty), Decimal(0), None, None)


def test_a_repeat_carries_nothing_twice(session: Session, place: BinStock, business_now: datetime) -> None:
    to = shelf(session, place.warehouse_id)
    for _ in range(2):
        carry(session, [carried(place, to, 4)], cause="pick", actor="ann", now=business_now)
    held = {b.bin_id: b.on_hand for b in session.query(BinStock).filter_by(sku_id=place.sku_id).populate_existing()}
    assert held == {place.bin_id: 6, to: 4}
    move = session.query(StockMove).filter_by(key="t").one()
    assert (move.bin_id, move.to_bin_id, move.carried, move.on_hand) == (place.bin_id, to, 4, 0)


def test_a_second_load_adds_to_the_first(session: Session, place: BinStock, business_now: datetime) -> None:
    to = shelf(session, place.warehouse_id)
    for key in ("a", "b"):
        carry(session, [carried(place, to, 3, key)], cause="pick", actor="ann", now=business_now)
    assert session.get_one(BinStock, (to, place.sku_id), populate_existing=True).on_hand == 6


def test_what_no_bin_holds_is_refused(session: Session, place: BinStock, business_now: datetime) -> None:
    to = shelf(session, place.warehouse_id)
    with pytest.raises(Conflict, match="no stock row"):
        carry(session, [carried(place, to, 1)._replace(bin_id=to, to_bin_id=place.bin_id)], cause="pick", actor="ann",
              now=business_now)  # fmt: skip


def test_what_no_warehouse_has_is_refused(session: Session, place: BinStock, business_now: datetime) -> None:
    session.query(Stock).filter_by(sku_id=place.sku_id).delete()
    with pytest.raises(Conflict, match="no stock row"):
        carry(session, [carried(place, shelf(session, place.warehouse_id), 1)], cause="pick", actor="ann",
              now=business_now)  # fmt: skip


def test_a_bin_is_not_filled_and_emptied_at_once(session: Session, place: BinStock, business_now: datetime) -> None:
    to = shelf(session, place.warehouse_id)
    back = carried(place, place.bin_id, 1, "back")._replace(bin_id=to)
    with pytest.raises(ValueError, match="into a bin or out of it"):
        carry(session, [carried(place, to, 1), back], cause="pick", actor="ann", now=business_now)
