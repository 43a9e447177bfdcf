"""How the sandbox peers sign what they send.

Written on its own, beside `connectors/signing.py`, on purpose: a fault in our own
verification cannot hide behind the same fault in the sender.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

_PREFIX = "whsec_"


def standard_webhook_headers(body: bytes, *, secret: str, webhook_id: str, at: datetime) -> dict[str, str]:
    """The three headers of Standard Webhooks; `secret` is base64, with or without `whsec_`."""
    timestamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = b".".join((webhook_id.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": webhook_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}


def base64_hmac(body: bytes, *, secret: str) -> str:
    """Base64 of HMAC-SHA256 over the raw body: Shopify's and WooCommerce's signature."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
