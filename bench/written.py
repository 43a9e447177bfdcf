"""What PostgreSQL has written so far: WAL, commits, and the size of the database."""

from __future__ import annotations

from sqlalchemy import text

from bench.ground import Ground

_WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), (SELECT sum(xact_commit) FROM pg_stat_database)"


def wal_and_commits(made: Ground) -> tuple[float, float]:
    """Bytes of WAL and commits so far."""
    with made.database.transaction() as session:
        row = session.execute(text(_WRITTEN)).one()
    return float(row[0]), float(row[1])


def database_bytes(made: Ground) -> float:
    """The database's size with every index."""
    with made.database.transaction() as session:
        return float(session.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
