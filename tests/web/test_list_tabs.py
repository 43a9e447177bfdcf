"""The tabs over a list: each shows what it says, and the first one what is still to be done."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from oms import db
from oms.aftersales.states import REFUND, RETURN, TICKET
from oms.fulfilment.models import Wave
from oms.fulfilment.states import WAVE
from oms.intake.states import INBOUND
from oms.shipping.states import HAND_OVER_LIST
from tests.factories.day import Day, make_day

LISTS = {
    "/tickets": TICKET,
    "/returns": RETURN,
    "/refunds": REFUND,
    "/messages": INBOUND,
    "/hand-over": HAND_OVER_LIST,
    "/waves": WAVE,
}
#: Tabs that stand for several states.
SEVERAL = {"", "all", "open"}


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


@pytest.mark.parametrize("url", LISTS)
def test_every_tab_is_of_a_state_that_there_is(site, url):
    """The messages that "needed a review" were all messages: there is no such state."""
    with site.transaction() as session:
        make_day(session, db.now(session))
    page = site.client("order_manager", "shipping_clerk").get(url).get_data(as_text=True)
    tabs = set(
        re.findall(r'href="[^"]*\bstatus=(\w*)"', page.partition('<nav class="tabs">')[2].partition("</nav>")[0])
    )
    assert len(tabs) > 2
    assert tabs - SEVERAL <= set(LISTS[url].moves)


def _waves(page: str) -> list[str]:
    return re.findall(r'<td data-label="Wave"><a[^>]*>([^<]+)<', page)


def test_what_is_to_be_picked_today_comes_before_what_was_picked_last_year(site, day):
    with site.transaction() as session:
        wave = session.get_one(Wave, day.wave.id)
        for n in range(55):
            session.add(
                Wave(
                    number=f"WV-OLD-{n:02}", warehouse_id=wave.warehouse_id, carrier_id=wave.carrier_id, service="x",
                    cut_off_at=wave.cut_off_at - timedelta(days=60 - n), status="completed", released_at=wave.released_at,
                )
            )  # fmt: skip
    client, url = site.client("order_manager"), f"/waves?warehouse={day.floor.warehouse.code}"
    assert day.wave.number in _waves(client.get(url).get_data(as_text=True))
    assert not [number for number in _waves(client.get(url).get_data(as_text=True)) if number.startswith("WV-OLD")]
    done = client.get(f"{url}&status=completed").get_data(as_text=True)
    shown = [number for number in _waves(done) if number.startswith("WV-OLD")]
    assert shown[0] == "WV-OLD-54"
    assert shown == sorted(shown, reverse=True)
    following = re.search(r'rel="next" href="([^"]+)"', done)[1].replace("&amp;", "&")
    rest = _waves(client.get(following).get_data(as_text=True))
    assert len(_waves(done)) == 50
    assert not set(rest) & set(_waves(done))
    assert "WV-OLD-00" in rest
