"""The floor's pages: picking by scan, shorts, packing, hand-over, goods in."""

from __future__ import annotations

import re
import uuid

import pytest

from oms import db
from oms.journey import holds
from oms.journey.holds import NewHold
from oms.supply.models import SupplyRequest
from tests.factories.day import Day, make_day
from tests.factories.orders import make_sku, make_warehouse
from tests.factories.packed import booked
from tests.web.site import post


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


def stops(site, day: Day):
    return site.rows(
        "SELECT t.id, t.stop, b.code AS bin, s.code AS sku, t.qty FROM pick_task t JOIN bin b ON b.id = t.bin_id "
        "JOIN sku s ON s.id = t.sku_id WHERE t.wave_id = :w AND t.fulfilment_id = :f ORDER BY t.stop",
        w=day.wave.id,
        f=day.to_pick.id,
    )


def scan(client, day: Day, stop, code: str, scan_id: str = ""):
    form = {"bin": stop.bin, "at": stop.stop, "code": code, "scan_id": scan_id or str(uuid.uuid4())}
    url = f"/pick/{day.wave.number}"
    return post(client, f"/pick/{day.wave.id}/scan", form, page=url)


def test_a_right_scan_goes_on_and_a_wrong_one_says_what_to_do(site, day):
    client, (first, second) = site.client("warehouse"), stops(site, day)
    assert "answer=wrong_bin" in scan(client, day, first, second.sku).location
    assert "answer=unknown_code" in scan(client, day, first, "nonsense").location
    right = scan(client, day, first, first.sku)
    assert "answer=ok" in right.location
    page = client.get(right.location).get_data(as_text=True)
    assert second.bin in page
    assert 'data-answer="ok"' in page


def test_the_same_scan_sent_twice_counts_once(site, day):
    client, (first, _) = site.client("warehouse"), stops(site, day)
    for _ in range(2):
        assert "answer=ok" in scan(client, day, first, first.sku, "device-1").location
    assert site.rows("SELECT qty_picked FROM pick_task WHERE id = :t", t=first.id) == [(1,)]


def test_the_bins_own_code_is_answered_and_counts_nothing(site, day):
    client, (first, second) = site.client("warehouse"), stops(site, day)
    assert "answer=bin_right" in scan(client, day, first, first.bin).location
    assert "answer=wrong_bin" in scan(client, day, first, second.bin).location
    assert site.rows("SELECT count(*) FROM scan WHERE stage = 'pick' AND fulfilment_id = :f", f=day.to_pick.id) == [
        (0,)
    ]


def test_a_short_stop_needs_its_reason_and_ends_the_list(site, day):
    client = site.client("warehouse")
    url = f"/pick/{day.wave.id}/short"
    refused = post(client, url, {"task": stops(site, day)[0].id, "reason": "lazy"}, page=f"/pick/{day.wave.number}")
    assert refused.status_code == 422
    for stop in stops(site, day):
        form = {"task": stop.id, "reason": "not_found"}
        assert post(client, url, form, page=f"/pick/{day.wave.number}").status_code == 303
    assert site.rows("SELECT status FROM wave WHERE id = :w", w=day.wave.id) == [("completed",)]
    assert "The list is done" in client.get(f"/pick/{day.wave.number}").get_data(as_text=True)


def test_who_finds_nothing_at_all_in_a_bin_ticks_it(site, day):
    client, (first, second) = site.client("warehouse"), stops(site, day)
    page = f"/pick/{day.wave.number}"
    assert "Nothing at all is left in this bin" in client.get(page).get_data(as_text=True)
    left = "SELECT on_hand - allotted FROM bin_stock b JOIN pick_task t USING (bin_id, sku_id) WHERE t.id = :t"
    for stop, ticked in ((first, {"bin_empty": "1"}), (second, {})):
        form = {"task": stop.id, "reason": "not_found", **ticked}
        assert post(client, f"/pick/{day.wave.id}/short", form, page=page).status_code == 303
    assert site.rows(left, t=first.id) == [(0,)]
    assert site.rows(left, t=second.id) > [(0,)]


