"""What was typed, ticked and chosen stays in a form that was refused: what is sent again must be what was meant."""

from __future__ import annotations

import re

import pytest

from oms import db
from tests.factories.day import Day, make_day
from tests.web.site import post


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


def ticked(page: str) -> set[str]:
    """The names of the boxes that are ticked."""
    boxes = re.findall(r'<input type="checkbox"[^>]*>', page)
    return {re.search(r'name="([^"]+)"', box)[1] for box in boxes if " checked" in box}


def test_goods_that_are_to_be_kept_unpaid_stay_so_when_the_inspection_is_refused(site, day):
    """A count that did not add up took the tick away, and who sent the form again paid the customer back."""
    service, inspector = site.client("customer_service", "warehouse"), site.client("quality_inspector")
    url = f"/returns/{day.return_id}"
    [(line, sku)] = site.rows("SELECT order_line_id, sku_id FROM return_line WHERE return_id = :r", r=day.return_id)
    key = f"{line}.{sku}"
    assert post(service, f"{url}/decide", {"decision": "approve"}, page=url).status_code == 303
    assert post(service, f"{url}/receive", {f"qty.{key}": "1"}, page=url).status_code == 303
    found = {f"restock.{key}": "1", f"scrap.{key}": "1", f"finding.{key}": "worn", f"keep.{key}": "1"}
    refused = post(inspector, f"{url}/inspect", found, page=url)
    assert refused.status_code == 422
    assert ticked(refused.get_data(as_text=True)) == {f"keep.{key}"}
    assert ticked(inspector.get(url).get_data(as_text=True)) == set()


def test_a_serious_ticket_stays_serious_and_keeps_its_lines(site, day):
    [(number, line)] = site.rows(
        "SELECT o.number, l.id FROM orders o JOIN order_line l ON l.order_id = o.id WHERE o.id = :o LIMIT 1",
        o=day.shipped.order_id,
    )
    desk, page = site.client("order_specialist"), f"/tickets/new?order={number}"
    form = {"order": number, "line": str(line), "kind": "complaint", "subject": " ", "body": "Broken.", "serious": "1"}
    refused = post(desk, "/tickets/new", form, page=page)
    assert refused.status_code == 422
    assert ticked(refused.get_data(as_text=True)) == {"line", "serious"}


def test_a_note_of_what_the_customer_said_does_not_become_our_own(site, day):
    desk, url = site.client("customer_service"), f"/tickets/{day.ticket_id}"
    refused = post(desk, f"{url}/notes", {"note": " ", "direction": "in"}, page=url)
    assert refused.status_code == 422
    assert '<option value="in" selected>' in refused.get_data(as_text=True)


def test_an_amendment_that_was_refused_is_still_an_error_of_the_entry(site, day):
    client, url = site.client("order_specialist"), f"/holds/{day.review.id}"
    form = {"decision": "amend", "token": "0", "entry_error": "1", "lines.0.qty": "two"}
    refused = post(client, url, form, page=url)
    assert refused.status_code in (409, 422)
    assert "entry_error" in ticked(refused.get_data(as_text=True))


def test_a_refund_over_what_was_paid_keeps_its_amount_and_its_reason(site, day):
    [(number,)] = site.rows("SELECT number FROM orders WHERE id = :o", o=day.shipped.order_id)
    client, url = site.client("customer_service"), f"/orders/{number}"
    answer = post(client, f"{url}/refunds", {"refund_amount": "999", "reason": "came late"}, page=url)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert page.count('value="999"') == 1
    assert page.count("came late") == 1  # the form that cancels the order has a field of that name too


def test_a_mistyped_order_number_costs_nobody_what_the_customer_said(site, day):
    desk = site.client("customer_service", "order_specialist", language="zh_Hans")
    form = {"order": "SO-2222-2222-2", "kind": "complaint", "subject": "碎了", "body": "三个杯子都碎了", "serious": "1"}
    refused = post(desk, "/tickets/new", form, page="/tickets/new")
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert 'id="h-order"' in page
    assert "没有此编号的订单" in page
    for typed in ("SO-2222-2222-2", "碎了", "三个杯子都碎了"):
        assert typed in page
    assert ticked(page) == {"serious"}
    assert site.rows("SELECT count(*) FROM ticket") == [(1,)]
    asked = desk.get("/returns/new?order=SO-2222-2222-2")
    assert asked.status_code == 404
    assert "没有此编号的订单" in asked.get_data(as_text=True)
    assert 'value="SO-2222-2222-2"' in asked.get_data(as_text=True)


def test_changes_that_were_typed_are_not_lost_by_approving(site, day):
    """The order went on as it had come: who approves carries out no amendment, and the form said nothing of it."""
    client, url = site.client("order_manager", "order_specialist"), f"/holds/{day.review.id}"
    form = {"token": day.review.token, "decision": "approve", "reason": "fine", "ship_to.city": "广州市"}
    refused = post(client, url, form, page=url)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "You have typed changes" in page
    assert 'value="广州市"' in page
    assert site.rows("SELECT state FROM step WHERE id = :id", id=day.review.id) == [("open",)]
    shown = {f"lines.0.{part}": value for part, value in (("sku", "NO-SUCH"), ("qty", "1"), ("unit_price", ""))}
    as_it_is = post(client, url, form | shown | {"ship_to.city": ""}, page=url)
    assert "You have typed changes" not in as_it_is.get_data(as_text=True)
