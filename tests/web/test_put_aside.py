"""The packing table: what waits for the rest of a short is not on its list, and who misses a piece says so there (F-2, F-3, F-7)."""

from __future__ import annotations

import re

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


def _line(site, day) -> str:
    [(line, *_), *_] = site.rows(
        "SELECT id FROM fulfilment_line WHERE fulfilment_id = :f ORDER BY id", f=day.to_pack.id
    )
    return str(line)


def _form(client, day, line: str, **given: str) -> dict[str, str]:
    """What the page's own form sends for one tap on a reason."""
    page = client.get(f"/pack/{day.to_pack.id}").get_data(as_text=True)
    [key] = re.findall(r'name="form_key" value="([^"]+)"', page)
    assert f'<option value="{line}"' in page
    return {"form_key": key, "line": line, "pieces": "", "reason": "missing"} | given


def test_a_missing_piece_is_told_at_the_table_in_one_tap_and_the_rest_is_put_aside(site, day):
    client, line, url = site.client("warehouse"), _line(site, day), f"/pack/{day.to_pack.id}"
    form = _form(client, day, line)
    for _ in range(2):  # the answer was slow, and the form is sent again
        said = post(client, f"{url}/missing", form, page=url)
        assert (said.status_code, said.location.endswith("answer=short")) == (303, True)
    assert site.rows("SELECT qty_picked, qty_short FROM fulfilment_line WHERE id = :l", l=line) == [(0, 1)]
    page = client.get(said.location).get_data(as_text=True)
    assert "Noted as short" in page
    assert "put the rest aside" in page
    assert day.to_pack.number not in client.get("/pack").get_data(as_text=True)


def test_a_broken_piece_is_told_though_every_piece_is_checked(site, day):
    client, line, url = site.client("warehouse"), _line(site, day), f"/pack/{day.to_pack.id}"
    assert "Every piece is checked" in client.get(url).get_data(as_text=True)
    post(client, f"{url}/missing", _form(client, day, line, reason="damaged"), page=url)
    [(reasons,)] = site.rows(
        "SELECT array_agg(short_reason ORDER BY short_reason) FROM pick_task WHERE fulfilment_id = :f", f=day.to_pack.id
    )
    assert reasons == ["damaged", None]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"pieces": "9"}, "须大于 0 且不超过 1（已拣数量）"),
        ({"pieces": "0"}, "请输入大于 0 的数字"),
        ({"reason": ""}, "请点击其中一个按钮"),
    ],
)
def test_what_cannot_be_missing_is_told_beside_its_field(site, day, given, fault):
    client, url = site.client("warehouse", language="zh_Hans"), f"/pack/{day.to_pack.id}"
    answer = post(client, f"{url}/missing", _form(client, day, _line(site, day), **given), page=url)
    assert answer.status_code == 422
    assert fault in answer.get_data(as_text=True)
    assert site.rows("SELECT count(*) FROM fulfilment_line WHERE qty_short > 0") == [(0,)]
