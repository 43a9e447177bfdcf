"""The demo's day ends the same whoever is killed in the middle of it; the long form is `tests/flow/demo_runs.py`."""

from __future__ import annotations

import random
import signal

import psutil
import pytest

from tests.flow.demo_runs import Kill, begun, processes_of, run

pytestmark = pytest.mark.slow

#: Those whose death is worst: the one who holds the data, and the one who calls others.
KILLED = (
    "worker 1",
    "postgres backend",
    "web",
    "mailbox",
    "flushall",
    "workers",
    "carrier",
    "robots",
    "shop",
    "web worker",
)
SEED = 42


@pytest.mark.timeout(200)  # so that the demo's own limit comes first, which shows what it said
def test_a_day_with_two_kills_ends_as_the_scenario_says(tmp_path):
    chance = random.Random(SEED)
    kills = [Kill(target, chance.uniform(2, 8)) for target in chance.sample(KILLED, 2)]
    day = run(tmp_path / "report.json", kills, limit_s=150)
    # The report itself holds orders, mails, labels, invariants and history against the scenario.
    assert day.code == 0, f"after {kills}:\n{day.output[-4000:]}"
    assert day.report["differences"] == []
    assert day.report["violations"] == []
    assert len(day.killed) == 2


def test_a_killed_demo_leaves_no_process_behind():
    with begun() as demo:
        demo.process.kill()
        left = psutil.wait_procs(processes_of(demo.folder), timeout=15)[1]
    assert "day begins" in demo.lines[-1]
    assert left == []


def test_an_interrupted_demo_leaves_no_process_behind():
    with begun() as demo:
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(30) == 130
    assert processes_of(demo.folder) == []
