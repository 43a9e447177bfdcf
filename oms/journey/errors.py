"""Error events: facts that count against accuracy (requirements, How errors count). One error counts once per person."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from oms.db import new_id
from oms.journey import lifecycle, touched
from oms.journey.models import ErrorEvent


@dataclass(frozen=True, slots=True)
class NewError:
    """`cause`: channel | entry | pick | pack | carrier | supplier | product | customer | inventory.

    `stage` and `person` (an actor, as `staff:<id>`) are at fault; `caught`: found before it left the house.
    """

    subject_type: str
    subject_id: uuid.UUID
    kind: str
    cause: str
    stage: str
    person: str
    caught: bool
    order_id: uuid.UUID | None = None
    note: str = ""


_JUDGE_ANEW = text("""
    UPDATE error_event SET upheld = (stage = :stage AND person = :person), ruled_at = :now, ruled_by = :by, ruling = 'judged anew'
    WHERE kind = :kind AND subject_id = :subject AND upheld <> (stage = :stage AND person = :person)
    RETURNING id, order_id, upheld
""")


def judge(
    session: Session, *, kind: str, subject_id: uuid.UUID, event: NewError | None, by: str, now: datetime
) -> None:
    """A verdict about one thing replaces those before it: `event` counts and no other of its kind; None: nobody's error."""
    at_fault = {"stage": event.stage if event else "", "person": event.person if event else ""}
    params = {"kind": kind, "subject": subject_id, **at_fault, "by": by, "now": now}
    moved = session.execute(_JUDGE_ANEW, params).all()
    touched.touch(session, [row.order_id for row in moved])
    notes = [
        lifecycle.Note(
            "error_event",
            row.id,
            "error.upheld" if row.upheld else "error.lifted",
            "judged anew",
            order_id=row.order_id,
        )
        for row in moved
    ]
    lifecycle.note(session, notes, actor=by, now=now)
    if event is not None:
        record(session, events=[event], by=by, now=now)


def record(session: Session, *, events: Sequence[NewError], by: str, now: datetime) -> list[uuid.UUID]:
    """Write the events with their history; one that is known (kind, subject, stage, person) is left. Return new ids."""
    if not events:
        return []
    rows = [{**asdict(e), "id": new_id(), "at": now, "recorded_by": by, "upheld": True} for e in events]
    statement = pg_insert(ErrorEvent).on_conflict_do_nothing(index_elements=["kind", "subject_id", "stage", "person"])
    written = set(session.execute(statement.returning(ErrorEvent.id), rows).scalars())
    touched.touch(session, [e.order_id for e in events])
    notes = [
        lifecycle.Note(
            "error_event", row["id"], "error.recorded", row["cause"], order_id=row["order_id"], became=row["kind"]
        )
        for row in rows
        if row["id"] in written
    ]
    lifecycle.note(session, notes, actor=by, now=now)
    return list(written)
