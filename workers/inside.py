"""Inside steps: one transaction for the batch; what breaks it is found by halving, and only that is put back."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from oms import db
from oms.errors import Fenced
from oms.journey import steps
from oms.journey.steps import Claimed
from workers.handlers import Inside
from workers.process import Process

log = logging.getLogger(__name__)

#: Serialization failure, deadlock, lock time-out: the same batch runs again.
_AGAIN = {"40001", "40P01", "55P03"}
_TRIES = 5


def work(process: Process, handler: Inside, claimed: Sequence[Claimed]) -> None:
    """Do a batch. Steps that were taken over leave it; a failing one is isolated by halving."""
    batch = list(claimed)
    for attempt in range(_TRIES):
        try:
            _transact(process, handler, batch)
            return
        except Fenced as fenced:
            batch = [s for s in batch if s.id not in set(fenced.step_ids)]
            if not batch:
                return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _AGAIN or attempt == _TRIES - 1:
                _halve(process, handler, batch, error)
                return
            time.sleep(random.uniform(0.01, 0.05) * (attempt + 1))
        except Exception as error:  # noqa: BLE001  the worker's outermost frame: one step must not stop the queue
            _halve(process, handler, batch, error)
            return


def _transact(process: Process, handler: Inside, batch: Sequence[Claimed]) -> None:
    with process.database.transaction() as session:
        now = db.now(session)
        done = handler.work(session, batch, now)
        if len(done) != len(batch):
            raise RuntimeError(f"{batch[0].kind}: {len(done)} outcomes for {len(batch)} steps")
        steps.finish(session, done, by="system", now=now)


def _halve(process: Process, handler: Inside, batch: Sequence[Claimed], error: Exception) -> None:
    if len(batch) == 1:
        _put_back(process, batch[0], error)
        return
    middle = len(batch) // 2
    for half in (batch[:middle], batch[middle:]):
        with process.database.transaction() as session:
            ours = set(steps.renew(session, half, lease_s=process.settings.lease_s))
        work(process, handler, [s for s in half if s.id in ours])


def _put_back(process: Process, step: Claimed, error: Exception) -> None:
    with process.database.transaction() as session:
        state = steps.retry(session, step, error=f"{type(error).__name__}: {error}")
    log.exception("step failed", extra={"step": str(step.id), "kind": step.kind, "state": state}, exc_info=error)
