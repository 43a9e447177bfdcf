"""A house that an order walks through: its application, its workers' own code, and the people on its floor."""

from __future__ import annotations

from typing import Any

from tests.factories.floor import Floor
from tests.web.caller import person
from tests.web.site import Site
from workers.drain import drain
from workers.process import Process


class Walk:
    """One house: its application, its workers, its floor and the people on it."""

    def __init__(self, site: Site, floor: Floor) -> None:
        self.site, self.floor = site, floor
        self.picker, self.packer = person(site, "warehouse"), person(site, "warehouse")
        self.clerk = person(site, "shipping_clerk")
        self._process = Process(site.settings, site.database, "test")

    def work(self) -> None:
        """Drain both queues until neither has anything due."""
        while sum(drain(self._process, queue, look_again=False) for queue in ("inside", "outside")):
            pass

    def order(self) -> dict[str, Any]:
        """The order as the API tells it."""
        [(number,)] = self.site.rows("SELECT number FROM orders")
        answer: dict[str, Any] = person(self.site, "order_manager").get(f"/orders/{number}").get_json()
        return answer

    def one(self, sql: str) -> Any:
        [(value,)] = self.site.rows(sql)
        return value

    def steps(self) -> dict[str, str | None]:
        """Step kind -> how it ended; None while it is open."""
        return dict(self.site.rows("SELECT kind, outcome FROM step ORDER BY opened_at, id"))