def test_goods_by_weight_are_picked_and_checked_by_scan_alone_to_their_last_part(site, day):
    client, stop = site.client("warehouse"), stops(site, day)[0]
    site.rows("UPDATE pick_task SET qty = 1.5 WHERE id = :t RETURNING id", t=stop.id)
    site.rows("UPDATE bin_stock SET allotted = allotted + 0.5 WHERE allotted > 0 RETURNING bin_id")
    site.rows("UPDATE fulfilment_line SET qty = 1.5 WHERE fulfilment_id = :f RETURNING id", f=day.to_pick.id)
    for _ in range(2):
        assert "answer=ok" in scan(client, day, stop, stop.sku).location
    assert site.rows("SELECT qty_picked, status FROM pick_task WHERE id = :t", t=stop.id) == [(1.5, "picked")]
    url = f"/pack/{day.to_pack.id}"
    site.rows("UPDATE fulfilment_line SET qty_packed = 0.5 WHERE fulfilment_id = :f RETURNING id", f=day.to_pack.id)
    for sku in day.floor.skus:
        form = {"code": sku.code, "scan_id": str(uuid.uuid4())}
        assert "answer=ok" in post(client, f"{url}/check", form, page=url).location
    assert "Every piece is checked" in client.get(url).get_data(as_text=True)


def test_a_scan_on_the_phone_is_for_the_stop_that_it_shows(site, day):
    client, (first, _) = site.client("warehouse"), stops(site, day)
    site.rows("UPDATE pick_task SET status = 'picked', qty_picked = qty WHERE id = :t RETURNING id", t=first.id)
    site.rows(
        "INSERT INTO pick_task (id, wave_id, fulfilment_id, fulfilment_line_id, order_id, bin_id, sku_id, qty, qty_picked, "
        "stop, status) SELECT gen_random_uuid(), wave_id, fulfilment_id, fulfilment_line_id, order_id, bin_id, sku_id, qty, 0, "
        "9, 'pending' FROM pick_task WHERE id = :t RETURNING id",
        t=first.id,
    )
    assert "answer=too_many" in scan(client, day, first, first.sku).location


def test_a_checked_fulfilment_is_closed_in_the_carton_shown_and_a_wrong_weight_is_asked_about(site, day):
    client, url = site.client("warehouse"), f"/pack/{day.to_pack.id}"
    assert "Every piece is checked" in client.get(url).get_data(as_text=True)
    box = {"boxes.0.carton_code": "M", "boxes.0.weight_g": "5000"}
    alarm = post(client, f"{url}/close", box, page=url)
    assert alarm.status_code == 422
    assert "The weight is right because" in alarm.get_data(as_text=True)
    assert post(client, f"{url}/close", box | {"boxes.0.weight_g": "heavy"}, page=url).status_code == 422
    closed = post(client, f"{url}/close", box | {"boxes.0.weight_g": "720"}, page=url)
    assert closed.status_code == 303, closed.get_data(as_text=True)
    assert "Packing slip" in client.get(url).get_data(as_text=True)


def test_who_takes_one_more_carton_than_shown_names_what_is_in_it_and_the_first_holds_the_rest(site, day):
    client, url = site.client("warehouse"), f"/pack/{day.to_pack.id}"
    [(line,), (other,)] = site.rows(
        "SELECT id FROM fulfilment_line WHERE fulfilment_id = :f ORDER BY id", f=day.to_pack.id
    )
    assert f"boxes.1.qty.{line}" in client.get(url).get_data(as_text=True)
    box = {"boxes.0.carton_code": "M", "boxes.0.weight_g": "420", "boxes.1.carton_code": "M", "boxes.1.weight_g": "420"}
    refused = post(client, f"{url}/close", box | {f"boxes.1.qty.{line}": "5"}, page=url)
    assert (refused.status_code, "more than was checked" in refused.get_data(as_text=True)) == (422, True)
    closed = post(client, f"{url}/close", box | {f"boxes.1.qty.{line}": "1", f"boxes.1.qty.{other}": "0"}, page=url)
    assert closed.status_code == 303, closed.get_data(as_text=True)
    assert site.rows(
        "SELECT p.position, l.fulfilment_line_id, l.qty FROM parcel p JOIN parcel_line l ON l.parcel_id = p.id "
        "WHERE p.fulfilment_id = :f ORDER BY 1",
        f=day.to_pack.id,
    ) == [(0, other, 1), (1, line, 1)]


