"""The floor as people see it: waves with their walk, fulfilments with what is picked and packed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from oms import numbers
from oms.errors import NotFound
from oms.fulfilment import incomplete
from oms.fulfilment.models import Fulfilment, Wave
from oms.inventory.models import Warehouse
from oms.journey.models import Step
from oms.orders.models import Order
from oms.parties.models import Carrier

Key = tuple[datetime, uuid.UUID]

_WAVE = (
    Wave.id,
    Wave.number,
    Wave.status,
    Wave.service,
    Wave.cut_off_at,
    Wave.length_mm,
    Wave.optimum_mm,
    Wave.s_shape_mm,
    Wave.released_at,
    Wave.completed_at,
    Wave.assignee_id,
    Warehouse.code.label("warehouse"),
    Warehouse.zone,
    Carrier.name.label("carrier"),
)

_FULFILMENT = (
    Fulfilment.id,
    Fulfilment.number,
    Fulfilment.order_id,
    Fulfilment.status,
    Fulfilment.service,
    Fulfilment.cut_off_at,
    Fulfilment.promised_ship_at,
    Fulfilment.promised_deliver_at,
    Fulfilment.wave_id,
    Fulfilment.released_at,
    Fulfilment.picked_by,
    Fulfilment.packed_by,
    Order.number.label("order_number"),
    Warehouse.code.label("warehouse"),
    Warehouse.zone,
    Carrier.name.label("carrier"),
)

_STOPS = text("""
    SELECT t.id AS task_id, t.stop, b.code AS bin, s.code AS sku, s.name_en, s.name_zh, s.unit, t.qty,
           t.qty_picked, t.qty - t.qty_picked AS left, t.status, t.short_reason, t.picked_by,
           f.id AS fulfilment_id, f.number AS fulfilment, o.number AS order_number,
           EXISTS (SELECT 1 FROM hold h WHERE h.order_id = t.order_id AND h.released_at IS NULL) AS held,
           coalesce((SELECT min(c.code) FROM barcode c WHERE c.sku_id = s.id AND c.qty = 1), s.code) AS barcode
    FROM pick_task t
    JOIN bin b ON b.id = t.bin_id JOIN sku s ON s.id = t.sku_id
    JOIN fulfilment f ON f.id = t.fulfilment_id JOIN orders o ON o.id = t.order_id
    WHERE t.wave_id = :wave ORDER BY t.stop
""")

_LINES = text("""
    SELECT l.id, l.fulfilment_id, l.order_line_id, l.sku_id, s.code AS sku, s.name_en, s.name_zh, s.unit, s.weight_g,
           l.qty, l.qty_picked, l.qty_short, l.qty_packed, l.qty_picked - l.qty_packed AS left,
           coalesce((SELECT min(c.code) FROM barcode c WHERE c.sku_id = s.id AND c.qty = 1), s.code) AS barcode
    FROM fulfilment_line l JOIN sku s ON s.id = l.sku_id
    WHERE l.fulfilment_id = ANY(CAST(:ids AS uuid[])) ORDER BY l.fulfilment_id, s.code
""")


def warehouse_id(session: Session, *, code: str) -> uuid.UUID:
    """The id of a warehouse's code; NotFound where there is none."""
    found = session.execute(select(Warehouse.id).where(Warehouse.code == code)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"there is no warehouse {code[:40]}")
    return found


def waves(
    session: Session,
    *,
    limit: int,
    warehouse: str | None = None,
    status: str | None = None,
    after: Key | None = None,
    newest: bool = False,
) -> Sequence[Any]:
    """Waves by cut-off, the first or the `newest` before others, from after a key (cut_off_at, id); one row more than `limit`."""
    by = (Wave.cut_off_at.desc(), Wave.id.desc()) if newest else (Wave.cut_off_at, Wave.id)
    statement = _wave_rows().order_by(*by).limit(limit + 1)
    if warehouse is not None:
        statement = statement.where(Wave.warehouse_id == _place(warehouse))
    if status is not None:
        statement = statement.where(Wave.status == status)
    if after is not None:
        key = tuple_(Wave.cut_off_at, Wave.id)
        statement = statement.where(key < after if newest else key > after)
    return session.execute(statement).all()


def wave(session: Session, *, ref: str) -> Any:
    """A wave by number or id; NotFound where there is none."""
    found = session.execute(_wave_rows().where(_is(Wave, ref))).one_or_none()
    if found is None:
        raise NotFound(f"there is no pick list {ref[:60]}")
    return found


