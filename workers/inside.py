"""Inside steps: one transaction for the batch and what follows it at once; what breaks it is found by halving.

A worker that holds orders at `verify` goes on with `confirm`, `allocate` and `release` before it commits (`at_once` in
`flow.py`). A step that breaks this way is done alone, one stage at a time, and only the one that fails is put back.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from oms import db
from oms.errors import Fenced
from oms.journey import flow, house_rules, steps
from oms.journey.steps import Claimed, Done
from workers import keeping, patience
from workers.handlers import Handler, Inside
from workers.process import Process

log = logging.getLogger(__name__)

#: The same batch runs again also when it waited for a lock too long.
_LOCK_TIMEOUT = "55P03"

Bound = Mapping[str, Handler]
Finish = Callable[[Process, Bound, Sequence[Claimed], Exception], None]


def work(process: Process, bound: Bound, claimed: Sequence[Claimed]) -> None:
    """Do a batch of one kind, and what follows at once of the kinds in `bound`.

    Steps that were taken over leave it; a failing one is isolated by halving.
    """
    if flow.FLOW[claimed[0].kind].at_once:
        _work(process, bound, claimed, alone=_by_stages)
    else:
        _stage(process, bound, claimed)


def _stage(process: Process, bound: Bound, claimed: Sequence[Claimed]) -> None:
    """Do this stage only; what follows opens for whoever comes."""
    kind = claimed[0].kind
    _work(process, {kind: bound[kind]}, claimed, alone=_put_back)


def _by_stages(process: Process, bound: Bound, batch: Sequence[Claimed], error: Exception) -> None:
    log.info("one stage at a time", extra={"step": str(batch[0].id), "kind": batch[0].kind, "error": repr(error)})
    _stage(process, bound, batch)


def _work(process: Process, bound: Bound, claimed: Sequence[Claimed], *, alone: Finish) -> None:
    batch = list(claimed)
    for attempt in range(db.TRIES):
        try:
            with _kept(process, batch):
                _transact(process, bound, batch)
            return
        except Fenced as fenced:
            batch = [s for s in batch if s.id not in set(fenced.step_ids)]
            if not batch:
                return
        except DBAPIError as error:
            again = db.is_worth_again(error) or getattr(error.orig, "sqlstate", None) == _LOCK_TIMEOUT
            if not again or attempt == db.TRIES - 1:
                _halve(process, bound, batch, error, alone=alone)
                return
            time.sleep(random.uniform(0.01, 0.05) * (attempt + 1))
        except Exception as error:  # noqa: BLE001  the worker's outermost frame: one step must not stop the queue
            _halve(process, bound, batch, error, alone=alone)
            return


def _kept(process: Process, batch: Sequence[Claimed]) -> AbstractContextManager[None]:
    """Reports may take longer than a lease; other batches are quick, and who is not is to lose them."""
    if flow.FLOW[batch[0].kind].queue != flow.REPORTS:
        return nullcontext()
    return keeping.kept(process, batch, lease_s=process.settings.lease_s)


def _transact(process: Process, bound: Bound, batch: Sequence[Claimed]) -> None:
    with process.database.transaction() as session:
        now = house_rules.now(session)
        ended: list[Done] = []
        held: Sequence[Claimed] = batch
        while held:
            done, held = _one_stage(session, bound, held, now)
            ended += done
        steps.finish(session, ended, by="system", now=now, worker=process.name)


def _one_stage(
    session: Session, bound: Bound, batch: Sequence[Claimed], now: datetime
) -> tuple[list[Done], list[Claimed]]:
    """Do the batch, all of one kind; return how it ended and the steps that are carried on."""
    kind = batch[0].kind
    handler = bound[kind]
    assert isinstance(handler, Inside)
    onward = handler.onward if flow.FLOW[kind].at_once in bound else None
    done = (onward or handler).work(session, batch, now)
    if len(done) != len(batch):
        raise RuntimeError(f"{kind}: {len(done)} outcomes for {len(batch)} steps")
    left, carried = steps.carry_on(session, done, kinds=bound, now=now)
    if onward is not None:
        parents = {step.parent_id for step in carried}
        onward.rest(session, [step for step in batch if step.id not in parents], now)
    return left, carried


def _halve(process: Process, bound: Bound, batch: Sequence[Claimed], error: Exception, *, alone: Finish) -> None:
    if len(batch) == 1:
        alone(process, bound, batch, error)
        return
    middle = len(batch) // 2
    for half in (batch[:middle], batch[middle:]):
        with process.database.transaction() as session:
            ours = set(steps.renew(session, half, lease_s=process.settings.lease_s))
        mine = [s for s in half if s.id in ours]
        if mine:
            _work(process, bound, mine, alone=alone)


def _put_back(process: Process, bound: Bound, batch: Sequence[Claimed], error: Exception) -> None:
    [step] = batch
    with process.database.transaction() as session:
        state = patience.put_back(session, step, error)
    log.exception("step failed", extra={"step": str(step.id), "kind": step.kind, "state": state}, exc_info=error)
