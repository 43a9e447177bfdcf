"""The desk's pages: entering an order, the hold queue, changes, payments, signatures, messages, settings."""

from __future__ import annotations

import io
from decimal import Decimal
from time import process_time

import pytest

from oms import db
from oms.catalog.models import Price
from oms.intake.models import InboundMessage
from oms.journey import steps
from oms.journey.steps import NewStep
from oms.orders.models import ChangeRequest
from tests.factories.day import Day, make_day
from tests.factories.orders import make_channel
from tests.web.site import post

NEW = {
    "channel": "phone",
    "customer.name": "李雷",
    "customer.phone": "13800138001",
    "customer.email": "li@customer.example",
    "ship_to.name": "李雷",
    "ship_to.lines": "科苑路15号",
    "ship_to.district": "南山区",
    "ship_to.city": "深圳市",
    "ship_to.region": "广东省",
    "ship_to.country": "CN",
    "lines.0.qty": "2",
    "lines.0.unit_price": "",
    "entry_id": "form-1",
}


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        now = db.now(session)
        made = make_day(session, now)
        make_channel(session, name="phone", source="phone", way="phone", needs_signature=True, payment_terms="account")
        price = {"currency": "CNY", "list_price": Decimal("68.00"), "floor_price": Decimal("60.00"), "valid_from": now}
        session.add(Price(sku_id=made.floor.skus[0].id, **price))
        return made


def test_an_order_is_checked_and_saved_by_plain_buttons_and_a_second_save_is_the_same_order(site, day):
    client = site.client("order_specialist")
    form = NEW | {"lines.0.sku": day.floor.skus[0].code}
    checked = post(client, "/orders/enter", form | {"do": "check"}, page="/orders/enter").get_data(as_text=True)
    assert "136.00" in checked
    assert "is with you by" in checked
    first, again = (post(client, "/orders/enter", form | {"do": "save"}, page="/orders/enter") for _ in range(2))
    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    assert site.rows("SELECT total, status FROM orders WHERE channel_order_id LIKE '%' AND entered_by <> 'system'")
    saved = client.get(first.location).get_data(as_text=True)
    assert "Tell the customer this number" in saved


def test_what_is_wrong_in_the_form_is_said_beside_its_field_and_nothing_is_lost(site, day):
    client = site.client("order_specialist")
    form = NEW | {"lines.0.sku": day.floor.skus[0].code, "lines.0.qty": "two", "do": "save"}
    answer = post(client, "/orders/enter", form, page="/orders/enter")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "lines.0.qty" in page
    assert 'value="two"' in page
    assert "科苑路15号" in page


@pytest.mark.parametrize("field", ["lines.0.qty", "lines.0.unit_price"])
@pytest.mark.parametrize("number", ["1e999990", "1e9999999", "9e999999999999", "NaN", "9" * 60])
def test_a_number_that_takes_minutes_to_write_out_is_no_number(site, day, field, number):
    client = site.client("order_specialist")
    form = NEW | {"lines.0.sku": day.floor.skus[0].code, field: number}
    began = process_time()
    assert post(client, "/orders/enter", form | {"do": "check"}, page="/orders/enter").status_code == 200
    answer = post(client, "/orders/enter", form | {"do": "save"}, page="/orders/enter")
    assert (answer.status_code, field in answer.get_data(as_text=True)) == (422, True)
    assert process_time() - began < 3


def test_pasted_words_fill_the_form_with_where_they_were_read(site, day):
    client, code = site.client("order_specialist"), day.floor.skus[0].code
    words = f"李雷 13800138001 广东省深圳市南山区科苑路15号 {code} 2件"
    page = post(client, "/orders/enter", {"channel": "phone", "paste": words, "do": "paste"}, page="/orders/enter")
    text = page.get_data(as_text=True)
    assert f'value="{code}"' in text
    assert "深圳市" in text
    assert "% · „" in text


