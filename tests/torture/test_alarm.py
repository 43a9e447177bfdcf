"""Who hangs is told after the limit, computing or asleep; who had no processor has as much more time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.torture import fuzz_parsers
from tests.torture.fuzz_parsers import Hangs, alarm


def _compute() -> None:
    while True:
        sum(range(1000))


@pytest.mark.parametrize("hang", [_compute, lambda: time.sleep(3600)])
def test_who_hangs_is_told_computing_or_asleep(hang: Callable[[], None]) -> None:
    with pytest.raises(Hangs, match="by the clock"), alarm(1, time.process_time()):
        hang()


def test_who_had_no_processor_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    queues = iter([10.0])
    monkeypatch.setattr(fuzz_parsers, "queued_s", lambda: next(queues, 3610.0))
    with alarm(1, time.process_time()):
        time.sleep(1.5)
