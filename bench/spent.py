"""Who spends: CPU by each part of the product and by its connections to PostgreSQL, and the dearest statements there.

Each connection names the process it belongs to (`oms inside 4711@host`), by which processes and backends are told apart.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from bench import cpu
from bench.ground import Ground

#: The server's own counter of statements; it is loaded at the server's start.
LIBRARY = "pg_stat_statements"
_NAMES = text("SELECT pid, application_name, backend_type FROM pg_stat_activity")
_NAME = re.compile(r"oms ([a-z]+) (\d+)@")
_DEAREST = text("""
    SELECT query, calls, rows, total_exec_time + total_plan_time AS ms FROM pg_stat_statements
    ORDER BY ms DESC LIMIT :count
""")


class Spent:
    """What is spent from now on; look now and then, for who came and went between two looks counts among the others."""

    def __init__(self, made: Ground) -> None:
        self._made, self._whole = made, cpu.cpu_ms(made.roots)
        self._first: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self._who: dict[int, str] = {}
        self.look()

    def look(self) -> None:
        """Read every process."""
        found = cpu.own_cpu_ms(self._made.roots)
        began = not self._first
        for pid, ms in found.items():
            self._first.setdefault(pid, ms if began else 0.0)
        self._last |= found
        self._who |= _names(self._made)

    def by_whom(self) -> dict[str, float]:
        """CPU ms by part, its backends apart, the dearest first; together what `cpu.cpu_ms` counted meanwhile."""
        self.look()
        spent: Counter[str] = Counter()
        for pid, ms in self._last.items():
            if pid in self._who:
                spent[self._who[pid]] += ms - self._first[pid]
        spent["others"] = cpu.cpu_ms(self._made.roots) - self._whole - spent.total()
        return dict(spent.most_common())


def _names(made: Ground) -> dict[int, str]:
    who: dict[int, str] = {}
    with made.database.transaction() as session:
        for row in session.execute(_NAMES):
            named = _NAME.match(row.application_name or "")
            who[row.pid] = f"{named[1]}_backend" if named else re.sub(r"\W+", "_", row.backend_type)
            if named:
                who[int(named[2])] = named[1]
    return who


@contextmanager
def statements_told(made: Ground, count: int, *, orders: float) -> Iterator[None]:
    """At the end print to stderr the `count` dearest statements: ms an order by the clock, calls an order, how each begins.

    None are counted for 0. Needs a ground that was made with `preload=LIBRARY`.
    """
    if not count:
        yield
        return
    with made.database.transaction() as session:
        session.execute(text(f"CREATE EXTENSION IF NOT EXISTS {LIBRARY}"))
        session.execute(text(f"SELECT {LIBRARY}_reset()"))
    yield
    print("ms/order  calls/order  rows/call  statement", file=sys.stderr)
    with made.database.transaction() as session:
        for row in session.execute(_DEAREST, {"count": count}):
            words = " ".join(row.query.split())[:150]
            told = f"{row.ms / orders:8.3f}  {row.calls / orders:11.3f}  {row.rows / row.calls:9.1f}  {words}"
            print(told, file=sys.stderr)
