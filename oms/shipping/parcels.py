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

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from oms import db, numbers
from oms.errors import Conflict, IllegalTransition, InputInvalid
from oms.fulfilment import boxing, locks, packing
from oms.fulfilment.boxing import Around, Box, Checked
from oms.fulfilment.models import Fulfilment
from oms.fulfilment.packing import AtTable
from oms.journey import lifecycle, move_sql, policy, step_sql
from oms.journey import steps as journey
from oms.journey.lifecycle import Note
from oms.journey.steps import Claimed, Done, NewStep
from oms.rows import insert_part, part_params
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

    fulfilment: Row[Any]
    place: int
    box: Box
    carton: Around
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
) -> list[uuid.UUID]:
    """Make one parcel of each box, end the step `pack` and open `book` for each parcel; return the parcels' ids.

    `weight_reason` overrides a weight alarm and is kept in history. Raises InputInvalid naming the box that is
    wrong, Conflict when there is nothing to pack (also for a repeat: the fulfilment is packed already).
    """
    closing = Closing(fulfilment_id, boxes, weight_reason)
    return close_many(session, closings=[closing], actor=actor, staff_id=staff_id, now=now)[fulfilment_id]


def close_many(
    session: Session, *, closings: Sequence[Closing], actor: str, staff_id: uuid.UUID | None, now: datetime
) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Close the boxes of many fulfilments in a fixed number of statements; return each one's parcels.

    All or none: one that is wrong refuses the list, with the errors of `close_boxes`.
    """
    ids = [closing.fulfilment_id for closing in closings]
    locks.take_orders(session, fulfilment_ids=ids)
    tables = packing.at_table(session, fulfilment_ids=ids)
    packed = _packed(session, closings, tables)
    alarms = _alarms(session, packed, now)
    reasons = {c.fulfilment_id: (c.weight_reason or "").strip()[:500] for c in closings}
    unexplained = {f"boxes.{p.place}.weight_g": words for p, words in alarms if not reasons[p.fulfilment.id]}
    if unexplained:
        raise InputInvalid("the weight is wrong: open the box and check it, or say why it is right", fields=unexplained)
    rows = [_parcel(one, actor, now) for one in packed]
    fulfilments = {fulfilment_id: table.head for fulfilment_id, table in tables.items()}
    found = _write(session, fulfilments, rows, packed, actor, staff_id, now)
    _pass_on(session, fulfilments, rows, found, actor, now)
    _note_override(session, rows, packed, alarms, reasons, actor, now)
    made: dict[uuid.UUID, list[uuid.UUID]] = {fulfilment_id: [] for fulfilment_id in ids}
    for row in rows:
        made[row["fulfilment_id"]].append(row["id"])
    return made


def _packed(session: Session, closings: Sequence[Closing], tables: Mapping[uuid.UUID, AtTable]) -> list[_Packed]:
    if not all(closing.boxes for closing in closings):
        raise InputInvalid("no box to close", fields={"boxes": "name at least one box with its carton and weight"})
    boxing.require_checked(sum(table.unchecked for table in tables.values()))
    kinds = boxing.cartons(session, codes=[box.carton_code for closing in closings for box in closing.boxes])
    return [packed for closing in closings for packed in _filled(closing, tables[closing.fulfilment_id], kinds)]


def _filled(closing: Closing, table: AtTable, kinds: Mapping[str, Row[Any]]) -> list[_Packed]:
    checked = {line.line_id: line for line in table.checked}
    contents, faults = rules.distribute(
        {line.line_id: line.qty for line in table.checked}, [box.contents for box in closing.boxes]
    )
    around: list[Around] = []
    for place, (box, inside) in enumerate(zip(closing.boxes, contents, strict=True)):
        carton = kinds[box.carton_code] if box.carton_code in kinds else boxing.own_packaging(inside, checked)
        if isinstance(carton, str):
            faults[f"boxes.{place}.carton_code"] = carton
            continue
        if not 0 < box.weight_g <= carton.limit_g:
            faults[f"boxes.{place}.weight_g"] = f"carton {box.carton_code} holds {carton.limit_g} g at most"
        around.append(carton)
    if faults:
        raise InputInvalid("the boxes are not right yet", fields=faults)
    return [
        _Packed(table.head, place, box, carton, inside, _expected_g(carton, inside, checked))
        for place, (box, carton, inside) in enumerate(zip(closing.boxes, around, contents, strict=True))
    ]


def _expected_g(carton: Around, contents: Contents, checked: Mapping[uuid.UUID, Checked]) -> int | None:
    weights = [(checked[line_id].weight_g, qty) for line_id, qty in contents]
    if any(weight is None for weight, _ in weights):
        return None
    return int(carton.tare_g) + int(sum(Decimal(weight or 0) * qty for weight, qty in weights))


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


#: What is told of a parcel and of what is in it.
_PARCEL = (
    "id", "number", "reference", "order_id", "fulfilment_id", "position", "carton_id", "weight_g", "length_mm",
    "width_mm", "height_mm", "carrier_id", "service", "packed_at", "packed_by",
)  # fmt: skip
_LINE = ("parcel_id", "fulfilment_line_id", "qty")

# Each running step is one of a fulfilment that moved; a full join is never done by looking at all of one for each of the other.
_WRITE = text(f"""
    WITH want AS (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:entries AS uuid[])) AS w(id, entry_id)),
    boxes AS ({insert_part(Parcel, _PARCEL)}), pieces AS ({insert_part(ParcelLine, _LINE)}),
    {move_sql.parts(Fulfilment, "packed", to="packed", source="want", cause="'boxed'", also={"packed_by": ":actor"})},
    {step_sql.take_and_find_part(kind="pack", subjects="SELECT id FROM packed")}
    SELECT packed.id AS fulfilment_id, {step_sql.FOUND} FROM packed FULL JOIN running ON running.subject_id = packed.id
