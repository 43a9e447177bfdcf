"""What a browser finds: no page is wider than a phone, nothing shuts out a keyboard or a reader, no script is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from tests.web.served import new_page, serving, sign_in
from tests.web.site import Site

pytestmark = pytest.mark.browser

PAGES = ("/", "/worklist", "/worklist?view=overdue", "/parked", "/password", "/nowhere")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )


@pytest.fixture
def served(site: Site) -> Iterator[str]:
    """The application on a port of its own; its address."""
    for kind, due_in in (("final_review", -2), ("sample_review", 1), ("decide_change", 30)):
        site.step(kind, due_in=timedelta(hours=due_in))
    site.step("book", state="parked")
    with serving(site.app) as url:
        yield url


def signed_in(browser: Browser, served: str, site: Site, *, width: int, language: str, scheme: str = "light") -> Any:
    login = site.person("order_manager", language=language)
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = new_page(context)
    sign_in(page, served, login)
    return page


@pytest.mark.parametrize(("width", "language"), [(360, "en"), (360, "zh_Hans"), (1280, "en")])
def test_no_page_is_wider_than_the_screen(browser, served, site, width, language):
    page = signed_in(browser, served, site, width=width, language=language)
    for url in PAGES:
        page.goto(served + url)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_passes_the_accessibility_checks(browser, served, site, scheme):
    page = signed_in(browser, served, site, width=1280, language="en", scheme=scheme)
    for url in PAGES:
        page.goto(served + url)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        assert found.violations_count == 0, f"{url}: {found.generate_report()}"


def test_a_step_is_taken_and_handed_over_with_the_keyboard_and_no_script_is_refused(browser, served, site):
    page = signed_in(browser, served, site, width=1280, language="en")
    page.goto(f"{served}/worklist")
    page.get_by_role("button", name="Take").first.press("Enter")
    page.wait_for_load_state()
    page.get_by_text("Hand over").first.click()
    page.get_by_label("Why").first.fill("holiday")
    page.get_by_label("Why").first.press("Enter")
    page.wait_for_load_state()
    assert site.rows("SELECT event FROM history_entry WHERE event LIKE 'step.%' ORDER BY id") == [
        ("step.taken",),
        ("step.handed_over",),
    ]
    assert page.said == []
