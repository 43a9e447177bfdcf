"""Hours that are meant at a house in another time zone are shown by its own clock, and say so (F-1, F-2)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from oms import db
from tests.factories.day import make_day

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("page", ["/pick", "/pick/{day.wave.number}", "/pack", "/pack/{day.to_pack.id}", "/waves"])
def test_a_carriers_hour_is_shown_by_the_clock_of_the_house(site, page):
    with site.transaction() as session:
        day = make_day(session, db.now(session))
        own = day.floor.warehouse.code
    client, url = site.client("warehouse"), f"{page.format(day=day)}?warehouse={own}"
    of_the_house = f"{day.wave.cut_off_at.astimezone(BERLIN):%H:%M %Z}"
    of_the_organisation = f"{day.wave.cut_off_at.astimezone(ZoneInfo(site.settings.zone)):%H:%M}</time>"
    before = client.get(url).get_data(as_text=True)
    site.rows("UPDATE warehouse SET zone = 'Europe/Berlin' WHERE code = :c RETURNING id", c=own)
    after = client.get(url).get_data(as_text=True)
    assert (of_the_house in before, of_the_organisation in before) == (False, True)
    assert of_the_house in after
