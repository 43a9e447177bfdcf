"""Mails that mean harm or are broken: bombs, nesting, odd MIME, random bytes. Nothing raises, nothing takes long."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import ChannelConfig, Kind, Received
from connectors.channels.email import Email
from connectors.mail.document import TextLine
from connectors.mail.limits import MAX_ATTACHMENTS, MAX_DEPTH, MAX_MAIL_BYTES
from connectors.mail.markup import from_html
from connectors.mail.message import open_mail
from connectors.output import from_json, to_json
from tests import stopwatch
from tests.connectors.mails import lines_of, mail, one, translate
from tests.connectors.test_email_letters import PURCHASE_ORDER
from tests.connectors.test_email_shops import WOO_HTML

CPU_LIMIT_S = 2.0
HEAD = b"From: a@b.example\r\nSubject: Purchase order 1\r\nMessage-ID: <x@y>\r\n"
MIXED = HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
PLAIN = HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
HTML = HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n"
NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(MAX_DEPTH + 5)
)

REFUSED = {
    "no bytes": b"",
    "nothing but NUL": b"\0" * 1000,
    "JSON": b'{"@type": "Order"}',
    "a PDF": b"%PDF-1.4\n%\xe2\xe3",
    "a page": b"<html><body>502 Bad Gateway</body></html>",
    "a million parts": MIXED + b"--b\r\n\r\n" * 1_000_000,
    "too many attachments": MIXED + b"--b\r\nContent-Type: application/pdf\r\n\r\nx\r\n" * (MAX_ATTACHMENTS + 1),
    "parts in parts": HEAD + NESTED,
    "mails in mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 5000,
    "a huge header": b"Subject: " + b"x" * 70_000 + b"\r\n\r\n",
    "too large": PLAIN + b"x" * MAX_MAIL_BYTES,
}


@pytest.mark.parametrize("name", REFUSED)
def test_bytes_beyond_the_limits_are_one_refused_element_at_once(name):
    with stopwatch.cpu() as spent:
        order = one(REFUSED[name])
    assert spent.s < CPU_LIMIT_S
    assert (order.kind, [found.code for found in order.problems]) == (Kind.NOT_AN_ORDER, ["unreadable"])
    assert order.problems[0].message


SLOW = {
    "words": PLAIN + b"lorem ipsum, please order 10 x ABC-123\n" * 26_000,
    "one line": PLAIN + b"10 x ABC-123 " * 80_000,
    "labels": PLAIN + b"Qty: 1 Price: 2 Phone: 3 Total: 4\n" * 30_000,
    "colons": PLAIN + b"a: b: c: d: e: f: g: h\n" * 45_000,
    "digits": PLAIN + b"1.1," * 250_000,
    "table rows": PLAIN + b"SKU   Qty   Price\n" + b"A-1   2   3.00\n" * 60_000,
    "half a quotation": PLAIN + (b"On " + b"a " * 150 + b"\n") * 3_000,
    "rules": PLAIN + (b"-" * 70 + b"\n") * 14_000,
    "Chinese": PLAIN + "我要订 5 箱 ABC-123，送到上海市浦东新区世纪大道100号\n".encode() * 15_000,
    "addresses": PLAIN + b"Ship to:\n" + (b"12 Road, " * 30 + b"\n") * 3_000,
    "open tags": HTML + b"<div>" * 200_000,
    "open brackets": HTML + b"<" * 1_000_000,
    "open comments": HTML + b"<!--" * 250_000,
    "attributes": HTML + b'<a b="' * 160_000,
    "tables in tables": HTML + b"<table><tr><td>" * 66_000,
    "many cells": HTML + b"<table>" + b"<tr><td>SKU<td>Qty<td>Price" * 40_000,
    "entities": HTML + b"&#x10ffff;" * 100_000,
    "markup": HTML + b'<script type="application/ld+json">' + b"[" * 900_000 + b"</script>",
    "encoded words": HEAD.replace(b"Purchase", b"=?utf-8?q?a?= " * 4_000) + b"\r\nhi",
    "parentheses": b"From: " + b"(" * 60_000 + b"\r\n\r\nhi",
    "many mails": MIXED + (b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + PLAIN + b"10 x ABC-1 lorem\r\n" * 600) * 60,
}


@pytest.mark.parametrize("name", SLOW)
def test_a_megabyte_of_anything_is_read_within_two_seconds_of_cpu(name):
    with stopwatch.cpu() as spent:
        orders = translate(SLOW[name])
    assert spent.s < CPU_LIMIT_S
    assert orders


def check(raw: bytes) -> None:
    for order in translate(raw):
        printed = json.dumps(to_json(order), ensure_ascii=False).encode("utf-8")
        assert from_json(json.loads(printed)) == order
        assert order.kind is not Kind.NOT_AN_ORDER or order.lines == ()


@settings(max_examples=150)
@given(st.binary(max_size=600))
def test_random_bytes_behind_a_header_never_raise(body):
    for head in (PLAIN, HTML, MIXED, HEAD):
        check(head + body)


@settings(max_examples=150)
@given(st.text(max_size=400))
def test_random_text_in_subject_and_body_never_raises(text):
    check(PLAIN + text.encode("utf-8", "replace"))
    check(HTML + text.encode("utf-8", "replace"))
    check(
        b"Subject: "
        + text.encode("utf-8", "replace").replace(b"\n", b" ")
        + b"\n\nPlease order "
        + text.encode("utf-8", "replace")
    )


@pytest.fixture(scope="module")
def good_mails() -> list[bytes]:
    return [
        mail("Purchase Order PO-4711", PURCHASE_ORDER),
        mail("[Store]: New order #124", "see HTML", html=WOO_HTML),
        mail(
            "Fwd: PO",
            f"FYI\n\n-----Original Message-----\nFrom: b@c.example\nSent: x\nSubject: PO 5\n\n{PURCHASE_ORDER}",
        ),
        mail("PO attached", "see attached", files={"po.csv": b"sku,qty\nA,1\n", "po.pdf": b"%PDF"}),
    ]


@settings(max_examples=250)
@given(seed=st.integers(0, 2**32))
def test_a_mail_torn_and_spoilt_anywhere_never_raises(good_mails, seed):
    chance = random.Random(seed)
    raw = bytearray(chance.choice(good_mails))
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(raw))
        piece = chance.choice(
            [b"", b"\x00", b"\xff\xfe", b"\n", b"\n\n", b":", b"=?", b"--", b"<", b"1", "万".encode(), b"\t"]
        )
        raw[at : at + chance.choice([0, 1, 5, 60])] = piece
    check(bytes(raw[: chance.choice([len(raw), chance.randrange(len(raw))])] or b"x"))


ODD = {
    "a boundary line right below the header": MIXED.rstrip(b"\r\n") + b"\r\n--b\r\n\r\n10 x ABC-1\r\n--b--\r\n",
    "a boundary that never comes": MIXED + b"Please order 10 x ABC-1\r\n",
    "no closing boundary": MIXED + b"--b\r\nContent-Type: text/plain\r\n\r\n10 x ABC-1\r\n",
    "a boundary with dashes at its end": HEAD
    + b'Content-Type: multipart/mixed; boundary="b--"\r\n\r\n--b--\r\n\r\n10 x ABC-1\r\n--b----\r\n',
    "base64 that is none": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\nPlease order: 10 x ABC-1!\r\n",
    "no blank line at all": HEAD + b"X-Note: 1\r\n",
    "bare carriage returns": (PLAIN + b"10 x ABC-1").replace(b"\r\n", b"\n"),
    "an unknown charset": HEAD + b"Content-Type: text/plain; charset=x-klingon\r\n\r\n10 x ABC-1\r\n",
    "a charset that runs code elsewhere": HEAD
    + b"Content-Type: text/plain; charset=unicode_escape\r\n\r\n10 x ABC-1\r\n",
    "a separator line of an mbox": b"From a@b Mon Mar  2 10:00:00 2026\n" + PLAIN + b"10 x ABC-1\r\n",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_mime_is_read_as_far_as_it_goes(name):
    order = one(ODD[name])
    assert (order.kind, order.channel_order_id) == (Kind.ORDER, "1")
    assert lines_of(order) == ([] if name == "no blank line at all" else [("ABC-1", "10", None)])


def test_a_split_encoded_subject_and_a_long_file_name_are_joined():
    head = "From: =?utf-8?B?5byg?= =?utf-8?B?5LiJ?= <z@x.example>\r\nSubject: =?utf-8?B?6YeH?=\r\n =?utf-8?B?6LSt5Y2V?=\r\n"
    body = "Content-Type: text/csv; name*0*=UTF-8''%E9%87%87; name*1*=%E8%B4%AD.csv\r\n\r\nx\r\n"
    opened = open_mail((head + body).encode())
    assert (opened.sender_name, opened.subject) == ("张三", "采购单")
    assert [attachment.filename for attachment in opened.attachments] == ["采购.csv"]


@pytest.mark.parametrize(
    ("value", "name", "sender"),
    [
        ('"ann@old.example" <ann@new.example>', "ann@old.example", "ann@new.example"),
        ("ann@shop.example via Orders <orders@lists.example>", "ann@shop.example via Orders", "orders@lists.example"),
        ("=?utf-8?B?5byg5LiJIHpAb2xkLmV4YW1wbGU=?= <z@new.example>", "张三 z@old.example", "z@new.example"),
        ("Zhang, San <z@x.example>", "Zhang, San", "z@x.example"),
        ("a@x.example, Bob <b@x.example>", None, "a@x.example"),
        ("z@x.example (Zhang San)", None, "z@x.example"),
        ('"z@x.example"', None, "z@x.example"),
    ],
)
def test_a_mail_is_from_the_address_in_brackets_whatever_its_name_holds(value, name, sender):
    opened = open_mail(f"From: {value}\r\nSubject: x\r\n\r\nhi".encode())
    assert (opened.sender_name, opened.sender) == (name, sender)


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("pad", range(4))
def test_a_chinese_mail_of_two_megabytes_stays_chinese(charset, pad):
    body = ("x" * pad + "采购单\n订单号：PO-79\n" + ("很" * 20 + "\n") * 45_000).encode(charset)
    head = f"From: z@x.example\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()
    assert "订单号：PO-79" in open_mail(head + body).plain[:30]


def test_the_event_is_the_message_id_or_the_hash_of_the_bytes():
    channel = Email(ChannelConfig("post", "email"))
    assert channel.event_id(Received(PLAIN)) == "x@y"
    without = b"From: a@b.example\r\n\r\nhi"
    assert channel.event_id(Received(without)) == channel.event_id(Received(without))
    assert channel.event_id(Received(without)).startswith("sha256:")


@pytest.mark.parametrize("body", ["order.txt", "a.py", "https://shop.example/order", "C:\\orders\\1.doc"])
def test_an_html_body_that_looks_like_the_name_of_a_file_is_read_as_text(body: str) -> None:
    lines = [block.text for block in from_html(body).blocks if isinstance(block, TextLine)]
    assert lines == [body]
