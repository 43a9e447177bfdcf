"""What one order leaves: bytes of WAL and commits on its way to shipped, and bytes in the database with every index.

WAL and commits are those of orders that go their way in batches of 200; bytes in the database are those of copies of them
(bench/growth_fill.py), so that the first pages and the company's own rows do not count.
"""

from __future__ import annotations

from bench import lives, written
from bench.goods import company
from bench.ground import ground
from bench.growth_fill import fill
from workers import bindings, process


def run(*, orders: int = 1000, copies: int = 10_000) -> dict[str, float]:
    """Bytes and commits an order."""
    with ground() as made:
        with made.database.transaction() as session:
            seeded = company(session)
        bindings.handlers("inside")
        process.calm_collector()
        lives.live(made, seeded, range(1_000_000, 1_000_200))
        wal, commits = written.wal_and_commits(made)
        lives.live(made, seeded, range(orders))
        wal_after, commits_after = written.wal_and_commits(made)
        before = written.database_bytes(made)
        added = fill(made, orders=copies, with_history=True).added
        return {
            "wal_bytes_per_order": (wal_after - wal) / orders,
            "commits_per_order": (commits_after - commits) / orders,
            "database_bytes_per_order": (written.database_bytes(made) - before) / added,
            "copies": float(added),
        }
