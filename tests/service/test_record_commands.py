"""`oms check-invariants` and `oms verify-history` as an operator runs them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from oms import connections, db
from oms.cli import main
from oms.db import Database
from oms.journey import seal
from tests.factories.packed import handed_over, served_floor


@pytest.fixture
def house(environ: dict[str, str], database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A parcel handed over, its history sealed; the command finds the database by its variables."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with database.transaction() as session:
        parcel = handed_over(session, served_floor(session), db.now(session))
        session.execute(
            text("""INSERT INTO effect (id, key, kind, subject_id, state, attempts, adopted, started_at)
                    VALUES (gen_random_uuid(), :key, 'book', :id, 'done', 1, FALSE, now())"""),
            {"key": f"book:{parcel.reference}", "id": parcel.id},
        )
        seal.seal(session)
    return database


def change(house: Database, statement: str) -> None:
    with house.transaction() as session:
        # As a superuser who switches the append-only triggers off: only the seals can tell then.
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(statement))


def test_a_sound_house_exits_0(house: Database, capfd: Any) -> None:
    assert main(["check-invariants"]) == 0
    assert "0 violations" in capfd.readouterr().err


@pytest.mark.parametrize("command", ["check-invariants", "verify-history"])
def test_who_looks_at_everything_may_take_longer_than_a_report(
    house: Database, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """In a house of millions of orders one rule alone takes more than two minutes."""
    monkeypatch.setitem(connections.STATEMENT_TIMEOUT_S, "report", 0.001)
    assert main([command]) == 0


def test_each_violation_is_shown_and_exits_1(house: Database, capfd: Any) -> None:
    change(house, "UPDATE stock SET on_hand = on_hand + 3")
    assert main(["check-invariants"]) == 1
    shown = capfd.readouterr().out
    assert "balance_is_sum_of_moves" in shown
    assert "bins_add_up" in shown


def test_only_the_named_ones_are_checked_and_an_unknown_name_exits_64(house: Database, capfd: Any) -> None:
    change(house, "UPDATE stock SET on_hand = on_hand + 3")
    assert main(["check-invariants", "no_lease_forgotten"]) == 0
    assert main(["check-invariants", "no_such_thing"]) == 64
    assert "no_such_thing" in capfd.readouterr().err


def test_an_untouched_history_verifies_and_prints_its_head(house: Database, capfd: Any) -> None:
    assert main(["verify-history"]) == 0
    head = capfd.readouterr().out.split("head ")[1].strip()
    assert main(["verify-history", "--head", head]) == 0


def test_the_first_broken_entry_is_named(house: Database, capfd: Any) -> None:
    change(house, "UPDATE history_entry SET actor = 'nobody' WHERE id = (SELECT entry_id FROM seal WHERE seq = 3)")
    assert main(["verify-history"]) == 1
    assert "broken at seal 3, entry " in capfd.readouterr().err


def test_an_end_that_was_cut_off_is_seen_by_the_head_kept_elsewhere(house: Database, capfd: Any) -> None:
    main(["verify-history"])
    head = capfd.readouterr().out.split("head ")[1].strip()
    with house.transaction() as session:
        last = session.execute(text("SELECT max(seq) FROM seal")).scalar_one()
    change(house, f"DELETE FROM history_entry WHERE id = (SELECT entry_id FROM seal WHERE seq = {last})")
    change(house, f"DELETE FROM seal WHERE seq = {last}")
    change(house, f"UPDATE seal_head SET seq = {last - 1}, hash = (SELECT hash FROM seal WHERE seq = {last - 1})")
    assert main(["verify-history"]) == 0
    assert main(["verify-history", "--head", head]) == 1
