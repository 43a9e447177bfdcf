"""Open, claim, finish, retry, park, cancel: the sole writer of Step.

A step is the durable queue, the clock, the worklist and the fact. Everything works on lists,
each list in one statement; a claim is committed at once by its caller, a finish belongs to the
transaction of the domain writes.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db, together
from oms.errors import Conflict, Fenced
from oms.journey import flow, holds, step_rows, step_sql, touched
from oms.journey.step_values import Claimed as Claimed
from oms.journey.step_values import Done as Done
from oms.journey.step_values import NewStep as NewStep
from oms.together import Write

MAX_ATTEMPTS = 5
#: A step that failed is parked after five attempts; one whose worker was lost may be innocent a while longer.
LOST_ATTEMPTS = 10
_FIRST_DELAY_S, _LAST_DELAY_S = 1.0, 600.0
_OPEN, _FINISH = text(step_sql.OPEN), text(step_sql.FINISH)


def open_steps(session: Session, new: Sequence[NewStep], *, now: datetime) -> list[uuid.UUID]:
    """Open `new`; one that stands already (same kind and key) is left as it is. Return the ids opened.

    A step opened while a hold stands on its order is born paused.
    """
    if not new:
        return []
    _touch(session, new)
    params = step_rows.params(session, step_rows.opened(new), now=now) | touched.told(session)
    rows = session.execute(_OPEN, {**params, "by": None, "worker": None}).all()
    _ring_kinds(session, [n.kind for n in new])
    return [row.id for row in rows]


def claim(session: Session, *, kind: str, limit: int, lease_s: int, worker: str) -> list[Claimed]:
    """Take up to `limit` due steps of `kind`, least slack first; the caller commits at once.

    A step whose lease ran out is taken alone, so that one that kills its process takes no neighbour with it; it is
    parked when that goes on and on (I10). Steps that call a peer may have many attempts, so those are not counted.
    """
    params = {"kind": kind, "lease_s": lease_s, "worker": worker}
    statement = step_sql.claim(limit)
    while True:
        rows = session.execute(statement, params).all()
        claimed = sorted((Claimed(*row[:-1]) for row in rows), key=lambda step: step.due_at)
        if not rows or not rows[0].lost or flow.FLOW[kind].queue == flow.OUTSIDE:
            return claimed
        [lost] = claimed
        if lost.attempt <= LOST_ATTEMPTS:
            return claimed
        park(session, lost, error=f"{LOST_ATTEMPTS} workers died or fell silent while they did this step")


def finish(
    session: Session,
    done: Sequence[Done],
    *,
    by: str,
    now: datetime,
    worker: str | None = None,
    along: Sequence[Write] = (),
) -> None:
    """End the steps and open what follows, in one statement; `worker` names who carried on with unwritten ones.

    `along`: what else is written, in the same statement; nothing without an end. Raises Fenced with the ids that were
    taken over meanwhile: they leave the batch and the rest runs again.
    """
    if not done:
        return
    step_rows.check_follows(done)
    rows, also = step_rows.of_ended(done)
    if also:
        session.execute(text(step_sql.END_RUNNING), {**step_rows.running(also), "by": by, "now": now})
        touched.touch(session, [subject_id for subject_id, _, _ in also])
    _touch(session, [*(d.step for d in done), *(row.step for row in rows)])
    written = [d for d in done if d.step.written]
    params = step_rows.params(session, rows, now=now) | step_rows.ended(written) | touched.told(session)
    params |= {"by": by, "worker": worker}
    left = set(together.execute(session, along, last=Write(_FINISH.text, params)).scalars().all())
    missing = [d.step.id for d in written if left and d.step.id in left]
    if missing:
        raise Fenced(missing)
    double = [row.step for row in rows if left and row.id in left]
    if double:
        raise Conflict(f"{double[0].kind} of {double[0].subject_id} stands already: it is not carried on with")
    _ring_kinds(session, [row.step.kind for row in rows if row.outcome is None])


def carry_on(
    session: Session, done: Sequence[Done], *, kinds: Collection[str], now: datetime
) -> tuple[list[Done], list[Claimed]]:
    """Take what follows at once into the worker's own transaction: `done` without it, and the steps to do next.

    That is what `flow.py` calls `at_once`, of the `kinds` the worker can do, of (locked) orders that nothing holds.
    Nobody else sees these steps; `finish` writes each with its end.
    """
    wanted = [(n, d.step.id) for d in done for n in d.opens if _at_once(d, n, kinds)]
    if not wanted:
        return list(done), []
    held = holds.held(session, order_ids=[n.subject_id for n, _ in wanted])
    taken = [(n, parent) for n, parent in wanted if n.subject_id not in held]
    own = {parent: n for n, parent in taken}
    left = [_without(d, own[d.step.id]) if d.step.id in own else d for d in done]
    return left, step_rows.held(session, taken, now=now)


def _without(d: Done, taken: NewStep) -> Done:
    opens = tuple(n for n in d.opens if n is not taken)
    return Done(d.step, d.outcome, opens, d.error, d.at, d.ends)


def _at_once(d: Done, n: NewStep, kinds: Collection[str]) -> bool:
    """An order's own next step under its usual key, due as soon as it opens."""
    return (
        n.kind in kinds
        and n.kind == flow.FLOW[d.step.kind].at_once
        and n.subject_id == d.step.order_id
        and n.key is None
        and n.run_after is None
    )


