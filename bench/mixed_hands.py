"""The warehouse of the mixed load as one process: waves now and then, paper lists back, a scanning tunnel, cartons, lists signed.

python -m bench.mixed_hands WAREHOUSE-ID      until SIGTERM; its CPU counts as the product's
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from functools import partial
from pathlib import Path

from bench import hands
from bench.ground import Ground
from oms import crypto, db, settings
from oms.db import Database
from oms.fulfilment import waves
from workers import doorbell, process

#: A wave is planned and a list signed so often.
WAVE_S, HAND_OVER_S = 2.0, 3.0


def main(warehouse_id: uuid.UUID) -> None:
    """Take what is there, round after round."""
    deploy = settings.load(os.environ)
    crypto.install(crypto.key_ring(deploy.encryption_keys, deploy.index_key))
    database = Database(
        db.make_engine(deploy.database_url, role="worker", name="warehouse", pool_size=2), doorbell.ring
    )
    made = Ground(database, dict(os.environ), Path("/"), 0)
    process.warm()
    process.calm_collector()
    waved = handed = 0.0
    while True:
        now = time.monotonic()
        if now - waved > WAVE_S:
            db.again(partial(_plan, database, warehouse_id))
            waved = now
        # Of half a million boxes two may draw the same number; the product's pages and workers begin anew, and so do these hands.
        worked = sum(db.again(partial(work, made)) for work in hands.WORKS.values())
        if now - handed > HAND_OVER_S:
            db.again(partial(hands.hand_over, made))
            handed = now
        if not worked:
            time.sleep(0.2)


def _plan(database: Database, warehouse_id: uuid.UUID) -> None:
    with database.transaction() as session:
        waves.plan_now(session, warehouse_id=warehouse_id)


if __name__ == "__main__":
    main(uuid.UUID(sys.argv[1]))
