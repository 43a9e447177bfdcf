"""The most memory that a process ever held, by Linux's own count: a bomb may fill it for a moment and be gone when one looks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

#: What no process of the product, and nobody who reads bytes from outside, may hold at once.
PEAK_BYTES = 512 * 1024**2
_PROC = Path("/proc")


def peak_bytes(process: int | str = "self") -> int:
    """The process's highest resident set so far; 0 when it has ended."""
    try:
        lines = (_PROC / str(process) / "status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def too_high(peaks: Mapping[str, int]) -> list[str]:
    """Those that once held more, by name; peaks of nobody prove nothing."""
    told = [
        f"{name} once held {size / 1e6:.0f} MB, at most {PEAK_BYTES / 1e6:.0f}"
        for name, size in sorted(peaks.items())
        if size > PEAK_BYTES
    ]
    return told if any(peaks.values()) else [*told, "nobody's highest memory was told"]
