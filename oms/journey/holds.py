"""Holds: typed reasons that stop an order's steps. Placing pauses, releasing the last opens them again."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db, transaction_memory
from oms.journey import due, flow, lifecycle, touched

_HELD = "held orders"


@dataclass(frozen=True, slots=True)
class NewHold:
    """`owner` is a role; `pause_reason` customer | goods | system | ours; `explanation` {"en": ..., "zh_Hans": ...}."""

    order_id: uuid.UUID
    reason: str
    owner: str
    explanation: Mapping[str, str]
    due_at: datetime
    pause_reason: str = "ours"
    resolving_kind: str | None = None
    detail_key: str = ""
    expires_at: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def place(
    session: Session, new: Sequence[NewHold], *, by: str, now: datetime, except_steps: Sequence[uuid.UUID] = ()
) -> list[uuid.UUID]:
    """Place holds and pause the orders' steps; one that stands already is left. Return the ids placed.

    `except_steps` are the steps the caller is about to finish in this transaction.
    """
    if not new:
        return []
    placed = session.execute(
        text(_PLACE),
        {
            "id": db.new_ids(len(new)),
            "order": [h.order_id for h in new],
            "reason": [h.reason for h in new],
            "detail": [h.detail_key for h in new],
            "explanation": [json.dumps(dict(h.explanation)) for h in new],
            "owner": [h.owner for h in new],
            "pause": [h.pause_reason for h in new],
            "resolving": [h.resolving_kind for h in new],
            "due": [h.due_at for h in new],
            "expires": [h.expires_at for h in new],
            "now": now,
            "by": by,
        },
    ).all()
    transaction_memory.of(session, _HELD).clear()
    orders = [row.order_id for row in placed]
    _pause_steps(session, orders, except_steps, now)
    lifecycle.note(
        session,
        [lifecycle.Note("hold", r.id, "hold.placed", r.reason, order_id=r.order_id, became=r.reason) for r in placed],
        actor=by,
        now=now,
    )
    return [row.id for row in placed]


def release(session: Session, *, hold_ids: Sequence[uuid.UUID], by: str, now: datetime, why: str) -> list[uuid.UUID]:
    """Release holds; the steps of orders with no hold left open again. Return the orders freed."""
    params = {"ids": list(hold_ids), "by": by, "now": now, "why": why}
    released = session.execute(text(_RELEASE), params).all()
    transaction_memory.of(session, _HELD).clear()
    lifecycle.note(
        session,
        [lifecycle.Note("hold", r.id, "hold.released", why, order_id=r.order_id, was=r.reason) for r in released],
        actor=by,
        now=now,
    )
    return _free(session, sorted({row.order_id for row in released}), now)


def release_all(
    session: Session,
    *,
    order_ids: Sequence[uuid.UUID],
    by: str,
    now: datetime,
    why: str,
    reasons: Sequence[str] | None = None,
) -> list[uuid.UUID]:
    """Release every standing hold of the orders, or those with one of `reasons`; return the orders freed."""
    rows = session.execute(text(_STANDING), {"orders": list(order_ids)}).all()
    ids = [row.id for row in rows if reasons is None or row.reason in reasons]
    return release(session, hold_ids=ids, by=by, now=now, why=why)


def end_pauses(session: Session, cancelled: Sequence[Any], *, now: datetime) -> list[uuid.UUID]:
    """End the pauses of steps that were cancelled (rows of step_id, kind, and reason, started_at, due_before of a pause).

    Their clocks stood until now, so who waited for the customer was not late (K-2). Return all the steps' ids.
    """
    paused = [row for row in cancelled if row.reason is not None]
    if paused:
        params = {"steps": [row.step_id for row in paused], "dues": _dues(session, paused, now), "now": now}
        session.execute(text(_PAUSE_OVER), params)
    return [row.step_id for row in cancelled]


def standing(session: Session, *, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """The reasons that stand on each held order."""
    found: dict[uuid.UUID, list[str]] = {}
    for row in session.execute(text(_STANDING), {"orders": list(order_ids)}):
        found.setdefault(row.order_id, []).append(row.reason)
    return found


def held(session: Session, *, order_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these (locked) orders a hold stops; asked once a transaction, for holds are placed under the order's lock."""
    known = transaction_memory.of(session, _HELD)
    unknown = [order_id for order_id in order_ids if order_id not in known]
    if unknown:
        stopped = standing(session, order_ids=unknown)
        known.update((order_id, order_id in stopped) for order_id in unknown)
    return {order_id for order_id in order_ids if known[order_id]}


