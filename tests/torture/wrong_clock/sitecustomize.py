"""Read by Python at its start, where PYTHONPATH names this folder: what libfaketime spoils besides the clock is set right.

Python sleeps until a moment of the monotonic clock, and libfaketime 0.9.10 mistakes that for one of the other clock and
answers EINVAL. Waiting for nothing for a length of time comes to the same.
"""

from __future__ import annotations

import os
import select
import time
from pathlib import Path


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = _sleep
#: What this process believed at its start; the file's own time is the right one.
Path(os.environ["FAKETIME_TIMESTAMP_FILE"] + ".seen").write_text(str(time.time()), encoding="ascii")
