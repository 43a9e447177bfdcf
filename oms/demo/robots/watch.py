"""What the robots see of the whole: the order list by API, and the pages as each group opens them."""

from __future__ import annotations

from typing import Any

from oms.demo.robots.wire import Later, Unwelcome, World

#: login -> the pages that they open
PAGES: dict[str, tuple[str, ...]] = {
    "chen": ("/", "/orders"),
    "susan": ("/", "/tickets", "/returns"),
    "liu": ("/", "/waves"),
    "zhao": ("/", "/kpi", "/holds"),
}


def orders_now(world: World) -> list[dict[str, Any]]:
    """Every order as the auditor's list shows it."""
    return world.person("ana").items("/orders", limit=100)


def visit_pages(world: World) -> None:
    """Sign in as one of each group and open their pages; a page that is refused fails the day."""
    for login, paths in PAGES.items():
        browser = world.browser()
        try:
            browser.sign_in(login)
            for path in paths:
                browser.get(path)
        except Later as error:
            raise Unwelcome(f"{login} could not open {paths}: {error}") from error
