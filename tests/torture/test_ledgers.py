"""What is held against what the shops sent can differ: each difference is told."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import update
from sqlalchemy.orm import Session

from oms.intake import inbox
from oms.intake.inbox import EVENT_ID_REUSED, NewMessage
from oms.intake.models import InboundMessage
from tests.factories.orders import make_channel
from tests.torture import amended, ledgers
from tests.torture.amended import Stands, Wish
from tests.torture.ledgers import Fate
from tests.torture.plan import CANCELLATION, CHANGE, CONFLICT, ORDER, POISON
from tests.torture.traffic import Ack

_FIRST, _OTHER = "a" * 64, "b" * 64
_BESIDE = f"evt-1#{_OTHER[:16]}"
_APART = Fate("quarantined", EVENT_ID_REUSED)
_TAKEN = Fate("accepted", None, ("ordered",))
_VERSION = "2026-11-02T08:00:00+00:00"
_NEW, _OLD = ("科技园路99号",), ("人民路1号",)
_NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def ack(kind: str, sha: str, event_id: str = "evt-1") -> Ack:
    return Ack(kind, event_id, "T-1", sha, 202, 1, 0.0, 0.1, 0.1)


BOTH = [ack(ORDER, _FIRST), ack(CONFLICT, _OTHER)]


def test_bytes_that_stand_and_are_not_those_that_were_sent_are_told_though_their_hash_is(
    session: Session, business_now: datetime
):
    channel = make_channel(session, name="web-bytes")
    came = [NewMessage(name, "webhook", body, {}, "channel:web") for name, body in (("evt-1", b"{}"), ("evt-2", b"[]"))]
    inbox.receive(session, channel_id=channel.id, received=came, now=business_now)
    told = [ack(ORDER, hashlib.sha256(one.body).hexdigest(), one.event_id or "") for one in came]
    assert ledgers.accepted(session, told, channel=channel.name) == []
    # As a statement for many rows that gives one the bytes of another: its hash stays that of what had come.
    session.execute(update(InboundMessage).where(InboundMessage.event_id == "evt-2").values(body=b"{}"))
    assert ledgers.accepted(session, told, channel=channel.name) == [
        "LOST: order evt-2 was accepted and does not stand"
    ]


def test_poison_that_is_taken_or_lost_is_told():
    assert ledgers.poison([ack(POISON, _FIRST)], {("evt-1", _FIRST): Fate("quarantined", "unreadable")}) == []
    assert ledgers.poison([ack(POISON, _FIRST)], {("evt-1", _FIRST): _TAKEN})
    assert ledgers.poison([ack(POISON, _FIRST)], {})


def test_either_of_two_contents_under_one_id_may_be_taken():
    assert ledgers.contradictions(BOTH, {("evt-1", _FIRST): _TAKEN, (_BESIDE, _OTHER): _APART}) == []
    beside = f"evt-1#{_FIRST[:16]}"
    assert ledgers.contradictions(BOTH, {("evt-1", _OTHER): _TAKEN, (beside, _FIRST): _APART}) == []


def test_two_contents_taken_or_none_or_one_gone_are_told():
    both = {("evt-1", _FIRST): _TAKEN, ("evt-1", _OTHER): _TAKEN}
    assert ledgers.contradictions(BOTH, both) == ["2 of 2 contents under evt-1 were taken, not one"]
    accepted = {("evt-1", _FIRST): _TAKEN, (_BESIDE, _OTHER): Fate("accepted", None, ("updated",))}
    assert "is accepted updated, not in quarantine" in ledgers.contradictions(BOTH, accepted)[0]
    told = {("evt-1", _FIRST): _TAKEN, (_BESIDE, _OTHER): Fate("quarantined", EVENT_ID_REUSED, ("updated",))}
    assert len(ledgers.contradictions(BOTH, told)) == 1
    assert "nowhere" in ledgers.contradictions(BOTH, {("evt-1", _FIRST): _TAKEN})[0]
    neither = {("evt-1", _FIRST): Fate("quarantined", "x"), (_BESIDE, _OTHER): _APART}
    assert ledgers.contradictions(BOTH, neither) == ["0 of 2 contents under evt-1 were taken, not one"]


def change(**told: object) -> str:
    stands = {"status": "closed", "version": "2026-11-02T08:00:00Z", "street": _NEW, "labels": frozenset({_NEW})} | told
    return amended.fault(Wish(CHANGE, "T-1", _VERSION, _NEW), Stands(**stands))  # type: ignore[arg-type]


def cancellation(**told: object) -> str:
    stands = {"status": "cancelled", "version": _VERSION, "street": _OLD, "channel_cancelled": True} | told
    return amended.fault(Wish(CANCELLATION, "T-1", _VERSION, _OLD), Stands(**stands))  # type: ignore[arg-type]


def test_a_change_is_carried_out_or_came_before_its_order():
    assert change() == ""
    assert change(request=None, became="ordered") == ""
    assert cancellation() == ""
    assert cancellation(request=None, became="cancelled") == ""


def test_a_change_that_is_dropped_or_half_done_is_told():
    assert "became nothing" in amended.fault(Wish(CHANGE, "T-1", _VERSION, _NEW), None)
    assert "left no trace" in change(version="2026-11-01T08:00:00Z")
    assert "was dropped: the order goes to" in change(street=_OLD)
    assert "was dropped: its request is superseded" in change(request="superseded")
    assert "was dropped: its request is requested" in change(request="requested")
    assert "half done" in change(labels=frozenset({_OLD, _NEW}))


def test_a_cancellation_that_is_dropped_is_told():
    assert "left no trace" in cancellation(channel_cancelled=False)
    assert "was dropped: the order is closed" in cancellation(status="closed")
    assert "was dropped: its request is approved" in cancellation(request="approved")


def test_a_cancelled_order_whose_money_stays_here_is_told():
    assert cancellation(paid=Decimal("24.00"), given_back=Decimal("24.0000")) == ""
    assert cancellation(paid=Decimal("24.00")) == "was carried out, but of 24.00 that were paid 0 go back"
    assert "23 go back" in cancellation(paid=Decimal(24), given_back=Decimal(23))
    assert cancellation(request=None, became="cancelled", paid=Decimal(24)) == ""


def test_a_cancellation_of_which_the_customer_never_heard_is_told():
    assert cancellation(told_cancelled=False) == "was carried out, and the customer was never told"
    # It came before its order, which nobody had confirmed to anybody.
    assert cancellation(request=None, became="cancelled", told_cancelled=False) == ""


def test_only_goods_that_have_left_are_a_reason_to_decline():
    left = {
        "request": "declined",
        "declined_at": _NOW,
        "told": True,
        "ticket": True,
        "street": _OLD,
        "status": "closed",
    }
    assert change(**left, left_at=_NOW - timedelta(minutes=1)) == ""
    assert cancellation(**left, left_at=_NOW) == ""
    assert "but the goods left at None" in change(**left)
    assert "but the goods left" in cancellation(**left, left_at=_NOW + timedelta(minutes=1))
    assert "nobody was told" in change(**left | {"told": False}, left_at=_NOW)
    assert "nobody has the case" in change(**left | {"ticket": False}, left_at=_NOW)
    assert "does not tell when" in change(**left | {"declined_at": None}, left_at=_NOW)


def told(status: int, *, attempts: int, busy: int = 0, unanswered: int = 0) -> list[str]:
    one = Ack(ORDER, "evt-1", "T-1", _FIRST, status, attempts, 0.0, 0.1, 0.1, busy, unanswered)
    return ledgers.answers([one])


def test_an_error_of_ours_is_told_though_the_sender_came_again_and_was_taken():
    assert told(202, attempts=1) == told(202, attempts=4, busy=2, unanswered=1) == told(422, attempts=1) == []
    assert told(0, attempts=3, busy=1, unanswered=2) == told(503, attempts=3, busy=3) == []
    assert told(202, attempts=4, busy=2) == ["order evt-1 was 1 times told of another error than 503"]
    assert told(500, attempts=3) == ["order evt-1 was 2 times told of another error than 503"]
