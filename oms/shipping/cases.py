"""Parcels in trouble raise a case by themselves: late, stuck, refused, lost, damaged, or not scanned for days (F-8)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.errors import Conflict, InputInvalid
from oms.journey import lifecycle, policy
from oms.journey import steps as journey
from oms.journey.lifecycle import Note
from oms.journey.steps import Done, NewStep
from oms.shipping.models import Parcel

_ORDERS = text("SELECT id, order_id FROM parcel WHERE id = ANY(CAST(:ids AS uuid[]))")

# Not sorted here: by the order of their ids all parcels that ever were would be read.
SILENT = text("""
    SELECT p.id, p.order_id, greatest(p.handed_over_at, e.at) AS last_at
    FROM parcel p LEFT JOIN LATERAL (SELECT max(t.at) AS at FROM tracking_event t
                                     WHERE t.parcel_id = p.id AND t.status <> 'pre_transit') e ON TRUE
    WHERE p.carrier_id = :carrier AND p.waybill_number IS NOT NULL AND p.delivered_at IS NULL
      AND p.handed_over_at < :before AND p.tracking_status NOT IN ('lost', 'return_to_sender')
      AND greatest(p.handed_over_at, e.at) < :before
""")


def open_cases(session: Session, *, troubles: Sequence[tuple[uuid.UUID, str]], now: datetime) -> int:
    """Open a case for each (parcel, status); one that stands or stood for the same trouble is not opened again."""
    if not troubles:
        return 0
    orders = {row.id: row.order_id for row in session.execute(_ORDERS, {"ids": [t[0] for t in troubles]})}
    new = [
        NewStep("track_case", parcel, order_id=orders[parcel], key=f"{parcel}:{status}") for parcel, status in troubles
    ]
    return _open(session, new, {f"{p}:{s}": s for p, s in troubles}, now)


def open_silent(session: Session, *, carrier_id: uuid.UUID, now: datetime) -> int:
    """Open a case for each parcel on its way that was not scanned for `carrier.no_scan_days`; once for each silence."""
    days = policy.read(session, now).whole("carrier.no_scan_days")
    rows = sorted(session.execute(SILENT, {"carrier": carrier_id, "before": now - timedelta(days=days)}).all())
    new = [
        NewStep("track_case", r.id, order_id=r.order_id, key=f"{r.id}:no_scan:{r.last_at:%Y%m%dT%H%M%S}") for r in rows
    ]
    return _open(session, new, {str(n.key): "no_scan" for n in new}, now)


def _open(session: Session, new: Sequence[NewStep], why: dict[str, str], now: datetime) -> int:
    opened = journey.open_steps(session, new, now=now)
    if opened:
        # Only those whose step is new get an entry: the others were told before.
        keys = session.execute(
            text("SELECT key FROM step WHERE id = ANY(CAST(:ids AS uuid[]))"), {"ids": opened}
        ).scalars()
        named = {n.key: n for n in new}
        notes = [
            Note("parcel", named[k].subject_id, "parcel.case", why[k], named[k].order_id, became=why[k]) for k in keys
        ]
        lifecycle.note(session, notes, actor="system", now=now)
    return len(opened)


def settle(session: Session, *, step_id: uuid.UUID, finding: str, actor: str, now: datetime) -> None:
    """End a case with what was found and done. Raises InputInvalid without a finding, Conflict when it is settled."""
    if not finding.strip():
        hint = "say what the carrier answered and what was done"
        raise InputInvalid("a case ends with its finding", fields={"finding": hint})
    step = journey.find_by_id(session, step_ids=[step_id]).get(step_id)
    if step is None or step.kind != "track_case":
        raise Conflict("this case is settled already")
    parcel = session.get_one(Parcel, step.subject_id)
    note = Note("parcel", parcel.id, "parcel.case_settled", finding.strip()[:1000], parcel.order_id)
    lifecycle.note(session, [note], actor=actor, now=now)
    journey.finish(session, [Done(step, "settled")], by=actor, now=now)
