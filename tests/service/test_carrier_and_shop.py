"""The parcel's way with real peers: the channel re-read before the label, pick-up, scans by poll, the channel told."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors import registry
from connectors.base import ChannelConfig
from oms import db
from oms.intake.fates import element
from oms.intake.models import InboundMessage
from oms.journey import steps
from oms.journey.steps import NewStep
from oms.orders.models import Order
from oms.settings import Settings
from oms.shipping.models import Parcel, TrackingEvent
from tests.conftest import CleanDatabase
from tests.connectors.sandbox_peers import Peer, wait_until
from tests.factories.carrier_house import House
from tests.factories.orders import make_channel
from tests.factories.packed import packed, served_floor

TOKEN, SECRET = "shop-token", "c2hvcC1zZWNyZXQtb2YtdGhlLXRlc3Rz"


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    peer = Peer("carrier", tmp_path_factory.mktemp("carrier"), "--speed", "20", "--hang-s", "0.2").start()
    yield peer
    peer.kill()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    channel = ("--channel", "myshop", "generic", SECRET, TOKEN)
    peer = Peer(
        "shop", tmp_path_factory.mktemp("shop"), "--oms-url", "http://127.0.0.1:1", *channel, "--hang-s", "0.2"
    ).start()
    yield peer
    peer.kill()


@pytest.fixture
def house(clean_database: CleanDatabase, app_settings: Settings, carrier: Peer) -> House:
    carrier.call("DELETE", "/v1/faults")
    return House(clean_database.database, app_settings, carrier)


def placed(shop: Peer) -> str:
    order = {
        "currency": "CNY",
        "customer": {"name": "Li Lei", "email": "li.lei@example.com"},
        "ship_to": {"name": "Li Lei", "lines": ["科技园路1号"], "city": "深圳市", "region": "广东省", "country": "CN"},
        "lines": [{"sku": "TEA", "name": "Tea cup", "qty": "1", "unit_price": "10.00"}] * 2,
    }
    key = str(uuid.uuid4())
    answer = shop.call(
        "POST", "/admin/place", {"channel": "myshop", "key": key, "order": order, "webhook": "drop"}, expect=201
    )
    return str(answer["channel_order_id"])


def packed_of(house: House, shop: Peer, channel_order_id: str) -> uuid.UUID:
    """A packed parcel of the shop's order, known here exactly as the shop tells it now."""
    settings = {"token": TOKEN}
    config = ChannelConfig("myshop", "generic", (SECRET,), f"{shop.url}/myshop", settings)
    channel: Any = registry.channel_for(config)
    [(order, shape)] = registry.read(config, channel.read(channel_order_id))
    known = {"version": order.version, "content_hash": element(order, shape).content_hash}
    with house.database.transaction() as session:
        row = make_channel(session, name="myshop", base_url=config.base_url, settings=settings)
        now = db.now(session)
        floor = served_floor(session, house.carrier.url)
        return packed(session, floor, now, channel_id=row.id, channel_order_id=channel_order_id, **known).id


def test_an_order_that_stands_at_its_channel_as_we_know_it_is_booked(house: House, shop: Peer) -> None:
    packed_of(house, shop, placed(shop))
    house.run("book")
    assert house.parcel().label_status == "purchased"
    assert house.all(InboundMessage) == []


def test_an_order_cancelled_at_its_channel_gets_no_label_and_the_news_go_through_the_inbox(
    house: House, shop: Peer
) -> None:
    number, before = placed(shop), house.labels()
    packed_of(house, shop, number)
    shop.call("POST", "/admin/cancel", {"channel": "myshop", "channel_order_id": number, "webhook": "drop"})
    house.run("book")
    assert (house.labels(), house.step("book", last=False).outcome) == (before, "stopped")
    assert (house.step("accept").state, len(house.all(InboundMessage))) == ("open", 1)
    again = house.step("book")
    assert (again.round, again.state) == (1, "open")


def test_a_booking_waits_while_the_change_is_being_decided_and_goes_on_when_it_is_declined(
    house: House, shop: Peer
) -> None:
    number, before = placed(shop), house.labels()
    packed_of(house, shop, number)
    shop.call("POST", "/admin/cancel", {"channel": "myshop", "channel_order_id": number, "webhook": "drop"})
    house.run("book")
    house.run("accept")
    for _ in range(2):
        house.run("book")
    assert (house.labels(), len(house.all(InboundMessage))) == (before, 1)
    house.change("UPDATE change_request SET status = 'declined'")
    house.run("book")
    assert (house.labels(), house.parcel().label_status) == (before + 1, "purchased")


