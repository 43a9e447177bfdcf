"""Where carriers knock: signed scans are stored once and followed; the real carrier posts to the real application."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.signing import sign_standard
from oms import db
from oms.journey.models import Step
from oms.shipping.models import Parcel, TrackingEvent
from tests.connectors.sandbox_peers import Peer, wait_until
from tests.factories.carrier_house import House
from tests.factories.packed import SECRET, handed_over, served_floor
from tests.web.served import serving


@pytest.fixture
def parcel(site) -> Parcel:
    """A parcel of carrier `sandbox` that has left the house."""
    with site.transaction() as session:
        floor = served_floor(session)
        floor.carrier.name = "sandbox"
        return handed_over(session, floor, db.now(session))


def body(parcel: Parcel, word: str = "PICKED_UP", at: str = "2026-11-20T08:00:00+00:00") -> bytes:
    data = {"waybill_number": parcel.waybill_number, "status": word, "at": at, "place": "Hub"}
    return json.dumps({"type": "tracking.updated", "data": data}).encode()


def knock(site, content: bytes, *, secret: str = SECRET, name: str = "sandbox", ago: timedelta = timedelta(0)) -> Any:
    headers = sign_standard(content, message_id=str(uuid.uuid4()), secret=secret, at=datetime.now(UTC) - ago)
    return site.app.test_client().post(f"/webhooks/carrier/{name}", data=content, headers=dict(headers))


def test_a_signed_scan_is_stored_and_ends_its_step_before_it_is_answered(site, parcel):
    assert knock(site, body(parcel)).status_code == 202
    [event] = site.rows("SELECT status, way FROM tracking_event")
    [collect] = site.rows(f"SELECT outcome FROM step WHERE kind = 'collect' AND subject_id = '{parcel.fulfilment_id}'")
    assert (tuple(event), tuple(collect)) == (("collected", "webhook"), ("collected",))


def test_a_repeat_is_answered_2xx_and_changes_nothing(site, parcel):
    knock(site, body(parcel))
    assert knock(site, body(parcel)).status_code == 200
    assert site.rows("SELECT count(*) FROM tracking_event") == [(1,)]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"secret": "whsec_b3RoZXItc2VjcmV0LW9mLXNvbWVvbmU="}, 401),
        ({"ago": timedelta(hours=1)}, 401),
        ({"name": "nobody"}, 404),
    ],
)
def test_who_is_not_the_carrier_changes_nothing(site, parcel, given, status):
    assert knock(site, body(parcel), **given).status_code == status
    assert site.rows("SELECT count(*) FROM tracking_event") == [(0,)]


def test_a_body_over_the_limit_is_refused_before_it_is_read(site, parcel):
    assert knock(site, b"x" * (site.settings.body_limit + 1)).status_code == 413


@pytest.mark.parametrize(
    "content", [b"no json", b'{"type": "tracking.updated", "data": {"status": "TELEPORTED"}}', b'{"type": "x"}']
)
def test_what_cannot_be_understood_is_answered_2xx_and_changes_nothing(site, parcel, content):
    assert knock(site, content).status_code == 200
    assert site.rows("SELECT count(*) FROM tracking_event") == [(0,)]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_beyond_the_calendar_is_not_understood(site, parcel, at):
    answer = knock(site, body(parcel, at=at))
    assert (answer.status_code, answer.get_json()) == (200, {"status": "not_understood"})
    assert site.rows("SELECT count(*) FROM tracking_event") == [(0,)]


@pytest.mark.parametrize("at", ["0001-01-02T00:00:00+00:00", "9999-12-30T23:59:59+00:00"])
def test_a_moment_at_the_edge_of_the_calendar_breaks_nothing(site, parcel, at):
    assert knock(site, body(parcel, "DELIVERED", at=at)).status_code in (200, 202)
    assert knock(site, body(parcel)).status_code == 202


def test_a_scan_of_a_parcel_that_is_not_ours_is_answered_2xx(site, parcel):
    stranger = Parcel(waybill_number="SBX999999999")
    assert knock(site, body(stranger)).status_code == 200


@pytest.fixture
def served(site) -> Iterator[str]:
    """The application on a real port."""
    with serving(site.app) as url:
        yield url


def test_the_real_carrier_tells_the_whole_way_to_the_door(site, served, tmp_path):
    hook = ("--webhook-url", f"{served}/webhooks/carrier/sandbox", "--secret", SECRET)
    carrier = Peer("carrier", tmp_path / "carrier", "--speed", "20", *hook).start()
    try:
        house = House(site.database, site.settings, carrier)
        parcel_id = house.packed()
        house.change("UPDATE carrier SET name = 'sandbox'")
        house.run("book")
        house.sign(parcel_id)
        house.run("pick_up")
        wait_until(lambda: house.parcel().delivered_at is not None, "delivered by webhook")
        wait_until(lambda: len(house.all(TrackingEvent)) >= 4, "every scan")
    finally:
        carrier.kill()
    assert {
        s.kind: s.outcome
        for s in house.all(Step)
        if s.subject_type == "fulfilment" and s.kind in ("collect", "deliver")
    } == {
        "collect": "collected",
        "deliver": "delivered",
    }
