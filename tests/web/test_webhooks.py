"""Where web shops knock: signatures, repeats, limits, an absent database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text

from connectors.signing import sign_standard
from oms import crypto
from oms.db import Database
from oms.intake.inbox import Arrival, NewMessage
from oms.web import create_app
from oms.web.webhooks import Keeper

BODY = json.dumps({"id": 727, "number": "727"}).encode()
MESSAGES = "SELECT event_id, status, reason FROM inbound_message ORDER BY id"


def headers(body: bytes, event: str = "d1", secret: str = "s3cret") -> dict[str, str]:
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return {
        "X-WC-Webhook-Signature": signature,
        "X-WC-Webhook-Delivery-ID": event,
        "X-WC-Webhook-Topic": "order.created",
        "Content-Type": "application/json",
        "Cookie": "secret=1",
    }


def knock(site, body=BODY, name="shop", **given):
    return site.app.test_client().post(f"/webhooks/{name}", data=body, headers=headers(body, **given))


@pytest.fixture
def shop(site):
    site.channel()
    return site


def test_a_signed_message_is_stored_byte_for_byte_with_its_step_before_it_is_answered(shop):
    assert knock(shop).status_code == 202
    [(sha, body, head, kind, state)] = shop.rows(
        "SELECT m.body_sha256, m.body, m.headers, s.kind, s.state FROM inbound_message m"
        " JOIN step s ON s.subject_id = m.id AND s.key = m.id || '\\:0'"
    )
    assert (sha, kind, state) == (hashlib.sha256(BODY).digest(), "accept", "open")
    assert BODY not in body
    assert crypto.ring().decrypt(body) == BODY
    kept = json.loads(crypto.ring().decrypt(head))
    assert kept["x-wc-webhook-topic"] == "order.created"
    assert "cookie" not in kept


def test_the_queue_of_the_step_is_rung_after_the_commit(clean_database, app_settings, site):
    site.channel()
    rung = []
    database = Database(clean_database.engine, ring=rung.extend)
    client = create_app(settings=app_settings, database=database).test_client()
    client.post("/webhooks/shop", data=BODY, headers=headers(BODY))
    assert rung == ["inside"]


def test_a_redelivery_is_answered_2xx_and_changes_nothing(shop):
    knock(shop)
    assert knock(shop).status_code == 200
    assert shop.rows("SELECT (SELECT count(*) FROM inbound_message), (SELECT count(*) FROM step)") == [(1, 1)]


def test_a_hundred_copies_at_once_become_one_message(shop):
    with ThreadPoolExecutor(16) as pool:
        answers = [a.status_code for a in pool.map(lambda _: knock(shop), range(100))]
    assert sorted(set(answers)) == [200, 202]
    assert answers.count(202) == 1
    assert shop.rows("SELECT (SELECT count(*) FROM inbound_message), (SELECT count(*) FROM step)") == [(1, 1)]


def test_a_known_event_id_with_other_bytes_is_quarantined_beside_the_first(shop):
    knock(shop)
    for _ in range(2):
        assert knock(shop, BODY + b" ").status_code == 200
    first, second = shop.rows(MESSAGES)
    assert first == ("d1 727", "received", None)
    assert (second.event_id[:7], second.status, second.reason) == ("d1 727#", "quarantined", "event_id_reused")
    assert shop.rows("SELECT count(*) FROM step") == [(1,)]


def test_two_orders_of_one_second_are_both_taken(shop):
    # A WooCommerce shop makes its delivery id of the webhook and the second of its clock: theirs is the same.
    answers = [knock(shop, json.dumps({"id": order, "number": str(order)}).encode()) for order in (727, 728)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert shop.rows(MESSAGES) == [("d1 727", "received", None), ("d1 728", "received", None)]


def _without(name: str) -> dict[str, str]:
    return {key: value for key, value in headers(BODY).items() if key != name}


@pytest.mark.parametrize(
    "head",
    [
        _without("X-WC-Webhook-Signature"),
        headers(BODY + b"\n"),
        headers(BODY, secret="other"),
        headers(BODY, secret=""),
        headers(BODY) | {"X-WC-Webhook-Signature": "AAAA"},
    ],
)
def test_a_signature_that_does_not_hold_is_refused_and_nothing_is_kept(shop, head):
    assert shop.app.test_client().post("/webhooks/shop", data=BODY, headers=head).status_code == 401
    assert shop.rows("SELECT count(*) FROM inbound_message") == [(0,)]


def test_a_channel_without_a_secret_takes_nothing(site):
    site.channel(secrets=["", ""])
    assert knock(site, secret="").status_code == 401


def test_old_and_new_secret_count_while_they_are_changed(site):
    site.channel(secrets=["new", "old"])
    assert knock(site, event="a", secret="new").status_code == 202
    assert knock(site, event="b", secret="old").status_code == 202


@pytest.mark.parametrize("name", ["nobody", "post", "off"])
def test_there_is_no_hook_for_an_unknown_an_unsigned_or_a_switched_off_channel(site, name):
    site.channel("post", source="email")
    site.channel("off")
    site.rows("UPDATE channel SET active = FALSE WHERE name = 'off' RETURNING id")
    answer = knock(site, name=name)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_the_unsigned_ping_of_a_new_hook_is_answered_and_opens_nothing(shop):
    answer = shop.app.test_client().post("/webhooks/shop", data={"webhook_id": "7"})
    assert answer.status_code == 200
    assert shop.rows("SELECT (SELECT count(*) FROM inbound_message), (SELECT count(*) FROM step)") == [(0, 0)]


@pytest.mark.parametrize("body", [b"[" * 10_000, b"\xff\xfe", b"", b"not json"])
def test_what_cannot_be_understood_is_stored_and_answered_2xx(shop, body):
    assert knock(shop, body).status_code == 202


def test_a_body_over_the_limit_is_refused_before_it_is_looked_at(shop):
    limit = shop.settings.body_limit
    assert knock(shop, b"x" * (limit + 1)).status_code == 413
    assert knock(shop, b"x" * limit).status_code == 202


def test_a_body_in_chunks_over_the_limit_is_refused_too(shop):
    body = b"x" * (shop.settings.body_limit + 1)
    chunks = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = shop.app.test_client().post("/webhooks/shop", data=body, headers=headers(body), environ_overrides=chunks)
    assert answer.status_code == 413


def test_our_own_json_is_signed_as_standard_webhooks_say(site):
    site.channel("partner", source="generic", secrets=["whsec_c2VjcmV0c2VjcmV0c2VjcmV0"])
    [[at]] = site.rows("SELECT clock_timestamp()")
    head = sign_standard(BODY, message_id="m1", at=at, secret="whsec_c2VjcmV0c2VjcmV0c2VjcmV0")
    client = site.app.test_client()
    assert client.post("/webhooks/partner", data=BODY, headers=head).status_code == 202
    late = head | {"webhook-timestamp": str(int(at.timestamp()) - 301)}
    assert client.post("/webhooks/partner", data=BODY, headers=late).status_code == 401


def test_without_the_database_the_sender_is_told_to_come_again(app_settings):
    nowhere = create_engine("postgresql+psycopg://oms@/none?host=/nonexistent")
    client = create_app(settings=app_settings, database=Database(nowhere)).test_client()
    answer = client.post("/webhooks/shop", data=BODY, headers=headers(BODY))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_message_that_the_database_refuses_takes_no_neighbour_with_it(shop, clean_database):
    with clean_database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE inbound_message ADD CONSTRAINT poison CHECK (event_id <> 'bad 727')"))
        connection.execute(text("LOCK TABLE inbound_message IN EXCLUSIVE MODE"))
        with ThreadPoolExecutor(8) as pool:
            knocks = [pool.submit(knock, shop, event=event) for event in ("first", "bad", "c", "d", "e")]
            connection.commit()
            statuses = sorted(answer.result().status_code for answer in knocks)
    assert statuses == [202, 202, 202, 202, 503]


def test_a_group_of_new_repeated_and_reused_messages_is_told_apart_in_its_order(shop):
    knock(shop, event="known")
    [[channel_id]] = shop.rows("SELECT id FROM channel")
    told = (("a", BODY), ("known 727", BODY), ("known 727", BODY + b" "), ("b", BODY), ("a", BODY))
    group = [Arrival(channel_id, NewMessage(event, "webhook", body)) for event, body in told]
    receipts = Keeper(shop.database)(group)
    assert [receipt.outcome for receipt in receipts] == ["stored", "duplicate", "quarantined", "stored", "duplicate"]
    assert receipts[4].message_id == receipts[0].message_id
    assert shop.rows("SELECT count(*) FROM step WHERE kind = 'accept'") == [(3,)]
    assert shop.rows("SELECT count(*) FROM history_entry WHERE event = 'status.quarantined'") == [(1,)]
    assert [receipt.outcome for receipt in Keeper(shop.database)(group[2:3])] == ["quarantined"]
