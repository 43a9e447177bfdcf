"""The goals of the levels can be missed: what is too slow, too much or never happened is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.torture import (
    backlog,
    backup,
    dump,
    full_disk,
    fuzz_api,
    fuzz_parsers,
    letters,
    lines,
    network,
    peaks,
    poison,
    random_kill,
)
from tests.torture.entrances import Entrance
from tests.torture.faults import Fault
from tests.torture.full_disk import Probe
from tests.torture.line_faults import FAULTS, WANTED
from tests.torture.lines import DEPENDENCIES, Seen
from tests.torture.plan import CHANGE, ORDER
from tests.torture.poison import Spent
from tests.torture.stalls import Stall
from tests.torture.traffic import Ack
from tests.torture.verdict import Outcome


def outcome() -> Outcome:
    return Outcome("x", 1)


def test_who_waits_over_thirty_seconds_is_told():
    seen = {name: Seen(longest_wait=(3, "", ""), longest_line_s=3) for name in DEPENDENCIES}
    assert network.blocked(seen) == []
    seen["postgresql"].long_waits = [(28, "oms inside 7@a", "BEGIN", 90.0), (31, "oms inside 7@a", "SELECT 1", 131.0)]
    seen["smtp"].long_lines = [(29, 70.0), (31, 131.0)]
    by_name, by_call = network.blocked(seen)
    assert by_name == "oms inside 7@a waited 31 s for postgresql, at most 30; it had asked 'SELECT 1'"
    assert by_call == "a call to smtp took 31 s, at most 30"


def test_who_waits_over_thirty_seconds_while_the_machine_or_the_proxy_does_nothing_waits_for_no_peer():
    seen = {name: Seen() for name in DEPENDENCIES}
    seen["redis"].long_waits = [(31.5, "", "GET", 131.5)]
    assert network.blocked(seen, [Stall("processor 0", 110.0, 112.0)]) == []
    assert len(network.blocked(seen, [Stall("processor 0", 110.0, 111.0)])) == 1
    # Before and after it; another one hides nothing.
    assert len(network.blocked(seen, [Stall("disk", 97.0, 100.0), Stall("disk", 132.0, 134.0)])) == 1
    seen["redis"].stalled = [("proxy redis", 120.0, 122.0)]
    assert network.blocked(seen) == []
    seen["redis"].long_waits.append((30.5, "", "SET", 170.0))
    assert "'SET'" in network.blocked(seen)[0]
    # A machine, or a proxy, that does nothing again and again is no machine to measure on.
    seen["redis"].stalled = [("proxy redis", 100.0 + at, 101.0 + at) for at in range(0, 30, 4)]
    assert len(network.blocked(seen)) == 2


def test_a_line_that_was_never_spoilt_is_told():
    seen = {name: Seen(struck=list(WANTED), spells=[("cut", 0.0, 1.0)] * 6) for name in DEPENDENCIES}
    assert network.reached(seen, network.SHORT) == []
    seen["shop"].struck.remove("reset")
    assert network.reached(seen, network.SHORT) == ["the line to shop was never spoilt by reset"]
    assert network.reached({"shop": Seen(struck=list(WANTED))}, network.SHORT) == ["only 0 spells, wanted 35"]


def test_a_mail_that_is_missing_doubled_altered_or_taken_for_more_is_told():
    apart = "quarantined"
    sent, first, second = {"letter-1@x": "a", "letter-2@x": "b"}, ("letter-1@x", "a", apart), ("letter-2@x", "b", apart)
    assert letters.wrong(sent, [first, second, ("another@x", "c", "accepted")]) == []
    assert letters.wrong(sent, [first]) == ["the mail letter-2@x stands 0 times"]
    assert "2 times" in letters.wrong(sent, [first, second, second])[0]
    assert "other bytes" in letters.wrong(sent, [("letter-1@x", "z", apart), second])[0]
    taken = letters.wrong(sent, [first, ("letter-2@x", "b", "accepted")])
    assert taken == ["the mail letter-2@x is accepted, not in quarantine"]
    assert letters.wrong({}, []) == ["no mail came into the mailbox"]


def test_an_order_that_is_accepted_late_after_a_stop_of_postgresql_is_told():
    def sent(at: float, answered: float, kind: str = ORDER, status: int = 202) -> Ack:
        return Ack(kind, "evt", "T", "", status, 1, 99.0, answered, 0.1, last_at=at)

    stops = [Fault(100.0, "stop postgresql"), Fault(110.0, "SIGKILL sweep")]
    # Under way when it stopped, and no order.
    before = [sent(99.9, 100.1), sent(101, 100.2, CHANGE)]
    told = outcome()
    assert random_kill.back(told, stops, [*before, sent(101.0, 103.0), sent(101.0, 130.0)]) == []
    assert told.figures["accepted_again_s"] == [3.0]
    assert "16.0 s after a stop" in random_kill.back(told, stops, [*before, sent(101.0, 116.0)])[0]
    assert random_kill.back(told, stops, [*before, sent(101.0, 102.0, status=0)])
    assert random_kill.back(told, stops, before) == []


def test_mails_that_come_again_and_again_are_told_though_each_is_the_same():
    assert random_kill.sent_again(57, 1120) == random_kill.sent_again(8, 2) == random_kill.sent_again(0, 0) == []
    assert random_kill.sent_again(2500, 122) == ["DOUBLE: 2500 mails came again, 122 faults explain 488 at most"]


def test_only_faults_of_who_sends_explain_a_mail_that_comes_again():
    labels = ["SIGKILL worker outside", "SIGSTOP worker parent", "SIGTERM sweep", "stop postgresql"]
    others = [
        "SIGKILL web worker",
        "SIGTERM web master",
        "SIGKILL worker inside",
        "kill redis",
        "flush redis",
        "SIGSTOP mail listener",
    ]
    dealt = [Fault(float(at), label) for at, label in enumerate([*labels, *others])]
    assert [fault.label for fault in random_kill.of_senders(dealt)] == labels


def test_changes_that_raced_with_nobody_are_told():
    assert random_kill.raced({"change applied": 3, "cancellation declined": 1, "cancellation cancelled": 2}) == []
    assert random_kill.raced({"change applied": 3, "cancellation cancelled": 2}) == [
        "no cancellation met an order that stood: {'change applied': 3, 'cancellation cancelled': 2}"
    ]
    assert len(random_kill.raced({})) == 2


def test_a_backlog_that_goes_slowly_is_figured_as_missed():
    assert backlog.rate(300, 10, arrival_per_s=20)["reached"]
    slow = backlog.rate(290, 10, arrival_per_s=20)
    assert (slow["per_s"], slow["ratio"], slow["reached"]) == (29.0, 1.45, False)
    assert backlog.rate(0, 10, arrival_per_s=20)["reached"]


def test_a_circuit_that_does_not_open_or_never_probes_is_told():
    calls = [float(number) for number in range(8)]
    assert network.opened(Seen(calls_while_away=[*calls, 38.0]), network.LONG, outcome()) == []
    many = Seen(calls_while_away=[float(number) for number in range(25)])
    assert "25 calls" in network.opened(many, network.SHORT, outcome())[0]
    assert "only 3 calls" in network.opened(Seen(calls_while_away=calls[:3]), network.SHORT, outcome())[0]
    assert network.opened(Seen(calls_while_away=calls), network.LONG, outcome()) == ["no probe within 36 s"]


def test_only_calls_while_the_carrier_is_away_are_counted_and_none_is_forgotten():
    calls = [50.0 + number / 10 for number in range(8)]
    course = [(name, 50.0, 51.0) for name in FAULTS]
    assert lines.calls_while_away(course, calls) == []
    away = (lines.AWAY.name, 100.0, 140.0)
    later = [150.0 + number for number in range(9_000)]
    assert lines.calls_while_away([*course, away], [*calls, 101.0, *later]) == [1.0]
    lasting = (lines.AWAY.name, 100.0, 100.0)
    assert lines.calls_while_away([*course, lasting], [*calls, 101.0]) == [1.0]


def test_another_error_than_503_and_a_slow_return_are_told():
    good = [Probe(11, "webhook", 503, 0.1), Probe(13, "webhook", 202, 0.1), Probe(11, "page", 200, 0.1)]
    assert full_disk.answered(good, [(10, 12)], outcome()) == []
    assert len(full_disk.answered([*good, Probe(11, "api", 500, 0.1)], [(10, 12)], outcome())) == 1
    assert len(full_disk.answered([Probe(11, "webhook", 503, 0.1)], [(10, 12)], outcome())) == 1
    assert len(full_disk.answered([*good, Probe(11, "api", 200, 31)], [(10, 12)], outcome())) == 1


def test_good_orders_that_lose_a_fifth_are_told():
    clean = [Spent(10, 1.0), Spent(10, 1.01), Spent(10, 0.99)]
    assert poison.lost(clean, [Spent(10, one.cpu_s * 1.01) for one in clean], poison.SHORT, outcome()) == []
    assert poison.lost(clean, [Spent(10, one.cpu_s * 1.2) for one in clean], poison.SHORT, outcome())
    # Two pairs that happen to be alike prove nothing.
    noisy = [Spent(10, 1.10), Spent(10, 1.01 * 1.12)]
    assert poison.lost(clean[:2], noisy, poison.SHORT, outcome()) == []


def test_a_long_gap_a_slow_return_and_an_idle_drill_are_told():
    drill = outcome()
    drill.figures |= {"RPO s": 4, "RTO s": 20, "orders placed before the loss": 50, "messages after the moment": 7}
    assert backup.goals(drill, backup.SHORT) == []
    drill.figures |= {"RPO s": 40, "RTO s": 2000, "orders placed before the loss": 1}
    assert len(backup.goals(drill, backup.SHORT)) == 3
    drill.figures |= {"RPO s": 4, "RTO s": 20, "orders placed before the loss": 50, "messages after the moment": 0}
    assert backup.goals(drill, backup.SHORT) == ["nothing was lost: no message came between the moment and the loss"]


def test_a_dump_that_lacks_a_row_or_has_another_is_told():
    stood = {"orders": (3, 99), "step": (0, 0)}
    assert dump.differences(stood, dict(stood)) == []
    assert dump.differences(stood, {"orders": (2, 50), "step": (0, 0)}) == [
        "dump: orders had 3 rows, restored are 2, or others"
    ]
    assert len(dump.differences(stood, {"orders": (3, 98), "step": (0, 0)})) == 1
    assert len(dump.differences(stood, {"orders": (3, 99)})) == 1
    assert dump.differences({"orders": (0, 0)}, {"orders": (0, 0)}) == ["dump: nothing stood when it was taken"]


def test_the_restored_moment_lies_in_between():
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    moments = {backup.moment(seed, since, until) for seed in range(20)}
    assert len(moments) == 20
    assert all(since < moment < until - timedelta(seconds=1) for moment in moments)


def test_a_parser_that_raises_is_found_with_the_smallest_message(monkeypatch):
    def read(raw: bytes) -> None:
        if b"\x00" in raw:
            raise OverflowError("found")

    monkeypatch.setattr(fuzz_parsers, "entrances", lambda: {"weak": Entrance(read, [b"good"])})
    monkeypatch.setattr(peaks, "PEAK_BYTES", 2**40)  # this process holds the whole test run's heap too
    # It ends with the find. Which messages come first depends on what else the process has imported.
    found = fuzz_parsers.fuzz(1, seconds=120)
    assert [words.partition(":")[0] for words in found.wrong] == ["weak"]
    assert "OverflowError: found" in found.wrong[0]


def test_an_error_of_a_call_that_was_made_again_and_a_run_behind_shut_doors_are_told():
    assert fuzz_api.overall({200: 3, 401: 9, 422: 2}, 76) == []
    assert fuzz_api.overall({200: 3, 500: 2, 503: 1}, 76) == ["2 calls were answered 500", "1 calls were answered 503"]
    assert len(fuzz_api.overall({401: 9, 404: 2}, 76)) == 1
    assert len(fuzz_api.overall({}, 0)) == 2
