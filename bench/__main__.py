"""`python3 dev.py bench [NAME] [--json]`: run a benchmark, or all that end within minutes; each figure beside its goals.

Goals are reported, reached or missed by how much; only `--check` fails: when a ratio to the limit is 25 % worse than the baseline,
or cannot be compared with it.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Mapping, Sequence

from bench import baseline, pages, runner
from bench.table import BENCHMARKS, Benchmark

CHECKED = [name for name, row in BENCHMARKS.items() if row.short is not None]
UNASKED = [name for name, row in BENCHMARKS.items() if not row.only_by_name]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one, or those that end within minutes, or check; 1 only when a check finds a ratio worse or unknown."""
    parser = _parser()
    options = parser.parse_args(argv)
    if unfit := unused(options):
        parser.error(unfit)
    if options.list:
        return _list()
    if options.write_docs:
        return pages.write(pages.read())
    names = [options.name] if options.name else CHECKED if options.check or options.update_baseline else UNASKED
    return _check(names) if options.check else _measure(names, options, argv)


def _measure(names: Sequence[str], options: argparse.Namespace, argv: Sequence[str] | None) -> int:
    found: dict[str, dict[str, float]] = {}
    for name in names:
        found[name] = runner.measure(name, _arguments(options, BENCHMARKS[name]), runs=options.runs)
        if options.keep:
            pages.keep(name, found[name], command=_command(name, argv))
        if not options.json:
            lines = _report(name, BENCHMARKS[name], found[name])
            print("\n".join([*lines, *_other_size(options)]), flush=True)
    if options.json:
        print(json.dumps(found, indent=1))
    elif names == UNASKED:
        others = ", ".join(name for name in BENCHMARKS if name not in names)
        print(f"\nnot run, since each takes an hour or tens of gigabytes; name it to run it: {others}")
    if options.update_baseline:
        baseline.write(found)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS))
    parser.add_argument("--list", action="store_true", help="which there are, their goals, which of them --check runs")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--runs", type=whole_number, default=1, help="run so often and give the figure in the middle")
    parser.add_argument("--short", action="store_true", help="the short form, as --check runs it")
    parser.add_argument(
        "--set",
        action="append",
        type=_argument,
        default=[],
        metavar="NAME=NUMBER",
        help="an argument of the benchmark that is named",
    )
    parser.add_argument(
        "--check", action="store_true", help="compare each ratio with the baseline; 1 when one is worse or unknown"
    )
    parser.add_argument("--update-baseline", action="store_true", help="run those of --check and keep their ratios")
    parser.add_argument("--keep", action="store_true", help="keep the figures in bench/figures.json")
    parser.add_argument(
        "--write-docs", action="store_true", help="write docs/performance.md's table and curves from these"
    )
    return parser


def unused(options: argparse.Namespace) -> str:
    """What was asked for and would be left aside, in words; empty when all of it counts."""
    whole = next((word for word in ("list", "write_docs", "check") if getattr(options, word)), "")
    other = {
        "--set": options.set, "--short": options.short, "--keep": options.keep, "--json": options.json,
        "--runs": options.runs != 1, "--update-baseline": options.update_baseline, "--check": options.check and whole != "check",
        "--write-docs": options.write_docs and whole != "write_docs", options.name: options.name and whole in ("list", "write_docs"),
    }  # fmt: skip
    aside = [str(word) for word, given in other.items() if given]
    if whole and aside:
        return f"--{whole.replace('_', '-')} takes no {', '.join(aside)}"
    if options.set and not options.name:
        return "--set needs the name of the one benchmark whose argument it is"
    if options.update_baseline and (options.set or options.short):
        return "--update-baseline runs what --check runs, so it takes neither --set nor --short"
    compares = options.check or options.update_baseline
    if compares and options.name and options.name not in CHECKED:
        return f"{options.name} is not checked; these are: {', '.join(CHECKED)}"
    return ""


def whole_number(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{word} runs give no figure: 1 or more")
    return number


def _argument(word: str) -> tuple[str, float]:
    """`orders=1e5` as a name and its number, a whole one as such."""
    name, _, value = word.partition("=")
    try:
        number = float(value)
        return name, int(number) if number == int(number) else number
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{word!r} is no NAME=NUMBER, such as orders=2000") from None


def _other_size(options: argparse.Namespace) -> list[str]:
    """That a goal was held against another size than it was set for, so that nobody takes it for reached."""
    sizes = [f"{name}={number:g}" for name, number in options.set] + (["the short form"] if options.short else [])
    return [f"  at another size ({', '.join(sizes)}) than the goals were set for"] if sizes else []


def _command(name: str, argv: Sequence[str] | None) -> str:
    words = [word for word in (sys.argv[1:] if argv is None else argv) if word not in ("--keep", "--json", name)]
    return shlex.join(["python3", "dev.py", "bench", name, *words])


def _arguments(options: argparse.Namespace, row: Benchmark) -> dict[str, float]:
    short = options.short or options.update_baseline
    chosen = dict((row.short if short else None) or row.long)
    return chosen | dict(options.set)


def _check(names: list[str]) -> int:
    known = baseline.read()

    def measure(name: str) -> Mapping[str, float]:
        print(f"{name} ...", flush=True)
        return runner.measure(name, BENCHMARKS[name].short or {})

    began = time.monotonic()
    verdicts = baseline.check(measure, names, known)
    print("\n".join(verdict.line() for verdict in verdicts))
    worse = sum(verdict.is_worse for verdict in verdicts)
    unknown = sum(verdict.fails for verdict in verdicts) - worse
    print(
        f"{worse} of {len(verdicts)} are {baseline.WORSE - 1:.0%} worse than the baseline, twice measured; "
        f"{unknown} cannot be compared with it; took {time.monotonic() - began:.0f} s"
    )
    return int(worse + unknown > 0)


def _report(name: str, row: Benchmark, figures: Mapping[str, float]) -> list[str]:
    lines = [f"\n{name}: {row.about}", f"  limit: {row.limit}; known of it: {row.known}"]
    lines += [f"  {figure:<36}{value:>14.3f}" for figure, value in figures.items()]
    for goal in row.goals:
        if goal.figure not in figures:
            lines.append(f"  goal {goal.figure} {goal.text()}: not measured in this run")
        elif goal.is_reached(figures[goal.figure]):
            lines.append(f"  goal {goal.figure} {goal.text()}: reached")
        else:
            lines.append(
                f"  goal {goal.figure} {goal.text()}: MISSED by {goal.miss_percent(figures[goal.figure]):.0f} %"
            )
    return lines


def _list() -> int:
    for name, row in BENCHMARKS.items():
        print(f"{name:<10}{'checked' if row.short is not None else 'long':<9}{row.about}")
        print(f"{'':<19}goals: {', '.join(f'{goal.figure} {goal.text()}' for goal in row.goals)}; limit: {row.limit}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
