"""Rest without people: no system step is due or claimed; what waits for a person or for its hour may wait.

What failed has no hour: while it waits out a back-off the house is not at rest, since it may yet be given up, which only a step
that was given up tells. Nor has a message that was accepted.
"""

from __future__ import annotations

import time

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from oms.journey import flow
from tests.torture.house import House
from tests.torture.verdict import PERIODIC

_DUE = text("""
    SELECT kind, count(*) FROM step WHERE kind = ANY(CAST(:kinds AS text[]))
       AND (state = 'claimed'
            OR (state = 'open' AND (kind = 'accept' OR attempt > 0 OR error IS NOT NULL
                                    OR run_after <= clock_timestamp() + interval '5 s'))) GROUP BY kind
""")
_LOOK_S = 0.5


def due(made: House) -> dict[str, int]:
    """System steps that are due, soon due, claimed, or to be tried again, by kind; `?` while the database is away."""
    kinds = [kind for kind, row in flow.FLOW.items() if row.performer == flow.SYSTEM and kind not in PERIODIC]
    try:
        with made.database() as session:
            return {row[0]: row[1] for row in session.execute(_DUE, {"kinds": kinds})}
    except OperationalError:
        return {"?": 1}


def come(made: House, *, limit_s: float) -> dict[str, int]:
    """Wait until nothing is due or to be tried again; what was still due at the last look when that did not come in time, else nothing.

    Who asks once more finds what becomes due in five seconds from now: that is another step, not one that was waited for in vain.
    """
    looked, found = [0.0], {"?": 1}

    def over() -> bool:
        nonlocal found
        if time.monotonic() - looked[0] < _LOOK_S:
            return False
        looked[0] = time.monotonic()
        found = due(made)
        return found == {}

    return {} if made.watch(over, limit_s=limit_s) else found
