"""One suite for every channel of the registry: whatever arrives, the answer is in the one schema."""

from __future__ import annotations

import json
import random
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import (
    PROBLEM_SEVERITY,
    Channel,
    ChannelConfig,
    ChannelOrder,
    Kind,
    PolledChannel,
    Received,
    Severity,
    SignedChannel,
    ToldChannel,
)
from connectors.output import from_json, to_json
from connectors.registry import CARRIERS, CHANNELS, UnknownSource, channel_for
from tests.connectors.order_messages import MESSAGES

EVERY_CHANNEL = sorted(CHANNELS)
JSON_CHANNELS = sorted(MESSAGES)

JUNK: dict[str, bytes] = {
    "empty": b"",
    "white space": b" \n\t ",
    "not utf-8": b'{"id": "\xff\xfe\xfa"}',
    "truncated": b'{"id": 1, "line_items": [{"id"',
    "trailing comma": b'{"id": 1,}',
    "deep": b'{"orders":' * 100_000 + b"[]",
    "deep and closed": b"[" * 5_000 + b"]" * 5_000,
    "huge integer": b'{"id": ' + b"9" * 100_000 + b"}",
    "huge exponent": b'{"id": 1, "order_number": 1, "total_price": 1e999999999}',
    "nan": b'{"id": 1, "total": NaN}',
    "nul": b'{"id": "a\\u0000b", "order_number": 1, "line_items": []}\x00',
    "surrogate": b'{"channel_order_id": "\\ud800", "lines": [], "order_number": 1, "line_items": []}',
    "null": b"null",
    "a number": b"5",
    "a text": b'"order"',
    "empty list": b"[]",
    "empty object": b"{}",
    "html": b"<html><body>502 Bad Gateway</body></html>",
    "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "form": b"webhook_id=12",
    "zip": b"PK\x03\x04" + bytes(range(256)),
    "only a mark": b"\xef\xbb\xbf",
    "utf-16": "﻿{}".encode("utf-16-le"),
    "lists in lists": b'[[[{"orders": [[]]}]], null, 1, "x"]',
}


def translate(source: str, body: bytes) -> list[ChannelOrder]:
    return channel_for(ChannelConfig("my-channel", source)).translate(Received(body, {}, "my-channel"))


def check(source: str, orders: list[ChannelOrder]) -> None:
    assert orders
    for order in orders:
        assert (order.channel, order.source) == ("my-channel", source)
        assert isinstance(order.kind, Kind)
        for found in order.problems:
            assert found.code in PROBLEM_SEVERITY
            assert isinstance(found.severity, Severity)
            assert found.message
        printed = json.dumps(to_json(order), ensure_ascii=False).encode("utf-8")
        assert b"\\u0000" not in printed
        assert from_json(json.loads(printed)) == order


@pytest.mark.parametrize("source", EVERY_CHANNEL)
@pytest.mark.parametrize("name", JUNK)
def test_junk_is_answered_in_the_schema_and_never_becomes_a_live_order(source, name):
    orders = translate(source, JUNK[name])
    check(source, orders)
    assert all(order.kind is Kind.NOT_AN_ORDER or order.problems for order in orders)


@pytest.mark.parametrize("source", JSON_CHANNELS)
@pytest.mark.parametrize("name", ["empty", "not utf-8", "truncated", "trailing comma", "deep", "nan", "html"])
def test_bytes_that_cannot_be_read_are_one_refused_element(source, name):
    (order,) = translate(source, JUNK[name])
    assert order.kind is Kind.NOT_AN_ORDER
    assert [(found.code, found.severity) for found in order.problems] == [("unreadable", Severity.REFUSE)]


@pytest.mark.parametrize("source", JSON_CHANNELS)
@pytest.mark.parametrize("name", ["null", "a number", "empty list", "empty object", "lists in lists"])
def test_what_is_readable_but_no_order_is_one_element_without_a_problem(source, name):
    (order,) = translate(source, JUNK[name])
    assert (order.kind, order.lines, order.problems) == (Kind.NOT_AN_ORDER, (), ())


@pytest.mark.parametrize("source", EVERY_CHANNEL)
@settings(max_examples=60)
@given(body=st.binary(max_size=400))
def test_random_bytes_never_raise(source, body):
    check(source, translate(source, body))


@pytest.mark.parametrize("source", JSON_CHANNELS)
@settings(max_examples=250)
@given(seed=st.integers(0, 2**32), value=st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.floats()
    | st.sampled_from(["1e5", "-1", "NaN", "1" * 40, "0000-00-00", "03/04/2024", "138****8888", "\x00", "2026-11-22"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=5,
))  # fmt: skip
def test_an_order_with_any_field_replaced_by_anything_never_raises(source, seed, value):
    order = MESSAGES[source]()
    _replace_somewhere(order, random.Random(seed), value)
    check(source, translate(source, json.dumps(order).encode()))


def _replace_somewhere(node: Any, chance: random.Random, value: Any) -> None:
    while True:
        key = chance.choice(list(node) if isinstance(node, dict) else list(range(len(node))))
        inner = node[key]
        if not isinstance(inner, dict | list) or not inner or chance.random() < 0.2:
            node[key] = value
            return
        node = inner


@pytest.mark.parametrize("source", JSON_CHANNELS)
def test_a_good_order_has_no_problem_and_survives_the_round_trip(source):
    (order,) = translate(source, json.dumps(MESSAGES[source]()).encode())
    check(source, [order])
    assert (order.kind, order.problems) == (Kind.ORDER, ())


@pytest.mark.parametrize("source", JSON_CHANNELS)
def test_each_order_of_a_list_is_one_element(source):
    first, second = MESSAGES[source](), MESSAGES[source]()
    for body in ([first, second], {"orders": [first, second]}):
        assert len(translate(source, json.dumps(body).encode())) == 2


@pytest.mark.parametrize("source", EVERY_CHANNEL)
def test_the_registry_leads_to_a_channel_of_that_name(source):
    channel: Channel = channel_for(ChannelConfig("my-channel", source))
    assert channel.source == source


@pytest.mark.parametrize("place", sorted(CARRIERS.values()))
def test_the_registry_leads_to_carriers(place):
    module, _, name = place.partition(":")
    assert callable(getattr(import_module(module), name).book)


@pytest.mark.parametrize("source", JSON_CHANNELS)
def test_web_shops_sign_can_be_asked_and_want_to_hear(source):
    channel = channel_for(ChannelConfig("my-channel", source))
    assert isinstance(channel, SignedChannel)
    assert isinstance(channel, PolledChannel)
    assert isinstance(channel, ToldChannel)


def test_an_unknown_source_is_named_with_those_that_are_known():
    with pytest.raises(UnknownSource, match=r"'magento'; there are: email, generic"):
        channel_for(ChannelConfig("x", "magento"))
