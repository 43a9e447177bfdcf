"""Pages of a Shopify shop's changed orders: followed as far as they lead on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.base import ChannelConfig, ConnectorError
from connectors.http import Answer, Client
from connectors.shops import shopify_admin

AT = datetime(2026, 11, 22, tzinfo=UTC)


def _told(monkeypatch: pytest.MonkeyPatch, links: dict[str, str]) -> list[str]:
    asked: list[str] = []

    def answer(self: Client, method: str, path: str, **more: object) -> Answer:
        asked.append(path)
        following = links.get(path)
        headers = {"link": f'<{following}>; rel="next"'} if following else {}
        return Answer(200, headers, b'{"orders": [{"id": 1}]}')

    monkeypatch.setattr(Client, "_send", answer)
    config = ChannelConfig("s", "shopify", base_url="https://shop.example")
    list(shopify_admin.changed_orders(config, since=AT, until=AT))
    return asked


def test_each_page_leads_to_the_next(monkeypatch):
    assert _told(monkeypatch, {"orders.json": "/2", "/2": "/3"}) == ["orders.json", "/2", "/3"]


def test_pages_that_lead_back_end_the_poll_with_a_word(monkeypatch):
    """Else a shop with such a fault, or a proxy before it, kept the worker for ever."""
    with pytest.raises(ConnectorError, match="same next page") as fault:
        _told(monkeypatch, {"orders.json": "/2", "/2": "/3", "/3": "/2"})
    assert fault.value.permanent is False
