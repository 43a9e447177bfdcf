"""Private data as those see it who may not read it: 张*三, 138****8888, z***@example.com (D-3). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: What stands for what is hidden whole.
HIDDEN = "***"
#: Of an address everybody sees where it is, never whose door.
PUBLIC = frozenset({"country", "region", "city", "district", "adcode"})


def name(text: str | None) -> str | None:
    """The first character of each word, and the last of a Chinese name of three or more."""
    if not text:
        return text
    if re.search(r"[\u4e00-\u9fff]", text):
        return text[0] + "*" + (text[-1] if len(text) > 2 else "")
    return " ".join(f"{word[0]}{HIDDEN}" for word in text.split())


def phone(text: str | None) -> str | None:
    """All but the four digits before the last four."""
    if not text:
        return text
    return f"{text[:-8]}****{text[-4:]}" if len(text) > 8 else HIDDEN


def email(text: str | None) -> str | None:
    """The first character and the domain."""
    if not text:
        return text
    own, _, domain = text.partition("@")
    return f"{own[:1]}{HIDDEN}@{domain}" if domain else HIDDEN


def contact(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A customer as a channel told it, masked."""
    if told is None:
        return None
    shown: dict[str, Any] = dict.fromkeys(told)
    return shown | {
        "name": name(told.get("name")),
        "company": told.get("company"),
        "email": email(told.get("email")),
        "phone": phone(told.get("phone")),
    }


def address(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An address: its place stays, door and people are masked."""
    if told is None:
        return None
    shown = {field: value if field in PUBLIC else None for field, value in told.items()}
    return shown | {
        "name": name(told.get("name")),
        "phone": phone(told.get("phone")),
        "lines": [HIDDEN] if told.get("lines") else [],
    }


_OF_PEOPLE = {"name": name, "phone": phone, "email": email}


def named(told: Mapping[str, Any]) -> dict[str, Any]:
    """Some fields of a person, an address or an invoice, each masked by itself: none is added, and what is empty stays so."""
    return {field: _masked(field, value) for field, value in told.items()}


def _masked(field: str, value: Any) -> Any:
    if not value or field in PUBLIC:
        return value
    if field in _OF_PEOPLE:
        return _OF_PEOPLE[field](value)
    return [HIDDEN] if isinstance(value, list) else HIDDEN
