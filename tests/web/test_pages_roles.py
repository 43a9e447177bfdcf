"""Every page for every role in both languages: open to those who hold its right, shut to the rest, never broken."""

from __future__ import annotations

import pytest

from oms import db
from oms.accounts.rights import ROLES, may
from tests.factories.day import HOSTILE, Day, make_day

#: Page -> the right that it needs.
PAGES = {
    "/orders": "order.read",
    "/orders?status=verifying&held=yes&q=TEA": "order.read",
    "/orders/{day.held.number}": "order.read",
    "/orders/{day.to_sign.number}?full=1": "order.read",
    "/orders/{day.to_sign.number}/change": "order.change",
    "/orders/enter": "order.enter",
    "/orders/enter/goods?q=SKU": "order.enter",
    "/orders/enter/saved/{day.to_sign.number}": "order.enter",
    "/holds": "hold.read",
    "/holds/{day.review.id}": "hold.read",
    "/messages": "message.read",
    "/messages/{day.message_id}": "message.read",
    "/tickets": "ticket.read",
    "/tickets/new?order={day.held.number}": "ticket.open",
    "/tickets/{day.ticket_id}": "ticket.read",
    "/returns": "return.read",
    "/returns/new?order={day.held.number}": "return.request",
    "/returns/{day.return_id}": "return.read",
    "/refunds": "refund.read",
    "/waves": "wave.read",
    "/waves/{day.wave.number}": "wave.read",
    "/pick": "pick",
    "/pick/{day.wave.number}": "pick",
    "/pack": "pack",
    "/pack/{day.to_pack.number}": "pack",
    "/parcels/{day.parcel.number}": "parcel.read",
    "/hand-over": "hand_over",
    "/hand-over/{day.parcel.hand_over_list_id}": "hand_over",
    "/receive": "stock.change",
    "/put-back": "put_back",
    "/put-back/{day.to_pick.number}": "put_back",
    "/kpi/2026-10": "kpi.read",
    "/kpi/2026-10/on_time": "kpi.read",
    "/settings": "settings.read",
    "/settings/clock.held_order": "settings.read",
    "/worklist": "worklist.read",
}


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_opens_for_its_roles_only_and_shows_hostile_text_as_text(site, day, language):
    client, wrong = site.app.test_client(), []
    for role in ROLES:
        headers = site.key(role) | {"Accept-Language": language}
        for page, right in PAGES.items():
            answer = client.get(page.format(day=day), headers=headers)
            wanted = {200, 302} if may([role], right) else {403}
            if role == "distributor" and wanted != {403}:
                wanted = {200, 404}  # other people's orders are not there for it
            if answer.status_code not in wanted:
                wrong.append(f"{role} {page}: {answer.status_code}")
            if HOSTILE.encode() in answer.data:
                wrong.append(f"{role} {page}: hostile text came through")
    assert wrong == []


def test_a_page_speaks_the_language_that_was_asked_for(site, day):
    headers = site.key("order_manager")
    client, url = site.app.test_client(), f"/orders/{day.held.number}"
    english = client.get(url, headers=headers | {"Accept-Language": "en"}).get_data(as_text=True)
    chinese = client.get(url, headers=headers | {"Accept-Language": "zh-CN"}).get_data(as_text=True)
    assert "Findings to review" in english
    assert "待审单" in chinese
    assert 'lang="zh-Hans"' in chinese


def test_private_data_is_masked_until_a_reason_is_given_and_history_keeps_it(site, day):
    client = site.client("order_specialist")
    url = f"/orders/{day.to_sign.number}"
    assert b"li.lei@example.com" not in client.get(url).data
    from_page = client.get(url)
    token = _token(from_page)
    assert client.post(f"{url}/unmask", data={"csrf_token": token, "reason": ""}).status_code == 422
    answer = client.post(f"{url}/unmask", data={"csrf_token": token, "reason": "customer on the phone"})
    assert b"li.lei@example.com" in answer.data
    noted = site.rows("SELECT cause FROM history_entry WHERE event = 'private.read'")
    assert noted == [("customer on the phone",)]


def _token(page) -> str:
    return page.get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
