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
from oms.demo.ground import Ground, fill, find
from oms.demo.supervisor import Supervisor
from oms.embedded import ServerFault

#: After this long the day is given up; what stands is shown.
DAY_S = 420.0
_READY_S = 90.0
_REST_S = 90.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; return the exit code."""
    options = _options(argv)
    started = time.monotonic()
    try:
        ground = find()
    except ServerFault as fault:
        print(f"demo: {fault}", file=sys.stderr)
        return 2
    boss = Supervisor(ground.place.folder, ground.environment, ground.servers)
    boss.stop_on_signals()
    try:
        return _day(boss, ground, options, started)
    finally:
        boss.stop()
        ground.leave()


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py demo", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="stop after the run")
    parser.add_argument("--report", type=Path, help="write the result as JSON to this file")
    return parser.parse_args(argv)


def _day(boss: Supervisor, ground: Ground, options: argparse.Namespace, started: float) -> int:
    print(f"demo: everything of this run lies in {ground.place.folder}", flush=True)
    # Those that do not look into the database by themselves start while it is filled.
    for child in [*children.peers(ground.place), children.web(ground.place)]:
        boss.start(child)
    fill(ground)
    for child in children.workers():
        boss.start(child)
    if not boss.watch(lambda: _ready(ground) or _over(started, _READY_S)) or not _ready(ground):
        print(f"demo: the web server does not answer; see {ground.place.folder}/log", file=sys.stderr)
        return 130 if boss.stopping else 1
    print(
        f"demo: {len(boss.pids())} processes are up after {time.monotonic() - started:.0f} s; the day begins",
        flush=True,
    )
    boss.start(children.robots(ground.place.folder / "robots.json"))
    if not boss.watch(lambda: boss.ended("robots") == 0 or _over(started, DAY_S)):
        return 130
    rests = time.monotonic()
    if not boss.watch(lambda: report.at_rest(ground) or _over(rests, _REST_S)):
        return 130
    return _end(boss, ground, options, started)


def _end(boss: Supervisor, ground: Ground, options: argparse.Namespace, started: float) -> int:
    found = report.make(ground, restarts=boss.restarts, cpu_s=boss.cpu_s(), seconds=time.monotonic() - started)
    print(report.table(found), flush=True)
    if options.report:
        options.report.write_text(json.dumps(found, indent=1, default=str, ensure_ascii=False), encoding="utf-8")
    if options.exit:
        return 0 if found["ok"] else 1
    print(report.welcome(ground), flush=True)
    boss.watch(lambda: False)
    return 0


def _over(since: float, limit_s: float) -> bool:
    return time.monotonic() - since > limit_s


def _ready(ground: Ground) -> bool:
    try:
        with urllib.request.urlopen(f"{ground.place.base_url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    raise SystemExit(main())