def test_a_shop_that_does_not_answer_keeps_the_label_waiting(house: House, shop: Peer) -> None:
    before = house.labels()
    packed_of(house, shop, placed(shop))
    shop.fault("read", "503", times=9)
    house.run("book")
    assert (house.step("book").state, house.labels()) == ("open", before)
    shop.call("DELETE", "/v1/faults")
    house.run("book")
    assert house.labels() == before + 1


# ------------------------------------------------------------------ from the hand-over to the door


def on_its_way(house: House, parcel_id: uuid.UUID) -> None:
    house.run("book")
    house.sign(parcel_id)
    house.run("pick_up")


def delivered(house: House) -> None:
    """Let the carrier deliver, then ask it."""
    waybill = house.parcel().waybill_number
    is_there = lambda: "DELIVERED" in str(house.carrier.call("GET", f"/v1/tracking?numbers={waybill}"))  # noqa: E731
    wait_until(is_there, "delivered")
    track(house)


def track(house: House) -> None:
    with house.database.transaction() as session:
        parcel = session.query(Parcel).one()
        new = NewStep("track", parcel.carrier_id, key=str(uuid.uuid4()), due_at=db.now(session) + timedelta(hours=1))
        steps.open_steps(session, [new], now=db.now(session))
    house.run("track")


def test_a_parcel_goes_from_booking_to_the_closed_order(house: House) -> None:
    on_its_way(house, house.packed())
    assert house.step("pick_up").outcome == "told"
    delivered(house)
    assert (house.step("collect").outcome, house.step("deliver").outcome) == ("collected", "delivered")
    parcel = house.parcel()
    assert house.step("deliver").finished_at == parcel.delivered_at
    assert parcel.collected_at is not None
    house.run("close")
    assert [order.status for order in house.all(Order)] == ["closed"]


def test_polling_again_finds_nothing_new(house: House) -> None:
    on_its_way(house, house.packed())
    delivered(house)
    scans = len(house.all(TrackingEvent))
    house.change("UPDATE parcel SET tracking_status = 'in_transit'")
    track(house)
    assert scans == len(house.all(TrackingEvent)) == 5


def test_a_hand_over_told_twice_is_one_hand_over(house: House) -> None:
    parcel_id = house.packed()
    house.run("book")
    house.sign(parcel_id)
    house.carrier.fault("pickup", "after_commit_500")
    house.run("pick_up")
    assert house.step("pick_up").state == "open"
    house.run("pick_up")
    assert (house.step("pick_up").outcome, house.step("pick_up").error) == ("told", None)


def test_a_parcel_that_the_carrier_did_not_take_is_a_case(house: House) -> None:
    parcel_id = house.packed()
    house.run("book")
    waybill = house.parcel().waybill_number
    house.carrier.call("POST", "/v1/pickups", {"reference": f"OTHER-{waybill}", "waybill_numbers": [waybill]})
    house.sign(parcel_id)
    house.run("pick_up")
    assert house.step("track_case").state == "open"
    assert "already taken" in str(house.step("pick_up").error)


def test_the_shop_hears_of_each_parcel_once_collected_and_delivered(house: House, shop: Peer) -> None:
    number = placed(shop)
    on_its_way(house, packed_of(house, shop, number))
    delivered(house)
    shop.fault("ship", "after_commit_500")
    house.run("tell_channel")
    waits = house.step("tell_channel")
    assert (waits.round, waits.state, waits.attempt) == (1, "open", 0)
    assert waits.error == "what came before is told first"
    house.run("tell_channel")
    orders = shop.call("GET", "/admin/orders?channel=myshop")["orders"]
    [shipment] = next(o for o in orders if o["channel_order_id"] == number)["shipments"]
    assert (shipment["status"], shipment["tracking_number"]) == ("delivered", house.parcel().waybill_number)
    assert [step.outcome for step in (house.step("tell_channel", last=False), house.step("tell_channel"))] == [
        "told",
        "told",
    ]


def test_a_channel_that_cannot_be_told_is_not_told(house: House) -> None:
    on_its_way(house, house.packed())
    delivered(house)
    house.run("tell_channel")
    assert house.step("tell_channel").outcome == "not_told"
