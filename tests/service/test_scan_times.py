"""A scan never counts before there was a label to scan, whatever the carrier's clock says (F-6, K-2)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from oms.journey import steps
from oms.journey.models import Step
from oms.journey.steps import Done
from oms.shipping import cases, queries
from tests.factories.floor import Floor
from tests.factories.packed import handed_over, served_floor
from tests.service.test_tracking import HOUR, fresh, step, told


@pytest.fixture
def floor(session: Session) -> Floor:
    return served_floor(session)


@pytest.mark.parametrize(
    ("before", "counts"),
    [
        (timedelta(days=20_000), 3 * HOUR),
        (timedelta(hours=2), 3 * HOUR),
        (timedelta(minutes=30), timedelta(0)),
    ],
    ids=["1972", "before its label", "a clock that runs behind"],
)
def test_a_scan_that_is_dated_before_its_label_ends_no_step_before_it(
    session: Session, floor: Floor, business_now: datetime, before: timedelta, counts: timedelta
) -> None:
    """A delivery of 1972 was in time, and in a month that nobody looks at."""
    parcel = handed_over(session, floor, business_now)
    dated = business_now - before
    told(session, parcel, "delivered", dated, business_now + 3 * HOUR)
    for kind in ("collect", "deliver"):
        assert step(session, kind, parcel.fulfilment_id).finished_at == business_now + counts
    assert fresh(session, parcel).delivered_at == business_now + counts
    [kept] = queries.scans(session, parcel_ids=[parcel.id])
    assert (kept.at, kept.counts_at) == (dated, business_now + counts)


def test_what_is_dated_before_its_label_hides_neither_what_was_told_last_nor_a_new_trouble(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel, long_ago = handed_over(session, floor, business_now), business_now - timedelta(days=20_000)
    told(session, parcel, "delayed", business_now, business_now)
    [case] = steps.find(session, kind="track_case", subject_ids=[parcel.id]).values()
    steps.finish(session, [Done(case, "settled")], by="cleo", now=business_now + HOUR)
    told(session, parcel, "delayed", long_ago, business_now + 2 * HOUR)
    assert session.query(Step).filter_by(kind="track_case", subject_id=parcel.id).count() == 2
    told(session, parcel, "out_for_delivery", long_ago, business_now + 3 * HOUR)
    assert fresh(session, parcel).tracking_status == "out_for_delivery"
    silent = {"carrier_id": parcel.carrier_id, "now": business_now + timedelta(days=3, hours=2)}
    assert cases.open_silent(session, **silent) == 0
