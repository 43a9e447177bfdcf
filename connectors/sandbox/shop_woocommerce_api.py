"""WooCommerce's REST API v3 as far as an order system calls it, over the sandbox shop's orders."""

from __future__ import annotations

import base64
import hmac
import re
from datetime import UTC, datetime

from connectors.sandbox.http_messages import Answer, Refused, Request, Route, text
from connectors.sandbox.shop_book import Shipment, ShopBook
from connectors.sandbox.shop_wire import moment
from connectors.sandbox.shop_woocommerce import WooCommerceChannel
from connectors.sandbox.store import Row

_PAGE_LIMIT = 100
#: What a shop's plugin reads out of a note to the customer.
_TRACKING = re.compile(r"with (?P<carrier>.+?), tracking number (?P<number>[A-Za-z0-9-]+)")


class WooCommerceApi:
    """The endpoints below `/<channel>/wp-json/wc/v3/`."""

    def __init__(self, book: ShopBook, channel: WooCommerceChannel) -> None:
        self._book = book
        self._channel = channel

    def routes(self) -> list[Route]:
        orders = f"/{self._channel.name}/wp-json/wc/v3/orders"
        order = orders + "/{order}"
        return [
            Route.to("GET", orders, self.orders, "list"),
            Route.to("GET", order, self.order, "read"),
            Route.to("PUT", order, self.change, "ship"),
            Route.to("GET", order + "/notes", self.notes, "read"),
            Route.to("POST", order + "/notes", self.write_note, "ship"),
        ]

    def guard(self, request: Request) -> None:
        """Refuse callers without consumer key and secret in Basic authentication."""
        expected = "Basic " + base64.b64encode(self._channel.token.encode()).decode()
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected.encode()):
            raise Refused(401, "woocommerce_rest_cannot_view", "send a valid consumer key and secret")

    def orders(self, request: Request) -> Answer:
        page, per_page = int(request.query.get("page", "1")), int(request.query.get("per_page", "10"))
        if page < 1 or not 1 <= per_page <= _PAGE_LIMIT:
            raise Refused(400, "rest_invalid_param", f"per_page must be 1 to {_PAGE_LIMIT}, page at least 1")
        since = moment(request, "modified_after", datetime(1970, 1, 1, tzinfo=UTC))
        until = moment(request, "modified_before", datetime(9999, 1, 1, tzinfo=UTC))
        total = len(self._book.changed(self._channel, since, until, skip=0, limit=1_000_000))
        rows = self._book.changed(self._channel, since, until, skip=(page - 1) * per_page, limit=per_page)
        headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(-(-total // per_page))}
        return Answer.of([self._shown(row) for row in rows], headers=headers)

    def order(self, request: Request) -> Answer:
        return Answer.of(self._shown(self._row(request)))

    def change(self, request: Request) -> Answer:
        status = text(request.json(), "status")
        row = self._row(request)
        if status != "completed" or row["cancelled_at"]:
            message = f"this shop only lets an open order become completed, not {status}"
            raise Refused(400, "rest_invalid_param", message, where="status")
        return Answer.of(self._shown(self._book.complete(row)))

    def notes(self, request: Request) -> Answer:
        return Answer.of([_note(note) for note in self._book.notes(self._row(request))])

    def write_note(self, request: Request) -> Answer:
        row, note = self._row(request), text(request.json(), "note")
        found = _TRACKING.search(note)
        if found:
            status = "delivered" if "delivered" in note else "shipped"
            self._book.ship(row, Shipment(found["number"], found["carrier"], None, (), status))
        return Answer.of(_note(self._book.write_note(row, note)), status=201)

    def _row(self, request: Request) -> Row:
        return self._book.get(self._channel, request.part["order"])

    def _shown(self, row: Row) -> dict[str, object]:
        return self._channel.show(self._book.shown(row))


def _note(note: Row) -> dict[str, object]:
    return {"id": note["id"], "note": note["note"], "customer_note": True}
