"""Shopify's REST Admin API as far as an order system calls it, over the sandbox shop's orders."""

from __future__ import annotations

import base64
import hmac
from collections import Counter
from datetime import UTC, datetime
from typing import cast

from connectors.sandbox.http_messages import Answer, Json, Refused, Request, Route, an_object, text
from connectors.sandbox.shop_book import Shipment, ShopBook
from connectors.sandbox.shop_shopify import ShopifyChannel
from connectors.sandbox.shop_wire import moment, shipment_lines
from connectors.sandbox.store import Row

_PAGE_LIMIT = 250


class ShopifyApi:
    """The endpoints below `/<channel>/admin/api/<version>/`."""

    def __init__(self, book: ShopBook, channel: ShopifyChannel) -> None:
        self._book = book
        self._channel = channel

    def routes(self) -> list[Route]:
        base = f"/{self._channel.name}/admin/api/{{version}}"
        order = base + "/orders/{order}"
        return [
            Route.to("GET", base + "/orders.json", self.orders, "list"),
            Route.to("GET", order + ".json", self.order, "read"),
            Route.to("GET", order + "/fulfillment_orders.json", self.fulfilment_orders, "read"),
            Route.to("GET", order + "/fulfillments.json", self.fulfilments, "read"),
            Route.to("POST", base + "/fulfillments.json", self.fulfil, "ship"),
            Route.to("POST", order + "/fulfillments/{fulfilment}/events.json", self.event, "ship"),
        ]

    def guard(self, request: Request) -> None:
        """Refuse callers without the access token."""
        given = request.headers.get("x-shopify-access-token", "")
        if not hmac.compare_digest(given.encode(), self._channel.token.encode()):
            raise Refused(401, "access_token_invalid", "send a valid X-Shopify-Access-Token")

    def orders(self, request: Request) -> Answer:
        since, until, skip = self._window(request)
        limit = int(request.query.get("limit", "50"))
        if not 1 <= limit <= _PAGE_LIMIT:
            raise Refused(422, "limit_invalid", f"limit must be 1 to {_PAGE_LIMIT}", where="limit")
        rows = self._book.changed(self._channel, since, until, skip=skip, limit=limit + 1)
        headers = {}
        if len(rows) > limit:
            cursor = f"{since.isoformat()}|{until.isoformat()}|{skip + limit}"
            page_info = base64.urlsafe_b64encode(cursor.encode()).decode()
            host = request.headers.get("host", "")
            headers["Link"] = f'<http://{host}{request.path}?limit={limit}&page_info={page_info}>; rel="next"'
        return Answer.of({"orders": [self._shown(row) for row in rows[:limit]]}, headers=headers)

    def order(self, request: Request) -> Answer:
        return Answer.of({"order": self._shown(self._row(request))})

    def fulfilment_orders(self, request: Request) -> Answer:
        row = self._row(request)
        left, order = self._left(row), self._book.shown(row)
        items = [
            {
                "id": int(line.ref) * 10 + 1,
                "line_item_id": int(line.ref),
                "quantity": line.qty,
                "fulfillable_quantity": left[line.ref],
            }
            for line in order.lines
        ]
        status = "cancelled" if row["cancelled_at"] else "open" if any(left.values()) else "closed"
        shown = {
            "id": int(order.order_id) * 10 + 1,
            "order_id": int(order.order_id),
            "status": status,
            "line_items": items,
        }
        return Answer.of({"fulfillment_orders": [shown]})

    def fulfilments(self, request: Request) -> Answer:
        row = self._row(request)
        made = [self._fulfilment(row, shipment) for shipment in self._book.shipments(row)]
        return Answer.of({"fulfillments": made})

    def fulfil(self, request: Request) -> Answer:
        asked = an_object(request.json(), "fulfillment")
        tracking = an_object(asked, "tracking_info")
        groups = asked.get("line_items_by_fulfillment_order")
        if not isinstance(groups, list) or len(groups) != 1:
            raise Refused(
                422, "groups_invalid", "name exactly one fulfilment order", where="line_items_by_fulfillment_order"
            )
        group = cast(Json, groups[0])
        row = self._book.get(self._channel, str(int(str(group.get("fulfillment_order_id"))) // 10))
        shipment = Shipment(
            tracking_number=text(tracking, "number"),
            carrier=cast(str | None, tracking.get("company")),
            tracking_url=cast(str | None, tracking.get("url")),
            lines=self._lines(row, group.get("fulfillment_order_line_items")),
        )
        if row["cancelled_at"]:
            raise Refused(422, "order_cancelled", "a cancelled order can't be fulfilled")
        return Answer.of({"fulfillment": self._fulfilment(row, self._book.ship(row, shipment))}, status=201)

    def event(self, request: Request) -> Answer:
        row, status = self._row(request), text(an_object(request.json(), "event"), "status")
        found = [one for one in self._book.shipments(row) if str(one["id"]) == request.part["fulfilment"]]
        if not found:
            raise Refused(404, "no_such_fulfilment", "the order has no such fulfilment")
        if status == "delivered":
            self._book.mark_delivered(found[0]["id"])
        return Answer.of({"fulfillment_event": {"status": status}}, status=201)

    def _window(self, request: Request) -> tuple[datetime, datetime, int]:
        if "page_info" in request.query:
            since, until, skip = base64.urlsafe_b64decode(request.query["page_info"]).decode().split("|")
            return datetime.fromisoformat(since), datetime.fromisoformat(until), int(skip)
        first, last = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
        return moment(request, "updated_at_min", first), moment(request, "updated_at_max", last), 0

    def _row(self, request: Request) -> Row:
        return self._book.get(self._channel, request.part["order"])

    def _left(self, row: Row) -> Counter[str]:
        left = Counter({line.ref: line.qty for line in self._book.shown(row).lines})
        for shipment in self._book.shipments(row):
            left.subtract(dict(shipment_lines(shipment)))
        return left

    def _lines(self, row: Row, items: object) -> tuple[tuple[str, int], ...]:
        left = self._left(row)
        if not items:
            return tuple((ref, qty) for ref, qty in left.items() if qty)
        asked = {str(int(str(item["id"])) // 10): int(str(item["quantity"])) for item in cast(list[Json], items)}
        for ref, qty in asked.items():
            if qty < 1 or qty > left[ref]:
                raise Refused(422, "quantity_invalid", f"line {ref} has {left[ref]} left to fulfil, not {qty}")
        return tuple(asked.items())

    def _shown(self, row: Row) -> dict[str, object]:
        left = self._left(row)
        made = [self._fulfilment(row, shipment) for shipment in self._book.shipments(row)]
        status = None if not made else "partial" if any(left.values()) else "fulfilled"
        return {**self._channel.show(self._book.shown(row)), "fulfillment_status": status, "fulfillments": made}

    def _fulfilment(self, row: Row, shipment: Row) -> dict[str, object]:
        return {
            "id": shipment["id"],
            "order_id": int(self._channel.order_id(row["id"])),
            "status": "success",
            "shipment_status": "delivered" if shipment["status"] == "delivered" else None,
            "tracking_company": shipment["carrier"],
            "tracking_number": shipment["tracking_number"],
            "tracking_numbers": [shipment["tracking_number"]],
            "tracking_url": shipment["tracking_url"],
            "line_items": [{"id": int(ref), "quantity": qty} for ref, qty in shipment_lines(shipment)],
        }
