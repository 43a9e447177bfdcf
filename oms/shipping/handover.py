"""Hand-over lists: the parcels that one carrier takes from one warehouse; we sign, the carrier signs, stock leaves (F-4)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text, update
from sqlalchemy.orm import Session

from oms import crypto, db, numbers
from oms.errors import Conflict, IllegalTransition, InputInvalid, NotFound
from oms.fulfilment.models import Fulfilment
from oms.journey import holds, lifecycle, move_sql
from oms.journey import steps as journey
from oms.journey.lifecycle import Note
from oms.journey.steps import Done, NewStep
from oms.orders import derived
from oms.shipping import leaving, list_papers
from oms.shipping.leaving import Left
from oms.shipping.models import HandOverList, Parcel

SIDES = ("us", "carrier")

#: A list may be signed just as a parcel joins; then the parcel joins the next one.
_TRIES = 2

# One open list for each warehouse and carrier: who comes first makes it.
_OPEN = text("""
    INSERT INTO hand_over_list (id, number, warehouse_id, carrier_id, status, opened_at)
    SELECT n.id, n.number, n.warehouse_id, n.carrier_id, 'open', :now
    FROM unnest(CAST(:id AS uuid[]), CAST(:number AS text[]), CAST(:warehouse AS uuid[]), CAST(:carrier AS uuid[]))
         AS n(id, number, warehouse_id, carrier_id)
    ON CONFLICT (warehouse_id, carrier_id) WHERE status = 'open' DO NOTHING
""")

_OPEN_LISTS = text("""
    SELECT id, warehouse_id, carrier_id FROM hand_over_list
    WHERE status = 'open' AND warehouse_id = ANY(CAST(:warehouse AS uuid[])) AND carrier_id = ANY(CAST(:carrier AS uuid[]))
    ORDER BY id FOR SHARE
""")

# The list's row is held while a parcel joins, so that nobody signs it in that moment.
_JOIN = text("""
    WITH l AS (SELECT id, warehouse_id, carrier_id FROM hand_over_list
               WHERE status = 'open' AND warehouse_id = ANY(CAST(:warehouse AS uuid[]))
                 AND carrier_id = ANY(CAST(:carrier AS uuid[])) ORDER BY id FOR SHARE)
    UPDATE parcel SET hand_over_list_id = l.id FROM fulfilment f, l
    WHERE parcel.id = ANY(CAST(:ids AS uuid[])) AND f.id = parcel.fulfilment_id AND l.warehouse_id = f.warehouse_id
      AND l.carrier_id = parcel.carrier_id AND parcel.hand_over_list_id IS NULL
      AND parcel.label_status = 'purchased' AND parcel.handed_over_at IS NULL
    RETURNING parcel.id
""")

_PLACES = text("""
    SELECT DISTINCT f.warehouse_id, p.carrier_id FROM parcel p JOIN fulfilment f ON f.id = p.fulfilment_id
    WHERE p.id = ANY(CAST(:ids AS uuid[])) ORDER BY 1, 2
""")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature did: the list's state, the parcels that left, and those struck out with the reason."""

    status: str
    left: tuple[uuid.UUID, ...] = ()
    struck_out: tuple[tuple[uuid.UUID, str], ...] = ()


def join(session: Session, *, parcel_ids: Sequence[uuid.UUID], now: datetime) -> list[uuid.UUID]:
    """Put labelled parcels on their warehouse's and carrier's open list; return those that joined. Repeats change nothing."""
    places = session.execute(_PLACES, {"ids": list(parcel_ids)}).all()
    where = {"warehouse": [p.warehouse_id for p in places], "carrier": [p.carrier_id for p in places]}
    joined: list[uuid.UUID] = []
    for _ in range(_TRIES):
        new = {"id": db.new_ids(len(places)), "number": [numbers.new_number("HL") for _ in places], "now": now}
        session.execute(_OPEN, where | new)
        joined += session.execute(_JOIN, where | {"ids": list(parcel_ids)}).scalars()
        if len(joined) == len(parcel_ids):
            break
    return joined


def open_lists(
    session: Session, *, places: Collection[tuple[uuid.UUID, uuid.UUID]], now: datetime
) -> dict[tuple[uuid.UUID, uuid.UUID], uuid.UUID]:
    """The open list of each (warehouse, carrier), made where there is none, and held: nobody signs it before the commit.

    One that is signed in the very moment of two tries is missing from the answer.
    """
    ordered = sorted(places)
    where = {"warehouse": [place[0] for place in ordered], "carrier": [place[1] for place in ordered]}
    found: dict[tuple[uuid.UUID, uuid.UUID], uuid.UUID] = {}
    for _ in range(_TRIES):
        rows = session.execute(_OPEN_LISTS, where)
        found = {(row.warehouse_id, row.carrier_id): row.id for row in rows}
        if len(found) >= len(ordered):
            break
        new = {"id": db.new_ids(len(ordered)), "number": [numbers.new_number("HL") for _ in ordered], "now": now}
        session.execute(_OPEN, where | new)
    return found


