"""The migrations: one line without branches, and what they build is what the models declare, to the last CHECK."""

from __future__ import annotations

import psycopg
import pytest
from alembic.script import ScriptDirectory

from oms import connections
from oms.embedded import schema
from tests.servers import alembic_config, create_all, upgrade

COLUMNS = """
    SELECT table_name || '.' || column_name,
           concat_ws(' ', data_type, character_maximum_length, numeric_precision, numeric_scale, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = 'public'
"""
CONSTRAINTS = """
    SELECT conrelid::regclass || ': ' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
"""
INDEXES = "SELECT tablename || ': ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"


def described(url: str, statement: str) -> dict[str, str]:
    with psycopg.connect(url) as connection:
        return {name: text for name, text in connection.execute(statement).fetchall() if "alembic_version" not in name}


def test_the_migrations_have_one_head():
    assert len(ScriptDirectory.from_config(alembic_config("postgresql://")).get_heads()) == 1


@pytest.mark.parametrize("what", [COLUMNS, CONSTRAINTS, INDEXES], ids=["columns", "constraints", "indexes"])
def test_the_migrations_build_what_the_models_declare(empty_database_url, what):
    migrated, declared = empty_database_url(), empty_database_url()
    upgrade(migrated)
    create_all(declared)
    built = described(migrated, what)
    assert built
    assert built == described(declared, what)


def test_a_migration_may_take_longer_than_any_report(empty_database_url, monkeypatch):
    """An index over millions of rows: ended after two minutes, it would be ended each time."""
    for role in connections.STATEMENT_TIMEOUT_S.keys() - {"unhurried"}:
        monkeypatch.setitem(connections.STATEMENT_TIMEOUT_S, role, 0.001)
    url = empty_database_url()
    schema.upgrade(url)
    assert described(url, COLUMNS)


def test_a_second_upgrade_changes_nothing(clean_database):
    upgrade(clean_database.url)
    before = described(clean_database.url, COLUMNS)
    upgrade(clean_database.url)
    assert described(clean_database.url, COLUMNS) == before


_SCAN = """INSERT INTO scan (id, scan_id, stage, fulfilment_id, code, sku_id, qty, accepted, answer, actor, at)
           SELECT gen_random_uuid(), %s, 'pack', gen_random_uuid(), %s, sku_id, 2, %s, 'x', 'staff:bob', now() FROM barcode"""


def test_scans_of_before_they_said_so_count_what_their_code_stands_for_today_and_stay_so(empty_database_url):
    url = empty_database_url()
    schema.upgrade(url, "0009")
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO barcode (code, sku_id, qty) VALUES ('CASE-12', gen_random_uuid(), 12)")
        for number, (code, accepted) in enumerate([("CASE-12", True), ("TEA-1", True), ("CASE-12", False)]):
            connection.execute(_SCAN, (str(number), code, accepted))
    schema.upgrade(url)
    with psycopg.connect(url) as connection:
        filled = connection.execute("SELECT pieces FROM scan ORDER BY scan_id").fetchall()
        assert filled == [(24,), (2,), (None,)]
        with pytest.raises(psycopg.Error, match="append-only"):
            connection.execute("UPDATE scan SET pieces = 1")
