"""Parcels in trouble raise a case by themselves: late, stuck, refused, lost, damaged, or not scanned for days (F-8)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from oms.errors import Conflict, InputInvalid
from oms.journey import lifecycle, policy
from oms.journey import steps as journey
from oms.journey.flow import UNDELIVERED
from oms.journey.lifecycle import Note
from oms.journey.steps import Done, NewStep
from oms.orders import locking
from oms.shipping import arrivals
from oms.shipping.models import Parcel
from oms.shipping.scan_times import counts_at


class Trouble(NamedTuple):
    """What a carrier's scan told of a parcel, and when it counts."""

    parcel_id: uuid.UUID
    status: str
    at: datetime


_STOOD = text("""
    SELECT subject_id, key, finished_at FROM step WHERE kind = 'track_case' AND subject_id = ANY(CAST(:ids AS uuid[]))
""")

_ORDERS = text("SELECT id, order_id FROM parcel WHERE id = ANY(CAST(:ids AS uuid[]))")

_SCANNED = text(f"""
    SELECT e.parcel_id, e.status, {counts_at("e", "p")} AS at FROM tracking_event e JOIN parcel p ON p.id = e.parcel_id
    WHERE e.id = ANY(CAST(:ids AS uuid[])) ORDER BY e.id
""")

# Not sorted here: by the order of their ids all parcels that ever were would be read.
SILENT = text(f"""
    SELECT p.id, p.order_id, greatest(p.handed_over_at, e.at) AS last_at
    FROM parcel p LEFT JOIN LATERAL (SELECT max({counts_at("t", "p")}) AS at FROM tracking_event t
                                     WHERE t.parcel_id = p.id AND t.status <> 'pre_transit') e ON TRUE
    WHERE p.carrier_id = :carrier AND p.waybill_number IS NOT NULL AND p.delivered_at IS NULL AND p.undelivered_at IS NULL
      AND p.handed_over_at < :before AND p.tracking_status NOT IN ('lost', 'return_to_sender')
      AND greatest(p.handed_over_at, e.at) < :before
""")


def of_scans(session: Session, *, scan_ids: Sequence[uuid.UUID]) -> list[Trouble]:
    """The troubles that these scans told, in the order in which they were told."""
    return [Trouble(*row) for row in session.execute(_SCANNED, {"ids": list(scan_ids)})] if scan_ids else []


def open_cases(session: Session, *, troubles: Sequence[Trouble], now: datetime) -> int:
    """Open a case for each trouble, unless one of the same kind stands; after one that was settled, for what was scanned since."""
    if not troubles:
        return 0
    ids = {"ids": list({trouble.parcel_id for trouble in troubles})}
    orders = {row.id: row.order_id for row in session.execute(_ORDERS, ids)}
    stood = session.execute(_STOOD, ids).all()
    new: dict[str, NewStep] = {}
    why: dict[str, str] = {}
    for trouble in {(one.parcel_id, one.status): one for one in troubles}.values():
        key = _key(trouble, [row for row in stood if row.subject_id == trouble.parcel_id])
        if key is not None:
            parcel_id = trouble.parcel_id
            new[key] = NewStep("track_case", parcel_id, order_id=orders[parcel_id], key=key)
            why[key] = trouble.status
    return _open(session, list(new.values()), why, now)


def _key(trouble: Trouble, stood: Sequence[Row[Any]]) -> str | None:
    """What makes the case one of its kind; None where a case answers for the trouble already."""
    key = f"{trouble.parcel_id}:{trouble.status}"
    same = [row.finished_at for row in stood if row.key == key or row.key.startswith(f"{key}:")]
    if not same:
        return key
    if any(at is None or at >= trouble.at for at in same):
        return None
    return f"{key}:{trouble.at:%Y%m%dT%H%M%S}"


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


@dataclass(frozen=True, slots=True)
class Finding:
    """What the carrier answered and what was done; `undelivered_as`, one of `flow.UNDELIVERED`, when it never arrives."""

    words: str
    undelivered_as: str | None = None


def settle(
    session: Session, *, parcel_id: uuid.UUID, step_id: uuid.UUID, finding: Finding, actor: str, now: datetime
) -> Parcel:
    """End a case of a parcel with what was found and done; return the parcel.

    A parcel that never arrives is awaited no more: its promises end with what became of it, and its order may be over.
    Raises InputInvalid without a finding, Conflict when the case is settled or the parcel did not leave or arrived.
    """
    _refuse_unclear(finding)
    locking.touch(session, order_ids=session.scalars(select(Parcel.order_id).where(Parcel.id == parcel_id)).all())
    step = journey.find_by_id(session, step_ids=[step_id]).get(step_id)
    if step is None or (step.kind, step.subject_id) != ("track_case", parcel_id):
        raise Conflict("this case is settled already")
    parcel = session.get_one(Parcel, parcel_id, populate_existing=True)
    note = Note("parcel", parcel.id, "parcel.case_settled", finding.words.strip()[:1000], parcel.order_id)
    lifecycle.note(session, [note], actor=actor, now=now)
    journey.finish(session, [Done(step, "settled")], by=actor, now=now)
    if finding.undelivered_as:
        _give_up(session, parcel, finding.undelivered_as, actor, now)
    return parcel


def _refuse_unclear(finding: Finding) -> None:
    faults = {}
    if not finding.words.strip():
        faults["finding"] = "say what the carrier answered and what was done"
    if finding.undelivered_as is not None and finding.undelivered_as not in UNDELIVERED:
        faults["undelivered_as"] = f"one of {', '.join(UNDELIVERED)}"
    if faults:
        raise InputInvalid("a case ends with its finding", fields=faults)


def _give_up(session: Session, parcel: Parcel, became: str, actor: str, now: datetime) -> None:
    if parcel.handed_over_at is None or parcel.delivered_at is not None or parcel.undelivered_at is not None:
        raise Conflict(f"parcel {parcel.number} is not on its way: what became of it is known")
    parcel.undelivered_at, parcel.undelivered_as = now, became
    session.flush()
    note = Note("parcel", parcel.id, "parcel.undelivered", became, parcel.order_id, became=became)
    lifecycle.note(session, [note], actor=actor, now=now)
    arrivals.undelivered(session, parcel_id=parcel.id, by=actor, now=now)
