"""The list of orders by any filters at once, on any page, at a cost that does not grow with the orders.

A page walks one stream of orders that an index gives newest first: all, those of a status, of a term, the held ones.
Where several filters are set, the rarest of their streams is walked and each order in it is held against the others.
See docs/decisions/0022-lists-walk-the-rarest-stream.md.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.orm import Session

from oms import numbers
from oms.catalog.models import Sku
from oms.journey.models import Hold
from oms.orders import streams, terms
from oms.orders.models import Order
from oms.orders.streams import Asked, Stream
from oms.parties.models import Channel
from oms.parties.search_terms import COUNTRY, hashes
from oms.rows import among

Key = tuple[datetime, uuid.UUID]

_FIRST: Key = (datetime(9999, 1, 1, tzinfo=UTC), uuid.UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders a list shows. `channel_id`: the only channel that the caller may see.

    `term`: our number, the channel's number, a SKU, or the customer's exact name, e-mail or phone.
    """

    status: str | None = None
    channel: str | None = None
    fulfilment_status: str | None = None
    held: bool | None = None
    term: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    customer_id: uuid.UUID | None = None
    channel_id: uuid.UUID | None = None
    country: str = COUNTRY


@dataclass(frozen=True, slots=True)
class Listed:
    """One page; `next` is where the following one begins, None at the end.

    A page may hold fewer orders than asked for, even none, and yet have a next one: where two filters leave very few
    of many orders, a page ends after a thousand of them were looked at.
    """

    rows: Sequence[Any]
    next: Key | None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a page looks before it ends."""

    #: so many orders of a stream are held against the other filters: first about a page, then so many more
    examined: tuple[int, ...] = (64, 250, 700)
    #: streams that end within so many orders are walked to their end
    short: int = 250
    #: so many standing holds are read with their orders; beyond, the open orders are walked
    many_holds: int = 1000


USUAL = Reach()

_HELD = (
    select(func.array_agg(Hold.reason))
    .where(Hold.order_id == Order.id, Hold.released_at.is_(None))
    .correlate(Order)
    .scalar_subquery()
)

_COLUMNS = (
    Order.id,
    Order.number,
    Order.channel_order_number,
    Order.source,
    Order.received_at,
    Order.placed_at,
    Order.status,
    Order.payment_status,
    Order.confirmation,
    Order.fulfilment_status,
    Order.return_status,
    Order.order_class,
    Order.currency,
    Order.total,
    Order.lines_total,
    Order.discount,
    Order.shipping,
    Order.fees,
    Order.tax,
    Order.tax_included,
    Order.contact,
    Order.ship_country,
    Order.ship_region,
    Order.ship_city,
    Order.promised_ship_at,
    Order.promised_deliver_at,
    Channel.name.label("channel"),
    func.coalesce(_HELD, []).label("held"),
)


def listed(session: Session, *, wanted: Wanted, limit: int, after: Key | None = None, reach: Reach = USUAL) -> Listed:
    """Orders, newest first, from after a key (received_at, id), at most `limit`: two to nine statements."""
    asked = _asked(session, wanted)
    if asked is None:
        return Listed((), None)
    stream, is_short = _stream(session, asked, after or _FIRST, reach)
    keys, further = _walk(
        session, asked, stream, limit + 1, after or _FIRST, (reach.short + 1,) if is_short else reach.examined
    )
    shown = keys[:limit]
    if len(keys) > limit:
        further = shown[-1]
    return Listed(_rows(session, [key[1] for key in shown]), further)


def _asked(session: Session, wanted: Wanted) -> Asked | None:
    """The filters with their names looked up; None where they can fit no order."""
    channel_id = wanted.channel_id
    if wanted.channel is not None:
        named = session.execute(select(Channel.id).where(Channel.name == wanted.channel)).scalar_one_or_none()
        if named is None or channel_id not in (None, named):
            return None
        channel_id = named
    if wanted.since is not None and wanted.until is not None and wanted.since >= wanted.until:
        return None
    asked = Asked(
        status=wanted.status,
        fulfilment_status=wanted.fulfilment_status,
        channel_id=channel_id,
        customer_id=wanted.customer_id,
        held=wanted.held,
        since=wanted.since,
        until=wanted.until,
    )
    return _named(session, asked, wanted) if wanted.term else asked


def _named(session: Session, asked: Asked, wanted: Wanted) -> Asked:
    """A SKU's orders, else those that carry the term as a number or belong to the customer it names."""
    term = (wanted.term or "").strip()
    sku_id = session.execute(select(Sku.id).where(Sku.code == term)).scalar_one_or_none()
    if sku_id is not None:
        return asked.of_sku(sku_id)
    keys = hashes(term, country=wanted.country)
    channel_numbers = [term, f"#{term}"]
    found = [*map(terms.of_number, channel_numbers), *map(terms.of_hash, keys)]
    return asked.of_name(numbers.written(term), channel_numbers, keys, found)


def _stream(session: Session, asked: Asked, after: Key, reach: Reach) -> tuple[Stream, bool]:
    """The stream to walk, and whether it is known to end within a few hundred orders: the rarest of those that fit."""
    fitting = streams.fitting(asked, many_holds=asked.held is True and _many_holds(session, reach.many_holds))
    if len(fitting) == 1:
        return fitting[0], False
    probes = " UNION ALL ".join(
        f"SELECT {place} AS place, (SELECT p.received_at FROM ({stream.sql(asked, reach.short + 1)}) p"
        f" ORDER BY p.received_at DESC OFFSET {reach.short} LIMIT 1) AS at"
        for place, stream in enumerate(fitting)
    )
    ends = session.execute(_text(probes), asked.params(after)).all()
    # One that ends at once, else the one whose 250th order is the oldest.
    rarest = min(ends, key=lambda row: (row.at is not None, row.at or datetime.min.replace(tzinfo=UTC)))
    return fitting[rarest.place], rarest.at is None


def _many_holds(session: Session, many: int) -> bool:
    counted = text(f"SELECT count(*) FROM (SELECT 1 FROM hold WHERE released_at IS NULL LIMIT {many + 1}) h")
    return int(session.execute(counted).scalar_one()) > many


def _walk(
    session: Session, asked: Asked, stream: Stream, limit: int, after: Key, steps: Sequence[int]
) -> tuple[list[Key], Key | None]:
    """The keys of the orders that fit, and from where to go on when the walk ended before the stream did."""
    others = asked.conditions(beside=stream)
    if not others:
        rows = session.execute(_text(streams.ordered(stream, asked, limit)), asked.params(after)).all()
        return [(row.received_at, row.id) for row in rows], None
    keys: list[Key] = []
    for examined in steps:
        sql = streams.filtered(stream, asked, others, examined=examined, limit=limit - len(keys))
        *fit, last = session.execute(_text(sql), asked.params(after)).all()
        keys += [(row.received_at, row.id) for row in fit]
        if len(keys) == limit or last.examined < examined:
            return keys, None
        after = (last.received_at, last.id)
    return keys, after


def _rows(session: Session, ids: Sequence[uuid.UUID]) -> Sequence[Any]:
    if not ids:
        return ()
    statement = select(*_COLUMNS).join(Channel, Channel.id == Order.channel_id).where(among(Order.id, ids))
    return session.execute(statement.order_by(Order.received_at.desc(), Order.id.desc())).all()


def _text(sql: str) -> TextClause:
    return text(sql)
