"""What an invariant is: one query that finds nothing while the house is in order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """`code` as reliability.md names it; `sql` selects `subject` and `detail` of each violation."""

    code: str
    says: str
    sql: str
