"""Closing boxes: weight alarm, contents, cartons."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.errors import Conflict, InputInvalid
from oms.fulfilment.boxing import Box
from oms.fulfilment.models import Carton, Fulfilment, FulfilmentLine
from oms.journey.models import HistoryEntry, Step
from oms.shipping import suggesting
from oms.shipping.models import Parcel, ParcelLine
from tests.factories.floor import Floor
from tests.factories.packed import PACKER, WEIGHT_G, checked, close, packed, served_floor, two_boxes


@pytest.fixture
def floor(session: Session) -> Floor:
    return served_floor(session)


def test_a_closed_box_is_a_parcel_that_waits_for_its_label(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = packed(session, floor, business_now)
    fulfilment = session.get_one(Fulfilment, parcel.fulfilment_id, populate_existing=True)
    assert (fulfilment.status, fulfilment.packed_by) == ("packed", PACKER)
    pack = session.query(Step).filter_by(kind="pack", subject_id=fulfilment.id).one()
    book = session.query(Step).filter_by(kind="book", subject_id=parcel.id).one()
    assert (pack.outcome, book.state, book.due_at) == ("packed", "open", pack.due_at)
    assert session.query(ParcelLine).filter_by(parcel_id=parcel.id).count() == 2


def test_a_wrong_weight_alarms_and_closes_nothing(session: Session, floor: Floor, business_now: datetime) -> None:
    fulfilment = checked(session, floor, business_now)
    with pytest.raises(InputInvalid) as raised:
        close(session, fulfilment, [Box("M", 1020)], business_now)
    assert raised.value.fields == {"boxes.0.weight_g": "weighed 1020 g, its goods should weigh 720 g"}
    assert session.query(Parcel).count() == 0


def test_a_weight_alarm_is_overridden_only_with_a_reason_that_is_kept(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = checked(session, floor, business_now)
    with pytest.raises(InputInvalid):
        close(session, fulfilment, [Box("M", 1020)], business_now, weight_reason="  ")
    parcel = close(session, fulfilment, [Box("M", 1020)], business_now, weight_reason="gift wrap added")[0]
    note = session.query(HistoryEntry).filter_by(subject_id=parcel.id, event="parcel.weight_overridden").one()
    assert (note.cause, note.actor) == ("gift wrap added", PACKER)


def test_two_boxes_are_two_parcels_with_what_is_in_each(session: Session, floor: Floor, business_now: datetime) -> None:
    fulfilment = checked(session, floor, business_now)
    made = close(session, fulfilment, two_boxes(session, fulfilment), business_now)
    assert [p.position for p in made] == [0, 1]
    assert len({p.reference for p in made}) == 2
    assert session.query(Step).filter_by(kind="book", state="open").count() == 2


def test_a_checked_piece_in_no_box_is_refused(session: Session, floor: Floor, business_now: datetime) -> None:
    fulfilment = checked(session, floor, business_now)
    with pytest.raises(InputInvalid) as raised:
        close(session, fulfilment, two_boxes(session, fulfilment)[:1], business_now)
    assert "in no box" in raised.value.fields["boxes"]


def test_more_than_was_checked_and_an_overfull_carton_are_named(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = checked(session, floor, business_now)
    line, _ = two_boxes(session, fulfilment)[0].contents[0]
    with pytest.raises(InputInvalid) as raised:
        close(session, fulfilment, [Box("M", 99_000, ((line, Decimal(7)),))], business_now)
    assert set(raised.value.fields) == {"boxes.0.contents", "boxes.0.weight_g"}


def test_a_box_closed_twice_is_one_parcel(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = packed(session, floor, business_now)
    fulfilment = session.get_one(Fulfilment, parcel.fulfilment_id)
    with pytest.raises(Conflict, match="is packed"):
        close(session, fulfilment, [Box("M", WEIGHT_G)], business_now)
    assert session.query(Parcel).count() == 1


def test_the_cheapest_carton_that_takes_everything_is_suggested(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = checked(session, floor, business_now, qty=2)
    found = suggesting.suggest(session, fulfilment_id=fulfilment.id)
    assert [(filled.carton.code, len(filled.pieces)) for filled in found.cartons] == [("M", 4)]


def _weighing(session: Session, floor: Floor, weight_g: int) -> None:
    for sku in floor.skus:
        sku.weight_g = weight_g
    session.flush()


def test_the_carton_that_is_suggested_may_be_closed_with_its_own_weight_on_the_scale(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    _weighing(session, floor, 4970)  # both are below the limit of 10,000 g, and with the carton's 120 g above it
    fulfilment = checked(session, floor, business_now)
    found = suggesting.suggest(session, fulfilment_id=fulfilment.id)
    assert [filled.gross_weight_g for filled in found.cartons] == [5090, 5090]
    lines = [box.contents for box in two_boxes(session, fulfilment)]
    boxes = [Box(f.carton.code, f.gross_weight_g, line) for f, line in zip(found.cartons, lines, strict=True)]
    assert len(close(session, fulfilment, boxes, business_now)) == 2


def test_what_no_carton_takes_leaves_in_its_own_packaging_with_its_own_size(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    _weighing(session, floor, 12_000)
    fulfilment = checked(session, floor, business_now)
    assert len(suggesting.suggest(session, fulfilment_id=fulfilment.id).unboxed) == 2
    with pytest.raises(InputInvalid, match="not right yet") as together:
        close(session, fulfilment, [Box("OWN", 24_000)], business_now)
    assert "one piece alone" in together.value.fields["boxes.0.carton_code"]
    boxes = [Box("OWN", 12_100, box.contents) for box in two_boxes(session, fulfilment)]
    made = close(session, fulfilment, boxes, business_now)
    assert [(p.length_mm, p.width_mm, p.height_mm, p.carton_id) for p in made] == [(100, 90, 90, None)] * 2


def test_a_piece_of_unknown_size_is_measured_before_it_leaves_in_its_own_packaging(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    floor.skus[0].height_mm = floor.skus[1].height_mm = None
    session.flush()
    fulfilment = checked(session, floor, business_now)
    boxes = [Box("OWN", 300, box.contents) for box in two_boxes(session, fulfilment)]
    with pytest.raises(InputInvalid) as unknown:
        close(session, fulfilment, boxes, business_now)
    assert "size is unknown" in unknown.value.fields["boxes.1.carton_code"]


def test_half_a_kilo_has_its_room_and_weight_in_the_carton_that_is_suggested(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = checked(session, floor, business_now, qty=2)
    session.query(FulfilmentLine).update({"qty_packed": Decimal("1.5"), "qty_picked": Decimal("1.5")})
    [filled] = suggesting.suggest(session, fulfilment_id=fulfilment.id).cartons
    assert (len(filled.pieces), filled.gross_weight_g) == (4, 120 + 2 * 450)


def test_a_carton_that_may_hold_nothing_keeps_no_packing_table_waiting(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    session.add(Carton(code="A", length_mm=300, width_mm=200, height_mm=200, tare_g=120, limit_g=0, price=Decimal(0)))
    session.flush()
    fulfilment = checked(session, floor, business_now)
    assert [f.carton.code for f in suggesting.suggest(session, fulfilment_id=fulfilment.id).cartons] == ["M"]