def learn(session: Session, stopped: Mapping[uuid.UUID, bool]) -> None:
    """Remember which of these (locked) orders a hold stops, read along with something else after they were locked."""
    transaction_memory.of(session, _HELD).update(stopped)


def _pause_steps(session: Session, orders: Sequence[uuid.UUID], spare: Sequence[uuid.UUID], now: datetime) -> None:
    params = {"orders": list(orders), "spare": list(spare), "on_hold": list(flow.on_hold_kinds()), "now": now}
    paused = session.execute(text(_PAUSE), params).all()
    touched.touch(session, orders)
    _begin_pauses(session, [_Begun(r.id, r.hold_id, r.pause_reason, r.due_at, r.reason) for r in paused], now)


class _Begun(NamedTuple):
    """A pause of a step that a hold begins: what the clock waits for, when the step was due, the hold's reason."""

    step_id: uuid.UUID
    hold_id: uuid.UUID
    reason: str
    due_before: datetime
    evidence: str


def _begin_pauses(session: Session, pauses: Sequence[_Begun], now: datetime) -> None:
    if not pauses:
        return
    step_ids, hold_ids, reasons, dues, evidence = zip(*pauses, strict=True)
    columns = {"step": step_ids, "hold": hold_ids, "reason": reasons, "due": dues, "evidence": evidence}
    params = {name: list(values) for name, values in columns.items()}
    session.execute(text(_PAUSE_ROWS), params | {"id": db.new_ids(len(pauses)), "now": now})


def _free(session: Session, orders: Sequence[uuid.UUID], now: datetime) -> list[uuid.UUID]:
    """Open the steps of orders that no hold keeps any more; a pause of a moving reason moves due time and reminder on."""
    if not orders:
        return []
    rows = session.execute(text(_PAUSED), {"orders": list(orders)}).all()
    dues = _dues(session, rows, now)
    session.execute(text(_RESUME), {"steps": [r.step_id for r in rows], "dues": dues, "now": now})
    touched.touch(session, orders)
    db.ring_after(session, {queue for r in rows if (queue := flow.FLOW[r.kind].queue)})
    held = set(standing(session, order_ids=orders))
    _hand_on(session, [order for order in orders if order in held], now)
    return [order for order in orders if order not in held]


def _hand_on(session: Session, orders: Sequence[uuid.UUID], now: datetime) -> None:
    """A pause goes on under another hold, with its reason, when its own is over: each moves the clock for its own time."""
    rows = session.execute(text(_LEFT_BEHIND), {"orders": list(orders)}).all() if orders else []
    if not rows:
        return
    dues = _dues(session, rows, now)
    session.execute(text(_PAUSE_OVER), {"steps": [r.step_id for r in rows], "dues": dues, "now": now})
    again = [_Begun(r.step_id, r.hold_id, r.next_reason, at, r.evidence) for r, at in zip(rows, dues, strict=True)]
    _begin_pauses(session, again, now)


def _dues(session: Session, pauses: Sequence[Any], now: datetime) -> list[datetime]:
    return [
        due.after_pause(
            session, kind=p.kind, due_at=p.due_before, started_at=p.started_at, ended_at=now, reason=p.reason
        )
        for p in pauses
    ]


_PLACE = """
    INSERT INTO hold (id, order_id, reason, detail_key, explanation, owner, pause_reason, resolving_kind,
                      placed_at, placed_by, due_at, expires_at)
    SELECT n.id, n.ord, n.reason, n.detail, CAST(n.explanation AS jsonb), n.owner, n.pause, n.resolving, :now, :by,
           n.due, n.expires
    FROM unnest(CAST(:id AS uuid[]), CAST(:order AS uuid[]), CAST(:reason AS text[]), CAST(:detail AS text[]),
                CAST(:explanation AS text[]), CAST(:owner AS text[]), CAST(:pause AS text[]),
                CAST(:resolving AS text[]), CAST(:due AS timestamptz[]), CAST(:expires AS timestamptz[]))
         AS n(id, ord, reason, detail, explanation, owner, pause, resolving, due, expires)
    ORDER BY n.ord
    ON CONFLICT (order_id, reason, detail_key) WHERE released_at IS NULL DO NOTHING
    RETURNING id, order_id, reason
"""

