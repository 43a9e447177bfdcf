"""Around every request: its id, its log line, its counts. The log has the route, never the path or a value."""

from __future__ import annotations

import re
import time

import structlog
from flask import Flask, Response, g, request

from oms.db import new_id
from oms.web import auth, csrf, headers, metrics

log = structlog.get_logger("oms.request")

_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
#: When the quick door took a request that it then passed on.
STARTED = "oms.started"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def register(app: Flask) -> None:
    """Watch every request of this application."""
    app.before_request(begin)
    app.after_request(end)


def begin() -> None:
    """Give the request its id (a proxy's own X-Request-ID is kept) and start its clock."""
    g.request_id = name_request(request.headers.get("X-Request-ID", ""))
    g.started = request.environ.get(STARTED) or time.perf_counter()


def name_request(given: str) -> str:
    """The request's id, from its sender or new; log lines carry it from now on."""
    request_id = given if _GIVEN.fullmatch(given) else new_id().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


def count(*, route: str, method: str, status: int, seconds: float) -> None:
    """Count an answer for the scraper."""
    metrics.REQUESTS.labels(route, method, str(status)).inc()
    metrics.SECONDS.labels(route).observe(seconds)


def end(response: Response) -> Response:
    """Set headers and cookies, count, and write one line."""
    headers.protect(response)
    csrf.keep(response)
    response.headers["X-Request-ID"] = g.request_id
    route = request.url_rule.rule if request.url_rule else "(none)"
    method = request.method if request.method in _METHODS else "(other)"
    seconds = time.perf_counter() - g.started
    count(route=route, method=method, status=response.status_code, seconds=seconds)
    if _worth_a_line(route, response.status_code):
        found = auth.known_identity()
        log.info(
            "request",
            method=method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            actor=found.actor if found else None,
        )
    return response


def _worth_a_line(route: str, status: int) -> bool:
    """Accepted webhooks are counted, and stored with their time; a line for each would cost as much as the work."""
    return status >= 400 or not route.startswith(("/webhooks/", "/static/", "/healthz", "/readyz", "/metrics"))
