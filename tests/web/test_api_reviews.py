"""Held orders, signatures, payments, changes and worklists through the API (V-3, I-4, C-1, C-4, X-1)."""

from __future__ import annotations

import base64

import pytest

from oms import db
from tests.factories.orders import make_channel
from tests.factories.verification import confirmed, make_house, make_phone_order, make_web_order, verified
from tests.web.caller import distributor, fields, person

PAPER = {"name": "signed.pdf", "media_type": "application/pdf", "content": base64.b64encode(b"%PDF-1.7 x").decode()}


@pytest.fixture
def house(api):
    with api.transaction() as session:
        api.house = make_house(session)
    api.desk, api.manager = person(api, "order_specialist"), person(api, "order_manager")
    return api


@pytest.fixture
def held(house):
    """An order with an unread buyer's message, held for the specialist."""
    with house.transaction() as session:
        order = make_web_order(session, house.house, buyer_message="please ring twice")
        assert verified(session, order, db.now(session)) == "held"
        house.order = order
    [house.held] = house.desk.items("/reviews")
    house.path = f"/reviews/{house.held['reviews'][0]['step_id']}"
    house.token = house.held["reviews"][0]["token"]
    return house


def test_a_held_order_tells_what_was_found_in_both_languages(held):
    told = held.held
    assert (told["number"], [one["rule"] for one in told["findings"]]) == (held.order.number, ["message_unread"])
    assert told["findings"][0]["en"] != told["findings"][0]["zh_hans"]
    assert held.desk.items("/reviews", owner="finance") == []


def test_a_decision_needs_its_reason_and_moves_the_order_on(held):
    approve = {"token": held.token, "decision": "approve"}
    assert list(fields(held.desk.post(held.path, approve))) == ["reason"]
    told = held.desk.post(held.path, approve | {"reason": "read: ring twice"}, key="d1")
    assert told.get_json()["outcome"] == "approved"
    assert held.desk.post(held.path, approve | {"reason": "read: ring twice"}, key="d1").get_json() == told.get_json()
    assert held.rows("SELECT state FROM step WHERE kind = 'confirm'") == [("open",)]
    assert held.desk.items("/reviews") == []


def test_a_stale_form_is_refused(held):
    answer = held.desk.post(held.path, {"token": held.token + 1, "decision": "approve", "reason": "fine"})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "fenced")


def test_an_amendment_names_the_fields_that_are_wrong(held):
    amend = {
        "token": held.token,
        "decision": "amend",
        "reason": "customer rang",
        "amendments": {"lines.0.colour": "red"},
    }
    assert list(fields(held.desk.post(held.path, amend))) == ["lines.0.colour"]
    amend |= {"amendments": {"ship_to.city": "广州市"}}
    assert held.desk.post(held.path, amend).get_json()["outcome"] == "amended"
    assert held.desk.get(f"/orders/{held.order.number}").get_json()["ship_to"]["city"] == "广州市"


def test_only_the_general_manager_refuses_for_good(held):
    reject = {"token": held.token, "decision": "reject", "reason": "fraud"}
    assert held.desk.post(held.path, reject).status_code == 403
    assert person(held, "warehouse").post(held.path, reject).status_code == 403


def test_the_buyers_message_is_marked_as_read(held):
    assert held.desk.post(f"/orders/{held.order.number}/message-read").status_code == 204
    assert held.rows("SELECT buyer_message_read FROM orders") == [(True,)]


def test_steps_are_taken_once_and_handed_on_with_a_reason(held):
    [step] = held.desk.items("/steps", kind="review")
    taken = held.desk.post(f"/steps/{step['id']}/take", {"token": step["token"]}).get_json()
    assert taken["state"] == "claimed"
    colleague = person(held, "order_specialist")
    assert colleague.post(f"/steps/{step['id']}/take", {"token": step["token"]}).status_code == 409
    moved = {"token": taken["token"], "staff": colleague.login, "why": "holiday"}
    assert held.desk.post(f"/steps/{step['id']}/reassign", moved).status_code == 200
    assert [item["id"] for item in colleague.items("/steps", mine="true")] == [step["id"]]
    assert fields(held.desk.post(f"/steps/{step['id']}/reassign", moved | {"why": ""})).keys() == {"why"}


def test_a_parked_step_is_tried_again_by_those_who_may(house):
    step_id = house.step("reread", state="parked")
    assert house.desk.items("/steps", state="parked") == []
    assert [item["id"] for item in house.manager.items("/steps", state="parked")] == [str(step_id)]
    assert house.desk.post(f"/steps/{step_id}/retry").status_code == 403
    assert house.manager.post(f"/steps/{step_id}/retry").get_json()["state"] == "open"


def test_parked_steps_are_filtered_as_others_are(house):
    """Who asked for the parked bookings got every parked step of the house."""
    reread, book = house.step("reread", state="parked"), house.step("book", state="parked")
    review = house.step("review", state="parked")

    def found(**query):
        return [item["id"] for item in house.manager.items("/steps", state="parked", **query)]

    assert found() == [str(step) for step in (reread, book, review)]
    assert (found(kind="book"), found(kind="pick")) == ([str(book)], [])
    assert found(performer="order_specialist") == [str(review)]
    assert found(mine="true") == []


