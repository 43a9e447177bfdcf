"""Closing boxes: checked goods become parcels with their weight, and the step `book` follows (F-3).

The weight is the second scan: a box that weighs what its goods do not is opened again, or the packer says why.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from oms import db, numbers
from oms.catalog.models import Sku
from oms.errors import Conflict, InputInvalid
from oms.fulfilment import boxing, cartons, packing
from oms.fulfilment.boxing import Box, Checked
from oms.fulfilment.carton_goods import CartonKind, Packing, Piece
from oms.fulfilment.models import Carton, Fulfilment, FulfilmentLine
from oms.journey import lifecycle, policy
from oms.journey import steps as journey
from oms.journey.lifecycle import Note
from oms.journey.steps import Done, NewStep
from oms.orders import locking
from oms.shipping import rules
from oms.shipping.models import Parcel, ParcelLine
from oms.shipping.rules import Contents


@dataclass(frozen=True, slots=True)
class _Packed:
    """A box with what is in it, and what it should weigh (None: a piece's weight is unknown)."""

    box: Box
    carton: Carton
    contents: Contents
    expected_g: int | None


def close_boxes(
    session: Session,
    *,
    fulfilment_id: uuid.UUID,
    boxes: Sequence[Box],
    actor: str,
    staff_id: uuid.UUID | None,
    now: datetime,
    weight_reason: str | None = None,
) -> list[Parcel]:
    """Make one parcel of each box, end the step `pack` and open `book` for each parcel.

    `weight_reason` overrides a weight alarm and is kept in history. Raises InputInvalid naming the box that is
    wrong, Conflict when there is nothing to pack (also for a repeat: the fulfilment is packed already).
    """
    fulfilment = packing.packable(session, fulfilment_id=fulfilment_id)
    locking.touch(session, order_ids=[fulfilment.order_id])
    fulfilment = packing.packable(session, fulfilment_id=fulfilment_id)
    packed = _packed(session, fulfilment_id, boxes)
    alarms = _alarms(session, packed, now)
    if alarms and not (weight_reason and weight_reason.strip()):
        raise InputInvalid("the weight is wrong: open the box and check it, or say why it is right", fields=alarms)
    parcels = _write(session, fulfilment, packed, actor, now)
    _pass_on(session, fulfilment, parcels, actor, staff_id, now)
    if alarms:
        _note_override(session, parcels, alarms, str(weight_reason), actor, now)
    return parcels


def suggest(session: Session, *, fulfilment_id: uuid.UUID) -> Packing:
    """The cartons for a fulfilment's picked pieces; SKUs without sizes are packed by weight."""
    statement = (
        select(FulfilmentLine.qty_picked, Sku)
        .join(Sku, Sku.id == FulfilmentLine.sku_id)
        .where(FulfilmentLine.fulfilment_id == fulfilment_id)
        .order_by(Sku.code)
    )
    pieces = [_piece(sku) for qty, sku in session.execute(statement) for _ in range(int(qty))]
    kinds = [
        CartonKind(c.code, c.length_mm, c.width_mm, c.height_mm, c.limit_g, c.tare_g, c.price)
        for c in session.execute(select(Carton).order_by(Carton.code)).scalars()
    ]
    return cartons.choose_cartons(pieces, kinds)


def _piece(sku: Sku) -> Piece:
    return Piece(sku.code, sku.weight_g or 0, sku.length_mm, sku.width_mm, sku.height_mm, this_side_up=sku.this_side_up)


def _packed(session: Session, fulfilment_id: uuid.UUID, boxes: Sequence[Box]) -> list[_Packed]:
    if not boxes:
        raise InputInvalid("no box to close", fields={"boxes": "name at least one box with its carton and weight"})
    checked = {line.line_id: line for line in boxing.checked(session, fulfilment_id=fulfilment_id)}
    kinds = boxing.cartons(session, codes=[box.carton_code for box in boxes])
    packed = {line.line_id: line.qty for line in checked.values()}
    contents, faults = rules.distribute(packed, [box.contents for box in boxes])
    faults |= {
        f"boxes.{place}.weight_g": f"carton {box.carton_code} holds {kinds[box.carton_code].limit_g} g at most"
        for place, box in enumerate(boxes)
        if not 0 < box.weight_g <= kinds[box.carton_code].limit_g
    }
    if faults:
        raise InputInvalid("the boxes are not right yet", fields=faults)
    return [
        _Packed(box, kinds[box.carton_code], inside, _expected_g(kinds[box.carton_code], inside, checked))
        for box, inside in zip(boxes, contents, strict=True)
    ]


def _expected_g(carton: Carton, contents: Contents, checked: dict[uuid.UUID, Checked]) -> int | None:
    weights = [(checked[line_id].weight_g, qty) for line_id, qty in contents]
    if any(weight is None for weight, _ in weights):
        return None
    return carton.tare_g + int(sum(Decimal(weight or 0) * qty for weight, qty in weights))


def _alarms(session: Session, packed: Sequence[_Packed], now: datetime) -> dict[str, str]:
    numbers_of = policy.read(session, now)
    percent, grams = numbers_of.decimal("pack.weight_tolerance"), numbers_of.whole("pack.weight_tolerance_g")
    return {
        f"boxes.{place}.weight_g": f"weighed {one.box.weight_g} g, its goods should weigh {one.expected_g} g"
        for place, one in enumerate(packed)
        if one.expected_g is not None
        and boxing.weight_alarm(
            weighed_g=one.box.weight_g, expected_g=one.expected_g, tolerance_percent=percent, tolerance_g=grams
        )
    }


def _write(
    session: Session, fulfilment: Fulfilment, packed: Sequence[_Packed], actor: str, now: datetime
) -> list[Parcel]:
    parcels = [_parcel(fulfilment, place, one, actor, now) for place, one in enumerate(packed)]
    session.add_all(parcels)
    session.flush()
    lines = [
        {"parcel_id": parcel.id, "fulfilment_line_id": line_id, "qty": qty}
        for parcel, one in zip(parcels, packed, strict=True)
        for line_id, qty in one.contents
    ]
    session.execute(insert(ParcelLine), lines)
    return parcels


def _parcel(fulfilment: Fulfilment, place: int, one: _Packed, actor: str, now: datetime) -> Parcel:
    number = numbers.new_number("PC")
    return Parcel(
        id=db.new_id(),
        number=number,
        reference=f"{number}.1",
        order_id=fulfilment.order_id,
        fulfilment_id=fulfilment.id,
        position=place,
        carton_id=one.carton.id,
        weight_g=one.box.weight_g,
        length_mm=one.carton.length_mm,
        width_mm=one.carton.width_mm,
        height_mm=one.carton.height_mm,
        carrier_id=fulfilment.carrier_id,
        service=fulfilment.service,
        label_status="none",
        tracking_status="pre_transit",
        packed_at=now,
        packed_by=actor,
    )


def _pass_on(
    session: Session,
    fulfilment: Fulfilment,
    parcels: Sequence[Parcel],
    actor: str,
    staff_id: uuid.UUID | None,
    now: datetime,
) -> None:
    ids = [fulfilment.id]
    # One box may be closed without a first look at the list: the state passes through packing all the same.
    lifecycle.advance(session, Fulfilment, ids, to="packing", cause="boxed", actor=actor, now=now, lenient=True)
    lifecycle.advance(session, Fulfilment, ids, to="packed", cause="boxed", actor=actor, now=now)
    session.execute(update(Fulfilment).where(Fulfilment.id == fulfilment.id).values(packed_by=actor))
    if staff_id is not None:
        waiting = journey.find(session, kind="pack", subject_ids=ids, states=("open",))
        journey.take(session, step_ids=[s.id for s in waiting.values()], staff_id=staff_id, now=now)
    found = journey.find(session, kind="pack", subject_ids=ids)
    if not found:
        raise Conflict(f"fulfilment {fulfilment.number} has no open step `pack`: look at its order's page")
    opens = tuple(NewStep("book", p.id, order_id=p.order_id, due_at=fulfilment.cut_off_at) for p in parcels)
    journey.finish(session, [Done(step, "packed", opens) for step in found.values()], by=actor, now=now)


def _note_override(
    session: Session, parcels: Sequence[Parcel], alarms: dict[str, str], reason: str, actor: str, now: datetime
) -> None:
    notes = [
        Note(
            "parcel",
            parcel.id,
            "parcel.weight_overridden",
            reason.strip()[:500],
            order_id=parcel.order_id,
            data={"number": parcel.number, "alarm": alarms[f"boxes.{place}.weight_g"]},
        )
        for place, parcel in enumerate(parcels)
        if f"boxes.{place}.weight_g" in alarms
    ]
    lifecycle.note(session, notes, actor=actor, now=now)
