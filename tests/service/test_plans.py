"""Questions that are asked all day read what they need and not all that ever was, whatever the server knows of the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.db import Database
from oms.intake import known
from oms.journey import seal, step_sql
from oms.kpi import fact_sql
from oms.orders import terms
from oms.shipping import cases, tracking
from oms.supply import receipts, requests, withdrawals
from workers import drain, sweep

_UNCOUNTED = text("""
    UPDATE pg_class SET relpages = 0, reltuples = -1
    WHERE relkind IN ('r', 'i') AND relnamespace = CAST('public' AS regnamespace)
""")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """In a house of its own: the planner looks at how large files are, and others' tests leave theirs larger."""
    with database.transaction() as opened:
        yield opened


def plan_of(session: Session, statement: str, *off: str, counted: bool = False) -> str:
    """The plan that is kept for any values, without the ways named `off`: the few rows of a test would be read through.

    It is made as in a house whose tables the server has not counted yet, or has just `counted`; left alone, that is chance.
    """
    session.execute(text("ANALYZE") if counted else _UNCOUNTED)
    for way in ("seqscan", *off):
        session.execute(text(f"SET LOCAL enable_{way} = off"))
    numbers: dict[str, str] = {}
    numbered = re.sub(r"(?<!:):(\w+)", lambda m: numbers.setdefault(m[1], f"${len(numbers) + 1}"), statement)
    driver = session.connection().connection.driver_connection
    assert driver is not None
    rows = driver.execute(f"EXPLAIN (GENERIC_PLAN, COSTS OFF) {numbered}").fetchall()
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("counted", [False, True])
def test_the_look_up_of_known_orders_never_reads_through_a_channel(session: Session, counted: bool) -> None:
    """A kept plan may be made before the table was ever counted."""
    plan = plan_of(session, known.FIND.text, counted=counted)
    assert re.search(r"->  Limit\s+->  Index Scan using uq_orders_channel_id_channel_order_id", plan)


@pytest.mark.parametrize("statement", [seal.UNSEALED.text, seal.WAITING.text])
def test_sealing_reads_neither_entries_nor_seals_from_the_first_that_ever_was(session: Session, statement: str) -> None:
    plan = plan_of(session, statement, "nestloop", "hashjoin")
    assert "Merge Anti Join" in plan
    assert re.search(r"uq_seal_entry_id on seal s\s+Index Cond: \(entry_id >= \$1\)", plan)
    assert re.search(r"pk_history_entry on history_entry h\s+Index Cond: \(id >= \$1\)", plan)


@pytest.mark.parametrize("statement", [drain.DUE_KINDS.text, step_sql.claim(9).text])
def test_whose_lease_ran_out_is_found_by_its_lease(session: Session, statement: str) -> None:
    """Not by kind: of the claims that were ended since the server last tidied up each is an entry of the index still."""
    plan = plan_of(session, statement)
    assert re.search(r"ix_step_lease on step[ \w]*\s+Index Cond: \(lease_until < \(InitPlan \d+\)\.col1\)", plan)
    assert "Bitmap Index Scan on ix_step_lease" not in plan


@pytest.mark.parametrize(
    "statement", [drain.DUE_KINDS.text, step_sql.claim(9).text, sweep.LATEST.text], ids=["due", "claim", "latest"]
)
@pytest.mark.parametrize("counted", [False, True])
def test_what_waits_for_its_hour_is_not_read_to_find_what_is_due(
    session: Session, statement: str, counted: bool
) -> None:
    """A hundred thousand parcels are on their way, each to be asked for in some hours."""
    plan = plan_of(session, statement, counted=counted)
    assert re.search(
        r"ix_step_run_after on step[ \w]*\s+Index Cond: \(\(kind = .+\) AND \(run_after <= \(InitPlan \d+\)\.col1\)\)",
        plan,
    ), plan


@pytest.mark.parametrize("counted", [False, True])
def test_a_claim_reads_few_due_steps_by_their_ids_and_the_first_of_many_by_their_due_times(
    session: Session, counted: bool
) -> None:
    plan = plan_of(session, step_sql.claim(9).text, "bitmapscan", counted=counted)
    assert plan.count("ix_step_run_after") == 1
    assert re.search(r"Sort Key: step\w*\.due_at\s+->  Index Scan using pk_step on step", plan), plan
    assert re.search(r"LockRows\s+->  Index Scan using ix_step_claim on step[ \w]*\s+Index Cond: \(kind = ", plan), plan


WAITING = {
    "in all": requests._NEED_IN_ALL,
    "by country": requests._NEED_BY_COUNTRY,
    "withdrawn": withdrawals._WANTED,
    "woken": receipts._WAITING,
    "countries": receipts._COUNTRIES,
}


@pytest.mark.parametrize("asked", WAITING)
@pytest.mark.parametrize("counted", [False, True])
def test_who_waits_for_other_goods_is_not_read(session: Session, asked: str, counted: bool) -> None:
    plan = plan_of(session, WAITING[asked].text, "bitmapscan", counted=counted)
    found = re.findall(r"ix_order_line_backordered on order_line\w*\s+(.*)", plan)
    assert found, plan
    assert all(line.startswith("Index Cond: (sku_id = ") for line in found), plan


_THINGS = "WITH thing AS MATERIALIZED (SELECT unnest(CAST(:things AS uuid[])) AS id)"
_PART = {"kind": "pick", "subjects": "SELECT id FROM thing"}
STEPS_OF_THINGS = {
    "end": step_sql.END_RUNNING,
    "find": step_sql.FIND,
    "find in a part": f"{_THINGS}, {step_sql.find_part(**_PART)} SELECT id FROM running",
    "take in a part": f"{_THINGS}, {step_sql.take_part(**_PART)} SELECT id FROM taken_step",
    "cancel": step_sql.CANCEL,
    "cancel of orders": step_sql.CANCEL_ORDERS,
    "ended earlier": step_sql.ENDED_EARLIER,
    "move": step_sql.MOVE_DUE,
}


@pytest.mark.parametrize("asked", STEPS_OF_THINGS)
def test_the_steps_of_a_thing_are_never_looked_for_among_all_of_their_kind(session: Session, asked: str) -> None:
    plan = plan_of(session, STEPS_OF_THINGS[asked], "nestloop")
    assert re.search(r"ix_step_(subject|order)\b[ \w]*\s+Index Cond: \(\w+ = .*\)", plan)
    assert not re.search(r"Index Cond: .*\bkind =", plan)


def test_a_fact_looks_for_a_parcel_and_a_message_only_where_it_is_about_one(session: Session) -> None:
    plan = plan_of(session, fact_sql.STEPS_OF_UNITS.text, "hashjoin", "mergejoin")
    for table, subject in (("parcel p", "parcel"), ("inbound_message m", "inbound_message")):
        assert re.search(rf"pk_\w+ on {table}\s+Index Cond: \(id = CASE .*'{subject}'", plan)


@pytest.mark.parametrize("statement", [tracking.ON_THEIR_WAY.text, cases.SILENT.text])
@pytest.mark.parametrize("counted", [False, True])
def test_parcels_on_their_way_are_not_looked_for_among_all_that_ever_were(
    session: Session, statement: str, counted: bool
) -> None:
    assert "ix_parcel_on_its_way on parcel" in plan_of(session, statement, counted=counted)


def test_what_a_new_order_is_looked_for_by_is_read_from_its_own_lines(session: Session) -> None:
    plan = plan_of(session, terms.OF_NEW.text, "nestloop")
    assert re.search(r"order_line\w*[ \w]*\s+Index Cond: \(order_id = \w+\.id\)", plan)