@pytest.mark.parametrize(("price", "kept"), [("¥12.50", True), ("€12.50", False), ("$12.50", False), ("12.50", True)])
def test_a_pasted_price_in_another_currency_is_asked_for_anew(site, day, price, kept):
    client, code = site.client("order_specialist"), day.floor.skus[0].code
    words = f"李雷 13800138001 广东省深圳市南山区科苑路15号\n2 x {code} @ {price}"
    page = post(client, "/orders/enter", {"channel": "phone", "paste": words, "do": "paste"}, page="/orders/enter")
    text = page.get_data(as_text=True)
    assert f'value="{code}"' in text
    assert ('value="12.50"' in text, "Not said in CNY: enter the price in it." in text) == (kept, not kept)


def test_a_customer_is_found_by_the_whole_phone_number_only(site, day):
    client = site.client("order_specialist")
    form = NEW | {"lines.0.sku": day.floor.skus[0].code, "do": "save"}
    post(client, "/orders/enter", form, page="/orders/enter")
    found = post(client, "/orders/enter", {"channel": "phone", "find": "13800138001", "do": "find"}, page="/orders")
    part = post(client, "/orders/enter", {"channel": "phone", "find": "138001", "do": "find"}, page="/orders")
    assert "use:CU-" in found.get_data(as_text=True)
    assert "use:CU-" not in part.get_data(as_text=True)


def test_a_known_customer_is_taken_into_the_form_by_whoever_may_read_private_data(site, day):
    form = NEW | {"lines.0.sku": day.floor.skus[0].code, "do": "save"}
    post(site.client("order_specialist", login="li"), "/orders/enter", form, page="/orders/enter")
    [[number]] = site.rows(
        "SELECT c.number FROM customer c JOIN orders o ON o.customer_id = c.id WHERE o.entered_by = 'li'"
    )
    use, shown = {"channel": "phone", "do": f"use:{number}"}, {}
    for role in ("order_specialist", "sales_rep"):
        shown[role] = post(site.client(role), "/orders/enter", use, page="/orders/enter").get_data(as_text=True)
        assert number in shown[role]
    private = ("李雷", "13800138001", "li@customer.example", "科苑路15号")
    assert all(text in shown["order_specialist"] for text in private[:3])
    # The empty form has an example of its own in the place where words are pasted.
    values = shown["sales_rep"].replace("李雷 13800138001 广东省深圳市南山区科苑路15号", "")
    assert [text for text in private if text in values] == []


def test_a_distributor_finds_no_customer_of_the_house(site, day):
    form = NEW | {"lines.0.sku": day.floor.skus[0].code, "do": "save"}
    post(site.client("order_specialist", login="li"), "/orders/enter", form, page="/orders/enter")
    [[number]] = site.rows(
        "SELECT c.number FROM customer c JOIN orders o ON o.customer_id = c.id WHERE o.entered_by = 'li'"
    )
    client, key = site.app.test_client(), site.key("distributor")
    for form in ({"find": number, "do": "find"}, {"do": f"use:{number}"}):
        answer = client.post("/orders/enter", data={"channel": "phone"} | form, headers=key)
        assert answer.status_code == 200
        assert "use:CU-" not in answer.get_data(as_text=True)
        assert "li@customer.example" not in answer.get_data(as_text=True)


def test_a_held_order_is_amended_and_verified_anew(site, day):
    client, url = site.client("order_specialist"), f"/holds/{day.review.id}"
    form = {"token": day.review.token, "reason": "meant the cup", "lines.0.sku": day.floor.skus[0].code}
    answer = post(client, url, form | {"decision": "amend"}, page=url)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert site.rows("SELECT kind FROM step WHERE order_id = :o AND state = 'open'", o=day.held.id) == [("verify",)]


def test_a_decision_without_its_reason_is_refused_on_the_page(site, day):
    client, url = site.client("order_specialist"), f"/holds/{day.review.id}"
    answer = post(client, url, {"token": day.review.token, "decision": "escalate"}, page=url)
    assert answer.status_code == 422
    assert "say why" in answer.get_data(as_text=True)


def test_a_stale_form_decides_nothing(site, day):
    client, url = site.client("order_specialist"), f"/holds/{day.review.id}"
    answer = post(client, url, {"token": day.review.token + 7, "decision": "escalate", "reason": "x"}, page=url)
    assert answer.status_code == 409
    assert site.rows("SELECT state FROM step WHERE id = :id", id=day.review.id) == [("open",)]


