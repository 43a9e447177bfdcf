"""The highest memory of process trees while something runs; looked at by whoever measures, whose own CPU is not counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench import cpu

EVERY_S = 0.5


@dataclass(slots=True)
class Sampler:
    """Looks at the parts' memory (PSS, MiB); `peak` is the reading with the highest sum."""

    parts: Mapping[str, Sequence[int]]
    peak: dict[str, float] = field(default_factory=dict)

    @property
    def peak_mib(self) -> float:
        return sum(self.peak.values())

    def look(self) -> dict[str, float]:
        """Take one reading."""
        found = {name: cpu.pss_mib(roots) for name, roots in self.parts.items()}
        if sum(found.values()) > self.peak_mib:
            self.peak = found
        return found

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look twice a second, and at the end, while what is inside runs."""
        over = threading.Event()

        def work() -> None:
            while not over.wait(EVERY_S):
                self.look()
            self.look()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
