"""Structured logs: one JSON line an event, constant text, facts as fields, never private data."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import orjson
import structlog

#: Fields that no line may carry, whoever passes them.
_SECRET = frozenset(
    """authorization cookie password token secret key api_key body headers email phone address name contact
    ship_to bill_to""".split()
)
#: What the standard library puts on every record; the rest came by `extra` and are facts.
_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "_logger", "_record", "_from_structlog"}


class _Stderr(io.TextIOBase):
    """Standard error. A line that finds no room (a full disk, a closed pipe) is lost and disturbs no request."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            return sys.stderr.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def configure(environment: str) -> None:
    """Send our own lines and those of the standard library to stderr as JSON. A repeat changes nothing."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_dumps)],
        logger_factory=lambda *_: structlog.WriteLogger(file=cast(TextIO, _Stderr())),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=environment != "test",
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_facts, *shared],
            processors=[_strip, structlog.processors.JSONRenderer(serializer=_dumps)],
        )
    )
    root = logging.getLogger()
    if environment != "test":
        root.handlers[:] = [handler]
        root.setLevel(logging.INFO)


def _dumps(event: Mapping[str, Any], **_: Any) -> str:
    # JSON escapes line ends, so one event stays one line whatever a value holds.
    return orjson.dumps(dict(event), default=str).decode()


def _redact(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for field in event.keys() & _SECRET:
        event[field] = "***"
    return event


def _facts(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    record = event.get("_record")
    for field, value in vars(record).items() if record else ():
        if field not in _RECORD:
            event[field] = value
    return event


def _strip(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # A traceback may carry values; `oms.web.errors` logs where it broke instead.
    for field in ("_record", "_from_structlog", "exc_info", "stack_info"):
        event.pop(field, None)
    return event
