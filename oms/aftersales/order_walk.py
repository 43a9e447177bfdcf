"""One order's walk from message to KPI in ten legs: its steps with their clocks and pauses, and what each leg left behind.

Assembled here because the walk passes through every capability below; the order of things is decided by pure functions.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.journey import calendar_store, policy
from oms.journey.clocks import late_from
from oms.journey.flow import FLOW
from oms.shipping.scan_times import counts_at


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of the walk: what it is called, where its code stands, and the step kinds in it."""

    number: int
    name: str
    where: str
    kinds: tuple[str, ...]


# fmt: off
WALK: tuple[Leg, ...] = (
    Leg(1, "message", "oms/web/webhooks.py, oms/intake/inbox.py", ("reread",)),
    Leg(2, "intake", "oms/intake/acceptance.py", ("accept", "enter")),
    Leg(3, "verification and confirmation", "oms/verification/review.py, confirmation.py",
        ("verify", "review", "final_review", "finance_review", "sample_review", "confirm", "sign", "pay")),
    Leg(4, "allocation and supply", "oms/inventory/reservations.py, oms/supply/backorders.py", ("allocate", "wake", "supply", "release")),
    Leg(5, "wave and pick list", "oms/fulfilment/waves.py, routes.py", ("wave",)),
    Leg(6, "picking and packing", "oms/fulfilment/picking.py, packing.py", ("pick", "short_pick", "put_back", "pack")),
    Leg(7, "carrier and hand-over", "oms/shipping/booking.py, handover.py",
        ("book", "mend_booking", "void_label", "hand_over", "pick_up")),
    Leg(8, "tracking and notices", "oms/shipping/tracking.py", ("collect", "deliver", "track_case", "tell", "tell_channel", "close")),
    Leg(9, "changes and after-sales", "oms/aftersales/",
        ("apply_change", "decide_change", "ticket_pass_on", "ticket_contact", "ticket_solve", "approve_return",
         "receive_return", "inspect_return", "refund")),
    Leg(10, "scores and KPI", "oms/kpi/", ("rate_service", "rate_ticket")),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Stop:
    """A step of the walk as it stands; `who` is a name, `pauses` how often its clock stood."""

    kind: str
    state: str
    opened_at: datetime
    due_at: datetime
    finished_at: datetime | None
    who: str
    outcome: str | None
    attempt: int
    pauses: int
    error: str | None
    performer: str
    #: the moment after which an end is late: work done outside duty is never late
    late_from: datetime

    def late(self, now: datetime) -> bool:
        """Whether its end, or `now` while it runs, is late."""
        if self.state == "cancelled":
            return False
        return (self.finished_at or now) > self.late_from


@dataclass(frozen=True, slots=True)
class Mark:
    """What a leg left behind: a paper, a number, a scan, a message."""

    at: datetime
    leg: int
    what: str


# An actor is a person's id or login; the step of a message belongs to the order that the message became.
_STEPS = text("""
    SELECT s.kind, s.state, s.opened_at, s.due_at, s.finished_at,
           coalesce(p.name, s.finished_by, a.name, s.performer) AS who, s.outcome, s.attempt,
           (SELECT count(*) FROM step_pause z WHERE z.step_id = s.id) AS pauses, s.error,
           s.performer
    FROM step s
    LEFT JOIN staff p ON s.finished_by IN ('staff:' || p.id, p.login)
    LEFT JOIN staff a ON a.id = s.assignee_id
    WHERE s.order_id = :id
       OR s.subject_id IN (SELECT m.message_id FROM inbound_order m WHERE m.order_id = :id)
       OR s.subject_id IN (SELECT d.request_id FROM supply_demand d WHERE d.order_id = :id)
    ORDER BY s.opened_at, s.id
""")

_MARKS = text(f"""
    SELECT m.received_at AS at, 1 AS leg, 'message by ' || m.way || ', became ' || i.became AS what
    FROM inbound_order i JOIN inbound_message m ON m.id = i.message_id WHERE i.order_id = :id
    UNION ALL
    SELECT f.found_at, 3, 'finding ' || f.rule || ' (' || f.severity || ')' || coalesce(', ' || f.settlement, ', open')
    FROM finding f WHERE f.order_id = :id
    UNION ALL
    SELECT h.placed_at, 3, 'hold ' || h.reason || ' for ' || h.owner || CASE WHEN h.released_at IS NULL THEN ', stands' ELSE ', released' END
    FROM hold h WHERE h.order_id = :id
    UNION ALL
    SELECT r.at, 4, 'reserved ' || trim_scale(r.qty) || ' of ' || s.code || ' at ' || w.code
           || CASE WHEN r.qty_released > 0 THEN ', freed ' || trim_scale(r.qty_released) ELSE '' END
    FROM reservation r JOIN sku s ON s.id = r.sku_id JOIN warehouse w ON w.id = r.warehouse_id WHERE r.order_id = :id
    UNION ALL
    SELECT f.released_at, 5, 'fulfilment ' || f.number || ' (' || f.status || ')' || coalesce(', wave ' || w.number, '')
    FROM fulfilment f LEFT JOIN wave w ON w.id = f.wave_id WHERE f.order_id = :id
    UNION ALL
    SELECT max(c.at), 6, c.stage || ': ' || count(*) FILTER (WHERE c.accepted) || ' right scans, '
           || count(*) FILTER (WHERE NOT c.accepted) || ' refused'
    FROM scan c JOIN fulfilment f ON f.id = c.fulfilment_id WHERE f.order_id = :id GROUP BY c.stage
    UNION ALL
    SELECT coalesce(p.booked_at, p.packed_at), 7, 'parcel ' || p.number || ', label ' || p.label_status
           || coalesce(', waybill ' || p.waybill_number, '') || CASE WHEN p.handed_over_at IS NULL THEN '' ELSE ', handed over' END
    FROM parcel p WHERE p.order_id = :id
    UNION ALL
    SELECT {counts_at("e", "p")}, 8, 'scan of the carrier: ' || e.status || coalesce(' at ' || e.place, '')
           || CASE WHEN e.at < p.booked_at THEN ', dated before its label: ' || e.at ELSE '' END
    FROM tracking_event e JOIN parcel p ON p.id = e.parcel_id WHERE p.order_id = :id
    UNION ALL
    SELECT coalesce(m.sent_at, m.created_at), 8, 'message ' || m.template || ' ' || m.status FROM message m WHERE m.order_id = :id
    UNION ALL
    SELECT t.opened_at, 9, 'ticket ' || t.number || ' ' || t.kind || ', ' || t.status || coalesce(', cause ' || t.cause, '')
    FROM ticket t WHERE t.order_id = :id
    UNION ALL
    SELECT c.requested_at, 9, c.kind || ' by ' || c.requested_by || ', ' || c.status FROM change_request c WHERE c.order_id = :id
    UNION ALL
    SELECT q.requested_at, 9, 'return ' || q.number || ', ' || q.status FROM return_request q WHERE q.order_id = :id
    UNION ALL
    SELECT r.requested_at, 9, 'refund ' || trim_scale(r.amount) || ' ' || r.currency || ', ' || r.status
    FROM refund r WHERE r.order_id = :id
    UNION ALL
    SELECT e.at, 10, 'error ' || e.kind || ' of stage ' || e.stage || CASE WHEN e.upheld THEN '' ELSE ', not upheld' END
    FROM error_event e WHERE e.order_id = :id
    UNION ALL
    SELECT c.at, 10, 'score: service ' || coalesce(CAST(c.service AS text), '-') FROM score c WHERE c.order_id = :id
    ORDER BY 1, 2, 3
""")


def stops(session: Session, *, order_id: uuid.UUID, now: datetime) -> list[Stop]:
    """Every step of an order, its messages and its supply, in the order in which they were opened. One statement."""
    calendars, numbers = calendar_store.read(session, now), policy.read(session, now)

    def late(kind: str, due_at: datetime, performer: str) -> datetime:
        return late_from(numbers.clock(FLOW[kind].clock), due_at, calendars.of(performer)) if kind in FLOW else due_at

    rows = session.execute(_STEPS, {"id": order_id})
    return [Stop(**row._mapping, late_from=late(row.kind, row.due_at, row.performer)) for row in rows]


def marks(session: Session, *, order_id: uuid.UUID) -> list[Mark]:
    """What the legs left behind, oldest first. One statement; no private values."""
    return [Mark(*tuple(row)) for row in session.execute(_MARKS, {"id": order_id})]


def by_leg(found: Iterable[Stop]) -> Mapping[int, Sequence[Stop]]:
    """The stops of each leg, in their order. A kind that stands in no leg is shown in the ninth."""
    number = {kind: leg.number for leg in WALK for kind in leg.kinds}
    legs: dict[int, list[Stop]] = defaultdict(list)
    for stop in found:
        legs[number.get(stop.kind, 9)].append(stop)
    return legs
