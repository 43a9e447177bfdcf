"""The customer's answer to a confirmation: by one-time link, by e-mail reply, by a scanned paper, or waived (I-4, C-1)."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.accounts import rights
from oms.documents import store
from oms.documents.store import Paper
from oms.errors import Conflict, InputInvalid, NotAllowed, NotFound
from oms.journey import lifecycle, policy
from oms.journey import steps as journey
from oms.journey.steps import Claimed, Done, NewStep
from oms.messages import outbox
from oms.messages.models import Message
from oms.messages.outbox import Notice
from oms.orders import locking, terms
from oms.orders.models import Confirmation, Order, OrderTerm
from oms.parties.matching import index_of
from oms.verification import effect, holding, reply_rules

SIGNED, DECLINED, WAIVED = "signed", "declined", "waived"
MEANS = ("link", "email_reply", "upload", "waiver")
_STATES = {SIGNED: "accepted", DECLINED: "declined", WAIVED: "waived"}
#: Waiving a signature that the rule asks for is the manager's (I-4).
WAIVING = "order.final_review"


@dataclass(frozen=True, slots=True)
class View:
    """A confirmation as its page shows it; `state`: open | answered | expired."""

    order_id: uuid.UUID
    number: str
    language: str
    state: str
    answer: str | None
    expires_at: datetime | None
    content: Mapping[str, Any]


def view_by_token(session: Session, *, token: str, now: datetime) -> View:
    """What the one-time link shows. Raises NotFound for a token that is none; an old one shows what became of it."""
    found = session.scalars(select(Confirmation).where(Confirmation.token_hash == _hash(token))).one_or_none()
    if found is None:
        raise NotFound("this link is not valid")
    order = session.execute(select(Order.number, Order.language).where(Order.id == found.order_id)).one()
    state = "answered" if found.answered_at else "expired" if _is_over(found, now) else "open"
    content = content_given(session, order_id=found.order_id, round_=found.round)
    return View(found.order_id, order.number, order.language, state, found.answer, found.expires_at, content)


def content_given(session: Session, *, order_id: uuid.UUID, round_: int) -> Mapping[str, Any]:
    """The confirmation's content as it was given, from the message that carries it."""
    key = f"confirmation:{order_id}:{round_}"
    values = session.execute(select(Message.values).where(Message.key == key)).scalar_one_or_none()
    if values is None:
        raise NotFound("no confirmation was given in that round")
    content: Mapping[str, Any] = values["content"]
    return content


def answer(
    session: Session,
    *,
    answer: str,
    means: str,
    name: str | None,
    now: datetime,
    token: str | None = None,
    order_id: uuid.UUID | None = None,
    evidence: Mapping[str, Any] | None = None,
    actor: str = "customer",
    roles: Collection[str] = (),
) -> str:
    """Take the customer's answer (signed | declined | waived) by `token` or by order; return how the step ended.

    The same answer again changes nothing. Raises NotFound for no such confirmation, Conflict when it was answered
    otherwise or ran out, InputInvalid without the signer's name, NotAllowed for a waiver without the manager's right.
    """
    _check(answer, means, name, roles)
    given = _locked(session, token, order_id)
    if given.answered_at is not None:
        if given.answer == answer:
            return answer
        raise Conflict(f"this confirmation was answered already: {given.answer}")
    if means == "link" and _is_over(given, now):
        raise Conflict("this link has run out: answer our e-mail or ask for a new link")
    given.answered_at, given.answer, given.means = now, answer, means
    given.signed_name, given.evidence = name, dict(evidence) if evidence else None
    session.flush()
    _end(session, given, answer, actor, now)
    return answer


def sign_by_upload(
    session: Session, *, order_id: uuid.UUID, name: str, paper: Paper, actor: str, now: datetime
) -> uuid.UUID:
    """File a scanned, signed confirmation and take it as the signature; return the document's id."""
    [document_id] = store.put(session, papers=[paper], by=actor, now=now)
    evidence = {"document_id": str(document_id), "filed_by": actor}
    answer(
        session, order_id=order_id, answer=SIGNED, means="upload", name=name, evidence=evidence, actor=actor, now=now
    )
    return document_id


