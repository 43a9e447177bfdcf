"""A real browser on the real application: served on a port of its own, with a day's orders in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from oms import db
from tests.factories.day import Day, make_day
from tests.web.conftest import site
from tests.web.site import PASSWORD, Site

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
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Served(f"http://127.0.0.1:{server.port}", site, day)
    server.shutdown()
    thread.join()
    server.server_close()


Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, served: Served) -> Open:
    """Open a page as someone: `opened("/pick", "warehouse", width=390)`; no role: without a login."""

    def as_someone(path: str, *roles: str, width: int = 1280, language: str = "en") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 844}, locale="en")
        page: Any = context.new_page()
        page.said = []
        page.on("console", lambda told: page.said.append(told.text))
        page.on("pageerror", lambda fault: page.said.append(str(fault)))
        if roles:
            login = served.site.person(*roles, language=language)
            page.goto(f"{served.url}/sign-in")
            page.fill("[name=login]", login)
            page.fill("[name=password]", PASSWORD)
            page.click("button.primary")
            page.wait_for_url(f"{served.url}/")
        page.goto(served.url + path)
        return page

    return as_someone
