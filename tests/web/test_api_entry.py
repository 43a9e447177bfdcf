"""Orders that a person enters, and pasted blocks, through the API (I-1, I-4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oms import db
from oms.accounts import idempotency
from tests.factories.orders import make_sku
from tests.web.caller import channel, distributor, fields, person

ORDER = {
    "currency": "CNY",
    "customer": {"name": "Li Lei", "phone": "+8613800138000", "email": "li.lei@example.com"},
    "ship_to": {"name": "Li Lei", "lines": ["科技园路1号"], "city": "深圳市", "region": "广东省", "country": "CN"},
    "lines": [{"sku": "TEA-1", "name": "Tea cup", "qty": "2", "unit_price": "19.90"}],
}


@pytest.fixture
def desk(api):
    """A specialist, a phone channel, and the SKU that is ordered."""
    with api.transaction() as session:
        make_sku(session, code="TEA-1")
    api.phone = channel(api)
    api.desk = person(api, "order_specialist")
    api.body = {"channel": api.phone.name, "order": ORDER}
    return api


def test_a_phone_order_is_entered_and_can_be_read(desk):
    answer = desk.desk.post("/orders", desk.body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    made = answer.get_json()
    assert (made["became"], made["status"]) == ("ordered", "received")
    told = desk.desk.get(f"/orders/{made['number']}").get_json()
    assert (told["total"], told["entered_by"]) == ("39.80", desk.desk.login)
    assert [step["kind"] for step in told["steps"]] == ["verify"]


def test_the_persons_own_step_runs_from_the_call_to_the_order(desk):
    with desk.transaction() as session:
        started = db.now(session) - timedelta(minutes=7)
    desk.desk.post("/orders", desk.body | {"started_at": started.isoformat()})
    sql = "SELECT opened_at, state, finished_by FROM step WHERE kind = 'enter'"
    assert desk.rows(sql) == [(started, "done", desk.desk.login)]


def test_the_same_call_again_is_the_same_order(desk):
    first = desk.desk.post("/orders", desk.body, key="call-7").get_json()
    again = desk.desk.post("/orders", desk.body, key="call-7").get_json()
    assert again == first
    assert desk.rows("SELECT count(*) FROM orders") == [(1,)]


def test_a_key_that_made_an_order_is_refused_with_another_one_when_its_first_answer_is_forgotten(desk):
    first = desk.desk.post("/orders", desk.body, key="call-7").get_json()
    with desk.transaction() as session:
        idempotency.forget(session, before=db.now(session) + timedelta(days=1))
    lines = [ORDER["lines"][0] | {"qty": "3"}]
    again = desk.desk.post("/orders", desk.body | {"order": ORDER | {"lines": lines}}, key="call-7")
    assert (again.status_code, again.get_json()["code"]) == (409, "key_reused")
    assert first["number"] in again.get_json()["detail"]
    assert desk.rows("SELECT count(*) FROM orders") == [(1,)]


def test_two_calls_without_a_key_are_two_orders(desk):
    numbers = {desk.desk.post("/orders", desk.body).get_json()["number"] for _ in range(2)}
    assert len(numbers) == 2


def test_a_wrong_order_says_where_and_how_to_mend_it(desk):
    wrong = ORDER | {"lines": [{"sku": "TEA-1", "qty": 2}], "colour": "red"}
    found = fields(desk.desk.post("/orders", desk.body | {"order": wrong}))
    assert found["order.lines.0.qty"].startswith("write the quantity as a string")
    assert "order.colour" in found
    assert desk.rows("SELECT count(*) FROM inbound_message") == [(0,)]


@pytest.mark.parametrize("paid", [{"payment": {"status": "paid"}}, {"totals": {"paid": "39.80"}}])
def test_who_may_not_record_a_payment_enters_no_paid_order(desk, paid):
    """A sales representative's order was sent unpaid: it said "paid", and nobody looked whether the money had come."""
    for caller in (person(desk, "sales_rep"), desk.desk):
        made = caller.post("/orders", desk.body | {"order": ORDER | paid}).get_json()
        assert [one["code"] for one in made["problems"]] == ["payment_claimed"]
        told = desk.desk.get(f"/orders/{made['number']}").get_json()
        assert (told["payment_status"], told["paid"]) == ("none", None)
    cashier = person(desk, "order_specialist", "finance")
    made = cashier.post("/orders", desk.body | {"order": ORDER | paid}).get_json()
    assert made["problems"] == []


def test_an_order_is_not_entered_by_hand_on_a_shops_channel(desk):
    shop = channel(desk, way="web_shop", source="generic")
    assert desk.phone.name in fields(desk.desk.post("/orders", desk.body | {"channel": shop.name}))["channel"]


def test_a_call_that_begins_tomorrow_is_refused(desk):
    found = fields(desk.desk.post("/orders", desk.body | {"started_at": "2090-01-01T00:00:00Z"}))
    assert list(found) == ["started_at"]


def test_those_without_the_right_enter_nothing(desk):
    assert person(desk, "warehouse").post("/orders", desk.body).status_code == 403


def test_a_distributor_is_told_where_its_orders_go(desk):
    caller = distributor(desk, channel(desk, way="distributor", source="sheet").id)
    assert "/purchase-orders" in fields(caller.post("/orders", desk.body))["channel"]


def test_a_pasted_block_is_read_and_nothing_is_stored(desk):
    text = "收件人：李雷\n电话：13800138000\n地址：广东省深圳市南山区科技园路1号\nTEA-1 茶杯 2个"
    told = desk.desk.post("/orders/parse", {"channel": desk.phone.name, "text": text}).get_json()
    assert (told["customer"]["name"], told["ship_to"]["city"]) == ("李雷", "深圳市")
    assert told["lines"][0]["qty"] == "2"
    assert {piece["field"] for piece in told["evidence"]} >= {"lines.0"}
    assert desk.rows("SELECT count(*) FROM inbound_message") == [(0,)]
