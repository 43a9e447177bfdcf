"""Run the invariants: each one query, read only; all must find nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.invariants.duties import DUTIES
from oms.invariants.floor import FLOOR
from oms.invariants.journey import JOURNEY
from oms.invariants.kpi import KPI
from oms.invariants.orders import ORDERS
from oms.invariants.stock import STOCK
from oms.invariants.table import Invariant
from oms.invariants.walks import WALKS

#: THE table: name -> invariant.
INVARIANTS: dict[str, Invariant] = {**STOCK, **ORDERS, **FLOOR, **WALKS, **DUTIES, **JOURNEY, **KPI}

#: Rows that one invariant shows.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Violation:
    """One row that must not be: which invariant it breaks, whose row it is, and what is wrong."""

    name: str
    code: str
    subject: str
    detail: str


def check(session: Session, *, names: Collection[str] | None = None) -> list[Violation]:
    """The violations of all invariants, or of `names`; one statement each, nothing is written."""
    found: list[Violation] = []
    for name, invariant in INVARIANTS.items():
        if names is None or name in names:
            rows = session.execute(text(f"SELECT * FROM ({invariant.sql}) v LIMIT {SHOWN}"))
            found += [Violation(name, invariant.code, str(row.subject), str(row.detail)) for row in rows]
    return found
