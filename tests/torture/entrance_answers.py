"""What peers answer when they are asked: a shop's pages and orders, a carrier's rates, labels and scans, and the first bytes of a
request to a full house. The bytes stand in the answer's body and in each header that is read.
"""

from __future__ import annotations

import importlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, partial
from itertools import islice
from types import ModuleType
from typing import Any
from unittest.mock import patch

from connectors import registry
from connectors.base import Address, ChannelConfig, ConnectorError, ShipmentNotice
from connectors.carriage import CarrierConfig, Parcel
from connectors.http import Answer, Client
from connectors.shops import generic_http, shopify_admin, woo_rest
from tests.connectors.order_messages import woo_order
from tests.factories.generic import order_json

_SHOPS: dict[str, ModuleType] = {"generic": generic_http, "shopify": shopify_admin, "woocommerce": woo_rest}
_AT = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
_NOTICE = ShipmentNotice("1001", "SB1", "Swift", "https://swift.example/SB1", "collected", _AT, (("1", Decimal(2)),))
_PARCEL = Parcel("PA-1", "standard", Address(), Address(), 500, 200, 150, 100, Decimal("20.00"), "CNY")
_RATES = {"rates": [{"service": "standard", "price": "8.00", "currency": "CNY", "transit_days": 2}]}
_LABEL = {
    "waybill_number": "SB1", "service": "standard", "price": "8.00", "currency": "CNY", "tracking_url": None,
    "label": {"pdf": "JVBERi0=", "zpl": "XlhBXlha"},
}  # fmt: skip
_SCANS = {
    "events": [{"waybill_number": "SB1", "status": "DEPARTED_HUB", "at": "2026-11-18T01:00:00+08:00", "place": "深圳"}]
}
PLAIN = b"POST /webhooks/shop HTTP/1.1\r\nHost: oms\r\nContent-Length: 2\r\n\r\n{}"
#: No shop has more pages than are looked at here.
_PAGES = 50


def answers() -> dict[str, tuple[Callable[[bytes], None], Sequence[bytes]]]:
    """Name -> (who reads, good bytes)."""
    order = json.dumps(order_json("N-1")).encode()
    pages = [
        json.dumps({"orders": [order_json("N-1")], "next_cursor": "2"}).encode(),
        json.dumps([woo_order(id=786)]).encode(),
        b"3",
        b'{"fulfillment_orders": [{"id": 1, "status": "open", "line_items": [{"id": 2, "line_item_id": 1, "quantity": 2}]}]}',
        b'{"fulfillments": [{"id": 1, "tracking_numbers": ["SB1"]}]}',
        b'[{"id": 1, "note": "on its way"}]',
        order,
    ]
    told = [json.dumps(one).encode() for one in (_RATES, _LABEL, {"shipments": [_LABEL]}, _SCANS, {"refused": []})]
    shops = {f"answers of shop {name}": (partial(_shop, shop, name), pages) for name, shop in _SHOPS.items()}
    carriers = {f"answers of carrier {name}": (partial(_carrier, name), told) for name in registry.CARRIERS}
    return {**shops, **carriers, "first bytes to a full house": (_first_bytes, [PLAIN, PLAIN[:-2]])}


@contextmanager
def _answering(raw: bytes) -> Iterator[None]:
    word = raw[:300].decode("latin-1")
    given = Answer(200, {"link": f'<{word}>; rel="next"', "x-wp-totalpages": word[:2], "retry-after": word}, raw)
    with patch.object(Client, "_send", lambda self, method, path, **more: given):
        yield


def _shop(shop: ModuleType, name: str, raw: bytes) -> None:
    config = ChannelConfig("my-channel", name, base_url="https://shop.example", settings={})
    with _answering(raw):
        with suppress(ConnectorError):
            for _page in islice(shop.changed_orders(config, since=_AT, until=_AT), _PAGES):
                pass
        with suppress(ConnectorError):
            shop.order(config, "1001")
        with suppress(ConnectorError):
            more = {"idempotency_key": "k"} if shop is generic_http else {}
            shop.tell_shipped(config, _NOTICE, **more)


def _carrier(name: str, raw: bytes) -> None:
    carrier: Any = registry.carrier_for(CarrierConfig(name, name, base_url="http://127.0.0.1:9", api_key="k"))
    asked: tuple[Callable[[], object], ...] = (
        lambda: carrier.rate(_PARCEL), lambda: carrier.book(_PARCEL), lambda: carrier.find("PA-1"),
        lambda: carrier.track(["SB1"]), lambda: carrier.void("SB1"), lambda: carrier.hand_over("HL-1", ["SB1"]),
    )  # fmt: skip
    with _answering(raw):
        for ask in asked:
            with suppress(ConnectorError):
                ask()


@cache
def _house() -> Callable[[bytes], int]:
    """`plain_webhook`, without a folder for figures being made on import."""
    with patch.dict(os.environ, {"PROMETHEUS_MULTIPROC_DIR": tempfile.gettempdir()}):
        read: Callable[[bytes], int] = importlib.import_module("oms.web.gunicorn_conf").plain_webhook
    return read


def _first_bytes(raw: bytes) -> None:
    for seen in (raw, PLAIN[:-2] + raw, PLAIN.replace(b"oms", raw[:500])):
        told = _house()(seen)
        assert told == 0 or told >= len(seen), "less than it has seen already"
