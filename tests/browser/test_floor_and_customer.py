"""A picker's phone with a scanner that types, and the customer's own link."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Served

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


def _typed(page: Page, code: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def _held(page: Page) -> Callable[[], None]:
    """No scan is answered until the function that this gives is called, however long a scanner types on meanwhile."""
    held: list[Route] = []
    answered = False

    def ask(route: Route) -> None:
        if answered:
            route.continue_()
        else:
            held.append(route)

    def answer() -> None:
        nonlocal answered
        for _ in range(500):
            if held:
                break
            page.wait_for_timeout(20)
        page.wait_for_timeout(100)  # another would be here by then
        assert len(held) == 1, "one scan is judged at a time"
        answered = True
        held[0].continue_()

    page.route("**/pick/*/scan", ask)
    return answer


def _codes(served: Served) -> list[str]:
    """What is to be scanned, one piece at each stop of the list."""
    found = served.site.rows(
        "SELECT s.code FROM pick_task t JOIN sku s ON s.id = t.sku_id WHERE t.wave_id = :w AND t.qty = 1 ORDER BY t.stop",
        w=served.day.wave.id,
    )
    assert len(found) == 2
    return [row[0] for row in found]


def _counted(served: Served) -> list[tuple[bool, int]]:
    statement = "SELECT accepted, count(*) FROM scan WHERE fulfilment_id = :f GROUP BY 1 ORDER BY 1"
    return served.site.rows(statement, f=served.day.to_pick.id)


def test_scans_that_are_quicker_than_the_network_all_count(served, opened):
    page = opened(f"/pick/{served.day.wave.number}", "warehouse", width=390)
    answer = _held(page)
    for code in _codes(served):
        _typed(page, code)
    answer()
    expect(page.locator(".finished")).to_contain_text("The list is done")
    assert _counted(served) == [(True, 2)]
    assert page.said == []


def test_a_code_that_is_typed_while_an_answer_comes_is_whole(served, opened):
    page = opened(f"/pick/{served.day.wave.number}", "warehouse", width=390)
    first, second = _codes(served)
    answer = _held(page)
    _typed(page, first)
    page.keyboard.type(second[:3])
    answer()
    expect(page.locator("#verdict")).to_have_class("verdict right")
    assert page.locator("#scan").input_value() == second[:3]
    _typed(page, second[3:])
    expect(page.locator(".finished")).to_contain_text("The list is done")
    assert _counted(served) == [(True, 2)]


def test_what_is_scanned_behind_a_wrong_piece_is_told_as_not_counted(served, opened):
    page = opened(f"/pick/{served.day.wave.number}", "warehouse", width=390)
    first, second = _codes(served)
    answer = _held(page)
    for code in (first, "NOT-THIS", second, "AND-THAT"):
        _typed(page, code)
    answer()
    expect(page.locator("#verdict")).to_contain_text(f"Not counted: {second}, AND-THAT")
    expect(page.locator("#verdict")).to_have_class("verdict wrong")
    assert (True, 1) in _counted(served)


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
