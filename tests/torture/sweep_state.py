"""The state of the world at the start of a leg, and bringing it back in milliseconds.

A database is emptied and filled with the rows it had: several times as fast as cloning a template, and enough where
one order lives. Peers are given their folder again and started anew, on the ports they had.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from oms import db
from tests.torture.sweep_people import Journal

_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname <> 'alembic_version' ORDER BY 1
"""
_OTHERS = """
    SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# Upwards, since the offset has whole seconds: half a second back, goods would leave before they were checked.
_TURN_BACK = """
    INSERT INTO business_clock (id, offset_s) VALUES (1, ceil(extract(epoch FROM %s - clock_timestamp())))
    ON CONFLICT (id) DO UPDATE SET offset_s = excluded.offset_s
"""


@dataclass
class Snapshot:
    """Rows by table as COPY wrote them, the peers' folders, what callers knew, and when that was (business time)."""

    rows: dict[str, bytes]
    folder: Path
    at: datetime
    journal: list[str] = field(default_factory=list)


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True)


def take(url: str, folder: Path, *, peers: dict[str, Path], journal: Journal) -> Snapshot:
    """Copy everything; nobody may be at work."""
    with connect(url) as connection:
        connection.execute(_OTHERS)
        rows = {}
        for table in _filled(connection, _names(connection)):
            with connection.cursor().copy(
                sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(table))
            ) as out:
                rows[table] = b"".join(bytes(part) for part in out)
        at = _now(connection)
    for name, state in peers.items():
        shutil.copytree(state, folder / name)
    return Snapshot(
        rows, folder, at, journal.path.read_text(encoding="utf-8").splitlines() if journal.path.exists() else []
    )


def _now(connection: psycopg.Connection[tuple[object, ...]]) -> datetime:
    [(now,)] = connection.execute(f"SELECT {db.BUSINESS_TIME}".encode())
    assert isinstance(now, datetime)
    return now


def restore_rows(url: str, snapshot: Snapshot, *, addresses: dict[str, str]) -> None:
    """Make the database what it was; `addresses` are this lane's peers, by table.

    Business time goes on where it was: who is told what hangs on how long ago things were, and a complete sweep takes an hour.
    """
    with connect(url) as connection:
        connection.execute(_OTHERS)
        names = _names(connection)
        with connection.transaction():
            # As a replica: no foreign key is checked while tables are emptied and filled one by one.
            connection.execute("SET LOCAL session_replication_role = replica")
            for table in _filled(connection, names):
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            for table, content in snapshot.rows.items():
                _fill(connection, table, content)
            for table, address in addresses.items():
                connection.execute(sql.SQL("UPDATE {} SET base_url = %s").format(sql.Identifier(table)), (address,))
            connection.execute(_TURN_BACK, (snapshot.at,))


def _fill(connection: psycopg.Connection[tuple[object, ...]], table: str, content: bytes) -> None:
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(table))) as into:
        into.write(content)


def _names(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    return [str(name) for (name,) in connection.execute(_TABLES)]


def _filled(connection: psycopg.Connection[tuple[object, ...]], names: list[str]) -> list[str]:
    """Those tables that have a row."""
    one = sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})")
    asked = [one.format(sql.Literal(name), sql.Identifier(name)) for name in names]
    return [str(name) for (name,) in connection.execute(sql.SQL(" UNION ALL ").join(asked))]


def restore_folder(snapshot: Snapshot, name: str, state: Path, *, ports: dict[str, int]) -> None:
    """Give a peer its folder back, with the ports of this lane."""
    shutil.rmtree(state, ignore_errors=True)
    shutil.copytree(snapshot.folder / name, state)
    for file, port in ports.items():
        (state / file).write_text(str(port), encoding="ascii")


def restore_journal(snapshot: Snapshot, path: Path) -> None:
    path.write_text("".join(f"{line}\n" for line in snapshot.journal), encoding="utf-8")


def empty_redis(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.flushdb()
