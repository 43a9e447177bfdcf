"""advance() writes every status with its history; the seals find what was altered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import ids
from oms.errors import IllegalTransition
from oms.journey import lifecycle, seal
from oms.journey.models import HistoryEntry
from oms.orders.models import Order
from tests.factories.changes import statements
from tests.factories.orders import make_order


def _advance(session: Session, order: Order, to: str, now: datetime) -> list[object]:
    return list(lifecycle.advance(session, Order, [order.id], to=to, cause="test", actor="staff:ann", now=now))


def test_a_status_change_leaves_who_when_before_and_after(session: Session, business_now: datetime) -> None:
    order = make_order(session)
    assert _advance(session, order, "confirmed", business_now) == [order.id]
    entry = session.query(HistoryEntry).filter_by(subject_id=order.id).one()
    assert (entry.was, entry.became, entry.actor, entry.event) == (
        "received",
        "confirmed",
        "staff:ann",
        "status.confirmed",
    )
    assert entry.order_id == order.id


def test_a_repeat_moves_nothing_and_writes_nothing(session: Session, business_now: datetime) -> None:
    order = make_order(session)
    _advance(session, order, "confirmed", business_now)
    assert _advance(session, order, "confirmed", business_now) == []
    assert session.query(HistoryEntry).filter_by(subject_id=order.id).count() == 1


def test_a_move_that_the_table_does_not_allow_is_refused_by_name(session: Session, business_now: datetime) -> None:
    order = make_order(session)
    with pytest.raises(IllegalTransition, match="received -> closed"):
        _advance(session, order, "closed", business_now)


def test_of_a_list_those_that_moved_are_told_once_each(session: Session, business_now: datetime) -> None:
    new, closed = make_order(session), make_order(session)
    for status in ("confirmed", "in_fulfilment", "fulfilled", "closed"):
        _advance(session, closed, status, business_now)
    moved = lifecycle.advance(
        session, Order, [closed.id, new.id, ids.first_of(business_now), new.id], to="confirmed", cause="test",
        actor="staff:ann", now=business_now, lenient=True,
    )  # fmt: skip
    assert moved == [new.id]
    assert session.query(HistoryEntry).filter_by(subject_id=new.id).count() == 1
    assert session.query(HistoryEntry).filter_by(subject_id=closed.id).count() == 4


def _as_one_who_can_do_anything(session: Session) -> None:
    """A superuser who switches the triggers off: only the seals can tell then."""
    session.execute(text("SET LOCAL session_replication_role = replica"))


def _sealed(session: Session, now: datetime) -> Order:
    order = make_order(session)
    _advance(session, order, "confirmed", now)
    _advance(session, order, "in_fulfilment", now)
    _advance(session, order, "fulfilled", now)
    assert seal.seal(session) == 3
    return order


def _committed_late(session: Session, order: Order, made_at: datetime, now: datetime) -> None:
    session.execute(
        text("""INSERT INTO history_entry (id, order_id, subject_type, subject_id, at, actor, event, cause, data)
                VALUES (:id, :order, 'order', :order, :now, 'system', 'noted', 'late', '{}')"""),
        {"id": ids.first_of(made_at), "order": order.id, "now": now},
    )


def _age(session: Session, column: str) -> None:
    session.execute(text(f"UPDATE seal_head SET {column} = {column} - interval '2 days'"))


def test_sealing_looks_back_no_further_than_where_all_is_sealed(session: Session, business_now: datetime) -> None:
    order = _sealed(session, business_now)
    settled = session.execute(text("SELECT settled_at FROM seal_head")).scalar_one()
    _committed_late(session, order, settled - timedelta(seconds=1), business_now)
    assert seal.seal(session) == 0
    assert seal.verify(session).unsealed == 1
    _age(session, "searched_at")  # once a day the whole history is searched
    assert seal.seal(session) == 1
    assert seal.verify(session).unsealed == 0


def test_entries_within_the_reach_of_wrong_clocks_are_sealed_at_once(session: Session, business_now: datetime) -> None:
    order = _sealed(session, business_now)
    for minutes in (-10, 10):
        _committed_late(session, order, datetime.now(UTC) + timedelta(minutes=minutes), business_now)
    assert seal.seal(session) == 2


def test_a_quick_look_leaves_what_was_committed_late_to_the_next_look_back(
    session: Session, business_now: datetime
) -> None:
    order = _sealed(session, business_now)
    _committed_late(session, order, datetime.now(UTC) - timedelta(minutes=1), business_now)
    _advance(session, order, "closed", business_now)
    assert seal.seal(session, quickly=True) == 1  # the newest one
    assert seal.seal(session, quickly=True) == 0
    every = {"every": seal.LOOKS_BACK_EVERY}
    session.execute(text("UPDATE seal_head SET settled_at = settled_at - CAST(:every AS interval)"), every)
    assert seal.seal(session, quickly=True) == 1
    assert seal.verify(session).unsealed == 0


@pytest.fixture
def batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    statement = str(seal.UNSEALED).replace(f"LIMIT {seal.BATCH}", "LIMIT 2")
    assert statement != str(seal.UNSEALED)
    monkeypatch.setattr(seal, "BATCH", 2)
    monkeypatch.setattr(seal, "UNSEALED", text(statement))


def _settled(session: Session) -> datetime | None:
    return session.execute(text("SELECT settled_at FROM seal_head")).scalar_one()


@pytest.mark.usefixtures("batches_of_two")
def test_an_old_backlog_of_more_than_a_batch_is_sealed_whole_before_anything_counts_as_settled(
    session: Session, business_now: datetime
) -> None:
    order = make_order(session)
    for hours in (4, 3, 2, 1):
        _committed_late(session, order, datetime.now(UTC) - timedelta(hours=hours), business_now)
    assert seal.seal(session) == 2
    assert _settled(session) is None
    assert seal.seal(session) == 2
    assert _settled(session) is None  # whether there are more is not known yet
    assert seal.seal(session) == 0
    assert _settled(session) is not None


def test_all_there_is_is_searched_a_slice_at_a_time_and_counts_as_searched_after_the_last(
    session: Session, business_now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One statement over the whole history of a large house would be ended by its time-out each time."""
    order, day = make_order(session), timedelta(days=1)
    for minutes in (300, 240, 180, 120):
        _committed_late(session, order, datetime.now(UTC) - timedelta(minutes=minutes), business_now)
    assert seal.seal(session) == 4
    _committed_late(session, order, datetime.now(UTC) - timedelta(minutes=150), business_now)
    _age(session, "searched_at")
    monkeypatch.setattr(seal, "SLICE", 2)
    searched_at = text("SELECT clock_timestamp() - searched_at FROM seal_head")
    with statements(session) as seen:
        assert seal.seal(session) == 1
    assert len([words for words in seen if "NOT EXISTS" in words]) == 2
    assert session.execute(searched_at).scalar_one() > day
    assert seal.seal(session) == 0
    assert session.execute(searched_at).scalar_one() < day
    assert (seal.verify(session).unsealed, seal.verify(session).broken) == (0, None)


