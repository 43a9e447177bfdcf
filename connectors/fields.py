"""Reading one message field by field: what is wrong with a field becomes a problem, never an exception."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from connectors import contacts, currencies, dates, money, quantities
from connectors.base import ChannelOrder, Kind, Problem
from connectors.problems import problem

Node = Mapping[str, Any]

EMPTY: Node = {}

#: A null that some program wrote as a word; "Null" is a surname.
_NULL_WORDS = frozenset({"NULL", "null"})
_NUMBERS = (int, Decimal)
_TRUTH_WORDS = {"true": True, "false": False}


class Fields:
    """Reads the typed fields of one order and keeps the problems found on the way."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, code: str, field: str, message: str) -> None:
        """Keep a problem, once for each code and field."""
        if all((known.code, known.field) != (code, field) for known in self.problems):
            self.problems.append(problem(code, field, message))

    def amount(self, raw: object, field: str) -> Decimal | None:
        """An amount, None where there is none; what is no amount is `row_invalid`."""
        try:
            return money.amount(raw)
        except ValueError as error:
            self.add("row_invalid", field, f"{error}; send a decimal string such as 12.50")
            return None

    def sum(self, raws: Iterable[object], field: str) -> Decimal | None:
        """The sum of amounts; None where not one is given."""
        found = [value for value in (self.amount(raw, field) for raw in raws) if value is not None]
        return sum(found, Decimal(0)) if found else None

    def qty(self, raw: object, field: str) -> Decimal | None:
        """A quantity, None where there is none; what is no quantity is `qty_invalid`."""
        if raw is None or raw == "":
            return None
        try:
            return quantities.qty(raw)
        except ValueError as error:
            self.add("qty_invalid", field, f"{error}; send a whole or decimal number")
            return None

    def currency(self, raw: object) -> str | None:
        """The ISO 4217 code, None where there is none; what is said and is no currency holds the order."""
        code = money.currency_code(raw)
        if code is None and (said := text(raw)):
            self.problems.append(currencies.unsure(f"{said[:40]!r} is no currency"))
        return code

    def time(self, raw: object, field: str, *, assume: tzinfo | None = None) -> datetime | None:
        """A moment in UTC, None where there is none; what could be several or is none is `date_ambiguous`."""
        try:
            return dates.utc(raw, assume=assume)
        except ValueError as error:
            self.add("date_ambiguous", field, f"{error}; send ISO 8601 with its zone")
            return None

    def phone(self, raw: object, field: str, *, country: str | None) -> tuple[str | None, str | None]:
        """(number, extension); see `contacts.phone`."""
        number, ext, problems = contacts.phone(raw, country=country, field=field)
        self.problems.extend(problems)
        return number, ext

    def email(self, raw: object, field: str) -> str | None:
        """An e-mail address; see `contacts.email`."""
        address, problems = contacts.email(raw, field=field)
        self.problems.extend(problems)
        return address


def version(raw: object, *, assume: tzinfo | None = None) -> str | None:
    """The sender's change time as UTC text, or its sequence number; None for what is neither."""
    try:
        moment = dates.utc(raw, assume=assume)
    except ValueError:
        return sequence(raw)
    return None if moment is None else dates.iso_z(moment)


def sequence(raw: object) -> str | None:
    """A whole number as text; None for anything else."""
    found = identity(raw)
    return found if found is not None and found.lstrip("-").isdecimal() else None


def text(raw: object) -> str | None:
    """The text without white space around it; None for blank, a written null, and what is no text or number."""
    if isinstance(raw, str):
        return written(raw)
    if isinstance(raw, _NUMBERS) and not isinstance(raw, bool):
        return identity(raw)
    return None


def identity(raw: object) -> str | None:
    """An id as exact text, whether it was sent as text or as a number above 2^53."""
    if isinstance(raw, str):
        return written(raw)
    if isinstance(raw, bool) or not isinstance(raw, _NUMBERS):
        return None
    return f"{raw:f}" if isinstance(raw, Decimal) else str(raw)


def truth(raw: object) -> bool | None:
    """true or false, also where they were written as words; None for anything else."""
    if isinstance(raw, bool):
        return raw
    return _TRUTH_WORDS.get(raw.strip().lower()) if isinstance(raw, str) else None


def written(raw: str) -> str | None:
    """The text without white space around it; None for blank and for a null that was written as a word."""
    found = raw.strip()
    return None if found in _NULL_WORDS else found or None


def node(raw: object) -> Node:
    """The JSON object, or an empty one where something else was sent."""
    return raw if isinstance(raw, dict) else EMPTY


def nodes(raw: object) -> list[Node]:
    """The JSON objects of a list; a single object counts as a list of one, anything else as none."""
    if isinstance(raw, dict):
        return [raw]
    return [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []


def joined(*raws: object, by: str = " ") -> str | None:
    """The texts that are not blank, joined; None where all are."""
    return by.join(found for found in map(text, raws) if found) or None


def street(*raws: object) -> tuple[str, ...]:
    """The lines of a street address, split where the sender put several in one."""
    found = (line.strip() for raw in raws if isinstance(raw, str) for line in raw.splitlines())
    return tuple(line for line in found if line and line not in _NULL_WORDS)


def unreadable(*, channel: str, source: str, error: Exception) -> ChannelOrder:
    """The one element for bytes that cannot be read."""
    found = problem("unreadable", "", f"{error}; send the message again, unchanged")
    return ChannelOrder(channel=channel, source=source, kind=Kind.NOT_AN_ORDER, problems=(found,))


def notice(*, channel: str, source: str, order_id: str | None = None, number: str | None = None) -> ChannelOrder:
    """The one element for a message that is no order, with the ids it has."""
    return ChannelOrder(
        channel=channel,
        source=source,
        kind=Kind.NOT_AN_ORDER,
        channel_order_id=order_id,
        channel_order_number=number,
    )
