"""A red level says whose statements waited for each other, shortly enough to be read in a log, and what was given up."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.invariants import check
from tests.factories.floor import confirmed_order
from tests.factories.packed import served_floor
from tests.torture.verdict import BY_THE_CLOCK, STATEMENT_SHOWN, counted, deadlocks_told, parked, waits_on

_AT = "2026-11-29 03:25:45.766 UTC [20947]"
_LOG = f"""{_AT} ERROR:  deadlock detected
{_AT} DETAIL:  Process 20947 waits for ShareLock on transaction 6214; blocked by process 20962.
\tProcess 20962 waits for ShareLock on transaction 6215; blocked by process 20947.
\tProcess 20947: WITH ready AS (
\t    SELECT {"t.id, " * 200}
\t)
\tProcess 20962: UPDATE stock
\t    SET on_hand = 1
{_AT} HINT:  See server log for query details.
{_AT} CONTEXT:  while updating tuple (1,2) in relation "stock"
"""


def test_both_statements_of_a_deadlock_are_told_and_the_same_ones_once() -> None:
    told = deadlocks_told("2026-11-29 LOG:  before\n" + _LOG + _LOG)
    assert told.startswith("2 x [WITH ready AS ( SELECT t.id,")
    assert told.endswith("<-> UPDATE stock SET on_hand = 1]")
    assert len(told) < 2 * STATEMENT_SHOWN


def test_a_calm_log_has_none() -> None:
    assert deadlocks_told("2026-11-29 LOG:  ready\n") == ""


def test_a_step_that_was_given_up_is_told(session: Session, business_now: datetime) -> None:
    order = confirmed_order(session, served_floor(session), business_now)
    assert parked(session) == []
    session.execute(text("UPDATE step SET state = 'parked', error = 'no space' WHERE order_id = :id"), {"id": order.id})
    told = parked(session)
    assert told
    assert all(words.endswith("no space") for words in told)
    assert parked(session, kinds=["nothing of the kind"]) == []


@pytest.mark.parametrize("kind", ["decide_change", "put_back", "refund"])
def test_what_people_still_have_to_do_is_left_though_every_order_has_ended(
    session: Session, business_now: datetime, kind: str
) -> None:
    order = confirmed_order(session, served_floor(session), business_now)
    names = {"id": order.id, "kind": kind}
    session.execute(text("UPDATE orders SET status = 'cancelled' WHERE id = :id"), names)
    ended = "UPDATE step SET state = 'done', outcome = 'x', finished_at = now(), finished_by = 'x' WHERE order_id = :id"
    session.execute(text(ended), names)
    assert counted(session) == {"steps": 0, "people": 0, "orders": 0}
    opened = "UPDATE step SET kind = :kind, state = 'open', outcome = NULL, finished_at = NULL, finished_by = NULL"
    session.execute(text(f"{opened} WHERE id = (SELECT id FROM step WHERE order_id = :id LIMIT 1)"), names)
    assert counted(session) == {"steps": 0, "people": 1, "orders": 0}


def test_every_rule_that_asks_the_clock_is_asked_beside_the_judges_locks_and_a_forgotten_lease_is_told(
    session: Session, business_now: datetime
) -> None:
    assert {name for name, rule in check.INVARIANTS.items() if "clock_timestamp" in rule.sql} == BY_THE_CLOCK
    order = confirmed_order(session, served_floor(session), business_now)
    claimed = "UPDATE step SET state = 'claimed', lease_until = clock_timestamp() + CAST(:left AS interval) WHERE order_id = :id"
    session.execute(text(claimed), {"id": order.id, "left": "1 h"})
    assert check.check(session, names=BY_THE_CLOCK) == []
    session.execute(text(claimed), {"id": order.id, "left": "-11 s"})
    assert {found.name for found in check.check(session, names=BY_THE_CLOCK)} == {"no_lease_forgotten"}


def test_who_waited_for_the_judge_alone_is_not_told_and_who_waits_on_is() -> None:
    sealer = "oms inside 7 waits for a lock since {} s, asked 'UPDATE seal_head'"
    sleeper = "oms web 9 is idle in a transaction since {} s, asked 'SELECT 1'"
    assert waits_on([sealer.format(3)], []) == []
    assert waits_on([sealer.format(3), sleeper.format(6)], [sleeper.format(7)]) == [sleeper.format(7)]
    assert waits_on([sealer.format(3)], [sealer.format(4)]) == [sealer.format(4)]
    # Another one, who began after the judge had let go: it is asked for nothing that the judge did.
    assert waits_on([sealer.format(3)], [sleeper.format(5)]) == []