@pytest.mark.usefixtures("batches_of_two")
def test_a_house_too_busy_to_be_sealed_to_its_end_does_not_look_back_for_ever(
    session: Session, business_now: datetime
) -> None:
    order = make_order(session)
    _committed_late(session, order, datetime.now(UTC) - timedelta(hours=1), business_now)
    for status in ("confirmed", "in_fulfilment", "fulfilled"):
        _advance(session, order, status, business_now)
    assert seal.seal(session, quickly=True) == 2  # a full batch: the old one and the first of the young
    settled = _settled(session)
    assert settled is not None
    assert seal.seal(session, quickly=True) == 2
    assert _settled(session) == settled  # it went on from there, and looked back no more
    assert seal.verify(session).unsealed == 0


def test_what_waits_for_its_seal_is_counted_so_far_and_the_oldest_named(
    session: Session, business_now: datetime
) -> None:
    order = _sealed(session, business_now)
    _committed_late(session, order, _settled(session) - timedelta(seconds=1), business_now)
    # What the day's search alone will find is not looked for.
    assert seal.waiting(session, most=9) == seal.Waiting(0, None)
    for minutes in (3, 2, 1):
        at = datetime.now(UTC) - timedelta(minutes=minutes)
        _committed_late(session, order, at, business_now - timedelta(minutes=minutes))
    assert seal.waiting(session, most=9) == seal.Waiting(3, business_now - timedelta(minutes=3))
    assert seal.waiting(session, most=2).count == 2
    session.execute(text("DELETE FROM seal_head"))  # as in a house that has never sealed
    assert seal.waiting(session, most=9).count == 4


def test_an_untouched_history_verifies_from_the_start_to_its_head(session: Session, business_now: datetime) -> None:
    _sealed(session, business_now)
    found = seal.verify(session)
    assert (found.sealed, found.unsealed, found.broken) == (3, 0, None)
    assert seal.verify(session, expected_head=found.head).broken is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE history_entry SET actor = 'staff:eve' WHERE became = 'in_fulfilment'",
        "UPDATE history_entry SET at = at - interval '1 second' WHERE became = 'in_fulfilment'",
        "DELETE FROM history_entry WHERE became = 'in_fulfilment'",
        "DELETE FROM seal WHERE seq = 2",
        "UPDATE seal SET hash = 'x' WHERE seq = 2",
    ],
)
def test_the_first_broken_entry_is_named(session: Session, business_now: datetime, change: str) -> None:
    _sealed(session, business_now)
    _as_one_who_can_do_anything(session)
    session.execute(text(change))
    broken = seal.verify(session).broken
    assert broken is not None
    assert broken.seq == 2


def test_a_cut_off_end_is_found_by_the_head_kept_elsewhere(session: Session, business_now: datetime) -> None:
    _sealed(session, business_now)
    head = seal.verify(session).head
    _as_one_who_can_do_anything(session)
    session.execute(text("DELETE FROM history_entry WHERE became = 'fulfilled'"))
    session.execute(text("DELETE FROM seal WHERE seq = 3"))
    session.execute(text("UPDATE seal_head SET seq = 2, hash = (SELECT hash FROM seal WHERE seq = 2)"))
    assert seal.verify(session).broken is None
    assert seal.verify(session, expected_head=head).broken is not None
