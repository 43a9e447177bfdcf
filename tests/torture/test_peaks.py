"""Memory that was held for a moment is found after it was given back."""

from __future__ import annotations

import mmap
import os

import psutil

from tests.torture import peaks
from tests.torture.sweep_forks import in_child

_MB = 1024**2


def _hold_and_let_go() -> tuple[int, int]:
    with mmap.mmap(-1, 200 * _MB) as held:
        for page in range(0, len(held), mmap.PAGESIZE):
            held[page] = 1
    return psutil.Process().memory_info().rss, peaks.peak_bytes()


def test_what_was_given_back_is_in_the_peak(tmp_path):
    now, most = in_child(_hold_and_let_go, tmp_path / "note").answer
    assert most > now + 190 * _MB


def test_who_held_too_much_is_told_and_who_has_ended_told_nothing():
    assert peaks.too_high({"web 0": 100 * _MB}) == []
    assert peaks.too_high({"web 0": 600 * _MB, "sweep 0": 1}) == ["web 0 once held 629 MB, at most 537"]
    assert peaks.too_high({}) == peaks.too_high({"web 0": 0}) == ["nobody's highest memory was told"]
    assert peaks.peak_bytes(os.getpid()) > 0
    assert peaks.peak_bytes(2**22 + 1) == 0
