"""Step `confirm`: the promise is given, the customer gets it in writing, and what is still needed is asked for (C-1, C-2)."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from oms import db
from oms.journey import calendar_store, lifecycle, policy
from oms.journey.lifecycle import Beside
from oms.journey.steps import Claimed, Done, NewStep
from oms.messages import outbox
from oms.messages.outbox import Notice
from oms.orders import locking
from oms.orders.models import Order
from oms.together import Write
from oms.verification import effect, judged, terms
from oms.verification.content import Content, content_of, sha256_of
from oms.verification.effect import Promised
from oms.verification.order_facts import OrderFacts
from oms.verification.payments import payments_arrived, record_payment
from oms.verification.running_out import expire_due
from oms.verification.signing import answer, send_again, sign_by_reply, sign_by_upload, view_by_token

__all__ = [
    "answer",
    "confirm",
    "expire_due",
    "payments_arrived",
    "record_payment",
    "send_again",
    "sign_by_reply",
    "sign_by_upload",
    "view_by_token",
]

_TOKEN_BYTES = 24
_GIVEN = "confirmation given"
_GIVE = """
    INSERT INTO confirmation (id, order_id, round, required, token_hash, content_sha256, sent_at, expires_at)
    SELECT c.id, c.order_id, c.round, c.required, c.token, c.content, :given_at, c.expires
    FROM unnest(CAST(:c_id AS uuid[]), CAST(:c_order AS uuid[]), CAST(:c_round AS int[]), CAST(:c_required AS bool[]),
                CAST(:c_token AS bytea[]), CAST(:c_content AS bytea[]), CAST(:c_expires AS timestamptz[]))
         AS c(id, order_id, round, required, token, content, expires)
    ON CONFLICT (order_id, round) DO NOTHING
"""
_OPENS = {
    "effective": (),
    "signature": ("sign",),
    "payment": ("pay",),
    "signature_and_payment": ("sign", "pay"),
}


@dataclass(frozen=True, slots=True)
class _Given:
    """One order's confirmation as it is given."""

    facts: OrderFacts
    promised: Promised
    outcome: str
    content: Content
    token: str | None
    expires_at: datetime | None

    @property
    def signed(self) -> bool:
        return "signature" in self.outcome


def confirm(session: Session, *, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    """Give the promise and the confirmation; orders that need nothing more take effect at once.

    A fixed number of statements for any number of orders. The PDF is printed when the mail goes out.
    """
    order_ids = [step.subject_id for step in steps]
    locking.touch(session, order_ids=order_ids)
    given = _given(session, order_ids, now)
    at_once = {o: g.promised for o, g in given.items() if g.outcome == "effective"}
    effect.give_promise(session, promises={o: g.promised for o, g in given.items() if o not in at_once})
    _advance(session, given, now)
    opens = effect.take_effect(
        session, promises=at_once, cause="confirmed", actor="system", now=now,
        beside=Beside("confirmation", "not_required", _GIVEN),
    )  # fmt: skip
    notices = [_notice(g) for g in given.values()]
    for step in outbox.put(session, notices=notices, now=now, along=[_giving(given, now)]):
        if step.order_id is not None:
            opens.setdefault(step.order_id, []).append(step)
    return [_done(step, given[step.subject_id], opens.get(step.subject_id, ())) for step in steps]


def _given(session: Session, order_ids: Sequence[uuid.UUID], now: datetime) -> dict[uuid.UUID, _Given]:
    known, dates = judged.take(session, order_ids=order_ids, now=now)
    numbers = policy.read(session, now)
    zone = calendar_store.read(session, now).organisation.zone
    oral = numbers.flag("confirmation.oral_needs_signature")
    until = now + timedelta(hours=numbers.whole("signature.link_life"))
    found = {}
    for order_id in order_ids:
        order, date = known[order_id], dates[order_id]
        outcome = terms.outcome(order, oral_signed=oral)
        signed = "signature" in outcome
        found[order_id] = _Given(
            order,
            Promised(order.round, date.ship_at, date.deliver_at, order.payable, order.goods_total),
            outcome,
            content_of(order, date, zone),
            secrets.token_urlsafe(_TOKEN_BYTES) if signed else None,
            until if signed else None,
        )
    return found


def _giving(given: Mapping[uuid.UUID, _Given], now: datetime) -> Write:
    tokens = [g.token for g in given.values()]
    params: dict[str, Any] = {
        "c_id": db.new_ids(len(given)),
        "c_order": list(given),
        "c_round": [g.facts.round for g in given.values()],
        "c_required": [g.signed for g in given.values()],
        "c_token": [hashlib.sha256(token.encode()).digest() if token else None for token in tokens],
        "c_content": [sha256_of(g.content) for g in given.values()],
        "c_expires": [g.expires_at for g in given.values()],
        "given_at": now,
    }
    return Write(_GIVE, params)


def _advance(session: Session, given: Mapping[uuid.UUID, _Given], now: datetime) -> None:
    """The axis `confirmation`, and `awaiting_confirmation`, of orders that wait for the customer."""
    common: dict[str, Any] = {"cause": _GIVEN, "actor": "system", "now": now}
    asked = [o for o, g in given.items() if g.signed]
    unasked = [o for o, g in given.items() if not g.signed and g.outcome != "effective"]
    waiting = [o for o, g in given.items() if g.outcome != "effective"]
    lifecycle.advance(session, Order, asked, to="requested", axis="confirmation", **common)
    # One that was signed in an earlier round keeps that.
    lifecycle.advance(session, Order, unasked, to="not_required", axis="confirmation", lenient=True, **common)
    lifecycle.advance(session, Order, waiting, to="awaiting_confirmation", **common)


def _notice(g: _Given) -> Notice:
    values: dict[str, Any] = {
        "number": g.facts.number,
        "channel_order_number": g.facts.channel_order_number,
        "name": g.facts.contact.get("name"),
        "content": g.content,
        "needs_payment": "payment" in g.outcome,
    }
    if g.token and g.expires_at:
        values |= {"token": g.token, "expires_at": g.expires_at.isoformat()}
    return Notice(
        f"confirmation:{g.facts.order_id}:{g.facts.round}",
        "signature_request" if g.signed else "confirmation",
        g.facts.order_id,
        g.facts.contact.get("email"),
        g.facts.language,
        values,
    )


def _done(step: Claimed, g: _Given, opens: Sequence[NewStep]) -> Done:
    asks = [NewStep(kind, step.subject_id, order_id=step.subject_id, round=g.facts.round) for kind in _OPENS[g.outcome]]
    return Done(step, g.outcome, (*asks, *opens))
