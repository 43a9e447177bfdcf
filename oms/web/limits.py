"""Rate limits of routes: the API by caller, sign-in and one-time links by address.

Webhooks have none: they are signed, and turning orders away is worse than a queue.
"""

from __future__ import annotations

from flask import Flask, request
from limits import RateLimitItem, parse

from oms.web import auth, edge

SIGN_IN = parse("50 per 15 minutes")
API = parse("3000 per minute")
PUBLIC = parse("60 per minute")


def register(app: Flask) -> None:
    """Count every API call of this application."""
    app.before_request(_api)


def _api() -> None:
    if request.path.startswith("/api/"):
        count(API, "api")


def count(limit: RateLimitItem, name: str) -> None:
    """Count this request under `name`; 429 with Retry-After when the caller is over the limit."""
    edge.edge().limits.hit(limit, name, _caller())


def _caller() -> str:
    """Who is counted: the key or person where known, else the address."""
    found = auth.known_identity()
    return found.actor if found else (request.remote_addr or "unknown")
