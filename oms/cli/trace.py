"""`oms trace`: the ten-leg walk of one real order: what was due when, who did it, how it ended, what it left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import db, installation, numbers
from oms.aftersales import order_walk
from oms.aftersales.order_walk import WALK, Mark, Stop
from oms.cli.arguments import Parser, write
from oms.errors import NotFound
from oms.journey import calendar_store
from oms.orders import terms
from oms.orders.models import Order, OrderTerm

MOST = 20


def run(argv: Sequence[str]) -> int:
    """Print an order's walk; 0 when it was found, 1 when no order has that number."""
    parser = Parser(prog="oms trace", description=run.__doc__)
    parser.add_argument("number", metavar="ORDER-NO", help="our number as typed or spoken, or the channel's own")
    args = parser.parse_args(argv)
    with installation.opened(os.environ) as session:
        for order in find(session, number=args.number):
            write("\n".join(lines(session, order=order)))
    return 0


def find(session: Session, *, number: str) -> Sequence[Order]:
    """The order of our number, else those of a channel's; NotFound."""
    typed = number.strip()
    own = Order.number == numbers.written(typed)
    theirs = [typed, f"#{typed}"]
    named = Order.id.in_(select(OrderTerm.order_id).where(OrderTerm.term.in_([terms.of_number(n) for n in theirs])))
    for condition in (own, named & Order.channel_order_number.in_(theirs), Order.channel_order_id == typed):
        found = session.scalars(select(Order).where(condition).order_by(Order.received_at).limit(MOST)).all()
        if found:
            return found
    hint = "" if numbers.is_valid(typed) else " (its check digit does not hold, if it was meant to be one of ours)"
    raise NotFound(f"no order has the number {typed[:60]}{hint}")


def lines(session: Session, *, order: Order) -> Iterator[str]:
    """The walk of one order as text."""
    now, zone = db.now(session), calendar_store.zone_of(session)
    stops = order_walk.stops(session, order_id=order.id, now=now)
    marks = order_walk.marks(session, order_id=order.id)
    yield (
        f"{order.number}  {order.source} {order.channel_order_number}  {order.status}, {order.fulfilment_status}, "
        f"payment {order.payment_status}, round {order.round}"
    )
    legs = order_walk.by_leg(stops)
    for leg in WALK:
        yield f"{leg.number:>2} {leg.name}  [{leg.where}]"
        for stop in legs.get(leg.number, ()):
            yield _stop(stop, zone, now)
        for mark in marks:
            if mark.leg == leg.number:
                yield _mark(mark, zone)


def _stop(stop: Stop, zone: ZoneInfo, now: datetime) -> str:
    end = _at(stop.finished_at, zone) if stop.finished_at else stop.state
    late = "  LATE" if stop.late(now) else ""
    paused = f"  paused {stop.pauses}x" if stop.pauses else ""
    error = f"  ({stop.error})" if stop.error and stop.state in ("open", "parked") else ""
    outcome = stop.outcome or "-"
    opened, due = _at(stop.opened_at, zone), _at(stop.due_at, zone)
    return f"     {stop.kind:<15} {opened}  due {due}  {end:<14}  {stop.who:<18} {outcome}{late}{paused}{error}"


def _mark(mark: Mark, zone: ZoneInfo) -> str:
    return f"       · {_at(mark.at, zone)}  {mark.what}"


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%m-%d %H:%M:%S}"
