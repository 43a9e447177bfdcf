"""What stands before the first order of the sweep: a warehouse, a shop, a carrier, people with keys, one order placed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from connectors.base import ChannelConfig
from connectors.registry import channel_for
from oms.db import Database, make_engine
from tests.factories.floor import Floor, carriers_come_in
from tests.factories.orders import make_channel
from tests.factories.packed import served_floor
from tests.factories.verification import make_price
from tests.torture.sweep_house import SHOP, SHOP_SECRET, SHOP_TOKEN, Seed
from tests.torture.sweep_lane import Lane
from tests.torture.sweep_verdict import CUSTOMER
from tests.web.caller import person
from tests.web.site import Site

#: A wave has its hour by the database's clock, which goes on while business time is turned back to where a leg begins: an hour that
#: strikes in the middle of a sweep would give the later runs another end than the untouched life. A complete one takes hours.
CARRIER_COMES_IN_H = 12
ROLES = ("warehouse", "warehouse.2", "shipping_clerk", "customer_service", "quality_inspector", "finance")


def seed(lane: Lane) -> None:
    """Fill the lane's empty house; the order is placed at the real shop, whose webhook the sweep posts itself."""
    made = lane.child(lambda: _fill(lane))
    assert made.fault is None, made.fault
    lane.seed = Seed(made.answer["warehouse"], made.answer["carrier"], made.answer["carrier_id"], made.answer["keys"])
    lane.placed = _place(lane, made.answer["skus"])


def _fill(lane: Lane) -> dict[str, Any]:
    site = Site(lane.app, Database(make_engine(lane.database_url)), lane.settings)
    with site.transaction() as session:
        floor = stocked(session, lane.address("carrier"))
        make_channel(
            session,
            name=SHOP,
            secrets=[SHOP_SECRET],
            settings={"token": SHOP_TOKEN},
            base_url=f"{lane.address('shop')}/{SHOP}",
        )
        told = {
            "warehouse": floor.warehouse.code,
            "carrier": floor.carrier.name,
            "carrier_id": str(floor.carrier.id),
            "skus": [sku.code for sku in floor.skus],
        }
    return told | {"keys": {role: person(site, role.partition(".")[0]).headers for role in ROLES}}


def stocked(session: Session, carrier_url: str) -> Floor:
    """Goods with prices in a warehouse whose waves all wait for a picker's wish, as long as the sweep runs."""
    floor = served_floor(session, carrier_url)
    carriers_come_in(session, hours=CARRIER_COMES_IN_H)
    for sku in floor.skus:
        make_price(session, sku)
    return floor


def _place(lane: Lane, skus: list[str]) -> dict[str, Any]:
    """A customer buys one piece of each; the shop's own words about it are what its webhook says."""
    shop = lane.peers["shop"]
    address = {
        "name": "Li Lei", "lines": ["科技园路1号"], "district": "南山区", "city": "深圳市", "region": "广东省",
        "postal_code": "518000", "country": "CN",
    }  # fmt: skip
    order = {
        "currency": "CNY",
        "customer": {"name": "Li Lei", "email": CUSTOMER, "phone": "+8613800138000"},
        "ship_to": address,
        "lines": [{"sku": sku, "name": "Tea", "qty": "1", "unit_price": "10.00"} for sku in skus],
        "totals": {"shipping": "0.00", "tax_included": True, "tax": "0.00"},
        "payment": {"terms": "prepaid", "status": "paid"},
        "buyer_message": None,
    }
    placed = shop.call("POST", "/admin/place", {"channel": SHOP, "key": "first", "webhook": "drop", "order": order})
    config = ChannelConfig(SHOP, "generic", (SHOP_SECRET,), f"{shop.url}/{SHOP}", {"token": SHOP_TOKEN})
    found: Any = channel_for(config)
    return {"body": found.read(placed["channel_order_id"]).body.decode(), "line_ref": placed["line_refs"][0]}
