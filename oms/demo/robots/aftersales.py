"""After the delivery: a return to its refund, a ticket to its cause; each by the one whose work it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from oms.demo.robots.wire import World
from oms.demo.scenario import CASES, Case


class AfterSales:
    """Susan opens tickets and returns; the warehouse receives, quality inspects, finance pays out."""

    name = "after-sales"

    def __init__(self, world: World) -> None:
        self._world = world
        self._susan, self._liu = world.person("susan"), world.person("liu")
        self._qian, self._fiona = world.person("qian"), world.person("fiona")
        self._done: set[str] = set()

    def work(self) -> bool:
        moved = False
        for case in CASES:
            if case.key in self._done or not {"return", "ticket"} & set(case.then):
                continue
            order = self._delivered(case)
            if order is not None:
                (self._return if "return" in case.then else self._ticket)(case, order)
                self._done.add(case.key)
                moved = True
        return moved | self._pay_refunds()

    def undone(self) -> list[str]:
        cases = [c for c in CASES if {"return", "ticket"} & set(c.then)]
        refunds = self._fiona.items("/refunds", status="pending")
        return [f"{c.key}: {', '.join(c.then)}" for c in cases if c.key not in self._done] + [
            f"refund {r['id']}" for r in refunds
        ]

    def _delivered(self, case: Case) -> dict[str, Any] | None:
        placed = self._world.placed.get(case.key)
        found = self._susan.items("/orders", q=placed) if placed else []
        mine = [o for o in found if o["channel"] == case.channel and o["status"] == "closed"]
        order: dict[str, Any] | None = self._susan.get(f"/orders/{mine[0]['id']}") if mine else None
        return order

    def _return(self, case: Case, order: dict[str, Any]) -> None:
        """One piece of the first line comes back unopened."""
        wanted = [{"line_id": order["lines"][0]["id"], "qty": "1"}]
        body = {"order": order["number"], "lines": wanted, "reason": "no_reason"}
        made = self._susan.post("/returns", body, key=f"return-{case.key}")
        path = f"/returns/{made['id']}"
        self._susan.post(f"{path}/approve", key=f"approve-{case.key}")
        line = self._susan.get(path)["lines"][0]
        named = {"line_id": line["line_id"], "sku": line["sku"]}
        self._liu.post(f"{path}/receive", {"lines": [{"code": line["sku"], "qty": "1"}]}, key=f"receive-{case.key}")
        inspected = [{**named, "restocked": "1", "scrapped": "0", "finding": "unopened"}]
        self._qian.post(f"{path}/inspect", {"lines": inspected}, key=f"inspect-{case.key}")

    def _ticket(self, case: Case, order: dict[str, Any]) -> None:
        """The customer got the wrong colour; the cause is found in picking."""
        body = {
            "order": order["number"],
            "kind": "complaint",
            "subject": "Wrong colour",
            "body": "The cup is blue, I ordered celadon.",
        }
        made = self._susan.post("/tickets", body, key=f"ticket-{case.key}")
        path = f"/tickets/{made['id']}"
        self._world.person("maria").post(f"{path}/pass-on", key=f"pass-{case.key}")
        due = (self._world.day + timedelta(days=2)).isoformat()
        contact = {"note": "Called the customer.", "remedy": "A new cup is sent free of charge.", "remedy_due_at": due}
        self._susan.post(f"{path}/contact", contact, key=f"contact-{case.key}")
        self._susan.post(
            f"{path}/close",
            {"cause": "pick", "note": "A celadon cup was sent.", "stage": "pick", "person": "liu"},
            key=f"close-{case.key}",
        )

    def _pay_refunds(self) -> bool:
        pending = self._fiona.items("/refunds", status="pending")
        for refund in pending:
            self._fiona.post(f"/refunds/{refund['id']}/pay-out", {"reference": "BANK-1"}, key=f"refund-{refund['id']}")
        return bool(pending)
