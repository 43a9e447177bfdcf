"""What a level came to: for people as text, for a report as JSON, and the one command that plays it again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.revision import commit
from tests.torture.options import Options

#: Messages shown of one kind of fault; all are in the report.
SHOWN = 12


@dataclass(slots=True)
class Outcome:
    """What one level came to. `replay` is the one command that plays a red run again, as `asked` says it was asked for."""

    level: str
    seed: int
    wrong: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    long: bool = False
    asked: Options | None = None
    #: label -> the moments of that fault, in seconds since the first of all
    faults: Mapping[str, str] = field(default_factory=dict)

    #: why this machine could not run it; then nothing is proven either way
    not_run: str = ""

    def cannot_run(self, why: str) -> None:
        """The level needs what is not there: it has not passed, and where everything must be there it is red."""
        self.not_run = why
        self.wrong += [why] if os.environ.get("CI") == "true" else []

    @property
    def ok(self) -> bool:
        """Nothing was found wrong; a level that did not run is neither ok nor, outside CI, wrong."""
        return not self.wrong and not self.not_run

    @property
    def verdict(self) -> str:
        """passed | RED | not run"""
        if self.wrong:
            return "RED"
        return "not run" if self.not_run else "passed"

    @property
    def replay(self) -> str:
        return (self.asked or Options(self.seed, self.long)).command(self.level)

    def as_json(self) -> dict[str, Any]:
        return {
            "level": self.level, "seed": self.seed, "long": self.long, "commit": commit(), "ok": self.ok,
            "verdict": self.verdict, "not_run": self.not_run, "wrong": self.wrong, "figures": self.figures, "replay": self.replay, "faults": dict(self.faults),
        }  # fmt: skip

    def as_text(self) -> str:
        """For people: what was counted, then what is wrong and how to see it again."""
        lines = [f"{self.level}: {self.verdict}   seed {self.seed}"]
        lines += [f"  NOT RUN: {self.not_run}"] if self.not_run else []
        lines += [f"  {name:<28}{_shown(value)}" for name, value in self.figures.items()]
        lines += [f"  WRONG: {word}" for word in self.wrong[:SHOWN]]
        if len(self.wrong) > SHOWN:
            lines.append(f"  ... and {len(self.wrong) - SHOWN} more")
        if self.wrong:
            lines.append(f"  replay: {self.replay}")
        return "\n".join(lines)


def fault_log(faults: Iterable[tuple[float, str]]) -> dict[str, str]:
    """All faults (moment, label) with their times, in a line for each label so that a report stays small."""
    done = sorted(faults)
    times: dict[str, list[str]] = {}
    for at, label in done:
        times.setdefault(label, []).append(f"{at - done[0][0]:.1f}")
    return {label: " ".join(own) for label, own in sorted(times.items())}


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
