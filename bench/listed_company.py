"""The company whose lists are read: eight channels of unequal size, orders in every state, and what is rare."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench import growth_customers, growth_seed
from bench.goods import Company, company, order_json
from bench.ground import Ground
from oms import db, settings
from oms.accounts import api_keys, sessions, staff
from oms.accounts.staff import NewStaff
from oms.aftersales import asking
from oms.orders.browsing import Key, Wanted
from oms.parties.models import Channel
from oms.web import create_app
from oms.web.api.paging import encode
from workers import bindings

#: A SKU in every second order, and one that was sold once.
HALF, ONCE = "SKU-0000", "SKU-ONCE"
HELD = 3
#: Orders of the seed, by channel: the first has half of them.
SHARES = (200, 80, 40, 30, 20, 15, 10, 5)


def seed(made: Ground, shares: Sequence[int] = SHARES) -> Company:
    """Orders through the services: delivered and closed, cancelled, refused, and at every stage before."""
    with made.database.transaction() as session:
        seeded = company(session)
        secret = {"source": "generic", "way": "web_shop", "secrets": ["x" * 32], "currency": "CNY", "settings": {}}
        channels = [Channel(name=f"shop-{n}", **secret) for n in range(1, len(shares))]
        session.add_all(channels)
        session.flush()
        ids = [seeded.channel_id, *(channel.id for channel in channels)]
    bindings.handlers("inside")
    start = 1
    for channel_id, share in zip(ids, shares, strict=True):
        growth_seed.received(made, channel_id, [_order(start + n, seeded.sku_codes) for n in range(share)])
        start += share
    growth_seed.complete(made, seeded, range(10_000_000, 10_000_010))
    for stage in range(7):
        for channel_id in ids[:4]:
            growth_seed.received(made, channel_id, [_order(start + n, seeded.sku_codes, stage) for n in range(3)])
            start += 3
        growth_seed.work(made, *("accept", "verify", "confirm", "allocate", "release", "wave")[:stage])
    _cancel(made)
    return seeded


def _order(number: int, codes: Sequence[str], stage: int = 9) -> dict[str, Any]:
    """Every second order has the SKU that half of them have; one of nine at the first stages is wrong and is held."""
    order = order_json(number, [code for code in codes if code != HALF])
    if number % 2:
        order["lines"][0]["sku"] = HALF
    if stage == 2 and number % 3 == 0:
        order["lines"][0]["unit_price"] = "0.01"
    return order


def _cancel(made: Ground) -> None:
    """A twentieth of what was not yet released is called off by its customer."""
    with made.database.transaction() as session:
        now = db.now(session)
        found = session.execute(
            text("SELECT id FROM orders WHERE status = 'confirmed' AND released_at IS NULL ORDER BY id LIMIT 6")
        )
        for order_id in found.scalars().all():
            asked = {"kind": "cancellation", "reason": "customer", "actor": "staff:bench", "now": now}
            change = asking.request_change(session, order_id=order_id, **asked)
            asking.decide(session, change_id=change, approve=True, reason="customer", actor="staff:other", now=now)
    growth_seed.work(made, "apply_change")


def make_rare(made: Ground) -> None:
    """Three orders of long ago still held; one SKU on one order only; both deep in the past."""
    with made.database.transaction() as session:
        deep = text("SELECT id FROM orders ORDER BY received_at, id OFFSET 1000 LIMIT :most")
        ids = list(session.execute(deep, {"most": HELD + 1}).scalars())
        session.execute(text("DELETE FROM hold"))
        session.execute(
            text("""INSERT INTO hold (id, order_id, reason, detail_key, explanation, owner, pause_reason, placed_at, placed_by, due_at)
                    SELECT gen_random_uuid(), i, 'review', '', '{}', 'order_manager', 'ours', now(), 'bench', now()
                    FROM unnest(CAST(:ids AS uuid[])) AS i"""),
            {"ids": ids[:HELD]},
        )
        sku_id = db.new_id()
        session.execute(
            text("INSERT INTO sku SELECT CAST(:id AS uuid), :code, " + _SKU_REST + " FROM sku LIMIT 1"),
            {"id": sku_id, "code": ONCE},
        )
        session.execute(
            text("UPDATE order_line SET sku_id = :sku WHERE order_id = :id AND position = 0"),
            {"sku": sku_id, "id": ids[HELD]},
        )
        session.execute(
            text("INSERT INTO order_term SELECT CAST(:sku AS uuid), received_at, id FROM orders WHERE id = :id"),
            {"sku": sku_id, "id": ids[HELD]},
        )


_SKU_REST = (
    "name_en, name_zh, unit, weight_g, length_mm, width_mm, height_mm, this_side_up, lead_days, bundle, custom, discontinued,"
    " blocked_reason, forbidden_countries, supplier_id, active"
)


def filters(made: Ground) -> dict[str, Wanted]:
    """Every filter that the list offers, alone and together, common and rare."""
    with made.database.transaction() as session:
        newest = session.execute(text("SELECT max(received_at) FROM orders")).scalar_one()
        customers = session.execute(
            text("""
            SELECT customer_id, count(*) FROM orders WHERE customer_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 1""")
        )
        large = customers.one().customer_id
        number = session.execute(text("SELECT number FROM orders ORDER BY received_at OFFSET 500 LIMIT 1")).scalar_one()
    year = timedelta(days=365)
    common, email = growth_customers.name_of(0), growth_customers.email_of(0)
    alone = {
        "all": Wanted(),
        "closed": Wanted(status="closed"),
        "awaiting": Wanted(status="awaiting_confirmation"),
        "cancelled": Wanted(status="cancelled"),
        "in_fulfilment": Wanted(status="in_fulfilment"),
        "delivered": Wanted(fulfilment_status="delivered"),
        "unfulfilled": Wanted(fulfilment_status="unfulfilled"),
        "backordered (none)": Wanted(fulfilment_status="backordered"),
        "channel": Wanted(channel="bench"),
        "small channel": Wanted(channel="shop-7"),
        "held (3)": Wanted(held=True),
        "not held": Wanted(held=False),
        "sku in half": Wanted(term=HALF),
        "sku once": Wanted(term=ONCE),
        "number": Wanted(term=number),
        "large customer": Wanted(customer_id=large),
        "e-mail": Wanted(term=email),
        "common name": Wanted(term=common),
        "unknown name": Wanted(term="Nobody Here"),
        "a year ago": Wanted(until=newest - year),
        "one day": Wanted(since=newest - year, until=newest - year + timedelta(days=1)),
    }
    return alone | _together(large, newest - year)


def _together(large: uuid.UUID, past: datetime) -> dict[str, Wanted]:
    common = growth_customers.name_of(0)
    return {
        "closed, delivered": Wanted(status="closed", fulfilment_status="delivered"),
        "closed, cancelled (none)": Wanted(status="closed", fulfilment_status="cancelled"),
        "cancelled, sku in half": Wanted(status="cancelled", term=HALF),
        "cancelled, common name": Wanted(status="cancelled", term=common),
        "awaiting, large customer": Wanted(status="awaiting_confirmation", customer_id=large),
        "channel, sku in half": Wanted(channel="shop-7", term=HALF),
        "channel, held": Wanted(channel="bench", held=True),
        "channel, cancelled, a year ago": Wanted(channel="bench", status="cancelled", until=past),
        "closed, not held, sku in half, channel": Wanted(status="closed", held=False, term=HALF, channel="shop-1"),
    }


@dataclass(frozen=True, slots=True)
class Site:
    """The application, and who calls it."""

    app: Flask
    key: str
    cookie: str

    def page(self, kind: str, wanted: Wanted, after: Key | None) -> Callable[[], bytes]:
        """A request for one page as `html` or through the `api`, ready to be made."""
        given = {
            "status": wanted.status, "channel": wanted.channel, "q": wanted.term,
            "held": None if wanted.held is None else ("yes", "no") if kind == "html" else ("true", "false"),
            "fulfilment" if kind == "html" else "fulfilment_status": wanted.fulfilment_status,
            "after" if kind == "html" else "cursor": encode(after) if after else None,
        }  # fmt: skip
        if wanted.held is not None:
            given["held"] = {
                ("html", True): "yes",
                ("html", False): "no",
                ("api", True): "true",
                ("api", False): "false",
            }[kind, wanted.held]
        if kind == "api":
            moments = {"from": wanted.since, "to": wanted.until}
            given |= {name: at.isoformat() for name, at in moments.items() if at}
            given |= {"customer_id": str(wanted.customer_id)} if wanted.customer_id else {}
        query = {name: value for name, value in given.items() if value is not None}
        headers = {"Cookie": self.cookie} if kind == "html" else {"Authorization": f"Bearer {self.key}"}
        path = "/orders" if kind == "html" else "/api/v1/orders"
        environ = EnvironBuilder(path, query_string=query, headers=headers).get_environ()

        def make() -> bytes:
            body, status, _ = run_wsgi_app(self.app.wsgi_app, dict(environ), buffered=True)
            text_ = b"".join(body)
            if not status.startswith("200"):
                raise SystemExit(f"{path} {query}: {status} {text_[:300]!r}")
            return text_

        return make

    def get(self, path: str, query: str) -> bytes:
        """A page, or what the API answers."""
        headers = {"Authorization": f"Bearer {self.key}"} if path.startswith("/api/") else {"Cookie": self.cookie}
        environ = EnvironBuilder(path, query_string=query, headers=headers).get_environ()
        body, status, _ = run_wsgi_app(self.app.wsgi_app, environ, buffered=True)
        found = b"".join(body)
        if not status.startswith("200"):
            raise SystemExit(f"{path}?{query}: {status} {found[:300]!r}")
        return found


def site(made: Ground) -> Site:
    """The application on that database, a key for its API and a session for its pages."""
    app = create_app(settings=settings.load(made.environment), database=made.database)
    with made.database.transaction() as session:
        now = db.now(session)
        new = NewStaff("reader", "Reader", ["order_manager"], secrets.token_hex(16))
        [staff_id] = staff.create(session, new=[new], environment="production", actor="bench", now=now).values()
        key = api_keys.create(
            session, name="reader", roles=["order_manager"], staff_id=staff_id, actor="bench", now=now
        ).key
        token = sessions.start(session, staff_id=staff_id, now=now)
    https = settings.load(made.environment).base_url.startswith("https://")
    return Site(app, key, f"{'__Host-oms' if https else 'oms'}-session={token}")
