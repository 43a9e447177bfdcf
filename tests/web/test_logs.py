"""The log serves the requests, not the other way round."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT

FULL = Path("/dev/full")
PROGRAM = """
import logging, os, structlog
from oms.web import logs
logs.configure("production")
for _ in range(2000):
    structlog.get_logger("oms.request").info("request", route="/orders", status=200)
    logging.getLogger("oms").warning("away")
os.write(1, b"served")
os._exit(0)
"""


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_log_that_finds_no_room_breaks_no_request():
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=subprocess.PIPE, stderr=full, timeout=60, check=False
        )
    assert (done.returncode, done.stdout) == (0, b"served")
