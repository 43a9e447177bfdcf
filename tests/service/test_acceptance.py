"""From bytes to one order: repeats, versions, contradictions, what is no order."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.db import Database
from oms.intake import inbox, quarantine, queries
from oms.intake.models import InboundMessage, InboundOrder
from oms.invariants.check import check
from oms.journey import steps, touched
from oms.journey.models import Hold, Step
from oms.kpi import fold
from oms.kpi.models import KpiLine
from oms.memory import LARGE_BYTES
from oms.orders.models import ChangeRequest, Order, OrderLine
from oms.parties.models import Channel, Customer
from tests.conftest import BUSINESS_NOW
from tests.factories.generic import message, order_json
from tests.factories.orders import make_channel, make_sku
from workers.intake import accept


@pytest.fixture
def channel(session: Session) -> Channel:
    return make_channel(session)


def _take(session: Session, channel: Channel, now: datetime, *messages: inbox.NewMessage) -> list[str]:
    """Store and accept; the outcomes in the messages' order."""
    receipts = inbox.receive(session, channel_id=channel.id, received=list(messages), now=now)
    claimed = steps.claim(session, kind="accept", limit=500, lease_s=30, worker="test")
    done = accept(session, claimed, now)
    steps.finish(session, done, by="system", now=now)
    outcome = {d.step.subject_id: d.outcome for d in done}
    return [outcome.get(r.message_id, "none") for r in receipts]


def test_a_message_becomes_one_order_with_its_lines_and_step(
    session: Session, channel: Channel, business_now: datetime
) -> None:
    sku = make_sku(session, code="TEA")
    assert _take(session, channel, business_now, message(order_json("1001"))) == ["ordered"]
    order = session.query(Order).one()
    line = session.query(OrderLine).one()
    assert (order.channel_order_id, order.status, order.total, order.ship_country) == ("1001", "received", 20, "CN")
    assert (line.sku_id, line.qty, line.total) == (sku.id, 2, 20)
    assert session.query(Step).filter_by(kind="verify").one().subject_id == order.id
    assert session.query(Customer).one().email == "li.lei@example.com"


def test_the_same_order_a_hundred_times_in_one_batch_is_one(
    session: Session, channel: Channel, business_now: datetime
) -> None:
    outcomes = _take(session, channel, business_now, *[message(order_json("1001")) for _ in range(100)])
    assert sorted(set(outcomes)) == ["duplicate", "ordered"]
    assert session.query(Order).count() == 1
    assert session.query(ChangeRequest).count() == 0


def test_a_newer_version_is_a_change_and_an_older_one_changes_nothing(
    session: Session, channel: Channel, business_now: datetime
) -> None:
    first, newer = order_json("1001"), order_json("1001", version="2026-11-18T03:00:00Z", buyer_message="blue please")
    assert _take(session, channel, business_now, message(newer)) == ["ordered"]
    assert _take(session, channel, business_now, message(first)) == ["superseded"]
    newest = {**newer, "version": "2026-11-18T04:00:00Z", "buyer_message": "red please"}
    assert _take(session, channel, business_now, message(newest), message(newest)) == ["updated", "duplicate"]
    request = session.query(ChangeRequest).one()
    assert (request.kind, request.wanted["buyer_message"]) == ("update", "red please")
    assert session.query(Step).filter_by(kind="apply_change").one().subject_id == request.id


def test_equal_version_with_other_content_holds_and_is_read_again(
    session: Session, channel: Channel, business_now: datetime
) -> None:
    other = order_json("1001", buyer_message="something else")
    assert _take(session, channel, business_now, message(order_json("1001")), message(other)) == ["ordered", "conflict"]
    assert session.query(Hold).one().reason == "version_conflict"
    kinds = {s.kind: s.state for s in session.query(Step)}
    assert (kinds["reread"], kinds["verify"]) == ("open", "paused")


def test_a_cancellation_before_its_order_makes_a_cancelled_order_that_stays_so(
    session: Session, channel: Channel, business_now: datetime
) -> None:
    cancelled = order_json("1001", kind="cancellation", version="2026-11-18T03:00:00Z")
    assert _take(session, channel, business_now, message(cancelled)) == ["updated"]
    assert _take(session, channel, business_now, message(order_json("1001"))) == ["superseded"]
    order = session.query(Order).one()
    assert order.status == "cancelled"
    assert session.query(Step).filter_by(kind="verify").count() == 0
    # Its entry counts (K-1), though no step opens that would tell of it.
    touched.write(session)
    fold.fold(session, now=business_now)
    entered = session.query(KpiLine).filter_by(kpi="entry_accuracy_machine").one()
    assert (entered.fact_id, entered.of) == (order.id, 1)