def find(
    session: Session, *, kind: str, subject_ids: Sequence[uuid.UUID], states: Sequence[str] = ("open", "claimed")
) -> dict[uuid.UUID, Claimed]:
    """The running step of `kind` for each subject, locked; what is not there is missing from the answer.

    For steps that people, customers and carriers perform: pass them on to `finish`.
    """
    found = find_kinds(session, kinds=[kind], subject_ids=subject_ids, states=states)
    return {step.subject_id: step for step in found}


def find_kinds(
    session: Session,
    *,
    kinds: Sequence[str],
    subject_ids: Sequence[uuid.UUID],
    states: Sequence[str] = ("open", "claimed"),
) -> list[Claimed]:
    """The running steps of several kinds, locked."""
    params = {"kinds": list(kinds), "subjects": list(subject_ids), "states": list(states)}
    return [Claimed(*row) for row in session.execute(text(step_sql.FIND), params)]


def find_by_id(session: Session, *, step_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Claimed]:
    """Running steps by id, locked."""
    rows = session.execute(text(step_sql.FIND_BY_ID), {"ids": list(step_ids)}).all()
    return {row.id: Claimed(*row) for row in rows}


def take(session: Session, *, step_ids: Sequence[uuid.UUID], staff_id: uuid.UUID, now: datetime) -> list[uuid.UUID]:
    """A person takes open steps of a worklist (no lease); return those taken. Taking one's own again changes nothing."""
    params = {"ids": list(step_ids), "staff": staff_id, "now": now}
    touched.touch(session, step_ids)
    return list(session.execute(text(step_sql.TAKE), params).scalars())


def reassign(session: Session, *, step_ids: Sequence[uuid.UUID], staff_id: uuid.UUID | None) -> list[uuid.UUID]:
    """Hand steps to another person; the token rises, so the former owner's form is refused."""
    params = {"ids": list(step_ids), "staff": staff_id}
    touched.touch(session, step_ids)
    return list(session.execute(text(step_sql.REASSIGN), params).scalars())


def retry(session: Session, step: Claimed, *, error: str, after_s: float | None = None) -> str:
    """Put a failed step back with a growing, jittered delay; after five attempts park it. Return its new state."""
    parked = step.attempt >= MAX_ATTEMPTS and after_s is None
    delay = after_s if after_s is not None else delay_s(step.attempt)
    _put_back(session, step, error=error, delay=delay, state="parked" if parked else "open")
    return "parked" if parked else "open"


def rest(session: Session, step: Claimed, *, why: str, after_s: float) -> None:
    """Put back what was not tried, since nobody may call its peer now: the attempt is not counted."""
    _put_back(session, step, error=why, delay=after_s, state="open", uncounted=1)


def _put_back(session: Session, step: Claimed, *, error: str, delay: float, state: str, uncounted: int = 0) -> None:
    params = {"id": step.id, "token": step.token, "error": error[:2000]}
    session.execute(text(step_sql.RETRY), {**params, "delay": delay, "state": state, "uncounted": uncounted})


def delay_s(attempt: int) -> float:
    """Seconds before attempt n+1: 1 s growing fourfold to 10 min, with jitter of a quarter."""
    # From the sixth on it is the last; what a full disk stopped may have thousands, and a power of those is no number.
    base = min(_LAST_DELAY_S, _FIRST_DELAY_S * 4 ** min(max(0, attempt - 1), 5))
    return float(base * random.uniform(0.75, 1.25))


def park(session: Session, step: Claimed, *, error: str) -> None:
    """Stop trying: the step waits on the parked page with its error and a retry button."""
    _put_back(session, step, error=error, delay=0.0, state="parked")


