"""Each invariant finds nothing in a sound house, and finds what was broken: a positive control for every one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.aftersales import refunds
from oms.aftersales.refunds import NewRefund
from oms.invariants.check import INVARIANTS, check
from oms.journey import steps
from tests.factories.every_stage import drop_guards, make_every_stage
from tests.factories.sold import make_sold_sets

_REFUND = """INSERT INTO refund (id, key, order_id, amount, currency, reason, status, requested_by, requested_at, approved_by)
             SELECT gen_random_uuid(), 'k', id, {amount}, 'CNY', 'x', 'succeeded', 'ann', now(), '{by}' FROM orders LIMIT 1"""
_PENDING = _REFUND.format(amount=1, by="bob").replace("succeeded", "pending")
_RETURN = """INSERT INTO return_line (return_id, order_line_id, sku_id, qty, qty_received, qty_restocked, qty_scrapped)
             SELECT gen_random_uuid(), id, sku_id, 99, {received}, {restocked}, 0 FROM order_line LIMIT 1"""
_MESSAGE = """INSERT INTO inbound_message (id, channel_id, event_id, way, body_sha256, body, headers, size, status, received_at,
                                           received_by)
              VALUES (gen_random_uuid(), gen_random_uuid(), 'e', 'poll', '', '', '', 0, '{status}', now() - interval '1 h', 'x')"""
_ENTRY = """INSERT INTO history_entry (id, subject_type, subject_id, at, actor, event, cause, became, data)
            SELECT gen_random_uuid(), '{of}', id, now(), {actor}, '{event}', 'x', 'x', '{{}}' FROM {of} LIMIT 1"""
_STAFF = """INSERT INTO staff (id, login, name, roles, team, language, password_hash, active, failed_logins, created_at)
            SELECT gen_random_uuid(), 'ann', 'Ann', '[]', '', 'en', '', true, 0, now()"""
_WISH = """INSERT INTO change_request (id, key, order_id, kind, wanted, status, requested_by, requested_at, decided_by)
           SELECT gen_random_uuid(), 'k', id, 'update', '', 'approved', 'ann', now(), 'ann' FROM orders LIMIT 1"""
_REPEAT = """INSERT INTO inbound_order (message_id, position, became, order_id, problems)
             SELECT gen_random_uuid(), 0, 'duplicate', id, '[]' FROM orders LIMIT 1"""
_TOLD = """UPDATE step SET state = 'done', outcome = '{outcome}', finished_at = now(), finished_by = 'x'
           WHERE kind = 'tell_channel' AND round = {round}"""
_NOT_CLOSED = "UPDATE orders SET status = 'in_fulfilment'"

#: Invariant -> what breaks it and nothing else has to.
CONTROLS: dict[str, str] = {
    "kpi_is_sum_of_lines": "DELETE FROM kpi_line WHERE fact_id = (SELECT min(fact_id::text)::uuid FROM kpi_line)",
    "every_step_is_folded": "DELETE FROM kpi_line WHERE kpi = 'on_time'",
    "a_closed_month_stands": "INSERT INTO kpi_month (month, computed_at, closed_at) SELECT '2026-10', now(), now()",
    "a_fact_counts_once": "UPDATE kpi_line SET unit_id = gen_random_uuid()",
    "never_oversold": "UPDATE stock SET reserved = on_hand + 1",
    "balance_is_sum_of_moves": "UPDATE stock SET on_hand = on_hand + 1",
    "bins_add_up": "UPDATE bin_stock SET on_hand = on_hand + 1",
    "bin_is_sum_of_moves": "DELETE FROM stock_move WHERE cause = 'pick'",
    "allotted_is_on_pick_lists": "UPDATE pick_task SET qty_picked = 0, status = 'pending'",
    "reserved_is_promised": "UPDATE reservation SET qty_shipped = 0",
    "nothing_reserved_for_ended_orders": "UPDATE reservation SET qty_shipped = 0",
    "no_part_is_promised_beyond_its_line": "UPDATE reservation SET qty = qty + 1",
    "line_reserved_is_promised": "UPDATE order_line SET qty_reserved = qty_reserved + 1",
    "a_backorder_is_on_its_way": "UPDATE orders SET status = 'confirmed'; UPDATE order_line SET qty_backordered = 999",
    "restocked_is_on_the_ledger": _RETURN.format(received=1, restocked=1),
    "one_order_for_each_channel_order": "UPDATE orders SET channel_id = (SELECT min(channel_id::text)::uuid FROM orders), channel_order_id = 'same'",
    "an_order_begins_once": "UPDATE history_entry SET event = 'order.changed' WHERE event = 'order.ordered'",
    "a_repeat_changes_nothing": f"{_REPEAT}; UPDATE history_entry SET data = jsonb_build_object('message', (SELECT message_id FROM inbound_order))",
    "no_message_forgotten": _MESSAGE.format(status="received"),
    "a_message_says_what_it_became": _MESSAGE.format(status="accepted"),
    "no_order_forgotten": "UPDATE orders SET status = 'confirmed'; DELETE FROM step",
    "line_adds_up": "UPDATE order_line SET qty_backordered = 1",
    "line_is_what_parcels_carried": "UPDATE order_line SET qty_delivered = 0",
    "states_follow_the_lines": "UPDATE orders SET fulfilment_status = 'unfulfilled' WHERE status = 'closed'",
    "totals_hold": "UPDATE orders SET total = total + 1",
    "returned_at_most_what_left": _RETURN.format(received=99, restocked=0),
    "refunded_at_most_what_was_paid": _REFUND.format(amount=999, by="bob"),
    "who_asked_did_not_approve": _REFUND.format(amount=1, by="ann"),
    "large_refunds_took_two": f"{_REFUND.format(amount=5000, by='bob')}; "
    + _ENTRY.format(of="refund", actor="approved_by", event="status.succeeded"),
    "who_wished_did_not_decide": _WISH,
    "who_entered_did_not_pass": """UPDATE history_entry SET event = 'review.approved', actor = o.entered_by FROM orders o
        WHERE o.id = subject_id AND event = 'order.ordered'""",
    "nobody_gave_themselves_a_role": f"{_STAFF}; "
    + _ENTRY.format(of="staff", actor="'staff:' || id", event="staff.roles_set"),
    "what_left_was_checked_by_scan": "DELETE FROM scan WHERE stage = 'pack'",
    "a_parcel_has_one_label": """INSERT INTO document SELECT gen_random_uuid(), order_id, subject_type, subject_id, kind, name,
        media_type, 'other'::bytea, size, content, created_at, created_by FROM document WHERE kind = 'label'""",
    "a_label_has_its_effect": "DELETE FROM effect",
    "no_label_for_a_cancelled_order": "UPDATE parcel SET label_status = 'purchased', handed_over_at = NULL; UPDATE orders SET status = 'cancelled'",
    "a_void_is_not_stuck": "UPDATE parcel SET label_status = 'void_requested'",
    "no_call_left_in_the_air": "UPDATE effect SET state = 'unknown'",
    "handed_over_is_shipped": "DELETE FROM stock_move WHERE cause = 'ship'",
    "collected_ended_its_step": "UPDATE step SET state = 'open' WHERE kind = 'deliver'",
    "every_move_is_allowed": "UPDATE history_entry SET was = 'closed' WHERE became = 'in_fulfilment'",
    "state_is_fold_of_history": _NOT_CLOSED,
    "nothing_waits_unattended": _PENDING,
    "no_message_unsent": "DELETE FROM step WHERE kind = 'tell'",
    "no_channel_untold": "DELETE FROM step WHERE kind = 'tell_channel'",
    "told_in_order": _TOLD.format(outcome="told", round=1),
    "what_was_not_told_says_why": _TOLD.format(outcome="failed", round=0),
    "attempts_have_an_end": "UPDATE step SET attempt = 6000, token = 6000 WHERE kind = 'tell'",
    "no_lease_forgotten": "UPDATE step SET state = 'claimed', lease_until = now() - interval '1 h' WHERE kind = 'tell'",
    "steps_say_what_they_are": "UPDATE step SET outcome = NULL WHERE kind = 'pick'",
    "pauses_have_their_evidence": "UPDATE step SET state = 'paused' WHERE kind = 'tell'",
    "every_entry_names_who": "UPDATE history_entry SET actor = ' ' WHERE event = 'order.ordered'",
    "seals_are_whole": "DELETE FROM seal WHERE seq = 2",
}


@pytest.fixture
def house(session: Session, business_now: datetime) -> Session:
    return make_every_stage(session, business_now)


def test_a_sound_house_breaks_no_invariant(house: Session) -> None:
    assert check(house) == []


def test_every_invariant_has_a_control() -> None:
    assert CONTROLS.keys() == INVARIANTS.keys()


@pytest.mark.parametrize("name", INVARIANTS)
def test_an_invariant_finds_what_was_broken(house: Session, name: str) -> None:
    drop_guards(house)
    assert check(house, names=[name]) == []
    for statement in CONTROLS[name].split("; "):
        done: Any = house.execute(text(statement))
        assert done.rowcount > 0, "the control broke nothing"
    found = check(house, names=[name])
    assert {violation.name for violation in found} == {name}
    assert all(violation.subject and violation.detail for violation in found)


#: What the history cannot tell of: a row without an entry, a lost first entry, a payment that nobody told.
STATES_WITHOUT_HISTORY = (
    "UPDATE message SET status = 'sent' WHERE status = 'waiting'",
    "UPDATE parcel SET label_status = 'refused' WHERE label_status = 'none'",
    "UPDATE parcel SET tracking_status = 'lost' WHERE tracking_status = 'pre_transit'",
    "UPDATE orders SET payment_status = 'refunded'",
    "DELETE FROM history_entry WHERE event = 'fulfilment.released'",
    "DELETE FROM history_entry WHERE event = 'order.ordered'",
)


@pytest.mark.parametrize("statement", STATES_WITHOUT_HISTORY)
def test_a_state_that_no_history_leads_to_is_found(house: Session, statement: str) -> None:
    drop_guards(house)
    done: Any = house.execute(text(statement))
    assert done.rowcount > 0, "the control broke nothing"
    assert [v.name for v in check(house, names=["state_is_fold_of_history"])]


def test_two_steps_for_one_stage_are_found(house: Session) -> None:
    drop_guards(house)
    house.execute(text("UPDATE step SET key = 'same' WHERE kind = 'tell'"))
    assert "steps_say_what_they_are" in {violation.name for violation in check(house)}


#: What somebody waits for, and nobody has it on his list.
UNATTENDED = (
    """INSERT INTO return_request (id, number, order_id, reason, note, status, requested_at, requested_by)
       SELECT gen_random_uuid(), 'RT-1', id, 'faulty', '', 'received', now(), 'ann' FROM orders LIMIT 1""",
    """INSERT INTO ticket (id, number, kind, serious, subject, body, status, opened_by, opened_at)
       SELECT gen_random_uuid(), 'TK-1', 'complaint', false, '', '', 'open', 'ann', now()""",
    """INSERT INTO supply_request (id, number, kind, warehouse_id, sku_id, qty, qty_received, status, raised_at)
       SELECT gen_random_uuid(), 'SR-1', 'purchase', warehouse_id, sku_id, 1, 0, 'raised', now() FROM stock LIMIT 1""",
)


@pytest.mark.parametrize("statement", UNATTENDED)
def test_a_return_a_ticket_and_goods_to_be_bought_that_nobody_has_on_his_list_are_found(
    house: Session, statement: str
) -> None:
    done: Any = house.execute(text(statement))
    assert done.rowcount > 0, "the control broke nothing"
    others = [name for name in INVARIANTS if name not in ("nothing_waits_unattended", "state_is_fold_of_history")]
    assert check(house, names=others) == []
    assert len(check(house, names=["nothing_waits_unattended"])) == 1


def test_a_refund_whose_step_was_cancelled_with_its_order_is_found(house: Session, business_now: datetime) -> None:
    order_id = house.execute(text("SELECT id FROM orders LIMIT 1")).scalar_one()
    house.execute(text("UPDATE orders SET paid = total WHERE id = :id"), {"id": order_id})
    asked = NewRefund("k", order_id, Decimal(1), "price difference")
    refund_id = refunds.ask(house, new=asked, actor="staff:ann", now=business_now)
    assert check(house, names=["nothing_waits_unattended"]) == []
    steps.cancel(house, subject_ids=[refund_id], by="staff:meg", now=business_now)
    assert [v.subject for v in check(house, names=["nothing_waits_unattended"])] == [f"refund {refund_id}"]


#: Where one piece too many hides one that lacks, and rows that stand on one side alone: invariant, what breaks it.
HIDDEN = (
    ("no_order_forgotten", "UPDATE step SET state = 'cancelled' WHERE kind NOT IN ('collect', 'deliver', 'tell')"),
    # One part lies in the house and nobody comes, the other one is with the carrier.
    (
        "no_order_forgotten",
        """WITH freed AS (UPDATE hold SET released_at = now())
           UPDATE fulfilment SET part = 7, order_id = (SELECT order_id FROM fulfilment WHERE status = 'handed_over' LIMIT 1)
           WHERE id = (SELECT id FROM fulfilment WHERE status = 'released' LIMIT 1)""",
    ),
    (
        "handed_over_is_shipped",
        """UPDATE stock_move SET on_hand = on_hand + CASE WHEN sku_id = (SELECT min(sku_id::text)::uuid FROM fulfilment_line)
                                                          THEN 1 ELSE -1 END WHERE cause = 'ship'""",
    ),
    ("handed_over_is_shipped", "UPDATE stock_move SET cause = 'ship', subject_id = NULL WHERE cause = 'opening'"),
    ("bin_is_sum_of_moves", "DELETE FROM bin_stock WHERE on_hand > 0"),
    (
        "allotted_is_on_pick_lists",
        "UPDATE pick_task SET status = 'pending', qty_picked = 0, bin_id = gen_random_uuid()",
    ),
    ("line_adds_up", "UPDATE order_line SET qty = qty + 1 FROM orders o WHERE o.id = order_id AND o.status = 'closed'"),
    (
        "line_adds_up",
        "UPDATE order_line SET qty_delivered = 1 FROM orders o WHERE o.id = order_id AND o.status = 'closed'",
    ),
)


@pytest.mark.parametrize(("name", "statement"), HIDDEN)
def test_what_hides_behind_a_sum_or_stands_on_one_side_alone_is_found(
    house: Session, name: str, statement: str
) -> None:
    drop_guards(house)
    done: Any = house.execute(text(statement))
    assert done.rowcount > 0, "the control broke nothing"
    assert {violation.name for violation in check(house, names=[name])} == {name}


#: Two parcels of one list; what is in the first one is checked after it left and before the second one leaves.
CHECKED_TOO_LATE = (
    """UPDATE scan SET at = at + interval '30 min' WHERE stage = 'pack' AND fulfilment_id = :two""",
    """UPDATE scan SET fulfilment_id = :two WHERE stage = 'pack' AND fulfilment_id = :one""",
    """UPDATE parcel SET handed_over_at = handed_over_at + interval '1 h' WHERE fulfilment_id = :one""",
    """UPDATE parcel_line SET fulfilment_line_id = second.id FROM fulfilment_line first JOIN fulfilment_line second
           ON second.sku_id = first.sku_id AND second.fulfilment_id = :two
       WHERE first.fulfilment_id = :one AND fulfilment_line_id = first.id""",
)


def test_a_piece_that_was_checked_after_it_left_is_found_though_as_many_were_checked_as_left(house: Session) -> None:
    left = """SELECT DISTINCT f.id, l.qty FROM fulfilment f JOIN fulfilment_line l ON l.fulfilment_id = f.id
              JOIN parcel p ON p.fulfilment_id = f.id WHERE p.handed_over_at IS NOT NULL ORDER BY l.qty"""
    (one, few), *_, (two, more) = house.execute(text(left)).all()
    assert few < more
    drop_guards(house)
    for statement in CHECKED_TOO_LATE:
        done: Any = house.execute(text(statement), {"one": one, "two": two})
        assert done.rowcount > 0, "the control broke nothing"
    found = check(house, names=["what_left_was_checked_by_scan"])
    assert {v.detail for v in found} == {f"{more} left, {few} checked"}


def test_a_set_of_which_one_part_is_promised_to_nobody_is_found(session: Session, business_now: datetime) -> None:
    make_sold_sets(session, business_now, qty=2)
    assert check(session, names=["line_reserved_is_promised"]) == []
    session.execute(text("DELETE FROM reservation WHERE sku_id = (SELECT min(sku_id::text)::uuid FROM reservation)"))
    assert len(check(session, names=["line_reserved_is_promised"])) == 1
