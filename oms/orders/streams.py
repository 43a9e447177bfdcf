"""Streams of orders that an index gives newest first, as SQL: which fit a set of filters, and what is left to check. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import product
from typing import Any

from oms.orders.states import FULFILMENT_STATES, ORDER

ENDED = ("closed", "cancelled", "rejected", "expired")
OPEN = tuple(status for status in ORDER.moves if status not in ENDED)


#: Before every order of its moment.
_LEAST = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of one list, names already looked up; `terms` are where to look for `values` of a searched word."""

    status: str | None = None
    fulfilment_status: str | None = None
    channel_id: uuid.UUID | None = None
    customer_id: uuid.UUID | None = None
    held: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    sku_id: uuid.UUID | None = None
    number: str | None = None
    terms: Sequence[uuid.UUID] = ()
    values: dict[str, Any] = field(default_factory=dict)

    def of_sku(self, sku_id: uuid.UUID) -> Asked:
        """The same, of orders of one SKU."""
        return replace(self, sku_id=sku_id, terms=[sku_id])

    def of_name(self, number: str, channel_numbers: list[str], keys: list[bytes], found: list[uuid.UUID]) -> Asked:
        """The same, of orders that a number or a customer's hashed name, e-mail or phone names."""
        values = {"channel_numbers": channel_numbers, "keys": keys}
        return replace(self, number=number, terms=found, values=values)

    def conditions(self, *, beside: Stream) -> dict[str, str]:
        """What each order `o` of a stream has to be held against: every filter that the stream does not hold itself."""
        found = {name: sql for name, sql in _CONDITIONS.items() if getattr(self, name) is not None}
        if self.held is False:
            found["held"] = f"NOT {_CONDITIONS['held']}"
        return {name: sql for name, sql in found.items() if name not in beside.holds}

    def bounds(self, at: str, order_id: str) -> str:
        """The part of a stream that a page is cut from."""
        parts = [f"({at}, {order_id}) < (:after_at, :after_id)"]
        parts += [f"{at} >= :since"] if self.since is not None else []
        return " AND ".join(parts)

    def params(self, after: tuple[datetime, uuid.UUID]) -> dict[str, Any]:
        """Every value that a stream or a condition may name.

        A page ends before `until` because it begins there: as a condition of its own, every order since would be walked past.
        """
        if self.until is not None:
            after = min(after, (self.until, _LEAST))
        lanes = list(product([self.status] if self.status else OPEN if self.held else ORDER.moves,
                             [self.fulfilment_status] if self.fulfilment_status else FULFILMENT_STATES))  # fmt: skip
        return {
            "after_at": after[0],
            "after_id": after[1],
            "since": self.since,
            "status": self.status,
            "fulfilment_status": self.fulfilment_status,
            "channel_id": self.channel_id,
            "customer_id": self.customer_id,
            "sku_id": self.sku_id,
            "number": self.number,
            "terms": list(self.terms),
            "lane_status": [status for status, _ in lanes],
            "lane_fulfilment": [fulfilment for _, fulfilment in lanes],
            "channel_numbers": [],
            "keys": [],
            **self.values,
        }


#: filter -> the condition on an order `o`
_CONDITIONS: dict[str, str] = {
    "status": "o.status = :status",
    "fulfilment_status": "o.fulfilment_status = :fulfilment_status",
    "channel_id": "o.channel_id = CAST(:channel_id AS uuid)",
    "customer_id": "o.customer_id = CAST(:customer_id AS uuid)",
    "sku_id": "EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.sku_id = CAST(:sku_id AS uuid))",
    "number": (
        "(o.number = :number OR o.channel_order_number = ANY(CAST(:channel_numbers AS text[]))"
        " OR o.email_hash = ANY(CAST(:keys AS bytea[])) OR o.phone_hash = ANY(CAST(:keys AS bytea[]))"
        " OR o.name_hash = ANY(CAST(:keys AS bytea[])))"
    ),
    "held": "EXISTS (SELECT 1 FROM hold h WHERE h.order_id = o.id AND h.released_at IS NULL)",
}


@dataclass(frozen=True, slots=True)
class Stream:
    """`holds` names the filters that every order of the stream fits; `sql` gives (received_at, id), at most `limit`."""

    name: str
    holds: frozenset[str]
    sql: Callable[[Asked, int], str]


def _all(asked: Asked, limit: int) -> str:
    return (
        f"SELECT o.received_at, o.id FROM orders o WHERE {asked.bounds('o.received_at', 'o.id')}"
        f" ORDER BY o.received_at DESC, o.id DESC LIMIT {limit}"
    )


