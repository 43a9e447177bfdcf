"""Change requests with what stands of their orders, loaded for a batch, and what each would change."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from connectors.base import ChannelOrder, Severity
from oms.aftersales import change_rules, remainders
from oms.aftersales.change_rules import Area, Standing, Wish
from oms.orders import rules, tellings, wanted
from oms.orders.models import ChangeRequest, Order, OrderLine
from oms.orders.rows import order_columns


@dataclass(frozen=True, slots=True)
class Case:
    """One request against its order; `lines` are all of it, `wish_order` what is wanted."""

    request: ChangeRequest
    order: Order
    lines: tuple[OrderLine, ...]
    wish_order: ChannelOrder
    wish: Wish
    standing: Standing
    columns: frozenset[str]
    #: what the channel told before, where that is known
    told: Mapping[str, Any] | None = None

    @property
    def order_id(self) -> uuid.UUID:
        return self.order.id


# A later telling of the channel replaces an earlier one that was not decided; what the desk asks for is replaced by none.
_LATER = text("""
    SELECT r.id FROM change_request r WHERE r.id = ANY(CAST(:ids AS uuid[])) AND EXISTS (
        SELECT 1 FROM change_request l WHERE l.order_id = r.order_id AND l.id <> r.id
          AND (l.requested_at, l.id) > (r.requested_at, r.id) AND l.status <> 'declined'
          AND l.message_id IS NOT NULL AND r.message_id IS NOT NULL AND r.status = 'requested' AND r.kind <> 'revival')
""")

# What a channel decided upon said last was a cancellation too: it tells what became of the money since.
_AGAIN = text("""
    SELECT r.id FROM change_request r CROSS JOIN LATERAL (
        SELECT p.kind FROM change_request p
        WHERE p.order_id = r.order_id AND p.message_id IS NOT NULL AND p.status IN ('approved', 'applied', 'declined')
          AND (p.requested_at, p.id) < (r.requested_at, r.id) ORDER BY p.requested_at DESC, p.id DESC LIMIT 1) p
    WHERE r.id = ANY(CAST(:ids AS uuid[])) AND r.message_id IS NOT NULL AND p.kind = 'cancellation'
""")

# What is on its way back to its bins is not over yet, and will be.
_ENDING = text("""
    SELECT DISTINCT order_id FROM change_request
    WHERE order_id = ANY(CAST(:orders AS uuid[])) AND kind = 'cancellation' AND status = 'approved'
""")

# A list of which one parcel has left counts as left: its other parcels follow.
_FLOOR = text("""
    SELECT f.order_id, CASE WHEN EXISTS (SELECT 1 FROM parcel p WHERE p.fulfilment_id = f.id AND p.handed_over_at IS NOT NULL
                                         AND f.status NOT IN ('collected', 'delivered'))
                            THEN 'handed_over' ELSE f.status END AS status,
           EXISTS (SELECT 1 FROM parcel p WHERE p.fulfilment_id = f.id) AS packed
    FROM fulfilment f WHERE f.order_id = ANY(CAST(:orders AS uuid[])) AND f.status <> 'cancelled'
    ORDER BY f.id FOR UPDATE OF f
