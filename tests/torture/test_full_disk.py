"""A disk that was never so full that PostgreSQL went down proves nothing."""

from __future__ import annotations

from tests.torture import full_disk
from tests.torture.verdict import Outcome


def test_a_full_disk_under_which_postgresql_never_went_down_is_told() -> None:
    seen = Outcome("t4", 1, figures={"while full": {"webhook 503": 4}})
    full, down = "No space left on device\n", "LOG:  database system was interrupted; last known up at 10:00\n"
    assert full_disk.reached(full + down, 2, full_disk.SHORT, seen) == []
    assert full_disk.reached(full, 2, full_disk.SHORT, seen) == ["PostgreSQL went down 0 times, at least 1 wanted"]
    assert len(full_disk.reached(full + down, 4, full_disk.LONG, seen)) == 1
