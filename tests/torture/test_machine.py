"""What others took of the machine stands beside the verdict."""

from __future__ import annotations

from tests.torture import machine

STAT = "cpu  {user} 0 100 1000 0 0 0 {stolen} 0 0\ncpu0 1 0 1 1 0 0 0 0 0 0\n"
PRESSURE = "some avg10=1.00 avg60=1.00 avg300=1.00 total={total}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"


def test_stolen_time_and_want_of_a_processor_are_shares_of_the_time_in_between() -> None:
    before = machine.read(STAT.format(user=500, stolen=10), PRESSURE.format(total=1_000_000), at=100.0, load=1.25)
    after = machine.read(STAT.format(user=1400, stolen=110), PRESSURE.format(total=6_000_000), at=110.0, load=8.0)
    assert machine.between(before, after) == {
        "load": [1.2, 8.0], "stolen": "10.0%", "somebody without a processor": "50%",
    }  # fmt: skip


def test_a_system_that_does_not_count_want_is_not_asked() -> None:
    moment = machine.read(STAT.format(user=1, stolen=0), "", at=1.0, load=0.0)
    assert machine.between(moment, moment) == {"load": [0.0, 0.0], "stolen": "0.0%"}
    assert machine.now().ticks > 0
