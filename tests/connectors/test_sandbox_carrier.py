"""The sandbox carrier and its connector: real HTTP, real process, real faults."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pypdf
import pytest
import zxingcpp

from connectors.base import Address, ConnectorError, Received, SignatureInvalid
from connectors.carriage import CarrierConfig, Parcel, TrackingEvent
from connectors.carriers.sandbox import STATUSES, SandboxCarrier, status
from connectors.registry import carrier_for
from tests.connectors.sandbox_peers import Letterbox, Peer, wait_until

SECRET = "whsec_c2FuZGJveC1jYXJyaWVyLXNlY3JldC0wMQ=="
SHANGHAI = Address(name="Dock 1", lines=("Dock Road 1",), city="上海市", region="上海市", country="CN")
BERLIN = Address(name="Ann Lee", lines=("Hauptstr. 5",), city="Berlin", postal_code="10115", country="DE")
WAY = ["pre_transit", "collected", "in_transit", "out_for_delivery", "delivered"]


def parcel(reference: str, **changes: object) -> Parcel:
    made = Parcel(
        reference, "standard", SHANGHAI, BERLIN, weight_g=1200, length_mm=300, width_mm=200, height_mm=100,
        value=Decimal("47.98"), currency="EUR",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def connector(peer: Peer, api_key: str = "sandbox-carrier-key") -> SandboxCarrier:
    made = carrier_for(CarrierConfig("carrier", "sandbox", peer.url, api_key, (SECRET,)))
    assert isinstance(made, SandboxCarrier)
    return made


def labels(peer: Peer) -> int:
    return int(peer.call("GET", "/v1/stats")["labels"])


@pytest.fixture(scope="module")
def peer(module_peer: Callable[..., Peer]) -> Peer:
    return module_peer("carrier", "--speed", "20", "--hang-s", "0.2")


def test_a_repeated_booking_gives_the_first_label(peer: Peer):
    before, carrier = labels(peer), connector(peer)
    first = carrier.book(parcel("REPEAT-1"))
    assert carrier.book(parcel("REPEAT-1")) == first == carrier.find("REPEAT-1")
    assert labels(peer) == before + 1


def test_twenty_bookings_of_one_reference_at_once_make_one_label(peer: Peer):
    before, carrier = labels(peer), connector(peer)
    with ThreadPoolExecutor(20) as threads:
        made = list(threads.map(carrier.book, [parcel("CROWD-1")] * 20))
    assert len({label.waybill_number for label in made}) == 1
    assert labels(peer) == before + 1


def test_labels_and_port_outlive_kill_9(start_peer: Callable[..., Peer]):
    peer = start_peer("carrier")
    label, url = connector(peer).book(parcel("KILLED-1")), peer.url
    peer.kill()
    peer.start()
    assert peer.url == url
    assert connector(peer).find("KILLED-1") == label
    assert connector(peer).book(parcel("KILLED-1")) == label
    assert labels(peer) == 1


@pytest.mark.parametrize("fault", ["after_commit_500", "after_commit_reset", "after_commit_timeout", "garbage"])
def test_a_label_whose_answer_was_lost_is_found_by_its_reference(peer: Peer, fault: str):
    before, carrier = labels(peer), connector(peer)
    peer.fault("book", fault)
    with pytest.raises(ConnectorError) as raised:
        carrier.book(parcel(f"LOST-{fault}"))
    assert not raised.value.permanent
    found = carrier.find(f"LOST-{fault}")
    assert found is not None
    assert carrier.book(parcel(f"LOST-{fault}")) == found
    assert labels(peer) == before + 1


@pytest.mark.parametrize("fault", ["timeout", "500", "503", "reset", "429"])
def test_a_booking_that_failed_left_no_label_and_may_be_tried_again(peer: Peer, fault: str):
    carrier = connector(peer)
    peer.fault("book", fault)
    with pytest.raises(ConnectorError) as raised:
        carrier.book(parcel(f"FAILED-{fault}"))
    assert not raised.value.permanent
    assert carrier.find(f"FAILED-{fault}") is None
    assert carrier.book(parcel(f"FAILED-{fault}")).waybill_number


def test_an_address_that_cannot_be_delivered_is_refused_for_good_with_its_field(peer: Peer):
    wrong = replace(BERLIN, postal_code="1011")
    with pytest.raises(ConnectorError, match=r"receiver\.postal_code.*DE: it has five digits") as raised:
        connector(peer).book(parcel("REFUSED-1", receiver=wrong))
    assert raised.value.permanent
    assert connector(peer).find("REFUSED-1") is None


def test_the_label_shows_the_waybill_as_a_barcode_that_scanners_read(peer: Peer):
    label = connector(peer).book(parcel("SCAN-1", receiver=replace(BERLIN, name="王小明^XZ")))
    page = pypdf.PdfReader(io.BytesIO(label.pdf)).pages[0]
    decoded = zxingcpp.read_barcodes(page.images[0].image)
    assert [code.text for code in decoded] == [label.waybill_number]
    assert (round(page.mediabox.width / 72), round(page.mediabox.height / 72)) == (4, 6)
    zpl = label.zpl.decode()
    assert f"^FD{label.waybill_number}^FS" in zpl
    assert zpl.count("^XZ") == 1


def test_faster_and_heavier_cost_more(peer: Peer):
    light = {rate.service: rate for rate in connector(peer).rate(parcel("-"))}
    heavy = {rate.service: rate for rate in connector(peer).rate(parcel("-", weight_g=25_000))}
    assert light["economy"].price < light["standard"].price < light["express"].price
    assert light["economy"].transit_days > light["express"].transit_days
    assert heavy["standard"].price > light["standard"].price
    assert "express" not in heavy


def test_a_wrong_api_key_is_refused_for_good(peer: Peer):
    with pytest.raises(ConnectorError) as raised:
        connector(peer, api_key="wrong-key").rate(parcel("-"))
    assert raised.value.permanent
    assert "wrong-key" not in str(raised.value)


def test_a_voided_booking_is_gone_and_its_reference_used_up(peer: Peer):
    carrier = connector(peer)
    label = carrier.book(parcel("VOID-1"))
    carrier.void(label.waybill_number)
    carrier.void(label.waybill_number)
    assert carrier.find("VOID-1") is None
    with pytest.raises(ConnectorError, match="new reference") as raised:
        carrier.book(parcel("VOID-1"))
    assert raised.value.permanent


def test_a_parcel_handed_over_twice_is_taken_once_and_cannot_be_voided(peer: Peer):
    carrier = connector(peer)
    label = carrier.book(parcel("HAND-1"))
    assert carrier.hand_over("LIST-1", [label.waybill_number, "SBX0"]) == {"SBX0": "unknown waybill"}
    assert carrier.hand_over("LIST-1", [label.waybill_number, "SBX0"]) == {"SBX0": "unknown waybill"}
    with pytest.raises(ConnectorError, match="handed over") as raised:
        carrier.void(label.waybill_number)
    assert raised.value.permanent


def test_parcels_go_on_after_kill_9_and_each_scan_comes_once(start_peer: Callable[..., Peer], letterbox: Letterbox):
    arguments = ("--webhook-url", letterbox.url + "/scans", "--secret", SECRET, "--speed", "4")
    peer = start_peer("carrier", *arguments)
    letterbox.refusals = 2
    carrier = connector(peer)
    number = carrier.book(parcel("MOVE-1")).waybill_number
    carrier.hand_over("LIST-2", [number])
    wait_until(lambda: len(carrier.track([number])) >= 2, "the first scan")
    peer.kill()
    peer.start()
    wait_until(lambda: carrier.track([number])[-1].status == "delivered", "the delivery")
    assert [event.status for event in carrier.track([number])] == WAY
    assert carrier.track([number])[-1].signed_by == "Ann Lee"
    wait_until(lambda: peer.call("GET", "/v1/stats")["webhooks_owed"] == 0, "all webhooks taken")
    told = {event.status for message in letterbox.messages() for event in verified(carrier, message)}
    assert told == set(WAY[1:])


def verified(carrier: SandboxCarrier, message: Received) -> list[TrackingEvent]:
    carrier.verify(message, secrets=(SECRET,), at=datetime.now(UTC))
    with pytest.raises(SignatureInvalid):
        carrier.verify(replace(message, body=message.body + b" "), secrets=(SECRET,), at=datetime.now(UTC))
    return list(carrier.parse_tracking(message))


def test_an_unknown_status_is_an_error_and_never_a_guess():
    assert set(STATUSES.values()) == {
        "pre_transit", "collected", "in_transit", "out_for_delivery", "available_for_pickup", "delivered", "delayed",
        "failed", "return_to_sender", "lost", "damaged", "unknown",
    }  # fmt: skip
    with pytest.raises(ConnectorError, match="not in our table") as raised:
        status("TELEPORTED")
    assert raised.value.permanent


def test_a_clean_stop_ends_with_exit_code_zero(start_peer: Callable[..., Peer]):
    assert start_peer("carrier").stop() == 0
