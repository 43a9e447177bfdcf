"""The demo's supervisor keeps its children alive, shows it, and takes them with it when it dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from oms.demo.children import Child
from oms.demo.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]
SLEEP = (sys.executable, "-c", "import time; time.sleep(300)")
BOSS = """
import os, sys, time
from pathlib import Path
from oms.demo.children import Child
from oms.demo.supervisor import Supervisor
boss = Supervisor(Path(sys.argv[1]), dict(os.environ))
boss.start(Child("sleeper", (sys.executable, "-c", "import time; time.sleep(300)")))
print("up", flush=True)
boss.watch(lambda: False)
"""


@pytest.fixture
def boss(tmp_path):
    boss = Supervisor(tmp_path, dict(os.environ))
    yield boss
    boss.stop()


def _soon(seconds=10.0):
    ends = time.monotonic() + seconds
    return lambda: time.monotonic() > ends


def test_a_killed_child_is_started_again_and_named(boss, capsys, tmp_path):
    boss.start(Child("sleeper", SLEEP))
    first, over = boss.pids()["sleeper"], _soon()
    os.kill(first, signal.SIGKILL)
    boss.watch(lambda: bool(boss.restarts) or over())
    assert boss.restarts == {"sleeper": 1}
    assert "sleeper was killed by signal 9 and is started again" in capsys.readouterr().out
    assert json.loads((tmp_path / "pids.json").read_text())["sleeper"] == boss.pids()["sleeper"] != first


def test_one_who_has_done_his_work_stays_ended(boss):
    boss.start(Child("once", (sys.executable, "-c", "pass"), restarted=False))
    over = _soon()
    boss.watch(lambda: boss.ended("once") is not None or over())
    boss.watch(_soon(0.5))
    assert (boss.ended("once"), boss.restarts) == (0, {})


def test_children_die_with_a_killed_supervisor(tmp_path):
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", BOSS, str(tmp_path)]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as boss:
        assert boss.stdout is not None
        assert boss.stdout.readline() == "up\n"
        child = psutil.Process(json.loads((tmp_path / "pids.json").read_text())["sleeper"])
        boss.kill()
    assert psutil.wait_procs([child], timeout=10)[1] == []
