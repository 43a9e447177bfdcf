"""The controls' harm leaves one worker to the house, and reaches all of them in turn."""

from __future__ import annotations

import os
import random
import subprocess
import sys

from tests.torture.positive import lives, may_be_hurt


def test_one_worker_is_left_to_the_house_whoever_was_frozen_before() -> None:
    workers, frozen, chance = [11, 12, 13, 14, 15], set[int](), random.Random(1)
    while victims := may_be_hurt(workers, frozen):
        frozen.add(chance.choice(victims))
        assert set(workers) - frozen
    assert len(frozen) == 4
    # Nobody else is left, or the others died and are not there yet.
    assert may_be_hurt([11], set()) == may_be_hurt([], set()) == []


def test_every_worker_can_be_hurt_while_another_one_lives() -> None:
    assert may_be_hurt([15, 11, 12], {12, 99}) == [11, 15]
    assert may_be_hurt([11, 12], set()) == [11, 12]


def test_who_was_killed_lives_no_more_though_nobody_has_heard_of_it_yet() -> None:
    assert lives(os.getpid())
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        assert lives(child.pid)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not lives(child.pid)
    assert not lives(child.pid)
