"""A wish carried out before release, or in place: columns and lines replaced, promises adjusted, verified again (C-6)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from connectors.base import Line
from oms.aftersales import given_back, questions, waiting
from oms.aftersales.wishes import Case
from oms.catalog import mapping
from oms.inventory import unreserving
from oms.journey import holds, lifecycle, steps
from oms.journey.models import Hold
from oms.journey.steps import NewStep
from oms.orders import derived, locking, rules, states, terms
from oms.orders.models import Order, OrderLine
from oms.orders.rows import line_columns, order_columns
from oms.supply import receipts, withdrawals
from oms.verification import payments, promised_goods

#: What a change before release begins anew: everything from verification to release, and the promise.
BEFORE_RELEASE = (
    "verify", "review", "final_review", "finance_review", "sample_review", "confirm", "sign", "pay", "allocate",
    "release", "collect", "deliver",
)  # fmt: skip
REPLACED = "replaced_by_change"
#: Holds that answer a step of the order; the new round judges anew. One that a person placed by hand stays.
CHANGE_HOLDS = ("change_requested", "interception", "version_conflict")

_SETTLE = text("""
    UPDATE finding SET settled_at = :now, settled_by = :by, settlement = :why
    WHERE order_id = ANY(CAST(:orders AS uuid[])) AND settled_at IS NULL
""")
_CANCEL_LINES = text("""
    UPDATE order_line SET qty_cancelled = qty - qty_shipped, qty_backordered = 0 WHERE id = ANY(CAST(:ids AS uuid[]))
""")
# The customer moved the date, with the request as evidence: the promise that is given next is the first one (K-2).
_NO_PROMISE = text("""
    UPDATE orders SET promised_ship_at = NULL, promised_deliver_at = NULL, first_promised_ship_at = NULL,
           first_promised_deliver_at = NULL
    WHERE id = ANY(CAST(:orders AS uuid[]))
""")
_NOT_SHORT = text("UPDATE order_line SET qty_backordered = 0 WHERE order_id = ANY(CAST(:orders AS uuid[]))")


@dataclass(slots=True)
class _Lines:
    """What happens to an order's lines: `keep` is how many promised units each standing line may keep."""

    changed: list[dict[str, Any]] = field(default_factory=list)
    added: list[dict[str, Any]] = field(default_factory=list)
    gone: list[uuid.UUID] = field(default_factory=list)
    keep: dict[uuid.UUID, Decimal] = field(default_factory=dict)


def restart(session: Session, *, cases: Sequence[Case], actor: str, now: datetime) -> dict[uuid.UUID, list[NewStep]]:
    """Replace the content of (locked) orders that are not released, and verify them in a new round.

    Goods that stay wanted stay promised, and what waits for a decision waits on. Return the steps to open by order.
    """
    ids = [case.order_id for case in cases]
    plans = _line_plans(session, cases)
    _keep_none_that_is_stranded(session, cases, plans)
    was_due = {case.order_id: rules.payable(case.order) for case in cases if _leaves_payment(case)}
    _write_columns(session, cases)
    freed = _write_lines(session, plans, ids, actor, now)
    terms.keep_changed(session, order_ids=ids)
    steps.cancel_orders(session, order_ids=ids, by=actor, now=now, kinds=BEFORE_RELEASE, why=REPLACED)
    undecided = waiting.drop_overtaken(session, cases=cases, actor=actor, now=now)
    _release_answered(session, ids, undecided, actor, now)
    withdrawals.withdraw(session, order_ids=ids, actor=actor, now=now)
    session.execute(_SETTLE, {"orders": ids, "now": now, "by": actor, "why": "the order was changed"})
    session.execute(_NO_PROMISE, {"orders": ids})
    pay(session, cases=cases, actor=actor, now=now)
    _follow_sum(session, cases, was_due, actor, now)
    lifecycle.advance(session, Order, ids, to="received", cause="change applied", actor=actor, now=now)
    derived.refresh(session, order_ids=ids)
    note(session, cases=cases, actor=actor, now=now)
    rounds = locking.raise_round(session, order_ids=ids)
    if freed:
        receipts.wake(session, sku_ids=sorted(freed), now=now)
    return {i: [NewStep("verify", i, order_id=i, round=rounds[i])] for i in ids}


