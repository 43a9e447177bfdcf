"""A day without a clock begins in the zone in which its sender's papers are read; a time with its zone is that moment anywhere."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from connectors.dates import iso_z
from connectors.output import to_json
from oms.intake.fates import element
from tests.connectors.mails import mail, translate
from tests.connectors.sheet_files import xlsx
from tests.connectors.sheet_reading import one

ZONES = {
    "Asia/Shanghai": "2026-11-29T16:00:00Z",
    "America/New_York": "2026-11-30T05:00:00Z",
    "Europe/Berlin": "2026-11-29T23:00:00Z",
    "UTC": "2026-11-30T00:00:00Z",
}
HEADS = ("PO", "SKU", "Qty", "Order Date", "Ship By", "Required Date", "Updated At")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "day",
    ["2026-11-30", "2026/11/30", "30.11.2026", "2026年11月30日", "20261130", "30 Nov 2026", "2026-11-30 00:00:00"],
)
def test_every_day_of_a_sheet_begins_in_its_zone(zone, day):
    order = one(f"{','.join(HEADS)}\nA,T,1,{day},{day},{day},{day}\n", timezone=zone)
    told = [order.placed_at, order.requested.ship_by, order.requested.deliver_by]
    assert [moment and iso_z(moment) for moment in told] == [ZONES[zone]] * 3
    assert order.version == ZONES[zone]


@pytest.mark.parametrize("zone", ZONES)
def test_a_workbooks_day_and_a_mails_day_begin_there_too(zone):
    order = one(xlsx([HEADS[:4], ("A", "T", 1, date(2026, 11, 30))]), timezone=zone)
    assert order.placed_at
    assert iso_z(order.placed_at) == ZONES[zone]
    words = "Please ship:\n\n5 x TEA-1 @ 2.00\nDeliver by: 2026-11-30\n"
    (found,) = translate(mail("PO-1", words), timezone=zone)
    assert found.requested.deliver_by
    assert iso_z(found.requested.deliver_by) == ZONES[zone]
    files = {"po.csv": b"PO,SKU,Qty,Required Date\nA,T,1,2026-11-30\n"}
    (attached,) = translate(mail("PO-1", "see attached", files=files), timezone=zone)
    assert attached.requested.deliver_by
    assert iso_z(attached.requested.deliver_by) == ZONES[zone]


@pytest.mark.parametrize("zone", ZONES)
def test_a_time_that_names_its_zone_is_that_moment(zone):
    order = one(f"{','.join(HEADS[:4])}\nA,T,1,2026-11-30T00:00:00Z\n", timezone=zone)
    assert order.placed_at
    assert iso_z(order.placed_at) == "2026-11-30T00:00:00Z"


def test_a_sheet_of_days_leaves_one_print_in_whichever_zone_it_was_read():
    """Whoever moves to another zone is still sent the same list each day."""
    text = f"{','.join(HEADS[:6])}\nA,T,1,2026-11-30,2026-12-01,2026-12-04\n"
    orders = {zone: one(text, timezone=zone) for zone in ZONES}
    prints = {element(order, to_json(order), zone=ZoneInfo(zone)).content_hash for zone, order in orders.items()}
    assert prints == {element(orders["UTC"], to_json(orders["UTC"])).content_hash}
    later = one(text.replace("2026-12-04", "2026-12-05"), timezone="Asia/Shanghai")
    assert element(later, to_json(later), zone=ZoneInfo("Asia/Shanghai")).content_hash not in prints
    clocked = one(text.replace("2026-12-04", "2026-12-04 09:00"), timezone="Asia/Shanghai")
    assert element(clocked, to_json(clocked), zone=ZoneInfo("Asia/Shanghai")).content_hash not in prints
