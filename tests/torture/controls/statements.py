"""Controls that are one statement of the product written as one would naively write it."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from sqlalchemy import text


def naive_stock() -> None:
    """Read the balance, add to it, write it back, with no lock: what two do at once, one of them does in vain."""
    ledger = importlib.import_module("oms.inventory.ledger")
    _rewrite(ledger, "_LOCK", "FOR NO KEY UPDATE", "")
    _rewrite(ledger, "_LOCK_PLACES", "FOR NO KEY UPDATE OF stock", "")
    _rewrite(
        ledger,
        "_POST",
        "SET on_hand = stock.on_hand + t.on_hand, reserved = stock.reserved + t.reserved\n                FROM total t WHERE",
        "SET on_hand = was.on_hand + t.on_hand, reserved = was.reserved + t.reserved\n"
        "                FROM total t JOIN (SELECT * FROM stock) was ON was.warehouse_id = t.warehouse_id"
        " AND was.sku_id = t.sku_id WHERE",
    )


def no_fence() -> None:
    """Whoever comes to the end writes it, also one who was taken for dead and whose work others have done."""
    steps = importlib.import_module("oms.journey.steps")
    _rewrite(steps, "_FINISH", "AND step.token = f.token AND step.state IN ('open', 'claimed')", "")


def unsorted_locks() -> None:
    """Rows are locked as they come."""
    ledger, locking = importlib.import_module("oms.inventory.ledger"), importlib.import_module("oms.orders.locking")
    _rewrite(locking, "_TOUCH", "ORDER BY id", "ORDER BY random()")
    _rewrite(ledger, "_LOCK", "ORDER BY warehouse_id, sku_id", "ORDER BY random()")
    _rewrite(ledger, "_LOCK_PLACES", "ORDER BY stock.warehouse_id, stock.sku_id", "ORDER BY random()")


def lost_together() -> None:
    """Steps whose lease ran out are claimed together again, the one that kills its process among them."""
    step_sql: Any = importlib.import_module("oms.journey.step_sql")
    step_sql.CLAIM = _replaced(step_sql.CLAIM, "LIMIT 1)", "LIMIT 200)")
    steps: Any = importlib.import_module("oms.journey.steps")
    steps.claim = _claim_together


def _claim_together(session: Any, *, kind: str, limit: int, lease_s: int, worker: str) -> list[Any]:
    steps, step_sql = importlib.import_module("oms.journey.steps"), importlib.import_module("oms.journey.step_sql")
    params = {"kind": kind, "lease_s": lease_s, "worker": worker}
    return [steps.Claimed(*row[:-1]) for row in session.execute(text(step_sql.CLAIM.format(limit=limit)), params)]


def _rewrite(module: ModuleType, name: str, old: str, new: str) -> None:
    setattr(module, name, text(_replaced(getattr(module, name).text, old, new)))


def _replaced(statement: str, old: str, new: str) -> str:
    """A control that no longer finds its place breaks nothing, and so would prove nothing: it must fail."""
    if old not in statement:
        raise LookupError(f"the control no longer fits the statement: {old!r} is not in it")
    return statement.replace(old, new)
