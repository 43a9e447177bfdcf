"""Phones and e-mail addresses: E.164 where they can be understood, as sent with a problem elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from connectors.base import Address, ChannelOrder, Kind, Problem, Severity
from connectors.problems import problem

_EXTENSION = re.compile(
    r"(?P<number>.*?\d.*?)[\s,;(（]*(?:转接|转|分机号?|extension|extn?\.?|ext:|[x#,;，])\s*[:：]?\s*(?P<ext>\d{1,7})[\s)）]*",
    re.IGNORECASE | re.ASCII,
)
_DASHED = re.compile(r"(?P<number>.+\d)\s*[-—–_]\s*(?P<ext>\d{1,6})", re.ASCII)
#: A number with everything that people write around it is shorter; the patterns above try each place of a text with each other.
_PHONE_MAX = 250
#: Lower-case letters, digits and dots in between: nothing that the validator would write in another way.
_PLAIN_LOCAL = re.compile(r"(?=[^@]{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@")
_EMAIL_MAX = 254
_CN_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_LIVE = frozenset({Kind.ORDER, Kind.UPDATE})
_NO_ONE = frozenset({"", "n/a", "na", "none", "null", "-", "--", "无", "没有"})
_FOUND_INVALID = frozenset({"phone_invalid", "email_invalid"})

Found = tuple[str | None, str | None, tuple[Problem, ...]]


def phone(raw: object, *, country: str | None, field: str) -> Found:
    """Return (E.164 or as sent, extension, problems) of a phone number; `country` is the alpha-2 it is dialled in.

    A problem never says the number: it is read by people from whom private data is hidden.
    A masked number (138****8888) stays as sent with the note `masked`; what is no number stays with `phone_invalid`.
    """
    text = _text(raw)
    if text is None:
        return None, None, ()
    if is_masked(text):
        return text, None, (problem("masked", field, "the number is masked; ask the channel for the receiver's"),)
    for number, ext in _splits(text) if len(text) <= _PHONE_MAX else ():
        found = _e164(number, country)
        if found:
            return found, ext, ()
    message = f"this is no phone number{f' in {country}' if country else ''}; write it as +<country code><number>"
    return text, None, (problem("phone_invalid", field, message),)


def email(raw: object, *, field: str) -> tuple[str | None, tuple[Problem, ...]]:
    """Return (address, problems); one that is none stays as sent with `email_invalid`, a masked one with `masked`."""
    text = _text(raw)
    if text is None:
        return None, ()
    if is_masked(text):
        return text, (problem("masked", field, "the address is masked; ask the channel for it"),)
    plain = _plain_email(text)
    if plain is not None:
        return plain, ()
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        return text, (problem("email_invalid", field, f"this is no e-mail address: {error}"),)
    return found.normalized, ()


def _plain_email(text: str) -> str | None:
    """A plain address, its domain as validated before; None for one that has to be looked at whole."""
    matched = _PLAIN_LOCAL.match(text)
    domain = _domain(text[matched.end() :]) if matched and len(text) <= _EMAIL_MAX else None
    return f"{matched[0]}{domain}" if matched and domain else None


@lru_cache(maxsize=4096)
def _domain(text: str) -> str | None:
    """A domain as it stands in a valid address; None for one that cannot."""
    try:
        found = validate_email(f"a@{text}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.domain if found.local_part == "a" and found.domain.isascii() and text.isascii() else None


def is_masked(text: str | None) -> bool:
    """Whether the sender replaced a part of the text by asterisks, or encrypted it for its own platform."""
    if not text:
        return False
    if "*" in text or "＊" in text or "•" in text:
        return True
    return text[0] in "$~#" and text.endswith(("$1$", "~1~", "#1#"))


def settle(order: ChannelOrder) -> ChannelOrder:
    """Note masked receivers, and let an unusable phone or e-mail hold the order where no other contact works.

    A repeat changes nothing.
    """
    problems = _with_masks(order)
    if not problems:
        return order
    if order.kind in _LIVE and not _can_be_reached(order, problems):
        problems = tuple(_raised(found) for found in problems)
    return order if problems == order.problems else replace(order, problems=problems)


def _raised(found: Problem) -> Problem:
    return replace(found, severity=Severity.HOLD) if found.code in _FOUND_INVALID else found


def _with_masks(order: ChannelOrder) -> tuple[Problem, ...]:
    masked = ["customer.name"] if is_masked(order.customer.name) else []
    masked += [*_masked("ship_to", order.ship_to), *_masked("bill_to", order.bill_to)]
    if not masked:
        return order.problems
    known = {(found.code, found.field) for found in order.problems}
    fresh = [
        problem("masked", field, f"{field} is masked; ask the channel for the receiver before a label is made")
        for field in masked
        if ("masked", field) not in known
    ]
    return (*order.problems, *fresh)


def _masked(field: str, address: Address | None) -> list[str]:
    if address is None:
        return []
    found = [f"{field}.name"] if is_masked(address.name) else []
    return [*found, f"{field}.lines"] if is_masked(" ".join(address.lines)) else found


def _can_be_reached(order: ChannelOrder, problems: tuple[Problem, ...]) -> bool:
    useless = {found.field for found in problems if found.code in _FOUND_INVALID or found.code == "masked"}
    contacts = {
        "customer.email": order.customer.email,
        "customer.phone": order.customer.phone,
        "ship_to.phone": order.ship_to.phone if order.ship_to else None,
        "bill_to.phone": order.bill_to.phone if order.bill_to else None,
    }
    return any(value and field not in useless for field, value in contacts.items())


def _text(raw: object) -> str | None:
    if raw is None or isinstance(raw, bool | list | dict):
        return None
    text = " ".join(str(raw).split())
    return None if text.casefold() in _NO_ONE else text


def _splits(text: str) -> list[tuple[str, str | None]]:
    marked = _EXTENSION.fullmatch(text)
    if marked:
        return [(marked["number"], marked["ext"])]
    dashed = _DASHED.fullmatch(text)
    return [(text, None), *([(dashed["number"], dashed["ext"])] if dashed else [])]


def _e164(number: str, country: str | None) -> str | None:
    text = number.strip()
    if re.search(r"[^\W\d]", text):  # letters dial digits on a keypad, but nobody sends an order with them
        return None
    digits = re.sub(r"\D", "", text)
    for candidate, region in _readings(text, digits, country):
        try:
            parsed = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return None


def _readings(text: str, digits: str, country: str | None) -> list[tuple[str, str | None]]:
    if text.startswith(("+", "＋")):
        return [(text, None)]
    readings: list[tuple[str, str | None]] = [(text, country)] if country else []
    if digits.startswith("00"):
        readings.append((f"+{digits[2:]}", None))
    if country is None and _CN_MOBILE.fullmatch(digits):
        readings.append((digits, "CN"))
    if country and len(digits) > 10:  # the country code without its plus
        readings.append((f"+{digits}", None))
    return readings
