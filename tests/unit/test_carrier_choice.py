"""Which carrier takes the goods: heavy ones in several boxes, and prices in several currencies (F-4). Pure."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oms.journey.worth import Worth
from oms.parties.rules import Load, Offer, Service, choose, last_cut_off, offers

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
WORTH = Worth("CNY", {"CNY": Decimal(1), "EUR": Decimal(8)})


def _service(name: str, price: int, **given: Any) -> Service:
    values: dict[str, Any] = {
        "carrier_id": uuid.UUID(int=9),
        "service": name,
        "cut_off": time(17),
        "pick_up_days": 127,
        "transit_days": 2,
        "base_price": Decimal(price),
        "price_per_kg": Decimal(1),
        "currency": "CNY",
        "max_weight_g": 30000,
    }
    return Service(**{**values, **given})


def _offered(services: list[Service], *, weight_g: int = 1000, heaviest_g: int = 1000) -> list[Offer]:
    return offers(services, ready_at=NOW, load=Load(weight_g, heaviest_g), zone=SHANGHAI)


def _chosen(found: list[Offer], worth: Worth = WORTH) -> str | None:
    offer = choose(found, deliver_by=None, worth=worth)
    return offer.service if offer else None


@pytest.mark.parametrize(
    ("weight_g", "heaviest_g", "price"), [(30000, 20000, 38), (30001, 20000, 47), (90000, 30000, 114)]
)
def test_what_is_too_heavy_for_one_box_is_priced_in_several(weight_g: int, heaviest_g: int, price: int) -> None:
    (found,) = _offered([_service("parcel", 8)], weight_g=weight_g, heaviest_g=heaviest_g)
    assert found.price == price


def test_a_piece_that_is_too_heavy_for_a_service_is_not_offered_to_it() -> None:
    both = [_service("parcel", 8), _service("freight", 90, max_weight_g=500_000)]
    assert [one.service for one in _offered(both, weight_g=60000, heaviest_g=30001)] == ["freight"]


def test_one_heavy_box_is_held_against_several_light_ones() -> None:
    both = [_service("parcel", 8), _service("freight", 20, max_weight_g=500_000)]
    assert _chosen(_offered(both, weight_g=60000, heaviest_g=20000)) == "parcel"
    assert _chosen(_offered(both, weight_g=90000, heaviest_g=20000)) == "freight"


@pytest.mark.parametrize(("euros", "cheapest"), [(10, "here"), (5, "abroad")])
def test_prices_in_two_currencies_are_compared_by_what_they_are_worth(euros: int, cheapest: str) -> None:
    found = _offered([_service("here", 50), _service("abroad", euros, currency="EUR", price_per_kg=Decimal(0))])
    assert _chosen(found) == cheapest


def test_a_price_of_which_nobody_knows_what_it_is_worth_comes_last() -> None:
    found = _offered([_service("known", 50), _service("unknown", 1, currency="KWD")])
    assert _chosen(found) == "known"
    assert _chosen(_offered([_service("a", 2, currency="KWD"), _service("b", 1, currency="KWD")])) == "b"


def _end(day: int) -> datetime:
    """The last second of that November day in Shanghai."""
    return datetime(2026, 11, day, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ship_by", "deliver_by", "days", "due"),
    [
        (_end(19), _end(30), 127, 19),
        (_end(18), _end(30), 127, 18),
        (_end(17), _end(30), 127, 18),
        # It travels two days.
        (_end(20), _end(21), 127, 19),
        (_end(20), _end(19), 127, 18),
        # At ten in the morning the truck of that day has not come.
        (datetime(2026, 11, 19, 2, tzinfo=UTC), _end(30), 127, 18),
        # The 21st and the 22nd are a Saturday and a Sunday.
        (_end(22), _end(30), 31, 20),
        (datetime(2027, 3, 1, tzinfo=UTC), _end(24), 127, 22),
    ],
)
def test_work_is_due_at_the_last_pick_up_that_keeps_both_promises(
    ship_by: datetime, deliver_by: datetime, days: int, due: int
) -> None:
    services = [_service("air", 90), _service("parcel", 8, pick_up_days=days)]
    offer = next(one for one in _offered(services) if one.service == "parcel")
    found = last_cut_off(services, offer, ship_by=ship_by, deliver_by=deliver_by, zone=SHANGHAI)
    assert found == datetime(2026, 11, due, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ready_at", "leaves", "there"),
    [
        # 17:00 in Berlin is midnight in Shanghai: the day on which it leaves is the next one there.
        (NOW, datetime(2026, 11, 18, 16, tzinfo=UTC), 21),
        # A Friday afternoon in Berlin, and Friday night in Shanghai.
        (datetime(2026, 11, 20, 15, 30, tzinfo=UTC), datetime(2026, 11, 20, 16, tzinfo=UTC), 23),
        (datetime(2026, 11, 20, 16, 30, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC), 26),
    ],
)
def test_the_carrier_comes_by_the_clock_of_the_house(ready_at: datetime, leaves: datetime, there: int) -> None:
    service = _service("parcel", 8, zone=BERLIN, pick_up_days=31)
    (found,) = offers([service], ready_at=ready_at, load=Load(1000, 1000), zone=SHANGHAI)
    assert (found.cut_off_at, found.deliver_at) == (leaves, _end(there))


def test_work_is_due_by_the_clock_of_the_house_too() -> None:
    """On the 20th the truck comes a second too late for who promised that day in Shanghai."""
    services = [_service("parcel", 8, zone=BERLIN)]
    (offer,) = _offered(services)
    found = last_cut_off(services, offer, ship_by=_end(20), deliver_by=_end(30), zone=SHANGHAI)
    assert found == datetime(2026, 11, 19, 16, tzinfo=UTC)
