"""What one piece costs, as pages show it."""

from __future__ import annotations

import copy

import pytest

from oms import db
from oms.messages.models import Message
from tests.factories.day import Day, make_day


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


def test_a_price_of_one_piece_is_shown_with_all_its_decimals(site, day):
    """A thousand at 0.125 are no thousand at 0.12; on the order, and where it is held."""
    site.rows("UPDATE order_line SET unit_price = 0.125 RETURNING id")
    client = site.client("order_manager")
    for page in (f"/orders/{day.held.number}", f"/holds/{day.review.id}"):
        assert "¥0.125" in client.get(page).get_data(as_text=True), page


def test_a_customer_signs_the_price_that_holds(site, day):
    with site.transaction() as session:
        for message in session.query(Message).filter_by(order_id=day.to_sign.id):
            values = copy.deepcopy(dict(message.values))
            for line in values.get("content", {}).get("lines", []):
                line["unit_price"] = "0.125"
            message.values = values
    assert "¥0.125" in site.app.test_client().get(f"/sign/{day.token}").get_data(as_text=True)
