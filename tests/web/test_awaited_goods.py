"""Goods in: whatever a house awaits is found by who stands there with it, however much more there is (A-3)."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from oms import db
from oms.catalog.models import Barcode
from oms.inventory.models import Warehouse
from oms.supply.models import SupplyRequest
from tests.factories.orders import make_sku, make_warehouse

#: More than two pages.
MANY = 120


@pytest.fixture
def house(site) -> str:
    """The code of a house that awaits so many goods, some of them ordered already; the first one comes in cases of twelve."""
    with site.transaction() as session:
        here, other = make_warehouse(session), make_warehouse(session)
        for n in range(MANY):
            _await(session, here, n, status="ordered" if n % 2 else "raised")
        _await(session, other, MANY, status="raised")
        return here.code


def _await(session, house: Warehouse, n: int, *, status: str) -> None:
    sku = make_sku(session, code=f"AWAITED-{n}")
    session.add(Barcode(code=f"CASE-{n}", sku_id=sku.id, qty=Decimal(12)))
    raised_at = db.now(session) + timedelta(seconds=n)
    session.add(
        SupplyRequest(number=f"PO-{n}", warehouse_id=house.id, sku_id=sku.id, qty=1, raised_at=raised_at, status=status)
    )


def _shown(page: str) -> list[str]:
    return re.findall(r">(AWAITED-\d+)<", page)


def _get(client, house: str, **asked: str) -> str:
    page: str = client.get("/receive", query_string={"warehouse": house, **asked}).get_data(as_text=True)
    return page


def test_page_by_page_everything_that_is_awaited_is_shown_once(site, house):
    client, shown = site.client("warehouse"), []
    page = _get(client, house)
    shown += _shown(page)
    while following := re.search(r'rel="next" href="([^"]+)"', page):
        page = client.get(following[1].replace("&amp;", "&")).get_data(as_text=True)
        shown += _shown(page)
    assert sorted(shown) == sorted(f"AWAITED-{n}" for n in range(MANY))


@pytest.mark.parametrize("code", ["AWAITED-0", "awaited-0", "CASE-0", "]C0CASE-0"])
def test_awaited_goods_are_found_by_what_stands_on_them(site, house, code):
    client = site.client("warehouse")
    assert "AWAITED-0" not in _shown(_get(client, house))
    assert _shown(_get(client, house, find=code)) == ["AWAITED-0"]


@pytest.mark.parametrize("code", ["nonsense", f"CASE-{MANY}"])
def test_of_goods_that_this_house_does_not_await_the_page_says_so(site, house, code):
    page = _get(site.client("warehouse"), house, find=code)
    assert _shown(page) == []
    assert "Nothing of this is awaited here" in page
