"""Parcels and hand-over lists as people see them, with the carrier's scans."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from oms import numbers
from oms.errors import Conflict, NotFound
from oms.fulfilment.models import Fulfilment
from oms.inventory.models import Warehouse
from oms.orders.models import Order
from oms.parties.models import Carrier
from oms.shipping.models import HandOverList, Parcel
from oms.shipping.scan_times import counts_at

_PARCEL = (
    Parcel.id,
    Parcel.number,
    Parcel.order_id,
    Parcel.fulfilment_id,
    Parcel.position,
    Parcel.weight_g,
    Parcel.length_mm,
    Parcel.width_mm,
    Parcel.height_mm,
    Parcel.service,
    Parcel.waybill_number,
    Parcel.tracking_url,
    Parcel.label_price,
    Parcel.label_currency,
    Parcel.label_status,
    Parcel.tracking_status,
    Parcel.hand_over_list_id,
    Parcel.packed_at,
    Parcel.packed_by,
    Parcel.booked_at,
    Parcel.handed_over_at,
    Parcel.collected_at,
    Parcel.delivered_at,
    Parcel.undelivered_at,
    Parcel.undelivered_as,
    Order.number.label("order_number"),
    Order.ship_country,
    Order.ship_region,
    Order.ship_city,
    Fulfilment.number.label("fulfilment"),
    Carrier.name.label("carrier"),
)

_LIST = (
    HandOverList.id,
    HandOverList.number,
    HandOverList.status,
    HandOverList.opened_at,
    HandOverList.our_signer,
    HandOverList.our_signed_at,
    HandOverList.carrier_signer,
    HandOverList.carrier_signed_at,
    Warehouse.code.label("warehouse"),
    Warehouse.zone,
    Carrier.name.label("carrier"),
)


def parcel(session: Session, *, ref: str, channel_id: uuid.UUID | None = None) -> Any:
    """A parcel by number, waybill or id; NotFound where the caller may not see it, Conflict for a waybill of two carriers."""
    statement = _parcels().where(_is(ref))
    if channel_id is not None:
        statement = statement.where(Order.channel_id == channel_id)
    found = session.execute(statement.limit(3)).all()
    named = [row for row in found if row.number == numbers.written(ref)] or found
    if not named:
        raise NotFound(f"there is no parcel {ref[:60]}, or it is not yours to see")
    if len(named) > 1:
        raise Conflict(f"two carriers have a parcel with the waybill {ref[:60]}: name it by its own number")
    return named[0]


def of_order(session: Session, *, order_id: uuid.UUID) -> Sequence[Any]:
    """An order's parcels, oldest first."""
    return session.execute(_parcels().where(Parcel.order_id == order_id).order_by(Parcel.id)).all()


def numbers_of(session: Session, *, parcel_ids: Sequence[uuid.UUID]) -> list[str]:
    """What these parcels are called, oldest first."""
    return list(session.scalars(select(Parcel.number).where(Parcel.id.in_(parcel_ids)).order_by(Parcel.id)))


def of_list(session: Session, *, list_id: uuid.UUID) -> Sequence[Any]:
    """The parcels on a hand-over list, oldest first."""
    return session.execute(_parcels().where(Parcel.hand_over_list_id == list_id).order_by(Parcel.id)).all()


def of_fulfilment(session: Session, *, fulfilment_id: uuid.UUID) -> Sequence[Any]:
    """The parcels of a fulfilment, in the order of packing."""
    return session.execute(_parcels().where(Parcel.fulfilment_id == fulfilment_id).order_by(Parcel.position)).all()


_SCANS = text(f"""
    SELECT s.id, s.parcel_id, s.status, s.carrier_status, s.place, s.at, s.received_at, s.way, {counts_at("s", "p")} AS counts_at
    FROM tracking_event s JOIN parcel p ON p.id = s.parcel_id
    WHERE s.parcel_id = ANY(CAST(:ids AS uuid[])) ORDER BY s.parcel_id, counts_at, s.at, s.id
""")


def scans(session: Session, *, parcel_ids: Sequence[uuid.UUID]) -> Sequence[Any]:
    """The carrier's scans of parcels, the one that counts earliest first; `at` is the carrier's own date."""
    return session.execute(_SCANS, {"ids": list(parcel_ids)}).all()


def hand_over_lists(
    session: Session,
    *,
    limit: int,
    status: str | None = None,
    warehouse: str | None = None,
    after: uuid.UUID | None = None,
) -> Sequence[Any]:
    """Hand-over lists, newest first, from after an id; one row more than `limit`."""
    statement = _lists().order_by(HandOverList.id.desc()).limit(limit + 1)
    if status is not None:
        statement = statement.where(HandOverList.status == status)
    if warehouse is not None:
        statement = statement.where(Warehouse.code == warehouse)
    if after is not None:
        statement = statement.where(HandOverList.id < after)
    return session.execute(statement).all()


def hand_over_list(session: Session, *, ref: str) -> Any:
    """A hand-over list by number or id; NotFound where there is none."""
    try:
        condition = HandOverList.id == uuid.UUID(ref)
    except ValueError:
        condition = HandOverList.number == numbers.written(ref)
    found = session.execute(_lists().where(condition)).one_or_none()
    if found is None:
        raise NotFound(f"there is no hand-over list {ref[:60]}")
    return found


def _parcels() -> Any:
    return (
        select(*_PARCEL)
        .join(Order, Order.id == Parcel.order_id)
        .join(Fulfilment, Fulfilment.id == Parcel.fulfilment_id)
        .join(Carrier, Carrier.id == Parcel.carrier_id)
    )


def _lists() -> Any:
    return (
        select(*_LIST)
        .join(Warehouse, Warehouse.id == HandOverList.warehouse_id)
        .join(Carrier, Carrier.id == HandOverList.carrier_id)
    )


def _is(ref: str) -> Any:
    try:
        return Parcel.id == uuid.UUID(ref)
    except ValueError:
        # The waybill's index begins with the carrier, of which there are few.
        waybill = (Parcel.carrier_id.in_(select(Carrier.id))) & (
            Parcel.waybill_number.in_(sorted({ref.strip(), numbers.bare(ref)}))
        )
        return or_(Parcel.number == numbers.written(ref), waybill)
