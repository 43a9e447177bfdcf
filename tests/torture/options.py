"""What a level is told: its seed, its form, and where it may speak."""

from __future__ import annotations

import shlex
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


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

    def words(self, level: str) -> list[str]:
        """The arguments that ask for this level in this very form."""
        asked = [name for name, given in (("--long", self.long), ("--keep", self.keep)) if given]
        sizes = [("--orders", self.orders), ("--seconds", self.seconds)]
        asked += [word for name, size in sizes if size is not None for word in (name, str(size).removesuffix(".0"))]
        return ["--level", level, "--seed", str(self.seed), *asked]

    def command(self, level: str) -> str:
        """The one command that plays the level again as it was."""
        return shlex.join(["python3", "dev.py", "torture", *self.words(level)])

    def scaled(self, form: Any) -> Any:
        """The form with the size that was asked for by hand; of a smaller one as much is asked as its share, of a larger one all."""
        asked = {name: size for name, size in (("orders", self.orders), ("seconds", self.seconds)) if size is not None}
        shares = [size / getattr(form, name) for name, size in asked.items() if getattr(form, name)]
        share = min([1.0, *shares])
        return replace(form, **asked, least=int(form.least * share), faults=int(form.faults * share))


def say(words: str) -> None:
    """A line on the terminal, at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