def scan(session: Session, *, code: str, actor: str, now: datetime) -> Parcel:
    """A parcel at the dock, by its waybill or own number: it joins its open list. Raises NotFound, Conflict."""
    given = numbers.bare(code)
    wanted = sorted({code.strip(), given, given.upper()})
    statement = select(Parcel, Fulfilment.status).join(Fulfilment, Fulfilment.id == Parcel.fulfilment_id)
    coded = statement.where(Parcel.waybill_number.in_(wanted) | (Parcel.number == given.upper()))
    # Carriers write small letters too; of two that differ in that alone the one as it was scanned.
    found = session.execute(coded.order_by((Parcel.waybill_number == given).desc().nulls_last()).limit(1)).one_or_none()
    if found is None:
        raise NotFound(f"no parcel has the code {code!r}: scan the label's barcode")
    parcel, stands = found
    reasons = holds.standing(session, order_ids=[parcel.order_id]).get(parcel.order_id)
    if reasons:
        raise Conflict(f"the order of parcel {parcel.number} was stopped ({', '.join(reasons)}): keep it in the house")
    # Its label may be good still, when the carrier would not take it back; what is in its bins again leaves in another box.
    if stands in ("putback", "cancelled"):
        raise Conflict(f"the goods of parcel {parcel.number} went back to their bins: keep the box in the house")
    if parcel.label_status == "used":
        raise Conflict(f"parcel {parcel.number} has left the house already: if it stands here, tell the shipping clerk")
    if parcel.label_status != "purchased":
        raise Conflict(f"parcel {parcel.number} has no label that is good for a journey: {parcel.label_status}")
    if join(session, parcel_ids=[parcel.id], now=now):
        _note(session, [(parcel.id, parcel.order_id)], "hand_over.joined", "scanned", actor, now)
    return session.get_one(Parcel, parcel.id, populate_existing=True)


# Whoever signs holds the list: what the carrier takes in that moment has left.
_LIST_OF = text("""
    SELECT id FROM hand_over_list WHERE id = (SELECT hand_over_list_id FROM parcel WHERE id = :parcel) FOR SHARE
""")


def leave_behind(session: Session, *, parcel_id: uuid.UUID, reason: str, actor: str, now: datetime) -> None:
    """Take a parcel off its list that neither has left; scanning it puts it on the next one."""
    session.execute(_LIST_OF, {"parcel": parcel_id})
    statement = (
        update(Parcel)
        .where(Parcel.id == parcel_id, Parcel.handed_over_at.is_(None), Parcel.hand_over_list_id.is_not(None))
        .values(hand_over_list_id=None)
        .returning(Parcel.id, Parcel.order_id)
    )
    rows = [(row.id, row.order_id) for row in session.execute(statement)]
    if not rows:
        raise Conflict("this parcel is on no list that is still in the house")
    _note(session, rows, "hand_over.left_behind", reason or "left behind", actor, now)


# The orders' rows first, then the list's, whatever waits for it.
_TAKE = text("""
    WITH o AS MATERIALIZED (
        SELECT id FROM orders WHERE id = ANY(ARRAY(SELECT order_id FROM parcel WHERE hand_over_list_id = :list))
        ORDER BY id FOR NO KEY UPDATE)
    SELECT id, number, status, our_signed_at, carrier_signed_at FROM hand_over_list
    WHERE id = :list AND (SELECT count(*) FROM o) >= 0 FOR UPDATE
""")


def sign(session: Session, *, list_id: uuid.UUID, side: str, signer: str, actor: str, now: datetime) -> Signed:
    """Sign for one side: we first, which closes the list; with the carrier's signature the goods leave.

    Parcels of orders that were stopped meanwhile are struck out. The same side's repeat changes nothing.
    """
    if side not in SIDES or not signer.strip():
        raise InputInvalid(
            "a signature names its side and its signer", fields={"side": "us or carrier", "signer": "the signer's name"}
        )
    found = session.execute(_TAKE, {"list": list_id}).one_or_none()
    if found is None:
        raise NotFound("no such hand-over list")
    if found.status == "cancelled":
        raise Conflict(f"list {found.number} was cancelled")
    if (found.our_signed_at if side == "us" else found.carrier_signed_at) is not None:
        return Signed(found.status)
    if side == "carrier" and found.our_signed_at is None:
        raise Conflict(f"list {found.number}: we sign first, so that the carrier signs what no longer changes")
    return (
        _sign_ours(session, found, signer, actor, now) if side == "us" else _depart(session, found, signer, actor, now)
    )


def _sign_ours(session: Session, found: Row[Any], signer: str, actor: str, now: datetime) -> Signed:
    aboard, struck = _close(session, found, "signed_by_us", signer.strip(), actor, now)
    if not aboard:
        raise Conflict(f"list {found.number} holds no parcel that may leave")
    return Signed("signed_by_us", struck_out=struck)


