"""Probes: alive, ready, and figures for a scraper."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Blueprint, jsonify, make_response, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from oms.accounts.rights import ANYONE
from oms.errors import NotAllowed
from oms.web import auth, edge, metrics

probes = Blueprint("health", __name__)

MIGRATIONS = Path(__file__).parents[2] / "migrations"
_HERE = ("127.0.0.1", "::1", "")
#: Who was passed on by a proxy on this machine that nobody told us of (OMS_PROXIES) comes from anywhere.
_PASSED_ON = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


@probes.get("/healthz")
@auth.right(ANYONE)
def alive() -> Response:
    """The process answers; nothing else is asked."""
    return jsonify(status="alive")


@probes.get("/readyz")
@auth.right(ANYONE)
def ready() -> Response:
    """Whether work can be done: the database answers and is migrated. Redis is told of, but not needed."""
    found: dict[str, Any] = {"database": _database()}
    found["redis"] = "answers" if edge.edge().limits.redis_answers() else "away: the sweep works on"
    fine = found["database"] == "ready"
    return make_response(jsonify(status="ready" if fine else "not ready", **found), 200 if fine else 503)


def _database() -> str:
    try:
        with edge.transaction() as session:
            stands = set(session.execute(text("SELECT version_num FROM alembic_version")).scalars())
    except SQLAlchemyError:
        return "away or never migrated"
    return "ready" if stands == _heads() else f"at {', '.join(sorted(stands)) or 'nothing'}: run the migrations"


@lru_cache(maxsize=1)
def _heads() -> set[str]:
    """The newest migrations that this release brings."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return set(ScriptDirectory.from_config(config).get_heads())


@probes.get("/metrics")
@auth.right(ANYONE)
def figures() -> Response:
    """Figures in Prometheus' format, for a scraper on this machine or one with a key."""
    if (request.remote_addr or "") not in _HERE or any(name in request.headers for name in _PASSED_ON):
        found = auth.me()
        if not found.may("metrics.read"):
            raise NotAllowed("your role has no right to this")
    with edge.transaction() as session:
        body = metrics.scrape(session)
    response = make_response(body)
    response.content_type = CONTENT_TYPE_LATEST
    return response
