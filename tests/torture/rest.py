"""Rest without people: no system step is due or claimed; what waits for a person or for its hour may wait.

A message that was accepted has no hour: while its step waits out a back-off, the house is not at rest.
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
            OR (state = 'open' AND (kind = 'accept' OR run_after <= clock_timestamp() + interval '5 s'))) GROUP BY kind
""")
_LOOK_S = 0.5


def due(made: House) -> dict[str, int]:
    """System steps that are due, soon due or claimed, by kind; `?` while the database is away."""
    kinds = [kind for kind, row in flow.FLOW.items() if row.performer == flow.SYSTEM and kind not in PERIODIC]
    try:
        with made.database() as session:
            return {row[0]: row[1] for row in session.execute(_DUE, {"kinds": kinds})}
    except OperationalError:
        return {"?": 1}


def come(made: House, *, limit_s: float) -> bool:
    """Wait until nothing is due; whether that came in time."""
    looked = [0.0]

    def over() -> bool:
        if time.monotonic() - looked[0] < _LOOK_S:
            return False
        looked[0] = time.monotonic()
        return due(made) == {}

    return made.watch(over, limit_s=limit_s)
