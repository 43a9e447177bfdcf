"""The link by which a customer scores an order or a ticket (S-5): a keyed hash, so nothing is kept and nobody guesses it."""

from __future__ import annotations

import base64
import hmac
import uuid

from oms import crypto


def token_of(subject_id: uuid.UUID) -> str:
    """The secret of a survey's link."""
    digest = crypto.ring().blind_index(f"survey {subject_id}")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def path_of(subject_id: uuid.UUID) -> str:
    """The survey's page under our base URL."""
    return f"/survey/{subject_id}/{token_of(subject_id)}"


def is_right(subject_id: uuid.UUID, token: str) -> bool:
    """Whether `token` is the link's own."""
    return hmac.compare_digest(token.encode(), token_of(subject_id).encode())