def hasten(session: Session, *, step_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Open steps that wait for a later moment are due now; return those. Whoever is at one of them loses nothing."""
    rows = session.execute(text(step_sql.HASTEN), {"ids": list(step_ids)}).all()
    _ring_kinds(session, [row.kind for row in rows])
    return [row.id for row in rows]


def unpark(session: Session, *, step_ids: Sequence[uuid.UUID], now: datetime) -> list[uuid.UUID]:
    """Open parked steps with a fresh count of attempts, paused where a hold stands; return those that were parked."""
    session.execute(text(step_sql.LOCK_PARKED), {"ids": list(step_ids)})
    params = {"ids": list(step_ids), "on_hold": list(flow.on_hold_kinds()), "now": now}
    rows = session.execute(text(step_sql.UNPARK), params).all()
    _ring_kinds(session, [row.kind for row in rows if row.open])
    return [row.id for row in rows]


def give_back(session: Session, steps: Iterable[Claimed]) -> None:
    """A clean stop: claims return to open and the attempt is not counted."""
    steps = list(steps)
    params = {"ids": [s.id for s in steps], "tokens": [s.token for s in steps]}
    session.execute(text(step_sql.GIVE_BACK), params)


def abandon(session: Session, *, worker: str) -> int:
    """End the leases of a worker process that is known to be dead, so that others need not wait; return how many."""
    return len(session.execute(text(step_sql.ABANDON), {"worker": worker}).all())


def let_go(session: Session, *, worker: str, after_s: float) -> int:
    """Open what a living worker holds and cannot go on with, since the database failed it: the attempt is not counted.

    Return how many. Left to their leases they would count as lost, and a full disk be taken for ten workers that died.
    """
    params = {"worker": worker, "delay": after_s, "error": "the database failed its worker in the middle"}
    return len(session.execute(text(step_sql.LET_GO), params).all())


def renew(session: Session, steps: Sequence[Claimed], *, lease_s: int) -> list[uuid.UUID]:
    """Lengthen the leases; return the steps that are still ours."""
    params = {"ids": [s.id for s in steps], "tokens": [s.token for s in steps], "lease_s": lease_s}
    return list(session.execute(text(step_sql.RENEW), params).scalars())


def cancel(
    session: Session,
    *,
    subject_ids: Sequence[uuid.UUID],
    by: str,
    now: datetime,
    kinds: Sequence[str] | None = None,
    why: str = "cancelled",
) -> list[uuid.UUID]:
    """Cancel the unfinished steps of subjects (token + 1, so a running one is fenced); return their ids."""
    params = {"subjects": list(subject_ids), "kinds": list(kinds or flow.FLOW), "by": by, "now": now, "why": why}
    touched.touch(session, subject_ids)
    return holds.end_pauses(session, session.execute(text(step_sql.CANCEL), params).all(), now=now)


def cancel_orders(
    session: Session, *, order_ids: Sequence[uuid.UUID], by: str, now: datetime, kinds: Sequence[str], why: str
) -> list[uuid.UUID]:
    """Cancel the unfinished steps of `kinds` that belong to these orders, whatever their subject."""
    params = {"orders": list(order_ids), "kinds": list(kinds), "by": by, "now": now, "why": why}
    touched.touch(session, order_ids)
    return holds.end_pauses(session, session.execute(text(step_sql.CANCEL_ORDERS), params).all(), now=now)


def ended_earlier(session: Session, *, kind: str, at: dict[uuid.UUID, datetime]) -> None:
    """Set the end of the subjects' finished steps back to the time that a late scan tells; never forward."""
    params = {"kind": kind, "subjects": list(at), "ats": list(at.values())}
    session.execute(text(step_sql.ENDED_EARLIER), params)
    touched.touch(session, at)


def move_due(session: Session, *, kind: str, due: dict[uuid.UUID, datetime]) -> None:
    """Set a new due time for the running steps of subjects; `first_due_at` keeps the first (promise rule)."""
    params = {"kind": kind, "subjects": list(due), "dues": list(due.values())}
    session.execute(text(step_sql.MOVE_DUE), params)
    touched.touch(session, due)


def _touch(session: Session, which: Sequence[NewStep | Claimed]) -> None:
    """Periodic work is in no figure, and its one subject has more steps each minute."""
    ids = [s.order_id or s.subject_id for s in which if flow.FLOW[s.kind].subject not in _UNCOUNTED]
    touched.touch(session, ids)


_UNCOUNTED = ("period", "channel", "carrier")


def _ring_kinds(session: Session, kinds: Sequence[str]) -> None:
    db.ring_after(session, {queue for kind in kinds if (queue := flow.FLOW[kind].queue)})