def test_a_cancellation_is_asked_by_one_and_decided_by_another(site, day):
    number = day.to_sign.number
    desk, manager = site.client("order_specialist"), site.client("order_manager")
    asked = post(desk, f"/orders/{number}/cancel", {"reason": "changed their mind"}, page=f"/orders/{number}")
    assert asked.status_code == 303, asked.get_data(as_text=True)
    [(change_id,)] = site.rows("SELECT id FROM change_request")
    url = f"/orders/{number}/changes/{change_id}"
    assert post(manager, url, {"decision": "approve"}, page=f"/orders/{number}").status_code == 303
    assert site.rows("SELECT status FROM change_request") == [("approved",)]


def test_who_decides_about_a_change_that_came_in_is_led_to_its_words(site, day):
    number = day.to_sign.number
    post(site.client("order_specialist"), f"/orders/{number}/cancel", {"reason": "changed"}, page=f"/orders/{number}")
    manager, words = site.client("order_manager"), "Read what came in"
    assert words not in manager.get(f"/orders/{number}").get_data(as_text=True)
    with site.transaction() as session:
        [request] = session.query(ChangeRequest).all()
        request.message_id = message_id = session.query(InboundMessage).first().id
    page = manager.get(f"/orders/{number}").get_data(as_text=True)
    assert words in page
    assert f'href="/messages/{message_id}"' in page
    assert manager.get(f"/messages/{message_id}").status_code == 200


def test_a_change_names_only_what_was_typed(site, day):
    client, url = site.client("order_specialist"), f"/orders/{day.to_sign.number}/change"
    form = {"reason": "moved", "ship_to.city": "广州市", "lines.0.qty": "2", "lines.0.sku": ""}
    assert post(client, url, form, page=url).status_code == 303
    nothing = post(client, url, {"reason": "x"}, page=url)
    assert nothing.status_code in (409, 422)


def test_finance_records_a_payment_once_by_its_reference(site, day):
    client, url = site.client("finance"), f"/orders/{day.to_sign.number}"
    for _ in range(2):
        answer = post(client, f"{url}/payments", {"amount": "5,00", "reference": "BANK-7"}, page=url)
        assert answer.status_code == 303, answer.get_data(as_text=True)
    assert site.rows("SELECT paid FROM orders WHERE id = :o", o=day.to_sign.id) == [(Decimal("5.00"),)]


@pytest.mark.parametrize("amount", ["1,000", "10.005", "0", "1,000.00"])
def test_a_payment_that_may_be_read_in_two_ways_or_is_too_fine_is_refused(site, day, amount):
    client, url = site.client("finance"), f"/orders/{day.to_sign.number}"
    answer = post(client, f"{url}/payments", {"amount": amount, "reference": "BANK-7"}, page=url)
    assert answer.status_code == 422
    assert site.rows("SELECT count(*) FROM history_entry WHERE event = 'payment.recorded'") == [(0,)]


def test_a_signed_copy_counts_as_the_signature_and_other_files_do_not(site, day):
    client, url = site.client("order_specialist"), f"/orders/{day.to_sign.number}"
    page = client.get(url).get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]

    def send(content: bytes):
        data = {"csrf_token": token, "name": "Li Lei", "paper": (io.BytesIO(content), "scan.pdf")}
        return client.post(f"{url}/signature", data=data, content_type="multipart/form-data")

    assert send(b"<html>not a paper</html>").status_code == 422
    assert send(b"%PDF-1.7 signed").status_code == 303
    assert site.rows("SELECT confirmation FROM orders WHERE id = :o", o=day.to_sign.id) == [("accepted",)]


def test_the_text_of_a_message_is_shown_for_a_reason_and_as_text(site, day):
    client, url = site.client("order_specialist"), f"/messages/{day.message_id}"
    assert post(client, f"{url}/text", {"reason": ""}, page=url).status_code == 422
    shown = post(client, f"{url}/text", {"reason": "what came?"}, page=url).get_data(as_text=True)
    assert "&lt;script&gt;" in shown


