"""Hand-made facts of one November, for tests of the KPI rules."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from oms.clock import Month, aware, month_bounds
from oms.journey.flow import FLOW
from oms.kpi.rules import RULES
from oms.kpi.values import Counted, ErrorFact, Period, StepFact

SHANGHAI = ZoneInfo("Asia/Shanghai")
_ids = itertools.count(1)


def sh(text: str) -> datetime:
    return aware(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))


START, END = month_bounds(Month(2026, 11), SHANGHAI)
OVER = Period(Month(2026, 11), START, END, now=sh("2026-12-20 09:00"), freeze_at=sh("2026-12-07 17:30"))
RUNNING = replace(OVER, now=sh("2026-11-18 10:00"))
ORDER = UUID(int=7)


def fact(kind: str, due: str = "2026-11-10 12:00", ended: str | None = None, **more: object) -> StepFact:
    at = sh(due)
    performer = FLOW[kind].performer if kind in FLOW else "system"
    values = {
        "step_id": UUID(int=next(_ids)),
        "kind": kind,
        "performer": performer,
        "state": "done" if ended else "open",
        "opened_at": at - timedelta(hours=4),
        "due_at": at,
        "promised_at": at,
        "subject_id": ORDER,
        "order_id": ORDER,
        "order_no": "A-7",
        "channel": "shop",
        "finished_at": sh(ended) if ended else None,
    }
    return StepFact(**{**values, **more})  # type: ignore[arg-type]


def error(stage: str, person: str = "li", at: str = "2026-11-12 09:00", **more: object) -> ErrorFact:
    values = {
        "error_id": UUID(int=next(_ids)),
        "order_id": ORDER,
        "subject_id": ORDER,
        "kind": "wrong",
        "cause": stage,
        "stage": stage,
        "person": person,
        "caught": False,
        "at": sh(at),
    }
    return ErrorFact(**{**values, **more})  # type: ignore[arg-type]


def count(kpi: str, *facts: StepFact, errors: tuple[ErrorFact, ...] = (), period: Period = OVER) -> list[Counted]:
    return RULES[kpi](facts, errors, period)


def verdict(
    kpi: str, *facts: StepFact, errors: tuple[ErrorFact, ...] = (), period: Period = OVER
) -> tuple[int, int, str]:
    [line] = count(kpi, *facts, errors=errors, period=period)
    return line.hit, line.of, line.why
