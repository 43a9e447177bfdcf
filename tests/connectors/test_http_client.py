"""The HTTP client against a real server: what is worth trying again, what is not, and what never leaks."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from connectors.base import ConnectorError
from connectors.http import MAX_ANSWER_BYTES, Client, redact, retry_after_s

TOKEN = "shpat_0123456789"


class Shop(BaseHTTPRequestHandler):
    """Answers with the status that the path names."""

    def do_GET(self) -> None:
        name = self.path.strip("/").partition("?")[0]
        if name == "hang":
            self.server.hung.wait(5)  # type: ignore[attr-defined]
            return
        status = int(name) if name.isdecimal() else 200
        body = f"no: {self.headers.get('X-Token')}".encode() if status >= 400 else b'{"price": 1.10}'
        self.send_response(status)
        self.send_header("Location", "/200")
        self.send_header("Retry-After", "7")
        self.send_header("Link", '<http://x/1>; rel="previous", <http://x/2?page_info=a>; rel="next"')
        self.send_header("Content-Length", str(MAX_ANSWER_BYTES + 1 if name == "huge" else len(body)))
        self.end_headers()
        self.wfile.write(b"x" * (MAX_ANSWER_BYTES + 1) if name == "huge" else body)

    def log_message(self, *arguments: object) -> None:
        return


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    hung = server.hung = Event()  # type: ignore[attr-defined]  # the handler reads it of its server
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    yield Client(f"http://127.0.0.1:{server.server_port}", headers={"X-Token": TOKEN}, timeout_s=(5, 5))
    hung.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (400, True),
        (401, True),
        (404, True),
        (422, True),
        (408, False),
        (409, False),
        (425, False),
        (429, False),
        (500, False),
        (503, False),
        (302, True),
    ],
)
def test_a_refusal_says_whether_trying_again_helps(client, status, permanent):
    with pytest.raises(ConnectorError) as caught:
        client.get(f"/{status}")
    assert (caught.value.permanent, caught.value.status) == (permanent, status)
    assert TOKEN not in str(caught.value)
    assert caught.value.retry_after_s == 7.0


def test_an_answer_is_exact_json_and_names_the_next_page(client):
    answer = client.get("/200", params={"a": "b"})
    assert str(answer.json()) == "{'price': Decimal('1.10')}"
    assert answer.next_url() == "http://x/2?page_info=a"


def test_a_peer_that_hangs_or_is_gone_is_worth_another_try(client):
    for broken in (Client(client.base_url, timeout_s=(5, 0.3)), Client("http://127.0.0.1:9")):
        with pytest.raises(ConnectorError) as caught:
            broken.get("/hang")
        assert caught.value.permanent is False


def test_an_answer_without_end_is_cut_off(client):
    with pytest.raises(ConnectorError, match="larger"):
        Client(client.base_url).get("/huge")


def test_credentials_do_not_follow_a_link_to_another_host(client):
    with pytest.raises(ConnectorError, match="another host") as caught:
        client.get("http://elsewhere.example.com/orders")
    assert caught.value.permanent


def test_secrets_are_kept_out_of_messages():
    said = redact(f"GET https://ck_1:cs_1@shop.example.com?key={TOKEN}", secrets=[TOKEN, ""])
    assert said == "GET https://***@shop.example.com?key=***"


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("Sun, 22 Nov 2026 08:01:00 GMT", 60.0), ("soon", None), ("", None), (None, None),
     ("31536000", 3600.0), ("9" * 400, 3600.0), ("Mon, 22 Nov 2027 08:00:00 GMT", 3600.0),
     ("Sat, 21 Nov 2026 08:00:00 GMT", 0.0)],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms(raw, seconds):
    assert retry_after_s(raw, sent_at="Sun, 22 Nov 2026 08:00:00 GMT") == seconds
