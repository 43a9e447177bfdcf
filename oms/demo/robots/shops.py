"""Web shoppers: they place orders in the sandbox shop, which tells oms by webhook or is found by the poll."""

from __future__ import annotations

from typing import Any

from oms.demo.goods import GOODS
from oms.demo.people import CUSTOMERS
from oms.demo.robots.wire import World, fetch
from oms.demo.scenario import CASES, Case

_SHOP_KEY = {"Authorization": "Bearer sandbox-shop-key"}
_PRICES = {good.code: good for good in GOODS}
#: how -> the way the shop delivers its webhook
_WEBHOOK = {"webhook": "once", "duplicate": "duplicate", "drop": "drop", "stale": "drop", "test": "once"}


class Shops:
    """Places every web-shop case; a repeat of the key changes nothing at the shop."""

    name = "web shops"

    def __init__(self, world: World) -> None:
        self._world = world
        self._cancelled: set[str] = set()

    def work(self) -> bool:
        """Place what is not placed yet; return whether anything was done."""
        open_cases = [c for c in CASES if c.channel.startswith("web-") and c.key not in self._world.placed]
        for case in open_cases:
            self._place(case)
        return bool(open_cases) | self._cancel()

    def undone(self) -> list[str]:
        return [
            f"{c.key} is not placed" for c in CASES if c.channel.startswith("web-") and c.key not in self._world.placed
        ]

    def _place(self, case: Case) -> None:
        order = order_of(case)
        placed = self._post("/admin/place", self._placing(case))
        channel_order_id = placed["channel_order_id"]
        named = {"channel": case.channel, "channel_order_id": channel_order_id}
        if case.how == "stale":
            # The first version is held back; the newer one arrives, and the older one after it.
            changed = {"buyer_message": None, "ship_to": {**order["ship_to"], "lines": ["Via Appia 77"]}}
            self._post("/admin/update", {**named, "key": f"{case.key}-moved", "order": changed, "webhook": "stale"})
        self._world.placed[case.key] = placed["channel_order_number"]

    def _cancel(self) -> bool:
        """Who thinks better of it does so when the order waits for the payment; a repeat changes nothing at the shop."""
        moved = False
        for case in CASES:
            if "cancel" not in case.then or case.key in self._cancelled or case.key not in self._world.placed:
                continue
            number = self._world.placed[case.key]
            found = self._world.person("ana").items("/orders", q=number)
            mine = [o for o in found if (o["channel"], o["channel_order_number"]) == (case.channel, number)]
            if mine and mine[0]["status"] == "awaiting_confirmation":
                placed = self._post("/admin/place", self._placing(case))
                named = {"channel": case.channel, "channel_order_id": placed["channel_order_id"]}
                self._post("/admin/cancel", {**named, "webhook": "once"})
                self._cancelled.add(case.key)
                moved = True
        return moved

    @staticmethod
    def _placing(case: Case) -> dict[str, Any]:
        return {"channel": case.channel, "key": case.key, "order": order_of(case), "webhook": _WEBHOOK[case.how]}

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        url = self._world.shop_url + path
        return fetch(self._world.http, "POST", url, ok=(200, 201), json=body, headers=_SHOP_KEY).json()


def order_of(case: Case) -> dict[str, Any]:
    """The case as a shopper fills it in."""
    customer = CUSTOMERS[case.customer]
    currency = "CNY" if case.channel not in ("web-shopify", "web-woo") else "EUR"
    order: dict[str, Any] = {
        "currency": currency,
        "customer": customer.contact(),
        "ship_to": customer.ship_to(),
        "lines": [line(code, qty, currency) for code, qty in case.goods],
        "totals": {"discount": "0.00", "shipping": "0.00", "tax": "0.00", "tax_included": case.channel != "web-woo"},
        "payment": {"terms": "prepaid", "status": "pending" if "cancel" in case.then else "paid"},
    }
    if case.how == "test":
        order["kind"] = "test"
    if "message" in case.then:
        order["buyer_message"] = "请用礼品纸包装，周末前送到。"
    return order


def line(code: str, qty: int, currency: str) -> dict[str, str]:
    """One line at list price."""
    good = _PRICES[code]
    price = good.cny if currency == "CNY" else good.eur
    name = good.zh if currency == "CNY" else good.en
    return {
        "sku": code,
        "name": name,
        "qty": str(qty),
        "unit": "EA",
        "unit_price": price,
        "discount": "0.00",
        "tax": "0.00",
    }
