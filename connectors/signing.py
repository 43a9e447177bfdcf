"""Signatures over raw bytes: base64 HMAC-SHA256 and Standard Webhooks, compared in constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from connectors.base import SignatureInvalid

TOLERANCE = timedelta(minutes=5)

_PREFIX = "whsec_"


def verify_hmac_base64(body: bytes, *, signature: str | None, secrets: Sequence[str]) -> None:
    """Return when one of `secrets` made the base64 HMAC-SHA256 of the bytes; raise SignatureInvalid otherwise."""
    if not signature:
        raise SignatureInvalid("the message carries no signature")
    given = signature.strip().encode("utf-8", "replace")
    held = [hmac.compare_digest(hmac_base64(body, secret=secret).encode(), given) for secret in secrets if secret]
    if not any(held):
        raise SignatureInvalid("the signature does not match the bytes")


def hmac_base64(body: bytes, *, secret: str) -> str:
    """The base64 HMAC-SHA256 of the bytes."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def verify_standard(body: bytes, *, headers: Mapping[str, str], secrets: Sequence[str], at: datetime) -> None:
    """Check the three Standard Webhooks headers: any of several `v1` signatures by any of `secrets`, within 5 minutes.

    Raises SignatureInvalid. A message far in the future is refused like one far in the past.
    """
    message_id, stamp = headers.get("webhook-id", "").strip(), headers.get("webhook-timestamp", "").strip()
    signatures = [part.partition(",")[2] for part in headers.get("webhook-signature", "").split() if part[:3] == "v1,"]
    if not message_id or not stamp or not signatures:
        raise SignatureInvalid("webhook-id, webhook-timestamp or webhook-signature is missing")
    if abs(_moment(stamp) - at) > TOLERANCE:
        raise SignatureInvalid("webhook-timestamp is more than 5 minutes away")
    # `whsec_` alone is no key, though anybody could sign with it.
    keys = [key for secret in secrets if secret and (key := standard_key(secret))]
    made = [_standard(body, message_id=message_id, stamp=stamp, key=key) for key in keys]
    held = [hmac.compare_digest(ours, given.encode("utf-8", "replace")) for ours in made for given in signatures]
    if not any(held):
        raise SignatureInvalid("no signature matches the bytes")


def sign_standard(body: bytes, *, message_id: str, at: datetime, secret: str) -> dict[str, str]:
    """The three Standard Webhooks headers for a message."""
    stamp = str(int(at.timestamp()))
    signature = _standard(body, message_id=message_id, stamp=stamp, key=standard_key(secret)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}


def standard_key(secret: str) -> bytes:
    """The bytes of a `whsec_` secret; a secret without that prefix that is no base64 counts as its own bytes."""
    bare = secret.removeprefix(_PREFIX)
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        if bare != secret:
            raise SignatureInvalid("the secret after whsec_ is not base64") from error
        return secret.encode()


def _standard(body: bytes, *, message_id: str, stamp: str, key: bytes) -> bytes:
    signed = b".".join((message_id.encode("utf-8", "replace"), stamp.encode("utf-8", "replace"), body))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())


def _moment(stamp: str) -> datetime:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 11):
        raise SignatureInvalid("webhook-timestamp is not in Unix seconds")
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(stamp))
