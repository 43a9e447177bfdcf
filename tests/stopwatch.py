"""CPU time of the code under test alone.

A coverage tracer doubles it, so it is switched off meanwhile; and the objects of a whole test run, which the
garbage collector would walk again and again, are set aside as the product's workers do with theirs at start.
"""

from __future__ import annotations

import gc
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
    gc.freeze()
    began = time.process_time()
    try:
        yield spent
    finally:
        spent.s = time.process_time() - began
        gc.unfreeze()
        sys.settrace(tracer)
