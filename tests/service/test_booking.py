"""Booking against the real sandbox carrier: one label whatever goes wrong, refusals mended, orphans taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from oms import db
from oms.documents.models import Document
from oms.effects import Effect
from oms.errors import Conflict, InputInvalid
from oms.fulfilment.models import Fulfilment
from oms.invariants.check import check
from oms.journey import holds, steps
from oms.journey.holds import NewHold
from oms.journey.models import Step
from oms.settings import Settings
from oms.shipping import mending, voiding
from oms.shipping.mending import Remedy
from oms.shipping.models import HandOverList
from tests.conftest import CleanDatabase
from tests.connectors.sandbox_peers import Peer
from tests.factories.carrier_house import House
from workers import outside
from workers.booking import BOOK


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    folder: Path = tmp_path_factory.mktemp("carrier")
    peer = Peer("carrier", folder, "--speed", "20", "--hang-s", "0.2").start()
    yield peer
    peer.kill()


@pytest.fixture
def house(clean_database: CleanDatabase, app_settings: Settings, carrier: Peer) -> House:
    carrier.call("DELETE", "/v1/faults")
    return House(clean_database.database, app_settings, carrier)


def test_a_booked_parcel_has_its_label_papers_price_and_place_on_the_list(house: House) -> None:
    before = house.labels()
    house.packed()
    house.run("book")
    parcel = house.parcel()
    assert (parcel.label_status, house.step("book").outcome, house.labels()) == ("purchased", "booked", before + 1)
    assert parcel.label_price is not None
    assert parcel.label_price > 0
    assert sorted(d.kind for d in house.all(Document)) == ["label", "label_zpl"]
    assert [row.status for row in house.all(Fulfilment)] == ["labelled"]
    assert parcel.hand_over_list_id == house.all(HandOverList)[0].id
    assert house.step("hand_over").state == "open"


@pytest.mark.parametrize("fault", ["after_commit_500", "after_commit_reset", "after_commit_timeout", "garbage"])
def test_a_label_whose_answer_was_lost_is_adopted(house: House, fault: str) -> None:
    before = house.labels()
    house.packed()
    house.carrier.fault("book", fault)
    house.run("book")
    assert (house.step("book").state, house.parcel().label_status) == ("open", "none")
    house.run("book")
    assert (house.parcel().label_status, house.labels()) == ("purchased", before + 1)
    assert [(e.state, e.adopted) for e in house.all(Effect)] == [("done", True)]


def test_a_worker_that_died_between_the_label_and_its_record_bought_one(house: House) -> None:
    before = house.labels()
    house.packed()
    [claimed] = house.claim("book")
    request, first = outside._prepare(house.process, BOOK, claimed)
    outside._call(BOOK, request, first)  # and here the process dies
    assert (house.labels(), house.parcel().label_status) == (before + 1, "none")
    house.run("book")
    assert (house.labels(), house.parcel().label_status) == (before + 1, "purchased")


@pytest.mark.parametrize("fault", ["timeout", "500", "503", "reset", "429"])
def test_a_booking_that_failed_is_tried_again(house: House, fault: str) -> None:
    before = house.labels()
    house.packed()
    house.carrier.fault("book", fault)
    house.run("book")
    assert house.step("book").state == "open"
    house.run("book")
    assert (house.parcel().label_status, house.labels()) == ("purchased", before + 1)


def _without_city(house: House) -> None:
    house.packed(ship_to={"name": "Li Lei", "lines": ["科技园路1号"], "country": "CN", "city": None})


def test_an_address_refused_for_good_waits_for_a_person_with_the_carriers_words(house: House) -> None:
    before = house.labels()
    _without_city(house)
    house.run("book")
    assert (house.step("book").outcome, house.parcel().label_status) == ("refused", "refused")
    assert "city" in str(house.step("book").error)
    assert (house.step("mend_booking").state, house.labels()) == ("open", before)


def test_a_mended_address_is_booked_under_a_new_reference(house: House) -> None:
    _without_city(house)
    house.run("book")
    was = house.parcel()
    with house.database.transaction() as session:
        remedy = Remedy(ship_to={"city": "深圳市"}, note="the customer told us on the phone")
        mending.mend(session, parcel_id=was.id, remedy=remedy, actor="cleo", now=db.now(session))
    house.run("book")
    parcel = house.parcel()
    assert (parcel.label_status, house.step("mend_booking").outcome) == ("purchased", "mended")
    assert parcel.reference == was.reference.replace(".1", ".2")
    with house.database.transaction() as session, pytest.raises(Conflict, match="waits for no mending"):
        mending.mend(session, parcel_id=was.id, remedy=remedy, actor="cleo", now=db.now(session))


def test_mending_refuses_a_service_that_the_carrier_does_not_have(house: House) -> None:
    _without_city(house)
    house.run("book")
    remedy = Remedy(service="teleport")
    with house.database.transaction() as session, pytest.raises(InputInvalid, match="no service 'teleport'"):
        mending.mend(session, parcel_id=house.parcel().id, remedy=remedy, actor="cleo", now=db.now(session))


def test_a_service_that_is_not_offered_is_changed_to_the_cheapest_that_keeps_the_promise(house: House) -> None:
    house.packed()
    house.change("UPDATE parcel SET service = 'drone'")
    house.run("book")
    assert (house.parcel().label_status, house.parcel().service) == ("purchased", "economy")


def test_without_a_service_that_keeps_the_promise_nothing_is_bought(house: House) -> None:
    before = house.labels()
    house.packed()
    house.change("UPDATE parcel SET service = 'drone'")
    house.change("UPDATE fulfilment SET promised_deliver_at = now()")
    house.run("book")
    assert (house.step("mend_booking").state, house.labels()) == ("open", before)
    assert "no other service is there by" in str(house.step("book").error)


def test_a_cancelled_order_gets_no_label(house: House) -> None:
    before = house.labels()
    house.packed()
    house.change("UPDATE orders SET status = 'cancelled'")
    house.run("book")
    assert (house.step("book").outcome, house.labels()) == ("stopped", before)


def test_a_label_bought_while_its_order_was_held_is_adopted_when_the_hold_ends(house: House) -> None:
    before = house.labels()
    house.packed()
    [claimed] = house.claim("book")
    request, first = outside._prepare(house.process, BOOK, claimed)
    with house.database.transaction() as session:
        now = db.now(session)
        order = house.parcel().order_id
        hold = NewHold(order, "fraud", "order_manager", {"en": "x", "zh_Hans": "x"}, now + timedelta(hours=1))
        held = holds.place(session, [hold], by="meg", now=now)
    label = outside._call(BOOK, request, first)[0]
    with pytest.raises(Conflict, match="taken over"):
        outside._record(house.process, BOOK, claimed, request, label, adopted=False)
    with house.database.transaction() as session:
        holds.release(session, hold_ids=held, by="meg", now=db.now(session), why="cleared")
    house.run("book")
    assert (house.parcel().label_status, house.labels()) == ("purchased", before + 1)


# ------------------------------------------------------------------ taking labels back


def _void(house: House) -> list[steps.NewStep]:
    with house.database.transaction() as session:
        now = db.now(session)
        ids = voiding.of_orders(session, order_ids=[house.parcel().order_id])
        new = voiding.request(session, parcel_ids=ids, cause="cancelled", actor="meg", now=now)
        steps.open_steps(session, new, now=now)
    return new


def voided(house: House) -> int:
    return int(house.carrier.call("GET", "/v1/stats")["voided"])


def test_a_label_is_taken_back_at_the_carrier(house: House) -> None:
    before = voided(house)
    house.packed()
    house.run("book")
    _void(house)
    assert house.parcel().hand_over_list_id is None
    house.run("void_label")
    assert (house.parcel().label_status, voided(house)) == ("voided", before + 1)


def test_a_parcel_whose_label_alone_was_taken_back_is_booked_anew(house: House) -> None:
    house.packed()
    house.run("book")
    _void(house)
    house.run("void_label")
    was = house.parcel()
    assert (house.step("mend_booking").state, house.step("hand_over").state) == ("open", "cancelled")
    with house.database.transaction() as session:
        mending.mend(session, parcel_id=was.id, remedy=Remedy(), actor="meg", now=db.now(session))
    assert (house.parcel().label_status, house.parcel().waybill_number) == ("none", None)
    house.run("book")
    now_is = house.parcel()
    assert (now_is.label_status, now_is.hand_over_list_id is not None) == ("purchased", True)
    assert {now_is.reference, now_is.waybill_number}.isdisjoint({was.reference, was.waybill_number})
    with house.database.transaction() as session:
        assert ([s.kind for s in house.all(Step) if s.state == "open"].count("hand_over"), check(session)) == (1, [])


def test_a_label_of_an_order_that_is_stopped_is_not_bought_again(house: House) -> None:
    house.packed()
    house.run("book")
    _void(house)
    house.change("UPDATE fulfilment SET status = 'putback'")
    house.run("void_label")
    assert (house.parcel().label_status, [s for s in house.all(Step) if s.kind == "mend_booking"]) == ("voided", [])


def test_taking_back_goes_on_until_it_is_done_and_is_never_parked(house: House) -> None:
    before = voided(house)
    house.packed()
    house.run("book")
    _void(house)
    house.carrier.fault("void", "500", times=7)
    for _ in range(4):
        house.run("void_label")
        house.change("UPDATE step SET attempt = attempt + 3 WHERE kind = 'void_label' AND state = 'open'")
    assert (house.step("void_label").state, house.parcel().label_status) == ("open", "void_requested")
    house.carrier.call("DELETE", "/v1/faults")
    house.run("void_label")
    assert (house.parcel().label_status, voided(house)) == ("voided", before + 1)


def test_a_label_that_nobody_recorded_is_found_and_taken_back(house: House) -> None:
    before = voided(house)
    house.packed()
    [claimed] = house.claim("book")
    request, first = outside._prepare(house.process, BOOK, claimed)
    outside._call(BOOK, request, first)
    [wanted] = _void(house)
    assert wanted.run_after is not None  # the booking may still be under way
    house.run("void_label")
    assert (house.parcel().label_status, voided(house)) == ("voided", before + 1)
    assert house.parcel().waybill_number


def test_a_parcel_that_was_never_booked_needs_no_taking_back(house: House) -> None:
    house.packed()
    assert _void(house) == []


def test_a_label_that_the_carrier_kept_once_can_be_taken_back_later(house: House) -> None:
    before = voided(house)
    house.packed()
    house.run("book")
    for tried in (1, 2):
        _void(house)
        with house.database.transaction() as session:
            [step] = steps.find(session, kind="void_label", subject_ids=[house.parcel().id]).values()
            kept = voiding.record_refusal(session, step=step, words="not today", now=db.now(session))
            steps.finish(session, [kept], by="system", now=db.now(session))
        assert len([s for s in house.all(Step) if s.kind == "track_case"]) == tried
    _void(house)
    house.run("void_label")
    assert (house.parcel().label_status, voided(house)) == ("voided", before + 1)


def test_a_label_that_the_carrier_keeps_is_a_case(house: House) -> None:
    house.packed()
    house.run("book")
    waybill = house.parcel().waybill_number
    house.carrier.call("POST", "/v1/pickups", {"reference": f"OTHER-{waybill}", "waybill_numbers": [waybill]})
    _void(house)
    house.run("void_label")
    assert (house.step("void_label").outcome, house.parcel().label_status) == ("refused", "purchased")
    assert house.step("track_case").state == "open"


def test_the_declared_value_is_the_lines_share_of_the_order(house: House) -> None:
    house.packed(qty=3)
    [claimed] = house.claim("book")
    request, _ = outside._prepare(house.process, BOOK, claimed)
    assert request.booking.parcel.value == Decimal("60.00")