_PAUSE = """
    UPDATE step SET state = 'paused', token = token + 1, lease_until = NULL
    FROM (SELECT DISTINCT ON (order_id) order_id, id AS hold_id, pause_reason, reason, resolving_kind FROM hold
          WHERE order_id = ANY(CAST(:orders AS uuid[])) AND released_at IS NULL ORDER BY order_id, placed_at) h
    WHERE step.order_id = h.order_id AND step.state IN ('open', 'claimed')
      AND step.kind <> ALL(CAST(:on_hold AS text[])) AND step.id <> ALL(CAST(:spare AS uuid[]))
      AND step.kind IS DISTINCT FROM h.resolving_kind
    RETURNING step.id, h.hold_id, h.pause_reason, h.reason, step.due_at
"""

_PAUSE_ROWS = """
    INSERT INTO step_pause (id, step_id, hold_id, reason, evidence, started_at, due_before)
    SELECT p.id, p.step, p.hold, p.reason, p.evidence, :now, p.due
    FROM unnest(CAST(:id AS uuid[]), CAST(:step AS uuid[]), CAST(:hold AS uuid[]), CAST(:reason AS text[]),
                CAST(:evidence AS text[]), CAST(:due AS timestamptz[])) AS p(id, step, hold, reason, evidence, due)
"""

_RELEASE = """
    UPDATE hold SET released_at = :now, released_by = :by, release_note = :why
    WHERE id = ANY(CAST(:ids AS uuid[])) AND released_at IS NULL RETURNING id, order_id, reason
"""

_STANDING = """
    SELECT id, order_id, reason FROM hold WHERE order_id = ANY(CAST(:orders AS uuid[])) AND released_at IS NULL
    ORDER BY placed_at
"""

_PAUSED = """
    SELECT p.step_id, s.kind, p.reason, p.started_at, p.due_before
    FROM step s JOIN step_pause p ON p.step_id = s.id AND p.ended_at IS NULL
    WHERE s.order_id = ANY(CAST(:orders AS uuid[])) AND s.state = 'paused'
      AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.order_id = s.order_id AND hold.released_at IS NULL)
    ORDER BY s.id FOR UPDATE OF s
"""

_PAUSE_ENDS = """
    WITH r AS (SELECT * FROM unnest(CAST(:steps AS uuid[]), CAST(:dues AS timestamptz[])) AS r(id, due)),
    ended AS (UPDATE step_pause SET ended_at = :now, due_after = r.due FROM r
              WHERE step_pause.step_id = r.id AND step_pause.ended_at IS NULL)
    UPDATE step SET {opened}due_at = r.due, remind_at = remind_at + (r.due - due_at) FROM r WHERE step.id = r.id
"""
_RESUME = _PAUSE_ENDS.format(opened="state = 'open', run_after = clock_timestamp(), ")
_PAUSE_OVER = _PAUSE_ENDS.format(opened="")

_LEFT_BEHIND = """
    SELECT p.step_id, s.kind, p.reason, p.started_at, p.due_before, h.id AS hold_id, h.pause_reason AS next_reason,
           h.reason AS evidence
    FROM step s JOIN step_pause p ON p.step_id = s.id AND p.ended_at IS NULL
    JOIN hold over ON over.id = p.hold_id AND over.released_at IS NOT NULL
    CROSS JOIN LATERAL (SELECT id, pause_reason, reason FROM hold
                        WHERE hold.order_id = s.order_id AND released_at IS NULL ORDER BY placed_at LIMIT 1) h
    WHERE s.order_id = ANY(CAST(:orders AS uuid[])) AND s.state = 'paused' ORDER BY s.id FOR UPDATE OF s
"""
