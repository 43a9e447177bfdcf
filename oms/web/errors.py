"""What goes wrong, told well: problem+json (RFC 9457) to machines, a page in their language to people.

Never a stack, a statement or a path; always the request's id, by which we find it in the log.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, g, json, make_response, render_template, request
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from oms.errors import OmsError, TooMany, Unavailable

log = structlog.get_logger(__name__)

_MACHINES = ("/api/", "/webhooks/", "/metrics", "/readyz", "/healthz")
#: Werkzeug's own refusals, in our codes.
_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "too_slow",
    409: "conflict",
    413: "too_large",
    415: "wrong_media_type",
    422: "input_invalid",
    429: "too_many",
    503: "unavailable",
}
_KEPT_HEADERS = ("Allow", "Retry-After", "Location", "WWW-Authenticate")


def register(app: Flask) -> None:
    """Answer every fault of this application."""
    app.register_error_handler(OmsError, told)
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(SQLAlchemyError, database_away)
    app.register_error_handler(Exception, broken)


def told(error: OmsError) -> Response:
    """A fault that oms names: its message is for the one who asked."""
    if error.status >= 500:
        log_fault(error)
    headers = {"Retry-After": str(retry_after_s(error))} if isinstance(error, TooMany | Unavailable) else {}
    headers |= {"WWW-Authenticate": "Bearer"} if error.status == 401 and request.path.startswith("/api/") else {}
    headers |= {"Retry-After": "1"} if error.code == "in_progress" else {}
    return answer(error.status, error.code, error.message, fields=error.fields, headers=headers)


def retry_after_s(error: OmsError) -> int:
    """Seconds after which it is worth trying again."""
    return int(getattr(error, "retry_after_s", 5))


def refused(error: HTTPException) -> Response:
    """What Flask refuses itself: no such route, wrong method (its Allow is kept), too large, schema not met."""
    status = error.code or 500
    kept = {name: value for name, value in error.get_headers() if name in _KEPT_HEADERS}
    fields = _field_messages(getattr(error, "data", None) or {})
    detail = _detail(status, fields) or error.description or HTTPStatus(status).phrase
    if 300 <= status < 400:
        return make_response("", status, kept)
    return answer(status, _CODES.get(status, "error"), detail, fields=fields, headers=kept)


def database_away(error: SQLAlchemyError) -> Response:
    """The database refused or is away: 503 when trying again helps."""
    log_fault(error)
    if isinstance(error, DataError) and getattr(error.orig, "sqlstate", None) is None:
        # The driver itself refused a value and sent nothing: trying again helps nobody.
        return answer(400, "bad_request", "a value that was given cannot be stored: leave out control characters")
    away = not isinstance(error, DBAPIError) or error.connection_invalidated or _passing(error)
    if away:
        return answer(503, Unavailable.code, "the database does not answer: try again", headers={"Retry-After": "5"})
    return answer(500, "error", "something went wrong on our side")


def broken(error: Exception) -> Response:
    """What nobody foresaw."""
    log_fault(error)
    return answer(500, "error", "something went wrong on our side")


def log_fault(error: BaseException) -> None:
    """Log where it broke, without values: messages of drivers and libraries may carry private data."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
    places = [f"{f.name}:{f.lineno} in {f.filename.rsplit('/', 1)[-1]}" for f in frames]
    cause = getattr(error, "orig", None) or error.__cause__
    log.error(
        "request failed",
        error=type(error).__name__,
        cause=type(cause).__name__ if cause else None,
        sqlstate=getattr(cause, "sqlstate", None),
        message=error.message if isinstance(error, OmsError) else None,
        where=places[-8:],
    )


def _passing(error: DBAPIError) -> bool:
    """Connection lost, shutting down, time-outs, deadlocks: gone at the next try."""
    state = getattr(error.orig, "sqlstate", None) or "08000"
    return state[:2] in ("08", "40", "53", "55", "57")


def answer(
    status: int,
    code: str,
    detail: str,
    *,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One fault as the one who asked can read it."""
    if is_for_machine():
        response = make_response(json.dumps(problem(status, code, detail, fields or {})))
        response.content_type = "application/problem+json"
    else:
        response = make_response(
            render_template("error.html", status=status, code=code, detail=detail, fields=fields or {})
        )
    response.status_code = status
    response.headers.update(dict(headers or {}))
    return response


def problem(status: int, code: str, detail: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """The members of a problem document; `fields` maps each wrong field to how to mend it."""
    return {
        "type": f"urn:oms:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "fields": dict(fields),
        "request_id": g.get("request_id", ""),
    }


def is_for_machine() -> bool:
    """Whether a program reads the answer; else a person at a page does."""
    return request.path.startswith(_MACHINES)


def _detail(status: int, fields: Mapping[str, str]) -> str | None:
    if fields:
        return "; ".join(f"{name}: {hint}" for name, hint in list(fields.items())[:5])
    if status == 404:
        return "there is nothing here, or it is not yours to see"
    return None


def _field_messages(data: Mapping[str, Any]) -> dict[str, str]:
    """marshmallow's nested messages as dotted paths: `lines.0.qty`."""
    found: dict[str, str] = {}
    for messages in (data.get("messages") or {}).values():
        _flatten("", messages, found)
    return found


def _flatten(path: str, messages: Any, found: dict[str, str]) -> None:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            part = "" if name == "_schema" else str(name)
            _flatten(f"{path}.{part}".strip("."), inner, found)
    else:
        texts = messages if isinstance(messages, list) else [messages]
        found[path or "body"] = "; ".join(str(text) for text in texts)