def _follow_sum(
    session: Session, cases: Sequence[Case], was_due: Mapping[uuid.UUID, Decimal | None], actor: str, now: datetime
) -> None:
    """What a person's change leaves too much of the payment nobody else would give back."""
    before = {case.order_id for case in cases if case.order.payment_status == "overpaid"}
    payments.follow_sum(session, was_due=was_due, actor=actor, now=now)
    questions.ask_of_surplus(session, order_ids=[one for one in was_due if one not in before], now=now)


def in_place(session: Session, *, cases: Sequence[Case], actor: str, now: datetime) -> None:
    """Change papers and address of orders on the floor, where neither goods nor price move."""
    _write_columns(session, cases)
    terms.keep_changed(session, order_ids=[case.order_id for case in cases])
    pay(session, cases=cases, actor=actor, now=now)
    note(session, cases=cases, actor=actor, now=now)


def pay(session: Session, *, cases: Sequence[Case], actor: str, now: datetime) -> None:
    """Move the payment axis to what the sender says; a state that cannot follow the present one changes nothing.

    A message that names no sum (WooCommerce's of a deleted order has an id alone) leaves the sum that stands. Of what
    finance recorded a channel knows nothing: that its own till got nothing does not take that away.
    """
    wanted = [(case.wish_order.payment.status, case) for case in cases]
    moving = [(told, case) for told, case in wanted if told and _moves(case.order.payment_status, told)]
    ours = given_back.recorded_here(session, cases=[c for told, c in moving if told in given_back.CAME_TO_NOTHING])
    moving = [(t, c) for t, c in moving if t not in given_back.CAME_TO_NOTHING or c.order_id not in ours]
    for state in sorted({state for state, _ in moving}):
        ids = [case.order_id for own, case in moving if own == state]
        lifecycle.advance(
            session, Order, ids, to=state, cause="told by the channel", actor=actor, now=now,
            axis="payment_status", lenient=True,
        )  # fmt: skip
    sums = [(c.order_id, c.wish_order.totals.paid) for c in cases if "paid" in c.columns]
    paid = [{"id": order_id, "paid": amount} for order_id, amount in sums if amount is not None]
    if paid:
        session.execute(update(Order), paid)


def _leaves_payment(case: Case) -> bool:
    """A person changed the order and said nothing of its payment; a channel tells of both."""
    return case.request.message_id is None and not {"payment", "paid"} & {
        *case.request.wanted, *(case.request.wanted.get("totals") or {})
    }  # fmt: skip


def _moves(was: str, told: str) -> bool:
    return told != was and not states.undoes(was, told)


def note(session: Session, *, cases: Sequence[Case], actor: str, now: datetime) -> None:
    """The history of what was changed: names of fields, never private values."""
    notes = [
        lifecycle.Note(
            "order",
            case.order_id,
            "order.changed",
            "change request",
            order_id=case.order_id,
            data={
                "request": str(case.request.id),
                "areas": sorted(case.wish.areas),
                "fields": sorted(case.columns),
            },
        )
        for case in cases
    ]
    lifecycle.note(session, notes, actor=actor, now=now)


def _release_answered(
    session: Session, order_ids: Sequence[uuid.UUID], undecided: Collection[uuid.UUID], actor: str, now: datetime
) -> None:
    """Release the holds that a step of the order would have answered, and those of changes that are decided."""
    standing = select(Hold.id, Hold.order_id, Hold.reason).where(
        Hold.order_id.in_(order_ids),
        Hold.released_at.is_(None),
        Hold.resolving_kind.is_not(None) | Hold.reason.in_(CHANGE_HOLDS),
    )
    answered = [
        hold.id for hold in session.execute(standing) if hold.reason != waiting.HOLD or hold.order_id not in undecided
    ]
    holds.release(session, hold_ids=answered, by=actor, now=now, why="the order was changed")


def _write_columns(session: Session, cases: Sequence[Case]) -> None:
    rows = []
    for case in cases:
        columns = order_columns(case.wish_order)
        del columns["version"], columns["evidence"]
        message = case.wish_order.buyer_message
        unread = message != case.order.buyer_message and bool(message)
        rows.append(
            columns
            | {"id": case.order_id, "currency": columns["currency"] or case.order.currency}
            | {"payment_terms": case.wish_order.payment.terms or case.order.payment_terms}
            | {"buyer_message_read": case.order.buyer_message_read and not unread}
        )  # fmt: skip
    session.execute(update(Order), rows)


