"""A specialist's day in the browser: an order by phone, a hold decided, the language switched."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Route, expect

from oms import db
from oms.catalog.models import Price
from tests.factories.orders import ADDRESS, make_channel, make_order

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(served):
    """A phone channel, and a price for the day's goods."""
    with served.site.transaction() as session:
        now = db.now(session) - timedelta(days=1)
        make_channel(session, name="phone", source="phone", way="phone", needs_signature=True, payment_terms="account")
        price = {"currency": "CNY", "list_price": Decimal("68.00"), "floor_price": Decimal("60.00"), "valid_from": now}
        session.add(Price(sku_id=served.day.floor.skus[0].id, **price))


def test_an_order_is_entered_while_the_customer_speaks(served, phone, opened):
    page, code = opened("/orders/enter", "order_specialist"), served.day.floor.skus[0].code
    page.select_option("[name=channel]", "phone")
    page.fill("[name=goods]", code[:6])
    page.locator("#found button", has_text="Add").first.wait_for()
    page.locator(f"button[value='add:{code}']").click()
    expect(page.locator("#readback .sum")).to_contain_text("68.00")
    page.fill("[name='lines.0.qty']", "3")
    page.keyboard.press("Tab")
    expect(page.locator("#readback .sum")).to_contain_text("204.00")
    fields = {"customer.name": "Li Lei", "customer.phone": "13800138001", "customer.email": "li@customer.example"}
    address = {"ship_to.lines": "科苑路15号", "ship_to.city": "深圳市", "ship_to.region": "广东省"}
    for name, value in (fields | address | {"ship_to.name": "Li Lei"}).items():
        page.fill(f"[name='{name}']", value)
    expect(page.locator("#readback .aloud")).to_contain_text("深圳市")
    page.locator("#readback button", has_text="Save the order").click()
    expect(page.locator(".saved .place")).to_contain_text("SO-")
    assert served.site.rows("SELECT total FROM orders WHERE entered_by LIKE 'order_specialist%'") == [
        (Decimal("204.00"),)
    ]
    assert page.said == []


def _held(page) -> list[Route]:
    """What the form sends waits until the test lets it go."""
    waiting: list[Route] = []

    def wait(route: Route) -> None:
        waiting.append(route)

    page.route("**/orders/enter", wait)
    return waiting


def test_what_is_typed_while_the_sum_is_worked_out_stays(served, phone, opened):
    """The answer drew the lines anew, as they had been when it was asked for."""
    page, code = opened("/orders/enter", "order_specialist"), served.day.floor.skus[0].code
    page.select_option("[name=channel]", "phone")
    page.wait_for_load_state("networkidle")
    waiting = _held(page)
    page.fill("[name='lines.0.sku']", code)
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    page.wait_for_timeout(200)
    waiting.pop(0).continue_()
    expect(page.locator("#lines")).to_contain_text("free")
    page.keyboard.type("2")
    expect(page.locator("[name='lines.0.qty']")).to_have_value("12")


def test_goods_that_are_added_one_right_after_the_other_are_both_there(served, phone, opened):
    """The first answer was thrown away, for the second had been asked for without what the first added."""
    page, code = opened("/orders/enter", "order_specialist"), served.day.floor.skus[0].code
    page.select_option("[name=channel]", "phone")
    page.fill("[name=goods]", code)
    page.locator(f"button[value='add:{code}']").wait_for()
    page.wait_for_load_state("networkidle")
    waiting = _held(page)
    for _ in range(2):
        page.locator(f"button[value='add:{code}']").click()
    for _ in range(20):  # the second is sent when the first has been answered
        page.wait_for_timeout(150)
        while waiting:
            waiting.pop(0).continue_()
    expect(page.locator("[name='lines.0.qty']")).to_have_value("2")


def test_a_hold_is_decided_from_the_queue(served, opened):
    page = opened("/holds", "order_specialist")
    page.get_by_role("link", name="Decide").first.click()
    page.fill("[name=reason]", "asked the customer")
    page.get_by_role("button", name="Pass to manager").click()
    expect(page.locator(".alert.good")).to_contain_text("Passed on")
    kinds = served.site.rows("SELECT kind FROM step WHERE order_id = :o AND state = 'open'", o=served.day.held.id)
    assert kinds == [("final_review",)]
    assert page.said == []


def test_the_language_is_switched_and_stays(served, opened):
    page = opened("/orders", "order_manager")
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("h1")).to_have_text("订单")
    page.goto(f"{served.url}/holds")
    expect(page.locator("h1")).to_have_text("挂起")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"


PAGES = (
    ("order_manager", ("/orders", "/orders/{d.held.number}", "/holds", "/kpi", "/settings", "/waves", "/messages")),
    ("order_specialist", ("/orders/enter", "/holds/{d.review.id}", "/orders/{d.to_sign.number}/change")),
    ("customer_service", ("/tickets/{d.ticket_id}", "/returns/{d.return_id}", "/refunds")),
    ("warehouse", ("/pick", "/pick/{d.wave.number}", "/pack/{d.to_pack.number}", "/hand-over", "/receive")),
)


#: Rows of tables with columns whose cells stand under other headings, since one of them is not shown.
SHIFTED = """
    [...document.querySelectorAll('table:not(.stack) tbody tr')]
        .map(row => [...row.cells].filter(cell => getComputedStyle(cell).display == 'none').length)
        .reduce((sum, hidden) => sum + hidden, 0)
"""


def test_no_page_is_wider_than_a_phone_and_no_script_is_refused(served, opened):
    wide, shifted = [], []
    for role, pages in PAGES:
        page = opened("/", role, width=390)
        for path in pages:
            page.goto(served.url + path.format(d=served.day))
            wide += [path] if page.evaluate("document.documentElement.scrollWidth") > 390 else []
            shifted += [path] if page.evaluate(SHIFTED) else []
        assert page.said == []
    assert (wide, shifted) == ([], [])


@pytest.mark.parametrize("width", [390, 1280])
def test_what_was_sent_may_be_of_any_length_and_hides_nothing(served, opened, width):
    long = "W" * 30_000
    with served.site.transaction() as session:
        contact = {"name": long, "phone": "9" * 120_000, "email": long}
        sku_id = served.day.floor.skus[0].id
        order = make_order(
            session, lines=[{"sku_id": sku_id, "name": long, "qty": 2}], channel_order_number=long, contact=contact,
            ship_to=ADDRESS | {"name": long, "lines": [long], "city": long}, buyer_message=long,
        )  # fmt: skip
        number = order.number
    for path in (f"/orders/{number}", "/orders"):
        page = opened(path, "order_specialist", "order_manager", width=width)
        expect(page.get_by_text(number).first).to_be_visible()
        size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size[0] <= width, (path, size)
        assert size[1] < 12_000, (path, size)
        widest = page.evaluate("Math.max(...[...document.querySelectorAll('td')].map(e => e.scrollWidth))")
        assert widest <= 1280, (path, widest)