""")


def load(
    session: Session, *, requests: Sequence[ChangeRequest], told: Mapping[uuid.UUID, Mapping[str, Any]] | None = None
) -> list[Case]:
    """The cases of requests whose orders are locked already; in a fixed number of statements.

    `told`: by request, what its channel told of the order before (`former.find`); a telling of which that is not known
    is held against the order as it stands.
    """
    order_ids = [r.order_id for r in requests]
    fresh = {"populate_existing": True}
    orders = {o.id: o for o in session.scalars(select(Order).where(Order.id.in_(order_ids)), execution_options=fresh)}
    lines = _lines(session, order_ids)
    later = set(session.execute(_LATER, {"ids": [r.id for r in requests]}).scalars())
    floor = _floor(session, order_ids)
    ending = [r.order_id for r in requests if r.kind == "cancellation"]
    leaving = remainders.leaving(session, order_ids=ending) if ending else {}
    cancelled = [r.id for r in requests if r.kind == "cancellation"]
    again = set(session.scalars(_AGAIN, {"ids": cancelled})) if cancelled else set()
    revived = [r.order_id for r in requests if r.kind == "revival"]
    over = set(session.scalars(_ENDING, {"orders": revived})) if revived else set()
    before = told or {}
    return [
        _case(
            r,
            orders[r.order_id],
            lines[r.order_id],
            floor[r.order_id],
            superseded=r.id in later,
            again=r.id in again,
            told=before.get(r.id),
            rest=any(remainders.of_line(line, leaving) > 0 for line in lines[r.order_id]),
            over=r.order_id in over or orders[r.order_id].status in change_rules.ENDED,
        )
        for r in requests
    ]


def _lines(session: Session, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[OrderLine]]:
    statement = select(OrderLine).where(OrderLine.order_id.in_(order_ids)).order_by(OrderLine.position)
    found: dict[uuid.UUID, list[OrderLine]] = defaultdict(list)
    for line in session.scalars(statement, execution_options={"populate_existing": True}):
        found[line.order_id].append(line)
    return found


def _floor(session: Session, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[tuple[str, bool]]]:
    found: dict[uuid.UUID, list[tuple[str, bool]]] = defaultdict(list)
    for row in session.execute(_FLOOR, {"orders": list(order_ids)}):
        found[row.order_id].append((row.status, row.packed))
    return found


def _case(
    request: ChangeRequest,
    order: Order,
    lines: Sequence[OrderLine],
    floor: Sequence[tuple[str, bool]],
    *,
    superseded: bool,
    again: bool,
    told: Mapping[str, Any] | None,
    rest: bool,
    over: bool,
) -> Case:
    live = tuple(line for line in lines if rules.counts(line))
    base = wanted.standing(order, live)
    wish_order = _wish_order(request, lines, base, told)
    was, became = order_columns(base), order_columns(wish_order)
    columns = change_rules.changed_columns(
        was | {"payment_terms": base.payment.terms},
        became | {"payment_terms": wish_order.payment.terms or base.payment.terms}
        | {"currency": wish_order.currency or base.currency},
    )  # fmt: skip
    wish = Wish(
        # Of an order that is not over it is an update like any other.
        kind="update" if request.kind == "revival" and not over else request.kind,
        approved=request.status == "approved",
        superseded=superseded or request.status not in ("requested", "approved"),
        again=again,
        paid_back=wish_order.payment.status == "refunded",
        areas=_areas(order, base, wish_order, columns),
        to_mend=any(p.severity is not Severity.NOTE for p in wish_order.problems if p not in base.problems),
        country_changes=was["ship_country"] != became["ship_country"],
        empties=bool(base.lines) and not wish_order.lines,
    )
    standing = Standing(order.status, frozenset(s for s, _ in floor), any(packed for _, packed in floor), rest)
    return Case(request, order, tuple(lines), wish_order, wish, standing, columns, told)


def _wish_order(
    request: ChangeRequest, lines: Sequence[OrderLine], base: ChannelOrder, told: Mapping[str, Any] | None
) -> ChannelOrder:
    """The order as it is wished: a person's fields over what stands, or what the channel tells otherwise than before."""
    if request.message_id is None:
        return wanted.mended(base, request.wanted)
    whole = wanted.laid_over(base, request.wanted)
    return whole if told is None else tellings.followed(base, lines, wanted.laid_over(base, told), whole)


def _areas(order: Order, base: ChannelOrder, wish: ChannelOrder, columns: frozenset[str]) -> frozenset[Area]:
    return change_rules.areas(
        columns,
        payment_was=order.payment_status,
        payment_became=wish.payment.status or order.payment_status,
        lines_differ=[tellings.content(line) for line in base.lines] != [tellings.content(line) for line in wish.lines],
    )
