"""What a host held when it went dark is done by others in time, or it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from tests.torture import going_dark, hosts
from tests.torture.balancer import Sender
from tests.torture.going_dark import Dark, Fate
from tests.torture.namespaces import Host, Network

CUT_AT = datetime(2026, 11, 29, tzinfo=UTC)


class Held(NamedTuple):
    """A step that a worker of the host holds."""

    id: int
    kind: str
    worker: str
    at: datetime = CUT_AT


class Cable(Host):
    """A host of whom nothing but its cable is there."""

    def lose_cable(self) -> None: ...

    def get_power(self) -> None: ...


@dataclass
class Busy:
    """A database that is busy for so many looks after the cut with the end of the first step that the host holds."""

    looks: int
    holds: list[Held] = field(default_factory=lambda: [Held(1, "accept", "work-2:7"), Held(2, "verify", "work-2:8")])

    def held(self) -> Sequence[Any]:
        return list(self.holds)

    def is_busy(self) -> bool:
        self.looks -= 1
        if self.looks == 0:
            self.holds.pop(0)
        return self.looks >= 0


@pytest.fixture
def work_2(monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(going_dark, "_QUIET_S", 0.0)
    return Cable(Network("none"), "work-2", "10.231.77.14")


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


@pytest.mark.parametrize("looks", [1, 5, 200])
def test_an_end_that_was_on_its_way_when_the_cable_was_cut_is_none_of_a_dead_worker(work_2: Host, looks: int) -> None:
    dark = going_dark.cut_at_work(Busy(looks), work_2)
    assert dark == Dark("work-2", CUT_AT, ((2, "verify"),), frozenset({"work-2:8"}))
    # Whoever of these ends one later was dead, as before.
    assert "which was dead" in going_dark.judge(dark, [Fate("verify", "done", "work-2:8", 0.4)])[0]
    assert going_dark.judge(dark, [Fate("verify", "done", "work-1:9", 30.0)]) == []


def test_what_nobody_has_read_yet_is_on_its_way() -> None:
    table = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 014DE70A:1538 0E4DE70A:A1B2 01 00000000:000000{unread} 00:00000000 00000000   106        0 4711 1
   1: 014DE70A:1538 0C4DE70A:A1B3 01 00000000:00000007 00:00000000 00000000   106        0 4712 1
"""
    assert going_dark.unread_bytes(table.format(unread="1F"), "10.231.77.14") == 31
    assert going_dark.unread_bytes(table.format(unread="00"), "10.231.77.14") == 0


class Balancer(Sender):
    """A balancer whose host web-2 does not answer, though web-1 does."""

    @staticmethod
    def _post(host: Host, number: int, body: bytes) -> int:
        return 0 if host.name == "web-2" else 200


def test_a_delivery_that_comes_again_meets_the_dark_host_first_and_is_taken_by_the_other_one() -> None:
    web = [Cable(Network("none"), name, "10.231.77.11") for name in ("web-1", "web-2")]
    sender = Balancer(web, ["TEA-1"])
    sender.send_again(0, web[0])
    assert hosts.met_darkness(sender) == ["no sender ever met a host that does not answer"]
    sender.send_again(0, web[1])
    assert hosts.met_darkness(sender) == []
    assert sender.acked == {0: 2}
