"""Wait until the product has come so far, or end the benchmark with what its processes wrote last."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import text

from bench.ground import Ground, log_tail
from oms.journey import step_sql

_ORDERS = "SELECT count(*) FROM orders"
_LEFT = f"SELECT count(*) FROM step WHERE kind = :kind AND {step_sql.RUNNING}"
_VACUUMS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"


def until(
    made: Ground, reached: Callable[[], bool], what: str, *, timeout_s: float = 120, every_s: float = 0.1
) -> None:
    """Look every `every_s` seconds; SystemExit after `timeout_s`, with `what` was waited for."""
    ends = time.monotonic() + timeout_s
    while not reached():
        if time.monotonic() > ends:
            raise SystemExit(f"waited in vain until {what}: {log_tail(made)}")
        time.sleep(every_s)


def until_orders_stand(made: Ground, orders: int) -> None:
    """Wait until so many orders stand."""
    until(made, lambda: count(made, _ORDERS) >= orders, f"{orders} orders stand", timeout_s=90)


def until_none_left(made: Ground, kind: str) -> None:
    """Wait until no step of the kind is open or claimed."""
    until(made, lambda: count(made, _LEFT, kind=kind) == 0, f"no step {kind} is left", every_s=0.2)


def until_tidied_up(made: Ground) -> None:
    """Until the server tidies up nothing: what a filling left to it is not a cost of the orders that are measured."""
    until(made, lambda: count(made, _VACUUMS) == 0, "the server has tidied up", timeout_s=900, every_s=0.5)


def count(made: Ground, sql: str, **values: object) -> int:
    """The one number that a query answers."""
    with made.database.transaction() as session:
        return int(session.execute(text(sql), values).scalar_one())
