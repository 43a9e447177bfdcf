"""A scan never counts before there was a label to scan, nor after it was told, whatever the carrier's clock says (F-6, K-2)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from connectors import carriage
from oms.journey import steps
from oms.journey.models import Step
from oms.journey.steps import Done
from oms.shipping import cases, queries, tracking
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


@pytest.mark.parametrize("ahead", [timedelta(hours=8), timedelta(days=30), timedelta(days=365_000)])
def test_a_scan_from_a_clock_that_runs_ahead_is_kept_and_counts_from_when_it_was_told(
    session: Session, floor: Floor, business_now: datetime, ahead: timedelta
) -> None:
    """One of more than a day ahead was dropped, and its parcel became silent though the carrier had told of it."""
    parcel, was_told = handed_over(session, floor, business_now), business_now + 3 * HOUR
    assert told(session, parcel, "delivered", was_told + ahead, was_told).new == 1
    for kind in ("collect", "deliver"):
        assert step(session, kind, parcel.fulfilment_id).finished_at == was_told
    assert (fresh(session, parcel).collected_at, fresh(session, parcel).delivered_at) == (was_told, was_told)
    [kept] = queries.scans(session, parcel_ids=[parcel.id])
    assert (kept.at, kept.counts_at) == (was_told + ahead, was_told)


def test_of_scans_that_are_told_together_from_a_clock_ahead_the_one_dated_last_is_the_newest(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = handed_over(session, floor, business_now)
    dated = business_now + timedelta(days=2)
    scans = [("out_for_delivery", dated + HOUR), ("in_transit", dated)]
    events = [carriage.TrackingEvent(str(parcel.waybill_number), status, status.upper(), at) for status, at in scans]
    tracking.record_events(session, carrier_id=parcel.carrier_id, events=events, way="poll", now=business_now)
    assert fresh(session, parcel).tracking_status == "out_for_delivery"
    shown = queries.scans(session, parcel_ids=[parcel.id])
    assert [scan.status for scan in shown] == ["in_transit", "out_for_delivery"]


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
