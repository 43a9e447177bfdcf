"""An order of services alone ends by itself: the floor never sees it, and no promise of parcels is broken by it."""

from __future__ import annotations

from typing import Any

import pytest

from bench.goods import order_json
from oms.settings import Settings
from tests.conftest import CleanDatabase
from tests.workers.test_carrying_on import House
from workers.process import Process


@pytest.fixture
def house(clean_database: CleanDatabase, app_settings: Settings) -> House:
    return House(Process(app_settings, clean_database.database, "test"))


def _lines(house: House, *ships: bool) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = order_json(1, house.company.sku_codes)["lines"]
    return [{**line, "requires_shipping": own} for line, own in zip(lines, ships, strict=True)]


@pytest.mark.parametrize("known", [True, False], ids=["a SKU of ours", "the shop's own"])
def test_an_order_of_services_alone_is_closed(house: House, known: bool) -> None:
    lines = _lines(house, False, False, False)
    house.accept([1], lines=lines if known else [{**line, "sku": None} for line in lines], ship_to=None)
    house.drain()
    states = "SELECT status, fulfilment_status FROM orders"
    assert house.rows(states) == [("fulfilled", "not_required")]
    house.sound()
    house.drain("close")
    assert house.rows(states) == [("closed", "not_required")]
    assert house.rows("SELECT count(*) FROM fulfilment") == [(0,)]
    assert house.rows("SELECT kind FROM step WHERE kind IN ('collect', 'deliver') AND outcome <> 'split'") == []
    assert house.rows("SELECT cause FROM history_entry WHERE event = 'status.fulfilled'") == [
        ("nothing to be shipped",)
    ]
    assert house.rows("SELECT template FROM message WHERE template IN ('closed', 'shipped')") == [("closed",)]
    house.sound()


def test_goods_beside_a_service_go_to_the_floor(house: House) -> None:
    house.accept([1], lines=_lines(house, True, False, True))
    house.drain()
    assert house.rows("SELECT status, fulfilment_status FROM orders") == [("in_fulfilment", "scheduled")]
    assert house.rows("SELECT count(*) FROM fulfilment_line") == [(2,)]
    house.sound()