def stops(session: Session, *, wave_id: uuid.UUID) -> Sequence[Any]:
    """The tasks of a wave in walking order; `held`: its order is stopped, and nothing is to be taken for it now."""
    return session.execute(_STOPS, {"wave": wave_id}).all()


def fulfilments(
    session: Session,
    *,
    limit: int,
    warehouse: str | None = None,
    status: str | None = None,
    after: Key | None = None,
    packable: bool = False,
) -> Sequence[Any]:
    """Fulfilments by cut-off, from after a key (cut_off_at, id); one row more than `limit`.

    `packable`: without those whose goods were put aside until what was short of them is there (F-7).
    """
    statement = _fulfilment_rows().order_by(Fulfilment.cut_off_at, Fulfilment.id).limit(limit + 1)
    if warehouse is not None:
        statement = statement.where(Fulfilment.warehouse_id == _place(warehouse))
    if status is not None:
        statement = statement.where(Fulfilment.status == status)
    if after is not None:
        statement = statement.where(tuple_(Fulfilment.cut_off_at, Fulfilment.id) > after)
    if packable:
        statement = statement.where(~incomplete.WAITING_ROW)
    return session.execute(statement).all()


def fulfilment(session: Session, *, ref: str) -> Any:
    """A fulfilment by number or id; NotFound where there is none."""
    found = session.execute(_fulfilment_rows().where(_is(Fulfilment, ref))).one_or_none()
    if found is None:
        raise NotFound(f"there is no fulfilment {ref[:60]}")
    return found


def of_order(session: Session, *, order_id: uuid.UUID) -> Sequence[Any]:
    """An order's fulfilments, oldest first."""
    statement = _fulfilment_rows().where(Fulfilment.order_id == order_id).order_by(Fulfilment.id)
    return session.execute(statement).all()


def lines(session: Session, *, fulfilment_ids: Sequence[uuid.UUID]) -> Sequence[Any]:
    """The lines of fulfilments with what is picked and packed."""
    return session.execute(_LINES, {"ids": list(fulfilment_ids)}).all()


def _wave_rows() -> Any:
    return (
        select(*_WAVE).join(Warehouse, Warehouse.id == Wave.warehouse_id).join(Carrier, Carrier.id == Wave.carrier_id)
    )


def _fulfilment_rows() -> Any:
    return (
        select(*_FULFILMENT)
        .join(Order, Order.id == Fulfilment.order_id)
        .join(Warehouse, Warehouse.id == Fulfilment.warehouse_id)
        .join(Carrier, Carrier.id == Fulfilment.carrier_id)
    )


def _place(code: str) -> Any:
    # A scalar subquery, so that the list's index is walked in order.
    return select(Warehouse.id).where(Warehouse.code == code).scalar_subquery()


def _is(model: Any, ref: str) -> Any:
    try:
        return model.id == uuid.UUID(ref)
    except ValueError:
        return model.number == numbers.written(ref)


def waits_for_put_back(session: Session, *, fulfilment_id: uuid.UUID) -> bool:
    """Whether goods of a stopped fulfilment have to go back into their bins."""
    step = select(Step.id).where(Step.subject_id == fulfilment_id, Step.kind == "put_back")
    running = step.where(Step.state.in_(("open", "claimed", "paused")))
    return session.execute(running.limit(1)).first() is not None


def progress(session: Session, *, wave_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Any]:
    """How far waves are: stops, those that are settled, pieces, orders."""
    rows = session.execute(_PROGRESS, {"ids": list(wave_ids)})
    return {row.wave_id: row for row in rows}


_PROGRESS = text("""
    SELECT wave_id, count(*) AS stops, count(*) FILTER (WHERE status <> 'pending') AS settled,
           sum(qty) AS pieces, count(DISTINCT order_id) AS orders
    FROM pick_task WHERE wave_id = ANY(CAST(:ids AS uuid[])) GROUP BY wave_id
""")


def to_put_back(session: Session, *, warehouse_id: uuid.UUID, limit: int) -> Sequence[Any]:
    """Fulfilments of a warehouse whose goods wait to go back into their bins, by cut-off."""
    waiting = select(Step.subject_id).where(Step.kind == "put_back", Step.state.in_(("open", "claimed", "paused")))
    statement = _fulfilment_rows().where(Fulfilment.warehouse_id == warehouse_id, Fulfilment.id.in_(waiting))
    return session.execute(statement.order_by(Fulfilment.cut_off_at, Fulfilment.id).limit(limit)).all()
