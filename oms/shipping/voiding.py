"""Taking labels back: asked for by whoever stops a parcel, done by the step `void_label` until it is done (I8)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from connectors.carriage import CarrierConfig
from oms.errors import Conflict
from oms.journey import lifecycle
from oms.journey import steps as journey
from oms.journey.lifecycle import First
from oms.journey.steps import Claimed, Done, NewStep
from oms.orders import locking
from oms.parties.channels import carrier_config_of
from oms.parties.models import Carrier
from oms.shipping import queries
from oms.shipping.models import Parcel

#: A booking that was under way when it was stopped may still reach the carrier; after this long it has or has not.
IN_FLIGHT = timedelta(seconds=90)

#: What a clerk may take back, and does no harm to ask for again. A booking that is under way goes on: it would be void when the
#: parcel leaves.
_TAKEN_BACK = ("purchased", "void_requested")

# A label may stand at the carrier without standing here: its booking began and nobody knows how it ended. One that the carrier
# would not take back once may be asked for again (`tried`).
_TO_VOID = text("""
    SELECT p.id, p.order_id, p.label_status, p.reference, (
        SELECT count(*) FROM step s WHERE s.subject_id = p.id AND s.kind = 'void_label' AND s.state = 'done') AS tried
    FROM parcel p LEFT JOIN effect e ON e.key = 'book:' || p.reference
    WHERE p.id = ANY(CAST(:ids AS uuid[])) AND (p.label_status IN ('purchased', 'void_requested')
          OR (p.label_status IN ('none', 'unknown') AND e.state IN ('intent', 'unknown')))
    ORDER BY p.id FOR UPDATE OF p
""")


# The rounds that a parcel's booking has had, where its goods are packed for an order that stands; none while it is being
# booked, for then the carrier's answer says how it goes on.
_STILL_GOES = text("""
    SELECT (SELECT coalesce(max(s.round), -1) + 1 FROM step s
            WHERE s.subject_id = p.id AND s.kind IN ('book', 'mend_booking'))
    FROM parcel p JOIN fulfilment f ON f.id = p.fulfilment_id JOIN orders o ON o.id = p.order_id
    WHERE p.id = :parcel AND p.handed_over_at IS NULL AND f.status IN ('packed', 'labelled')
      AND o.status IN ('confirmed', 'in_fulfilment') AND NOT EXISTS (
          SELECT 1 FROM step s WHERE s.subject_id = p.id AND s.kind = 'book' AND s.state IN ('open', 'claimed', 'paused', 'parked'))
