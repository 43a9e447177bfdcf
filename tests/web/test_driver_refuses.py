"""The driver does not take a parcel of the list that we have signed: it stays in the house, also on record (F-4)."""

from __future__ import annotations

import pytest

from oms import db
from tests.factories.day import Day, make_day
from tests.web.site import post


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


def test_what_the_driver_does_not_take_after_our_signature_stays_and_goes_on_the_next_list(site, day):
    client, url = site.client("shipping_clerk"), f"/hand-over/{day.parcel.hand_over_list_id}"
    assert post(client, f"{url}/sign", {"side": "us", "signer": "Mei"}, page=url).status_code == 303
    leave = f"{url}/leave/{day.parcel.id}"
    assert leave in client.get(url).get_data(as_text=True)
    assert post(client, leave, {"reason": "the box is torn"}, page=url).status_code == 303
    assert post(client, f"{url}/sign", {"side": "carrier", "signer": "Ma"}, page=url).status_code == 303
    left = "SELECT label_status, handed_over_at IS NULL FROM parcel WHERE id = :p"
    assert site.rows(left, p=day.parcel.id) == [("purchased", True)]
    assert post(client, "/hand-over/scan", {"code": day.parcel.number}, page="/hand-over").status_code == 303
    assert leave not in client.get(url).get_data(as_text=True)
