"""`python3 dev.py torture [--level NAME ...] [--seed N] [--long] [--report FILE]`: run levels and print their verdicts.

`--level ci` is the short form of every level and is the default; `--long` takes the full form. Each level runs in a
process of its own. Exit 1 if a level is red, which prints the command that plays it again. One that this machine cannot run
counts as "not run", never as passed, and with CI=true as red.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.torture import machine
from tests.torture.options import ROOT, Options, say
from tests.torture.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Level:
    """`run` names 'module:function', which takes Options and returns a verdict.Outcome."""

    run: str
    about: str
    #: part of `--level ci`
    ci: bool = True
    #: its goals are times, so nothing else may run beside it
    alone: bool = False
    #: the sizes that may be given by hand; another one is an error, never left aside
    sizes: tuple[str, ...] = ()


_BOTH = ("orders", "seconds")

#: THE table of levels. What can run beside others begins in this order: the longest first, which compute beside which wait.
LEVELS: dict[str, Level] = {
    "t1": Level(
        "tests.torture.random_kill:run",
        "random kill: signals, PostgreSQL and Redis, every half second",
        alone=True,
        sizes=_BOTH,
    ),
    "t8": Level(
        "tests.torture.overload:run",
        "ten times the peak: accepted durably or 503, each within a second",
        alone=True,
        sizes=("seconds",),
    ),
    "t0": Level(
        "tests.torture.sweep:run", "every point of failure: one order's life, broken at each operation in each way"
    ),
    "t3": Level(
        "tests.torture.network:run", "bad lines before every dependency: late, cut, reset, silent, gone", sizes=_BOTH
    ),
    "t5": Level("tests.torture.clocks:run", "wrong clocks: ten minutes off each way, then an hour back", sizes=_BOTH),
    "controls": Level("tests.torture.positive:run", "the product broken six ways, each of which must be caught"),
    "t2": Level(
        "tests.torture.liveness:run", "one worker frozen for good, one carrier a black hole: all else finishes"
    ),
    "t7": Level("tests.torture.poison:run", "poison and bombs within normal traffic", sizes=("orders",)),
    "hosts": Level(
        "tests.torture.hosts:run", "two web and two worker hosts against one database; two of them go dark", sizes=_BOTH
    ),
    "fuzz": Level(
        "tests.torture.fuzz:run",
        "spoilt and invented input for every parser and every call of the API",
        sizes=("seconds",),
    ),
    "backup": Level(
        "tests.torture.backup:run", "the disk is lost: restored to a random second, the shops asked again", sizes=_BOTH
    ),
    "t10": Level("tests.torture.history:run", "sixteen clients under faults; can what they saw be?"),
    "t4": Level("tests.torture.full_disk:run", "full disk below PostgreSQL and the logs", sizes=_BOTH),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked; the number of red levels, at most 1, is the exit code."""
    given = _arguments(argv)
    names = _names(given.level)
    seed = given.seed if given.seed is not None else secrets.randbelow(1_000_000)
    options = Options(seed, given.long, given.keep, given.orders, given.seconds)
    found = [_run(names[0], options)] if len(names) == 1 else _run_many(names, options)
    if given.report:
        given.report.write_text(json.dumps(found, indent=1, ensure_ascii=False, default=str), encoding="utf-8")
    say(_summary(found))
    return 1 if any(one["wrong"] for one in found) else 0


def _summary(found: Sequence[dict[str, Any]]) -> str:
    """How many passed, and once more at the end, where it is looked for: what was wrong and how to play it again."""
    red, absent = [one for one in found if one["wrong"]], [one for one in found if _was_not_run(one)]
    names = f", RED: {', '.join(one['level'] for one in red)}" if red else ""
    names += f", not run: {', '.join(one['level'] for one in absent)}" if absent else ""
    why = [
        f"  {one['level']}: {word}"[:300] for one in red for word in [*one["wrong"][:5], f"again by: {one['replay']}"]
    ]
    why += [f"  {one['level']} did not run: {one['not_run']}"[:300] for one in absent]
    return "\n".join([f"\ntorture: {len(found) - len(red) - len(absent)} of {len(found)} levels passed{names}", *why])


