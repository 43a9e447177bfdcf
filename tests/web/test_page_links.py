"""The links of a page lead on: after it refused something, and after it told what was done."""

from __future__ import annotations

import html
import re

import pytest

from oms import db
from tests.factories.day import Day, make_day
from tests.web.site import post

_LINK = re.compile(r'href="(/[^"#]*)')


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


def links(page) -> set[str]:
    return {html.unescape(link) for link in _LINK.findall(page.get_data(as_text=True))}


def test_the_links_of_a_page_lead_on_after_it_refused_something(site, day):
    client = site.client("shipping_clerk")
    refused = post(client, "/hand-over/scan", {"code": "W-NONE"}, page="/hand-over")
    assert refused.status_code == 409
    assert "/hand-over?status=open" in links(refused)
    service, order = site.client("customer_service"), f"/orders/{day.shipped.order_id}"
    refused = post(service, f"{order}/refunds", {"refund_amount": "999", "reason": "x"}, page=order)
    assert refused.status_code == 422
    [story] = [link for link in links(refused) if "full=1" in link]
    assert service.get(story).status_code == 200


def test_what_was_done_is_told_once(site, day):
    client = site.client("finance")
    page = client.get("/refunds?said=refund_paid")
    assert "Paid out; the customer is told." in page.get_data(as_text=True)
    assert {link for link in links(page) if "said=" in link} == set()


def test_finance_is_led_from_its_worklist_to_where_a_refund_is_paid_out(site, day):
    """The order's page, to which it led, pays nothing out."""
    [(number,)] = site.rows("SELECT number FROM orders WHERE id = :o", o=day.shipped.order_id)
    form = {"refund_amount": "1", "reason": "late"}
    post(site.client("customer_service"), f"/orders/{number}/refunds", form, page=f"/orders/{number}")
    finance = site.client("finance")
    [(refund,)] = site.rows("SELECT id FROM refund")
    assert f"/refunds/{refund}" in links(finance.get("/worklist?kind=refund"))
    page = finance.get(f"/refunds/{refund}")
    assert f'action="/refunds/{refund}/pay-out"' in page.get_data(as_text=True)
    assert finance.get("/refunds/00000000-0000-0000-0000-000000000000").status_code == 404


def test_who_approves_large_refunds_has_a_way_to_them(site, day):
    for role in ("order_manager", "general_manager", "finance"):
        assert "/refunds" in links(site.client(role).get("/")), role
    assert "/refunds" not in links(site.client("warehouse").get("/"))
