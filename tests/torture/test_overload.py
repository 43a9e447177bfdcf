"""The shops of the overload wait for nobody, and what waits before it is sent counts as waiting."""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.torture import open_loop, overload, promptness, stalls
from tests.torture.open_loop import SENDER, Call
from tests.torture.plan import ORDER, Shot
from tests.torture.promptness import PEAK_PER_S, Phase, Seen
from tests.torture.stalls import Stall

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
RUSH = Phase("rush", PEAK_PER_S * 10, 1.0)
SLOW = Phase("slow", PEAK_PER_S * 10, 1.0, slow=True)
AFTER = Phase("after", PEAK_PER_S, 1.0, calm=True)


@contextmanager
def shop_server(*statuses: int, wait_s: float = 0.0) -> Iterator[int]:
    """Answers each event's attempts with these, one after the other; the port. At the end it answers nobody any more."""
    seen: dict[str, int] = {}
    over = threading.Event()

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if over.wait(wait_s):
                return
            turn = seen[self.headers["webhook-id"]] = seen.get(self.headers["webhook-id"], -1) + 1
            self.send_response(statuses[min(turn, len(statuses) - 1)])
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *words: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        over.set()
        server.shutdown()


def sent(port: int, folder: Path, shots: list[Shot]) -> list[Call]:
    ledger = folder / "calls.jsonl"
    began = time.monotonic()
    open_loop.send(shots, began=began, port=port, channel="web", secret=SECRET, ledger=ledger)
    return open_loop.read(ledger)


def shots(count: int, *, each_s: float) -> list[Shot]:
    return [Shot(number * each_s, ORDER, f"evt-{number}", b"{}" * 400, f"{number}") for number in range(count)]


def test_a_delivery_leaves_when_it_is_due_though_none_is_answered_yet(tmp_path: Path) -> None:
    with shop_server(202, wait_s=0.5) as port:
        calls = sent(port, tmp_path, shots(20, each_s=0.01))
    assert [call.status for call in calls] == [202] * 20
    # One after the other they would take ten seconds; a busy machine is late by one or two.
    assert max(call.sent_at for call in calls) - min(call.due_at for call in calls) < 5
    assert all(0.5 <= call.took_s < 5 for call in calls)


def test_who_is_told_to_come_again_comes_again_and_both_are_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_loop, "FIRST_PAUSE_S", 0.05)
    with shop_server(503, 503, 202) as port:
        calls = sent(port, tmp_path, shots(2, each_s=0.0))
    assert sorted((call.event_id, call.attempt, call.status) for call in calls) == [
        (f"evt-{number}", attempt, status) for number in (0, 1) for attempt, status in ((1, 503), (2, 503), (3, 202))
    ]
    assert [(ack.event_id, ack.status, ack.attempts) for ack in sorted(open_loop.acks(calls), key=lambda a: a.event_id)] == [
        ("evt-0", 202, 3), ("evt-1", 202, 3),
    ]  # fmt: skip


def test_no_answer_is_written_down_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_loop, "TIMEOUT_S", 0.3)
    monkeypatch.setattr(open_loop, "PATIENCE_S", 0.0)
    with shop_server(202, wait_s=10.0) as port:
        assert [call.status for call in sent(port, tmp_path, shots(1, each_s=0.0))] == [0]


def test_a_delivery_for_which_no_connection_can_be_opened_had_no_answer_and_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_loop, "FIRST_PAUSE_S", 0.05)
    opened, full = open_loop._Shops._connection, [OSError(errno.EMFILE, "Too many open files")]

    def connection(shops: open_loop._Shops) -> socket.socket:
        if full:
            raise full.pop()
        return opened(shops)

    monkeypatch.setattr(open_loop._Shops, "_connection", connection)
    with shop_server(202) as port:
        calls = sent(port, tmp_path, shots(2, each_s=0.2))
    assert sorted((call.event_id, call.attempt, call.status) for call in calls) == [
        ("evt-0", 1, 0), ("evt-0", 2, 202), ("evt-1", 1, 202),
    ]  # fmt: skip


