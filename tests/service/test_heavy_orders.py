"""An order that is heavier than any one box may be leaves in several (F-3, F-4)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.catalog.models import BundlePart
from oms.errors import Conflict
from oms.parties.models import CarrierService
from oms.shipping import suggesting
from tests.factories.floor import Floor, released
from tests.factories.orders import make_sku
from tests.factories.packed import checked, served_floor
from tests.factories.verification import House, make_price, make_web_order, verified


@pytest.fixture
def floor(session: Session) -> Floor:
    return served_floor(session)


def _weigh(floor: Floor, grams: int) -> None:
    for sku in floor.skus:
        sku.weight_g = grams


def test_goods_that_no_box_takes_together_are_released(session: Session, floor: Floor, business_now: datetime) -> None:
    _weigh(floor, 20_000)
    fulfilment = released(session, floor, business_now, qty=2)
    assert (fulfilment.service, fulfilment.status) == ("economy", "released")


def test_a_piece_that_no_carrier_takes_is_named_at_its_release(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    _weigh(floor, 30_001)
    with pytest.raises(Conflict, match="a piece of 30001 g"):
        released(session, floor, business_now)


@pytest.mark.parametrize(("limit_g", "boxes"), [(30_000, 1), (8_120, 1), (8_119, 2)])
def test_the_cartons_shown_weigh_no_more_than_the_service_takes_in_one_box(
    session: Session, floor: Floor, business_now: datetime, limit_g: int, boxes: int
) -> None:
    """Carton M weighs 120 g and holds 10 kg."""
    _weigh(floor, 4_000)
    session.query(CarrierService).update({"max_weight_g": limit_g})
    fulfilment = checked(session, floor, business_now)
    shown = suggesting.suggest(session, fulfilment_id=fulfilment.id).cartons
    assert [(one.carton.code, one.gross_weight_g <= limit_g) for one in shown] == [("M", True)] * boxes


@pytest.mark.parametrize("in_a_set", [False, True])
def test_an_order_of_several_heavy_pieces_passes_its_verification(
    session: Session, floor: Floor, business_now: datetime, in_a_set: bool
) -> None:
    _weigh(floor, 20_000)
    sold = floor.skus[0]
    if in_a_set:
        sold = make_sku(session, bundle=True)
        session.add(BundlePart(bundle_id=sold.id, part_id=floor.skus[0].id, qty=2))
    make_price(session, sold)
    order = make_web_order(session, House(floor.warehouse, sold), line={"qty": Decimal(2)})
    assert verified(session, order, business_now) == "passed"
