"""Signatures over raw bytes: base64 HMAC and Standard Webhooks, with vectors made by openssl and by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import ChannelConfig, Received, SignatureInvalid
from connectors.registry import channel_for
from connectors.signing import sign_standard, verify_hmac_base64, verify_standard

BODY = b'{"id": 1, "note": "caf\xc3\xa9"}'
# printf '{"id": 1, "note": "café"}' | openssl dgst -sha256 -hmac hush -binary | base64
SHOP_SIGNATURE = "VK/QciN2ER2MXZzLwFUV7UeYcl/GtST5m9G6stqA9do="
NEW, OLD = "whsec_bmV3LXNlY3JldC0wMTIzNDU2Nzg5", "whsec_b2xkLXNlY3JldC0wMTIzNDU2Nzg5"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "header"), [("shopify", "x-shopify-hmac-sha256"), ("woocommerce", "x-wc-webhook-signature")]
)
def test_a_shop_signature_holds_over_the_raw_bytes_only(source, header):
    channel: Any = channel_for(ChannelConfig(source, source))
    signed = {header: SHOP_SIGNATURE}
    channel.verify(Received(BODY, signed), secrets=["hush"], at=NOW)
    again = json.dumps(json.loads(BODY)).encode()
    for body, headers, secrets in ((again, signed, ["hush"]), (BODY, {}, ["hush"]), (BODY, signed, ["other"])):
        with pytest.raises(SignatureInvalid):
            channel.verify(Received(body, headers), secrets=secrets, at=NOW)


def test_either_secret_counts_during_a_rotation():
    verify_hmac_base64(BODY, signature=SHOP_SIGNATURE, secrets=["new", "hush"])
    headers = sign_standard(BODY, message_id="msg_1", at=NOW, secret=OLD)
    verify_standard(BODY, headers=headers, secrets=[NEW, OLD], at=NOW)


@pytest.mark.parametrize("signature", ["", "é", "A" * 44, SHOP_SIGNATURE.rstrip("=")])
def test_a_signature_that_is_almost_right_is_wrong(signature):
    with pytest.raises(SignatureInvalid):
        verify_hmac_base64(BODY, signature=signature, secrets=["hush"])


def test_no_secret_means_no_message_is_believed():
    with pytest.raises(SignatureInvalid):
        verify_hmac_base64(BODY, signature=SHOP_SIGNATURE, secrets=[])
    with pytest.raises(SignatureInvalid):
        verify_hmac_base64(b"", signature="thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0=", secrets=[""])


def test_one_of_several_standard_signatures_is_enough():
    headers = sign_standard(BODY, message_id="msg_1", at=NOW, secret=NEW)
    several = {**headers, "webhook-signature": f"v1,AAAA v1a,BBBB {headers['webhook-signature']}"}
    verify_standard(BODY, headers=several, secrets=[NEW], at=NOW)


@pytest.mark.parametrize("away", [timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)])
def test_a_message_from_another_time_is_refused(away):
    headers = sign_standard(BODY, message_id="msg_1", at=NOW, secret=NEW)
    verify_standard(BODY, headers=headers, secrets=[NEW], at=NOW + timedelta(minutes=4, seconds=59))
    with pytest.raises(SignatureInvalid, match="5 minutes"):
        verify_standard(BODY, headers=headers, secrets=[NEW], at=NOW + away)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", ""), ("webhook-id", "msg_2"), ("webhook-timestamp", "soon"), ("webhook-timestamp", "1763798400.0"),
        ("webhook-timestamp", "9" * 30), ("webhook-signature", ""), ("webhook-signature", "v2,abc"),
        ("webhook-signature", "v1,é"),
    ],
)  # fmt: skip
def test_any_changed_standard_header_is_refused(name, value):
    headers = {**sign_standard(BODY, message_id="msg_1", at=NOW, secret=NEW), name: value}
    with pytest.raises(SignatureInvalid):
        verify_standard(BODY, headers=headers, secrets=[NEW], at=NOW)


def test_a_secret_that_is_no_base64_is_said_to_be_wrong():
    headers = sign_standard(BODY, message_id="msg_1", at=NOW, secret="plain text secret!")
    verify_standard(BODY, headers=headers, secrets=["plain text secret!"], at=NOW)
    with pytest.raises(SignatureInvalid, match="base64"):
        verify_standard(BODY, headers=headers, secrets=["whsec_!!"], at=NOW)


@pytest.mark.parametrize("secret", ["whsec_", "", "="])
def test_a_secret_without_a_key_signs_nothing(secret):
    headers = sign_standard(BODY, message_id="msg_1", at=NOW, secret="whsec_")
    with pytest.raises(SignatureInvalid, match="no signature matches"):
        verify_standard(BODY, headers=headers, secrets=[secret], at=NOW)


def test_the_id_of_an_event_is_the_senders():
    shopify: Any = channel_for(ChannelConfig("s", "shopify"))
    created = Received(b"", {"x-shopify-event-id": "e1", "x-shopify-topic": "orders/create"})
    paid = Received(b"", {"x-shopify-event-id": "e1", "x-shopify-topic": "orders/paid"})
    assert shopify.event_id(created) == "e1 orders/create" != shopify.event_id(paid)
    woo: Any = channel_for(ChannelConfig("w", "woocommerce"))
    assert woo.event_id(Received(b"", {"x-wc-webhook-delivery-id": "d1"})) == "d1"
    generic: Any = channel_for(ChannelConfig("g", "generic"))
    assert generic.event_id(Received(b"", {"webhook-id": "msg_1"})) == "msg_1"
    assert shopify.event_id(Received(b"")) is None


@pytest.mark.samples
def test_the_public_vectors_hold(samples, tmp_path):
    channel: Any = channel_for(ChannelConfig("g", "generic"))
    vectors = json.loads((samples / "signatures" / "standard_webhooks.json").read_text())
    results = []
    for vector in vectors:
        at = datetime.fromtimestamp(int(vector["headers"]["webhook-timestamp"]), UTC)
        try:
            channel.verify(Received(vector["body"].encode(), vector["headers"]), secrets=[vector["secret"]], at=at)
            results.append(True)
        except SignatureInvalid:
            results.append(False)
    assert results == [vector["valid"] for vector in vectors] == [True, False]


def test_two_orders_of_one_second_are_two_events_of_a_woocommerce_shop():
    # The shop makes its delivery id of the webhook and the second of the clock, and of nothing else.
    woo: Any = channel_for(ChannelConfig("w", "woocommerce"))
    head = {"x-wc-webhook-delivery-id": "d1"}
    first, second = (Received(b'{ "id": %d, "status": "processing"}' % order, head) for order in (727, 728))
    assert woo.event_id(first) == "d1 727" != woo.event_id(second)
    assert woo.event_id(Received(b'{"id":727,"status":"completed"}', head)) == "d1 727"
    assert woo.event_id(Received(b"[]", head)) == "d1"
    assert woo.event_id(Received(b'{"id":727}')) is None
