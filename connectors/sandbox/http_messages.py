"""What a sandbox peer's HTTP server reads and says: requests, answers, refusals, routes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

Json = dict[str, object]


class Refused(Exception):
    """A request that is wrong: says what, where and how to mend it, as JSON with `status`."""

    def __init__(self, status: int, code: str, message: str, *, where: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.where = where

    def answer(self) -> Answer:
        return Answer.of({"error": {"code": self.code, "field": self.where, "message": str(self)}}, status=self.status)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, content: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """Answer with JSON."""
        body = json.dumps(content, ensure_ascii=False).encode()
        return cls(status=status, body=body, headers=headers or {})


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names are lower-case, `part` holds what the route's pattern named."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    part: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Json:
        """The body as a JSON object; refuses anything else with 400."""
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError) as fault:
            raise Refused(400, "not_json", f"the body is not JSON: {fault}") from fault
        if not isinstance(content, dict):
            raise Refused(400, "not_an_object", "the body must be a JSON object")
        return cast(Json, content)


Handler = Callable[[Request], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """`operation` is the name under which faults are asked for; None where no fault can be asked for."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    operation: str | None = None

    @classmethod
    def to(cls, method: str, pattern: str, handler: Handler, operation: str | None = None) -> Route:
        """`pattern` names its parts in braces: `/v1/shipments/{waybill}/void`."""
        expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
        return cls(method, re.compile(expression), handler, operation)


def text(content: Json, name: str) -> str:
    """A required text field of a JSON object; refuses with 422 when it is missing or no text."""
    value = content.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(422, f"{name}_missing", f"'{name}' is required and must be a text that is not empty", where=name)
    return value.strip()


def optional_text(content: Json, name: str) -> str | None:
    """A text field that may be absent or null."""
    return text(content, name) if content.get(name) is not None else None


def whole_number(content: Json, name: str, *, at_least: int, default: int | None = None) -> int:
    """A whole number of at least `at_least`; refuses with 422 otherwise."""
    value = content.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise Refused(422, f"{name}_invalid", f"'{name}' must be a whole number of at least {at_least}", where=name)
    return value


def texts(content: Json, name: str) -> list[str]:
    """A required list of texts, not empty; refuses with 422 otherwise."""
    value = content.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
        raise Refused(422, f"{name}_invalid", f"'{name}' must be a list of texts that is not empty", where=name)
    return [str(item) for item in value]


def an_object(content: Json, name: str) -> Json:
    """A required JSON object inside a JSON object; refuses with 422 otherwise."""
    value = content.get(name)
    if not isinstance(value, dict):
        raise Refused(422, f"{name}_missing", f"'{name}' is required and must be a JSON object", where=name)
    return cast(Json, value)
