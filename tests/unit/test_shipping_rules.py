"""What is in which box, which service is booked, when a stopped booking looks again."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.carriage import Rate
from oms.shipping import rules
from oms.shipping.rules import Plan
from oms.shipping.states import TRACKING

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
CUT_OFF = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
FIVE_DAYS = datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)


def rate(service: str, price: str, days: int) -> Rate:
    return Rate(service, Decimal(price), "CNY", days)


OFFERED = [rate("economy", "5", 6), rate("standard", "8", 4), rate("express", "20", 1)]


def chosen(
    service: str, deliver_by: datetime = FIVE_DAYS, now: datetime = NOW, days: dict[str, int] | None = None
) -> str | None:
    found = rules.choose_service(OFFERED, Plan(service, CUT_OFF, deliver_by, days or {}), now=now, zone=SHANGHAI)
    return found.service if found else None


def test_the_planned_service_stays_while_it_is_offered():
    assert chosen("economy") == "economy"


def test_else_the_cheapest_that_keeps_the_promise_is_taken():
    assert chosen("drone") == "standard"


def test_after_the_cut_off_the_days_count_from_now():
    assert chosen("drone", now=datetime(2026, 11, 20, 2, 0, tzinfo=UTC)) == "express"


def test_what_is_booked_in_the_evening_leaves_with_the_next_days_pick_up():
    assert chosen("drone", now=datetime(2026, 11, 19, 8, 30, tzinfo=UTC)) == "standard"
    assert chosen("drone", now=datetime(2026, 11, 19, 9, 30, tzinfo=UTC)) == "express"


def test_none_is_taken_when_none_keeps_the_promise():
    assert chosen("drone", deliver_by=NOW) is None


#: The 21st and the 22nd are a Saturday and a Sunday.
WEEKDAYS, SATURDAY_NIGHT = 31, datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "there"),
    [
        ({}, 23),
        ({"drone": WEEKDAYS}, 24),
        ({"express": WEEKDAYS, "drone": 127}, 24),
        ({"express": 127, "drone": WEEKDAYS}, 23),
        ({"express": 1 << 2}, 26),
    ],
)
def test_what_is_booked_before_a_day_without_pick_up_leaves_with_the_next_one(days: dict[str, int], there: int):
    plan = Plan("drone", CUT_OFF, FIVE_DAYS, days)
    found = rules.arrival(rate("express", "20", 1), plan, now=SATURDAY_NIGHT, zone=SHANGHAI)
    assert found == datetime(2026, 11, there, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(("house_zone", "there"), [(ZoneInfo("Europe/Berlin"), 22), (None, 24)])
def test_the_carrier_comes_by_the_clock_of_the_house(house_zone: ZoneInfo | None, there: int):
    """On a Friday at 17:00 in Berlin, which is Saturday in Shanghai; it comes on weekdays."""
    thursday, friday_morning = datetime(2026, 11, 19, 16, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC)
    plan = Plan("drone", thursday, FIVE_DAYS, {"drone": WEEKDAYS}, house_zone)
    found = rules.arrival(rate("express", "20", 1), plan, now=friday_morning, zone=SHANGHAI)
    assert found == datetime(2026, 11, there, 15, 59, 59, tzinfo=UTC)


def test_a_service_that_does_not_come_in_time_is_not_taken_for_one_that_does():
    assert chosen("drone", now=SATURDAY_NIGHT) == "express"
    assert chosen("drone", now=SATURDAY_NIGHT, days={"express": WEEKDAYS}) is None


def test_another_service_leaves_on_a_day_of_its_own_also_before_the_planned_cut_off():
    assert chosen("drone", days={"standard": 127}) == "standard"
    assert chosen("drone", days={"standard": 1 << 4}) == "express"


def test_a_service_that_no_truck_comes_for_is_never_taken():
    assert chosen("drone", days={"standard": 0}) == "express"
    assert chosen("drone", days=dict.fromkeys(("economy", "standard", "express"), 0)) is None


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.data())
def test_every_way_to_split_the_pieces_is_taken_and_nothing_else(qtys: list[int], data: st.DataObject):
    packed = {uuid4(): Decimal(qty) for qty in qtys}
    split = {line: data.draw(st.integers(0, int(qty))) for line, qty in packed.items()}
    first = tuple((line, Decimal(n)) for line, n in split.items() if n)
    second = tuple((line, qty - split[line]) for line, qty in packed.items() if qty > split[line])
    boxes = [contents for contents in (first, second) if contents]
    assert rules.distribute(packed, boxes) == (boxes, {})
    if len(boxes) == 2:
        assert rules.distribute(packed, boxes[:1])[1]
        assert rules.distribute(packed, [*boxes, boxes[0]])[1]


def test_pieces_of_one_line_that_are_named_one_by_one_are_added_up():
    line, other = uuid4(), uuid4()
    box = ((line, Decimal(1)), (other, Decimal(2)), (line, Decimal(2)))
    assert rules.distribute({line: Decimal(3), other: Decimal(2)}, [box]) == (
        [((line, Decimal(3)), (other, Decimal(2)))],
        {},
    )


def test_each_mended_booking_has_a_reference_of_its_own():
    assert rules.next_reference("PC-7K2M-9QXC-4.1") == "PC-7K2M-9QXC-4.2"
    assert rules.next_reference("PC-7K2M-9QXC-4.9") == "PC-7K2M-9QXC-4.10"


@pytest.mark.parametrize(("attempt", "seconds"), [(0, 15), (1, 30), (6, 600), (500, 600)])
def test_a_stopped_booking_looks_again_later_and_later(attempt: int, seconds: int):
    assert rules.wait_s(attempt) == seconds


def test_every_word_of_the_rules_is_a_tracking_status():
    known = TRACKING.reachable() | {"unknown"}
    assert known >= rules.COLLECTED | rules.TROUBLE | rules.SILENT
