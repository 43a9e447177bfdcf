"""`python -m oms.demo.robots --report FILE`: everybody works until every order of the scenario has ended."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from oms.demo import wanted
from oms.demo.robots.aftersales import AfterSales
from oms.demo.robots.desk import Dealers, Reviewers, Specialist
from oms.demo.robots.floor import Buyer, Clerk, Packer, Picker
from oms.demo.robots.mailers import Mailers, Signers
from oms.demo.robots.shops import Shops
from oms.demo.robots.watch import orders_now, visit_pages
from oms.demo.robots.wire import Later, Unwelcome, World

_TELL_EVERY_S = 3.0
_PAUSE_S = 0.3
_LIMIT_S = 400.0


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
    kinds = (Shops, Mailers, Signers, Specialist, Dealers, Reviewers, Picker, Packer, Clerk, Buyer, AfterSales)
    robots: list[Robot] = [kind(world) for kind in kinds]
    stop = threading.Event()
    troubles: dict[str, str] = {}
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


def _live(robot: Robot, stop: threading.Event, troubles: dict[str, str]) -> None:
    while not stop.is_set():
        try:
            busy = robot.work()
            troubles.pop(robot.name, None)
        except (Later, Unwelcome) as trouble:
            troubles[robot.name] = str(trouble)
            busy = False
        except (KeyError, IndexError, ValueError) as surprise:
            troubles[robot.name] = f"an answer has another shape than documented: {surprise!r}"
            busy = False
        stop.wait(0.05 if busy else _PAUSE_S)


def _wait(world: World, robots: Sequence[Robot], troubles: dict[str, str]) -> list[str]:
    """Wait until the day is over; return what is not done when the time is up."""
    started = told = time.monotonic()
    while True:
        world.note(undone=[])
        left = _left(world, robots)
        if not left:
            return []
        moment = time.monotonic()
        if moment - told > _TELL_EVERY_S:
            told = moment
            print(f"  {moment - started:5.0f} s  {len(left)} to do, e.g. {left[0]}", flush=True)
            for name, trouble in list(troubles.items()):
                print(f"           {name}: {trouble[:300]}", flush=True)
        if moment - started > _LIMIT_S:
            return left + [f"{name}: {trouble}" for name, trouble in troubles.items()]
        time.sleep(0.5)


def _left(world: World, robots: Sequence[Robot]) -> list[str]:
    try:
        undone = [word for robot in robots for word in robot.undone()]
        return wanted.differences(world.notes_path, orders_now(world)) + undone
    except (Later, Unwelcome) as trouble:
        return [str(trouble)]


if __name__ == "__main__":
    sys.exit(main())
