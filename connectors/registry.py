"""The one visible table of connectors: source -> where its class stands, loaded when it is asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from connectors.base import Channel, ChannelConfig, ChannelOrder, ConnectorError, Kind, Received
from connectors.carriage import Carrier, CarrierConfig
from connectors.output import Json, to_json
from connectors.problems import problem

#: Source -> 'module:Class'. A name of the order schema that is not here yet is unknown to every command.
CHANNELS: dict[str, str] = {
    "shopify": "connectors.channels.shopify:Shopify",
    "woocommerce": "connectors.channels.woocommerce:WooCommerce",
    "generic": "connectors.channels.generic:Generic",
    "email": "connectors.channels.email:Email",
    "sheet": "connectors.channels.sheet:Sheet",
    "phone": "connectors.channels.phone:Phone",
    "im": "connectors.channels.im:InstantMessage",
}

CARRIERS: dict[str, str] = {
    "sandbox": "connectors.carriers.sandbox:SandboxCarrier",
}


class UnknownSource(LookupError):
    """No connector is built for this source; the message lists those that are."""

    def __init__(self, source: str, known: dict[str, str]) -> None:
        super().__init__(f"no connector for {source!r}; there are: {', '.join(sorted(known))}")
        self.source = source


def channel_for(config: ChannelConfig) -> Channel:
    """The connector of a configured channel; raises UnknownSource."""
    return cast(Channel, _load(config.source, CHANNELS)(config))


def translated(config: ChannelConfig, message: Received) -> list[Json]:
    """What a message holds as JSON of the order schema, one element an order; raises UnknownSource."""
    return [to_json(order) for order in channel_for(config).translate(message)]


def carrier_for(config: CarrierConfig) -> Carrier:
    """The connector of a configured carrier; raises UnknownSource."""
    return cast(Carrier, _load(config.source, CARRIERS)(config))


def read(config: ChannelConfig, message: Received) -> list[tuple[ChannelOrder, dict[str, object]]]:
    """What the channel's connector reads in a message, each order with its JSON; what it cannot judge is refused."""
    try:
        orders = channel_for(config).translate(message)
    except ConnectorError as error:
        unread = problem("unreadable", "", str(error))
        orders = [ChannelOrder(config.name, config.source, Kind.NOT_AN_ORDER, problems=(unread,))]
    return [(order, to_json(order)) for order in orders]


def _load(source: str, table: dict[str, str]) -> type:
    place = table.get(source)
    if place is None:
        raise UnknownSource(source, table)
    return _class_at(place)


@cache
def _class_at(place: str) -> type:
    module, _, name = place.partition(":")
    return cast(type, getattr(import_module(module), name))