def call(number: int, *, phase: Phase, status: int = 202, waited_s: float = 0.0, took_s: float = 0.1) -> Call:
    due_at = number / phase.per_s
    return Call(ORDER, f"evt-{number}", "", "", 1, due_at, due_at + waited_s, due_at + waited_s + took_s, status)


def wrong(phase: Phase, calls: list[Call], *stalled: Stall) -> list[str]:
    return promptness.judge(Seen(phase, 0.0, calls, stalled), int(phase.per_s * phase.seconds))[1]


def test_what_waited_before_it_was_sent_was_not_offered_and_is_late() -> None:
    sound = [call(number, phase=RUSH) for number in range(600)]
    assert wrong(RUSH, sound) == []
    # A closed loop: each waits for the one before, and each is answered 10 ms after it was sent at last.
    closed = [call(number, phase=RUSH, waited_s=number / 200, took_s=0.01) for number in range(600)]
    assert [words.split(":")[1][:20] for words in wrong(RUSH, closed)] == [
        " only 150 of 600 a s",
        " 401 of 600 were ans",
    ]


def test_another_answer_a_lost_one_and_one_that_never_left_are_told() -> None:
    sound = [call(number, phase=RUSH) for number in range(600)]
    assert wrong(RUSH, sound[:-1]) == ["rush: 600 were to be sent, 599 are in the ledger"]
    assert wrong(RUSH, [*sound[:-1], call(599, phase=RUSH, status=500)]) == ["rush: 1 were answered 500"]
    assert wrong(RUSH, [*sound[:-1], call(599, phase=RUSH, status=0)]) == ["rush: 1 were answered not at all"]


def test_an_overload_in_which_nobody_was_sent_away_or_nobody_taken_is_none() -> None:
    taken, busy = ([call(number, phase=SLOW, status=status) for number in range(600)] for status in (202, 503))
    assert wrong(SLOW, [*taken[:300], *busy[300:]]) == []
    assert wrong(SLOW, taken) == ["slow: nobody was told to come again: this was no overload"]
    assert wrong(SLOW, busy) == ["slow: 0 were taken in the meantime, at least 30 must be"]
    assert wrong(RUSH, busy) == ["rush: 0 were taken in the meantime, at least 30 must be"]
    assert wrong(RUSH, [*taken[:29], *busy[29:]]) == ["rush: 29 were taken in the meantime, at least 30 must be"]
    assert wrong(RUSH, [*taken[:30], *busy[30:]]) == []
    after = [call(number, phase=AFTER, status=503 if number else 202) for number in range(60)]
    assert wrong(AFTER, after) == [
        "after: 1 were taken in the meantime, at least 30 must be",
        "after: 59 were told to come again, after the rush",
    ]


def test_a_call_is_late_when_neither_the_product_nor_the_machine_explains_it() -> None:
    sound = [call(number, phase=RUSH) for number in range(600)]
    slow = [*sound[:-1], call(599, phase=RUSH, status=503, took_s=1.2)]  # due at 0.998 s
    told = "rush: 1 of 600 were answered after 1 s, the last after 1.20 s"
    assert wrong(RUSH, slow) == [told]
    disk = Stall("disk", 1.5, 1.8)
    assert wrong(RUSH, slow, disk) == []
    figures, _ = promptness.judge(Seen(RUSH, 0.0, slow, [disk]), 600)
    assert (figures["late_by_the_clock"], figures["late"], figures["stalls"]) == (1, 0, {"disk": "1, longest 0.30 s"})
    # Too short, before it, after it: the machine was calm while the product took its time.
    for calm in (Stall("disk", 1.5, 1.65), Stall("processor 0", 0.2, 0.9), Stall("disk", 2.3, 2.6)):
        assert wrong(RUSH, slow, calm)[0].startswith(told)


