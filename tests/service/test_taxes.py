"""What a person changes of a line changes its tax in the same share, and the order's with it: nobody here knows the rate."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import resting, return_rules
from oms.money import quantise
from oms.orders import rules, wanted
from oms.orders.models import Order, OrderLine
from oms.verification import amendments
from oms.verification.amendments import Amendment
from tests.factories.orders import make_order, make_sku


@pytest.fixture
def order(session: Session) -> Order:
    """Two lines of 20.00 with 1.60 tax each, and 0.40 tax on the freight of 5.00: 48.60 to be paid."""
    sku = make_sku(session)
    line = {"sku_id": sku.id, "qty": Decimal(2), "tax": Decimal("1.60"), "channel_sku": sku.code}
    given: dict[str, Any] = {
        "tax": Decimal("3.60"),
        "tax_included": False,
        "shipping": Decimal(5),
        "lines_total": Decimal(40),
    }
    return make_order(session, lines=[line, line], total=Decimal("48.60"), paid=Decimal("48.60"), **given)


def _lines(session: Session, order: Order) -> list[OrderLine]:
    return session.query(OrderLine).filter_by(order_id=order.id).order_by(OrderLine.position).all()


@pytest.mark.parametrize(
    ("changes", "taxes", "tax", "total"),
    [
        ({"lines.0.qty": "1"}, ["0.80", "1.60"], "2.80", "37.80"),
        ({"lines.0.unit_price": "15"}, ["2.40", "1.60"], "4.40", "59.40"),
        ({"lines.0.discount": "20"}, ["0.00", "1.60"], "2.00", "27.00"),
        ({"lines.1.cancelled": True}, ["1.60", "1.60"], "2.00", "27.00"),
        ({"lines.0.qty": "1", "totals.tax": "9.99"}, ["0.80", "1.60"], "9.99", "44.99"),
        ({"totals.shipping": "0"}, ["1.60", "1.60"], "3.60", "43.60"),
    ],
)
def test_an_amended_line_takes_its_share_of_the_tax_along(
    session: Session,
    order: Order,
    business_now: datetime,
    changes: dict[str, Any],
    taxes: list[str],
    tax: str,
    total: str,
) -> None:
    amendment = Amendment(changes, "the customer rang")
    amendments.amend(session, order=order, amendment=amendment, actor="staff:anna", now=business_now)
    assert [line.tax for line in _lines(session, order)] == [Decimal(one) for one in taxes]
    assert (order.tax, order.total) == (Decimal(tax), Decimal(total))


def _wished(
    session: Session, order: Order, line: dict[str, Any]
) -> tuple[list[Decimal | None], Decimal | None, Decimal | None]:
    standing = wanted.standing(order, _lines(session, order))
    found = wanted.mended(standing, {"lines": [line]})
    return [one.tax for one in found.lines], found.totals.tax, found.totals.total


def test_a_wish_that_names_no_tax_takes_the_share_of_what_it_leaves(session: Session, order: Order) -> None:
    line = {"line_ref": "1", "sku": "TEA", "qty": "1", "unit_price": "10.00"}
    assert _wished(session, order, line) == ([Decimal("0.80")], Decimal("1.20"), Decimal("16.20"))
    # What is named stands.
    assert _wished(session, order, line | {"tax": "1.00"}) == ([Decimal("1.00")], Decimal("1.40"), Decimal("16.40"))


def test_what_has_no_share_stays_as_it_is() -> None:
    free = {"was": Decimal(0), "now": Decimal(10), "currency": "CNY"}
    assert rules.tax_of(Decimal("0.50"), **free) == Decimal("0.50")  # type: ignore[arg-type]
    assert rules.tax_of(None, was=Decimal(10), now=Decimal(5), currency="CNY") is None
    assert rules.tax_of(Decimal(100), was=Decimal(1000), now=Decimal(333), currency="JPY") == quantise(
        Decimal("33.3"), "JPY"
    )


@pytest.fixture
def untold(session: Session) -> Order:
    """Two lines of 20.00 and 10.00 of freight, and 20 % tax on all of it, which only the order's sum names: 60.00."""
    sku = make_sku(session)
    line = {"sku_id": sku.id, "qty": Decimal(2), "channel_sku": sku.code}
    given: dict[str, Any] = {
        "tax": Decimal(10),
        "tax_included": False,
        "shipping": Decimal(10),
        "lines_total": Decimal(40),
    }
    return make_order(session, lines=[line, line], total=Decimal(60), paid=Decimal(60), **given)


def test_of_a_tax_that_no_line_names_the_goods_have_their_share(session: Session, untold: Order) -> None:
    """What comes back or is cancelled of 20.00 of goods cost 24.00; the freight's tax stays."""
    lines = _lines(session, untold)
    units = {lines[0].id: Decimal(2)}
    values, discount = return_rules.values_of(untold, lines), return_rules.discount_of(untold)
    assert return_rules.worth(units, values, currency="CNY", discount=discount) == Decimal("24.00")
    assert resting.paid_for(untold, lines, units) == Decimal("24.00")
    untold.tax_included, untold.total = True, Decimal(50)
    assert resting.paid_for(untold, lines, units) == Decimal("20.00")


@pytest.mark.parametrize(
    ("changes", "tax", "total"),
    [
        ({"lines.0.qty": "1"}, "8.00", "48.00"),
        ({"lines.1.cancelled": True}, "6.00", "36.00"),
        ({"totals.shipping": "0"}, "8.00", "48.00"),
        ({"lines.0.qty": "1", "totals.tax": "9.99"}, "9.99", "49.99"),
        ({"ship_to.city": "广州市"}, "10", "60"),
    ],
)
def test_of_a_tax_that_no_line_names_an_amended_order_keeps_the_share(
    session: Session, untold: Order, business_now: datetime, changes: dict[str, Any], tax: str, total: str
) -> None:
    amendment = Amendment(changes, "the customer rang")
    amendments.amend(session, order=untold, amendment=amendment, actor="staff:anna", now=business_now)
    assert (untold.tax, untold.total) == (Decimal(tax), Decimal(total))


def test_of_a_tax_that_no_line_names_a_wish_takes_the_share_along(session: Session, untold: Order) -> None:
    line = {"line_ref": "1", "sku": "TEA", "qty": "1", "unit_price": "10.00"}
    assert _wished(session, untold, line) == ([None], Decimal("4.00"), Decimal("24.00"))
    untold.tax_included, untold.total = True, Decimal(50)
    assert _wished(session, untold, line) == ([None], Decimal("4.00"), Decimal("20.00"))


def test_a_tax_of_sums_that_did_not_add_up_is_nobodys_share(
    session: Session, untold: Order, business_now: datetime
) -> None:
    """A mail says 60.00 with 10.00 of tax, and one of its quantities was read wrongly: its correction moves no tax."""
    untold.lines_total = Decimal(200)
    amendment = Amendment({"lines.0.qty": "1"}, "misread")
    amendments.amend(session, order=untold, amendment=amendment, actor="staff:anna", now=business_now)
    assert (untold.tax, untold.total) == (Decimal(10), Decimal(50))
