"""A lease, a delay or a span that only a wrong clock can have told is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.torture import moments
from tests.torture.moments import Seen

LEASE_S = 62.0
CLAIMED = Seen("book", 1, "claimed", 1, 62.0, 60.0, -3.0, 0.0, 500.0)
OPEN = Seen("tell", 2, "open", 1, None, None, 1.0, 3.0, 500.0)


@pytest.mark.parametrize(
    "seen", [CLAIMED, OPEN, replace(OPEN, attempt=6, wait_s=740), replace(OPEN, kind="wave", wait_s=490)]
)
def test_what_the_rules_tell_is_in_order(seen: Seen) -> None:
    assert moments.untimely(seen, LEASE_S) == []


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (replace(CLAIMED, left_s=660.0), "ends in 660 s"),
        (replace(CLAIMED, lease_s=-538.0, left_s=-540.0), "ended 538 s before it began"),
        (replace(OPEN, wait_s=601.0), "tried again in 601 s after attempt 1"),
        (replace(OPEN, attempt=5, wait_s=920.0), "after attempt 5"),
        (replace(OPEN, attempt=6, wait_s=1350.0), "at most 750"),
        (replace(OPEN, wait_s=-600.0, after_s=-597.0), "597 s before it was opened"),
        (replace(OPEN, kind="wave", wait_s=1100.0), "tried again in 1100 s"),
    ],
)
def test_ten_minutes_off_either_way_is_told(seen: Seen, words: str) -> None:
    [wrong] = moments.untimely(seen, LEASE_S)
    assert words in wrong