def sign_by_reply(
    session: Session,
    *,
    references: Sequence[str],
    sender: str,
    text: str,
    mail_id: str,
    auto_submitted: bool,
    now: datetime,
) -> uuid.UUID | None:
    """Take an e-mail reply to a confirmation as its answer; return the order, or None when a person has to read it.

    It counts when it answers our mail (its references), comes from the order's own address, no machine wrote it, and
    its own first words agree or decline plainly.
    """
    verdict, key = None if auto_submitted else reply_rules.verdict(text), index_of(sender)
    if verdict is None or key is None or not references:
        return None
    asked = (
        select(Order.id, Order.contact)
        .join(OrderTerm, OrderTerm.order_id == Order.id)
        .join(Message, Message.order_id == Order.id)
        .where(
            OrderTerm.term == terms.of_hash(key),
            Order.email_hash == key,
            Order.confirmation == "requested",
            Message.template == "signature_request",
            Message.mail_id.in_(references),
        )
    )
    row = session.execute(asked.limit(1)).one_or_none()
    if row is None:
        return None
    evidence = {"mail_id": mail_id, "text": text[:2000]}
    name = row.contact.get("name") or sender
    answer(session, order_id=row.id, answer=verdict, means="email_reply", name=name, evidence=evidence, now=now)
    order_id: uuid.UUID = row.id
    return order_id


def send_again(session: Session, *, order_id: uuid.UUID, actor: str, now: datetime) -> datetime:
    """Give an unanswered confirmation a fresh link and send it again; return until when the link holds.

    The former link stops working.
    """
    given = _locked(session, None, order_id)
    if given.answered_at is not None or given.token_hash is None:
        raise Conflict("this confirmation waits for no signature")
    token = secrets.token_urlsafe(24)
    until = now + timedelta(hours=policy.read(session, now).whole("signature.link_life"))
    given.token_hash, given.expires_at, given.sent_at = _hash(token), until, now
    session.flush()
    sent = session.scalars(select(Message).where(Message.key == f"confirmation:{order_id}:{given.round}")).one()
    values = {**sent.values, "token": token, "expires_at": until.isoformat()}
    key = f"{sent.key}:{db_key(given.token_hash)}"
    notice = Notice(key, sent.template, order_id, sent.address, sent.language, values, sent.thread)
    journey.open_steps(session, outbox.put(session, notices=[notice], now=now), now=now)
    note = lifecycle.Note("confirmation", given.id, "confirmation.sent_again", "new link", order_id=order_id)
    lifecycle.note(session, [note], actor=actor, now=now)
    return until


def db_key(token_hash: bytes) -> str:
    """A short name for one sending of a confirmation."""
    return token_hash.hex()[:12]


def _check(answer: str, means: str, name: str | None, roles: Collection[str]) -> None:
    if answer not in _STATES or means not in MEANS or (answer == WAIVED) != (means == "waiver"):
        raise InputInvalid(f"{answer!r} by {means!r} is no answer", fields={"answer": "signed, declined or waived"})
    if answer == SIGNED and not (name or "").strip():
        raise InputInvalid("the signer's name is missing", fields={"name": "write your name"})
    if answer == WAIVED and not rights.may(roles, WAIVING):
        raise NotAllowed("waiving the signature needs the manager (I-4)")


def _locked(session: Session, token: str | None, order_id: uuid.UUID | None) -> Confirmation:
    """The confirmation with its order locked: the one of the token, or the order's newest."""
    if token is not None:
        order_id = session.execute(
            select(Confirmation.order_id).where(Confirmation.token_hash == _hash(token))
        ).scalar_one_or_none()
    rounds = locking.touch(session, order_ids=[order_id]) if order_id else {}
    newest = select(Confirmation).where(Confirmation.order_id == order_id).order_by(Confirmation.round.desc()).limit(1)
    found = session.scalars(newest.execution_options(populate_existing=True)).one_or_none() if rounds else None
    if found is None or (token is not None and found.token_hash != _hash(token)):
        raise NotFound("no confirmation waits under this link: it was replaced by a newer one, or never was")
    return found


def _end(session: Session, given: Confirmation, answered: str, actor: str, now: datetime) -> None:
    """End the step `sign` with what follows, and move the axis."""
    order_ids = [given.order_id]
    common: dict[str, Any] = {"cause": given.means or "", "actor": actor, "now": now}
    lifecycle.advance(session, Order, order_ids, to=_STATES[answered], axis="confirmation", **common)
    step = journey.find(session, kind="sign", subject_ids=order_ids).get(given.order_id)
    if step is None:
        raise Conflict("this order waits for no signature any more")
    journey.finish(session, [Done(step, answered, _follows(session, step, answered, actor, now))], by=actor, now=now)


def _follows(session: Session, step: Claimed, answered: str, actor: str, now: datetime) -> tuple[NewStep, ...]:
    order_id = step.subject_id
    if answered == DECLINED:
        found = {order_id: "signature_declined"}
        return tuple(holding.back_to_review(session, found=found, by=actor, now=now, cancels=["pay"]).values())
    if journey.find(session, kind="pay", subject_ids=[order_id], states=("open", "claimed", "paused")):
        return ()
    opens = effect.after_customer(session, order_ids=[order_id], cause=answered, actor=actor, now=now)
    return tuple(opens[order_id])


def _is_over(given: Confirmation, now: datetime) -> bool:
    return given.expires_at is not None and now >= given.expires_at


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
