"""The quick door and the application behind it answer a webhook alike: status, body, headers, counts, what is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import create_engine
from werkzeug.test import Client, TestResponse

from oms import crypto
from oms.db import Database
from oms.web import create_app, webhooks
from oms.web.committer import Committer
from oms.web.edge import edge
from oms.web.quick_door import QuickDoor
from tests.web.test_webhooks import BODY, headers

JSON = "application/json"


def door_of(app) -> QuickDoor:
    assert isinstance(app.wsgi_app, QuickDoor)
    return app.wsgi_app


@pytest.fixture
def both(site):
    """(through the door, behind it): the same requests, to a channel each."""
    site.channel("quick")
    site.channel("slow")
    return Client(site.app), Client(door_of(site.app)._behind), site


def pair(both, body: bytes = BODY, head: dict[str, str] | None = None, **given) -> list[TestResponse]:
    quick, slow, _ = both
    head = headers(body) if head is None else head
    ways = ((quick, "quick"), (slow, "slow"))
    return [client.post(f"/webhooks/{name}", data=body, headers=head, **given) for client, name in ways]


def told(answer: TestResponse) -> tuple[int, object, dict[str, str]]:
    body = answer.get_json(force=True)
    body.pop("request_id", None)
    assert len(answer.headers["X-Request-ID"]) in (10, 32)
    return answer.status_code, body, {k: v for k, v in answer.headers.items() if k not in _OWN}


#: The id differs from one request to the next, and so may the length of a refusal that names it.
_OWN = {"X-Request-ID", "Content-Length"}


@pytest.mark.parametrize(
    ("body", "head", "status"),
    [
        (BODY, headers(BODY), 202),
        (b"", headers(b""), 202),
        (b"\xff\xfe", headers(b"\xff\xfe") | {"X-Request-ID": "given-0001"}, 202),
        (BODY, headers(BODY, secret="other"), 401),
        (BODY, {}, 401),
        (b"webhook_id=7", {"Content-Type": "application/x-www-form-urlencoded"}, 200),
    ],
)
def test_both_answer_alike(both, body, head, status):
    quick, slow = pair(both, body, head)
    assert told(quick) == told(slow)
    assert quick.status_code == status
    assert quick.headers.get("Content-Length") == slow.headers.get("Content-Length")


def test_both_know_a_repeat_and_a_reused_event_id(both):
    pair(both)
    for body, word in ((BODY, "duplicate"), (BODY + b" ", "quarantined")):
        quick, slow = pair(both, body)
        assert told(quick) == told(slow)
        assert quick.get_json() == {"status": word}


def test_both_keep_the_same_headers_with_the_message_and_no_secrets(both):
    pair(both, head=headers(BODY) | {"Authorization": "Bearer x", "X-Odd_Name": "1"})
    _, _, site = both
    kept = [json.loads(crypto.ring().decrypt(row.headers)) for row in site.rows("SELECT headers FROM inbound_message")]
    assert kept[0] == kept[1]
    assert {"x-wc-webhook-topic", "content-type", "content-length", "host"} <= kept[0].keys()
    assert not {"authorization", "cookie"} & kept[0].keys()


def test_both_are_counted_under_the_route(both):
    def count(status: str) -> float:
        labels = {"route": webhooks.ROUTE, "method": "POST", "status": status}
        return REGISTRY.get_sample_value("oms_requests_total", labels) or 0.0

    def timed() -> float:
        return REGISTRY.get_sample_value("oms_request_seconds_count", {"route": webhooks.ROUTE}) or 0.0

    before = count("202"), count("401"), timed()
    pair(both)
    pair(both, head=headers(BODY, secret="other"))
    assert (count("202"), count("401"), timed()) == (before[0] + 2, before[1] + 2, before[2] + 4)


def test_a_refusal_is_logged_once_with_the_route_and_a_stored_message_not_at_all(both, capfd):
    quick, _, _ = both
    quick.post("/webhooks/quick", data=BODY, headers=headers(BODY))
    assert "request" not in capfd.readouterr().err
    quick.post("/webhooks/quick", data=BODY, headers=headers(BODY, secret="other"))
    [line] = [json.loads(text) for text in capfd.readouterr().err.splitlines() if '"route"' in text]
    assert (line["route"], line["status"], line["method"]) == (webhooks.ROUTE, 401, "POST")


@pytest.mark.parametrize("path", ["/webhooks/nobody", "/webhooks/", "/webhooks/a/b", "/webhooks/%E5%BA%97", "/orders"])
def test_what_the_door_does_not_know_is_answered_behind_it(both, path):
    quick, slow, _ = both
    assert told_status(quick.post(path, data=BODY)) == told_status(slow.post(path, data=BODY))
    assert told_status(quick.get(path)) == told_status(slow.get(path))


def told_status(answer: TestResponse) -> tuple[int, str | None]:
    return answer.status_code, answer.headers.get("Content-Type")


def test_a_body_in_chunks_is_read_by_the_application(both):
    chunks = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    head = headers(BODY) | {"Transfer-Encoding": "chunked"}
    quick, slow = pair(both, head=head, environ_overrides=chunks)
    assert told(quick) == told(slow)
    assert quick.status_code == 202


@pytest.mark.parametrize("length", ["-1", "x", "٣", ""])
def test_a_length_that_is_no_number_is_left_to_the_application(both, length):
    quick, slow = pair(both, environ_overrides={"CONTENT_LENGTH": length})
    assert told(quick) == told(slow)


def test_a_sender_who_goes_away_in_the_middle_is_not_stored(both):
    for client, name in ((both[0], "quick"), (both[1], "slow")):
        short = {"wsgi.input": BytesIO(BODY[:5]), "CONTENT_LENGTH": str(len(BODY))}
        answer = client.post(f"/webhooks/{name}", headers=headers(BODY), environ_overrides=short)
        assert answer.status_code == 400
    assert both[2].rows("SELECT count(*) FROM inbound_message") == [(0,)]


def test_a_message_that_is_not_stored_is_told_503_once_and_written_once(app_settings, capfd):
    nowhere = create_engine("postgresql+psycopg://oms@/none?host=/nonexistent")
    app = create_app(settings=app_settings, database=Database(nowhere))
    answers = [Client(way).post("/webhooks/x", data=BODY) for way in (app, door_of(app)._behind)]
    assert [told(answer) for answer in answers] == [told(answers[1])] * 2
    assert (answers[0].status_code, answers[0].headers["Retry-After"]) == (503, "5")


def test_a_fault_that_nobody_foresaw_is_answered_500_without_a_word_of_it(both):
    site = both[2]
    with site.app.app_context():
        broken = replace(edge(), committer=Committer(lambda _: [1 // 0]))
    answer = Client(QuickDoor(door_of(site.app)._behind, broken)).post(
        "/webhooks/quick", data=BODY, headers=headers(BODY)
    )
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert "division" not in answer.get_data(as_text=True)
    assert site.rows("SELECT count(*) FROM inbound_message") == [(0,)]
