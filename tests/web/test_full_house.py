"""What the thread that accepts may refuse by itself: a plain webhook, whose whole head was seen and nothing behind it."""

from __future__ import annotations

import importlib

import pytest

PLAIN = b"POST /webhooks/shop HTTP/1.1\r\nHost: oms\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def whole(monkeypatch, tmp_path):
    """`plain_webhook`, without a folder for figures being made on import."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    return importlib.import_module("oms.web.gunicorn_conf").plain_webhook


def test_a_whole_webhook_is_read_to_its_last_byte(whole):
    assert whole(PLAIN) == len(PLAIN)
    assert whole(PLAIN.replace(b"Host: oms", b"Connection: Keep-Alive")) == len(PLAIN) + 13


@pytest.mark.parametrize("body", [b"", b"{"])
def test_of_a_body_that_is_still_to_come_it_is_known_how_long_it_is(whole, body):
    assert whole(PLAIN[:-2] + body) == len(PLAIN)
    assert whole(PLAIN.replace(b"Content-Length: 2", b"Content-Length: 999999")) == len(PLAIN) + 5 + 999_997


@pytest.mark.parametrize(
    "seen",
    [
        PLAIN[:-3],
        PLAIN + b"P",
        PLAIN[:40],
        b"",
        PLAIN.replace(b"POST /webhooks/", b"POST /orders/"),
        PLAIN.replace(b"POST", b"GET"),
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        PLAIN.replace(b"Host: oms", b"Transfer-Encoding: chunked"),
        PLAIN.replace(b"Host: oms", b"transfer-encoding: keep-alive"),
        PLAIN.replace(b"Host: oms", b"Expect: 100-continue"),
        PLAIN.replace(b"Host: oms", b"Connection: close"),
        PLAIN.replace(b"Host: oms", b"Connection: keep-alive, Upgrade"),
        PLAIN.replace(b"Host: oms", b"Content-Length: 2"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: +2"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2, 2"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 1000000"),
    ],
)
def test_anything_else_goes_to_a_thread(whole, seen):
    assert whole(seen) == 0
