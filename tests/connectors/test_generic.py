"""Our own JSON: what it says is taken exactly, what it gets wrong is named with the remedy."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Kind, Severity
from connectors.output import to_json
from connectors.totals import finish
from tests.connectors.order_messages import codes, generic_order, only, translate


def generic(**changes):
    return only("generic", generic_order(**changes))


def line(**changes):
    return [{**generic_order()["lines"][0], **changes}]


def test_an_order_is_taken_as_it_is():
    found = to_json(
        generic(invoice={"type": "vat", "title": "Lee GmbH"}, requested={"deliver_by": "2026-11-25T17:00:00+01:00"})
    )
    assert (found["channel_order_id"], found["channel_order_number"], found["version"]) == (
        "A-1",
        "PO-7",
        "2026-11-22T08:00:00Z",
    )
    assert (found["totals"]["lines"], found["totals"]["total"], found["totals"]["discount"]) == ("19.98", "25.98", None)
    assert (found["customer"]["name"], found["payment"]) == ("张三", {"terms": "account", "status": "none"})
    assert (found["invoice"]["title"], found["requested"]["deliver_by"]) == ("Lee GmbH", "2026-11-25T16:00:00Z")
    assert found["problems"] == []


def test_what_we_print_we_can_read():
    printed = to_json(generic())
    (again,) = translate("generic", printed)
    assert to_json(again) == printed


AMOUNTS = st.none() | st.from_regex(r"\A ?[+-]?\d{1,16}(\.\d{1,8})?\Z") | st.sampled_from(["", "-0", "1e-19", "abc", 5])
LINES = st.lists(
    st.fixed_dictionaries(
        {"sku": st.sampled_from(["A-1", " A-1", None, 7, 2.5])},
        optional=dict.fromkeys(("qty", "unit_price", "discount", "tax", "total"), AMOUNTS),
    ),
    max_size=3,
)


@given(
    LINES, st.dictionaries(st.sampled_from(["discount", "shipping", "tax", "total"]), AMOUNTS),
    st.sampled_from(["CNY", "JPY", "KWD", "xxx", None]), st.sampled_from(["order", "update", "cancellation", "test"]),
)  # fmt: skip
def test_sums_that_are_made_while_reading_are_those_of_a_finished_order(lines, totals, currency, kind):
    found = generic(lines=lines, totals=totals, currency=currency, kind=kind)
    bare = [replace(line, total=None) for line in found.lines]
    again = finish(replace(found, lines=tuple(bare), totals=replace(found.totals, lines=None)))
    # Told as text too: equal amounts may have other decimals.
    assert (repr(again), again) == (repr(found), found)


@pytest.mark.parametrize("price", [9.99, 10, 9])
def test_money_as_a_json_number_is_refused_with_the_remedy(price):
    (found,) = generic(lines=line(unit_price=price)).problems
    assert (found.code, found.severity, found.field) == ("row_invalid", Severity.REFUSE, "lines.0.unit_price")
    assert f'"{price}"' in found.message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channel_order_id": 2**53}, "channel_order_id"),
        ({"channel_order_id": 1.5}, "channel_order_id"),
        ({"kind": "quote"}, "kind"),
        ({"version": "yesterday"}, "version"),
        ({"payment": {"terms": "barter"}}, "payment.terms"),
        ({"payment": "cash"}, "payment"),
        ({"totals": {"discount": "-1.00"}}, "totals.discount"),
        ({"totals": {"tax_included": "yes"}}, "totals.tax_included"),
        ({"totals": {"shipping": "5,00"}}, "totals.shipping"),
        ({"ship_to": {"name": "A", "lines": ["x"], "country": "Atlantis"}}, "ship_to.country"),
        ({"ship_to": ["x"]}, "ship_to"),
        ({"lines": {"sku": "A"}}, "lines"),
        ({"lines": ["A"]}, "lines"),
        ({"customer": {"name": 5}}, "customer.name"),
    ],
)
def test_what_is_not_as_the_page_says_is_refused_by_field(changes, field):
    found = {problem.field: problem for problem in generic(**changes).problems}
    assert (found[field].code, found[field].severity) == ("row_invalid", Severity.REFUSE)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"currency": None}, ("currency_missing", "currency")),
        ({"currency": "$"}, ("currency_unsure", "currency")),
        ({"channel_order_id": None, "channel_order_number": ""}, ("number_missing", "channel_order_number")),
        ({"ship_to": None}, ("address_missing", "ship_to")),
        ({"placed_at": "03/04/2026"}, ("date_ambiguous", "placed_at")),
        ({"placed_at": "2026-11-22T08:00:00"}, ("date_ambiguous", "placed_at")),
        ({"payment": {"status": "cosmic"}}, ("status_unknown", "payment.status")),
        ({"lines": line(sku="")}, ("sku_missing", "lines.0.sku")),
        ({"lines": line(qty="1.5K")}, ("qty_invalid", "lines.0.qty")),
        ({"lines": line(qty="0")}, ("qty_invalid", "lines.0.qty")),
        ({"lines": line(total="20.00")}, ("total_mismatch", "lines.0.total")),
    ],
)
def test_what_is_missing_or_unclear_holds_the_order(changes, problem):
    found = generic(**changes)
    assert problem in codes(found)
    assert {one.severity for one in found.problems} == {Severity.HOLD}


def test_a_number_or_a_quantity_may_be_a_json_number():
    found = generic(channel_order_id=1001, lines=line(qty=2))
    assert (found.channel_order_id, found.lines[0].qty, found.problems) == ("1001", Decimal(2), ())


def test_one_of_id_and_number_is_enough():
    found = generic(channel_order_id=None)
    assert (found.channel_order_id, found.channel_order_number) == ("PO-7", "PO-7")


def test_the_good_rows_of_a_list_are_read_beside_the_bad_ones():
    good, bad, none = translate("generic", [generic_order(), generic_order(lines=line(unit_price=1)), 5])
    assert (good.problems, codes(bad)[0]) == ((), ("row_invalid", "lines.0.unit_price"))
    assert (none.kind, codes(none)) == (Kind.NOT_AN_ORDER, [("row_invalid", "orders.2")])


def test_an_order_in_another_systems_words_is_not_passed_over():
    found = only("generic", {"orderNumber": "1", "lineItems": [{"productSku": "A", "quantity": 1}]})
    assert codes(found) == [("row_invalid", "orders.0")]


def test_one_order_under_orders_is_a_list_of_one():
    assert only("generic", {"orders": generic_order()}).channel_order_id == generic_order()["channel_order_id"]


@pytest.mark.parametrize(
    ("envelope", "where"),
    [
        ({"event": "order.created", "data": generic_order()}, "'data'"),
        ({"data": [generic_order(), generic_order()]}, "'data'"),
        ({"meta": {"page": 1}, "result": {"orders": [generic_order()]}}, "'result.orders'"),
    ],
)
def test_an_order_in_an_envelope_that_we_do_not_know_is_refused_by_the_envelopes_name(envelope, where):
    found = only("generic", envelope)
    assert codes(found) == [("row_invalid", "orders.0")]
    assert f"below {where}, send it by itself" in found.problems[0].message


@pytest.mark.parametrize(
    "told", [{"event": "ping"}, {"data": {"id": 5}}, {"data": {"channel_order_id": "1", "at": "x"}}, {}]
)
def test_a_notice_is_passed_over(told):
    found = only("generic", told)
    assert (found.kind, found.problems) == (Kind.NOT_AN_ORDER, ())


@pytest.mark.parametrize("kind", ["update", "cancellation", "draft", "test", "not_an_order"])
def test_the_body_says_the_kind(kind):
    assert only("generic", {"channel_order_id": "A-1", "kind": kind}).kind == Kind(kind)


def test_yen_have_no_decimals_and_dinars_three():
    yen = generic(currency="JPY", lines=line(unit_price="990", total="1980"), totals={"total": "1980"})
    assert (to_json(yen)["totals"]["total"], to_json(yen)["lines"][0]["unit_price"]) == ("1980", "990")
    dinar = generic(currency="KWD", lines=line(unit_price="1.2345", total="2.469"), totals={"total": "2.469"})
    assert (to_json(dinar)["lines"][0]["unit_price"], to_json(dinar)["totals"]["total"]) == ("1.2345", "2.469")
    assert dinar.problems == ()


def test_what_says_that_it_is_no_order_keeps_only_its_ids():
    found = only("generic", generic_order(kind="not_an_order", totals={"total": "1.00"}))
    assert (found.kind, found.channel_order_id is not None) == (Kind.NOT_AN_ORDER, True)
    assert (found.lines, found.problems, found.totals.total) == ((), (), None)
