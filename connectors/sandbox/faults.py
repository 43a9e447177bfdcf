"""Faults on demand: the next n calls of an operation go wrong in a stated way.

What is still to go wrong lies in the peer's store, so a restart neither loses nor repeats a fault.
"""

from __future__ import annotations

from enum import StrEnum

from connectors.sandbox.store import Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY, operation TEXT NOT NULL, fault TEXT NOT NULL, times_left INTEGER NOT NULL
);
"""


class Fault(StrEnum):
    """How a call goes wrong. `after_commit_*` and `garbage` do the work first, then spoil the answer."""

    TIMEOUT = "timeout"
    SLOW = "slow"
    RESET = "reset"
    INTERNAL_ERROR = "500"
    UNAVAILABLE = "503"
    TOO_MANY = "429"
    GARBAGE = "garbage"
    AFTER_COMMIT_ERROR = "after_commit_500"
    AFTER_COMMIT_RESET = "after_commit_reset"
    AFTER_COMMIT_TIMEOUT = "after_commit_timeout"


#: Faults whose call is carried out although the caller does not learn of it.
WORK_IS_DONE = frozenset(
    {Fault.GARBAGE, Fault.AFTER_COMMIT_ERROR, Fault.AFTER_COMMIT_RESET, Fault.AFTER_COMMIT_TIMEOUT}
)


class Faults:
    """The faults that a peer still has to show, oldest first."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, operation: str, fault: Fault, *, times: int) -> None:
        """Let the next `times` calls of `operation` go wrong."""
        with self._store.change() as change:
            change.execute(
                "INSERT INTO fault (operation, fault, times_left) VALUES (?, ?, ?)", (operation, str(fault), times)
            )

    def clear(self) -> None:
        """Forget all faults that are still to come."""
        with self._store.change() as change:
            change.execute("DELETE FROM fault")

    def take(self, operation: str) -> Fault | None:
        """Use up one fault of `operation`, or return None when its calls go well."""
        if not self._store.count("SELECT count(*) FROM fault"):
            return None
        with self._store.change() as change:
            row = change.execute(
                "SELECT id, fault FROM fault WHERE operation = ? AND times_left > 0 ORDER BY id LIMIT 1", (operation,)
            ).fetchone()
            if row is None:
                return None
            change.execute("UPDATE fault SET times_left = times_left - 1 WHERE id = ?", (row["id"],))
            change.execute("DELETE FROM fault WHERE times_left <= 0")
        return Fault(row["fault"])

    def left(self) -> dict[str, int]:
        """How many calls of each operation will still go wrong."""
        rows = self._store.rows("SELECT operation, sum(times_left) AS times FROM fault GROUP BY operation")
        return {row["operation"]: int(row["times"]) for row in rows}
