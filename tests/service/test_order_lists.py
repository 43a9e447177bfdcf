"""The list of orders by any filters at once gives what a plain reading of all orders gives, page by page."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.journey import holds
from oms.journey.holds import NewHold
from oms.orders import browsing, terms
from oms.orders.browsing import USUAL, Reach, Wanted
from oms.orders.models import Order, OrderLine
from oms.parties.matching import index_of
from tests.factories.orders import AT, make_channel, make_order, make_sku

STATES = (
    ("received", "unfulfilled"), ("confirmed", "scheduled"), ("in_fulfilment", "shipped"), ("closed", "delivered"),
    ("cancelled", "cancelled"),
)  # fmt: skip
Fits = Callable[[Order], bool]


class Shop:
    """Sixty orders of two channels in five states; some held, some of the one SKU, some Li Lei's."""

    def __init__(self, session: Session) -> None:
        dice = random.Random(7)
        self.channels = [make_channel(session, name=name) for name in ("one", "two")]
        self.sku = make_sku(session, code="SKU-Q")
        self.other = make_sku(session, code="SKU-R")
        self.orders: list[Order] = []
        for n in range(60):
            status, fulfilment = dice.choice(STATES)
            sku = self.sku if n % 3 == 0 else self.other
            self.orders.append(
                make_order(
                    session,
                    channel_id=self.channels[n % 4 == 0].id,
                    received_at=AT + timedelta(minutes=n // 2),
                    status=status,
                    fulfilment_status=fulfilment,
                    name_hash=index_of("Li Lei" if n % 5 else "Han Mei"),
                    lines=[{"qty": Decimal(1), "sku_id": sku.id}],
                )
            )
        self.held = {order.id for order in self.orders if order.status == "received" and dice.random() < 0.5}
        new = [NewHold(i, "fraud", "order_manager", {"en": "x"}, AT) for i in sorted(self.held)]
        holds.place(session, new, by="meg", now=AT)
        self.of_sku = {order.id for n, order in enumerate(self.orders) if n % 3 == 0}
        self.li_lei = {order.id for n, order in enumerate(self.orders) if n % 5}


@pytest.fixture
def shop(session: Session) -> Shop:
    return Shop(session)


def choices(shop: Shop) -> dict[str, list[tuple[dict[str, Any], Fits]]]:
    one, since, until = shop.channels[0], AT + timedelta(minutes=10), AT + timedelta(minutes=20)
    nothing: tuple[dict[str, Any], Fits] = ({}, lambda order: True)
    return {
        "status": [nothing, ({"status": "closed"}, lambda o: o.status == "closed"),
                   ({"status": "received"}, lambda o: o.status == "received")],
        "fulfilment": [nothing, ({"fulfilment_status": "cancelled"}, lambda o: o.fulfilment_status == "cancelled")],
        "channel": [nothing, ({"channel": "one"}, lambda o: o.channel_id == one.id),
                    ({"channel_id": one.id}, lambda o: o.channel_id == one.id)],
        "held": [nothing, ({"held": True}, lambda o: o.id in shop.held), ({"held": False}, lambda o: o.id not in shop.held)],
        "term": [nothing, ({"term": "SKU-Q"}, lambda o: o.id in shop.of_sku),
                 ({"term": "li  lei"}, lambda o: o.id in shop.li_lei)],
        "since": [nothing, ({"since": since}, lambda o: o.received_at >= since)],
        "until": [nothing, ({"until": until}, lambda o: o.received_at < until)],
    }  # fmt: skip


def walked(session: Session, wanted: Wanted, *, limit: int, reach: Reach = USUAL) -> list[Any]:
    """Every page after another."""
    found, after = [], None
    while True:
        page = browsing.listed(session, wanted=wanted, limit=limit, after=after, reach=reach)
        assert len(page.rows) <= limit
        found += [row.id for row in page.rows]
        if page.next is None:
            return found
        after = page.next


@pytest.mark.parametrize("reach", [USUAL, Reach((2, 3), 1, 2)], ids=["usual", "tiny"])
def test_any_filters_together_give_what_reading_all_orders_gives(session: Session, shop: Shop, reach: Reach):
    newest = sorted(shop.orders, key=lambda order: (order.received_at, order.id), reverse=True)
    combinations = list(itertools.product(*choices(shop).values()))
    for chosen in random.Random(3).sample(combinations, 60):
        wanted = Wanted(**{name: value for given, _ in chosen for name, value in given.items()})
        expected = [order.id for order in newest if all(fits(order) for _, fits in chosen)]
        assert walked(session, wanted, limit=4, reach=reach) == expected, wanted


def test_a_term_that_an_order_has_no_more_does_not_find_it(session: Session, shop: Shop):
    order = next(order for order in shop.orders if order.id in shop.of_sku)
    line = session.query(OrderLine).filter_by(order_id=order.id).one()
    line.sku_id = shop.other.id
    session.flush()
    terms.keep_changed(session, order_ids=[order.id])
    assert order.id not in walked(session, Wanted(term="SKU-Q"), limit=50)
    assert order.id in walked(session, Wanted(term="SKU-R"), limit=50)
