"""The three calls that a shop with our generic JSON answers, over the sandbox shop's orders."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import cast

from connectors.sandbox.http_messages import Answer, Json, Refused, Request, Route, optional_text, text
from connectors.sandbox.shop_book import Shipment, ShopBook
from connectors.sandbox.shop_channel import ShopChannel
from connectors.sandbox.shop_wire import moment, shipment_lines
from connectors.sandbox.store import Row

_PAGE = 50


class GenericApi:
    """The endpoints below `/<channel>/orders`."""

    def __init__(self, book: ShopBook, channel: ShopChannel) -> None:
        self._book = book
        self._channel = channel

    def routes(self) -> list[Route]:
        orders = f"/{self._channel.name}/orders"
        return [
            Route.to("GET", orders, self.orders, "list"),
            Route.to("GET", orders + "/{order}", self.order, "read"),
            Route.to("POST", orders + "/{order}/shipments", self.ship, "ship"),
        ]

    def guard(self, request: Request) -> None:
        """Refuse callers without the token."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._channel.token.encode()):
            raise Refused(401, "token_invalid", "send 'Authorization: Bearer <token>' with a token that is valid")

    def orders(self, request: Request) -> Answer:
        since = moment(request, "updated_since", datetime(1970, 1, 1, tzinfo=UTC))
        until = moment(request, "updated_until", datetime(9999, 1, 1, tzinfo=UTC))
        cursor = request.query.get("cursor", "0")
        if not cursor.isdecimal():
            raise Refused(422, "cursor_invalid", "give the cursor as next_cursor gave it", where="cursor")
        rows = self._book.changed(self._channel, since, until, skip=int(cursor), limit=_PAGE + 1)
        following = str(int(cursor) + _PAGE) if len(rows) > _PAGE else None
        return Answer.of({"orders": [self._shown(row) for row in rows[:_PAGE]], "next_cursor": following})

    def order(self, request: Request) -> Answer:
        return Answer.of(self._shown(self._row(request)))

    def ship(self, request: Request) -> Answer:
        content, row = request.json(), self._row(request)
        if not request.headers.get("idempotency-key"):
            raise Refused(422, "idempotency_key_missing", "send an Idempotency-Key header", where="Idempotency-Key")
        status = text(content, "status")
        if status not in {"collected", "delivered"}:
            raise Refused(422, "status_unknown", f"'{status}' is none of collected, delivered", where="status")
        shipment = Shipment(
            tracking_number=text(content, "tracking_number"),
            carrier=optional_text(content, "carrier"),
            tracking_url=optional_text(content, "tracking_url"),
            lines=_lines(content),
            status="delivered" if status == "delivered" else "shipped",
        )
        made = self._book.ship(row, shipment)
        told = {"tracking_number": made["tracking_number"], "status": made["status"]}
        return Answer.of({**told, "lines": shipment_lines(made)}, status=201)

    def _row(self, request: Request) -> Row:
        return self._book.get(self._channel, request.part["order"])

    def _shown(self, row: Row) -> dict[str, object]:
        return self._channel.show(self._book.shown(row))


def _lines(content: Json) -> tuple[tuple[str, int], ...]:
    given = cast(list[Json], content.get("lines") or [])
    return tuple((text(line, "line_ref"), int(text(line, "qty"))) for line in given)
