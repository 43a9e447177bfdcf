"""Mails for tests, written as people and shops write them, and read by the channel."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

from connectors.base import ChannelConfig, ChannelOrder, Received
from connectors.channels.email import Email
from connectors.output import to_json


def mail(
    subject: str,
    body: str | None = None,
    *,
    html: str | None = None,
    sender: str = "Jane Doe <jane@acme.example>",
    headers: dict[str, str] | None = None,
    files: dict[str, bytes] | None = None,
) -> bytes:
    """The bytes of a mail: plain, HTML or both, with attached files."""
    message = EmailMessage()
    fields = {"From": sender, "To": "orders@us.example", "Subject": subject}
    fields |= {"Date": "Mon, 02 Mar 2026 10:00:00 +0000", "Message-ID": "<m1@acme.example>"}
    for name, value in (fields | (headers or {})).items():
        message[name] = value
    if body is not None:
        message.set_content(body)
    if html is not None and body is None:
        message.set_content(html, subtype="html")
    elif html is not None:
        message.add_alternative(html, subtype="html")
    for name, data in (files or {}).items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def translate(raw: bytes, **settings: str) -> list[ChannelOrder]:
    return Email(ChannelConfig("post", "email", settings=settings)).translate(Received(raw))


def one(raw: bytes, **settings: str) -> ChannelOrder:
    """The one order that a mail holds."""
    (order,) = translate(raw, **settings)
    return order


def printed(raw: bytes, **settings: str) -> dict[str, Any]:
    """The one order of a mail as the command line prints it."""
    return to_json(one(raw, **settings))


def lines_of(order: ChannelOrder) -> list[tuple[str | None, str | None, str | None]]:
    """SKU, quantity and unit price of each line, as text."""
    return [(line["sku"], line["qty"], line["unit_price"]) for line in to_json(order)["lines"]]


def codes(order: ChannelOrder) -> set[str]:
    return {found.code for found in order.problems}
