"""Every message in both languages: subject, text and HTML that say the same, and no hole where a value belongs."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oms.errors import InputInvalid
from oms.messages import rendering
from oms.messages.rendering import House
from tests.source_tree import sources

HOUSE = House("Tea & Co", "https://oms.example/", ZoneInfo("Asia/Shanghai"))
CONTENT = {
    "currency": "CNY",
    "lines": [{"qty": "2", "unit": "EA", "name": "Tea <cup>", "sku": "TEA-1", "total": "20"}],
    "totals": {"total": "20", "paid": "5"},
    "ship_on": "2026-11-19",
    "deliver_on": "2026-11-21",
}
VALUES: dict[str, Any] = {
    "number": "SO-7K2M-9QXC-4",
    "channel_order_number": "#1042",
    "name": "Li Lei",
    "content": CONTENT,
    "needs_payment": True,
    "token": "t0ken",
    "expires_at": "2026-11-21T02:00:00+00:00",
    "carrier": "Swift",
    "waybill_number": "SW123",
    "tracking_url": "https://swift.example/SW123?a=1&b=2",
    "at": "2026-11-19T09:30:00+00:00",
    "promised_deliver_at": "2026-11-21T15:59:59+00:00",
    "deliver_at": "2026-11-21T15:59:59+00:00",
    "event": "in_effect",
    "kind": "cancellation",
    "why": "the parcel has left",
    "ticket": "TK-1",
    "text": "We look into it.",
    "remedy": "A new cup",
    "remedy_due_at": "2026-11-23T02:00:00+00:00",
    "return": "RT-1",
    "path": "/survey/1/x",
    "amount": "20.00",
    "currency": "CNY",
}
#: What each message has to say, whatever the language.
SAYS = {
    "confirmation": ["SO-7K2M-9QXC-4", "#1042", "TEA-1", "¥15.00"],
    "signature_request": ["SO-7K2M-9QXC-4", "https://oms.example/sign/t0ken", "¥20.00"],
    "backordered": ["SO-7K2M-9QXC-4"],
    "collected": ["SW123", "https://swift.example/SW123?a=1&b=2", "17:30"],
    "out_for_delivery": ["SW123"],
    "delivered": ["SW123", "17:30"],
    "closed": ["https://oms.example/survey/1/x"],
    "survey": ["https://oms.example/survey/1/x", "TK-1"],
    "progress": ["SO-7K2M-9QXC-4"],
    "cancelled": ["SO-7K2M-9QXC-4"],
    "rest_cancelled": ["SO-7K2M-9QXC-4", "#1042"],
    "change_declined": ["the parcel has left"],
    "ticket_opened": ["TK-1"],
    "ticket_answered": ["We look into it.", "A new cup"],
    "return_approved": ["RT-1"],
    "return_declined": ["RT-1", "the parcel has left"],
    "refunded": ["¥20.00"],
}


def test_the_table_of_this_test_names_every_template() -> None:
    assert sorted(SAYS) == rendering.names()


@pytest.mark.parametrize("language", rendering.LANGUAGES)
@pytest.mark.parametrize("name", SAYS)
def test_a_message_says_what_it_must_in_text_and_html(name: str, language: str) -> None:
    told = rendering.render(name, language=language, values=VALUES, house=HOUSE)
    assert bool(re.search(r"[\u4e00-\u9fff]", told.text)) == (language == "zh_Hans")
    assert "\n" not in told.subject
    assert "Tea & Co" in told.text
    assert "Tea &amp; Co" in told.html
    for words in SAYS[name]:
        assert words in told.text + told.subject
    for page in (told.subject, told.text, told.html):
        assert not re.search(r"None|Undefined|\{\{|\{%|\(\)|（）", page)
    assert "\n\n\n" not in told.text


def test_the_html_escapes_what_customers_wrote_and_links_addresses() -> None:
    values = {**VALUES, "name": "<script>x</script>", "text": "see https://a.example/?x=1&y=2 now"}
    told = rendering.render("ticket_answered", language="en", values=values, house=HOUSE)
    assert "<script>" not in told.html
    assert '<a href="https://a.example/?x=1&amp;y=2">' in told.html


@pytest.mark.parametrize("event", ["in_effect", "rejected", "unchanged"])
def test_progress_speaks_of_what_happened(event: str) -> None:
    told = rendering.render("progress", language="en", values={**VALUES, "event": event}, house=HOUSE)
    assert {"in_effect": "in effect", "rejected": "cannot carry out", "unchanged": "Nothing has changed"}[
        event
    ] in told.text


def test_an_unknown_language_falls_back_and_an_unknown_template_is_refused() -> None:
    assert "Kind regards" in rendering.render("closed", language="fr", values=VALUES, house=HOUSE).text
    for name in ("greeting", "../closed", "_frame"):
        with pytest.raises(InputInvalid):
            rendering.render(name, language="en", values=VALUES, house=HOUSE)


def test_every_template_that_the_code_names_in_a_notice_is_there() -> None:
    named = {
        word
        for source in sources("oms", "workers")
        for word in re.findall(r'(?:Notice\(\s*f?"[^"]+",\s*|template=)"([a-z_]+)"', source.text)
    }
    assert {"backordered", "refunded"} <= named
    assert named <= set(rendering.names())
