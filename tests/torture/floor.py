"""The people of the house under torture: the demo's robots, and those who decide, put back and pay out.

They work through the HTTP API until they are ended; whatever dies under them, they try again.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from oms.demo.robots.desk import Reviewers
from oms.demo.robots.floor import TEAM, Buyer, Clerk, Packer, Picker, Team
from oms.demo.robots.wire import Later, Unwelcome, World
from tests.torture.options import say

#: A round takes up all that waits, so a pause between rounds costs no throughput and saves many questions.
_PAUSE_S, _LONGEST_S = 0.8, 3.0
#: So many hands at each task: one after another, the two people of the demo would be at 10,000 orders for an hour.
_HANDS = 6


class Deciders:
    """The order manager approves changes, the warehouse puts goods back, finance pays out."""

    name = "deciders"

    def __init__(self, world: World) -> None:
        self._zhao, self._liu, self._fiona = (world.person(login) for login in ("zhao", "liu", "fiona"))

    def work(self) -> bool:
        """Each does the own; one who is refused keeps nobody else from it, and is heard of when all have worked."""
        busy, troubles = False, list[Exception]()
        for own in (self._decide, self._put_back, self._pay_out):
            try:
                busy |= own()
            except (Later, Unwelcome) as trouble:
                troubles.append(trouble)
        if troubles:
            raise troubles[0]
        return busy

    def _decide(self) -> bool:
        found = self._zhao.items("/steps", kind="decide_change")
        for step in found:
            body = {"decision": "approve", "reason": "the customer may"}
            with suppress(Later):
                self._zhao.post(f"/changes/{step['subject_id']}/decide", body, key=f"decide-{step['id']}")
        return bool(found)

    def _put_back(self) -> bool:
        found = self._liu.items("/steps", kind="put_back")
        for step in found:
            with suppress(Later):
                path = f"/fulfilments/{step['subject_id']}/put-back"
                self._liu.post(path, key=f"back-{step['id']}-{step['token']}")
        return bool(found)

    def _pay_out(self) -> bool:
        found = self._fiona.items("/refunds", status="pending")
        for refund in found:
            with suppress(Later):
                key = f"refund-{refund['id']}"
                self._fiona.post(f"/refunds/{refund['id']}/pay-out", {"reference": "BANK-1"}, key=key)
        return bool(found)


def work(world: World) -> int:
    """Everybody but the buyer works until the process is ended: what is scarce stays scarce."""
    hands = [Team(TEAM[number % len(TEAM)].login, number, _HANDS) for number in range(_HANDS)]
    robots = [kind(world, team, papers=False) for kind in (Picker, Packer) for team in hands]
    return _live_all([*robots, Clerk(world, papers=False), Reviewers(world), Deciders(world)])


def buy(world: World) -> int:
    """The buyer gets what was short."""
    return _live_all([Buyer(world)])


def _live_all(robots: list[Picker]) -> int:
    threads = [threading.Thread(target=_live, args=(robot,), daemon=True) for robot in robots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0


def _live(robot: Picker) -> None:
    pause_s = _PAUSE_S
    while True:
        busy = _work(robot)
        pause_s = _PAUSE_S if busy else min(pause_s * 1.4, _LONGEST_S)
        time.sleep(pause_s)


def _work(robot: Picker) -> bool:
    try:
        return robot.work()
    except (Later, Unwelcome, KeyError, IndexError, ValueError) as trouble:
        say(f"{time.monotonic():.1f} {robot.name}: {trouble!r}"[:500])
        return False
