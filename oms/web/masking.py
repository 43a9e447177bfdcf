"""Private data as those see it who may not read it: 张*三, 138****8888, z***@example.com (D-3). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_HIDDEN = "***"
#: Of an address everybody sees where it is, never whose door.
PUBLIC = frozenset({"country", "region", "city", "district", "adcode"})


def name(text: str | None) -> str | None:
    """The first character of each word, and the last of a Chinese name of three or more."""
    if not text:
        return text
    if re.search(r"[\u4e00-\u9fff]", text):
        return text[0] + "*" + (text[-1] if len(text) > 2 else "")
    return " ".join(f"{word[0]}{_HIDDEN}" for word in text.split())


def phone(text: str | None) -> str | None:
    """All but the four digits before the last four."""
    if not text:
        return text
    return f"{text[:-8]}****{text[-4:]}" if len(text) > 8 else _HIDDEN


def email(text: str | None) -> str | None:
    """The first character and the domain."""
    if not text:
        return text
    own, _, domain = text.partition("@")
    return f"{own[:1]}{_HIDDEN}@{domain}" if domain else _HIDDEN


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
        "lines": [_HIDDEN] if told.get("lines") else [],
    }
