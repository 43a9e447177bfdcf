"""A dump taken while everybody works, restored into a database of its own: row for row what stood at that moment, and in order."""

from __future__ import annotations

import time
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import IsolationLevel, sql

from oms import db
from oms.invariants import check
from oms.journey import seal
from tests.torture.archive import Archive
from tests.torture.house import House
from tests.torture.verdict import Findings

COPY = "oms_from_dump"
#: Nobody works on the copy, so what was claimed at that moment stays claimed.
LIVE = frozenset({"no_lease_forgotten"})
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
# The rows of a table in any order: how many, and the sum of sixty bits of each one's hash.
_ROWS = sql.SQL("""
    SELECT count(*), coalesce(sum(CAST(CAST('x' || substr(md5(CAST(t AS text)), 1, 15) AS bit(60)) AS bigint)), 0) FROM {table} t
""")
Rows = dict[str, tuple[int, int]]


def drill(made: House, archive: Archive) -> Findings:
    """Dump, restore, compare; the original stays as it is and the copy is dropped."""
    began = time.monotonic()
    stood, size = _dump(made, archive)
    _restore(made, archive)
    found = Findings(
        figures={"dump MB": round(size / 1e6, 1), "dump and restore s": round(time.monotonic() - began, 1)}
    )
    url = _url_of(made, COPY)
    with psycopg.connect(url) as connection:
        found.wrong += differences(stood, _rows(connection))
    found.wrong += in_order(url)
    found.figures["rows dumped"] = sum(count for count, _ in stood.values())
    with psycopg.connect(made.own_database_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {COPY} WITH (FORCE)")
    return found


def _dump(made: House, archive: Archive) -> tuple[Rows, int]:
    """The rows of every table at the moment of the dump, and the dump's bytes: both see one snapshot."""
    with psycopg.connect(made.own_database_url) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        name = urlsplit(made.own_database_url).path.lstrip("/")
        archive.run("pg_dump", *archive.there(), "-Fc", f"--snapshot={row[0]}", "-f", str(archive.dump), name)
        return _rows(connection), archive.dump.stat().st_size


def _restore(made: House, archive: Archive) -> None:
    with psycopg.connect(made.own_database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {COPY}")
    archive.run("pg_restore", *archive.there(), "--exit-on-error", "-d", COPY, str(archive.dump))


def _rows(connection: psycopg.Connection[tuple[object, ...]]) -> Rows:
    found: Rows = {}
    for (table,) in connection.execute(_TABLES).fetchall():
        row = connection.execute(_ROWS.format(table=sql.Identifier(str(table)))).fetchone()
        assert row is not None
        found[str(table)] = (int(str(row[0])), int(str(row[1])))
    return found


def _url_of(made: House, name: str) -> str:
    parts = urlsplit(made.own_database_url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def differences(stood: Rows, restored: Rows) -> list[str]:
    """Tables whose rows are not those that stood; one in which nothing stood at all proves nothing."""
    wrong = [
        f"dump: {table} had {stood.get(table, (0, 0))[0]} rows, restored are {restored.get(table, (0, 0))[0]}, or others"
        for table in sorted(stood.keys() | restored.keys())
        if stood.get(table) != restored.get(table)
    ]
    return wrong + ([] if any(count for count, _ in stood.values()) else ["dump: nothing stood when it was taken"])


def in_order(url: str) -> list[str]:
    """The restored copy's invariants and sealed history."""
    engine = db.make_engine(url, role="report", pool_size=1)
    try:
        with db.Database(engine).transaction() as session:
            violations = check.check(session, names=check.INVARIANTS.keys() - LIVE)
            history = seal.verify(session)
    finally:
        engine.dispose()
    wrong = [f"dump: {v.code} {v.name}: {v.subject}: {v.detail}" for v in violations]
    return wrong + ([f"dump: I11 history is broken at {history.broken.seq}"] if history.broken else [])