""")


@dataclass(frozen=True, slots=True)
class Voiding:
    """One label to take back; `waybill_number` None: the carrier is asked what it made of our reference."""

    carrier: CarrierConfig
    reference: str
    waybill_number: str | None

    @property
    def peer(self) -> str:
        return f"carrier:{self.carrier.name}"

    @property
    def key(self) -> str:
        return f"void:{self.reference}"


def request(
    session: Session, *, parcel_ids: Sequence[uuid.UUID], cause: str, actor: str, now: datetime
) -> list[NewStep]:
    """Ask for the parcels' labels to be taken back; return the steps `void_label` to open. A repeat returns the same.

    Parcels without a label need nothing; one whose booking is under way is looked up at the carrier later.
    """
    rows = session.execute(_TO_VOID, {"ids": list(parcel_ids)}).all()
    bought = [row.id for row in rows if row.label_status == "purchased"]
    lifecycle.advance(
        session, Parcel, bought, to="void_requested", cause=cause, actor=actor, now=now, axis="label_status"
    )
    session.execute(
        text(
            "UPDATE parcel SET hand_over_list_id = NULL WHERE id = ANY(CAST(:ids AS uuid[])) AND handed_over_at IS NULL"
        ),
        {"ids": [row.id for row in rows]},
    )
    return [
        NewStep(
            "void_label",
            row.id,
            order_id=row.order_id,
            round=row.tried,
            key=_again(f"{row.id}:{row.reference}", row.tried),
            run_after=None if row.id in bought else now + IN_FLIGHT,
        )
        for row in rows
    ]


def ask(session: Session, *, parcel_id: uuid.UUID, cause: str, actor: str, now: datetime) -> None:
    """Take back the label of the parcel that a clerk names; the carrier is told until it is done. A repeat changes nothing.

    NotFound for no such parcel, Conflict where it has no label that could be taken back.
    """
    locking.touch(session, order_ids=[queries.parcel(session, ref=str(parcel_id)).order_id])
    row = queries.parcel(session, ref=str(parcel_id))
    if row.label_status == "voided":
        return
    if row.label_status not in _TAKEN_BACK:
        raise Conflict(f"parcel {row.number} has no label to take back: it is {row.label_status}")
    asked = request(session, parcel_ids=[parcel_id], cause=cause, actor=actor, now=now)
    journey.open_steps(session, asked, now=now)


def _again(key: str, tried: int) -> str:
    return f"{key}:{tried}" if tried else key


def of_orders(session: Session, *, order_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """The parcels of orders that have not left the house."""
    statement = select(Parcel.id).where(Parcel.order_id.in_(order_ids), Parcel.handed_over_at.is_(None))
    return list(session.execute(statement.order_by(Parcel.id)).scalars())


def prepare(session: Session, *, step: Claimed) -> Voiding | Done:
    """What the carrier is asked; the step ends at once when the label is void already, or has left the house."""
    statement = select(Parcel, Carrier).join(Carrier, Carrier.id == Parcel.carrier_id)
    parcel, carrier = session.execute(statement.where(Parcel.id == step.subject_id)).one()
    if parcel.label_status == "voided":
        return Done(step, "voided")
    if parcel.label_status == "used":
        return Done(step, "refused", error="the parcel has left the house")
    return Voiding(carrier_config_of(carrier), parcel.reference, parcel.waybill_number)


def record(session: Session, *, step: Claimed, voided: str | None, now: datetime) -> Done:
    """The label `voided` is void; None: the carrier has none under our reference, so there is nothing to take back.

    A parcel that still has to leave waits for the clerk, who books it anew.
    """
    if voided is None:
        return Done(step, "voided")
    locking.touch(session, order_ids=[step.order_id] if step.order_id else [])
    parcel = session.get_one(Parcel, step.subject_id, with_for_update=True, populate_existing=True)
    # A label that was bought unseen is first entered, with its number, so that history tells of it.
    unseen = ("purchased", "void_requested") if parcel.label_status in ("none", "unknown") else ()
    for state in (*unseen, "voided"):
        lifecycle.advance(
            session, Parcel, [parcel.id], to=state, cause="void_label", actor="system", now=now,
            axis="label_status", data={"waybill_number": voided}, also={"waybill_number": First([voided])},
        )  # fmt: skip
    return Done(step, "voided", _booked_anew(session, parcel, now))


def _booked_anew(session: Session, parcel: Parcel, now: datetime) -> tuple[NewStep, ...]:
    """The step `mend_booking` of a parcel that still has to leave: the clerk took its label alone back, nobody its order."""
    rounds = session.execute(_STILL_GOES, {"parcel": parcel.id}).scalar_one_or_none()
    if rounds is None:
        return ()
    journey.cancel(session, subject_ids=[parcel.id], by="system", now=now, kinds=["hand_over"], why="label voided")
    return (NewStep("mend_booking", parcel.id, order_id=parcel.order_id, round=rounds),)


def record_refusal(session: Session, *, step: Claimed, words: str, now: datetime) -> Done:
    """The carrier keeps the label: a case for the shipping clerk, since it costs money."""
    lifecycle.advance(
        session, Parcel, [step.subject_id], to="purchased", cause=words[:500], actor="system", now=now,
        axis="label_status", lenient=True,
    )  # fmt: skip
    key = _again(f"{step.subject_id}:void_refused", step.round)
    case = NewStep("track_case", step.subject_id, order_id=step.order_id, key=key)
    return Done(step, "refused", (case,), error=words)
