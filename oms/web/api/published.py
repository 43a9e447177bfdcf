"""The OpenAPI document as it is published: what every operation shares is said once, for all of them."""

from __future__ import annotations

from typing import Any

from flask import Flask

from oms.accounts.rights import ANYONE, SIGNED_IN
from oms.web import auth
from oms.web.api.base import Api
from oms.web.api.idempotent import HEADER, KEY_MAX

#: What stands before a capability's name inside the application, and never in the document.
NAMED = "api:"
METHODS = ("get", "post", "put", "patch", "delete")
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "a repeat with the same key and body gets the first answer and does nothing",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[ -~]+$"},
}
#: Refusals that every operation may answer with; what the body says stands in `Problem`.
REFUSALS = {
    "400": "the request cannot be read",
    "401": "no key, or one that is unknown, revoked or expired",
    "403": "the key's roles have no right to this",
    "404": "there is no such thing, or it is not yours to see",
    "409": "another has changed it first, or its state does not allow this",
    "413": "the body is over the limit",
    "415": "the body is of another media type",
    "422": "a field is missing or wrong: `fields` says which and how to mend it",
    "429": "too many requests: wait as Retry-After says",
    "503": "try again as Retry-After says",
}
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def document(api: Api, app: Flask) -> dict[str, Any]:
    """The document with refusals as problem+json, the right that each operation needs, and its idempotency key."""
    made: dict[str, Any] = api.spec.to_dict()
    made.get("components", {}).pop("responses", None)
    rights = _rights(app)
    for tag in made.get("tags", ()):
        tag["name"] = tag["name"].removeprefix(NAMED)
    for path, item in made["paths"].items():
        for method in METHODS:
            if method in item:
                item[method]["tags"] = [name.removeprefix(NAMED) for name in item[method].get("tags", ())]
                _complete(item[method], method, rights.get((path, method), ANYONE))
    return made


def _rights(app: Flask) -> dict[tuple[str, str], str]:
    """(path as OpenAPI writes it, method) -> the right it needs."""
    found = {}
    for rule in app.url_map.iter_rules():
        path = "".join(f"{{{part}}}" if is_name else part for is_name, part in rule._trace[1:])
        for method in rule.methods or ():
            needed = auth.right_of(app, rule.endpoint, method)
            found[path.lstrip("|"), method.lower()] = needed or ANYONE
    return found


def _complete(operation: dict[str, Any], method: str, right: str) -> None:
    responses = operation.setdefault("responses", {})
    responses.pop("default", None)
    for status, why in REFUSALS.items():
        responses[status] = {"description": why, "content": _PROBLEM}
    if right not in (ANYONE, SIGNED_IN):
        said = operation.get("description", "")
        operation["description"] = f"{said}\n\nNeeds the right `{right}`.".strip()
        operation["x-right"] = right
    if method == "post":
        operation.setdefault("parameters", []).append(_KEY)
