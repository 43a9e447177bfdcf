"""Outgoing mails: the same key gives the same bytes, threads hold, nobody's text becomes a header."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from connectors.base import ConnectorError
from connectors.mail_writing import Attachment, Thread, compose, deliverable, message_id


def write(**changes: object) -> bytes:
    arguments: dict[str, object] = {
        "idempotency_key": "confirm:order-1:1",
        "sender": ("店铺", "orders@shop.example"),
        "recipients": [("李安", "ann@x.example")],
        "subject": "订单确认 Order confirmation",
        "text": "您好\nYour order is confirmed.",
        "html": "<p>您好</p>",
        "attachments": [Attachment("订单.pdf", b"%PDF-1.4 \x00\xff", "application/pdf")],
        "at": datetime(2026, 11, 22, 8, tzinfo=UTC),
    }
    return compose(**{**arguments, **changes})  # type: ignore[arg-type]


def read(content: bytes) -> EmailMessage:
    found = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_same_key_writes_the_same_bytes_and_another_key_another_id():
    assert write() == write()
    assert read(write())["Message-ID"] == message_id("confirm:order-1:1", domain="shop.example")
    assert read(write())["Message-ID"] != read(write(idempotency_key="confirm:order-1:2"))["Message-ID"]


def test_a_mail_is_read_as_it_was_meant():
    found = read(write())
    body, page = found.get_body(("plain",)), found.get_body(("html",))
    assert body is not None
    assert page is not None
    assert (found["Subject"], found["Auto-Submitted"]) == ("订单确认 Order confirmation", "auto-generated")
    assert body.get_content().splitlines() == ["您好", "Your order is confirmed."]
    assert [(part.get_filename(), part.get_content()) for part in found.iter_attachments()] == [
        ("订单.pdf", b"%PDF-1.4 \x00\xff")
    ]
    assert write().isascii()


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "hello\r\nBcc: all@x.example"},
        {"subject": "hello\nBcc: all@x.example"},
        {"subject": "hello\u2028Bcc: all@x.example"},
        {"recipients": [("Ann\r\nBcc: all@x.example", "ann@x.example")]},
        {"recipients": [("Ann", "ann@x.example\r\nBcc: all@x.example")]},
        {"sender": ("Shop\n", "orders@shop.example")},
        {"recipients": [("Ann", "not an address")]},
        {"attachments": [Attachment("a\r\nb.pdf", b"")]},
        {"language": "en\r\nBcc: all@x.example"},
    ],
)
def test_a_line_break_in_any_header_is_refused_for_good(changes: dict[str, object]):
    with pytest.raises(ConnectorError) as raised:
        write(**changes)
    assert raised.value.permanent


def test_an_answer_joins_the_thread_and_drops_ids_that_are_none():
    thread = Thread("<second@x.example>", ("<first@x.example>", "no id\r\nBcc: all@x.example", "<second@x.example>"))
    found = read(write(thread=thread))
    assert found["In-Reply-To"] == "<second@x.example>"
    assert str(found["References"]).split() == ["<first@x.example>", "<second@x.example>"]
    assert read(write(thread=Thread("no id")))["In-Reply-To"] is None


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("ann@x.example", "ann@x.example"),
        ("ann@例子.example", "ann@xn--fsqu00a.example"),
        ("ann@straße.example", "ann@xn--strae-oqa.example"),
    ],
)
def test_an_address_is_written_with_its_domains_name_in_ascii(address, named):
    assert deliverable(address) == named
    written = write(recipients=[("", address)])
    assert f"To: {named}".encode() in written.splitlines()


def test_an_address_that_no_server_takes_is_refused():
    with pytest.raises(ConnectorError) as caught:
        write(recipients=[("", "安@x.example")])
    assert caught.value.permanent
