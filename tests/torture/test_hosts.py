"""What a host held when it went dark is done by others in time, or it is told."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.torture import going_dark, hosts
from tests.torture.balancer import Sender
from tests.torture.going_dark import Dark, Fate


def test_what_a_dark_host_held_must_be_done_by_others_in_time() -> None:
    dark = Dark("work-2", datetime(2026, 11, 29, tzinfo=UTC), ((1, "accept"), (2, "verify")), frozenset({"work-2:7"}))
    done = Fate("accept", "done", "work-1:9", 31.0)
    assert going_dark.judge(dark, [done, Fate("verify", "done", "work-2:70", 35.9)]) == []
    assert "is claimed" in going_dark.judge(dark, [done, Fate("verify", "claimed", "work-1:9", None)])[0]
    assert "which was dead" in going_dark.judge(dark, [done, Fate("verify", "done", "work-2:7", 1.0)])[0]
    assert "after 36.1 s" in going_dark.judge(dark, [done, Fate("verify", "done", "work-1:9", 36.1)])[0]
    assert "1 of them stand" in going_dark.judge(dark, [done])[0]


def test_a_host_that_held_nothing_and_one_that_nobody_missed_prove_nothing() -> None:
    assert going_dark.judge(Dark("work-2", None, (), frozenset()), []) == ["work-2 held no step when it went dark"]
    sender = Sender([], [])
    assert hosts.met_darkness(sender) == ["no sender ever met a host that does not answer"]
    sender.refused[0] += 1
    assert hosts.met_darkness(sender) == []
    sender.refused += {503: 3, 500: 2}
    assert hosts.met_darkness(sender) == ["2 were answered 500"]
    del sender.refused[500]
    sender.slowest_s = 37.0
    assert hosts.met_darkness(sender) == ["a delivery was accepted after 37.0 s"]
