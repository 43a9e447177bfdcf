"""Pasted words in the form of a spoken order: what they count in is asked about, and not taken for pieces (I-2, I-4)."""

from __future__ import annotations

import re

import pytest

from oms import db
from tests.factories.day import Day, make_day
from tests.factories.orders import make_channel
from tests.statements import counted
from tests.web.site import post


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        made = make_day(session, db.now(session))
        make_channel(session, name="phone", source="phone", way="phone", needs_signature=True, payment_terms="account")
        return made


@pytest.mark.parametrize(("said", "qty"), [("2件", "2"), ("2 箱", ""), ("2 dozen", ""), ("2盒", "2")])
def test_goods_said_by_the_case_are_asked_about(site, day, said, qty):
    client, code = site.client("order_specialist"), day.floor.skus[0].code
    words = f"李雷 13800138001 广东省深圳市南山区科苑路15号\n{code} {said}"
    page = post(client, "/orders/enter", {"channel": "phone", "paste": words, "do": "paste"}, page="/orders/enter")
    text = page.get_data(as_text=True)
    field = re.search(r'name="lines\.0\.qty" value="([^"]*)"', text)
    assert field is not None
    assert (field[1], f"Said as {said[0]} {said[1:].strip()}: enter how many EA." in text) == (qty, qty == "")


def test_who_reads_the_block_again_has_the_asked_goods_once(site, day):
    client, code = site.client("order_specialist"), day.floor.skus[0].code
    sent = {"channel": "phone", "paste": f"李雷 13800138001 广东省深圳市南山区科苑路15号\n{code} 2 箱", "do": "paste"}
    for _ in range(3):
        page = post(client, "/orders/enter", sent, page="/orders/enter").get_data(as_text=True)
        stands = re.findall(r'name="(lines\.\d+\.sku|pasted)" value="([^"]*)"', page)
        assert [value for name, value in stands if name != "pasted" and value] == [code]
        sent |= dict(stands) | {"lines.0.qty": ""}


def test_the_goods_of_a_block_are_looked_up_once(site, day):
    client, code = site.client("order_specialist"), day.floor.skus[0].code
    words = f"李雷 13800138001 广东省深圳市南山区科苑路15号\n{code} 2 件"
    with counted(site.database.engine) as asked:
        page = post(client, "/orders/enter", {"channel": "phone", "paste": words, "do": "paste"}, page="/orders/enter")
    assert "I repeat your order." in page.get_data(as_text=True)
    assert len([statement for statement in asked if "list_price" in statement]) == 1
