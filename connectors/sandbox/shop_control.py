"""How the sandbox shop is driven: place, update and cancel orders, see what it holds."""

from __future__ import annotations

import hmac

from connectors.sandbox import process
from connectors.sandbox.http_messages import Answer, Json, Refused, Request, Route, an_object, optional_text, text
from connectors.sandbox.shop_book import ShopBook
from connectors.sandbox.shop_channel import ShopChannel
from connectors.sandbox.shop_mischief import WISHES
from connectors.sandbox.shop_wire import shipment_lines
from connectors.sandbox.store import Row


class ShopControl:
    """The endpoints below `/admin/`, for robots and tests; customers' browsers in real life."""

    def __init__(self, book: ShopBook, *, api_key: str) -> None:
        self._book = book
        self._api_key = api_key

    def routes(self) -> list[Route]:
        return [
            Route.to("POST", "/admin/place", self.place, "place"),
            Route.to("POST", "/admin/update", self.update),
            Route.to("POST", "/admin/cancel", self.cancel),
            Route.to("GET", "/admin/orders", self.orders),
            Route.to("GET", "/admin/stats", lambda _request: Answer.of(self._book.counts())),
            Route.to("GET", "/healthz", lambda _request: Answer.of({"ok": True})),
        ]

    def guard(self, request: Request) -> None:
        """Refuse callers without the API key."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise Refused(401, "api_key_invalid", "send 'Authorization: Bearer <API key>' with a key that is valid")

    def place(self, request: Request) -> Answer:
        content = request.json()
        channel = self._channel(content)
        row, is_new = self._book.place(
            channel, text(content, "key"), an_object(content, "order"), webhook=_wish(content)
        )
        if is_new:
            process.log("order placed", channel=channel.name, order_id=channel.order_id(row["id"]))
        return Answer.of(self._told(row), status=201 if is_new else 200)

    def update(self, request: Request) -> Answer:
        content = request.json()
        row = self._row(content)
        changed = self._book.update(row, text(content, "key"), an_object(content, "order"), webhook=_wish(content))
        return Answer.of(self._told(changed))

    def cancel(self, request: Request) -> Answer:
        content = request.json()
        return Answer.of(self._told(self._book.cancel(self._row(content), webhook=_wish(content))))

    def orders(self, request: Request) -> Answer:
        rows = self._book.all_orders(request.query.get("channel") or None)
        return Answer.of({"orders": [self._told(row) for row in rows]})

    def _told(self, row: Row) -> dict[str, object]:
        order = self._book.shown(row)
        return {
            "channel": row["channel"],
            "key": row["key"],
            "channel_order_id": order.order_id,
            "channel_order_number": order.number,
            "version": row["version"],
            "updated_at": row["updated_at"],
            "cancelled_at": row["cancelled_at"],
            "completed_at": row["completed_at"],
            "total": str(order.total),
            "line_refs": [line.ref for line in order.lines],
            "shipments": [_shipment(shipment) for shipment in self._book.shipments(row)],
        }

    def _channel(self, content: Json) -> ShopChannel:
        name = text(content, "channel")
        if name not in self._book.channels:
            known = ", ".join(sorted(self._book.channels))
            raise Refused(
                422, "channel_unknown", f"'{name}' is no channel of this shop; known are {known}", where="channel"
            )
        return self._book.channels[name]

    def _row(self, content: Json) -> Row:
        return self._book.get(self._channel(content), text(content, "channel_order_id"))


def _shipment(shipment: Row) -> dict[str, object]:
    names = ("tracking_number", "carrier", "status", "times_told")
    return {**{name: shipment[name] for name in names}, "lines": shipment_lines(shipment)}


def _wish(content: Json) -> str | None:
    wish = optional_text(content, "webhook")
    if wish is not None and wish not in WISHES:
        known = ", ".join(sorted(WISHES))
        raise Refused(422, "webhook_invalid", f"'{wish}' is no way to deliver; known are {known}", where="webhook")
    return wish
