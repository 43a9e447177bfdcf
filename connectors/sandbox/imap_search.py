"""IMAP SEARCH over one folder: which mails fit the client's criteria."""

from __future__ import annotations

import email
import email.header
import email.policy
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial

from connectors.sandbox.imap_grammar import BadCommand, Word, as_text, numbers
from connectors.sandbox.maildir import Mail

#: Judges one mail with its sequence number.
Test = Callable[[int, Mail], bool]

_FLAG_TESTS = {
    "SEEN": "\\Seen",
    "ANSWERED": "\\Answered",
    "FLAGGED": "\\Flagged",
    "DELETED": "\\Deleted",
    "DRAFT": "\\Draft",
}
_HEADER_TESTS = frozenset({"FROM", "TO", "CC", "BCC", "SUBJECT"})
_DATE_TESTS: dict[str, Callable[[date, date], bool]] = {
    "SINCE": date.__ge__,
    "BEFORE": date.__lt__,
    "ON": date.__eq__,
}


def search(words: Sequence[Word], *, mails: Sequence[Mail], highest_uid: int) -> list[tuple[int, Mail]]:
    """The (sequence number, mail) pairs that fit all criteria."""
    criteria = list(words)
    if criteria and isinstance(criteria[0], bytes) and criteria[0].upper() == b"CHARSET":
        criteria = criteria[2:]
    test = _all_of(criteria, sequence_end=len(mails), highest_uid=highest_uid)
    return [(number, mail) for number, mail in enumerate(mails, start=1) if test(number, mail)]


def _all_of(words: list[Word], *, sequence_end: int, highest_uid: int) -> Test:
    left = list(words)
    tests = []
    while left:
        tests.append(_next(left, sequence_end=sequence_end, highest_uid=highest_uid))
    return lambda number, mail: all(test(number, mail) for test in tests)


def _next(left: list[Word], *, sequence_end: int, highest_uid: int) -> Test:
    if not left:
        raise BadCommand("SEARCH needs more criteria")
    word = left.pop(0)
    follow = partial(_next, left, sequence_end=sequence_end, highest_uid=highest_uid)
    if isinstance(word, list):
        return _all_of(word, sequence_end=sequence_end, highest_uid=highest_uid)
    key = as_text(word).upper()
    if key == "NOT":
        return _none_of(follow())
    if key == "OR":
        return _one_of(follow(), follow())
    if key == "UID":
        return _uid_in(numbers(_text(left), highest=highest_uid))
    if key[0].isdigit() or key[0] == "*":
        return _number_in(numbers(key, highest=sequence_end))
    return _simple(key, left)


def _simple(key: str, left: list[Word]) -> Test:
    if key in {"ALL", "OLD"}:
        return lambda _number, _mail: True
    if key.removeprefix("UN") in _FLAG_TESTS:
        flag, wanted = _FLAG_TESTS[key.removeprefix("UN")], not key.startswith("UN")
        return lambda _number, mail: (flag in mail.flags) == wanted
    if key in _HEADER_TESTS:
        return _header_has(key, _text(left))
    if key == "HEADER":
        return _header_has(_text(left), _text(left))
    if key in {"BODY", "TEXT"}:
        needle = _text(left).lower().encode()
        return lambda _number, mail: needle in mail.content().lower()
    if key in _DATE_TESTS:
        compare, day = _DATE_TESTS[key], _day(_text(left))
        return lambda _number, mail: compare(mail.received_at.date(), day)
    if key in {"LARGER", "SMALLER"}:
        return _size_is(key, int(_text(left)))
    raise BadCommand(f"SEARCH {key} is not known here")


def _none_of(test: Test) -> Test:
    return lambda number, mail: not test(number, mail)


def _one_of(first: Test, second: Test) -> Test:
    return lambda number, mail: first(number, mail) or second(number, mail)


def _uid_in(ranges: set[range]) -> Test:
    return lambda _number, mail: any(mail.uid in wanted for wanted in ranges)


def _number_in(ranges: set[range]) -> Test:
    return lambda number, _mail: any(number in wanted for wanted in ranges)


def _size_is(key: str, size_bytes: int) -> Test:
    if key == "LARGER":
        return lambda _number, mail: mail.size_bytes > size_bytes
    return lambda _number, mail: mail.size_bytes < size_bytes


def _header_has(name: str, needle: str) -> Test:
    def test(_number: int, mail: Mail) -> bool:
        return any(needle.lower() in value.lower() for value in header_values(mail, name))

    return test


def header_values(mail: Mail, name: str) -> list[str]:
    """The values of one header of a mail, decoded as far as they can be."""
    head = mail.content().replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    message = email.message_from_bytes(head + b"\n\n", policy=email.policy.compat32)
    return [_decoded(str(value)) for value in message.get_all(name, [])]


def _decoded(value: str) -> str:
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except (ValueError, LookupError):
        return value


def _text(left: list[Word]) -> str:
    if not left:
        raise BadCommand("SEARCH needs more criteria")
    return as_text(left.pop(0))


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%d-%b-%Y").replace(tzinfo=UTC).date()
    except ValueError as fault:
        raise BadCommand(f"'{text}' is no IMAP date: write 22-Nov-2026") from fault
