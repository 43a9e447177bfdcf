"""`oms`: one file a command, loaded when it is asked for, so that each starts with only what it needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import cast

from sqlalchemy.exc import OperationalError

from oms.cli.arguments import EX_CONFIG, EX_UNAVAILABLE, EX_USAGE, UsageWrong
from oms.errors import Refused, SettingsInvalid

#: Command -> 'module:function'; the function takes the arguments after the name and returns the exit code.
COMMANDS: dict[str, str] = {
    "calendar": "oms.cli.calendar:run",
    "check-invariants": "oms.cli.check_invariants:run",
    "doctor": "oms.cli.doctor:run",
    "key": "oms.cli.key:run",
    "kpi": "oms.cli.kpi:run",
    "migrate": "oms.cli.migrate:run",
    "normalise": "oms.cli.normalise:run",
    "set-up": "oms.cli.set_up:run",
    "staff": "oms.cli.staff:run",
    "trace": "oms.cli.trace:run",
    "verify-history": "oms.cli.verify_history:run",
    "verify-signature": "oms.cli.verify_signature:run",
}

EX_PIPE = 141

Command = Callable[[Sequence[str]], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    64 for wrong usage, 69 when the database does not answer, 78 for wrong settings, 1 for what is refused, else as
    the command says.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_listing(), file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else EX_USAGE
    name, rest = arguments[0], arguments[1:]
    if name not in COMMANDS:
        print(f"oms: no command {name!r}\n{_listing()}", file=sys.stderr)
        return EX_USAGE
    try:
        return load(name)(rest)
    except (UsageWrong, Refused, SettingsInvalid, OperationalError) as error:
        print(f"oms {name}: {_words(error)}", file=sys.stderr)
        return next(code for kind, code in _CODES.items() if isinstance(error, kind))
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the interpreter's last flush
        return EX_PIPE


_CODES: dict[type[Exception], int] = {
    UsageWrong: EX_USAGE,
    Refused: 1,
    SettingsInvalid: EX_CONFIG,
    OperationalError: EX_UNAVAILABLE,
}


def _words(error: Exception) -> str:
    """What is wrong and how to mend it, each field on a line of its own."""
    if isinstance(error, OperationalError):
        said = str(error.orig).strip().splitlines() or ["it does not answer"]
        return f"the database: {said[0]}: check OMS_DATABASE_URL and that the server runs"
    if isinstance(error, SettingsInvalid):
        return "\n  ".join(["settings are wrong:", *(f"{name} {fault}" for name, fault in error.fields.items())])
    fields = error.fields if isinstance(error, Refused) else {}
    return "\n  ".join([str(error), *(f"{name}: {fault}" for name, fault in fields.items() if fault not in str(error))])


def load(name: str) -> Command:
    """The function of a command."""
    module, _, function = COMMANDS[name].partition(":")
    return cast(Command, getattr(import_module(module), function))


def _listing() -> str:
    return "usage: oms COMMAND ...\n\ncommands: " + ", ".join(sorted(COMMANDS)) + "\n`oms COMMAND --help` explains one."
