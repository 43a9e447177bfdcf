"""A disk that was never so full that PostgreSQL went down proves nothing."""

from __future__ import annotations

import psycopg
import pytest

from tests.torture import full_disk
from tests.torture.verdict import Outcome


def test_a_full_disk_under_which_postgresql_never_went_down_is_told() -> None:
    seen = Outcome("t4", 1, figures={"while full": {"webhook 503": 4}})
    full, down = "No space left on device\n", "LOG:  database system was interrupted; last known up at 10:00\n"
    assert full_disk.reached(full + down, 2, full_disk.SHORT, seen) == []
    assert full_disk.reached(full, 2, full_disk.SHORT, seen) == ["PostgreSQL went down 0 times, at least 1 wanted"]
    assert len(full_disk.reached(full + down, 4, full_disk.LONG, seen)) == 1


class Writer:
    """Is heard until the disk is full; `breaks` says whether PostgreSQL went down of it."""

    def __init__(self, *, breaks: bool) -> None:
        self._breaks, self.broken, self.written = breaks, False, 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *given: object) -> None: ...

    def execute(self, query: str) -> None:
        self.written += 1
        if self.written > 3:
            self.broken = self._breaks
            raise psycopg.OperationalError("No space left on device")


def test_who_finds_no_way_in_comes_again_until_postgresql_went_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_disk, "_WAL_PAUSE_S", 0.0)
    refused, down = Writer(breaks=False), Writer(breaks=True)
    ways = iter([None, None, refused, down])

    def connect() -> Writer:
        found = next(ways)
        if found is None:
            raise psycopg.OperationalError("timeout expired")
        return found

    filled: list[int] = []
    full_disk._write_wal(connect, fill=lambda: filled.append(refused.written), within_s=3600)
    assert (refused.written, down.written) == (4, 4)
    assert filled == [0, 4], "the disk is filled once there is a way in, and before anything is written"
    assert next(ways, None) is None


def test_who_is_never_heard_gives_up_and_the_level_is_red_for_it() -> None:
    def away() -> Writer:
        raise psycopg.OperationalError("timeout expired")

    full_disk._write_wal(away, fill=lambda: None, within_s=0.0)
    seen = Outcome("t4", 1, figures={"while full": {"webhook 503": 4}})
    assert full_disk.reached("No space left on device\n", 2, full_disk.SHORT, seen) != []