@pytest.mark.parametrize("kind", ["test", "draft", "not_an_order"])
def test_what_is_no_live_order_never_becomes_one(
    session: Session, channel: Channel, business_now: datetime, kind: str
) -> None:
    assert _take(session, channel, business_now, message(order_json("1001", kind=kind))) == ["not_an_order"]
    assert session.query(Order).count() == 0


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\xfe\x00", b"[" * 5000])
def test_bytes_that_cannot_be_read_are_quarantined_with_their_reason(
    session: Session, channel: Channel, business_now: datetime, body: bytes
) -> None:
    assert _take(session, channel, business_now, inbox.NewMessage(None, "webhook", body)) == ["quarantined"]
    row = session.query(InboundMessage).populate_existing().one()
    assert (row.status, bool(row.reason), row.body) == ("quarantined", True, body)


def test_a_bad_row_refuses_the_file_or_itself_as_asked(
    session: Session, channel: Channel, business_now: datetime
) -> None:
    bad = order_json("1002", lines=[{"sku": "TEA", "qty": "1", "unit_price": 9.5}])
    rows: list[dict[str, Any]] = [order_json("1001"), bad]
    both = inbox.NewMessage("all", "upload", json.dumps(rows).encode(), {"x-oms-rows": "all"})
    good = inbox.NewMessage("good", "upload", json.dumps(rows).encode(), {"x-oms-rows": "good"})
    assert _take(session, channel, business_now, both) == ["quarantined"]
    assert session.query(Order).count() == 0
    assert _take(session, channel, business_now, good) == ["ordered"]
    became = {r.channel_order_id: r.became for r in session.query(InboundOrder) if r.order_id or r.became == "refused"}
    assert became["1001"] == "ordered"


def test_a_number_too_large_for_any_order_is_refused_by_name(
    session: Session, channel: Channel, business_now: datetime
) -> None:
    huge = order_json("1001", lines=[{"sku": "TEA", "qty": "99999999999", "unit_price": "10.00"}])
    assert _take(session, channel, business_now, message(huge)) == ["quarantined"]
    assert "lines.0.qty" in str(session.query(InboundMessage).populate_existing().one().reason)


def test_a_hundred_parallel_copies_in_own_transactions_make_one_order(
    database: Database, business_clock: datetime
) -> None:
    with database.transaction() as session:
        channel = make_channel(session)
        received = [message(order_json("1001")) for _ in range(100)]
        inbox.receive(session, channel_id=channel.id, received=received, now=business_clock)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            while _accept_some(database, business_clock):
                pass
        except BaseException as error:  # noqa: BLE001  shown by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.transaction() as session:
        assert (errors, session.query(Order).count(), session.query(ChangeRequest).count()) == ([], 1, 0)
        assert {m.status for m in session.query(InboundMessage)} == {"accepted", "duplicate"}


@pytest.fixture
def business_clock() -> datetime:
    return BUSINESS_NOW


def _accept_some(database: Database, now: datetime) -> bool:
    with database.transaction() as session:
        claimed = steps.claim(session, kind="accept", limit=7, lease_s=30, worker="test")
    with database.transaction() as session:
        steps.finish(session, accept(session, claimed, now), by="system", now=now)
    return bool(claimed)


def test_a_mail_that_is_no_order_is_quarantined_and_nothing_follows(session: Session, business_now: datetime) -> None:
    mailbox = make_channel(session, source="email", way="email")
    spam = b"From: a@b.example\nSubject: your order 5056\nPrecedence: bulk\n\nYou won a prize, click here\n"
    assert _take(session, mailbox, business_now, inbox.NewMessage("<1@b>", "mail", spam)) == ["quarantined"]
    row = session.query(InboundMessage).populate_existing().one()
    assert (row.status, session.query(Order).count(), session.query(Step).filter_by(kind="tell").count()) == (
        "quarantined",
        0,
        0,
    )
    assert "nothing is answered" in str(row.reason)


def test_a_large_mail_and_small_messages_are_read_in_one_batch(
    session: Session, channel: Channel, business_now: datetime
) -> None:
    """Large ones are read one by one, and give the same."""
    large = order_json("1001")
    large["buyer_message"] = "x" * (2 * LARGE_BYTES)
    assert _take(session, channel, business_now, message(large), message(order_json("1002"))) == ["ordered", "ordered"]
    assert {order.channel_order_id for order in session.query(Order)} == {"1001", "1002"}


def test_an_order_that_was_refused_beside_others_is_shown_in_the_quarantine(
    session: Session, channel: Channel, business_now: datetime
) -> None:
    """A page of a poll, a list by webhook: the good orders go on, and somebody sees that one did not."""
    bad = order_json("1002", lines=[{"sku": "TEA", "qty": "1", "unit_price": 9.5}])
    page = inbox.NewMessage("page", "poll", json.dumps([order_json("1001"), bad]).encode())
    assert _take(session, channel, business_now, page) == ["ordered"]
    [listed] = queries.listed(session, limit=10, status="quarantined")
    assert "lines.0.unit_price" in listed.reason
    assert quarantine.read_again(session, message_ids=[listed.id], actor="staff:a", now=business_now) == [listed.id]
    claimed = steps.claim(session, kind="accept", limit=10, lease_s=30, worker="test")
    steps.finish(session, accept(session, claimed, business_now), by="system", now=business_now)
    assert session.query(Order).one().channel_order_id == "1001"
    assert len(queries.listed(session, limit=10, status="quarantined")) == 1
    assert check(session, names=["a_message_says_what_it_became", "a_repeat_changes_nothing"]) == []
