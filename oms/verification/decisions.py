"""What people decide on a held order: approve, amend, escalate, return, reject (V-3, V-5, G-1)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from oms.accounts import rights
from oms.errors import Conflict, Fenced, InputInvalid, NotAllowed, NotFound
from oms.journey import flow, lifecycle
from oms.journey import steps as journey
from oms.journey.models import Step
from oms.journey.steps import Claimed, Done, NewStep
from oms.messages import outbox
from oms.orders import contacts, locking
from oms.orders.models import Confirmation, Finding, Order
from oms.verification import amendments, holding, promised_goods, rules
from oms.verification.rule_table import HOLD, MANAGER, RULES, SPECIALIST

#: Review -> the right that deciding it needs.
RIGHT = {"review": "order.review", "final_review": "order.final_review", "finance_review": "order.finance_review"}
#: Refusing an order for good needs the general manager or the deputy (V-5).
REJECTING = "order.reject"


@dataclass(frozen=True, slots=True)
class Decision:
    """`verdict`: approve | amend | escalate | return | reject. `changes` (amend): dotted field -> new value.

    `entry_error`: the amended fields were keyed wrongly, which counts against whoever entered the order.
    """

    verdict: str
    reason: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    entry_error: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    session: Session
    step: Claimed
    order: Order
    round: int
    decision: Decision
    actor: str
    roles: Collection[str]
    now: datetime

    @property
    def order_ids(self) -> list[uuid.UUID]:
        return [self.order.id]

    def opens(self, kind: str, *, round_: int | None = None) -> tuple[NewStep, ...]:
        number = self.round if round_ is None else round_
        return (NewStep(kind, self.order.id, order_id=self.order.id, round=number),)


def decide(
    session: Session,
    *,
    step_id: uuid.UUID,
    token: int,
    decision: Decision,
    actor: str,
    roles: Collection[str],
    now: datetime,
) -> str:
    """End a review as a person decided; return the outcome of its step.

    Raises Fenced when the form is stale (the step was decided or handed over), NotAllowed without the right or by
    whoever asked (G-1), Conflict while something must be mended first, InputInvalid naming wrong fields.
    """
    step = _locked_step(session, step_id, token)
    if not rights.may(roles, RIGHT[step.kind]):
        raise NotAllowed(f"deciding a {step.kind} needs the right {RIGHT[step.kind]}")
    order = session.get_one(Order, step.subject_id, populate_existing=True)
    case = _Case(session, step, order, order.round, decision, actor, roles, now)
    act = _VERDICTS.get(decision.verdict)
    if act is None:
        wanted = ", ".join(_VERDICTS)
        raise InputInvalid(f"{decision.verdict!r} is no decision: use {wanted}", fields={"verdict": f"one of {wanted}"})
    if decision.verdict != "approve" and not decision.reason.strip():
        raise InputInvalid("a decision needs its reason", fields={"reason": "say why"})
    done = act(case)
    journey.finish(session, [done], by=actor, now=now)
    data = {"step": step.kind, "verdict": decision.verdict}
    note = lifecycle.Note("order", order.id, f"review.{done.outcome}", decision.reason, order_id=order.id, data=data)
    lifecycle.note(session, [note], actor=actor, now=now)
    return done.outcome


def read_message(session: Session, *, order_id: uuid.UUID, actor: str, now: datetime) -> None:
    """Mark the buyer's message as read and settle what was found for it; a repeat changes nothing."""
    if order_id not in locking.touch(session, order_ids=[order_id]):
        raise NotFound("no such order")
    unread = update(Order).where(Order.id == order_id, Order.buyer_message_read.is_(False))
    if not session.execute(unread.values(buyer_message_read=True).returning(Order.id)).all():
        return
    open_one = update(Finding).where(
        Finding.order_id == order_id, Finding.rule == "message_unread", Finding.settled_at.is_(None)
    )
    session.execute(open_one.values(settled_at=now, settled_by=actor, settlement="read"))
    note = lifecycle.Note("order", order_id, "buyer_message.read", "review", order_id=order_id)
    lifecycle.note(session, [note], actor=actor, now=now)


def _locked_step(session: Session, step_id: uuid.UUID, token: int) -> Claimed:
    """Order first, then the step: the one lock order."""
    known = session.execute(select(Step.kind, Step.subject_id).where(Step.id == step_id)).one_or_none()
    if known is None or known.kind not in RIGHT:
        raise NotFound("no such review")
    locking.touch(session, order_ids=[known.subject_id])
    step = journey.find_by_id(session, step_ids=[step_id]).get(step_id)
    if step is None or step.token != token:
        raise Fenced([step_id])
    return step


# ------------------------------------------------------------------ the verdicts


def _approve(case: _Case) -> Done:
    open_findings = _open_findings(case.session, case.order.id)
    _refuse_unmended(open_findings)
    _refuse_own_wish(case)
    if open_findings and not case.decision.reason.strip():
        raise InputInvalid("approving findings needs a reason", fields={"reason": "say why they may pass"})
    _settle_and_free(case, f"approved: {case.decision.reason.strip() or 'nothing was open'}")
    round_ = case.round
    if _was_confirmed(case):
        # A confirmation that was declined or ran out is given anew.
        round_ = locking.raise_round(case.session, order_ids=case.order_ids)[case.order.id]
    return Done(case.step, "approved", case.opens("confirm", round_=round_))


def _amend(case: _Case) -> Done:
    _must_allow(case, "amended")
    wish = amendments.Amendment(case.decision.changes, case.decision.reason, case.decision.entry_error)
    amendments.amend(case.session, order=case.order, amendment=wish, actor=case.actor, now=case.now)
    _settle_and_free(case, f"amended: {case.decision.reason}")
    round_ = locking.raise_round(case.session, order_ids=case.order_ids)[case.order.id]
    return Done(case.step, "amended", case.opens("verify", round_=round_))


