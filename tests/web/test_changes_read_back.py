"""What was asked for through the API can be read there again, by whom it concerns and as far as they may see it (C-4, D-3)."""

from __future__ import annotations

import pytest

from tests.factories.verification import make_house, make_web_order
from tests.web.caller import distributor, person

WISH = {
    "customer": {"phone": "+8613900139000", "email": "li.lei@example.com"},
    "ship_to": {"city": "广州市", "lines": ["天河路 7 号"]},
    "requested": {"deliver_by": "2027-01-04T10:00:00+08:00"},
    "totals": {"discount": "5.00"},
    "seller_memo": "ring twice",
}
MASKED = {
    "customer": {"phone": "+86139****9000", "email": "l***@example.com"},
    "ship_to": {"city": "广州市", "lines": ["***"]},
    "seller_memo": "***",
}
LINE = {"line_ref": "1", "sku": "TEA", "qty": "2", "unit_price": "10.00", "options": {"colour": "red"}}


@pytest.fixture
def house(api):
    with api.transaction() as session:
        api.order = make_web_order(session, make_house(session), status="confirmed")
    api.path = f"/orders/{api.order.number}"
    api.desk = person(api, "order_specialist")
    return api


def _ask(house, caller, wanted=WISH, kind="update"):
    asked = caller.post(f"{house.path}/changes", {"kind": kind, "reason": "the customer rang", "wanted": wanted})
    assert asked.status_code == 202, asked.get_data(as_text=True)
    return asked.get_json()


def _on_order(house, caller):
    [change] = caller.get(house.path).get_json()["changes"]
    return change


def test_who_asks_reads_what_was_asked_in_the_answer_and_afterwards(house):
    asked = _ask(house, house.desk)
    assert asked["wanted"] == WISH
    assert (asked["order_number"], asked["order_id"]) == (house.order.number, str(house.order.id))
    assert house.desk.get(f"/changes/{asked['id']}").get_json() == asked
    assert _on_order(house, house.desk) == asked


def test_lines_are_told_as_they_are_to_be(house):
    [line] = _ask(house, house.desk, {"lines": [LINE]})["wanted"]["lines"]
    assert {name: line[name] for name in LINE} == LINE


def test_what_was_asked_still_stands_there_when_it_is_decided(house):
    asked = _ask(house, house.desk)
    verdict = {"decision": "decline", "reason": "packed already"}
    told = person(house, "order_manager").post(f"/changes/{asked['id']}/decide", verdict)
    assert (told.get_json()["status"], told.get_json()["wanted"]) == ("declined", WISH)


def test_a_cancellation_names_no_other_value(house):
    assert _ask(house, house.desk, None, "cancellation")["wanted"] is None


def test_a_cancellation_that_wishes_more_is_refused_and_nothing_is_asked_for(house):
    """It was taken, and what it named was carried out by nobody."""
    asked = house.desk.post(
        f"{house.path}/changes", {"kind": "cancellation", "reason": "rang", "wanted": {"lines": [LINE]}}
    )
    assert (asked.status_code, list(asked.get_json()["fields"])) == (422, ["wanted"])
    assert house.desk.get(house.path).get_json()["changes"] == []


@pytest.mark.parametrize("role", ["warehouse", "auditor", "general_manager", "buyer"])
def test_who_needs_no_private_data_sees_what_moves_and_nobodys_door(house, role):
    _ask(house, house.desk)
    assert _on_order(house, person(house, role))["wanted"] == WISH | MASKED


def test_a_distributor_reads_its_own_wish_and_another_key_of_its_channel_a_masked_one(house):
    own, other = (distributor(house, house.order.channel_id) for _ in range(2))
    asked = _ask(house, own)
    assert own.get(f"/changes/{asked['id']}").get_json()["wanted"] == WISH
    assert other.get(f"/changes/{asked['id']}").get_json()["wanted"] == WISH | MASKED


def test_who_decides_reads_by_its_id_what_is_to_be_decided(house):
    """The general manager had the step on the worklist, and 403 for what the step is about."""
    asked = _ask(house, house.desk)
    told = person(house, "general_manager").get(f"/changes/{asked['id']}")
    assert (told.status_code, told.get_json()["wanted"]) == (200, WISH | MASKED)
