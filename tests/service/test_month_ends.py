"""Months are cut in the organisation's zone, to the millisecond, over leap days and changes to summer time (T5).

PostgreSQL's own calendar is the independent judge: what it says of an instant is what the KPI must say.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.clock import Month, local_day, month_bounds, month_of
from oms.journey import calendar_store
from oms.kpi.report import month_report
from tests.service.test_kpi_report import House

ZONES = (("Asia/Shanghai", "CN"), ("America/New_York", "US"), ("Europe/Berlin", "DE"))
#: A leap February and a common one, the months in which the clocks change, the year's end.
MONTHS = (Month(2028, 2), Month(2027, 2), Month(2026, 3), Month(2026, 10), Month(2026, 11), Month(2026, 12))
#: The changes of 2026 in Berlin and New York.
CHANGES = tuple(
    datetime.fromisoformat(f"{moment}+00:00")
    for moment in ("2026-03-29T01:00", "2026-10-25T01:00", "2026-03-08T07:00", "2026-11-01T06:00")
)
LATER = datetime(2029, 1, 1, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


def edges(zone: ZoneInfo) -> list[datetime]:
    """The last millisecond of each month, the first of the next, and those around the changes."""
    ends = [month_bounds(month, zone)[1] for month in MONTHS]
    return sorted({at + more for at in (*ends, *CHANGES) for more in (-MOMENT, timedelta(0), MOMENT)})


@pytest.mark.parametrize(("name", "country"), ZONES)
def test_a_kpi_counts_each_step_in_the_month_of_the_organisations_zone(session: Session, name: str, country: str):
    zone, house = ZoneInfo(name), House(session)
    calendar_store.keep_organisation(session, zone=name, country=country, now=datetime(2026, 1, 1, tzinfo=UTC))
    for at in edges(zone):
        house.step("review", at, None, performer="order_specialist")
    judged = Counter(
        session.execute(
            text("SELECT to_char(due_at AT TIME ZONE :zone, 'YYYY-MM') FROM step WHERE kind = 'review'"), {"zone": name}
        ).scalars()
    )
    assert len(judged) > len(MONTHS)
    counted = {
        month: month_report(session, month=Month.parse(month), now=LATER).company("on_time").of for month in judged
    }
    assert counted == dict(judged)


@pytest.mark.parametrize(("name", "country"), ZONES)
def test_our_calendar_and_the_databases_are_the_same(session: Session, name: str, country: str):
    zone = ZoneInfo(name)
    moments = edges(zone) + [datetime(2028, 2, 28, tzinfo=UTC) + timedelta(hours=hour) for hour in range(72)]
    rows = session.execute(
        text("SELECT m, (m AT TIME ZONE :zone)::date FROM unnest(CAST(:moments AS timestamptz[])) AS m"),
        {"zone": name, "moments": moments},
    ).all()
    differences = [(at, day, local_day(at, zone)) for at, day in rows if local_day(at, zone) != day]
    assert differences == []
    assert {month_of(at, zone) for at, day in rows if day == date(2028, 2, 29)} == {Month(2028, 2)}
