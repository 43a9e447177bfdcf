"""`python -m oms.demo`: start everything, run the business day, show its table, stay up until interrupted.

--exit stops after the run; exit 0 only if every order ended where the scenario says and every invariant holds.
--report FILE writes the same as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from oms.demo import children, report
from oms.demo.children import Child
from oms.demo.ground import Ground, prepare
from oms.demo.supervisor import Supervisor
from oms.embedded import ServerFault

#: After this long the day is given up; what stands is shown.
DAY_S = 420.0
_READY_S = 60.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; return the exit code."""
    options = _options(argv)
    try:
        ground = prepare()
    except ServerFault as fault:
        print(f"demo: {fault}", file=sys.stderr)
        return 2
    boss = Supervisor(ground.place.folder, ground.environment, ground.servers)
    boss.stop_on_signals()
    try:
        return _day(boss, ground, options)
    finally:
        boss.stop()
        ground.leave()


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py demo", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="stop after the run")
    parser.add_argument("--report", type=Path, help="write the result as JSON to this file")
    return parser.parse_args(argv)


def _day(boss: Supervisor, ground: Ground, options: argparse.Namespace) -> int:
    started = time.monotonic()
    print(f"demo: everything of this run lies in {ground.place.folder}", flush=True)
    for child in [*children.peers(ground.place), *children.product(ground.place)]:
        boss.start(child)
    _note_pids(boss, ground)
    if not boss.watch(lambda: _ready(ground) or time.monotonic() - started > _READY_S) or not _ready(ground):
        print(f"demo: the web server does not answer; see {ground.place.folder}/log", file=sys.stderr)
        return 1
    boss.start(children.robots(ground.place.folder / "robots.json"))
    _note_pids(boss, ground)
    ended = boss.watch(lambda: boss.ended("robots") == 0 or time.monotonic() - started > DAY_S)
    if not ended:
        return 130
    found = report.make(ground, restarts=boss.restarts, seconds=time.monotonic() - started)
    print(report.table(found))
    if options.report:
        options.report.write_text(json.dumps(found, indent=1, default=str, ensure_ascii=False), encoding="utf-8")
    if options.exit:
        return 0 if found["ok"] else 1
    print(report.welcome(ground), flush=True)
    boss.watch(lambda: False)
    return 0


def _ready(ground: Ground) -> bool:
    try:
        with urllib.request.urlopen(f"{ground.place.base_url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _note_pids(boss: Supervisor, ground: Ground) -> None:
    """For those who want to see what happens when one of them is killed."""
    (ground.place.folder / "pids.json").write_text(json.dumps(boss.pids(), indent=1), encoding="utf-8")


__all__ = ["Child", "main"]

if __name__ == "__main__":
    raise SystemExit(main())
