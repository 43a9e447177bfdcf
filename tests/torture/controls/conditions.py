"""Conditions under which the controls and the sound product alike are run, so that what is rare becomes frequent.

`OMS_TORTURE_DWELL_S`: a worker rests up to so long between claiming steps and working on them.
`OMS_TORTURE_BATCH`: no worker claims more steps at once.
`OMS_TORTURE_HOLD_S`: who has locked stock holds it up to so long more, so that others wait for it with locks of their own.
`OMS_TORTURE_KILLER`: an order whose id begins with this kills the process that verifies it, each time.
"""

from __future__ import annotations

import importlib
import os
import random
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

_KILLERS = text("SELECT count(*) FROM orders WHERE id = ANY(CAST(:ids AS uuid[])) AND channel_order_id LIKE :prefix")


def apply(environ: Mapping[str, str]) -> None:
    """Set up what the environment names; nothing by default."""
    if environ.get("OMS_TORTURE_DWELL_S"):
        _dwell(float(environ["OMS_TORTURE_DWELL_S"]))
    if environ.get("OMS_TORTURE_HOLD_S"):
        _hold(float(environ["OMS_TORTURE_HOLD_S"]))
    if environ.get("OMS_TORTURE_BATCH"):
        _small_batches(int(environ["OMS_TORTURE_BATCH"]))
    if environ.get("OMS_TORTURE_KILLER"):
        _kill(environ["OMS_TORTURE_KILLER"])


def _dwell(most_s: float) -> None:
    inside: Any = importlib.import_module("workers.inside")
    work = inside.work

    def resting(*given: Any) -> None:
        time.sleep(random.uniform(0, most_s))
        work(*given)

    inside.work = resting


def _hold(most_s: float) -> None:
    ledger: Any = importlib.import_module("oms.inventory.ledger")
    lock = ledger.lock

    def holding(session: Session, **given: Any) -> Any:
        found = lock(session, **given)
        time.sleep(random.uniform(0, most_s))
        return found

    ledger.lock = holding


def _small_batches(most: int) -> None:
    flow = importlib.import_module("oms.journey.flow")
    flow.FLOW.update({kind: replace(row, batch=min(row.batch, most)) for kind, row in flow.FLOW.items()})


def _kill(prefix: str) -> None:
    handlers: Any = importlib.import_module("workers.handlers")
    verification: Any = importlib.import_module("workers.verification")
    verify = verification.verify

    def killed(session: Session, claimed: Sequence[Any], now: datetime) -> Any:
        ids = [step.subject_id for step in claimed]
        if session.execute(_KILLERS, {"ids": ids, "prefix": f"{prefix}%"}).scalar_one():
            os.kill(os.getpid(), signal.SIGKILL)
        return verify(session, claimed, now)

    verification.VERIFY = handlers.Inside(killed)
