"""Waves: planning them, their walk, the pick list as JSON and PDF, and picks by scan (F-2)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import get_locale
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from oms import db
from oms.accounts import staff
from oms.clock import zone_named
from oms.documents import pick_list
from oms.documents.pick_list import PickLine, PickListDocument
from oms.fulfilment import picking, queries, shorts, waves
from oms.fulfilment.picking import PickScan
from oms.fulfilment.states import WAVE
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Qty, Schema, paged
from oms.web.api.idempotent import idempotent
from oms.web.api.order_lines import named_in
from oms.web.api.paging import PageArgs, decode, page
from oms.web.api.papers import PDF, paper
from oms.web.api.scan_words import told
from oms.web.api.shapes import Text
from oms.web.auth import me, right
from oms.web.language import LANGUAGES

blp = Blueprint("waves", __name__, description="Waves, pick lists and picks by scan")


class PlanIn(Schema):
    warehouse = Text(required=True, longest=40)


class Planned(Schema):
    planned = fields.Integer(required=True, metadata={"description": "fulfilments that wait for their wave"})


class WaveArgs(PageArgs):
    warehouse = Text(longest=40)
    status = fields.String(validate=validate.OneOf(sorted(WAVE.moves)))


class WaveItem(Schema):
    """A wave; lengths of its walk in mm: as planned, the shortest possible (null: unknown), and S-shape's."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    warehouse = fields.String(required=True)
    carrier = fields.String(required=True)
    service = fields.String(required=True)
    status = fields.String(required=True)
    cut_off_at = Instant(required=True)
    length_mm = fields.Integer(required=True)
    optimum_mm = fields.Integer(required=True, allow_none=True)
    s_shape_mm = fields.Integer(required=True)
    released_at = Instant(required=True)
    completed_at = Instant(required=True, allow_none=True)
    assignee_id = fields.UUID(required=True, allow_none=True)


class StopOut(Schema):
    """A stop of the walk: take `left` of `qty` pieces from `bin`."""

    task_id = fields.UUID(required=True)
    stop = fields.Integer(required=True)
    bin = fields.String(required=True)
    sku = fields.String(required=True)
    name_en = fields.String(required=True)
    name_zh = fields.String(required=True)
    unit = fields.String(required=True)
    barcode = fields.String(required=True)
    qty = Qty(required=True)
    qty_picked = Qty(required=True)
    left = Qty(required=True)
    status = fields.String(required=True)
    short_reason = fields.String(required=True, allow_none=True)
    picked_by = fields.String(required=True, allow_none=True)
    fulfilment_id = fields.UUID(required=True)
    fulfilment = fields.String(required=True)
    order_number = fields.String(required=True)


class WaveOut(WaveItem):
    stops = fields.List(fields.Nested(StopOut), required=True)


class ListArgs(Schema):
    language = fields.String(validate=validate.OneOf(sorted(LANGUAGES)))


class PickIn(Schema):
    """`scan_id` is made by the device: the same one sent twice counts once."""

    scan_id = Text(required=True, longest=100)
    wave_id = fields.UUID(required=True)
    bin_code = Text(required=True, longest=100)
    code = Text(required=True, longest=200, metadata={"description": "the barcode on the goods, or the SKU's code"})
    qty = Qty(required=True)
    stop = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(1, 100_000),
        metadata={"description": "the stop that the device shows: the scan counts for no other order at the same bin"},
    )


class PickOut(Schema):
    """`answer`: ok, or why the scan is wrong; `message` says it in the caller's language."""

    answer = fields.String(required=True)
    message = fields.String(required=True)
    task_id = fields.UUID(required=True, allow_none=True)
    left = Qty(required=True)
    fulfilment_picked = fields.Boolean(required=True)
    wave_completed = fields.Boolean(required=True)


class ShortIn(Schema):
    task_id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(shorts.REASONS))
    bin_empty = fields.Boolean(
        load_default=False, metadata={"description": "nothing at all is there: the rest of its record falls as well"}
    )


class ShortOut(Schema):
    fulfilment_id = fields.UUID(required=True)
    settled = fields.Boolean(required=True, metadata={"description": "nothing of the fulfilment is left to pick"})


@blp.post("/waves/plan")
@idempotent
@blp.arguments(PlanIn)
@blp.response(202, Planned)
@right("wave.plan")
def plan(given: dict[str, Any]) -> dict[str, int]:
    """Plan the waiting waves of a warehouse now: a picker is free."""
    with edge.transaction() as session:
        with named_in("warehouse"):
            warehouse_id = queries.warehouse_id(session, code=given["warehouse"])
        return {"planned": waves.plan_now(session, warehouse_id=warehouse_id)}


