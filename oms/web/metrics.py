"""Figures for a scraper: what web processes count, and what the database says at the time of asking.

Counts of several processes are added up when PROMETHEUS_MULTIPROC_DIR is set (`oms/web/gunicorn_conf.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector
from sqlalchemy.orm import Session

from oms import db
from oms.invariants import watch
from oms.journey import backlog, seal

REQUESTS = Counter("oms_requests", "Requests answered.", ["route", "method", "status"])
#: Counting stops here: what matters is that sealing is behind, not by how many.
UNSEALED_MOST = 10_000
SECONDS = Histogram(
    "oms_request_seconds", "Time to the answer.", ["route"], buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
)
DENIED = Counter("oms_denied", "Requests refused for who asked: key, right, not_signed_in, password.", ["why"])


def scrape(session: Session) -> bytes:
    """Everything in the text format of Prometheus."""
    here = CollectorRegistry()
    here.register(_Backlog(session))
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    else:
        counted = REGISTRY
    return generate_latest(here) + generate_latest(counted)


class _Backlog(Collector):
    """The state of the work, read from the database once a scrape."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        steps = GaugeMetricFamily("oms_steps", "Unfinished steps.", labels=["kind", "state"])
        oldest = GaugeMetricFamily(
            "oms_step_oldest_open_seconds", "How long the oldest open step could be done.", labels=["kind"]
        )
        overdue = GaugeMetricFamily("oms_steps_overdue", "Unfinished steps past their due time.", labels=["kind"])
        for row in backlog.unfinished(self._session):
            steps.add_metric([row.kind, row.state], row.count)
            if row.state == "open":
                oldest.add_metric([row.kind], row.oldest_s)
            if row.overdue:
                overdue.add_metric([row.kind], row.overdue)
        yield from (steps, oldest, overdue)
        yield GaugeMetricFamily(
            "oms_steps_parked", "Steps that wait for a person after failing.", value=backlog.parked_count(self._session)
        )
        yield GaugeMetricFamily(
            "oms_leases_lost", "Claimed steps whose worker went silent.", value=backlog.lost_leases(self._session)
        )
        yield GaugeMetricFamily(
            "oms_invariants_violated",
            "Looks of the last hour that found a rule of the house broken.",
            value=len(watch.found_lately(self._session, now=db.now(self._session))),
        )
        yield GaugeMetricFamily(
            "oms_history_unsealed",
            f"History entries not sealed yet, at most {UNSEALED_MOST} counted.",
            value=seal.waiting(self._session, most=UNSEALED_MOST).count,
        )