def test_a_machine_that_stalls_again_and_again_excuses_nothing() -> None:
    sound = [call(number, phase=RUSH) for number in range(600)]
    slow = [*sound[:-1], call(599, phase=RUSH, took_s=1.2)]
    often = [Stall("disk", at / 10, at / 10 + 0.25) for at in range(1, 20, 3)]
    assert wrong(RUSH, slow, *often) == [
        "rush: 1 of 600 were answered after 1 s, the last after 1.20 s; the machine stood still for 1.75 s in all"
    ]


def test_shops_that_a_stall_held_up_have_offered_their_load_and_shops_that_are_slow_have_not() -> None:
    held = [
        call(number, phase=RUSH, waited_s=max(0.0, 1.2 - number / 600) if number > 500 else 0.0)
        for number in range(600)
    ]
    told = "rush: only 500 of 600 a second were offered"
    assert wrong(RUSH, held) == [told]
    assert wrong(RUSH, held, Stall("processor 1", 0.83, 1.2)) == []
    assert wrong(RUSH, held, Stall(SENDER, 0.83, 1.2)) == [told]


def test_who_is_sent_away_while_the_machine_stands_still_is_counted_apart() -> None:
    after = [call(number, phase=AFTER, status=503 if number == 50 else 202) for number in range(60)]
    told = ["after: 1 were told to come again, after the rush"]
    assert wrong(AFTER, after) == told
    assert wrong(AFTER, after, Stall("disk", 0.1, 0.8)) == told
    assert wrong(AFTER, after, Stall("disk", 0.0, 0.85)) == []


def test_what_is_late_beside_the_house_is_noted_and_what_is_on_time_is_not(tmp_path: Path) -> None:
    note = tmp_path / "stalls"
    stalls._timed(note, "disk", lambda: time.sleep(0.15), 0.0)
    stalls._timed(note, "processor 0", lambda: None, 60.0)  # due long after it ended
    (found,) = stalls.read(note, tmp_path / "none")
    assert found.what == "disk"
    assert found.seconds >= 0.15
    both = [Stall("disk", 1.0, 2.0), Stall("processor 0", 1.5, 2.5), Stall("processor 1", 4.0, 4.5)]
    assert stalls.total_s(both, 0.0, 10.0) == 2.0
    assert stalls.total_s(both, 1.25, 4.25) == 1.5
    assert stalls.longest_s(both, 4.4, 5.0) == 0.5
    assert stalls.longest_s(both, 2.5, 4.0) == 0.0


def test_memory_that_grows_with_each_rush_is_told_and_what_the_first_full_batches_need_is_not() -> None:
    assert overload.leaked({"overload": 400.0, "again": 439.0}) == []
    full = {"overload": 400.0, "again": 450.0}
    assert overload.grew(full)
    assert overload.leaked({**full, "third": 452.0}) == []
    assert overload.leaked({**full, "third": 425.0}) == []
    assert overload.leaked({**full, "third": 495.0}) == ["memory grew from 400.0 to 450.0 to 495.0 MiB"]


def test_a_process_that_died_under_the_load_is_told_and_a_web_worker_that_began_anew_is_not() -> None:
    before = {"web worker": [1, 2], "worker inside": [3], "sweep": [4]}
    assert overload.died(before, before) == []
    assert overload.died(before, {**before, "web worker": [1, 9]}) == []
    assert overload.died(before, {**before, "worker inside": [9]}) == ["worker inside: [3] ended under the load"]
    assert overload.died(before, {"web worker": [1, 2], "worker inside": [3]}) == [
        "sweep: [4] ended under the load",
        "sweep: none is there any more",
    ]


def test_a_house_that_is_long_in_coming_back_to_normal_is_figured_as_missed() -> None:
    assert overload.normal_again(20.04) == {"normal_again_s": 20.0, "asked": 300.0, "reached": True}
    assert not overload.normal_again(625.0)["reached"]
    assert not overload.normal_again(None)["reached"]