""")


def _write(
    session: Session,
    fulfilments: Mapping[uuid.UUID, Row[Any]],
    rows: Sequence[dict[str, Any]],
    packed: Sequence[_Packed],
    actor: str,
    staff_id: uuid.UUID | None,
    now: datetime,
) -> dict[uuid.UUID, Claimed]:
    """Write the parcels with what is in them and move their fulfilments on; return the steps `pack` by fulfilment."""
    # One box may be closed without a first look at the list: the state passes through packing all the same.
    unlooked = [f.id for f in fulfilments.values() if f.status != "packing"]
    lifecycle.advance(session, Fulfilment, unlooked, to="packing", cause="boxed", actor=actor, now=now, lenient=True)
    lines = [
        {"parcel_id": row["id"], "fulfilment_line_id": line_id, "qty": qty}
        for row, one in zip(rows, packed, strict=True)
        for line_id, qty in one.contents
    ]
    params = {"ids": list(fulfilments), "entries": db.new_ids(len(fulfilments)), "actor": actor, "now": now}
    params |= part_params(Parcel, _PARCEL, rows)
    params |= part_params(ParcelLine, _LINE, lines)
    found = session.execute(_WRITE, params | {"staff": staff_id}).all()
    others = set(fulfilments) - {row.fulfilment_id for row in found}
    if others:
        named = ", ".join(f"fulfilment {i}: {fulfilments[i].status} -> packed" for i in sorted(others)[:5])
        raise IllegalTransition(f"{named} is not allowed")
    return {row.fulfilment_id: Claimed(*row[1:]) for row in found if row[1] is not None}


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
    fulfilments: Mapping[uuid.UUID, Row[Any]],
    rows: Sequence[Mapping[str, Any]],
    found: Mapping[uuid.UUID, Claimed],
    actor: str,
    now: datetime,
) -> None:
    for fulfilment in fulfilments.values():
        if fulfilment.id not in found:
            raise Conflict(f"fulfilment {fulfilment.number} has no open step `pack`: look at its order's page")
    opens: dict[uuid.UUID, list[NewStep]] = {}
    for row in rows:
        due_at = found[row["fulfilment_id"]].due_at
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
