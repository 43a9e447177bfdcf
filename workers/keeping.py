"""Keep the lease of work that may take longer than it: a report, the closing of a month, a poll of many pages.

A process that is frozen or dead keeps nothing, so others take over as ever.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from oms.journey import steps
from oms.journey.steps import Claimed
from workers.process import Process

log = logging.getLogger(__name__)


@contextmanager
def kept(process: Process, batch: Sequence[Claimed], *, lease_s: int) -> Iterator[None]:
    """Renew the leases of a batch, each third of `lease_s`, until the work has ended; what was taken over stays so."""
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(process, batch, lease_s, over), name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep(process: Process, batch: Sequence[Claimed], lease_s: int, over: threading.Event) -> None:
    while not over.wait(lease_s / 3):
        try:
            with process.database.transaction() as session:
                steps.renew(session, batch, lease_s=lease_s)
        except DBAPIError as error:
            log.warning("lease not renewed", extra={"kind": batch[0].kind, "error": type(error).__name__})
