"""The shared readers: amounts, quantities, dates, countries, contacts, JSON, sums."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import contacts, dates, headers, json_bytes, money, quantities, sheet_cells
from connectors.base import Address, ChannelOrder, Customer, Kind, Line, Severity, Totals
from connectors.countries import alpha2
from connectors.fields import version
from connectors.output import to_json
from connectors.totals import finish, sum_of_parts

SHANGHAI = ZoneInfo("Asia/Shanghai")

ORDER = ChannelOrder(
    "c", "s", channel_order_id="1", currency="USD", customer=Customer(email="a@lee.example.com"),
    ship_to=Address(lines=("x",)), lines=(Line("1", "A", "Tea", Decimal(2), "EA", Decimal("23.99")),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "value"),
    [("12.50", "12.50"), (" -3 ", "-3"), (".5", "0.5"), ("1e3", "1000"), (7, "7"), (Decimal("85.0000"), "85.0000"), ("-0", "0")],
)  # fmt: skip
def test_an_amount_is_read_exactly(raw, value):
    assert money.amount(raw) == Decimal(value)


@pytest.mark.parametrize(
    "raw", [1.5, True, "1,50", "$5", "NaN", "Infinity", Decimal("sNaN"), "1e19", 10**18, "٣", [], "1" * 61]
)
def test_what_is_no_amount_is_never_guessed(raw):
    with pytest.raises(ValueError, match="amount"):
        money.amount(raw)


@pytest.mark.parametrize("raw", [None, "", "  "])
def test_nothing_is_no_amount(raw):
    assert money.amount(raw) is None


@given(st.decimals(-(10**15), 10**15, places=6, allow_nan=False))
def test_rounding_is_half_up_and_at_most_half_a_minor_unit(value):
    for currency, decimals in (("USD", 2), ("JPY", 0), ("KWD", 3)):
        rounded = money.quantise(value, currency)
        assert -rounded.as_tuple().exponent == decimals
        assert abs(rounded - value) <= Decimal(5).scaleb(-decimals - 1)


def test_amounts_print_in_the_decimals_of_their_currency():
    def total(amount: str, code: str | None) -> str:
        return to_json(replace(ORDER, currency=code, totals=Totals(total=Decimal(amount))))["totals"]["total"]

    def price(amount: str) -> str:
        line = replace(ORDER.lines[0], unit_price=Decimal(amount))
        return to_json(replace(ORDER, lines=(line,)))["lines"][0]["unit_price"]

    assert [total("2.345", code) for code in ("USD", "JPY", "KWD", None)] == ["2.35", "2", "2.345", "2.345"]
    assert total("-0.001", "USD") == "0.00"
    assert [price(text) for text in ("3", "3.3333333", "3.10")] == ["3.00", "3.333333", "3.10"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [("eur", "EUR"), ("RMB", "CNY"), ("元", "CNY"), ("US$", "USD"), ("$", None), ("¥", None), ("XXX", None), (5, None)],
)
def test_a_currency_is_a_code_or_an_unmistakable_sign(raw, code):
    assert money.currency_code(raw) == code


@pytest.mark.parametrize(
    ("raw", "printed"), [("2.000", "2"), (100, "100"), ("1.50", "1.5"), ("0", "0"), ("1e2", "100")]
)
def test_whole_quantities_print_without_a_point(raw, printed):
    assert quantities.print_qty(quantities.qty(raw)) == printed


@pytest.mark.parametrize("raw", ["", None, "1.5K", "two", 1.0, "0.0000001"])
def test_what_is_no_quantity_is_refused(raw):
    with pytest.raises(ValueError, match=r"quantity|amount"):
        quantities.qty(raw)


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2026-11-22T08:00:00Z", "2026-11-22T08:00:00Z"),
        ("2026-11-22T08:00:00+08:00", "2026-11-22T00:00:00Z"),
        ("2026-11-22 08:00:00 +0800", "2026-11-22T00:00:00Z"),
        ("2026-11-22T08:00:00.5Z", "2026-11-22T08:00:00.500000Z"),
        ("2026-11-22", "2026-11-21T16:00:00Z"),
        ("20261122", "2026-11-21T16:00:00Z"),
        ("20261122T080000Z", "2026-11-22T08:00:00Z"),
        ("20261122080000.5+0900", "2026-11-21T23:00:00.500000Z"),
        ("2026/11/22 9:05", "2026-11-22T01:05:00Z"),
        ("2026年11月22日 下午3:05", "2026-11-22T07:05:00Z"),
        ("Sun, 22 Nov 2026 08:00:00 +0000", "2026-11-22T08:00:00Z"),
        ("November 22, 2026", "2026-11-21T16:00:00Z"),
        ("22 Nov 2026 10:30 PM", "2026-11-22T14:30:00Z"),
        ("22.11.2026", "2026-11-21T16:00:00Z"),
        ("3.4.2026", "2026-04-02T16:00:00Z"),
        ("22/11/2026", "2026-11-21T16:00:00Z"),
        ("11/22/2026", "2026-11-21T16:00:00Z"),
        (1795334400, "2026-11-22T08:00:00Z"),
        ("1795334400000", "2026-11-22T08:00:00Z"),
    ],
)
def test_dates_are_read_to_utc(raw, moment):
    assert dates.iso_z(dates.utc(raw, assume=SHANGHAI)) == moment


@pytest.mark.parametrize("raw", ["03/04/2024", "3-4-2024", "01/02/03", "04-03-24"])
def test_a_date_that_could_be_two_days_is_not_guessed(raw):
    with pytest.raises(dates.DateAmbiguous):
        dates.utc(raw, assume=UTC)


def test_a_time_without_zone_is_not_guessed():
    with pytest.raises(dates.DateAmbiguous, match="zone"):
        dates.utc("2026-11-22T08:00:00")


@pytest.mark.parametrize(
    "raw",
    ["soon", "2026-13-45", "2026-02-30", 5, True, [], "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "x" * 100],
)
def test_what_is_no_date_is_said_so(raw):
    with pytest.raises(ValueError, match=r"date|month|day"):
        dates.utc(raw, assume=UTC)


@pytest.mark.parametrize("raw", [None, "", " ", "0000-00-00 00:00:00", "0001-01-01T00:00:00Z"])
def test_no_date_is_none(raw):
    assert dates.utc(raw) is None


@pytest.mark.parametrize(
    ("raw", "found"),
    [("2026-11-22T09:00:00+01:00", "2026-11-22T08:00:00Z"), (12, "12"), ("12", "12"), ("x", None), (None, None)],
)
def test_a_version_is_a_time_or_a_number(raw, found):
    assert version(raw) == found


@pytest.mark.parametrize(
    ("raw", "code"),
    [("de", "DE"), ("DEU", "DE"), ("276", "DE"), ("Germany", "DE"), ("Deutschland", "DE"), ("德国", "DE"), ("中国", "CN"),
     ("USA", "US"), ("United States", "US"), ("uk", "GB"), ("XX", None), ("Atlantis", None), ("", None), (None, None)],
)  # fmt: skip
def test_a_country_is_known_by_code_and_name(raw, code):
    assert alpha2(raw) == code


@pytest.mark.parametrize(
    ("raw", "country", "number", "ext"),
    [
        ("13812345678", "CN", "+8613812345678", None),
        ("13812345678-1234", "CN", "+8613812345678", "1234"),
        ("010-12345678转801", "CN", "+861012345678", "801"),
        ("(212) 555-0199 ext. 12", "US", "+12125550199", "12"),
        ("212-555-0199 x12", "US", "+12125550199", "12"),
        ("15012345678,123", "CN", "+8615012345678", "123"),
        ("0049 30 901820", None, "+4930901820", None),
        ("+44 20 7946 0958", "US", "+442079460958", None),
        ("86-13812345678", "CN", "+8613812345678", None),
    ],
)
def test_a_phone_is_e164_with_its_extension_apart(raw, country, number, ext):
    assert contacts.phone(raw, country=country, field="f") == (number, ext, ())


#: What a pattern that tries each place with each other takes minutes for.
LONG = ["9" * 120_000, "9x" * 60_000, "1-" * 60_000, "12,345" * 20_000, "1 " * 60_000, "(" * 60_000 + "1" * 60_000]


@pytest.mark.parametrize("raw", LONG, ids=lambda raw: raw[:6])
def test_a_text_of_any_length_is_read_at_once(raw):
    began = process_time()
    assert contacts.phone(raw, country="CN", field="f")[2][0].code == "phone_invalid"
    assert contacts.email(raw, field="f")[1][0].code == "email_invalid"
    for read in (
        lambda: sheet_cells.number(raw, mark="."),
        lambda: sheet_cells.qty_and_unit(raw, mark="."),
        lambda: sheet_cells.price(raw, mark=",", chinese=False),
        lambda: sheet_cells.price(raw, mark=".", chinese=False),
    ):
        with pytest.raises(ValueError, match=r"amount|number|quantity"):
            read()
    assert sheet_cells.habit([raw, "1,5"], delimiter=None)[0] == ","
    assert headers.recognise([f"Price {raw}", "SKU"]).currency is None
    assert process_time() - began < 1


def test_a_masked_phone_stays_as_sent():
    number, _, (found,) = contacts.phone("138****8888", country="CN", field="ship_to.phone")
    assert (number, found.code, found.severity) == ("138****8888", "masked", Severity.NOTE)


@pytest.mark.parametrize("raw", ["scrambled@scrambled", "a b@lee.example.com", "nobody", "@", "a@b@c.de"])
def test_an_address_that_is_none_stays_visible(raw):
    address, (found,) = contacts.email(raw, field="customer.email")
    assert (address, found.code) == (raw, "email_invalid")


def test_a_masked_receiver_is_noted():
    order = finish(replace(ORDER, ship_to=Address(name="张*三", lines=("科技路**号",))))
    assert [(one.code, one.field) for one in order.problems] == [
        ("masked", "ship_to.name"),
        ("masked", "ship_to.lines"),
    ]


def test_an_invalid_mail_holds_only_where_it_is_the_only_contact():
    _, problems = contacts.email("nobody", field="customer.email")
    only = replace(ORDER, customer=Customer(email="nobody"), problems=problems)
    assert [one.severity for one in finish(only).problems] == [Severity.HOLD]
    reached = replace(only, ship_to=Address(lines=("x",), phone="+8613812345678"))
    assert [one.severity for one in finish(reached).problems] == [Severity.NOTE]


def test_sums_are_computed_and_a_repeat_changes_nothing():
    order = finish(replace(ORDER, totals=Totals(shipping=Decimal(10), tax_included=True, total=Decimal("57.98"))))
    assert (order.lines[0].total, order.totals.lines, order.problems) == (Decimal("47.98"), Decimal("47.98"), ())
    assert finish(order) == order
    assert sum_of_parts(order.totals) == Decimal("57.98")


@pytest.mark.parametrize(
    ("totals", "adds_up"),
    [
        (Totals(total=Decimal("47.98")), True),
        (Totals(total=Decimal("47.97")), True),
        (Totals(total=Decimal("47.96")), False),
        (Totals(total=None, tax=Decimal(5)), True),
        (Totals(discount=Decimal("7.98"), fees=Decimal(2), total=Decimal("42.00")), True),
        (Totals(tax=Decimal(2), tax_included=False, total=Decimal("49.98")), True),
        (Totals(tax=Decimal(2), tax_included=True, total=Decimal("49.98")), False),
    ],
)
def test_the_total_is_checked_to_one_minor_unit(totals, adds_up):
    assert (finish(replace(ORDER, totals=totals)).problems == ()) is adds_up


def test_a_line_total_is_checked_too():
    (found,) = finish(ORDER, given_line_totals=[Decimal("48.00")]).problems
    assert (found.code, found.field) == ("total_mismatch", "lines.0.total")
    assert finish(ORDER, given_line_totals=[None]).problems == ()


@pytest.mark.parametrize("kind", [Kind.DRAFT, Kind.TEST, Kind.CANCELLATION, Kind.NOT_AN_ORDER])
def test_only_a_live_order_is_held_for_missing_lines(kind):
    assert finish(ChannelOrder("c", "s", kind=kind)).problems == ()
    assert finish(ChannelOrder("c", "s")).problems != ()


@pytest.mark.parametrize("kind", [Kind.DRAFT, Kind.TEST, Kind.CANCELLATION])
def test_a_message_with_lines_is_checked_whatever_its_kind(kind):
    wrong = replace(ORDER, kind=kind, currency=None, totals=Totals(tax_included=False, total=Decimal("1.00")))
    assert {found.code for found in finish(wrong).problems} == {"currency_missing", "total_mismatch"}


def test_an_amount_out_of_bounds_is_refused():
    huge = replace(ORDER, lines=(Line("1", "A", "Tea", Decimal(10) ** 17, "EA", Decimal(10) ** 17),))
    assert {(one.code, one.severity) for one in finish(huge).problems} == {("row_invalid", Severity.REFUSE)}


def test_json_numbers_are_exact_and_text_can_be_stored():
    found = json_bytes.parse(b'\xef\xbb\xbf{"id": 820982911946154508, "price": 0.1, "name": "a\\u0000b\\ud800c"}')
    assert found == {"id": 820982911946154508, "price": Decimal("0.1"), "name": "abc"}
    assert json_bytes.parse('{"名": "茶 \\ud83c\\udf75"}'.encode("utf-16")) == {"名": "茶 🍵"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1,]", b"NaN", b"'a'", b"\xff", b"[" * 101 + b"]" * 101, b"9" * 401, b"1e999999"]
)
def test_json_that_is_not_strict_is_unreadable(body):
    with pytest.raises(json_bytes.Unreadable):
        json_bytes.parse(body)


def test_brackets_inside_text_are_no_depth():
    assert json_bytes.parse(b'"' + b"[" * 500 + b'\\"{"') == "[" * 500 + '"{'


def test_a_named_month_leaves_no_doubt_of_the_day():
    assert dates.utc("Mar-01-24", assume=UTC) == datetime(2024, 3, 1, tzinfo=UTC)
