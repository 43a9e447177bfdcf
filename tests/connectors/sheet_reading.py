"""How the tests read a sheet: one call from bytes to orders."""

from __future__ import annotations

from connectors.base import ChannelConfig, ChannelOrder, Received
from connectors.channels.sheet import Sheet
from connectors.tables import Table, read_tables


def read(data: str | bytes, **known: str) -> list[ChannelOrder]:
    body = data.encode() if isinstance(data, str) else data
    return Sheet(ChannelConfig("dealer", "sheet", settings=known)).translate(Received(body=body, channel="dealer"))


def one(data: str | bytes, **known: str) -> ChannelOrder:
    (order,) = read(data, **known)
    return order


def codes(order: ChannelOrder) -> dict[str, str]:
    return {found.field: found.code for found in order.problems}


def goods(order: ChannelOrder) -> list[tuple[object, ...]]:
    return [(line.sku, line.qty, line.unit_price) for line in order.lines]


def read_table(data: bytes) -> Table:
    """The one table of a file of one sheet."""
    (table,) = read_tables(data)
    return table