def _line_plans(session: Session, cases: Sequence[Case]) -> list[_Lines]:
    wanted = {(c.order.channel_id, line.sku) for c in cases for line in c.wish_order.lines if line.sku}
    skus = mapping.find_skus(session, wanted=wanted)
    return [_line_plan(case, {name: sku for (channel, name), sku in skus.items() if channel == case.order.channel_id})
            for case in cases]  # fmt: skip


def _keep_none_that_is_stranded(session: Session, cases: Sequence[Case], plans: Sequence[_Lines]) -> None:
    """Goods promised at a house that sends nothing to the country which an order is to go to now are looked for anew."""
    wished = {
        case.order_id: order_columns(case.wish_order)["ship_country"] for case in cases if case.wish.country_changes
    }
    gone = promised_goods.stranded(session, countries={order_id: to for order_id, to in wished.items() if to})
    for case, plan in zip(cases, plans, strict=True):
        if case.order_id in gone:
            plan.keep = dict.fromkeys(plan.keep, Decimal(0))


def _line_plan(case: Case, skus: dict[str, uuid.UUID]) -> _Lines:
    """Lines are matched by their reference, else by goods and place; what is wanted no more is cancelled, never deleted."""
    plan = _Lines()
    left = _standing(case.lines)
    meant = _meant(case.wish_order.lines, left)
    position = max((line.position for line in case.lines), default=-1)
    for place, line in enumerate(case.wish_order.lines):
        sku_id = skus.get(line.sku) if line.sku else None
        old = left.pop(meant.get(place, _mark(line.line_ref, -1)), None)
        if old is None:
            position += 1
            plan.added.append(line_columns(line, order_id=case.order_id, position=position, sku_id=sku_id))
        else:
            _change_line(plan, old, line, sku_id or (old.sku_id if line.sku == old.channel_sku else None))
    for old in left.values():
        plan.gone.append(old.id)
        plan.keep[old.id] = Decimal(0)
    return plan


def _meant(wished: Sequence[Line], standing: Mapping[str, OrderLine]) -> dict[int, str]:
    """By place, the mark of the line that each wished one without a reference means: of the same goods, else at its place.

    Who drops the first line of a phone order leaves the others where they are.
    """
    free = {mark: old.channel_sku for mark, old in standing.items() if not old.line_ref}
    unnamed = {place: line.sku for place, line in enumerate(wished) if not line.line_ref}
    meant: dict[int, str] = {}
    for goods, there in ((True, True), (True, False), (False, True)):
        for place in [one for one in unnamed if one not in meant]:
            at = _mark(None, place)
            fits = (m for m, sku in free.items() if (sku == unnamed[place] or not goods) and (m == at or not there))
            if mark := next(fits, None):
                meant[place] = mark
                del free[mark]
    return meant


def _standing(lines: Sequence[OrderLine]) -> dict[str, OrderLine]:
    """The lines by their mark. Of those that were dropped only one with a reference can be meant again."""
    live = {_mark(line.line_ref, place): line for place, line in enumerate(filter(rules.counts, lines))}
    dropped = {_mark(line.line_ref, -1): line for line in lines if line.line_ref and not rules.counts(line)}
    return dropped | live


def _change_line(plan: _Lines, old: OrderLine, line: Line, sku_id: uuid.UUID | None) -> None:
    row = line_columns(line, order_id=old.order_id, position=old.position, sku_id=sku_id) | {"id": old.id}
    plan.changed.append(row | {"qty_cancelled": Decimal(0)})
    plan.keep[old.id] = min(old.qty_reserved, row["qty"]) if sku_id == old.sku_id else Decimal(0)


def _mark(line_ref: str | None, place: int) -> str:
    return f"ref:{line_ref}" if line_ref else f"place:{place}"


def _write_lines(
    session: Session, plans: Sequence[_Lines], order_ids: Sequence[uuid.UUID], actor: str, now: datetime
) -> set[uuid.UUID]:
    """Free what is promised too much, then write the lines; return the SKUs that became free."""
    keep = {line_id: qty for plan in plans for line_id, qty in plan.keep.items()}
    freed = unreserving.keep_only(session, keep=keep, actor=actor, now=now)
    session.execute(_NOT_SHORT, {"orders": list(order_ids)})
    changed = [row for plan in plans for row in plan.changed]
    if changed:
        session.execute(update(OrderLine), changed)
    added = [row for plan in plans for row in plan.added]
    if added:
        session.execute(insert(OrderLine), added)
    session.execute(_CANCEL_LINES, {"ids": [line_id for plan in plans for line_id in plan.gone]})
    return freed
