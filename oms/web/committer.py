"""Group commit: what waits while one transaction commits goes into the next one together.

The first who comes commits for all who wait, then hands the lead to one of those who came meanwhile;
nobody is answered before the commit. There is no thread to start, fork or stop.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from oms import db
from oms.errors import Unavailable
from oms.intake.inbox import Arrival, Receipt

BATCH = 100
#: Encrypted bodies of one statement, in bytes, so that a hundred large ones do not fill the memory.
BATCH_BYTES = 8 * 1024 * 1024
WAIT_S = 20.0

#: Writes arrivals and commits them; a receipt for each, in their order.
Write = Callable[[Sequence[Arrival]], list[Receipt]]


class _Waiting:
    """One arrival and the answer its sender waits for.

    `sleep` is a lock that is held from the start: whoever wakes the sender lets go of it, once. An Event does the same
    at five times the cost.
    """

    __slots__ = ("arrival", "done", "fault", "leads", "receipt", "sleep")

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival
        self.receipt: Receipt | None = None
        self.fault: SQLAlchemyError | None = None
        self.done = False
        self.leads = False
        self.sleep = threading.Lock()
        self.sleep.acquire()

    def wake(self) -> None:
        """Let the sender's thread go on. The first call counts; it never happens from two threads at once."""
        if self.sleep.locked():
            self.sleep.release()


class Committer:
    """Writes arrivals of many requests together."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self._led = False

    def submit(self, arrival: Arrival) -> Receipt:
        """Store the arrival and return after the commit; Unavailable when it was not stored."""
        mine = _Waiting(arrival)
        with self._lock:
            self._queue.append(mine)
            mine.leads, self._led = not self._led, True
        if mine.leads or self._told_to_lead(mine):
            self._lead(mine)
        if mine.receipt is None:
            raise Unavailable("the message was not stored: send it again") from mine.fault
        return mine.receipt

    def _told_to_lead(self, mine: _Waiting) -> bool:
        """Wait for the answer or the lead; one who waited too long leaves the queue, so that the lead never goes to it."""
        mine.sleep.acquire(timeout=WAIT_S)
        with self._lock:
            if not mine.leads and mine in self._queue:
                self._queue.remove(mine)
            return mine.leads

    def _lead(self, mine: _Waiting) -> None:
        """Commit batches until the leader's own is among them, then let the next one lead."""
        try:
            while not mine.done:
                self._commit(self._take())
        finally:
            self._hand_over()

    def _take(self) -> list[_Waiting]:
        with self._lock:
            batch: list[_Waiting] = []
            size = 0
            while self._queue and len(batch) < BATCH and size < BATCH_BYTES:
                batch.append(self._queue.popleft())
                size += len(batch[-1].arrival.message.body)
            return batch

    def _hand_over(self) -> None:
        with self._lock:
            self._led = bool(self._queue)
            if self._queue:
                self._queue[0].leads = True
                self._queue[0].wake()

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            self._store(batch)
        except DBAPIError as fault:
            # One that the database refuses must not take its neighbours with it; when the
            # database itself is away, trying each one would only make all wait longer.
            alone = batch if not isinstance(fault, OperationalError) and len(batch) > 1 else []
            for waiting in batch:
                waiting.fault = fault
            for waiting in alone:
                self._commit([waiting])
        except SQLAlchemyError as fault:
            for waiting in batch:
                waiting.fault = fault
        finally:
            for waiting in batch:
                waiting.done = True
                waiting.wake()

    def _store(self, batch: list[_Waiting]) -> None:
        try:
            db.again(lambda: self._write_all(batch))
        except OperationalError as fault:
            if not fault.connection_invalidated:
                raise
            # The kept connection had died; what may be stored already is found again as a duplicate.
            self._write_all(batch)

    def _write_all(self, batch: list[_Waiting]) -> None:
        receipts = self._write([waiting.arrival for waiting in batch])
        for waiting, receipt in zip(batch, receipts, strict=True):
            waiting.receipt = receipt
