"""Level T0, every point of failure: `python -m tests.torture.sweep [--level ci|each|labels|full] [--part 1/3] [--seed N] [--json FILE]`.

One order's life, leg by leg; in each run a process fails at one operation in one way, another goes on, and the
end must be the one without a fault: one order, one label, each mail once, stock right, the record whole.
The database runs without fsync: what is killed here are our processes, not the machine.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import multiprocessing
import os
import pickle
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.revision import commit
from tests.servers import TestServers, start_servers
from tests.torture import sweep_controls, sweep_report
from tests.torture.failpoints import MODES, Point
from tests.torture.options import Options
from tests.torture.sweep_lane import Baseline, Lane, Run
from tests.torture.sweep_legs import LEGS
from tests.torture.sweep_plan import CI, FULL, LEVELS, WHOLE, Fault, Part, plan
from tests.torture.sweep_seed import seed as fill
from tests.torture.sweep_state import Snapshot
from tests.torture.verdict import Outcome

LANES = 2
#: A point that the untouched life reached and this one did not (threads run as they like) is tried again so often.
TRIES = 4
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Work:
    """What the lanes share: the faults by turn, where each leg begins, where each lane writes its results."""

    folder: Path
    next: Any
    servers: TestServers
    ends: float

    @property
    def prepared(self) -> Path:
        return self.folder / "prepared"

    def results(self) -> list[Run]:
        lines = [line for path in self.folder.glob("results-*") for line in path.read_text("utf-8").splitlines()]
        return [Run(**json.loads(line)) for line in lines]


def sweep(
    level: str = CI,
    seed: int = 1,
    *,
    lanes: int = LANES,
    only: Fault | None = None,
    part: Part = WHOLE,
    limit_s: float = math.inf,
) -> dict[str, Any]:
    """Run a level or a part of it and return its report; `only` repeats one fault, after `limit_s` no more are begun."""
    began = time.monotonic()
    servers = start_servers()
    folder = Path(tempfile.mkdtemp(prefix="oms-sweep-"))
    folder.chmod(0o755)
    work = Work(folder, _FORK.Value("i", 0), servers, began + limit_s)
    lane = Lane(servers, folder)
    helpers: list[Any] = []
    try:
        fill(lane.open())
        empty = lane.snapshot("empty")
        if only is None:
            helpers = [_FORK.Process(target=_help, args=(work, lane, empty)) for _ in range(lanes - 1)]
        for helper in helpers:
            helper.start()
        _warm(lane, empty)
        bases = lane.baselines(LEGS)
        points = [(base.leg.name, base.points) for base in bases]
        faults = [only] if only else part.of(plan(points, level=level, seed=seed))
        _publish(work, faults, bases)
        _take_turns(work, lane, faults, bases)
        controls = sweep_controls.tried(lane, bases)
        for helper in helpers:
            helper.join()
        return sweep_report.report(
            work.results(), faults, points, level=level, part=part, seed=seed, seconds=time.monotonic() - began,
            controls=controls, lanes_ended=[helper.exitcode for helper in helpers],
        )  # fmt: skip
    finally:
        _clean_up(work, lane, helpers)


def _clean_up(work: Work, lane: Lane, helpers: Sequence[Any]) -> None:
    for helper in helpers:
        helper.kill()
    lane.close()
    work.servers.stop()
    shutil.rmtree(work.folder, ignore_errors=True)


def run(options: Options) -> Outcome:
    """Level t0: the sample, or with `long` every operation in every way."""
    logging.disable(logging.CRITICAL)
    found = sweep(FULL if options.long else CI, options.seed)
    return sweep_report.outcome(found, long=options.long)


def _warm(lane: Lane, empty: Snapshot) -> None:
    lane.restore(LEGS[0], empty)
    lane.warm(LEGS)
    lane.restore(LEGS[0], empty)


def _publish(work: Work, faults: Sequence[Fault], bases: Sequence[Baseline]) -> None:
    draft = work.prepared.with_suffix(".part")
    draft.write_bytes(pickle.dumps((list(faults), list(bases))))
    draft.rename(work.prepared)


def _help(work: Work, first: Lane, empty: Snapshot) -> None:
    """One more lane, which warms itself while the first one walks the untouched life."""
    lane = Lane(work.servers, work.folder, first.seed, first.placed)
    try:
        _warm(lane.open(), empty)
        while not work.prepared.exists():
            time.sleep(0.1)
            if os.getppid() == 1:
                return
        faults, bases = pickle.loads(work.prepared.read_bytes())
        _take_turns(work, lane, faults, bases)
    finally:
        lane.close()


def _take_turns(work: Work, lane: Lane, faults: Sequence[Fault], bases: Sequence[Baseline]) -> None:
    base_of = {base.leg.name: base for base in bases}
    with (work.folder / f"results-{os.getpid()}").open("a", encoding="utf-8") as results:
        while True:
            with work.next.get_lock():
                turn, work.next.value = work.next.value, work.next.value + 1
            if turn >= len(faults) or time.monotonic() > work.ends:
                return
            run = _reached(lane, base_of[faults[turn].leg], faults[turn])
            results.write(json.dumps(asdict(run)) + "\n")
            results.flush()


def _reached(lane: Lane, base: Baseline, fault: Fault) -> Run:
    for _ in range(TRIES):
        run = lane.run(base, fault.point, fault.mode)
        if run.fired or run.violations:
            break
    return run


def main(argv: Sequence[str] | None = None) -> int:
    """Print the report; 1 when something was violated or, at a complete level, not reached."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--level", choices=LEVELS, default=CI)
    parser.add_argument("--full", action="store_const", const="full", dest="level", help="the same as --level full")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--part",
        type=Part.parsed,
        default=WHOLE,
        metavar="I/N",
        help="every N-th fault from the I-th on; all parts are all",
    )
    parser.add_argument(
        "--lanes", type=int, choices=range(1, 17), metavar="1..16", default=LANES, help="how many lives at once"
    )
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no more faults after so long")
    parser.add_argument("--json", type=Path, help="where the report is written as JSON")
    parser.add_argument(
        "--replay", nargs=4, metavar=("LEG", "LABEL", "PLACE", "WAY"), help="one fault, as a violation prints it"
    )
    given = parser.parse_args(argv)
    logging.disable(logging.CRITICAL)
    only = None
    if given.replay:
        only = replayed(parser, given.replay)
    report = sweep(given.level, given.seed, lanes=given.lanes, only=only, part=given.part, limit_s=given.seconds)
    if given.json:
        told = {"commit": commit()} | report
        given.json.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(sweep_report.words(report) + "\n")
    return 1 if report["red"] else 0


def replayed(parser: argparse.ArgumentParser, words: Sequence[str]) -> Fault:
    """The one fault that these words name; the parser's error for words that can name none."""
    leg, label, place, mode = words
    legs, kind = [one.name for one in LEGS], label.partition(" ")[0]
    if leg not in legs:
        parser.error(f"no leg is called {leg!r}; these are: {', '.join(legs)}")
    if kind not in MODES:
        parser.error(f"no operation begins with {kind!r}; these do: {', '.join(MODES)}")
    if mode not in MODES[kind]:
        parser.error(f"{kind} does not fail in the way {mode!r}; these are: {', '.join(MODES[kind])}")
    if not (place.isascii() and place.isdigit()) or int(place) < 1:
        parser.error(f"{place!r} is no place: 1 is the first time that this is done")
    return Fault(leg, Point(label, int(place)), mode)


if __name__ == "__main__":
    sys.exit(main())
