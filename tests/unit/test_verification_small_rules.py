"""The small pure decisions around verification: addresses, terms, dates, replies, amendments, sample size."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oms.errors import InputInvalid
from oms.journey.rosters import WorkCalendar
from oms.parties.rules import Service
from oms.verification import address_rules, amendment_rules, reply_rules, terms
from oms.verification.content import content_of, sha256_of
from oms.verification.order_facts import ChannelFacts, Feasible, LineFacts, OrderFacts
from oms.verification.promise_rules import World, feasible
from oms.verification.sampling import sample_size

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai
ZONE = ZoneInfo("Asia/Shanghai")
NEAR, FAR, SKU = (uuid.UUID(int=n) for n in (1, 2, 3))
LINE = LineFacts(
    uuid.UUID(int=4), 0, Decimal(2), sku_id=SKU, unit_price=Decimal(5), parts={SKU: Decimal(1)}, weight_g=500
)
ORDER = OrderFacts(uuid.UUID(int=5), "SO-1", "#1", 0, "received", NOW, [LINE], currency="CNY", ship_country="CN")


def service(**given: Any) -> Service:
    values: dict[str, Any] = {
        "carrier_id": uuid.UUID(int=9),
        "service": "standard",
        "cut_off": time(17),
        "pick_up_days": 127,
        "transit_days": 2,
        "base_price": Decimal(8),
        "price_per_kg": Decimal(1),
        "currency": "CNY",
        "max_weight_g": 30000,
    }
    return Service(**{**values, **given})


def world(*, near: int = 10, far: int = 0, services: Any = None, **given: Any) -> World:
    table = {(NEAR, "CN"): [service()], (FAR, "CN"): [service(transit_days=4)]} if services is None else services
    free = {(NEAR, SKU): Decimal(near), (FAR, SKU): Decimal(far)}
    return World(NOW, ZONE, WorkCalendar(ZONE), [NEAR, FAR], table, free, **given)


def day(number: int) -> datetime:
    """The last second of that November day in Shanghai."""
    return datetime(2026, 11, number, 15, 59, 59, tzinfo=UTC)


def test_stock_here_ships_on_the_next_working_day_and_travels_its_days() -> None:
    assert feasible(ORDER, world()) == Feasible(ship_at=day(19), deliver_at=day(21))


def test_what_the_house_lacks_waits_for_its_lead_time_or_the_default_one() -> None:
    late = feasible(replace(ORDER, lines=[replace(LINE, lead_days=3)]), world(near=1))
    # Own work and three days of supply: Wednesday the 18th + 4 working days is Tuesday the 24th.
    assert (late.short, late.ship_at, late.deliver_at) == (True, day(24), day(26))
    assert feasible(ORDER, world(near=1, default_lead_days=2)).ship_at == day(23)


def test_two_warehouses_together_promise_the_later_arrival() -> None:
    assert feasible(ORDER, world(near=1, far=1)).deliver_at == day(23)


def test_an_order_takes_its_goods_from_those_that_come_after() -> None:
    one = world(near=3)
    assert [feasible(ORDER, one).short for _ in range(2)] == [False, True]


def test_a_faster_service_is_chosen_when_the_customer_asks_for_an_earlier_day() -> None:
    both = {(NEAR, "CN"): [service(), service(service="air", transit_days=1, base_price=Decimal(50))]}
    asked = replace(ORDER, requested_deliver_by=day(20) - timedelta(hours=9))
    found = feasible(asked, world(services=both))
    assert (found.deliver_at, found.on_time) == (day(20), True)
    assert feasible(replace(ORDER, requested_deliver_by=day(19)), world(services=both)).on_time is False


def test_a_platforms_hour_on_the_day_itself_is_the_promise_when_the_cut_off_keeps_it() -> None:
    at_18 = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
    assert feasible(replace(ORDER, requested_ship_by=at_18), world()).ship_at == at_18
    at_16 = datetime(2026, 11, 19, 8, 0, tzinfo=UTC)
    assert feasible(replace(ORDER, requested_ship_by=at_16), world()).ship_at == day(19)


def test_where_no_carrier_goes_the_dates_are_a_guess() -> None:
    found = feasible(ORDER, world(services={}, default_transit_days=5))
    assert (found.served, found.ship_at, found.deliver_at) == (False, day(19), day(24))
    early = feasible(ORDER, world(services={}, default_cut_off=time(9)))
    assert early.ship_at == day(20)
    assert feasible(replace(ORDER, lines=[replace(LINE, weight_g=30001)]), world()).served is False


@pytest.mark.parametrize("heavy", [{"weight_g": 20000}, {"weight_g": 40000, "heaviest_part_g": 20000}])
def test_goods_too_heavy_for_one_box_travel_in_several(heavy: dict[str, int]) -> None:
    found = feasible(replace(ORDER, lines=[replace(LINE, **heavy)]), world())  # type: ignore[arg-type]
    assert (found.served, found.ship_at, found.deliver_at) == (True, day(19), day(21))


def test_goods_leave_from_a_house_from_which_a_carrier_goes_there() -> None:
    from_far = {(FAR, "CN"): [service(transit_days=4)]}
    found = feasible(ORDER, world(near=10, far=10, services=from_far))
    assert (found.served, found.short, found.deliver_at) == (True, False, day(23))
    bought = feasible(ORDER, world(near=10, far=0, services=from_far))
    assert (bought.served, bought.short) == (True, True)


def test_goods_nobody_knows_are_still_checked_for_their_country() -> None:
    unknown = replace(ORDER, lines=[replace(LINE, sku_id=None, parts={})])
    assert feasible(unknown, world()).served is True
    assert feasible(replace(unknown, ship_country="IS"), world()).served is False
    empty = World(NOW, ZONE, WorkCalendar(ZONE), [], {}, {})
    assert feasible(ORDER, empty).served is False


def test_what_never_travels_is_there_when_it_is_ready() -> None:
    found = feasible(replace(ORDER, lines=[replace(LINE, requires_shipping=False)]), world(processing_days=0))
    assert (found.served, found.ship_at, found.deliver_at) == (True, day(18), day(18))


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({"payment_status": "paid"}, "effective"),
        ({"payment_status": "overpaid"}, "effective"),
        ({}, "payment"),
        ({"paid": Decimal(10)}, "effective"),
        ({"paid": Decimal(10), "payment_status": "refunded"}, "payment"),
        ({"payment_terms": "account"}, "effective"),
        ({"payment_terms": "cod"}, "effective"),
        ({"channel": ChannelFacts(way="phone"), "payment_terms": "cod"}, "signature"),
        ({"channel": ChannelFacts(needs_signature=True)}, "signature_and_payment"),
    ],
)
def test_an_order_takes_effect_when_signed_and_paid(given: dict[str, Any], outcome: str) -> None:
    assert terms.outcome(replace(ORDER, **given), oral_signed=True) == outcome


def test_oral_orders_need_no_signature_once_the_manager_switched_it_off() -> None:
    phone = replace(ORDER, channel=ChannelFacts(way="phone"), payment_terms="cod")
    assert terms.outcome(phone, oral_signed=False) == "effective"


def test_an_address_lacks_what_a_carrier_needs_there() -> None:
    assert address_rules.missing_parts({}) == ["country", "lines", "city"]
    china = {"country": "CN", "lines": ["x"], "city": "y"}
    assert address_rules.missing_parts(china) == ["region"]
    assert address_rules.missing_parts({"country": "SG", "pickup_point": "locker 9"}) == []


def test_the_division_code_has_to_fit_the_province() -> None:
    assert address_rules.contradicts_code({"adcode": "440305", "region": "北京市"})
    assert not address_rules.contradicts_code({"adcode": "440305", "region": "广东省"})
    assert not address_rules.contradicts_code({"adcode": "440305", "region": "Guangdong"})
    assert not address_rules.contradicts_code({"region": "广东省"})


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I confirm.", "signed"),
        ("Yes, we hereby accept the order\n\nBest\nLi", "signed"),
        ("OK", "signed"),
        ("同意，请尽快发货。", "signed"),
        ("我们确认\n\n发件人: Tea Co\n> 确认", "signed"),
        ("We decline.", "declined"),
        ("不同意", "declined"),
        ("Confirmed, please proceed.\nKind regards\nAnn, Shipping Department", "signed"),
        ("确认，请安排发货，谢谢", "signed"),
        ("I confirm receipt of your mail.", None),
        ("确认收到，谢谢", None),
        ("OK\nplease send it to our Hamburg store", None),
        ("We accept. Deliver to gate 5", None),
        ("同意，请发到上海仓库", None),
        ("Agreed\nBest\nLi\nPS: we also need ten cups", None),
        ("I confirm, but please send three", None),
        ("确认，数量错了", None),
        ("Thank you for your mail", None),
        ("> I confirm", None),
        ("", None),
        ("I confirm " + "x" * 500, None),
    ],
)
def test_only_a_plain_reply_is_an_answer(text: str, meant: str | None) -> None:
    assert reply_rules.verdict(text) == meant


def test_setting_a_field_settles_complaints_about_it_and_no_others() -> None:
    assert amendment_rules.settles(["ship_to.city"], "ship_to", "address_missing")
    assert amendment_rules.settles(["ship_to.city"], "ship_to.adcode", "address_conflict")
    assert amendment_rules.settles(["lines.0.qty"], "totals.total", "total_mismatch")
    assert not amendment_rules.settles(["lines.1.qty"], "lines.10.qty", "qty_invalid")
    assert not amendment_rules.settles(["ship_to.city"], "", "unreadable")


def test_private_fields_and_money_are_known_by_name() -> None:
    private = [n for n in amendment_rules.AMENDABLE if amendment_rules.is_private(n)]
    assert {"customer.phone", "ship_to.lines", "bill_to.city", "seller_memo"} <= set(private)
    assert not {"currency", "totals.total", "requested.ship_by"} & set(private)
    assert [
        n for n in ("lines.0.qty", "lines.0.sku", "totals.tax", "ship_to.city") if amendment_rules.touches_money(n)
    ] == [
        "lines.0.qty",
        "totals.tax",
    ]


GOOD: dict[str, tuple[Any, Any]] = {
    "customer.email": (" a@b.c ", "a@b.c"),
    "customer.name": ("", None),
    "ship_to.lines": (["1 Tea St", " "], ["1 Tea St"]),
    "ship_to.country": ("CN", "CN"),
    "currency": ("CNY", "CNY"),
    "payment.terms": ("cod", "cod"),
    "totals.total": ("12.50", Decimal("12.50")),
    "requested.ship_by": ("2026-11-20T08:00:00Z", datetime(2026, 11, 20, 8, tzinfo=UTC)),
    "requested.deliver_by": (None, None),
    "lines.0.qty": ("2.5", Decimal("2.5")),
    "lines.0.cancelled": (True, True),
    "lines.0.unit": ("EA", "EA"),
    "lines.12.sku": ("TEA", "TEA"),
}
BAD: dict[str, Any] = {
    "customer.email": 5,
    "ship_to.lines": 5,
    "bill_to.country": "china",
    "currency": "XYZ",
    "payment.terms": "barter",
    "totals.tax": "-1",
    "requested.ship_by": "tomorrow",
    "lines.0.qty": "0",
    "lines.1.qty": "0.0001",
    "lines.0.unit_price": "1e3",
    "lines.0.cancelled": False,
    "lines.0.unit": "x" * 31,
    "lines.2.sku": "",
    "status": "confirmed",
}


def test_good_values_are_read() -> None:
    found = amendment_rules.targets({name: given for name, (given, _) in GOOD.items()})
    assert {t.name: t.value for t in found} == {name: read for name, (_, read) in GOOD.items()}


def test_bad_values_and_unknown_fields_are_all_named() -> None:
    with pytest.raises(InputInvalid) as refused:
        amendment_rules.targets(BAD)
    assert set(refused.value.fields) == set(BAD)
    with pytest.raises(InputInvalid, match="at least one"):
        amendment_rules.targets({})


@pytest.mark.parametrize(("passed", "count"), [(0, 0), (3, 3), (100, 5), (251, 6), (1000, 20)])
def test_the_sample_is_two_percent_and_at_least_five(passed: int, count: int) -> None:
    assert sample_size(passed, rate=Decimal(2), least=5) == count


def test_the_contents_hash_depends_on_every_word_of_it() -> None:
    date = Feasible(ship_at=day(19), deliver_at=day(21))
    one = content_of(ORDER, date, ZONE)
    assert (one["ship_on"], one["deliver_on"], one["totals"]["total"]) == ("2026-11-19", "2026-11-21", "10")
    other = content_of(replace(ORDER, requirements="no plastic"), date, ZONE)
    assert sha256_of(one) == sha256_of(dict(reversed(one.items())))
    assert sha256_of(one) != sha256_of(other)


def test_days_of_own_work_that_come_outside_duty_start_with_the_next_one() -> None:
    evening = World(NOW + timedelta(hours=12), ZONE, WorkCalendar(ZONE), [], {}, {})
    assert evening.ready_at(0) == datetime(2026, 11, 19, 0, 30, tzinfo=UTC)
    assert evening.ready_at(1) == evening.ready_at(1) == datetime(2026, 11, 20, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(("told", "included", "total"), [(True, True, "10"), (False, False, "11"), (None, False, "11")])
def test_a_confirmation_says_of_the_tax_what_its_total_says(told: bool | None, included: bool, total: str) -> None:
    date = Feasible(ship_at=day(19), deliver_at=day(21))
    totals = content_of(replace(ORDER, tax=Decimal(1), tax_included=told), date, ZONE)["totals"]
    assert (totals["tax_included"], totals["total"]) == (included, total)
