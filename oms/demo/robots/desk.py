"""The service desk: spoken orders, distributors' files, held orders, tickets, returns, refunds; by API."""

from __future__ import annotations

import csv
import io
from typing import Any

from oms.demo.goods import GOODS
from oms.demo.people import CUSTOMERS
from oms.demo.robots.mailers import po_number, workbook
from oms.demo.robots.shops import line
from oms.demo.robots.wire import Later, World
from oms.demo.scenario import CASES, Case

_BY_CODE = {good.code: good for good in GOODS}
_SPOKEN = ("phone", "wechat", "visit", "fax", "sales-rep")


class Specialist:
    """Enters what was spoken or pasted; the written confirmation goes out by itself."""

    name = "order specialist"

    def __init__(self, world: World) -> None:
        self._world = world
        self._me = world.person("chen")

    def work(self) -> bool:
        open_cases = [c for c in CASES if c.channel in _SPOKEN and c.key not in self._world.placed]
        for case in open_cases:
            order = self._parsed(case) if case.how == "paste" else self._spoken(case)
            made = self._me.post("/orders", {"channel": case.channel, "order": order}, key=f"enter-{case.key}")
            self._world.placed[case.key] = self._me.get(f"/orders/{made['id']}")["channel_order_number"]
        return bool(open_cases)

    def undone(self) -> list[str]:
        return [f"{c.key} is not entered" for c in CASES if c.channel in _SPOKEN and c.key not in self._world.placed]

    def _spoken(self, case: Case) -> dict[str, Any]:
        customer = CUSTOMERS[case.customer]
        return {
            "currency": "CNY",
            "customer": customer.contact(),
            "ship_to": customer.ship_to(),
            "lines": [line(code, qty, "CNY") for code, qty in case.goods],
            "payment": {"terms": "account", "status": "none"},
        }

    def _parsed(self, case: Case) -> dict[str, Any]:
        """Paste the customer's message, read what was understood, add what it leaves open: prices and e-mail."""
        customer = CUSTOMERS[case.customer]
        a = customer.address
        goods = " ".join(f"{code} {qty}件" for code, qty in case.goods)
        text = f"{customer.name} {customer.phone[3:]} {a['region']}{a['city']}{a['district']}{a['lines'][0]} {goods}"
        order: dict[str, Any] = self._me.post(
            "/orders/parse", {"channel": case.channel, "text": text}, key=f"parse-{case.key}"
        )
        order = {k: order[k] for k in ("customer", "ship_to", "lines", "buyer_message") if order.get(k) is not None}
        order["customer"]["email"] = customer.email
        for read, (code, qty) in zip(order["lines"], case.goods, strict=True):
            if (read["sku"], read["qty"]) != (code, str(qty)):
                raise Later(f"{case.key}: read {read['sku']} x {read['qty']} instead of {code} x {qty}")
        lines = [line(code, qty, "CNY") for code, qty in case.goods]
        return {**order, "lines": lines, "currency": "CNY", "payment": {"terms": "account", "status": "none"}}


class Dealers:
    """Distributors' own systems: they upload purchase orders with their key."""

    name = "distributors"

    def __init__(self, world: World) -> None:
        self._world = world

    def work(self) -> bool:
        open_cases = [c for c in CASES if c.channel.startswith("dealer-") and c.key not in self._world.placed]
        for case in open_cases:
            self._upload(case)
            self._world.placed[case.key] = po_number(case)
        return bool(open_cases)

    def undone(self) -> list[str]:
        keys = self._world.placed
        return [f"{c.key} is not uploaded" for c in CASES if c.channel.startswith("dealer-") and c.key not in keys]

    def _upload(self, case: Case) -> None:
        me = self._world.person(case.channel)
        if case.how == "json":
            me.post("/purchase-orders", _json(case), key=f"po-{case.key}")
        elif case.how == "xlsx":
            data = self._world.kept(f"{case.key}.xlsx", lambda: workbook(case, CUSTOMERS[case.customer]))
            kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            me.upload("/purchase-orders", data, filename="po.xlsx", media_type=kind, key=f"po-{case.key}", rows="all")
        else:
            rows = "good" if case.how == "csv_bad_row" else "all"
            me.upload(
                "/purchase-orders",
                _csv(case),
                filename="po.csv",
                media_type="text/csv",
                key=f"po-{case.key}",
                rows=rows,
            )


def _json(case: Case) -> dict[str, Any]:
    customer = CUSTOMERS[case.customer]
    return {
        "channel_order_id": po_number(case),
        "currency": "CNY",
        "customer": customer.contact(),
        "ship_to": customer.ship_to(),
        "lines": [{"line_ref": str(n), **line(code, qty, "CNY")} for n, (code, qty) in enumerate(case.goods, start=1)],
        "payment": {"terms": "account", "status": "none"},
    }


def _csv(case: Case) -> bytes:
    customer = CUSTOMERS[case.customer]
    a = customer.address
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [
            "采购单号",
            "商品编码",
            "订货数量",
            "单价",
            "币种",
            "收货人",
            "手机",
            "邮箱",
            "省份",
            "城市",
            "区县",
            "详细地址",
        ]
    )
    place = [customer.name, customer.phone[3:], customer.email, a["region"], a["city"], a["district"], a["lines"][0]]
    for code, qty in case.goods:
        writer.writerow([po_number(case), code, qty, _BY_CODE[code].cny, "CNY", *place])
    if case.how == "csv_bad_row":
        writer.writerow([f"{po_number(case)}-BAD", case.goods[0][0], "5", "cheap", "CNY", *place])
    return out.getvalue().encode("utf-8-sig")


class Reviewers:
    """Those who decide on held orders, each on their own list."""

    name = "reviewers"
    #: kind of step -> who decides
    DESKS = {"review": "maria", "final_review": "zhao", "finance_review": "fiona"}

    def __init__(self, world: World) -> None:
        self._people = {login: world.person(login) for login in set(self.DESKS.values())}

    def work(self) -> bool:
        done = False
        for kind, login in self.DESKS.items():
            me = self._people[login]
            for step in me.items("/steps", kind=kind):
                body = {"token": step["token"], "decision": "approve", "reason": "read and settled with the customer"}
                me.post(f"/reviews/{step['id']}", body, key=f"review-{step['id']}-{step['token']}")
                done = True
        return done

    def undone(self) -> list[str]:
        return []
