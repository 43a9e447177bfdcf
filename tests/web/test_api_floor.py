"""The floor through the API: plan, pick by scan, check by scan, close boxes, both sign (F-2, F-3, F-4)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from connectors.carriage import TrackingEvent as Scan
from oms import db
from oms.fulfilment import release, waves
from oms.journey import holds
from oms.journey.holds import NewHold
from oms.shipping import tracking
from oms.supply import backorders
from tests.factories.calls import intend
from tests.factories.floor import confirmed_order, released, run_kind
from tests.factories.packed import WEIGHT_G, booked, checked, handed_over, packed, served_floor
from tests.unit import papers
from tests.web.caller import distributor, fields, person


@pytest.fixture
def floor(api):
    """A floor with ten pieces of two SKUs, and those who work there."""
    with api.transaction() as session:
        api.floor = served_floor(session)
    api.hand, api.clerk = person(api, "warehouse"), person(api, "shipping_clerk")
    return api


@pytest.fixture
def wave(floor):
    """A released wave of one order with one piece of each SKU."""
    with floor.transaction() as session:
        floor.part = released(session, floor.floor, db.now(session))
    [listed] = floor.hand.items("/waves", warehouse=floor.floor.warehouse.code, status="released")
    floor.wave = floor.hand.get(f"/waves/{listed['number']}").get_json()
    return floor


def scan_of(wave, stop, **given):
    told = {
        "scan_id": str(uuid.uuid4()),
        "wave_id": wave["id"],
        "bin_code": stop["bin"],
        "code": stop["barcode"],
        "qty": "1",
    }
    return told | given


def test_waves_are_planned_when_a_picker_is_free(floor):
    with floor.transaction() as session:
        now = db.now(session)
        confirmed_order(session, floor.floor, now)
        run_kind(session, "allocate", backorders.allocate, now)
        run_kind(session, "release", release.release, now)
    code = floor.floor.warehouse.code
    assert floor.hand.post("/waves/plan", {"warehouse": code}).get_json() == {"planned": 1}
    with floor.transaction() as session:
        run_kind(session, "wave", waves.plan, db.now(session))
    assert len(floor.hand.items("/waves", warehouse=code)) == 1
    assert floor.hand.post("/waves/plan", {"warehouse": "NOWHERE"}).status_code == 404


def test_a_pick_list_tells_the_walk(wave):
    told = wave.wave
    assert [stop["stop"] for stop in told["stops"]] == [1, 2]
    assert told["length_mm"] >= told["optimum_mm"] > 0
    assert {stop["order_number"] for stop in told["stops"]} == {wave.rows("SELECT number FROM orders")[0][0]}


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_a_pick_list_can_be_printed(wave, language):
    answer = wave.hand.get(f"/waves/{wave.wave['id']}/pick-list.pdf", language=language)
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")


def printed(wave):
    """The text of the printed list."""
    answer = wave.hand.get(f"/waves/{wave.wave['id']}/pick-list.pdf", language="en")
    return "".join(papers.text_of(answer.data))


def test_a_list_is_printed_with_what_is_still_to_be_taken_and_at_its_end_with_what_was(wave):
    first, second = wave.wave["stops"]
    assert [stop["sku"] in printed(wave) for stop in (first, second)] == [True, True]
    wave.hand.post("/picks", scan_of(wave.wave, first))
    assert [stop["sku"] in printed(wave) for stop in (first, second)] == [False, True]
    wave.hand.post("/picks/short", {"task_id": second["task_id"], "reason": "not_found"})
    assert [stop["sku"] in printed(wave) for stop in (first, second)] == [True, False]


def test_a_list_is_printed_by_the_clock_of_its_house(wave):
    at = datetime.fromisoformat(wave.wave["cut_off_at"]).astimezone(ZoneInfo("Pacific/Kiritimati"))
    assert f"{at:%H:%M}" not in printed(wave)
    wave.rows("UPDATE warehouse SET zone = 'Pacific/Kiritimati' RETURNING id")
    assert f"{at:%H:%M}" in printed(wave)


def test_the_stops_of_a_stopped_order_are_on_no_paper(wave):
    with wave.transaction() as session:
        now = db.now(session)
        hold = NewHold(wave.part.order_id, "change_requested", "manager", {"en": "x", "zh_Hans": "x"}, now)
        holds.place(session, [hold], by="staff:anna", now=now)
    assert [stop["sku"] in printed(wave) for stop in wave.wave["stops"]] == [False, False]


def test_scans_pick_the_list_and_end_it(wave):
    told = [wave.hand.post("/picks", scan_of(wave.wave, stop)).get_json() for stop in wave.wave["stops"]]
    assert [(t["answer"], t["left"]) for t in told] == [("ok", "0")] * 2
    assert [(t["fulfilment_picked"], t["wave_completed"]) for t in told] == [(False, False), (True, True)]
    assert wave.rows("SELECT finished_by, outcome FROM step WHERE kind = 'pick'") == [(wave.hand.login, "picked")]


def test_a_scan_sent_twice_counts_once(wave):
    scan = scan_of(wave.wave, wave.wave["stops"][0])
    first, again = (wave.hand.post("/picks", scan) for _ in range(2))
    assert (first.get_json()["answer"], again.get_json()["answer"]) == ("ok", "ok")
    assert wave.rows("SELECT sum(qty_picked) FROM pick_task") == [(1,)]


def test_a_wrong_scan_is_answered_in_the_pickers_language(wave):
    picker = person(wave, "warehouse", language="zh_Hans")
    told = picker.post("/picks", scan_of(wave.wave, wave.wave["stops"][0], bin_code="Z-99")).get_json()
    assert (told["answer"], told["message"]) == ("wrong_bin", "库位不符：请核对拣货单上的库位。")
    unknown = wave.hand.post("/picks", scan_of(wave.wave, wave.wave["stops"][0], code="4006381333931")).get_json()
    assert (unknown["answer"], unknown["message"][:20]) == ("unknown_code", "Nobody knows this co")


def test_a_short_stop_needs_its_reason(wave):
    stop = wave.wave["stops"][0]
    assert "reason" in fields(wave.hand.post("/picks/short", {"task_id": stop["task_id"], "reason": "tired"}))
    told = wave.hand.post(
        "/picks/short", {"task_id": stop["task_id"], "reason": "not_found", "bin_empty": True}
    ).get_json()
    assert told == {"fulfilment_id": str(wave.part.id), "settled": False}
    assert wave.rows("SELECT sum(qty_backordered) FROM order_line") == [(1,)]


def test_those_who_do_not_pick_scan_nothing(wave):
    assert person(wave, "finance").post("/picks", scan_of(wave.wave, wave.wave["stops"][0])).status_code == 403
    assert fields(wave.hand.post("/picks", {"wave_id": "7"})).keys() >= {"wave_id", "scan_id", "code", "qty"}


def test_a_fulfilment_at_the_table_suggests_its_carton(floor):
    with floor.transaction() as session:
        part = checked(session, floor.floor, db.now(session))
    told = floor.hand.get(f"/fulfilments/{part.number}").get_json()
    assert [(line["qty_packed"], line["left"]) for line in told["lines"]] == [("1", "0")] * 2
    assert [one["carton_code"] for one in told["suggestion"]["cartons"]] == ["M"]
    assert told["suggestion"]["cartons"][0]["weight_g"] == WEIGHT_G


def test_pieces_are_checked_by_scan(wave):
    for stop in wave.wave["stops"]:
        wave.hand.post("/picks", scan_of(wave.wave, stop))
    told = [
        wave.hand.post("/pack-checks", {"scan_id": code, "fulfilment_id": str(wave.part.id), "code": code, "qty": "1"})
        for code in (stop["barcode"] for stop in wave.wave["stops"])
    ]
    assert [answer.get_json()["checked"] for answer in told] == [False, True]


def test_a_piece_that_is_missing_at_the_table_is_sought_again(floor):
    with floor.transaction() as session:
        part = checked(session, floor.floor, db.now(session))
    url, [line, _] = f"/fulfilments/{part.id}", floor.hand.get(f"/fulfilments/{part.number}").get_json()["lines"]
    gone = {"line_id": line["id"], "qty": "1", "reason": "missing"}
    assert "reason" in fields(floor.hand.post(f"{url}/missing", gone | {"reason": "tired"}))
    told = [floor.hand.post(f"{url}/missing", gone, key="gone-1").get_json()["status"] for _ in range(2)]
    assert told == ["short", "short"]
    running = "SELECT kind FROM step WHERE subject_id = :f AND state = 'open' AND performer = 'system'"
    assert floor.rows(running, f=part.id) == [("short_pick",)]
    assert person(floor, "finance").post(f"{url}/missing", gone).status_code == 403


def test_closing_a_box_makes_a_parcel_with_its_slip(floor):
    with floor.transaction() as session:
        part = checked(session, floor.floor, db.now(session))
    boxes = {"boxes": [{"carton_code": "M", "weight_g": WEIGHT_G}]}
    answer = floor.hand.post(f"/fulfilments/{part.id}/boxes", boxes, key="box-1")
    assert answer.status_code == 201, answer.get_data(as_text=True)
    [parcel] = answer.get_json()["parcels"]
    assert floor.hand.post(f"/fulfilments/{part.id}/boxes", boxes, key="box-1").get_json()["parcels"] == [parcel]
    slip = floor.hand.get(f"/fulfilments/{part.number}/packing-slip.pdf")
    assert (slip.content_type, slip.data[:5]) == ("application/pdf", b"%PDF-")


def test_a_box_that_weighs_too_much_needs_a_reason(floor):
    with floor.transaction() as session:
        part = checked(session, floor.floor, db.now(session))
    boxes = {"boxes": [{"carton_code": "M", "weight_g": WEIGHT_G * 3}]}
    assert list(fields(floor.hand.post(f"/fulfilments/{part.id}/boxes", boxes))) == ["boxes.0.weight_g"]
    told = floor.hand.post(f"/fulfilments/{part.id}/boxes", boxes | {"override_reason": "gift wrapped"})
    assert told.status_code == 201


def test_a_label_is_read_as_the_carrier_drew_it_and_voided_on_request(floor):
    with floor.transaction() as session:
        parcel = booked(session, floor.floor, db.now(session))
    assert floor.clerk.get(f"/parcels/{parcel.waybill_number}/label.pdf").data == b"%PDF-" + parcel.id.bytes
    assert floor.clerk.get(f"/parcels/{parcel.number}/label.zpl").data == b"^XA^XZ"
    asked = floor.clerk.post(f"/parcels/{parcel.id}/void", {"reason": "wrong address"})
    assert (asked.status_code, asked.get_json()["label_status"]) == (202, "void_requested")
    assert floor.rows("SELECT state FROM step WHERE kind = 'void_label'") == [("open",)]
    assert floor.clerk.get(f"/parcels/{parcel.id}/label.pdf").status_code == 409


def test_a_parcel_without_a_label_has_none_to_show_or_void(floor):
    with floor.transaction() as session:
        parcel = packed(session, floor.floor, db.now(session))
    assert floor.clerk.get(f"/parcels/{parcel.id}/label.pdf").status_code == 409
    assert floor.clerk.post(f"/parcels/{parcel.id}/void", {"reason": "x"}).status_code == 409
    assert floor.clerk.post(f"/parcels/{parcel.id}/mend", {"service": "express"}).status_code == 409


def test_a_label_that_is_just_being_bought_cannot_be_taken_back_yet(floor):
    with floor.transaction() as session:
        now = db.now(session)
        parcel = packed(session, floor.floor, now)
        intend(session, key=f"book:{parcel.reference}", subject_id=parcel.id, now=now)
    assert floor.clerk.post(f"/parcels/{parcel.id}/void", {"reason": "x"}).status_code == 409
    assert floor.rows("SELECT count(*) FROM step WHERE kind = 'void_label'") == [(0,)]


def test_both_sign_the_list_and_the_goods_leave(floor):
    with floor.transaction() as session:
        parcel = booked(session, floor.floor, db.now(session))
    [listed] = floor.clerk.items("/hand-over-lists", status="open", warehouse=floor.floor.warehouse.code)
    assert floor.clerk.get(f"/hand-over-lists/{listed['id']}.pdf").data.startswith(b"%PDF-")
    path = f"/hand-over-lists/{listed['id']}/sign"
    assert floor.clerk.post(path, {"side": "carrier", "signer": "Driver 7"}).status_code == 409
    assert floor.clerk.post(path, {"side": "us", "signer": "Cleo"}).get_json()["status"] == "signed_by_us"
    gone = floor.clerk.post(path, {"side": "carrier", "signer": "Driver 7"}).get_json()
    assert (gone["status"], gone["left"]) == ("handed_over", [str(parcel.id)])
    told = floor.clerk.get(f"/hand-over-lists/{listed['number']}").get_json()
    assert [one["number"] for one in told["parcels"]] == [parcel.number]


def test_a_parcel_left_behind_joins_the_next_list_by_scan(floor):
    with floor.transaction() as session:
        parcel = booked(session, floor.floor, db.now(session))
    assert floor.clerk.post(f"/parcels/{parcel.id}/leave-behind", {"reason": "no room"}).status_code == 200
    assert floor.rows("SELECT hand_over_list_id FROM parcel") == [(None,)]
    assert (
        floor.clerk.post("/hand-over-lists/scan", {"code": parcel.waybill_number}).get_json()["number"] == parcel.number
    )
    assert floor.rows("SELECT count(*) FROM parcel WHERE hand_over_list_id IS NOT NULL") == [(1,)]


def test_a_distributor_sees_the_parcels_of_its_own_orders(floor):
    with floor.transaction() as session:
        parcel = booked(session, floor.floor, db.now(session))
    [(channel_id,)] = floor.rows("SELECT channel_id FROM orders")
    assert distributor(floor, channel_id).get(f"/parcels/{parcel.number}").status_code == 200
    assert distributor(floor, uuid.uuid4()).get(f"/parcels/{parcel.number}").status_code == 404


def test_a_scan_that_is_dated_before_its_label_shows_both_times(floor):
    with floor.transaction() as session:
        now = db.now(session)
        parcel = handed_over(session, floor.floor, now)
        scan = Scan(str(parcel.waybill_number), "collected", "PU", datetime(1970, 1, 1, tzinfo=UTC))
        tracking.record_events(session, carrier_id=parcel.carrier_id, events=[scan], way="poll", now=now)
    [told] = floor.clerk.get(f"/parcels/{parcel.number}").get_json()["scans"]
    assert (told["at"], told["counts_at"]) == ("1970-01-01T00:00:00+00:00", told["received_at"])
    page = floor.client("shipping_clerk", language="zh_Hans").get(f"/parcels/{parcel.number}").get_data(as_text=True)
    assert "承运商标注日期为 1970-01-01，早于面单生成。" in page


def test_a_case_is_settled_with_what_became_of_the_parcel(floor):
    with floor.transaction() as session:
        now = db.now(session)
        parcels = [handed_over(session, floor.floor, now) for _ in range(2)]
        for parcel in parcels:
            scan = Scan(str(parcel.waybill_number), "lost", "LOST", now)
            tracking.record_events(session, carrier_id=parcel.carrier_id, events=[scan], way="poll", now=now)
        first, second = (str(parcel.id) for parcel in parcels)
    case = {step["subject_id"]: step["id"] for step in floor.clerk.items("/steps", kind="track_case")}
    found = {"finding": "The hub burnt down.", "undelivered_as": "lost"}
    assert floor.clerk.post(f"/parcels/{first}/cases/{case[second]}/settle", found).status_code == 409
    asked = floor.clerk.post(f"/parcels/{first}/cases/{case[first]}/settle", found | {"undelivered_as": "stolen"})
    assert (asked.status_code, list(fields(asked))) == (422, ["undelivered_as"])
    settled = floor.clerk.post(f"/parcels/{first}/cases/{case[first]}/settle", found).get_json()
    assert (settled["undelivered_as"], settled["delivered_at"]) == ("lost", None)
    assert settled["undelivered_at"]
    goes_on = floor.clerk.post(f"/parcels/{second}/cases/{case[second]}/settle", {"finding": "found again"}).get_json()
    assert goes_on["undelivered_as"] is None
    assert floor.hand.post(f"/parcels/{first}/cases/{case[first]}/settle", found).status_code == 403
