"""A red level says whose statements waited for each other, shortly enough to be read in a log."""

from __future__ import annotations

from tests.torture.verdict import STATEMENT_SHOWN, deadlocks_told

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
