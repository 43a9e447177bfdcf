"""A block pasted into the form of an order: each of its lines stands there once, or it is told that it does not."""

from __future__ import annotations

import dataclasses
import re

import pytest

from oms.web import own
from tests.factories.orders import make_channel
from tests.web.site import post

WHO = "李雷 13800138001 广东省深圳市南山区科苑路15号"


@pytest.fixture
def desk(site):
    with site.transaction() as session:
        make_channel(session, name="calls", source="phone", way="phone", language="en")
    return site.client("order_specialist")


def form_of(page: str) -> dict[str, str]:
    """What the form would send again."""
    found = dict(re.findall(r'<input[^>]* name="((?:lines|evidence)\.[^"]+|pasted)"[^>]* value="([^"]*)"', page))
    return {name: value for name, value in found.items() if not name.endswith(".unit_price") or value}


def goods(page: str) -> list[tuple[str, str]]:
    form = form_of(page)
    places = range(sum(name.endswith(".sku") and name.startswith("lines.") for name in form))
    rows = [(form[f"lines.{place}.sku"], form[f"lines.{place}.qty"]) for place in places]
    return [row for row in rows if any(row)]


def paste(desk, words: str, **form: str) -> str:
    sent = {"channel": "calls", "do": "paste", "paste": words} | form
    return post(desk, "/orders/enter", sent, page="/orders/enter").get_data(as_text=True)


def test_a_block_that_is_read_once_more_does_not_order_twice(desk):
    """Nor does one that was corrected; what was typed beside it stays."""
    typed = {"lines.0.sku": "MUG-7", "lines.0.qty": "1", "lines.0.unit_price": ""}
    words = f"{WHO}\n2 x TEA-1\n3 x TEA-2"
    page = paste(desk, words, **typed)
    assert goods(page) == [("MUG-7", "1"), ("TEA-1", "2"), ("TEA-2", "3")]
    page = paste(desk, words, **form_of(page))
    assert goods(page) == [("MUG-7", "1"), ("TEA-1", "2"), ("TEA-2", "3")]
    page = paste(desk, words.replace("3 x", "4 x"), **form_of(page))
    assert goods(page) == [("MUG-7", "1"), ("TEA-1", "2"), ("TEA-2", "4")]


def test_where_a_line_was_read_stands_beside_that_line(desk):
    typed = {"lines.0.sku": "MUG-7", "lines.0.qty": "1", "lines.0.unit_price": ""}
    form = form_of(paste(desk, f"{WHO}\n2 x TEA-1", **typed))
    places = {name.split(".")[2] for name in form if name.startswith("evidence.lines.")}
    assert places == {"1"}


def test_lines_that_the_form_has_no_room_for_are_not_lost_without_a_word(desk):
    words = WHO + "\n" + "\n".join(f"{place} x CUP-{place}" for place in range(1, 121))
    page = paste(desk, words)
    assert len(goods(page)) == 100
    assert "20 were left out, from CUP-101 on" in page
    full = form_of(page) | {"channel": "calls", "do": "add:CUP-121"}
    answer = post(desk, "/orders/enter", full, page="/orders/enter")
    assert "enter the rest as an order of its own" in answer.get_data(as_text=True)
    assert len(goods(answer.get_data(as_text=True))) == 100


def test_the_form_of_a_british_house_begins_in_great_britain(site, desk):
    own(site.app, dataclasses.replace(site.settings, country="GB"), site.database)
    page = desk.get("/orders/enter").get_data(as_text=True)
    assert re.search(r'name="ship_to.country"[^>]*value="(\w*)"', page)[1] == "GB"


def test_a_block_that_is_too_long_is_not_passed_over_without_a_word(desk):
    """Nothing stood in the form, and nothing told why."""
    words = WHO + "\n" + "thank you so much for all of this\n" * 160 + "2 x TEA-9"
    page = paste(desk, words)
    assert "the text is longer than 5000 characters; paste one order at a time" in page
    assert goods(page) == []


def test_a_quantity_with_two_readings_is_asked_for_beside_its_field(desk):
    page = paste(
        desk, f"{WHO}\n1.000 x TEA-1", **{"lines.0.sku": "MUG-7", "lines.0.qty": "1", "lines.0.unit_price": ""}
    )
    assert goods(page) == [("MUG-7", "1"), ("TEA-1", "")]
    row = page.partition('name="lines.1.qty"')[2].partition("</td>")[0]
    assert "can be 1 or 1000; write 1 or 1000" in row
