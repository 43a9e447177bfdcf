"""What people see of the steps: worklists, taking, handing over, and the page of parked steps (X-1, G-3)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.errors import InputInvalid, NotFound
from oms.journey import flow, lifecycle, steps

Key = tuple[datetime, uuid.UUID]


@dataclass(frozen=True, slots=True)
class Item:
    """A step as a worklist shows it; `token` goes into the form and comes back with it."""

    id: uuid.UUID
    kind: str
    subject_type: str
    subject_id: uuid.UUID
    order_id: uuid.UUID | None
    performer: str
    assignee_id: uuid.UUID | None
    state: str
    attempt: int
    opened_at: datetime
    due_at: datetime
    error: str | None
    token: int


def waiting(
    session: Session,
    *,
    performers: Collection[str],
    staff_id: uuid.UUID | None,
    limit: int,
    kind: str | None = None,
    mine: bool = False,
    before: datetime | None = None,
    after: Key | None = None,
) -> list[Item]:
    """Unfinished steps of these performers, the most urgent first, from after a key; one row more than `limit`.

    `mine`: only those assigned to `staff_id`. `before`: only those due before that moment.
    """
    params = {
        "performers": sorted(performers),
        "staff": staff_id,
        "kind": kind,
        "mine": mine,
        "before": before,
        "after_due": after[0] if after else None,
        "after_id": after[1] if after else None,
    }
    return [Item(*row) for row in session.execute(text(f"{_WAITING} LIMIT {int(limit) + 1}"), params)]


def parked(
    session: Session,
    *,
    limit: int,
    after: uuid.UUID | None = None,
    kind: str | None = None,
    performer: str | None = None,
    owner_id: uuid.UUID | None = None,
) -> list[Item]:
    """Parked steps, oldest first, from after an id: of one kind, of one role or of one person; one row more than `limit`."""
    params = {"after": after, "kind": kind, "performer": performer, "owner": owner_id}
    return [Item(*row) for row in session.execute(text(f"{_PARKED} LIMIT {int(limit) + 1}"), params)]


def item(session: Session, *, step_id: uuid.UUID) -> Item:
    """One step, locked; NotFound where there is none."""
    found = session.execute(text(_BY_ID), {"ids": [step_id]}).one_or_none()
    if found is None:
        raise NotFound("there is no such step")
    return Item(*found)


def take(
    session: Session,
    *,
    step_ids: Sequence[uuid.UUID],
    roles: Collection[str],
    staff_id: uuid.UUID,
    actor: str,
    now: datetime,
) -> list[uuid.UUID]:
    """A person takes open steps of their own roles; return those taken. Others' steps are not found."""
    items = _of_roles(session, step_ids, roles)
    taken = steps.take(session, step_ids=list(items), staff_id=staff_id, now=now)
    _note(session, [items[i] for i in taken], "step.taken", actor, "taken from the worklist", now)
    return taken


def hand_over(
    session: Session,
    *,
    step_ids: Sequence[uuid.UUID],
    roles: Collection[str],
    to: uuid.UUID | None,
    why: str,
    actor: str,
    now: datetime,
) -> list[uuid.UUID]:
    """Hand steps to another person, or back to all (None), with the reason; the former owner's form is refused."""
    if not why.strip():
        raise InputInvalid("say why it is handed over", fields={"why": "say why"})
    items = _of_roles(session, step_ids, roles)
    moved = steps.reassign(session, step_ids=list(items), staff_id=to)
    _note(session, [items[i] for i in moved], "step.handed_over", actor, why, now, became=str(to) if to else "all")
    return moved


def retry(session: Session, *, step_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> list[uuid.UUID]:
    """Open parked steps again; return those that were parked. A repeat changes nothing."""
    found = session.execute(text(_BY_ID), {"ids": list(step_ids)})
    items = {row.id: Item(*row) for row in found}
    opened = steps.unpark(session, step_ids=list(items), now=now)
    _note(session, [items[i] for i in opened], "step.retried", actor, "retried by hand", now)
    return opened


def _of_roles(session: Session, step_ids: Sequence[uuid.UUID], roles: Collection[str]) -> dict[uuid.UUID, Item]:
    found = {row.id: Item(*row) for row in session.execute(text(_BY_ID), {"ids": list(step_ids)})}
    mine = {item.id: item for item in found.values() if item.performer in roles and item.performer != flow.SYSTEM}
    if len(mine) < len(set(step_ids)):
        raise NotFound("the step is not there, or it is not on your worklist")
    return mine


def _note(
    session: Session,
    items: Sequence[Item],
    event: str,
    actor: str,
    cause: str,
    now: datetime,
    became: str | None = None,
) -> None:
    notes = [
        lifecycle.Note(
            item.subject_type,
            item.subject_id,
            event,
            cause,
            order_id=item.order_id,
            was=str(item.assignee_id) if became and item.assignee_id else None,
            became=became,
            data={"step": item.kind},
        )
        for item in items
    ]
    lifecycle.note(session, notes, actor=actor, now=now)


_COLUMNS = "id, kind, subject_type, subject_id, order_id, performer, assignee_id, state, attempt, opened_at, due_at, error, token"

_WAITING = f"""
    SELECT {_COLUMNS} FROM step
    WHERE state IN ('open', 'claimed', 'paused') AND performer = ANY(CAST(:performers AS text[])) AND performer <> 'system'
      AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND (NOT CAST(:mine AS boolean) OR assignee_id = :staff)
      AND (CAST(:before AS timestamptz) IS NULL OR (due_at < :before AND state <> 'paused'))
      AND (CAST(:after_due AS timestamptz) IS NULL OR (due_at, id) > (:after_due, CAST(:after_id AS uuid)))
    ORDER BY due_at, id
"""

_PARKED = f"""
    SELECT {_COLUMNS} FROM step
    WHERE state = 'parked' AND (CAST(:after AS uuid) IS NULL OR id > :after)
      AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND (CAST(:performer AS text) IS NULL OR performer = :performer)
      AND (CAST(:owner AS uuid) IS NULL OR assignee_id = :owner)
    ORDER BY id
"""

_BY_ID = f"SELECT {_COLUMNS} FROM step WHERE id = ANY(CAST(:ids AS uuid[])) FOR UPDATE"
