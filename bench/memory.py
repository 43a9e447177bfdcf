"""Memory of the whole product at work, without PostgreSQL and Redis: 2 web processes, a worker for each queue, the sweep.

Proportional set size (PSS) counts a page that several processes share once. Masters and parents count too. The processes
take orders, work them and show pages while memory is sampled; the figure is the highest sum, not that of idle processes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench import bare_memory, clients, cpu, waiting
from bench.goods import Company, company
from bench.ground import Ground, ground, log_tail
from bench.peak import Sampler
from oms import db
from oms.accounts import staff
from oms.clock import month_of
from oms.journey import calendar_store, flow

PASSWORD = "four plain words here"
LOGIN = "bench.manager"
#: The last of them has imported all by then.
BARE_SETTLES_S = 1.0
PAGES = (
    "/orders", "/orders?held=yes", "/orders?status=closed", "/worklist", "/waves", "/tickets", "/holds", "/returns",
)  # fmt: skip
_IN_FULFILMENT = "SELECT count(*) FROM fulfilment"


@dataclass(slots=True)
class House:
    """The running product: its process trees by part, and what is in its database."""

    made: Ground
    seeded: Company
    parts: dict[str, list[int]]


@contextmanager
def house(*, worker: tuple[str, ...] = ("workers.run", *flow.QUEUES, "sweep"), preload: str = "") -> Iterator[House]:
    """A ground with a company and a manager, and the product's processes on it as anywhere."""
    with ground(preload=preload) as made:
        with made.database.transaction() as session:
            seeded = company(session)
            new = staff.NewStaff(LOGIN, "Bench", ["general_manager", "order_manager"], PASSWORD)
            staff.create(session, new=[new], environment="test", actor="system", now=db.now(session))
        bind = f"127.0.0.1:{made.web_port}"
        parts = {
            "web": [made.start("gunicorn", "-c", "oms/web/gunicorn_conf.py", "-b", bind, "wsgi:app").pid],
            "workers_and_sweep": [made.start(*worker).pid],
        }
        made.wait_for_web()
        yield House(made, seeded, parts)


def run(*, orders: int = 2000, per_s: float = 200) -> dict[str, float]:
    """Orders by webhook, the workers' stages, every page; the highest PSS in MiB, in sum and by part."""
    with house() as product:
        made, sampler = product.made, Sampler(product.parts)
        bare_mib = _bare(made)
        load = clients.Load(made.web_port, product.seeded.sku_codes, 0, orders, per_s)
        reading = clients.Reading(
            made.web_port, LOGIN, PASSWORD, (*PAGES, _this_month(made)), 8, max(10.0, orders / per_s)
        )
        with (
            sampler.watching(),
            clients.started(clients.post_orders, [load]) as posted,
            clients.started(clients.turn_pages, [reading]) as read,
        ):
            answers, pages = posted(), read()
            # In fulfilment, as far as the system's own steps go.
            waiting.until(
                made, lambda: waiting.count(made, _IN_FULFILMENT) >= orders, "the orders reached the warehouse"
            )
        settled = sampler.look()
        if set(pages.statuses) != {200}:
            raise SystemExit(f"the pages were answered {pages.statuses}: {log_tail(made)}")
        wrong = {status: count for status, count in answers.statuses.items() if status != 202}
        return {
            "pss_mib": sampler.peak_mib,
            **{f"of_it_{name}_mib": value for name, value in sampler.peak.items()},
            "settled_pss_mib": sum(settled.values()),
            "bare_pss_mib": bare_mib,
            "ratio_to_limit": sampler.peak_mib / bare_mib,
            "processes": float(sum(len(cpu.tree(root)) for roots in product.parts.values() for root in roots)),
            "orders": float(orders),
            "orders_refused": float(sum(wrong.values())),
            "pages": float(sum(pages.statuses.values())),
        }


def _this_month(made: Ground) -> str:
    """The page of the organisation's month: where the machine stands it may be another one already, or still."""
    with made.database.transaction() as session:
        return f"/kpi/{month_of(db.now(session), calendar_store.zone_of(session))}"


def _bare(made: Ground) -> float:
    """MiB of as many bare processes with the same libraries, which do nothing, on this machine."""
    bare = made.start("bench.bare_memory")
    try:
        waiting.until(made, lambda: len(cpu.tree(bare.pid)) == bare_memory.processes(), "the bare processes stand")
        time.sleep(BARE_SETTLES_S)
        return cpu.pss_mib([bare.pid])
    finally:
        made.stop(bare)
