"""Closing boxes: checked goods become parcels with their weight, and the step `book` follows (F-3).

The weight is the second scan: a box that weighs what its goods do not is opened again, or the packer says why.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import db, numbers
from oms.catalog.models import Sku
from oms.errors import Conflict, InputInvalid
from oms.fulfilment import boxing, cartons, locks, packing
from oms.fulfilment.boxing import Box, Checked
from oms.fulfilment.carton_goods import CartonKind, Packing, Piece
from oms.fulfilment.models import Carton, Fulfilment, FulfilmentLine
from oms.journey import lifecycle, policy
from oms.journey import steps as journey
from oms.journey.lifecycle import Note
from oms.journey.steps import Done, NewStep
from oms.rows import among, insert_rows
from oms.shipping import rules
from oms.shipping.models import Parcel, ParcelLine
from oms.shipping.rules import Contents


@dataclass(frozen=True, slots=True)
class Closing:
    """The boxes of one fulfilment; `weight_reason` overrides a weight alarm and is kept in history."""

    fulfilment_id: uuid.UUID
    boxes: Sequence[Box]
    weight_reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Packed:
    """A box with what is in it, what it should weigh (None: a piece's weight is unknown), and its place in the form."""

    fulfilment: Fulfilment
    place: int
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
    closing = Closing(fulfilment_id, boxes, weight_reason)
    ids = close_many(session, closings=[closing], actor=actor, staff_id=staff_id, now=now)[fulfilment_id]
    statement = select(Parcel).where(among(Parcel.id, ids)).order_by(Parcel.position)
    return list(session.execute(statement).scalars())


def close_many(
    session: Session, *, closings: Sequence[Closing], actor: str, staff_id: uuid.UUID | None, now: datetime
) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Close the boxes of many fulfilments in a fixed number of statements; return each one's parcels.

    All or none: one that is wrong refuses the list, with the errors of `close_boxes`.
    """
    ids = [closing.fulfilment_id for closing in closings]
    locks.take_orders(session, fulfilment_ids=ids)
    fulfilments = packing.packable_all(session, fulfilment_ids=ids)
    packed = _packed(session, closings, fulfilments)
    alarms = _alarms(session, packed, now)
    reasons = {c.fulfilment_id: (c.weight_reason or "").strip()[:500] for c in closings}
    unexplained = {f"boxes.{p.place}.weight_g": words for p, words in alarms if not reasons[p.fulfilment.id]}
    if unexplained:
        raise InputInvalid("the weight is wrong: open the box and check it, or say why it is right", fields=unexplained)
    rows = [_parcel(one, actor, now) for one in packed]
    _write(session, rows, packed)
    _pass_on(session, fulfilments, rows, actor, staff_id, now)
    _note_override(session, rows, packed, alarms, reasons, actor, now)
    made: dict[uuid.UUID, list[uuid.UUID]] = {fulfilment_id: [] for fulfilment_id in ids}
    for row in rows:
        made[row["fulfilment_id"]].append(row["id"])
    return made


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


def _packed(
    session: Session, closings: Sequence[Closing], fulfilments: Mapping[uuid.UUID, Fulfilment]
) -> list[_Packed]:
    if not all(closing.boxes for closing in closings):
        raise InputInvalid("no box to close", fields={"boxes": "name at least one box with its carton and weight"})
    checked = boxing.checked_all(session, fulfilment_ids=list(fulfilments))
    kinds = boxing.cartons(session, codes=[box.carton_code for closing in closings for box in closing.boxes])
    return [
        packed
        for closing in closings
        for packed in _filled(closing, fulfilments[closing.fulfilment_id], checked[closing.fulfilment_id], kinds)
    ]


def _filled(
    closing: Closing, fulfilment: Fulfilment, lines: Sequence[Checked], kinds: Mapping[str, Carton]
) -> list[_Packed]:
    checked = {line.line_id: line for line in lines}
    contents, faults = rules.distribute(
        {line.line_id: line.qty for line in lines}, [box.contents for box in closing.boxes]
    )
    faults |= {
        f"boxes.{place}.weight_g": f"carton {box.carton_code} holds {kinds[box.carton_code].limit_g} g at most"
        for place, box in enumerate(closing.boxes)
        if not 0 < box.weight_g <= kinds[box.carton_code].limit_g
    }
    if faults:
        raise InputInvalid("the boxes are not right yet", fields=faults)
    return [
        _Packed(
            fulfilment, place, box, kinds[box.carton_code], inside, _expected_g(kinds[box.carton_code], inside, checked)
        )
        for place, (box, inside) in enumerate(zip(closing.boxes, contents, strict=True))
    ]


def _expected_g(carton: Carton, contents: Contents, checked: Mapping[uuid.UUID, Checked]) -> int | None:
    weights = [(checked[line_id].weight_g, qty) for line_id, qty in contents]
    if any(weight is None for weight, _ in weights):
        return None
    return carton.tare_g + int(sum(Decimal(weight or 0) * qty for weight, qty in weights))


def _alarms(session: Session, packed: Sequence[_Packed], now: datetime) -> list[tuple[_Packed, str]]:
    numbers_of = policy.read(session, now)
    percent, grams = numbers_of.decimal("pack.weight_tolerance"), numbers_of.whole("pack.weight_tolerance_g")
    return [
        (one, f"weighed {one.box.weight_g} g, its goods should weigh {one.expected_g} g")
        for one in packed
        if one.expected_g is not None
        and boxing.weight_alarm(
            weighed_g=one.box.weight_g, expected_g=one.expected_g, tolerance_percent=percent, tolerance_g=grams
        )
    ]


def _write(session: Session, rows: Sequence[dict[str, Any]], packed: Sequence[_Packed]) -> None:
    insert_rows(session, Parcel, rows)
    lines = [
        {"parcel_id": row["id"], "fulfilment_line_id": line_id, "qty": qty}
        for row, one in zip(rows, packed, strict=True)
        for line_id, qty in one.contents
    ]
    insert_rows(session, ParcelLine, lines)


def _parcel(one: _Packed, actor: str, now: datetime) -> dict[str, Any]:
    number = numbers.new_number("PC")
    return {
        "id": db.new_id(),
        "number": number,
        "reference": f"{number}.1",
        "order_id": one.fulfilment.order_id,
        "fulfilment_id": one.fulfilment.id,
        "position": one.place,
        "carton_id": one.carton.id,
        "weight_g": one.box.weight_g,
        "length_mm": one.carton.length_mm,
        "width_mm": one.carton.width_mm,
        "height_mm": one.carton.height_mm,
        "carrier_id": one.fulfilment.carrier_id,
        "service": one.fulfilment.service,
        "packed_at": now,
        "packed_by": actor,
    }


def _pass_on(
    session: Session,
    fulfilments: Mapping[uuid.UUID, Fulfilment],
    rows: Sequence[Mapping[str, Any]],
    actor: str,
    staff_id: uuid.UUID | None,
    now: datetime,
) -> None:
    ids = list(fulfilments)
    # One box may be closed without a first look at the list: the state passes through packing all the same.
    unlooked = [f.id for f in fulfilments.values() if f.status != "packing"]
    lifecycle.advance(session, Fulfilment, unlooked, to="packing", cause="boxed", actor=actor, now=now, lenient=True)
    by = {"packed_by": actor}
    lifecycle.advance(session, Fulfilment, ids, to="packed", cause="boxed", actor=actor, now=now, also=by)
    if staff_id is not None:
        journey.take_kind(session, kind="pack", subject_ids=ids, staff_id=staff_id, now=now)
    found = journey.find(session, kind="pack", subject_ids=ids)
    for fulfilment in fulfilments.values():
        if fulfilment.id not in found:
            raise Conflict(f"fulfilment {fulfilment.number} has no open step `pack`: look at its order's page")
    opens: dict[uuid.UUID, list[NewStep]] = {}
    for row in rows:
        due_at = fulfilments[row["fulfilment_id"]].cut_off_at
        step = NewStep("book", row["id"], order_id=row["order_id"], due_at=due_at)
        opens.setdefault(row["fulfilment_id"], []).append(step)
    done = [Done(step, "packed", tuple(opens[fulfilment_id])) for fulfilment_id, step in found.items()]
    journey.finish(session, done, by=actor, now=now)


def _note_override(
    session: Session,
    rows: Sequence[Mapping[str, Any]],
    packed: Sequence[_Packed],
    alarms: Sequence[tuple[_Packed, str]],
    reasons: Mapping[uuid.UUID, str],
    actor: str,
    now: datetime,
) -> None:
    row_of = {id(one): row for row, one in zip(rows, packed, strict=True)}
    notes = [
        Note(
            "parcel",
            row_of[id(one)]["id"],
            "parcel.weight_overridden",
            reasons[one.fulfilment.id],
            order_id=one.fulfilment.order_id,
            data={"number": row_of[id(one)]["number"], "alarm": words},
        )
        for one, words in alarms
    ]
    lifecycle.note(session, notes, actor=actor, now=now)
