"""A red level says whose statements waited for each other, shortly enough to be read in a log, and what was given up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories.floor import confirmed_order
from tests.factories.packed import served_floor
from tests.torture.verdict import STATEMENT_SHOWN, deadlocks_told, parked

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
