"""CPU time of the code under test alone: a coverage tracer doubles it, and is switched off meanwhile."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Spent:
    """Seconds of CPU that the block took; set when it ends."""

    s: float = 0.0


@contextmanager
def cpu() -> Iterator[Spent]:
    """Measure the block's CPU seconds."""
    spent, tracer = Spent(), sys.gettrace()
    sys.settrace(None)
    began = time.process_time()
    try:
        yield spent
    finally:
        spent.s = time.process_time() - began
        sys.settrace(tracer)
