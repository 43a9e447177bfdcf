"""How a cell of the set-up file is read. Pure; each raises ValueError with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import time
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from oms import money
from oms.clock import zone_named
from oms.errors import InputInvalid

Read = Callable[[object], Any]

_DECIMAL = re.compile(r"[0-9]{1,11}(\.[0-9]{1,6})?", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
#: Longest text: an address line or an access token.
LONGEST = 500


def words(value: object) -> str:
    """A text that says something, on one line."""
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST or not value.isprintable():
        raise ValueError(f"write a text on one line of 1 to {LONGEST} characters, in quotes")
    return value.strip()


def secret(value: object) -> str:
    """A text as it is; its value never stands in a fault."""
    if not isinstance(value, str) or not value or len(value) > LONGEST:
        raise ValueError(f"write the secret in quotes, 1 to {LONGEST} characters")
    return value


def secrets(value: object) -> list[str]:
    """Secrets, the newest first."""
    if not isinstance(value, list) or len(value) > 5:
        raise ValueError('write a list of at most five secrets, the newest first: ["..."]')
    return [secret(one) for one in value]


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("write true or false, without quotes")
    return value


def whole(least: int, most: int = 1_000_000_000) -> Read:
    """A whole number of that range."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"write a whole number from {least} to {most}, without quotes")
        return value

    return read


def number(value: object) -> Decimal:
    """An amount or a quantity, not negative; as text, since a JSON number is no exact one."""
    if not isinstance(value, str) or _DECIMAL.fullmatch(value) is None:
        raise ValueError('write digits with a point in quotes, such as "12.50"')
    return Decimal(value)


def some(value: object) -> Decimal:
    """A quantity over zero, to a thousandth."""
    read = number(value)
    if read <= 0 or read != round(read, 3):
        raise ValueError('write a quantity over 0 with at most three decimals, such as "12"')
    return read


def currency(value: object) -> str:
    try:
        money.minor_digits(str(value))
    except InputInvalid as error:
        raise ValueError(error.fields["currency"]) from error
    return str(value)


def country(value: object) -> str:
    if not isinstance(value, str) or _COUNTRY.fullmatch(value) is None:
        raise ValueError('write two capital letters such as "CN"')
    return value


def destination(value: object) -> str:
    """A country, or '*' for all others."""
    return "*" if value == "*" else country(value)


def hour(value: object) -> time:
    if not isinstance(value, str) or _TIME.fullmatch(value) is None:
        raise ValueError('write hours and minutes such as "16:30"')
    return time.fromisoformat(value)


def zone(value: object) -> str:
    """A time zone by its name."""
    try:
        return zone_named(words(value)).key
    except InputInvalid as error:
        raise ValueError('write the name of a time zone such as "Europe/London"') from error


def address(value: object) -> str:
    """The address of somebody's server."""
    read = words(value)
    found = urlsplit(read)
    if found.scheme not in ("https", "http") or not found.hostname or found.username or found.query or found.fragment:
        raise ValueError('write an address such as "https://shop.example"')
    return read.rstrip("/")


def one_of(known: Collection[str]) -> Read:
    """One word of a table."""

    def read(value: object) -> str:
        if value not in known:
            raise ValueError(f"write one of {', '.join(sorted(known))}")
        return str(value)

    return read


def thing(value: object) -> dict[str, Any]:
    """A JSON object, taken as it is."""
    if not isinstance(value, dict):
        raise ValueError('write an object: {"name": "value"}')
    return value


def place(value: object) -> dict[str, Any]:
    """A postal address; what stands in it is printed on labels and lists."""
    read = thing(value)
    lines, rest = read.get("lines"), {k: v for k, v in read.items() if k != "lines"}
    if not isinstance(lines, list) or not lines:
        raise ValueError('write its street as a list of lines: {"lines": ["1 Main Street"], "city": "Leeds", ...}')
    unknown = sorted(rest.keys() - _PLACE)
    if unknown:
        raise ValueError(f"{', '.join(unknown)} stands in no address: use of {', '.join(sorted(_PLACE))}")
    return {"lines": [words(line) for line in lines]} | {name: words(part) for name, part in rest.items()}


_PLACE = {"name", "company", "district", "city", "region", "postal_code", "country", "phone"}
