"""A picker's phone with a scanner that types, and the customer's own link."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_list_is_picked_by_a_scanner_that_types_wherever_the_focus_is(served, opened):
    day = served.day
    page = opened(f"/pick/{day.wave.number}", "warehouse", width=390)
    bins = []
    while page.locator(".pickcard .count").count():
        bins.append(page.locator(".pickcard .place").inner_text())
        sku = page.locator(".what .sku").inner_text()
        page.evaluate("document.activeElement.blur()")
        page.keyboard.type("NOT-THIS")
        page.keyboard.press("Enter")
        expect(page.locator("#verdict")).to_have_class("verdict wrong")
        page.keyboard.type(sku)
        page.keyboard.press("Enter")
        expect(page.locator("#verdict")).to_have_class("verdict right")
        assert page.evaluate("!document.querySelector('[data-scan]') || document.activeElement.id === 'scan'")
    assert len(bins) == 2
    expect(page.locator(".finished")).to_contain_text("The list is done")
    assert served.site.rows("SELECT status FROM fulfilment WHERE id = :f", f=day.to_pick.id) == [("picked",)]
    assert page.said == []


def test_a_scan_without_network_is_kept_and_counts_once_when_sent_again(served, opened):
    page = opened(f"/pick/{served.day.wave.number}", "warehouse", width=390)
    sku = page.locator(".what .sku").inner_text()
    page.context.set_offline(True)
    page.locator("#scan").fill(sku)
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_contain_text("No network")
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_have_class("verdict right")
    assert served.site.rows(
        "SELECT count(*) FROM scan WHERE accepted AND fulfilment_id = :f", f=served.day.to_pick.id
    ) == [(1,)]


def test_a_short_stop_is_two_taps(served, opened):
    page = opened(f"/pick/{served.day.wave.number}", "warehouse", width=390)
    page.locator("details.short summary").click()
    page.get_by_role("button", name="Not in the bin").click()
    expect(page.locator("#verdict")).to_contain_text("Noted as short")


def test_the_customer_signs_by_the_link_on_a_phone(served, opened):
    page = opened(f"/sign/{served.day.token}", width=390)
    assert Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).violations_count == 0
    page.fill("[name=name]", "Li Lei")
    page.get_by_role("button", name="Sign and order").click()
    expect(page.locator(".alert.good")).to_contain_text("Your signature has reached us")
    page.reload()
    assert page.get_by_role("button", name="Sign and order").count() == 0
    assert page.said == []


def test_the_working_pages_pass_the_accessibility_checks(served, opened):
    day, found = served.day, []
    pages = {
        "order_specialist": ("/orders", f"/orders/{day.held.number}", "/orders/enter", f"/holds/{day.review.id}"),
        "warehouse": (f"/pick/{day.wave.number}", f"/pack/{day.to_pack.number}", "/receive"),
    }
    for role, paths in pages.items():
        page = opened("/", role)
        for path in paths:
            page.goto(served.url + path)
            checked = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
            found += [f"{path}: {checked.generate_report()}"] if checked.violations_count else []
    assert found == []
