"""The backlog that is left when the traffic ends, how fast it goes, and who is waited for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from tests.torture.house import House

#: A backlog goes this much faster than orders come in at the peak.
GOAL = 1.5

_ENDED = text("SELECT count(*) FROM orders WHERE status IN ('closed', 'cancelled', 'rejected', 'expired')")
_WAITING = text("""
    SELECT performer || ' ' || kind AS who, count(*) AS steps FROM step
    WHERE state IN ('open', 'claimed') AND run_after <= clock_timestamp() GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8
""")


def ended(made: House) -> int:
    """The orders that have ended."""
    with made.database() as session:
        return int(session.execute(_ENDED).scalar_one())


def waiting(made: House) -> dict[str, int]:
    """The most frequent steps that are due or at work, with who performs them: `system` is the product, others are robots."""
    with made.database() as session:
        return {row.who: row.steps for row in session.execute(_WAITING)}


def rate(orders: int, seconds: float, *, arrival_per_s: float) -> dict[str, Any]:
    """How fast a backlog of so many orders went, held against the rate at which they had come."""
    drained_per_s = orders / seconds
    return {
        "orders": orders,
        "seconds": round(seconds, 1),
        "per_s": round(drained_per_s, 2),
        "arrival_per_s": round(arrival_per_s, 2),
        "ratio": round(drained_per_s / arrival_per_s, 2),
        "goal": GOAL,
        "reached": orders == 0 or drained_per_s >= GOAL * arrival_per_s,
    }