def _was_not_run(one: dict[str, Any]) -> bool:
    """Its machine could not run it, and it was not asked to be red for that."""
    return bool(one.get("not_run")) and not one["wrong"]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    lines = "\n".join(f"  {name:<10}{level.about}" for name, level in LEVELS.items())
    parser = argparse.ArgumentParser(
        prog="dev.py torture", description=f"{__doc__}\n{lines}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ["ci", "all", *LEVELS]
    parser.add_argument("--level", nargs="+", default=["ci"], choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--seed", type=int, help="plays the same traffic and faults again; none: a new one")
    parser.add_argument("--long", action="store_true", help="the full form")
    parser.add_argument("--keep", action="store_true", help="leave the run's folder with logs and database")
    parser.add_argument(
        "--orders", type=_size(int), help="by hand: another number of orders; of fewer, fewer faults are asked for"
    )
    parser.add_argument("--seconds", type=_size(float), help="by hand: another length")
    parser.add_argument("--report", type=Path, help="write the verdicts as JSON to this file")
    given = parser.parse_args(argv)
    unused = useless(given) or unwritable(given.report)
    if unused:
        parser.error(unused)
    return given


def _size(kind: type[int] | type[float]) -> Callable[[str], float]:
    def number(word: str) -> float:
        size = kind(word)
        if not 0 < size < float("inf"):
            raise ValueError(word)
        return size

    number.__name__ = "number above 0"
    return number


def unwritable(report: Path | None) -> str:
    """Why the report cannot be written there, found out before the hours that it takes; empty when it can."""
    if report is None or (report.parent.is_dir() and not report.is_dir() and os.access(report.parent, os.W_OK)):
        return ""
    return f"--report {report}: there is no folder {report.parent} to write such a file into"


def useless(given: argparse.Namespace) -> str:
    """Which size was given for a level that has none such; empty when each can be used."""
    for size in _BOTH:
        without = [name for name in _names(given.level) if size not in LEVELS[name].sizes]
        if getattr(given, size) is not None and without:
            have = [name for name, level in LEVELS.items() if size in level.sizes]
            return f"--{size} is nothing that {', '.join(without)} can use; these can: {', '.join(have)}"
    return ""


def _names(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name for word in words for name in _named(word)))


def _named(word: str) -> list[str]:
    if word in LEVELS:
        return [word]
    return [name for name, level in LEVELS.items() if level.ci or word == "all"]


def _run(name: str, options: Options) -> dict[str, Any]:
    module, _, function = LEVELS[name].run.partition(":")
    began, before = time.monotonic(), machine.now()
    outcome = getattr(importlib.import_module(module), function)(replace(options, began=began))
    outcome.asked = options
    if options.orders is not None or options.seconds is not None:
        outcome.figures["size"] = "by hand: no proof of the goals of the whole form"
    outcome.figures["seconds"] = round(time.monotonic() - began, 1)
    outcome.figures["the machine"] = machine.between(before, machine.now())
    say(outcome.as_text())
    return outcome.as_json()


def _run_many(names: Sequence[str], options: Options) -> list[dict[str, Any]]:
    """Those that need the machine for themselves in turn, then the others three at a time: they wait for half of it."""
    lonely = [name for name in names if LEVELS[name].alone]
    others = [name for name in names if not LEVELS[name].alone]
    found = [_run_apart(name, options) for name in lonely]
    with ThreadPoolExecutor(max_workers=3) as lanes:
        return found + list(lanes.map(lambda name: _run_apart(name, options), others))


def _run_apart(name: str, options: Options) -> dict[str, Any]:
    """A level in a process of its own: what one leaves in memory is nothing to the next."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [sys.executable, "-m", "tests.torture", *options.words(name), "--report", report.name]
        # Of two sessions each gets half of the machine (Linux, autogroup): workers stand behind in their own house alone.
        ended = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            start_new_session=True,
        )  # fmt: skip
        say(f"\n== {name}: {LEVELS[name].about}\n{ended.stdout}")
        try:
            found: list[dict[str, Any]] = json.loads(Path(report.name).read_text(encoding="utf-8"))
        except ValueError:
            wrong = [f"the level itself ended with exit code {ended.returncode} before its verdict"]
            return Outcome(name, options.seed, wrong, long=options.long, asked=options).as_json()
        return found[0]


if __name__ == "__main__":
    raise SystemExit(main())
