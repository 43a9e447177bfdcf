"""One order from the web shop's signed webhook to the month's KPI, on real parts: docs/map.md as a test.

The application takes the messages, the workers' own code drains the queues, people act through the API, and
sandbox peers in processes of their own sell the label, fetch the parcel, tell of its scans and take the mails.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.signing import sign_standard
from oms import db
from oms.cli import main
from oms.clock import Month, local_day
from oms.invariants.check import check
from oms.journey import calendar_store, seal, steps
from oms.journey.steps import NewStep
from oms.kpi.report import month_report
from oms.settings import Settings
from oms.web import create_app
from tests.conftest import CleanDatabase
from tests.connectors.sandbox_peers import Peer, wait_until
from tests.factories.floor import carriers_come_in
from tests.factories.generic import order_json
from tests.factories.orders import make_channel
from tests.factories.packed import served_floor
from tests.factories.verification import make_price
from tests.factories.walk import Walk
from tests.web.caller import Caller
from tests.web.site import Site

SHOP_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NUMBER = "WEB-1001"


@pytest.fixture
def carrier(tmp_path: Path) -> Iterator[Peer]:
    peer = Peer("carrier", tmp_path / "carrier", "--speed", "50").start()
    yield peer
    peer.kill()


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Peer]:
    peer = Peer("mailbox", tmp_path / "mailbox", "--account", "shop@tea.example:x", "--password", "customers").start()
    yield peer
    peer.kill()


@pytest.fixture
def walk(clean_database: CleanDatabase, app_settings: Settings, carrier: Peer, mailbox: Peer) -> Walk:
    """A shop that signs its webhooks, and two goods on stock in a warehouse that the carrier serves."""
    settings = replace(app_settings, smtp_url=f"smtp://127.0.0.1:{mailbox.port('smtp_port')}")
    app = create_app(settings=settings, database=clean_database.database)
    site = Site(app, clean_database.database, settings)
    with site.transaction() as session:
        floor = served_floor(session, carrier.url)
        carriers_come_in(session, hours=8)
        make_channel(session, name="shop", secrets=[SHOP_SECRET])
        for sku in floor.skus:
            make_price(session, sku)
    return Walk(site, floor)


def test_one_order_from_webhook_to_kpi(
    walk: Walk, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    leg_1_the_shop_knocks(walk)
    legs_2_to_4_it_becomes_an_order_with_goods(walk)
    wave = leg_5_a_wave_is_planned(walk)
    leg_6_it_is_picked_checked_and_boxed(walk, wave)
    leg_7_it_is_booked_and_handed_over(walk)
    leg_8_it_is_delivered_and_closed(walk)
    leg_10_the_month_counts_it(walk)
    the_record_holds(walk)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert main(["trace", NUMBER]) == 0
    told = capsysbinary.readouterr().out.decode()
    assert walk.order()["number"] in told
    assert all(kind in told for kind in ("accept", "verify", "pick", "book", "hand_over", "deliver", "close"))


def leg_1_the_shop_knocks(walk: Walk) -> None:
    """Signed bytes are answered 202 and stored; the same bytes again are one message."""
    lines = [
        {"line_ref": str(at), "sku": sku.code, "name": "Tea", "qty": "1", "unit_price": "10.00"}
        for at, sku in enumerate(walk.floor.skus)
    ]
    body = json.dumps(order_json(NUMBER, lines=lines)).encode()
    now = datetime.now(UTC)
    headers = sign_standard(body, message_id="msg-1", at=now, secret=SHOP_SECRET)
    answers = [walk.site.app.test_client().post("/webhooks/shop", data=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 200]
    assert walk.steps() == {"accept": None}


def legs_2_to_4_it_becomes_an_order_with_goods(walk: Walk) -> None:
    """Verified by rule, in effect with its promise, its goods reserved."""
    walk.work()
    order, ended = walk.order(), walk.steps()
    assert (order["channel_order_id"], order["status"], order["holds"]) == (NUMBER, "in_fulfilment", [])
    expected = {"accept": "ordered", "verify": "passed", "confirm": "effective", "allocate": "allocated"}
    assert {kind: ended[kind] for kind in expected} == expected
    assert walk.one("SELECT sum(reserved) FROM stock") == 2


def leg_5_a_wave_is_planned(walk: Walk) -> dict[str, Any]:
    """A picker is free: the wave is planned now; returns it with its stops."""
    assert walk.picker.post("/waves/plan", {"warehouse": walk.floor.warehouse.code}).get_json() == {"planned": 1}
    walk.work()
    [wave] = walk.picker.items("/waves", status="released")
    found: dict[str, Any] = walk.picker.get(f"/waves/{wave['number']}").get_json()
    assert len(found["stops"]) == 2
    return found


def leg_6_it_is_picked_checked_and_boxed(walk: Walk, wave: dict[str, Any]) -> None:
    """One picks by scan, another checks by scan and closes the carton on the scale."""
    for stop in wave["stops"]:
        scan = {"wave_id": wave["id"], "bin_code": stop["bin"], "code": stop["barcode"], "qty": "1"}
        assert said(walk.picker, "/picks", scan) == "ok"
    part = wave["stops"][0]["fulfilment_id"]
    for stop in wave["stops"]:
        assert said(walk.packer, "/pack-checks", {"fulfilment_id": part, "code": stop["barcode"], "qty": "1"}) == "ok"
    boxes = {"boxes": [{"carton_code": "M", "weight_g": 120 + 2 * 300}]}
    assert walk.packer.post(f"/fulfilments/{part}/boxes", boxes).status_code == 201


def said(who: Caller, path: str, scan: dict[str, Any]) -> str:
    return str(who.post(path, scan | {"scan_id": str(uuid.uuid4())}).get_json()["answer"])


def leg_7_it_is_booked_and_handed_over(walk: Walk) -> None:
    """The carrier sells one label; both sign, the goods leave the stock, the carrier is told to come."""
    walk.work()
    assert walk.steps()["book"] == "booked"
    list_id = walk.one("SELECT hand_over_list_id FROM parcel")
    for side, signer in (("us", "Cleo"), ("carrier", "Driver 7")):
        signed = walk.clerk.post(f"/hand-over-lists/{list_id}/sign", {"side": side, "signer": signer})
        assert signed.status_code == 200, signed.get_data(as_text=True)
    walk.work()
    assert walk.steps()["pick_up"] == "told"
    assert walk.site.rows("SELECT sum(on_hand), sum(reserved) FROM stock") == [(Decimal(18), Decimal(0))]


def leg_8_it_is_delivered_and_closed(walk: Walk) -> None:
    """The carrier is asked for its scans until the parcel is at the door; the order closes."""
    wait_until(lambda: asked(walk) == "delivered", "the parcel is delivered")
    walk.work()
    ended = walk.steps()
    assert {kind: ended[kind] for kind in ("collect", "deliver", "close")} == {
        "collect": "collected",
        "deliver": "delivered",
        "close": "closed",
    }
    assert walk.order()["status"] == "closed"
    assert walk.site.rows("SELECT DISTINCT outcome FROM step WHERE kind = 'tell'") == [("sent",)]


def asked(walk: Walk) -> str | None:
    """Ask the carrier once, as the sweep does by the clock; how the delivery ended."""
    with walk.site.transaction() as session:
        steps.open_steps(session, [NewStep("track", walk.floor.carrier.id, key=str(db.new_id()))], now=db.now(session))
    walk.work()
    return walk.steps()["deliver"]


def leg_10_the_month_counts_it(walk: Walk) -> None:
    """Its steps were done in time, and it was shipped and delivered as promised."""
    number = walk.order()["number"]
    with walk.site.transaction() as session:
        now = db.now(session)
        today = local_day(now, calendar_store.zone_of(session))
        report = month_report(session, month=Month(today.year, today.month), now=now)
    on_time = report.company("on_time")
    assert number in {line.order_no for line in on_time.lines if line.of}
    assert (on_time.hit, on_time.rate) == (on_time.of, Decimal(100))


def the_record_holds(walk: Walk) -> None:
    """No invariant is broken; history is sealed and its chain holds."""
    with walk.site.transaction() as session:
        assert check(session) == []
        assert seal.seal(session) > 10
        verified = seal.verify(session)
    assert (verified.broken, verified.unsealed) == (None, 0)