def _depart(session: Session, found: Row[Any], signer: str, actor: str, now: datetime) -> Signed:
    secret = crypto.ring().encrypt(signer.strip().encode())
    aboard, struck = _close(session, found, "handed_over", secret, actor, now)
    left = leaving.leave(session, parcel_ids=aboard, cause=f"list {found.number}", actor=actor, now=now)
    end_steps(session, left=left, list_id=found.id, actor=actor, now=now)
    if not left.parcel_ids:  # else the step `pick_up` files it: printing a long list must hold no order's row
        list_papers.file(session, list_id=found.id, by=actor, now=now)
    return Signed("handed_over", tuple(left.parcel_ids), struck)


def end_steps(session: Session, *, left: Left, list_id: uuid.UUID | None, actor: str, now: datetime) -> None:
    """End `hand_over` of parcels that left, and compute what is derived of their orders.

    The carrier's system is told once for the list (step `pick_up`).
    """
    tell = (NewStep("pick_up", list_id),) if list_id else ()
    done = [Done(step, "handed_over", tell if place == 0 else ()) for place, step in enumerate(left.steps)]
    if done and left.order_ids:
        journey.finish(session, done, by=actor, now=now, along=[derived.refreshing(left.order_ids)])
    else:
        journey.finish(session, done, by=actor, now=now)
        derived.refresh(session, order_ids=left.order_ids)
    # The carrier took and scanned one although its order was held: its step is paused, and nothing is left to hand over.
    others = sorted(set(left.parcel_ids) - {step.subject_id for step in left.steps})
    if others:
        journey.cancel(session, subject_ids=others, by=actor, now=now, kinds=["hand_over"], why="handed_over")


# What may not leave is struck out; the rest is aboard, and the list moves on.
_CLOSE = """
    WITH struck AS (
        UPDATE parcel SET hand_over_list_id = NULL FROM (
            SELECT p.id, CASE WHEN p.label_status <> 'purchased' THEN 'label ' || p.label_status
                              WHEN o.status NOT IN ('confirmed', 'in_fulfilment') THEN 'order ' || o.status
                              ELSE 'held: ' || h.reason END AS why
            FROM parcel p JOIN orders o ON o.id = p.order_id
            LEFT JOIN LATERAL (SELECT reason FROM hold WHERE hold.order_id = o.id AND hold.released_at IS NULL
                               ORDER BY placed_at LIMIT 1) h ON TRUE
            WHERE p.hand_over_list_id = :list AND p.handed_over_at IS NULL
              AND (p.label_status <> 'purchased' OR o.status NOT IN ('confirmed', 'in_fulfilment') OR h.reason IS NOT NULL)
            ) s WHERE parcel.id = s.id RETURNING parcel.id, parcel.order_id, s.why),
    aboard AS (SELECT id FROM parcel WHERE hand_over_list_id = :list AND label_status = 'purchased'
                                       AND id NOT IN (SELECT id FROM struck)),
    want AS (SELECT CAST(:list AS uuid) AS id, CAST(:entry AS uuid) AS entry_id{unless_empty}), {moved}
    SELECT id, order_id, why, FALSE AS aboard FROM struck UNION ALL SELECT id, NULL, NULL, TRUE FROM aboard
    UNION ALL SELECT id, NULL, NULL, NULL FROM moved ORDER BY id
"""
#: By the list's new state: who signed, and when first; we sign no list that holds nothing.
_SIGNED = {
    "signed_by_us": {"our_signed_at": "coalesce(t.our_signed_at, :now)", "our_signer": ":signer"},
    "handed_over": {"carrier_signed_at": "coalesce(t.carrier_signed_at, :now)", "carrier_signer": ":signer"},
}
_UNLESS_EMPTY = {"signed_by_us": " WHERE EXISTS (SELECT 1 FROM aboard)", "handed_over": ""}
_CLOSES = {
    to: text(
        _CLOSE.format(
            unless_empty=_UNLESS_EMPTY[to],
            moved=move_sql.parts(HandOverList, "moved", to=to, source="want", cause="'signed'", also=also),
        )
    )
    for to, also in _SIGNED.items()
}


def _close(
    session: Session, found: Row[Any], to: str, signer: str | bytes, actor: str, now: datetime
) -> tuple[list[uuid.UUID], tuple[tuple[uuid.UUID, str], ...]]:
    """Strike out what may not leave and move the (locked) list to `to`: the parcels aboard, and those struck out with why."""
    params = {"list": found.id, "entry": db.new_id(), "signer": signer, "actor": actor, "now": now}
    rows = session.execute(_CLOSES[to], params).all()
    aboard = [row.id for row in rows if row.aboard]
    if aboard and all(row.aboard is not None for row in rows):
        raise IllegalTransition(f"hand_over_list {found.id}: {found.status} -> {to} is not allowed")
    struck = [row for row in rows if row.aboard is False]
    notes = [Note("parcel", row.id, "hand_over.struck_out", row.why, row.order_id) for row in struck]
    lifecycle.note(session, notes, actor=actor, now=now)
    return aboard, tuple((row.id, row.why) for row in struck)


def _note(
    session: Session, parcels: Sequence[tuple[uuid.UUID, uuid.UUID]], event: str, cause: str, actor: str, now: datetime
) -> None:
    notes = [Note("parcel", parcel_id, event, cause, order_id) for parcel_id, order_id in parcels]
    lifecycle.note(session, notes, actor=actor, now=now)
