"""What is done the quick way gives what the long way gives: JSON, amounts, arrays, e-mail addresses, numbers."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st
from psycopg import adapt
from psycopg.adapt import PyFormat
from psycopg.types.array import ListBinaryDumper

from connectors import contacts, json_bytes, money, output
from connectors.money import EXACT
from connectors.quantities import print_qty
from oms import compact_json, db, ids, numbers
from oms.arrays import FlatListDumper
from oms.ids import UuidLoader

#: Text with everything in it that JSON may escape, but no lone surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | TEXT | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


#: JSON as senders write it, and bytes that are nearly JSON.
NUMBERS = st.integers() | st.floats() | st.just(-0.0)
SENT = st.recursive(
    st.none() | st.booleans() | TEXT | NUMBERS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=12,
)
SPOILT = st.sampled_from(['"', "\\", "\\u0000", "\\ud800", "}", "[", "1", "-", "NaN", "\n", "\x01", ",", ""])


def exact(body: bytes) -> object:
    """What the standard library makes of it, with its numbers exact; the fault as it is told."""
    read = {"parse_float": json_bytes._decimal, "parse_int": json_bytes._integer, "parse_constant": json_bytes._refuse}
    try:
        return json_bytes._storable(json.loads(body, **read))
    except ValueError as fault:
        return f"not JSON: {fault}"


@given(SENT, st.booleans(), SPOILT, st.integers(0, 200))
def test_a_message_is_read_as_the_standard_library_reads_it(value, escaped, spoilt, place):
    told = json.dumps(value, ensure_ascii=escaped)
    place %= len(told)
    for body in (told, told[:place] + spoilt + told[place:]):
        try:
            found = json_bytes.parse(body.encode())
        except json_bytes.Unreadable as fault:
            found = str(fault)
        wanted = exact(body.encode())
        assert (repr(found), found) == (repr(wanted), wanted)


@given(st.lists(st.sampled_from(["[", "]", "{", "}", "[]", "{}", '"', "\\", ","])), st.integers(0, 130))
def test_how_deep_a_message_is_nested_is_counted_bracket_by_bracket(parts, levels):
    body = ("[" * levels + "".join(parts) + "]" * levels).encode()
    plain = json_bytes._outside_of_text(body)
    brackets = plain.translate(None, json_bytes._NO_BRACKETS)
    assert refused(json_bytes._check_depth, plain) == refused(json_bytes._count_depth, brackets)


def refused(check, given) -> bool:
    try:
        check(given)
    except json_bytes.Unreadable:
        return True
    return False


def plain(value: object, *, sort_keys: bool) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys).encode()


@given(JSON)
def test_stored_json_is_what_the_standard_library_writes(value):
    assert compact_json.dumps(value) == plain(value, sort_keys=False)
    assert compact_json.canonical(value) == plain(value, sort_keys=True)


@pytest.mark.parametrize("value", [Decimal(1), object(), {("a",): 1}, {1, 2}])
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises(TypeError):
        compact_json.dumps({"x": value} if not isinstance(value, dict) else value)


def test_keys_and_numbers_that_only_the_standard_library_writes_are_written():
    assert compact_json.dumps({1: 2**70}) == b'{"1":1180591620717411303424}'


def long_way(value: Decimal, *, decimals: int, at_most: int = 6) -> Decimal:
    """As `at_least` was first written: from the number's own exponent."""

    def rounded(number: Decimal, places: int) -> Decimal:
        found = number.quantize(Decimal(1).scaleb(-places), context=EXACT)
        return found or found.copy_abs()

    capped = rounded(value, at_most).normalize(EXACT)
    exponent = capped.as_tuple().exponent
    assert isinstance(exponent, int)
    return rounded(capped, max(decimals, -exponent))


@given(
    st.decimals(min_value=-(10**15), max_value=10**15, allow_nan=False, places=None) | st.decimals("-9", "9", places=7),
    st.sampled_from([0, 2, 3, 4]),
)
def test_a_price_keeps_the_decimals_that_say_something(value, decimals):
    found, wanted = money.at_least(value, decimals=decimals), long_way(value, decimals=decimals)
    assert (found, found.as_tuple()) == (wanted, wanted.as_tuple())


@given(st.from_regex(r"\A[+-]?\d{0,14}\.?\d{0,8}([eE]-?\d)?\Z", fullmatch=True) | st.text(max_size=8))
def test_an_amount_in_plain_digits_is_read_like_any_other(text):
    try:
        found = money.amount(text)
    except ValueError:
        found = None
    try:
        long = money._bounded(text.strip()) if money._PLAIN.fullmatch(text.strip()) else None
    except ValueError:
        long = None
    assert found == long
    assert found is None or long is None or found.as_tuple() == long.as_tuple()


