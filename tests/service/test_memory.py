"""Large buffers go back to the machine when they are freed."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from tests.servers import ROOT

#: A large buffer, freed; then one of the same size, above which something small stays.
PROGRAM = """
import psutil, sys
from oms import memory
if sys.argv[1] == "ours":
    memory.return_large_buffers()
kept, before = [], psutil.Process().memory_info().rss
for _ in range(3):
    large = bytearray(b"x") * (25 << 20)
    kept.append([bytearray(b"y") * 100_000 for _ in range(5)])
    del large
print(psutil.Process().memory_info().rss - before)
"""


def growth(word: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, word], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps large buffers")
def test_what_large_mails_took_is_given_back():
    kept = growth("glibc's own")
    assert growth("ours") < 8 * 1024 * 1024 < kept
