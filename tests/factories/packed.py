"""A floor served by the sandbox carrier, with orders driven up to packed, booked or handed over."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from connectors.carriage import Label
from oms.db import new_id
from oms.fulfilment import packing, picking
from oms.fulfilment.boxing import Box
from oms.fulfilment.models import Fulfilment, FulfilmentLine, PickTask
from oms.fulfilment.packing import PackScan
from oms.fulfilment.picking import PickScan
from oms.inventory.models import Bin
from oms.journey import steps
from oms.shipping import booking, handover, parcels
from oms.shipping.handover import Signed
from oms.shipping.models import Parcel
from tests.factories.floor import Floor, make_floor, released, wave_of

PICKER, PACKER = "bob", "amy"
#: One piece of each SKU of the floor (300 g) in carton M (120 g).
WEIGHT_G = 720
SECRET = "whsec_c2FuZGJveC1jYXJyaWVyLXNlY3JldC0wMQ=="


def served_floor(session: Session, url: str = "http://127.0.0.1:1", **given: Any) -> Floor:
    """A floor whose carrier is the sandbox at `url`."""
    floor = make_floor(session, **given)
    floor.carrier.base_url, floor.carrier.api_key, floor.carrier.secrets = url, "sandbox-carrier-key", [SECRET]
    session.flush()
    return floor


def checked(session: Session, floor: Floor, now: datetime, **given: Any) -> Fulfilment:
    """A fulfilment whose every piece was picked and checked by scan."""
    fulfilment = released(session, floor, now, **given)
    wave = wave_of(session, fulfilment)
    for task in session.query(PickTask).filter_by(wave_id=wave.id, fulfilment_id=fulfilment.id).order_by(PickTask.stop):
        place = session.get_one(Bin, task.bin_id)
        scanned = PickScan(str(new_id()), wave.id, place.code, _code(session, task.sku_id), task.qty)
        assert picking.scan(session, scanned=scanned, actor=PICKER, staff_id=None, now=now).answer == "ok"
    for line in session.query(FulfilmentLine).filter_by(fulfilment_id=fulfilment.id).populate_existing():
        check = PackScan(str(new_id()), fulfilment.id, _code(session, line.sku_id), line.qty_picked)
        assert packing.scan(session, scanned=check, actor=PACKER, staff_id=None, now=now).answer == "ok"
    return session.get_one(Fulfilment, fulfilment.id, populate_existing=True)


def packed(session: Session, floor: Floor, now: datetime, **given: Any) -> Parcel:
    """A closed box with its step `book` open."""
    qty = int(given.get("qty", 1))
    fulfilment = checked(session, floor, now, **given)
    box = Box("M", weight_g=120 + qty * 600)
    return close(session, fulfilment, [box], now)[0]


def close(session: Session, fulfilment: Fulfilment, boxes: list[Box], now: datetime, **given: Any) -> list[Parcel]:
    ids = parcels.close_boxes(
        session, fulfilment_id=fulfilment.id, boxes=boxes, actor=PACKER, staff_id=None, now=now, **given
    )
    return [session.get_one(Parcel, parcel_id) for parcel_id in ids]


def two_boxes(session: Session, fulfilment: Fulfilment) -> list[Box]:
    """The fulfilment's two lines in a box each."""
    lines = session.query(FulfilmentLine).filter_by(fulfilment_id=fulfilment.id).order_by(FulfilmentLine.id)
    return [Box("M", 120 + int(line.qty_packed) * 300, ((line.id, Decimal(line.qty_packed)),)) for line in lines]


def _code(session: Session, sku_id: object) -> str:
    return str(session.execute(text("SELECT code FROM sku WHERE id = :id"), {"id": sku_id}).scalar_one())


def booked(session: Session, floor: Floor, now: datetime, **given: Any) -> Parcel:
    """A parcel with a label, on its carrier's open list; the label's bytes are the test's, the recording is ours."""
    return label(session, packed(session, floor, now, **given), now)


def label(session: Session, parcel: Parcel, now: datetime) -> Parcel:
    made = Label(
        f"W{parcel.number[3:]}", parcel.service, Decimal("12.50"), "CNY", b"%PDF-" + parcel.id.bytes, b"^XA^XZ"
    )
    found = steps.find(session, kind="book", subject_ids=[parcel.id])
    done = [booking.record_label(session, step=step, label=made, now=now) for step in found.values()]
    steps.finish(session, done, by="system", now=now)
    return session.get_one(Parcel, parcel.id, populate_existing=True)


def handed_over(session: Session, floor: Floor, now: datetime, **given: Any) -> Parcel:
    """A parcel that left with both signatures."""
    parcel = booked(session, floor, now, **given)
    sign_both(session, parcel, now)
    return session.get_one(Parcel, parcel.id, populate_existing=True)


def sign_both(session: Session, parcel: Parcel, now: datetime) -> Signed:
    assert parcel.hand_over_list_id is not None
    same: dict[str, Any] = {"list_id": parcel.hand_over_list_id, "actor": "cleo", "now": now}
    handover.sign(session, side="us", signer="Cleo", **same)
    return handover.sign(session, side="carrier", signer="Driver 7", **same)


def two_booked(session: Session, floor: Floor, now: datetime, *, handed: bool = False) -> tuple[Parcel, Parcel]:
    """One order in two labelled boxes."""
    fulfilment = checked(session, floor, now)
    first, second = [label(session, p, now) for p in close(session, fulfilment, two_boxes(session, fulfilment), now)]
    if handed:
        sign_both(session, first, now)
    return first, second
