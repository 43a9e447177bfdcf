"""What a level is told: its seed, its form, and where it may speak."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """`long` is the full form, else the short one for every commit. `orders` and `seconds` change a form's size by hand."""

    seed: int
    long: bool = False
    keep: bool = False
    orders: int | None = None
    seconds: float | None = None
    began: float = field(default_factory=time.monotonic)

    def say(self, words: str) -> None:
        """A line for who watches, with the seconds since the start."""
        say(f"{time.monotonic() - self.began:7.1f}  {words}")

    def scaled(self, form: Any) -> Any:
        """The form with the size that was asked for by hand; what then is too little is no longer asked for."""
        if self.orders is None and self.seconds is None:
            return form
        smaller = {"orders": self.orders or form.orders, "seconds": self.seconds or form.seconds}
        return replace(form, **smaller, least=0, faults=0)


def say(words: str) -> None:
    """A line on the terminal, at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