@blp.get("/waves")
@blp.arguments(WaveArgs, location="query")
@blp.response(200, paged(WaveItem, "WavePage"))
@right("wave.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """List waves by their carrier's cut-off."""
    after = decode(args["cursor"], datetime, uuid.UUID)
    with edge.transaction() as session:
        rows = queries.waves(
            session,
            limit=args["limit"],
            warehouse=args.get("warehouse"),
            status=args.get("status"),
            after=(after[0], after[1]) if after else None,
        )
    return page(rows, limit=args["limit"], key=lambda row: (row.cut_off_at, row.id))


@blp.get("/waves/<ref>")
@blp.response(200, WaveOut)
@right("wave.read")
def read(ref: str) -> dict[str, Any]:
    """Read one wave, by number or id: its stops in walking order."""
    with edge.transaction() as session:
        row = queries.wave(session, ref=ref)
        return dict(row._mapping) | {"stops": queries.stops(session, wave_id=row.id)}


@blp.get("/waves/<ref>/pick-list.pdf")
@blp.arguments(ListArgs, location="query")
@blp.response(200, {"type": "string", "format": "binary"}, content_type=PDF)
@right("wave.read")
def pick_list_pdf(args: dict[str, Any], ref: str) -> Response:
    """The pick list to print, with barcodes, in the caller's language or the one named: what is still to be taken.

    Stops that are settled, and those of stopped orders, are left out; a list that is done is printed as it was picked.
    """
    language = args.get("language") or str(get_locale())
    with edge.transaction() as session:
        row = queries.wave(session, ref=ref)
        stops = queries.stops(session, wave_id=row.id)
        names = staff.names(session, staff_ids=[row.assignee_id] if row.assignee_id else [])
        printed_at = db.now(session)
    document = PickListDocument(
        number=row.number,
        warehouse=row.warehouse,
        carrier=f"{row.carrier} {row.service}",
        cut_off_at=row.cut_off_at,
        lines=tuple(_line(stop, qty, language) for stop, qty in _printed(row.status, stops)),
        length_mm=row.length_mm,
        optimum_mm=row.optimum_mm,
        s_shape_mm=row.s_shape_mm,
        printed_at=printed_at,
        picker=names.get(row.assignee_id, ""),
        zone=zone_named(row.zone or edge.settings().zone),
    )
    return paper(pick_list.render(document, language=language), media_type=PDF, name=f"{row.number}.pdf")


def _printed(status: str, stops: Sequence[Any]) -> Iterator[tuple[Any, Decimal]]:
    """The stops on the paper, each with how many pieces."""
    for stop in stops:
        if status not in ("released", "in_progress"):
            qty = stop.qty_picked
        else:
            qty = Decimal(0) if stop.held or stop.status != "pending" else stop.left
        if qty > 0:
            yield stop, qty


def _line(row: Any, qty: Decimal, language: str) -> PickLine:
    return PickLine(
        stop=row.stop,
        bin=row.bin,
        sku=row.sku,
        name=row.name_zh if language == "zh_Hans" else row.name_en,
        qty=qty,
        unit=row.unit,
        order_number=row.order_number,
        barcode=row.barcode,
        tote=row.fulfilment,
    )


@blp.post("/picks")
@idempotent
@blp.arguments(PickIn)
@blp.response(200, PickOut)
@right("pick")
def pick(given: dict[str, Any]) -> dict[str, Any]:
    """Count one scan at a bin. A wrong scan is recorded too, and answered with what to do instead."""
    who = me()
    with edge.transaction() as session:
        found = picking.scan(
            session, scanned=PickScan(**given), actor=who.actor, staff_id=who.staff_id, now=db.now(session)
        )
    return {
        "answer": found.answer,
        "message": told(found.answer),
        "task_id": found.task_id,
        "left": found.left,
        "fulfilment_picked": found.fulfilment_picked,
        "wave_completed": found.wave_completed,
    }


@blp.post("/picks/short")
@idempotent
@blp.arguments(ShortIn)
@blp.response(200, ShortOut)
@right("pick")
def short(given: dict[str, Any]) -> dict[str, Any]:
    """Report that the rest of a stop is not in its bin: the stock record falls, the line is backordered again."""
    actor = me().actor
    with edge.transaction() as session:
        now = db.now(session)
        fulfilment_id = shorts.report_short(session, **given, actor=actor, now=now)
        settled = picking.settle(session, fulfilment_ids=[fulfilment_id], actor=actor, now=now)
    return {"fulfilment_id": fulfilment_id, "settled": bool(settled)}
