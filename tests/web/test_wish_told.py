"""Who decides about a change of the desk sees what it changes, not only why somebody asks for it (C-4, G-1)."""

from __future__ import annotations

import pytest

from oms import db
from tests.factories.verification import make_house, make_web_order
from tests.web.caller import person
from tests.web.site import post


@pytest.fixture
def house(api):
    with api.transaction() as session:
        api.house = make_house(session)
        sku = api.house.sku
        lines = [{"qty": 1, "sku_id": sku.id, "channel_sku": sku.code}, {"qty": 2, "sku_id": sku.id, "line_ref": "b"}]
        api.order = make_web_order(session, api.house, lines=lines, status="confirmed")
        api.now = db.now(session)
    return api


def _ask(house, wanted):
    wish = {"kind": "update", "reason": "the customer rang", "wanted": wanted}
    asked = person(house, "order_specialist").post(f"/orders/{house.order.number}/changes", wish)
    assert asked.status_code == 202, asked.get_data(as_text=True)


def _shown(house, *roles: str) -> str:
    page = house.client(*roles).get(f"/orders/{house.order.number}").get_data(as_text=True)
    return page.replace('<span class="strong">', "").replace("</span>", "")


def test_the_manager_sees_that_the_price_falls_and_a_line_goes(house):
    """A price of 1 for one of 10 was approved for the reason "the customer rang"."""
    code = house.house.sku.code
    _ask(house, {"lines": [{"sku": code, "qty": "3", "unit_price": "1.00"}], "totals": {"discount": "5.00"}})
    page = _shown(house, "order_manager")
    assert f"<li>{code}: 1 × CN¥10.00 → 3 × CN¥1.00</li>" in page
    assert f"<li>{code}: 2 × CN¥10.00 → dropped</li>" in page
    assert "CN¥5.00</li>" in page


def test_who_asks_is_called_by_name(house):
    _ask(house, {"seller_memo": "ring twice"})
    [(login,)] = house.rows("SELECT requested_by FROM change_request")
    [(name,)] = house.rows("SELECT name FROM staff WHERE login = :login", login=login)
    assert name != login
    assert f'<p class="hint">{name} · ' in _shown(house, "order_manager")


def test_the_manager_sees_that_pieces_become_cases(house):
    code = house.house.sku.code
    stays = {"sku": code, "qty": "2", "unit_price": "10.00", "line_ref": "b"}
    _ask(house, {"lines": [{"sku": code, "qty": "1", "unit": "BX", "unit_price": "10.00"}, stays]})
    assert f"<li>{code}: 1 × CN¥10.00 (EA) → 1 × CN¥10.00 (BX)</li>" in _shown(house, "order_manager")


def test_where_the_goods_go_is_told_and_whose_door_it_is_stays_masked(house):
    wanted = {
        "ship_to": {"city": "广州市", "lines": ["体育西路1号"], "phone": "+8613900139000"},
        "requested": {"deliver_by": "2027-01-04T10:00:00+08:00"},
        "seller_memo": "ring twice",
    }
    _ask(house, wanted)
    page = _shown(house, "order_manager")
    assert "City: 深圳市 → 广州市" in page
    assert "Street: *** → ***" in page
    assert "+86138****8000 → +86139****9000" in page
    assert "体育西路" not in page
    assert "4 Jan 10:00" in page
    assert "&lt;time" not in page
    assert "Our memo: – → ring twice" in page
    assert "Our memo: – → ***" in _shown(house, "general_manager")
    client, url = house.client("order_manager"), f"/orders/{house.order.number}"
    clear = post(client, f"{url}/unmask", {"reason": "to decide"}, page=url).get_data(as_text=True)
    assert "体育西路1号" in clear


def test_a_cancellation_and_a_wish_that_is_decided_tell_nothing_more(house):
    asked = {"kind": "cancellation", "reason": "changed their mind"}
    person(house, "order_specialist").post(f"/orders/{house.order.number}/changes", asked)
    assert "changed their mind" in _shown(house, "order_manager")
    assert " → " not in _shown(house, "order_manager").partition("changed their mind")[2].partition("</section>")[0]
