"""`python -m oms.demo.robots --report FILE`: everybody works until every order of the scenario has ended."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from oms.demo import wanted
from oms.demo.robots import progress
from oms.demo.robots.aftersales import AfterSales
from oms.demo.robots.desk import Dealers, Reviewers, Specialist
from oms.demo.robots.floor import TEAM, Buyer, Clerk, Packer, Picker
from oms.demo.robots.mailers import Mailers, Signers
from oms.demo.robots.shops import Shops
from oms.demo.robots.watch import orders_now, visit_pages
from oms.demo.robots.wire import Later, Unwelcome, World

_TELL_EVERY_S = 3.0
#: Nothing to do: look again after this long, then ever less often.
_PAUSE_S, _LONGEST_S = 0.2, 1.0
_LOOK_S = 1.0
_LIMIT_S = 400.0
#: A trouble is shown when it lasts: most are a server that is started again.
_LASTS_S = 10.0


class Robot(Protocol):
    name: str

    def work(self) -> bool: ...
    def undone(self) -> list[str]: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run the day; exit 0 when nothing is left to do, 3 when time ran out (the notes say what is left)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, required=True)
    notes_path: Path = parser.parse_args(argv).report
    seeded = json.loads((Path(os.environ["OMS_DEMO_FOLDER"]) / "world.json").read_text(encoding="utf-8"))
    world = World(notes_path=notes_path, **seeded)
    robots: list[Robot] = [kind(world) for kind in (Shops, Mailers, Signers, Specialist, Dealers, Reviewers)]
    robots += [kind(world, team) for kind in (Picker, Packer) for team in TEAM]
    robots += [kind(world) for kind in (Clerk, Buyer, AfterSales)]
    stop = threading.Event()
    troubles = Troubles()
    threads = [threading.Thread(target=_live, args=(robot, stop, troubles), daemon=True) for robot in robots]
    for thread in threads:
        thread.start()
    undone = _wait(world, robots, troubles)
    stop.set()
    for thread in threads:
        thread.join(5)
    visit_pages(world)
    world.note(undone=undone)
    return 0


@dataclass(slots=True)
class Troubles:
    """What each robot last stumbled over, and since when."""

    since: dict[str, tuple[float, str]] = field(default_factory=dict)

    def over(self, name: str) -> None:
        self.since.pop(name, None)

    def met(self, name: str, words: str) -> None:
        began = self.since.get(name, (time.monotonic(), ""))[0]
        self.since[name] = (began, words)

    def lasting(self) -> list[str]:
        """Those that have stood for a while, in words."""
        limit = time.monotonic() - _LASTS_S
        return [f"{name}: {words[:300]}" for name, (began, words) in sorted(self.since.items()) if began < limit]


def _live(robot: Robot, stop: threading.Event, troubles: Troubles) -> None:
    pause_s = _PAUSE_S
    while not stop.is_set():
        busy = _work(robot, troubles)
        pause_s = _PAUSE_S if busy else min(pause_s * 1.4, _LONGEST_S)
        stop.wait(0.05 if busy else pause_s)


def _work(robot: Robot, troubles: Troubles) -> bool:
    try:
        busy = robot.work()
    except (Later, Unwelcome) as trouble:
        troubles.met(robot.name, str(trouble))
        return False
    except (KeyError, IndexError, ValueError) as surprise:
        troubles.met(robot.name, f"an answer has another shape than documented: {surprise!r}")
        return False
    troubles.over(robot.name)
    return busy


def _wait(world: World, robots: Sequence[Robot], troubles: Troubles) -> list[str]:
    """Wait until the day is over; return what is not done when the time is up."""
    started, told = time.monotonic(), 0.0
    while True:
        world.note(undone=[])
        orders, left = _left(world, robots)
        moment = time.monotonic()
        if not left or moment - told > _TELL_EVERY_S:
            told = moment
            print(progress.line(moment - started, orders, len(left)), flush=True)
            for trouble in troubles.lasting():
                print(f"           {trouble}", flush=True)
        if not left:
            return []
        if moment - started > _LIMIT_S:
            return left + troubles.lasting()
        time.sleep(_LOOK_S)


def _left(world: World, robots: Sequence[Robot]) -> tuple[list[dict[str, Any]], list[str]]:
    """Every order as it is now, and what has not ended yet, in words."""
    try:
        orders = orders_now(world)
        undone = [word for robot in robots for word in robot.undone()]
    except (Later, Unwelcome) as trouble:
        return [], [str(trouble)]
    return orders, wanted.differences(world.notes_path, orders) + undone


if __name__ == "__main__":
    sys.exit(main())
