"""Western addresses in one cell or one pasted line: a state that is written in full is no city, and no country."""

from __future__ import annotations

import pytest

from connectors import addresses
from tests.connectors.sheet_reading import one


@pytest.mark.parametrize(
    ("written", "city", "region", "postal_code", "country"),
    [
        ("12 Main St, Los Angeles, California 90001, USA", "Los Angeles", "CA", "90001", "US"),
        ("12 Main St\nLos Angeles, California 90001\nUSA", "Los Angeles", "CA", "90001", "US"),
        ("12 Main St, Austin Texas 78701, United States", "Austin", "TX", "78701", "US"),
        ("350 5th Ave Apt 12B, New York, New York 10118", "New York", "NY", "10118", "US"),
        ("5 Peachtree St, Atlanta, Georgia 30301-1234", "Atlanta", "GA", "30301-1234", "US"),
        ("9 Coal Rd, Charleston, West Virginia 25301", "Charleston", "WV", "25301", "US"),
        ("9 Coal Rd, Kansas City Missouri 64101", "Kansas City", "MO", "64101", "US"),
        ("5 King St W, Toronto, Ontario M5H 1A1, Canada", "Toronto", "ON", "M5H 1A1", "CA"),
        ("100 George St, Sydney, New South Wales 2000, Australia", "Sydney", "NSW", "2000", "AU"),
        ("12 Main St, Los Angeles, California, USA", "Los Angeles", "California", None, "US"),
    ],
)
def test_a_state_in_full_is_no_city(written, city, region, postal_code, country):
    read = addresses.parse(written)
    assert (read.city, read.region, read.postal_code, read.country) == (city, region, postal_code, country)
    assert len(read.lines) == 1


@pytest.mark.parametrize(
    ("written", "city", "postal_code", "country"),
    [
        ("12 Main St, Suite 5, New York 10001", "New York", "10001", None),
        ("1 Rd, Washington 20001", "Washington", "20001", None),
        ("1 Rustaveli Ave, Tbilisi 0108, Georgia", "Tbilisi", "0108", "GE"),
        ("1 High Street, Victoria, London SW1A 1AA", "London", "SW1A 1AA", "GB"),
        ("1 Rue A, Victoria 3000, Seychelles", "Victoria", "3000", "SC"),
    ],
)
def test_a_city_or_a_country_that_is_called_as_a_state_stays_one(written, city, postal_code, country):
    read = addresses.parse(written)
    assert (read.city, read.postal_code, read.country) == (city, postal_code, country)


def test_a_sheet_with_the_address_in_one_cell_sends_to_the_city():
    order = one('PO,SKU,Qty,Address\n1,A-1,2,"12 Main St, Los Angeles, California 90001, USA"\n')
    assert order.ship_to is not None
    assert (order.ship_to.city, order.ship_to.region) == ("Los Angeles", "CA")