def test_what_is_too_heavy_for_every_carton_is_closed_in_its_own_packaging(site, day):
    client, url = site.client("warehouse"), f"/pack/{day.to_pack.id}"
    site.rows("UPDATE sku SET weight_g = 12000 RETURNING id")
    page = client.get(url).get_data(as_text=True)
    shown = dict(re.findall(r'name="(boxes[^"]+)"[^>]*? value="([^"]*)"', page))
    assert [shown[f"boxes.{place}.carton_code"] for place in (0, 1)] == ["OWN", "OWN"]
    weights = {f"boxes.{place}.weight_g": "12000" for place in (0, 1)}
    closed = post(client, f"{url}/close", shown | weights, page=url)
    assert closed.status_code == 303, closed.get_data(as_text=True)
    assert site.rows("SELECT count(*) FROM parcel WHERE fulfilment_id = :f", f=day.to_pack.id) == [(2,)]


def test_a_piece_too_many_at_the_packing_table_is_told(site, day):
    client, url = site.client("warehouse"), f"/pack/{day.to_pack.id}"
    form = {"code": day.floor.skus[0].code, "scan_id": "p-1"}
    assert "answer=too_many" in post(client, f"{url}/check", form, page=url).location


def test_both_sides_sign_the_hand_over_list_we_first(site, day):
    client, url = site.client("shipping_clerk"), f"/hand-over/{day.parcel.hand_over_list_id}"
    early = post(client, f"{url}/sign", {"side": "carrier", "signer": "Ma"}, page=url)
    assert early.status_code == 409
    assert post(client, f"{url}/sign", {"side": "us", "signer": ""}, page=url).status_code == 422
    for side in ("us", "carrier"):
        assert post(client, f"{url}/sign", {"side": side, "signer": "Ma"}, page=url).status_code == 303
    assert site.rows("SELECT count(*) FROM parcel WHERE handed_over_at IS NULL AND label_status = 'used'") == [(0,)]
    assert "Signed by both" in client.get(url).get_data(as_text=True)


def test_an_unknown_parcel_at_the_dock_is_told_on_the_page(site, day):
    answer = post(site.client("shipping_clerk"), "/hand-over/scan", {"code": "W-NONE"}, page="/hand-over")
    assert answer.status_code == 409
    assert "W-NONE" in answer.get_data(as_text=True)


def test_goods_are_booked_in_once_by_their_delivery_note(site, day):
    client, sku = site.client("warehouse"), day.floor.skus[0]
    [(bin_code, before)] = site.rows(
        "SELECT b.code, k.on_hand FROM bin_stock s JOIN bin b ON b.id = s.bin_id AND b.kind = 'pick' "
        "JOIN stock k ON k.sku_id = s.sku_id AND k.warehouse_id = s.warehouse_id WHERE s.sku_id = :s",
        s=sku.id,
    )
    form = {"warehouse": day.floor.warehouse.code, "note": "DN-1/1", "code": sku.code, "qty": "5", "bin": bin_code}
    for _ in range(2):
        assert post(client, "/receive", form, page="/receive").status_code == 303
    assert site.rows("SELECT on_hand FROM stock WHERE sku_id = :s", s=sku.id) == [(before + 5,)]
    wrong = post(client, "/receive", form | {"bin": "NOWHERE", "note": "DN-2"}, page="/receive")
    assert "There is no bin NOWHERE" in wrong.get_data(as_text=True)


def test_goods_are_received_only_into_bins_that_are_picked_from(site, day):
    form = {
        "warehouse": day.floor.warehouse.code,
        "note": "DN-1",
        "code": day.floor.skus[0].code,
        "qty": "5",
        "bin": "PACKING",
    }
    answer = post(site.client("warehouse"), "/receive", form, page="/receive")
    assert (answer.status_code, "nobody picks from PACKING" in answer.get_data(as_text=True)) == (422, True)


def test_a_set_is_received_by_its_parts_for_itself_is_never_promised(site, day):
    [(bin_code, code)] = site.rows(
        "UPDATE sku SET bundle = TRUE FROM bin_stock s JOIN bin b ON b.id = s.bin_id AND b.kind = 'pick' "
        "WHERE s.sku_id = sku.id AND sku.id = :s RETURNING b.code, sku.code",
        s=day.floor.skus[0].id,
    )
    form = {"warehouse": day.floor.warehouse.code, "note": "DN-1", "code": code, "qty": "5", "bin": bin_code}
    page = post(site.client("warehouse", language="zh_Hans"), "/receive", form, page="/receive")
    assert (page.status_code, f"{code} 是组合装" in page.get_data(as_text=True)) == (422, True)
    row = {"key": "DN-2", "warehouse": form["warehouse"], "sku": code, "bin": bin_code, "qty": "5"}
    answer = site.app.test_client().post("/api/v1/receipts", json={"receipts": [row]}, headers=site.key("warehouse"))
    assert "is a set" in answer.get_data(as_text=True)
    assert site.rows("SELECT count(*) FROM stock_move WHERE cause = 'receipt'") == [(0,)]


