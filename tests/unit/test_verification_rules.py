"""Every rule of verification: what it finds, where, and what it lets pass."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oms.journey.worth import Worth
from oms.verification import rules
from oms.verification.order_facts import ChannelFacts, CustomerFacts, Feasible, Limits, LineFacts, OrderFacts
from oms.verification.rule_table import (
    FINANCE,
    HOLD,
    JUDGED_ANEW,
    MANAGER,
    NOTE,
    OWNERS,
    REVIEWS,
    RULES,
    SPECIALIST,
    strongest,
)
from oms.verification.rules import Case

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
SKU = uuid.UUID(int=7)
ADDRESS = {
    "name": "Li Lei",
    "lines": ["1 Tea St"],
    "city": "深圳市",
    "region": "广东省",
    "country": "CN",
    "adcode": "440305",
}
LINE = LineFacts(
    line_id=uuid.UUID(int=1),
    position=0,
    qty=Decimal(2),
    channel_sku="TEA",
    sku_id=SKU,
    code="TEA-1",
    unit_price=Decimal(10),
    total=Decimal(20),
    list_price=Decimal(10),
    floor_price=Decimal(8),
    parts={SKU: Decimal(1)},
)
ORDER = OrderFacts(
    order_id=uuid.UUID(int=2),
    number="SO-1",
    channel_order_number="#1",
    round=0,
    status="received",
    received_at=NOW,
    lines=[LINE],
    currency="CNY",
    total=Decimal(20),
    paid=Decimal(20),
    payment_status="paid",
    contact={"name": "Li Lei", "email": "li@example.com"},
    ship_to=ADDRESS,
    ship_country="CN",
)
LIMITS = Limits()
SOON = Feasible(ship_at=NOW + timedelta(days=1), deliver_at=NOW + timedelta(days=3))


def judge(order: OrderFacts = ORDER, *, limits: Limits = LIMITS, feasible: Feasible = SOON) -> dict[str, str]:
    """{rule: field} of what is found."""
    return {one.name: one.field for one in rules.findings(Case(order, limits, feasible, NOW, ZONE))}


def with_line(**changes: Any) -> OrderFacts:
    line = replace(LINE, **changes)
    return replace(ORDER, lines=[line], total=line.amount)


def on_account(**customer: Any) -> OrderFacts:
    who = CustomerFacts(payment_terms="account", **{"credit_limit": Decimal(100), **customer})
    return replace(ORDER, payment_terms="account", paid=None, payment_status="none", customer=who)


def test_a_clean_regular_order_is_found_clean() -> None:
    assert judge() == {}


#: rule -> (an order that breaks it, the field that is named)
BROKEN: dict[str, tuple[OrderFacts, str]] = {
    "no_lines": (replace(ORDER, lines=[], total=None), "lines"),
    "currency_missing": (replace(ORDER, currency=None), "currency"),
    "contact_missing": (replace(ORDER, contact={"name": "Li Lei"}), "customer.phone"),
    "name_missing": (replace(ORDER, contact={"email": "a@b.c"}, ship_to={**ADDRESS, "name": None}), "customer.name"),
    "qty_missing": (with_line(qty=Decimal(0)), "lines.0.qty"),
    "price_missing": (with_line(unit_price=None), "lines.0.unit_price"),
    "sku_unknown": (with_line(sku_id=None), "lines.0.sku"),
    "sku_inactive": (with_line(active=False), "lines.0.sku"),
    "goods_blocked": (with_line(blocked_reason="recall"), "lines.0.sku"),
    "country_forbidden": (with_line(forbidden_countries=["CN"]), "lines.0.sku"),
    "unit_differs": (with_line(unit="箱", sold_in="EA"), "lines.0.unit"),
    "qty_broken": (with_line(qty=Decimal("1.5"), total=Decimal(15), sold_in="EA"), "lines.0.qty"),
    "address_missing": (replace(ORDER, ship_to=None), "ship_to"),
    "address_incomplete": (replace(ORDER, ship_to={**ADDRESS, "city": None}), "ship_to.city"),
    "address_conflict": (replace(ORDER, ship_to={**ADDRESS, "adcode": "110101"}), "ship_to.adcode"),
    "postal_code_missing": (replace(ORDER, ship_to={**ADDRESS, "country": "DE", "adcode": None}), "ship_to.postal_code"),
    "total_mismatch": (replace(ORDER, total=Decimal("20.02")), "totals.total"),
    "value_negative": (replace(ORDER, tax=Decimal(-21), total=Decimal(-1)), "totals.total"),
    "price_below_floor": (with_line(total=Decimal("15.98")), "lines.0.unit_price"),
    "price_over_list": (with_line(total=Decimal("40.02")), "lines.0.unit_price"),
    "price_in_other_currency": (with_line(list_price=None, priced_elsewhere=True), "lines.0.unit_price"),
    "price_unlisted": (with_line(list_price=None), "lines.0.unit_price"),
    "cod_over_limit": (replace(with_line(total=Decimal(30), unit_price=Decimal(15)), payment_terms="cod"), "payment.terms"),
    "credit_exceeded": (on_account(exposure=Decimal(81)), "totals.total"),
    "credit_currency": (on_account(credit_currency="USD"), "payment.terms"),
    "payment_overdue": (on_account(unpaid_since=NOW - timedelta(days=30)), "payment.terms"),
    "payment_given_back": (replace(ORDER, payment_status="refunded"), "payment.status"),
    "customer_blocked": (replace(ORDER, customer=CustomerFacts(blocked_reason="fraud")), "customer"),
    "message_unread": (replace(ORDER, unread_message=True), "buyer_message"),
    "key_customer": (replace(ORDER, customer=CustomerFacts(key_customer=True)), "customer"),
    "custom_goods": (with_line(custom=True), "lines.0.sku"),
    "discontinued_goods": (with_line(discontinued=True), "lines.0.sku"),
    "urgent": (replace(ORDER, seller_memo="客户加急"), "requested.service"),
}  # fmt: skip
#: Rules that a broken order also breaks of itself.
ALSO = {"name_missing": set(), "qty_missing": {"total_mismatch"}}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_order_is_found_by_its_rule_and_only_by_it(name: str) -> None:
    order, field = BROKEN[name]
    limits = Limits(cod_max=Decimal(25)) if name == "cod_over_limit" else Limits()
    found = judge(order, limits=limits)
    assert found.pop(name) == field
    assert set(found) <= ALSO.get(name, set())


def test_the_edges_pass() -> None:
    assert judge(replace(ORDER, total=Decimal("20.01"))) == {}
    assert judge(with_line(total=Decimal(16))) == {}
    assert judge(with_line(total=Decimal(40))) == {}
    assert judge(on_account(exposure=Decimal(80))) == {}
    assert judge(on_account(unpaid_since=NOW - timedelta(days=29))) == {}
    assert judge(replace(ORDER, payment_terms="cod"), limits=Limits(cod_max=Decimal(20))) == {}


@pytest.mark.parametrize(("discount", "found"), [("4.00", {}), ("4.01", {"price_below_floor": "lines.0.unit_price"})])
def test_a_discount_on_the_whole_order_lowers_the_price_of_its_goods(discount: str, found: dict[str, str]) -> None:
    """Two pieces for 20.00 whose floor is 8.00 each."""
    off = Decimal(discount)
    assert judge(replace(ORDER, discount=off, total=20 - off, paid=20 - off)) == found


def test_without_a_floor_price_the_managers_share_of_the_list_counts() -> None:
    assert "price_below_floor" in judge(with_line(floor_price=None, total=Decimal("17.98")))
    assert judge(with_line(floor_price=None, total=Decimal(18))) == {}


def test_terms_that_nobody_agreed_go_to_finance() -> None:
    account = replace(ORDER, payment_terms="account", customer=CustomerFacts(credit_limit=Decimal(999)))
    assert judge(account) == {"terms_not_allowed": "payment.terms"}
    assert judge(replace(account, channel=ChannelFacts(payment_terms="account"))) == {}
    assert judge(replace(ORDER, payment_terms="cod", channel=ChannelFacts(takes_cod=False))) == {
        "terms_not_allowed": "payment.terms"
    }


def test_a_customer_without_a_limit_of_their_own_has_the_default_one() -> None:
    order = on_account(credit_limit=None)
    assert judge(order) == {"credit_exceeded": "totals.total"}
    assert judge(order, limits=Limits(default_credit=Decimal(20))) == {}


def test_goods_that_never_travel_need_no_address() -> None:
    assert judge(replace(with_line(requires_shipping=False), ship_to=None)) == {}


def test_what_never_travels_needs_no_sku() -> None:
    assert judge(with_line(requires_shipping=False, sku_id=None)) == {}


def test_large_value_and_the_switch_send_to_the_manager() -> None:
    assert judge(limits=Limits(large_order_value=Decimal(20))) == {"large_value": "totals.total"}
    assert judge(limits=Limits(every_order_reviewed=True)) == {"every_order": "order"}


def test_only_rules_of_class_make_an_order_important() -> None:
    important = rules.findings(Case(BROKEN["custom_goods"][0], Limits(), SOON, NOW, ZONE))
    cheap = rules.findings(Case(BROKEN["price_below_floor"][0], Limits(), SOON, NOW, ZONE))
    assert (rules.is_important(important), rules.is_important(cheap)) == (True, False)


def test_a_date_that_cannot_be_met_names_the_day_that_can() -> None:
    late = replace(SOON, on_time=False)
    order = replace(ORDER, requested_ship_by=NOW, requested_deliver_by=NOW + timedelta(days=9))
    [found] = rules.findings(Case(order, Limits(), late, NOW, ZONE))
    assert (found.name, found.field) == ("date_infeasible", "requested.ship_by")
    assert "2026-11-18" in found.en
    assert "2026-11-19" in found.zh
    assert judge(replace(order, requested_ship_by=None, requested_deliver_by=NOW), feasible=late) == {
        "date_infeasible": "requested.deliver_by"
    }


def test_a_place_that_no_carrier_serves_is_no_matter_of_the_date() -> None:
    unserved = replace(SOON, served=False, on_time=False)
    assert judge(replace(ORDER, requested_ship_by=NOW), feasible=unserved) == {"country_unserved": "ship_to.country"}


def test_what_translation_complained_of_is_repeated_where_no_rule_judges_it_anew() -> None:
    problems = [
        ("date_ambiguous", "hold", "requested.deliver_by", "03/04/26"),
        ("total_mismatch", "hold", "totals.total", "20.00 and 21.00"),
        ("sku_missing", "hold", "lines.0.sku", "no SKU"),
        ("masked", "note", "ship_to.name", "Li*"),
        ("novel", "hold", "lines", "strange"),
        ("novel_note", "note", "lines", "strange"),
        ("phone_invalid", "hold", "customer.phone", "12"),
    ]
    order = replace(ORDER, problems=problems, total=Decimal(21))
    found = {(f.name, f.field) for f in rules.findings(Case(order, LIMITS, SOON, NOW, ZONE))}
    assert found == {
        ("date_ambiguous", "requested.deliver_by"),
        ("total_mismatch", "totals.total"),
        ("masked", "ship_to.name"),
        ("channel_problem", "lines"),
        ("channel_problem", "customer.phone"),
    }


def test_a_field_read_with_little_confidence_holds_and_one_on_the_threshold_passes() -> None:
    evidence = [("ship_to.city", Decimal("0.79")), ("customer.name", Decimal("0.80"))]
    assert judge(replace(ORDER, evidence=evidence)) == {"low_confidence": "ship_to.city"}


def test_every_rule_of_the_table_has_words_in_both_languages_that_fill_the_same_places() -> None:
    places = re.compile(r"\{(\w+)\}")
    for name, rule in RULES.items():
        assert rule.severity in (HOLD, NOTE), name
        assert rule.owner in OWNERS, name
        assert set(places.findall(rule.en)) == set(places.findall(rule.zh)), name
        assert re.search(r"[\u4e00-\u9fff]", rule.zh), name
    assert set(REVIEWS) == set(OWNERS)
    assert not JUDGED_ANEW & {"total_mismatch"}


def test_the_strongest_owner_is_the_manager_then_finance() -> None:
    assert strongest({SPECIALIST, FINANCE, MANAGER}) == MANAGER
    assert strongest({SPECIALIST, FINANCE}) == FINANCE


def test_the_value_is_the_senders_total_or_ours_where_there_is_none() -> None:
    parts = replace(ORDER, total=None, shipping=Decimal(5), fees=Decimal(1), discount=Decimal(2), tax=Decimal(3))
    assert (parts.payable, replace(parts, tax_included=True).payable) == (27, 24)
    assert replace(LINE, total=None, discount=Decimal(1)).amount == 19


def in_currency(code: str, value: int, **given: Any) -> OrderFacts:
    line = replace(LINE, unit_price=Decimal(value) / 2, total=Decimal(value), list_price=None)
    return replace(ORDER, lines=[line], total=Decimal(value), paid=Decimal(value), currency=code, **given)


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (in_currency("JPY", 60_000), set()),
        (in_currency("EUR", 6_000), set()),
        (in_currency("EUR", 7_000), {"large_value"}),
        (in_currency("KWD", 20), {"value_unknown"}),
        (in_currency("JPY", 90_000, payment_terms="cod"), set()),
        (in_currency("EUR", 700, payment_terms="cod"), {"cod_over_limit"}),
        (in_currency("KWD", 20, payment_terms="cod"), {"value_unknown"}),
    ],
)
def test_limits_are_of_one_currency_and_what_cannot_be_compared_goes_to_the_manager(
    order: OrderFacts, found: set[str]
) -> None:
    limits = Limits(worth=Worth("CNY", {"CNY": Decimal(1), "EUR": Decimal(8), "JPY": Decimal("0.05")}))
    assert set(judge(order, limits=limits)) - {"price_unlisted"} == found


def test_the_default_credit_is_in_the_currency_of_the_limits_and_an_own_one_in_the_orders() -> None:
    rated = Worth("CNY", {"CNY": Decimal(1), "EUR": Decimal(8)})
    account = {"payment_terms": "account", "paid": None, "payment_status": "none"}
    default = replace(in_currency("EUR", 20), **account, customer=CustomerFacts(payment_terms="account"))
    [found] = [
        one
        for one in rules.findings(Case(default, Limits(default_credit=Decimal(100), worth=rated), SOON, NOW, ZONE))
        if one.name == "credit_exceeded"
    ]
    assert "20 EUR would be open; the credit limit is 100:" in found.en
    own = CustomerFacts(payment_terms="account", credit_currency="EUR", credit_limit=Decimal(100))
    mine = replace(in_currency("EUR", 20), **account, customer=own)
    assert "credit_exceeded" not in judge(mine, limits=Limits(worth=rated))
