"""Workers and sweep stand behind who answers shops and people when the processor is short."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.servers import ROOT
from tests.workers.test_stopping import until
from workers.process import BEHIND, FAR_BEHIND


@pytest.mark.parametrize(
    ("program", "children"),
    [(["workers.run", "inside", "reports", "sweep"], [BEHIND, FAR_BEHIND, BEHIND]), (["workers.sweep"], [])],
)
def test_every_process_behind_the_door_gives_way(
    environ: dict[str, str], program: list[str], children: list[int]
) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)  # nobody comes forward who was put further back
    with subprocess.Popen([sys.executable, "-m", *program], env={**os.environ, **environ}, cwd=ROOT) as process:
        parent = psutil.Process(process.pid)
        try:
            assert until(lambda: parent.nice() == max(BEHIND, own))
            behind = sorted(max(nice, own) for nice in children)
            assert until(lambda: sorted(one.nice() for one in parent.children(recursive=True)) == behind)
        finally:
            process.send_signal(signal.SIGTERM)


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel weighs no sessions")
def test_a_session_of_workers_alone_stands_behind_as_a_whole(environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "workers.sweep"]
    with subprocess.Popen(command, env={**os.environ, **environ}, cwd=ROOT, start_new_session=True) as process:
        session = Path(f"/proc/{process.pid}/autogroup")
        try:
            assert until(lambda: session.read_text(encoding="ascii").split()[-1] == str(BEHIND))
        finally:
            process.send_signal(signal.SIGTERM)