def test_what_a_house_awaits_is_shown_however_much_another_one_does(site, day):
    with site.transaction() as session:
        other = make_warehouse(session, code="ZZ-2")
        for n in range(53):
            sku, house = make_sku(session, code=f"AWAITED-{n}"), other if n else day.floor.warehouse
            number = f"PO-{n}"
            session.add(
                SupplyRequest(number=number, warehouse_id=house.id, sku_id=sku.id, qty=1, raised_at=db.now(session))
            )
    here = site.client("warehouse").get(f"/receive?warehouse={day.floor.warehouse.code}").get_data(as_text=True)
    assert ("AWAITED-0" in here, "AWAITED-1" in here) == (True, False)


def test_planning_now_with_nothing_to_plan_says_so(site, day):
    answer = post(site.client("warehouse"), "/waves/plan", {"warehouse": day.floor.warehouse.code}, page="/waves")
    assert "said=nothing_waits" in answer.location


def test_the_pages_of_the_floor_name_the_house_in_which_one_works(site, day):
    client = site.client("warehouse")
    assert ">Shenzhen<" in client.get("/receive").get_data(as_text=True)
    with site.transaction() as session:
        make_warehouse(session, code="ZZ-2", name_en="Second")
    for page in ("/receive", "/pick", "/pack", "/put-back"):
        shown = client.get(f"{page}?warehouse=ZZ-2").get_data(as_text=True)
        assert '<option value="ZZ-2" selected>' in shown, page


def test_who_signs_the_list_hears_which_parcels_stay_in_the_house(site, day):
    with site.transaction() as session:
        now = db.now(session)
        stopped = booked(session, day.floor, now)
        hold = NewHold(stopped.order_id, "change_requested", "order_manager", {"en": "x", "zh_Hans": "x"}, now)
        holds.place(session, [hold], by="system", now=now)
    client, url = site.client("shipping_clerk"), f"/hand-over/{stopped.hand_over_list_id}"
    signed = post(client, f"{url}/sign", {"side": "us", "signer": "Ma"}, page=url)
    assert f"Keep here, the order was stopped: {stopped.number}" in signed.get_data(as_text=True)
    assert site.rows("SELECT status FROM hand_over_list WHERE id = :l", l=stopped.hand_over_list_id) == [
        ("signed_by_us",)
    ]
    assert stopped.number not in client.get(url).get_data(as_text=True)


def test_the_list_that_both_sign_is_printed_from_its_page(site, day):
    client, url = site.client("shipping_clerk"), f"/hand-over/{day.parcel.hand_over_list_id}"
    [paper] = re.findall(r'href="(/api/[^"]+\.pdf)"', client.get(url).get_data(as_text=True))
    assert client.get(paper).data.startswith(b"%PDF-")


def test_a_receipt_that_came_before_is_told_as_one_whatever_code_was_scanned(site, day):
    client, sku = site.client("warehouse"), day.floor.skus[0]
    [(bin_code, before)] = site.rows(
        "SELECT b.code, s.on_hand FROM bin_stock s JOIN bin b ON b.id = s.bin_id AND b.kind = 'pick' WHERE s.sku_id = :s",
        s=sku.id,
    )
    site.rows("INSERT INTO barcode (code, sku_id, qty) VALUES ('6901234567892', :s, 1) RETURNING code", s=sku.id)
    form = {"warehouse": day.floor.warehouse.code, "note": "DN-9/1", "qty": "5", "bin": bin_code}
    said = [
        post(client, "/receive", form | {"code": code}, page="/receive").location
        for code in (sku.code, "6901234567892")
    ]
    assert ["said=received_before" in location for location in said] == [False, True]
    assert "nothing was added" in client.get(said[1]).get_data(as_text=True)
    assert site.rows("SELECT on_hand FROM bin_stock WHERE sku_id = :s ORDER BY on_hand DESC LIMIT 1", s=sku.id) == [
        (before + 5,)
    ]
