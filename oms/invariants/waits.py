"""Who waits in the database longer than anybody may: asleep in a transaction, or for another's lock (I15).

No row of the house is wrong then, so it is no entry of the table of invariants: the doctor and the torture ask for it.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

#: Seconds that a transaction may sleep, and that one may wait for a lock.
IDLE_S, LOCK_S = 5.0, 2.0

# A wait for a lock lasts from the statement's begin at the longest; `pg_locks.waitstart` is not there in all engines.
_WAITS = text("""
    SELECT coalesce(nullif(application_name, ''), 'process ' || pid) AS who, wait_event_type = 'Lock' AS locked,
           CAST(extract(epoch FROM clock_timestamp() - CASE WHEN wait_event_type = 'Lock' THEN query_start ELSE state_change END)
                AS float) AS s,
           left(regexp_replace(query, '\\s+', ' ', 'g'), 120) AS query
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND ((state LIKE 'idle in transaction%' AND state_change < clock_timestamp() - make_interval(secs => :idle_s))
           OR (wait_event_type = 'Lock' AND query_start < clock_timestamp() - make_interval(secs => :lock_s)))
    ORDER BY s DESC
""")


def long_ones(session: Session, *, idle_s: float = IDLE_S, lock_s: float = LOCK_S) -> list[str]:
    """Who sleeps in a transaction or waits for a lock for longer, in words, the longest first."""
    rows = session.execute(_WAITS, {"idle_s": idle_s, "lock_s": lock_s})
    return [
        f"{row.who} {'waits for a lock' if row.locked else 'is idle in a transaction'} since {row.s:.0f} s, asked {row.query!r}"
        for row in rows
    ]