def _escalate(case: _Case) -> Done:
    _must_allow(case, "escalated")
    _hand_over(case, MANAGER)
    return Done(case.step, "escalated", case.opens("final_review"))


def _return(case: _Case) -> Done:
    _must_allow(case, "returned")
    _hand_over(case, SPECIALIST)
    round_ = locking.raise_round(case.session, order_ids=case.order_ids)[case.order.id]
    return Done(case.step, "returned", case.opens("review", round_=round_))


def _reject(case: _Case) -> Done:
    if not rights.may(case.roles, REJECTING):
        raise NotAllowed("refusing an order for good needs the general manager or the deputy (V-5): escalate it")
    _refuse_own_wish(case)
    session, order_ids, actor, now = case.session, case.order_ids, case.actor, case.now
    promised_goods.keep_none(session, order_id=case.order.id, actor=actor, now=now)
    is_there = is_sent_already(session, order_id=case.order.id)
    _settle_and_free(case, f"rejected: {case.decision.reason}")
    lifecycle.advance(session, Order, order_ids, to="rejected", cause=case.decision.reason, actor=actor, now=now)
    session.execute(update(Order).where(Order.id.in_(order_ids)).values(closed_at=now))
    kinds = [kind for kind, row in flow.FLOW.items() if kind != case.step.kind and row.subject not in _GO_ON]
    journey.cancel_orders(session, order_ids=order_ids, by=actor, now=now, kinds=kinds, why="order rejected")
    return Done(case.step, "rejected", () if is_there else tuple(_tell_rejected(case)))


def is_sent_already(session: Session, *, order_id: uuid.UUID) -> bool:
    """Whether the order waits because its shop has sent it: who refuses it owes its customer no money and no word."""
    open_one = select(Finding.id).where(Finding.order_id == order_id, Finding.settled_at.is_(None))
    return session.execute(open_one.where(Finding.rule == "sent_already")).first() is not None


#: What a refused order still owes: messages, answers to the customer, money back, a label to be voided.
_GO_ON = frozenset({"message", "ticket", "return", "refund", "parcel"})

_VERDICTS: dict[str, Callable[[_Case], Done]] = {
    "approve": _approve,
    "amend": _amend,
    "escalate": _escalate,
    "return": _return,
    "reject": _reject,
}


# ------------------------------------------------------------------ what they share


def _must_allow(case: _Case, outcome: str) -> None:
    if outcome not in flow.FLOW[case.step.kind].follows:
        raise InputInvalid(
            f"a {case.step.kind} cannot end as {outcome}", fields={"verdict": "another decision is needed"}
        )


def _open_findings(session: Session, order_id: uuid.UUID) -> Sequence[Any]:
    return session.execute(
        select(Finding.rule, Finding.field, Finding.en).where(
            Finding.order_id == order_id, Finding.settled_at.is_(None), Finding.severity == HOLD
        )
    ).all()


def _refuse_unmended(found: Sequence[Any]) -> None:
    """What no reason can excuse (no SKU, no address, a forbidden country) has to be mended first."""
    unmended = {row.field: row.en for row in found if row.rule in RULES and not RULES[row.rule].waivable}
    if unmended:
        raise Conflict("mend first: " + " ".join(unmended.values()), fields=unmended)


def _refuse_own_wish(case: _Case) -> None:
    """Who entered the order, escalated it or amended its money may not approve or refuse it (G-1)."""
    asked = {case.order.entered_by, *case.session.execute(_ASKED, {"order": case.order.id}).scalars()}
    if case.actor in asked:
        raise NotAllowed("who asks may not decide (G-1): another person has to")


_ASKED = text("""
    SELECT actor FROM history_entry
    WHERE order_id = :order AND (event = 'review.escalated' OR (event = 'order.amended' AND data ->> 'money' = 'true'))
""")


def _settle_and_free(case: _Case, how: str) -> None:
    session, order_ids, by, now = case.session, case.order_ids, case.actor, case.now
    holding.settle(session, order_ids=order_ids, by=by, now=now, how=how)
    holding.free(session, order_ids=order_ids, by=by, now=now, why=how)


def _hand_over(case: _Case, owner: str) -> None:
    """The same findings, another owner with a clock of their own."""
    session, order_id, actor, now = case.session, case.order.id, case.actor, case.now
    holding.free(session, order_ids=[order_id], by=actor, now=now, why=case.decision.reason)
    texts = [rules.Found(row.rule, row.field, row.en, row.zh_hans) for row in _texts(session, order_id)]
    holding.hold(
        session, owners={order_id: owner}, texts={order_id: texts}, now=now, by=actor, except_steps=[case.step.id]
    )


def _texts(session: Session, order_id: uuid.UUID) -> Sequence[Any]:
    open_ones = Finding.order_id == order_id, Finding.settled_at.is_(None), Finding.severity == HOLD
    return session.execute(select(Finding.rule, Finding.field, Finding.en, Finding.zh_hans).where(*open_ones)).all()


def _was_confirmed(case: _Case) -> bool:
    given = select(Confirmation.id).where(Confirmation.order_id == case.order.id, Confirmation.round == case.round)
    return case.session.execute(given).first() is not None


def _tell_rejected(case: _Case) -> list[NewStep]:
    """The customer hears that the order is refused (X-4)."""
    who = contacts.contacts(case.session, order_ids=case.order_ids)[case.order.id]
    told = contacts.notice(who, key=f"rejected:{who.order_id}", template="progress", event="rejected")
    return outbox.put(case.session, notices=[told], now=case.now)
