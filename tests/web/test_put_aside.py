"""The packing table: what waits for the rest of a short is not on its list, and who misses a piece is told what to do (F-3, F-7)."""

from __future__ import annotations

import pytest

from oms import db
from tests.factories.day import Day, make_day
from tests.web.site import post
from tests.web.test_pages_floor import scan, stops


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


def test_goods_that_were_put_aside_for_a_short_hide_none_that_can_be_packed(site, day, monkeypatch):
    monkeypatch.setattr("oms.web.pages.packing.LISTS", 0)
    client, url = site.client("warehouse"), f"/pick/{day.wave.id}"
    first, second = stops(site, day)
    post(client, f"{url}/short", {"task": first.id, "reason": "not_found"}, page=f"/pick/{day.wave.number}")
    scan(client, day, second, second.sku)
    assert site.rows("SELECT status FROM fulfilment WHERE id = :f", f=day.to_pick.id) == [("short",)]
    site.rows(
        "UPDATE fulfilment SET status = 'short', cut_off_at = cut_off_at + interval '1 day' WHERE id = :f RETURNING id",
        f=day.to_pack.id,
    )
    listed = client.get("/pack").get_data(as_text=True)
    assert (day.to_pack.number in listed, day.to_pick.number in listed) == (True, False)
    assert "put the rest aside" in post(
        client, f"/pack/{day.to_pick.id}/check", {"code": second.sku, "scan_id": "s"}, page=f"/pack/{day.to_pick.id}"
    ).get_data(as_text=True)


@pytest.mark.parametrize(("language", "said"), [("en", "A piece is missing: look in its bin"), ("zh_Hans", "缺件：")])
def test_who_misses_a_piece_at_the_table_is_told_what_to_do(site, day, language, said):
    site.rows("UPDATE fulfilment_line SET qty_packed = 0 WHERE fulfilment_id = :f RETURNING id", f=day.to_pack.id)
    client = site.client("warehouse", language=language)
    assert said in client.get(f"/pack/{day.to_pack.id}").get_data(as_text=True)
    assert said not in client.get(f"/pick/{day.wave.number}").get_data(as_text=True)