def test_a_business_number_is_set_with_its_reason_and_keeps_its_history(site):
    client, url = site.client("order_manager"), "/settings/wave.max_orders"
    assert post(client, url, {"value": "many", "why": "x"}, page=url).status_code == 422
    assert post(client, url, {"value": "30", "why": ""}, page=url).status_code == 422
    assert post(client, url, {"value": "30", "why": "smaller carts"}, page=url).status_code == 303
    page = client.get(url).get_data(as_text=True)
    assert "smaller carts" in page
    assert ">30<" in page.replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("typed", ["²", "--5", "-", "1e5", "9" * 13])
def test_what_is_no_whole_number_is_refused_beside_its_field(site, typed):
    answer = post(site.client("order_manager"), "/settings/clock.entry", {"value": typed, "why": "x"}, page="/settings")
    assert (answer.status_code, "Give a whole number." in answer.get_data(as_text=True)) == (422, True)


def test_a_month_before_all_orders_is_refused(site):
    assert site.client("order_manager").get("/kpi/0001-01").status_code == 422
    assert site.client("order_manager").get("/kpi/2000-01").status_code == 200


def test_the_order_of_a_sample_leads_to_its_check(site, day):
    with site.transaction() as session:
        new = [NewStep("sample_review", day.to_sign.id, order_id=day.to_sign.id)]
        steps.open_steps(session, new, now=db.now(session))
    page = site.client("order_manager").get(f"/orders/{day.to_sign.number}").get_data(as_text=True)
    assert f'href="/samples/{day.to_sign.id}"' in page


def test_a_form_that_comes_again_with_other_goods_is_told_which_order_it_made(site, day):
    client = site.client("order_specialist")
    form = NEW | {"lines.0.sku": day.floor.skus[0].code, "do": "save"}
    saved = post(client, "/orders/enter", form, page="/orders/enter").location.partition("?")[0]
    again = post(client, "/orders/enter", form | {"lines.0.qty": "3"}, page="/orders/enter")
    assert (again.status_code, saved.rpartition("/")[2] in again.get_data(as_text=True)) == (409, True)
    assert 'value="3"' in again.get_data(as_text=True)
    assert site.rows("SELECT count(*) FROM inbound_message WHERE way = 'page'") == [(1,)]


@pytest.mark.parametrize(("field", "typed"), [("lines.0.qty", "1,000"), ("lines.0.unit_price", "1,200")])
def test_a_quantity_or_price_that_may_be_read_in_two_ways_is_asked_about(site, day, field, typed):
    client = site.client("order_specialist", login="li")
    form = NEW | {"lines.0.sku": day.floor.skus[0].code, field: typed, "do": "save"}
    answer = post(client, "/orders/enter", form, page="/orders/enter")
    assert (answer.status_code, "write it without a comma" in answer.get_data(as_text=True)) == (422, True)
    assert site.rows("SELECT count(*) FROM orders WHERE entered_by = 'li'") == [(0,)]


def test_a_business_number_that_may_be_read_in_two_ways_is_asked_about(site):
    client, url = site.client("order_manager"), "/settings/refund.approval_value"
    answer = post(client, url, {"value": "1,000", "why": "x"}, page=url)
    assert (answer.status_code, "write it without a comma" in answer.get_data(as_text=True)) == (422, True)
    assert site.rows("SELECT count(*) FROM policy_value") == [(0,)]
    assert post(client, url, {"value": "999,50", "why": "x"}, page=url).status_code == 303
    assert site.rows("SELECT value FROM policy_value") == [("999.50",)]


def test_a_change_that_drops_every_line_is_a_cancellation(site, day):
    client, url = site.client("order_specialist"), f"/orders/{day.to_sign.number}/change"
    answer = post(client, url, {"reason": "wants nothing", "lines.0.cancelled": "1"}, page=url)
    assert (answer.status_code, "request the cancellation instead" in answer.get_data(as_text=True)) == (422, True)
    assert site.rows("SELECT count(*) FROM change_request") == [(0,)]
