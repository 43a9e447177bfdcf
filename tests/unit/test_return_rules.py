"""Until when goods may come back, across daylight saving too, and what they are worth in the order's currency."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from oms.aftersales import return_rules
from oms.aftersales.return_rules import Discount, Shipped, Value

BERLIN = ZoneInfo("Europe/Berlin")
LINE, SKU = uuid.UUID(int=1), uuid.UUID(int=2)


def _over(signed: datetime, now: datetime, days: int = 7) -> bool:
    shipped = [Shipped(LINE, SKU, Decimal(1), SKU, Decimal(1), signed.astimezone(UTC))]
    faults = return_rules.faults(
        shipped, [(LINE, Decimal(1))], reason="no_reason", window_days=days, zone=BERLIN, now=now.astimezone(UTC)
    )
    return "reason" in faults


@pytest.mark.parametrize(
    ("signed", "last_day"),
    [
        (
            datetime(2026, 10, 20, 0, 30, tzinfo=BERLIN),
            datetime(2026, 10, 27, tzinfo=BERLIN),
        ),  # winter time from the 25th
        (datetime(2026, 10, 20, 23, 30, tzinfo=BERLIN), datetime(2026, 10, 27, tzinfo=BERLIN)),
        (datetime(2026, 3, 25, 0, 30, tzinfo=BERLIN), datetime(2026, 4, 1, tzinfo=BERLIN)),  # summer time from the 29th
        (datetime(2026, 3, 25, 23, 30, tzinfo=BERLIN), datetime(2026, 4, 1, tzinfo=BERLIN)),
        (datetime(2026, 6, 1, 12, 0, tzinfo=BERLIN), datetime(2026, 6, 8, tzinfo=BERLIN)),
    ],
)
def test_the_window_ends_at_the_end_of_its_last_local_day(signed: datetime, last_day: datetime) -> None:
    end = (last_day + timedelta(days=1)).astimezone(UTC)  # midnight by the wall clock
    assert not _over(signed, end - timedelta(seconds=1))
    assert _over(signed, end)


@pytest.mark.parametrize(
    ("wanted", "hint"), [([], "how many pieces"), ([(LINE, Decimal(1)), (LINE, Decimal(1))], "each line once")]
)
def test_who_names_no_piece_or_a_line_twice_is_told_which(wanted: list[tuple[uuid.UUID, Decimal]], hint: str) -> None:
    shipped = [Shipped(LINE, SKU, Decimal(2), SKU, Decimal(1), None)]
    now = datetime(2026, 11, 1, tzinfo=UTC)
    faults = return_rules.faults(shipped, wanted, reason="faulty", window_days=7, zone=BERLIN, now=now)
    assert hint in faults["lines"]


@pytest.mark.parametrize(("currency", "worth"), [("JPY", "333"), ("CNY", "333.33"), ("KWD", "333.333")])
def test_worth_is_in_the_currencys_own_units(currency: str, worth: str) -> None:
    values = {LINE: Value(Decimal(3), Decimal(1000), Decimal(0))}
    found = return_rules.worth({LINE: Decimal(1)}, values, currency=currency, discount=Discount())
    assert str(found) == worth


@pytest.mark.parametrize(
    ("discount", "worth"),
    [
        (Discount(Decimal(20), Decimal(100)), 40),  # 2 x 50 for 80
        (Discount(Decimal(0), Decimal(100)), 50),
        (Discount(Decimal(100), Decimal(100)), 0),
        (Discount(Decimal(120), Decimal(100)), 0),
        (Discount(Decimal(20), Decimal(0)), 50),  # a sum that nobody told
    ],
)
def test_a_discount_on_the_order_falls_to_each_piece_by_its_share(discount: Discount, worth: int) -> None:
    values = {LINE: Value(Decimal(2), Decimal(100), Decimal(0))}
    assert return_rules.worth({LINE: Decimal(1)}, values, currency="CNY", discount=discount) == worth


def test_pieces_come_back_of_the_line_that_is_named() -> None:
    """Two lines of one SKU at two prices: what the desk counts for the second is not taken off the first."""
    first, second, sku = (uuid.UUID(int=n) for n in (1, 2, 7))
    places = [(first, sku, Decimal(3)), (second, sku, Decimal(3))]
    named = {(second, sku): Decimal(2)}
    assert list(return_rules.spread({sku: Decimal(2)}, places, named).values()) == [0, 2]
    assert list(return_rules.spread({sku: Decimal(4)}, places, named).values()) == [2, 2]
    assert list(return_rules.spread({sku: Decimal(4)}, places, {}).values()) == [3, 1]
