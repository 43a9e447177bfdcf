"""Tickets, returns and refunds on their pages; the customer's own pages without a login."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from connectors.carriage import TrackingEvent as Scan
from oms import db
from oms.aftersales import returns
from oms.shipping import tracking
from oms.verification import payments
from tests.factories.day import Day, make_day
from tests.factories.packed import handed_over, served_floor
from tests.web.site import post, token_in


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


def test_a_ticket_goes_from_opening_to_its_cause(site, day):
    desk, service = site.client("order_specialist"), site.client("customer_service")
    form = {"order": day.held.number, "kind": "question", "subject": "When?", "body": "Where is it?"}
    opened = post(desk, "/tickets/new", form, page="/tickets/new")
    url = opened.location.partition("?")[0]
    assert post(desk, f"{url}/pass-on", {"owner": ""}, page=url).status_code == 303
    due = (db_now(site) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    told = {"text": "Tomorrow.", "remedy": "We asked the carrier.", "remedy_due_at": due}
    assert post(service, f"{url}/contact", told, page=url).status_code == 303
    assert post(service, f"{url}/close", {"cause": "pick", "solution": "ok"}, page=url).status_code == 422
    closed = post(service, f"{url}/close", {"cause": "carrier", "solution": "It arrived."}, page=url)
    assert closed.status_code == 303, closed.get_data(as_text=True)
    assert "Carrier" in service.get(url).get_data(as_text=True)
    assert post(service, f"{url}/reopen", {"why": " "}, page=url).status_code == 422
    assert post(service, f"{url}/reopen", {"why": "It came to the neighbour."}, page=url).status_code == 303
    assert post(service, f"{url}/reopen", {"why": "once more"}, page=url).status_code == 409
    assert "Open again" not in service.get(url).get_data(as_text=True)
    assert post(service, f"{url}/close", {"cause": "carrier", "solution": "Fetched."}, page=url).status_code == 303


def db_now(site):
    with site.transaction() as session:
        return db.now(session)


def test_a_ticket_without_words_is_refused_beside_its_field(site):
    client = site.client("customer_service")
    answer = post(client, "/tickets/new", {"kind": "question", "subject": " ", "body": "x"}, page="/tickets")
    assert answer.status_code in (403, 422)
    desk = site.client("order_specialist")
    answer = post(desk, "/tickets/new", {"kind": "question", "subject": " ", "body": "x"}, page="/tickets/new")
    assert answer.status_code == 422
    assert 'id="h-subject"' in answer.get_data(as_text=True)


def test_a_return_goes_from_request_to_the_refund_that_finance_pays(site, day):
    service, floor = site.client("customer_service"), site.client("warehouse")
    inspector, finance = site.client("quality_inspector"), site.client("finance")
    url = f"/returns/{day.return_id}"
    [(line, sku)] = site.rows("SELECT order_line_id, sku_id FROM return_line WHERE return_id = :r", r=day.return_id)
    key = f"{line}.{sku}"
    assert post(service, f"{url}/decide", {"decision": "decline"}, page=url).status_code == 422
    assert post(service, f"{url}/decide", {"decision": "approve"}, page=url).status_code == 303
    assert post(floor, f"{url}/receive", {f"qty.{key}": "9"}, page=url).status_code == 422
    assert post(floor, f"{url}/receive", {f"qty.{key}": "1"}, page=url).status_code == 303
    assert "Count again" in floor.get(url).get_data(as_text=True)
    assert post(floor, f"{url}/receive", {f"qty.{key}": "1"}, page=url).status_code == 409
    assert post(floor, f"{url}/receive", {f"qty.{key}": "1", "again": "1"}, page=url).status_code == 303
    found = {f"restock.{key}": "1", f"scrap.{key}": "1", f"finding.{key}": "unopened"}
    assert post(inspector, f"{url}/inspect", found, page=url).status_code == 422
    assert post(inspector, f"{url}/inspect", found | {f"scrap.{key}": "0"}, page=url).status_code == 303
    [(refund, amount)] = site.rows("SELECT id, amount FROM refund")
    assert amount == 10
    assert post(finance, f"/refunds/{refund}/pay-out", {"reference": ""}, page="/refunds").status_code == 422
    assert post(finance, f"/refunds/{refund}/pay-out", {"reference": "BANK-7"}, page="/refunds").status_code == 303
    assert site.rows("SELECT data ->> 'reference' FROM history_entry WHERE event = 'status.succeeded'") == [("BANK-7",)]
    assert site.rows("SELECT status FROM refund") == [("succeeded",)]


def test_what_comes_after_its_return_ran_out_is_counted_for_the_line_that_the_desk_names(site, day):
    service, floor, url = site.client("customer_service"), site.client("warehouse"), f"/returns/{day.return_id}"
    [(line, sku)] = site.rows("SELECT order_line_id, sku_id FROM return_line WHERE return_id = :r", r=day.return_id)
    of_return = {"s": sku, "l": line, "r": day.return_id}
    [(other,)] = site.rows(
        "UPDATE order_line SET sku_id = :s WHERE id <> :l AND order_id = (SELECT order_id FROM return_request WHERE id = :r)"
        " RETURNING id", **of_return
    )  # fmt: skip
    site.rows(
        "INSERT INTO return_line (return_id, order_line_id, sku_id, qty, qty_received, qty_restocked, qty_scrapped)"
        " VALUES (:r, :o, :s, 1, 0, 0, 0) RETURNING 1", **of_return, o=other
    )  # fmt: skip
    assert post(service, f"{url}/decide", {"decision": "approve"}, page=url).status_code == 303
    with site.transaction() as session:
        returns.expire_due(session, now=db.now(session) + timedelta(days=60))
    assert "Received as counted" in floor.get(url).get_data(as_text=True)
    counted = {f"qty.{line}.{sku}": "0", f"qty.{other}.{sku}": "1"}
    assert post(floor, f"{url}/receive", counted, page=url).status_code == 303
    received = dict(
        site.rows("SELECT order_line_id, qty_received FROM return_line WHERE return_id = :r", r=day.return_id)
    )
    assert received == {line: 0, other: 1}


def test_a_refund_over_what_was_paid_is_refused_with_the_most_that_may_be(site, day):
    client, url = site.client("customer_service"), f"/orders/{day.shipped.order_id}"
    answer = post(client, f"{url}/refunds", {"refund_amount": "999", "reason": "sorry"}, page=url)
    assert answer.status_code == 422
    assert "at most" in answer.get_data(as_text=True)


def test_the_customer_reads_and_signs_once_without_a_login(site, day):
    client, url = site.app.test_client(), f"/sign/{day.token}"
    page = client.get(url)
    assert day.to_sign.number in page.get_data(as_text=True)
    assert post(client, url, {"answer": "signed", "name": ""}, page=url).status_code == 422
    thanks = post(client, url, {"answer": "signed", "name": "Li Lei"}, page=url)
    assert "Your signature has reached us" in thanks.get_data(as_text=True)
    assert site.rows("SELECT confirmation, status FROM orders WHERE id = :o", o=day.to_sign.id) == [
        ("accepted", "confirmed")
    ]
    assert 'value="declined"' not in client.get(url).get_data(as_text=True)


def test_who_opens_a_link_that_a_newer_one_replaced_is_told_so(site, day):
    """There was nothing here, it said, and led to the sign-in of the house."""
    desk, page = site.client("order_specialist"), f"/orders/{day.to_sign.number}"
    assert post(desk, f"{page}/signature/again", page=page).status_code == 303
    old = site.app.test_client().get(f"/sign/{day.token}", headers={"Accept-Language": "zh-CN"})
    assert old.status_code == 404
    assert "请使用我们最近一封邮件中的完整链接" in old.get_data(as_text=True)


def test_the_confirmation_is_in_the_orders_language_whatever_the_browser_says(site, day):
    with site.transaction() as session:
        session.merge(day.to_sign).language = "zh_Hans"
    page = site.app.test_client().get(f"/sign/{day.token}", headers={"Accept-Language": "en"})
    assert "订单确认书" in page.get_data(as_text=True)


@pytest.mark.parametrize(
    "url", ["/sign/nonsense", "/rate/0192f0c1-5a5a-7000-8000-000000000001.nonsense", "/rate/nonsense"]
)
def test_a_link_that_is_none_shows_nothing_but_what_to_do(site, url):
    answer = site.app.test_client().get(url)
    assert answer.status_code == 404
    assert "Use the link in our last message" in answer.get_data(as_text=True)
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_the_customer_scores_once(site, day):
    client, url = site.app.test_client(), f"/rate/{day.survey}"
    assert post(client, url, {}, page=url).status_code == 422
    assert "Thank you" in post(client, url, {"service": "5", "comment": "<b>"}, page=url).get_data(as_text=True)
    assert site.rows("SELECT service, goods FROM score") == [(5, None)]
    assert "Already answered" in client.get(url).get_data(as_text=True)


def test_the_customer_is_thanked_in_the_language_of_the_question(site, day):
    with site.transaction() as session:
        session.execute(text("UPDATE orders SET language = 'zh_Hans'"))
    client, url = site.app.test_client(), f"/rate/{day.survey}"
    spoken = {"Accept-Language": "en"}
    assert "您觉得怎么样" in client.get(url, headers=spoken).get_data(as_text=True)
    token = token_in(client.get(url))
    thanks = client.post(url, data={"service": "5", "csrf_token": token}, headers=spoken)
    assert "我们已收到您的回答" in thanks.get_data(as_text=True)


def test_a_second_refund_alike_is_another_one_and_a_form_sent_twice_is_one(site, day):
    client, url = site.client("customer_service"), f"/orders/{day.shipped.order_id}"
    forms = [re.findall(r'name="refund_key" value="([^"]+)"', client.get(url).get_data(as_text=True)) for _ in range(2)]
    answers = [
        post(
            client, f"{url}/refunds", {"refund_amount": "1.00", "reason": "sorry", "refund_key": key}, page=url
        ).status_code
        for key in (*forms[0], *forms[0], *forms[1])
    ]
    assert answers == [303, 409, 303]
    assert site.rows("SELECT count(*) FROM refund") == [(2,)]


def test_a_refund_is_asked_for_of_an_order_whose_sender_named_no_sum_that_was_paid(site, day):
    client, url = site.client("customer_service"), f"/orders/{day.shipped.order_id}"
    site.rows(
        "UPDATE orders SET paid = NULL WHERE id = :o AND payment_status = 'paid' RETURNING id", o=day.shipped.order_id
    )
    assert "Ask for a refund" in client.get(url).get_data(as_text=True)
    assert post(client, f"{url}/refunds", {"refund_amount": "1", "reason": "sorry"}, page=url).status_code == 303


def test_a_parcel_that_never_arrives_is_given_up_on_its_page_and_asked_about_by_a_ticket(site):
    with site.transaction() as session:
        now = db.now(session)
        parcel = handed_over(session, served_floor(session), now)
        scan = Scan(str(parcel.waybill_number), "lost", "LOST", now)
        tracking.record_events(session, carrier_id=parcel.carrier_id, events=[scan], way="poll", now=now)
        number, order_id = parcel.number, parcel.order_id
        url = f"/parcels/{parcel.id}"
    [(case,)] = site.rows("SELECT id FROM step WHERE kind = 'track_case'")
    clerk = site.client("shipping_clerk")
    settle = f"{url}/cases/{case}"
    assert post(clerk, settle, {"finding": " ", "undelivered_as": "lost"}, page=url).status_code == 422
    assert post(clerk, settle, {"finding": "x", "undelivered_as": "stolen"}, page=url).status_code == 422
    found = {"finding": "The hub burnt down.", "undelivered_as": "lost"}
    assert post(clerk, settle, found, page=url).status_code == 303
    assert "Lost: never arrives" in clerk.get(url).get_data(as_text=True)
    assert site.rows("SELECT status FROM orders WHERE id = :o", o=order_id) == [("fulfilled",)]
    [(ticket,)] = site.rows("SELECT id FROM ticket")
    asked = site.client("customer_service").get(f"/tickets/{ticket}").get_data(as_text=True)
    assert number in asked
    assert "The hub burnt down." in asked


def test_what_came_back_unpaid_stands_beside_the_sum_and_is_not_asked_for(site, day):
    ours = day.shipped.order_id
    site.rows(
        "UPDATE orders SET payment_terms = 'account', payment_status = 'none', paid = NULL WHERE id = :o RETURNING id",
        o=ours,
    )
    with site.transaction() as session:
        left = payments.owe_less(session, order_id=ours, worth=Decimal(5), actor="staff:x", now=db.now(session))
    [(total,)] = site.rows("SELECT total FROM orders WHERE id = :o", o=ours)
    page = site.client("finance").get(f"/orders/{ours}").get_data(as_text=True)
    assert left == 0
    assert "Came back or cancelled, unpaid" in page
    assert re.search(r'id="f-amount"[^>]*value="([^"]+)"', page)[1] == f"{total.normalize() - 5:f}"
