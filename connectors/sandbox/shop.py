"""The sandbox shop: a real web shop server that plays Shopify, WooCommerce and shops with our generic JSON.

`python -m connectors.sandbox.shop --state DIR ...`; `docs/sandbox.md` describes every call.
Orders, webhooks owed and shipments told are on disk, so `kill -9` loses and repeats nothing of its own.
"""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from connectors.sandbox import faults, http_server, process, shop_book, webhooks
from connectors.sandbox.http_messages import Request, Route
from connectors.sandbox.shop_book import ShopBook
from connectors.sandbox.shop_channel import ShopChannel
from connectors.sandbox.shop_control import ShopControl
from connectors.sandbox.shop_generic import GenericChannel
from connectors.sandbox.shop_generic_api import GenericApi
from connectors.sandbox.shop_mischief import Mischief
from connectors.sandbox.shop_shopify import ShopifyChannel
from connectors.sandbox.shop_shopify_api import ShopifyApi
from connectors.sandbox.shop_woocommerce import WooCommerceChannel
from connectors.sandbox.shop_woocommerce_api import WooCommerceApi
from connectors.sandbox.store import Store


class Api(Protocol):
    """What each shop system's API brings."""

    def routes(self) -> list[Route]: ...
    def guard(self, request: Request) -> None: ...


#: Format -> its channel class.
FORMATS: dict[str, type[ShopChannel]] = {
    "shopify": ShopifyChannel,
    "woocommerce": WooCommerceChannel,
    "generic": GenericChannel,
}


def api_for(book: ShopBook, channel: ShopChannel) -> Api:
    """The API that callers of a channel find."""
    if isinstance(channel, ShopifyChannel):
        return ShopifyApi(book, channel)
    if isinstance(channel, WooCommerceChannel):
        return WooCommerceApi(book, channel)
    return GenericApi(book, channel)


def _guard(apis: Mapping[str, Api], control: ShopControl) -> Callable[[Request], None]:
    def guard(request: Request) -> None:
        first = request.path.split("/")[1]
        if first in apis:
            apis[first].guard(request)
        elif first != "healthz":
            control.guard(request)

    return guard


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ArgumentTypeError("a share lies between 0 and 1")
    return share


def _arguments(argv: Sequence[str]) -> Namespace:
    parser = process.state_arguments("The sandbox shop: a real web shop server on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0: any free port, the same again after a restart")
    parser.add_argument("--api-key", default="sandbox-shop-key", help="Bearer token of /admin/ and /v1/faults")
    parser.add_argument("--oms-url", required=True, help="webhooks go to <URL>/webhooks/<channel>")
    parser.add_argument(
        "--channel",
        action="append",
        required=True,
        nargs=4,
        metavar=("NAME", "FORMAT", "SECRET", "TOKEN"),
        help=f"may be repeated; FORMAT: {', '.join(FORMATS)}; TOKEN of woocommerce: consumer_key:consumer_secret",
    )
    parser.add_argument("--drops", type=_share, default=0.0, help="share of webhooks never sent")
    parser.add_argument("--duplicates", type=_share, default=0.0, help="share of webhooks sent twice")
    parser.add_argument(
        "--stale", type=_share, default=0.0, help="share of changes after which the old version is sent"
    )
    parser.add_argument("--seed", default="", help="chooses which webhooks the shares hit")
    parser.add_argument("--hang-s", type=float, default=http_server.HANG_S, help="how long the fault 'timeout' hangs")
    arguments = parser.parse_args(argv)
    for name, kind, _secret, _token in arguments.channel:
        if kind not in FORMATS or name in {"admin", "v1", "healthz"} or "/" in name:
            parser.error(
                f"--channel {name} {kind}: the format must be one of {', '.join(FORMATS)}, the name a plain word"
            )
    return arguments


def main(argv: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT."""
    arguments = _arguments(argv)
    if arguments.die_with_parent:
        process.die_with_parent()
    stopped = process.stop_signal()
    store = Store(arguments.state / "shop.sqlite", schema=shop_book.SCHEMA + webhooks.SCHEMA + faults.SCHEMA)
    channels = {name: FORMATS[kind](name, secret, token) for name, kind, secret, token in arguments.channel}
    mischief = Mischief(arguments.drops, arguments.duplicates, arguments.stale, arguments.seed)
    book = ShopBook(store, channels=channels, mischief=mischief, oms_url=arguments.oms_url)
    control = ShopControl(book, api_key=arguments.api_key)
    apis = {name: api_for(book, channel) for name, channel in channels.items()}
    postman = webhooks.Postman(store, sign=lambda sender, event_id, body: channels[sender].sign(event_id, body))
    server = http_server.listen(
        arguments.state / "port",
        [*control.routes(), *(route for api in apis.values() for route in api.routes())],
        wanted_port=arguments.port,
        faults=faults.Faults(store),
        guard=_guard(apis, control),
        hang_s=arguments.hang_s,
    )
    for channel in channels.values():
        book.ping(channel)
    postman.start()
    process.log("shop is up", port=server.server_address[1], channels=sorted(channels))
    stopped.wait()
    http_server.stop(server)
    postman.stop()
    store.close()
    process.log("shop is down")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
