"""What commands share: a parser whose usage errors exit 64, files, and header files."""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from oms.errors import NotFound

EX_USAGE, EX_UNAVAILABLE, EX_CONFIG = 64, 69, 78


class UsageWrong(Exception):
    """The command line asks for something that cannot be; the command exits 64."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageWrong instead of exiting with 2; `keep_lines`: its texts are laid out already."""

    def __init__(self, *, keep_lines: bool = False, **named: Any) -> None:
        form = argparse.RawDescriptionHelpFormatter if keep_lines else argparse.HelpFormatter
        super().__init__(formatter_class=form, **named)

    def error(self, message: str) -> NoReturn:
        raise UsageWrong(f"{message}\n{self.format_usage().strip()}")


#: One of the things that a command does: its function, whose docstring is its help, and what adds its arguments.
Deed = tuple[Callable[..., str], Callable[[argparse.ArgumentParser], Any]]


def asked(argv: Sequence[str], *, prog: str, says: str | None, deeds: Mapping[str, Deed]) -> argparse.Namespace:
    """The arguments of a command that does one of several things; `deed` is the function that was asked for."""
    parser = Parser(prog=prog, description=says)
    chosen = parser.add_subparsers(title="what to do", metavar="DO", required=True, parser_class=Parser)
    for name, (deed, arguments) in deeds.items():
        one = chosen.add_parser(name, help=deed.__doc__, description=deed.__doc__)
        one.set_defaults(deed=deed)
        arguments(one)
    return parser.parse_args(argv)


def no_more(parser: argparse.ArgumentParser) -> None:
    """Of a deed without arguments."""


def id_of(name: str | None, known: Mapping[str, uuid.UUID], *, what: str) -> uuid.UUID | None:
    """The id of what an option names; None for an option that was left out. NotFound names those that there are."""
    if name is not None and name not in known:
        raise NotFound(f"no {what} {name!r}: there are {', '.join(sorted(known)) or 'none yet'}")
    return None if name is None else known[name]


def read_bytes(name: str) -> bytes:
    """The bytes of a file, or of standard input for `-`; raises UsageWrong for a file that can't be opened."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageWrong(f"{name} can't be opened: {reason}") from error


def read_json(name: str) -> object:
    """The JSON of a file, or of standard input for `-`; raises UsageWrong for what is none."""
    try:
        return json.loads(read_bytes(name).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageWrong(f"{name} is not UTF-8: save it as UTF-8") from error
    except ValueError as error:
        raise UsageWrong(f"{name} is no JSON: {error}") from error
    except RecursionError as error:
        raise UsageWrong(f"{name} is nested too deep") from error


def read_headers(name: str) -> dict[str, str]:
    """Headers with lower-case names from a file of `Name: value` lines or of one JSON object; raises UsageWrong."""
    try:
        text = read_bytes(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageWrong(f"{name}: headers must be UTF-8 text") from error
    if text.lstrip().startswith("{"):
        return _from_json(text, name)
    return _from_lines(text, name)


def write(text: str) -> None:
    """Print text as UTF-8, whatever the terminal's language."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def _from_json(text: str, name: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageWrong(f"{name}: no JSON object: {error}") from error
    return {key.strip().lower(): _value(value) for key, value in found.items()}


def _value(value: object) -> str:
    if isinstance(value, list):  # frameworks print repeated headers as a list
        return ", ".join(_value(one) for one in value)
    return value.strip() if isinstance(value, str) else json.dumps(value)


def _from_lines(text: str, name: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        key, colon, value = line.partition(":")
        if not line.strip() or (number == 1 and line.startswith(("HTTP/", "POST ", "GET ", "PUT "))):
            continue
        if not colon or not key.strip():
            raise UsageWrong(f"{name}, line {number}: expected `Name: value`")
        headers[key.strip().lower()] = value.strip()
    return headers