@pytest.fixture
def unsigned(house):
    """A phone order whose confirmation waits for the signature."""
    with house.transaction() as session:
        house.order = make_phone_order(session, house.house)
        house.outcome = confirmed(session, house.order, db.now(session))
    house.path = f"/orders/{house.order.number}"
    return house


def test_a_signed_paper_is_filed_and_the_order_takes_effect(unsigned):
    assert unsigned.outcome == "signature"
    signed = {"answer": "signed", "means": "upload", "name": "Li Lei", "paper": PAPER}
    told = unsigned.desk.post(f"{unsigned.path}/signature", signed, key="s1")
    assert (told.status_code, told.get_json()["status"]) == (201, "confirmed")
    [paper] = unsigned.desk.get(unsigned.path).get_json()["documents"]
    assert unsigned.desk.get(f"/documents/{paper['id']}").data == b"%PDF-1.7 x"
    assert person(unsigned, "buyer").get(f"/documents/{paper['id']}").status_code == 403


def test_waiving_the_signature_is_the_managers(unsigned):
    waived = {"answer": "waived", "means": "waiver", "evidence": "known for years"}
    assert unsigned.desk.post(f"{unsigned.path}/signature", waived).status_code == 403
    assert unsigned.manager.post(f"{unsigned.path}/signature", waived).get_json()["status"] == "confirmed"


def test_a_signature_without_a_name_or_a_paper_that_is_none_is_refused(unsigned):
    for content in ("not base64!", "盖章的纸", "JVBERi0xLjcgeA==é"):
        signed = {"answer": "signed", "means": "upload", "paper": PAPER | {"content": content}}
        assert "paper.content" in fields(unsigned.desk.post(f"{unsigned.path}/signature", signed | {"name": "Li"}))
    assert "name" in fields(unsigned.desk.post(f"{unsigned.path}/signature", signed | {"paper": None}))


def test_no_paper_is_lost_with_an_answer_and_none_is_signed_without_it(unsigned):
    """A scan of what the customer declined was thrown away with a 201; an upload without a scan was a signature."""
    for answer, means in (("declined", "upload"), ("signed", "email_reply")):
        given = {"answer": answer, "means": means, "name": "Li Lei", "paper": PAPER}
        assert "paper" in fields(unsigned.desk.post(f"{unsigned.path}/signature", given))
    missing = {"answer": "signed", "means": "upload", "name": "Li Lei"}
    assert "paper" in fields(unsigned.desk.post(f"{unsigned.path}/signature", missing))
    assert unsigned.desk.get(unsigned.path).get_json()["confirmation"] == "requested"


def test_a_payment_is_recorded_once_for_its_reference(house):
    with house.transaction() as session:
        order = make_web_order(session, house.house, payment_status="none", paid=0)
    money = {"amount": "10.00", "currency": "CNY", "reference": "BANK-7"}
    cashier, path = person(house, "finance"), f"/orders/{order.number}/payments"
    assert cashier.post(path, money).get_json()["payment_status"] == "paid"
    assert cashier.post(path, money).get_json()["payment_status"] == "paid"
    assert house.rows("SELECT paid FROM orders") == [(10,)]
    assert "currency" in fields(cashier.post(path, money | {"currency": "USD", "reference": "BANK-8"}))
    assert "amount" in fields(cashier.post(path, money | {"amount": 10}))
    assert "amount" in fields(cashier.post(path, money | {"amount": "10.005", "reference": "BANK-8"}))
    assert house.desk.post(path, money).status_code == 403


def test_a_change_stops_the_order_until_another_person_decides(house):
    with house.transaction() as session:
        order = make_web_order(session, house.house, status="confirmed")
    asked = house.desk.post(
        f"/orders/{order.number}/changes", {"kind": "cancellation", "reason": "customer rang"}, key="c1"
    )
    assert asked.status_code == 202, asked.get_data(as_text=True)
    change = asked.get_json()
    assert [item["number"] for item in house.desk.items("/orders", held="true")] == [order.number]
    assert house.desk.post(f"/changes/{change['id']}/decide", {"decision": "approve"}).status_code == 403
    told = house.manager.post(f"/changes/{change['id']}/decide", {"decision": "approve"}).get_json()
    assert (told["status"], told["decided_by"]) == ("approved", house.manager.login)


def test_a_distributor_changes_its_own_orders_only(house):
    with house.transaction() as session:
        order = make_web_order(session, house.house, channel_id=make_channel(session).id)
    wish = {"kind": "cancellation", "reason": "too many"}
    assert distributor(house, house.channel("theirs")).post(f"/orders/{order.number}/changes", wish).status_code == 404
    own = distributor(house, order.channel_id)
    change = own.post(f"/orders/{order.number}/changes", wish).get_json()
    assert own.get(f"/changes/{change['id']}").get_json()["kind"] == "cancellation"
    assert "wanted" in fields(own.post(f"/orders/{order.number}/changes", {"kind": "update", "reason": "x"}))
