"""A real browser on the real application: served on a port of its own, with a day's orders in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from oms import db
from tests.factories.day import Day, make_day
from tests.web.conftest import site
from tests.web.served import new_page, serving, sign_in
from tests.web.site import Site

__all__ = ["site"]


@dataclass(frozen=True, slots=True)
class Served:
    """Where the application answers, and what stands in it."""

    url: str
    site: Site
    day: Day


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )


@pytest.fixture
def served(site: Site) -> Iterator[Served]:
    with site.transaction() as session:
        day = make_day(session, db.now(session))
    with serving(site.app) as url:
        yield Served(url, site, day)


Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, served: Served) -> Iterator[Open]:
    """Open a page as someone: `opened("/pick", "warehouse", width=390)`; no role: without a login."""

    contexts: list[BrowserContext] = []

    def as_someone(path: str, *roles: str, width: int = 1280, language: str = "en") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 844}, locale="en")
        contexts.append(context)
        page = new_page(context)
        if roles:
            sign_in(page, served.url, served.site.person(*roles, language=language))
        page.goto(served.url + path)
        return page

    yield as_someone
    for context in contexts:
        context.close()
