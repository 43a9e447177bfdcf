"""What the robots see of the whole: the order list by API, and the pages as each group opens them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from oms.demo.robots.wire import Later, Unwelcome, World

_TRIES, _PAUSE_S = 20, 1.0

#: login -> the pages that they open
PAGES: dict[str, tuple[str, ...]] = {
    "chen": ("/", "/orders", "/orders/enter", "/holds"),
    "susan": ("/", "/orders", "/tickets", "/returns"),
    "liu": ("/", "/waves", "/pick", "/pack"),
    "sun": ("/", "/hand-over"),
    "fiona": ("/", "/refunds"),
    "zhao": ("/", "/worklist", "/kpi", "/holds", "/parked"),
}


def orders_now(world: World) -> list[dict[str, Any]]:
    """Every order as the auditor's list shows it."""
    return world.person("ana").items("/orders", limit=100)


def visit_pages(world: World) -> None:
    """Sign in as one of each group and open their pages; a page that is refused fails the day."""
    for login, paths in PAGES.items():
        for attempt in range(_TRIES):
            try:
                _visit(world, login, paths)
                break
            except Later as error:
                if attempt == _TRIES - 1:
                    raise Unwelcome(f"{login} could not open {paths}: {error}") from error
                time.sleep(_PAUSE_S)


def _visit(world: World, login: str, paths: Sequence[str]) -> None:
    browser = world.browser()
    browser.sign_in(login)
    for path in paths:
        browser.get(path)