@given(st.decimals(-(10**15), 10**15, places=None, allow_nan=False), st.sampled_from([None, 0, 2, 3, 4]))
def test_equal_amounts_print_alike(value, decimals):
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    longer = value.quantize(Decimal(1).scaleb(min(exponent, 0) - 2), context=EXACT)
    assert longer == value
    for shown in (output._amount.__wrapped__, output._unit_price.__wrapped__):
        assert shown(value, decimals) == shown(longer, decimals)
    assert print_qty.__wrapped__(value) == print_qty.__wrapped__(longer)


LOCALS = st.from_regex(r"\A[A-Za-z0-9._+'-]{1,12}\Z", fullmatch=True)
DOMAINS = st.from_regex(r"\A[A-Za-z0-9-]{1,8}(\.[A-Za-z0-9-]{1,8}){0,3}\.?\Z", fullmatch=True)


@given(
    LOCALS, DOMAINS | st.sampled_from(["a.test", "xn--bcher-kva.example", "bücher.example", "EXAMPLE.COM", "[1.2.3.4]"])
)
def test_a_plain_address_is_judged_as_the_validator_judges_it(local, domain):
    address = f"{local}@{domain}"
    found, problems = contacts.email(address, field="customer.email")
    try:
        wanted = validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        wanted = None
    assert (found, bool(problems)) == ((wanted, False) if wanted else (address, True))


@pytest.mark.parametrize(
    "address",
    ["postmaster@a.example", "Postmaster@a.example", f"{'a' * 64}@b.example", f"{'a' * 65}@b.example", "a@b@c.example",
     f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example", "a..b@c.example", ".a@b.example", "a@b", "用户@例子.example"],
)  # fmt: skip
def test_edges_of_an_address_are_those_of_the_validator(address):
    judged: Any = test_a_plain_address_is_judged_as_the_validator_judges_it
    judged.hypothesis.inner_test(*address.rsplit("@", 1))


ITEMS = (
    st.lists(st.none() | TEXT.filter(lambda text: "\x00" not in text)),
    st.lists(st.none() | st.uuids()),
    st.lists(st.none() | st.binary()),
    st.lists(st.none() | st.booleans()),
    st.lists(st.none() | st.decimals(allow_nan=False, allow_infinity=False)),
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.none() | st.datetimes()),
    st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2)),
)


def _often(told: tuple[list[Any], int]) -> list[Any]:
    """The first item several times; a list in it each time anew, for the driver takes one that comes twice for a bottomless one."""
    items, times = told
    return [list(one) if isinstance(one, list) else one for one in items[:1] * times]


@given(st.one_of(*ITEMS, st.tuples(st.one_of(*ITEMS), st.integers(1, 4)).map(_often)))
def test_an_array_goes_over_the_wire_as_the_driver_sends_it(items):
    sent = []
    for kind in (FlatListDumper, ListBinaryDumper):
        dumper = kind(list, adapt.Transformer())
        dumper = dumper.upgrade(items, PyFormat.BINARY)
        sent.append((dumper.oid, bytes(dumper.dump(items) or b"")))
    assert sent[0] == sent[1]


def test_numbers_are_drawn_from_all_letters_and_hold():
    drawn = {numbers.new_number("SO") for _ in range(400)}
    assert len(drawn) == 400
    assert all(numbers.is_valid(number) for number in drawn)
    assert {letter for number in drawn for letter in number[3:7] + number[8:12]} == set(numbers.ALPHABET)


@given(st.uuids())
def test_an_id_is_one_object_however_often_it_is_read(value):
    loader = UuidLoader(0)
    read = [loader.load(memoryview(str(value).encode())) for _ in range(2)]
    assert read == [value, value]
    assert read[0] is read[1]


@given(st.integers(0, 2**128 - 1))
def test_an_id_made_from_its_number_is_as_any_other(number):
    made, other = ids.of_number(number), UUID(int=number)
    assert made == other
    assert (hash(made), str(made), repr(made), made.is_safe) == (hash(other), str(other), repr(other), other.is_safe)
    assert pickle.loads(pickle.dumps(made)) == other
    with pytest.raises(TypeError):
        made.int = 7


@given(st.lists(st.uuids()))
def test_ids_are_put_in_order_as_sorting_does(values):
    assert ids.in_order(values) == sorted(values)


def test_new_ids_rise():
    made = [*db.new_ids(500), db.new_id()]
    assert made == sorted(set(made))
    assert {one.version for one in made} == {7}


def test_ids_are_not_kept_without_end():
    loader = UuidLoader(0)
    for number in range(2 * ids.KEPT + 1):
        assert loader.load(str(UUID(int=number)).encode()).int == number
    assert len(ids._KNOWN) <= ids.KEPT


@pytest.mark.parametrize(
    "value",
    [{}, {"at": datetime(2026, 11, 18, 2, tzinfo=UTC), "amount": Decimal("1.50"), "id": UUID(int=7), "名": "值"}],
)
def test_history_tells_what_json_has_no_word_for_as_text(value):
    assert json.loads(compact_json.told(value)) == json.loads(json.dumps(value, default=str))
