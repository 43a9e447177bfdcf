"""Goods in by a case's code: whoever counts pieces sees at once that cases were booked (A-2)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oms import db
from oms.catalog.models import Barcode
from tests.factories.day import Day, make_day
from tests.web.site import post


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


def test_the_page_says_how_many_pieces_a_cases_code_booked(site, day):
    client, sku = site.client("warehouse"), day.floor.skus[0]
    with site.transaction() as session:
        session.add(Barcode(code="CASE-12", sku_id=sku.id, qty=Decimal(12)))
    [(bin_code,)] = site.rows(
        "SELECT b.code FROM bin_stock s JOIN bin b ON b.id = s.bin_id AND b.kind = 'pick' WHERE s.sku_id = :s", s=sku.id
    )
    form = {"warehouse": day.floor.warehouse.code, "note": "DN-1/1", "code": "CASE-12", "qty": "24", "bin": bin_code}
    told = [client.get(post(client, "/receive", form, page="/receive").location) for _ in range(2)]
    assert ["Pieces booked in: 288" in page.get_data(as_text=True) for page in told] == [True, False]


@pytest.mark.parametrize("pieces", ["<b>9</b>", "call 555", "1e9"])
def test_a_link_makes_the_page_say_nothing_else(site, day, pieces):
    page = site.client("warehouse").get("/receive", query_string={"said": "received", "pieces": pieces})
    assert "Pieces booked in" not in page.get_data(as_text=True)
