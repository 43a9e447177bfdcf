"""A set that leaves in several boxes: its channel hears of it once, with the box that makes it whole (F-6)."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from connectors.carriage import TrackingEvent as Scan
from oms.catalog.models import BundlePart
from oms.fulfilment.boxing import Box
from oms.fulfilment.models import FulfilmentLine
from oms.journey import steps
from oms.shipping import notices, tracking
from oms.shipping.models import Parcel
from oms.shipping.notices import ROUNDS, ChannelNotice
from tests.factories.orders import make_sku
from tests.factories.packed import checked, close, label, served_floor


def _two_boxes_of_a_set(session: Session, parts: tuple[int, ...], now: datetime) -> list[Parcel]:
    """One piece in each box; `parts`: how many pieces of each SKU are in the set."""
    floor, bundle = served_floor(session), make_sku(session, bundle=True)
    session.add_all(
        [BundlePart(bundle_id=bundle.id, part_id=sku.id, qty=qty) for sku, qty in zip(floor.skus, parts, strict=False)]
    )
    fulfilment = checked(session, replace(floor, skus=[bundle]), now)
    lines = session.query(FulfilmentLine).filter_by(fulfilment_id=fulfilment.id).all()
    boxes = [Box("M", 420, ((line.id, Decimal(1)),)) for line in lines for _ in range(int(line.qty))]
    return [label(session, parcel, now) for parcel in close(session, fulfilment, boxes, now)]


def _told(session: Session) -> dict[tuple[uuid.UUID, int], list[tuple[str, Decimal]]]:
    """What the channel is told, by parcel and by what happened to it."""
    claimed = steps.claim(session, kind="tell_channel", limit=9, lease_s=30, worker="test")
    found = {(step.subject_id, step.round): notices.prepare_channel(session, step=step) for step in claimed}
    return {key: list(told.notice.lines) for key, told in found.items() if isinstance(told, ChannelNotice)}


@pytest.mark.parametrize("parts", [(1, 1), (2,)], ids=["two parts", "two of one part"])
def test_a_set_in_two_boxes_is_told_once_with_the_box_that_makes_it_whole(
    session: Session, business_now: datetime, parts: tuple[int, ...]
) -> None:
    later, first = _two_boxes_of_a_set(session, parts, business_now)
    for status in ROUNDS:
        for minutes, parcel in enumerate((first, later)):
            scan = Scan(str(parcel.waybill_number), status, status, business_now + timedelta(minutes=minutes))
            tracking.record_events(session, carrier_id=parcel.carrier_id, events=[scan], way="poll", now=business_now)
    expected = {(first.id, n): [("1", 0)] for n in ROUNDS.values()}
    assert _told(session) == expected | {(later.id, n): [("1", 1)] for n in ROUNDS.values()}