def _lanes(asked: Asked, limit: int) -> str:
    """Every pair of states that fits is a range of one index; the newest of each are merged."""
    channel = "o.channel_id = CAST(:channel_id AS uuid) AND " if asked.channel_id is not None else ""
    return f"""
        SELECT x.received_at, x.id
        FROM unnest(CAST(:lane_status AS text[]), CAST(:lane_fulfilment AS text[])) AS lane(status, fulfilment)
        CROSS JOIN LATERAL (
            SELECT o.received_at, o.id FROM orders o
            WHERE {channel}o.status = lane.status AND o.fulfilment_status = lane.fulfilment
              AND {asked.bounds("o.received_at", "o.id")}
            ORDER BY o.received_at DESC, o.id DESC LIMIT {limit}) x
    """


def _termed(terms: str) -> Callable[[Asked, int], str]:
    def sql(asked: Asked, limit: int) -> str:
        return f"""
            SELECT x.received_at, x.id FROM unnest(CAST({terms} AS uuid[])) AS t(term) CROSS JOIN LATERAL (
                SELECT k.received_at, k.order_id AS id FROM order_term k
                WHERE k.term = t.term AND {asked.bounds("k.received_at", "k.order_id")}
                ORDER BY k.received_at DESC, k.order_id DESC LIMIT {limit}) x
        """

    return sql


def _named(asked: Asked, limit: int) -> str:
    own = (
        f"SELECT o.received_at, o.id FROM orders o WHERE o.number = :number AND {asked.bounds('o.received_at', 'o.id')}"
    )
    return f"SELECT DISTINCT n.received_at, n.id FROM ({_termed(':terms')(asked, limit)} UNION ALL {own}) n"


def _held(asked: Asked, limit: int) -> str:
    return (
        "SELECT DISTINCT o.received_at, o.id FROM hold h JOIN orders o ON o.id = h.order_id"
        f" WHERE h.released_at IS NULL AND {asked.bounds('o.received_at', 'o.id')}"
    )


ALL = Stream("all", frozenset(), _all)
STATES = Stream("states", frozenset({"status", "fulfilment_status", "channel_id"}), _lanes)
OPEN_STATES = Stream("open", frozenset({"status", "fulfilment_status", "channel_id"}), _lanes)
SKU = Stream("sku", frozenset(), _termed(":terms"))
NAMED = Stream("named", frozenset(), _named)
CUSTOMER = Stream("customer", frozenset(), _termed("ARRAY[CAST(:customer_id AS uuid)]"))
HELD = Stream("held", frozenset({"held"}), _held)


def fitting(asked: Asked, *, many_holds: bool) -> list[Stream]:
    """The streams that hold every order asked for; at least one.

    Terms stay when an order has them no more, so their streams are held against the order itself.
    """
    in_states = asked.status is not None or asked.fulfilment_status is not None or asked.channel_id is not None
    table = (
        (SKU, asked.sku_id is not None),
        (NAMED, asked.number is not None),
        (CUSTOMER, asked.customer_id is not None),
        (HELD, asked.held is True and not many_holds),
        # What is held is on its way: where many are, the open states hold them all.
        (OPEN_STATES, asked.held is True and many_holds and asked.status not in ENDED),
        (STATES, in_states and not (asked.held is True and asked.status not in ENDED)),
    )
    return [stream for stream, fits in table if fits] or [ALL]


def ordered(stream: Stream, asked: Asked, limit: int) -> str:
    """The newest orders of a stream."""
    return f"SELECT s.received_at, s.id FROM ({stream.sql(asked, limit)}) s ORDER BY s.received_at DESC, s.id DESC LIMIT {limit}"


def filtered(stream: Stream, asked: Asked, others: dict[str, str], *, examined: int, limit: int) -> str:
    """The newest of `examined` orders of a stream that fit the other filters too; then a row on how far it went."""
    return f"""
        WITH seen AS MATERIALIZED ({ordered(stream, asked, examined)}),
        fit AS (SELECT s.received_at, s.id FROM seen s JOIN orders o ON o.id = s.id
                WHERE {" AND ".join(others.values())} ORDER BY s.received_at DESC, s.id DESC LIMIT {limit}),
        told AS (SELECT 0 AS place, fit.received_at, fit.id, 0 AS examined FROM fit
                 UNION ALL
                 SELECT 1, l.received_at, l.id, (SELECT CAST(count(*) AS int) FROM seen)
                 FROM (SELECT 1) one LEFT JOIN (SELECT * FROM seen ORDER BY received_at, id LIMIT 1) l ON TRUE)
        SELECT received_at, id, examined FROM told ORDER BY place, received_at DESC, id DESC
    """
