"""Keeping what arrives: lists, repeats inside and outside of them, ids that lie (I-7)."""

from __future__ import annotations

import uuid

from sqlalchemy import event, text

from oms.intake.inbox import DUPLICATE, QUARANTINED, STORED, NewMessage, receive
from oms.intake.models import InboundMessage
from oms.journey.models import HistoryEntry, Step

CHANNEL = uuid.UUID(int=1)


def keep(session, now, *messages):
    return receive(session, channel_id=CHANNEL, received=messages, now=now)


def message(event_id: str | None, body: bytes = b"{}") -> NewMessage:
    return NewMessage(event_id, "poll", body, {"a": "b"}, "channel:shop")


def test_each_new_message_is_stored_with_its_step(session, business_now):
    receipts = keep(session, business_now, message("1"), message("2", b"\x00\xff"))
    rows = {row.id: row for row in session.query(InboundMessage)}
    assert [receipt.outcome for receipt in receipts] == [STORED, STORED]
    assert rows[receipts[1].message_id].body == b"\x00\xff"
    assert rows[receipts[0].message_id].headers == {"a": "b"}
    steps = session.query(Step).all()
    assert {(s.kind, s.key, s.state) for s in steps} == {("accept", f"{r.message_id}:0", "open") for r in receipts}


def test_a_message_twice_in_one_list_is_stored_once(session, business_now):
    first, second = keep(session, business_now, message("1"), message("1"))
    assert {first.outcome, second.outcome} == {STORED, DUPLICATE}
    assert first.message_id == second.message_id
    assert session.query(Step).count() == 1


def test_without_an_id_equal_bytes_are_the_same_message(session, business_now):
    keep(session, business_now, message(None, b"a"), message(None, b"b"))
    [again] = keep(session, business_now, message(None, b"a"))
    assert again.outcome == DUPLICATE
    assert session.query(InboundMessage).count() == 2


def test_the_same_id_of_another_channel_is_another_message(session, business_now):
    keep(session, business_now, message("1"))
    [other] = receive(session, channel_id=uuid.UUID(int=2), received=[message("1")], now=business_now)
    assert other.outcome == STORED


def test_an_id_that_comes_with_other_bytes_is_quarantined_once_with_its_history(session, business_now):
    keep(session, business_now, message("1"))
    [first] = keep(session, business_now, message("1", b"other"))
    [again] = keep(session, business_now, message("1", b"other"))
    assert (first.outcome, again) == (QUARANTINED, first)
    kept = session.get(InboundMessage, first.message_id)
    assert (kept.status, kept.reason, kept.body) == ("quarantined", "event_id_reused", b"other")
    assert session.query(HistoryEntry).filter_by(subject_id=first.message_id).count() == 1
    assert session.query(Step).count() == 1


def test_ids_that_no_index_takes_are_kept_by_their_hash(session, business_now):
    long, nul = message("x" * 5000), message("a\x00b")
    assert [receipt.outcome for receipt in keep(session, business_now, long, nul)] == [STORED, STORED]
    assert keep(session, business_now, long)[0].outcome == DUPLICATE


def test_a_list_costs_as_many_statements_as_a_single_message(session, business_now):
    said: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *a: said.append(a[2]))
    keep(session, business_now, message("warm"))
    said.clear()
    keep(session, business_now, message("one"))
    single, said[:] = len(said), []
    keep(session, business_now, *(message(str(n)) for n in range(200)))
    assert len(said) == single
    assert session.execute(text("SELECT count(*) FROM step")).scalar_one() == 202
