"""The circuit of a peer: when it is left alone, who waits for it, and in which order they come."""

from __future__ import annotations

import uuid

import pytest

from workers import circuit
from workers.circuit import Circuits

PEER = "carrier:somebody"


def test_after_five_failures_a_peer_rests_and_then_one_call_probes() -> None:
    now = [100.0]
    circuits = Circuits(lambda: now[0])
    for _ in range(circuit.LIMIT):
        assert circuits.wait_s(PEER) == 0
        circuits.failed(PEER)
    assert circuits.wait_s(PEER) == circuit.REST_S
    assert circuits.wait_s("carrier:another") == 0
    now[0] += circuit.REST_S
    assert circuits.wait_s(PEER) == 0
    assert circuits.wait_s(PEER) == circuit.REST_S  # the second waits for what the first finds
    circuits.succeeded(PEER)
    assert circuits.wait_s(PEER) == 0


def test_who_waits_for_a_peer_that_rests_stands_in_line_until_the_rest_is_over() -> None:
    """As many are asked for again as could be called: all at once would be put off again and again, each a write."""
    now = [100.0]
    circuits, many = Circuits(lambda: now[0]), round(circuit.LINE_S / circuit.EACH_S)
    for _ in range(circuit.LIMIT):
        circuits.failed(PEER)
    now[0] += 10.0
    assert circuits.line_up(PEER, _ids(2)) == pytest.approx([20.0, 20.0 + circuit.EACH_S])
    waits = circuits.line_up(PEER, _ids(many))
    assert waits[0] == pytest.approx(20.0 + 2 * circuit.EACH_S)  # behind who came before
    assert waits[-1] == max(waits) == pytest.approx(20.0 + circuit.LINE_S)  # nobody is put off for longer
    now[0] += 20.0
    assert circuits.wait_s(PEER) == 0  # one probes, and a new rest begins with an empty line
    assert circuits.line_up(PEER, _ids(1)) == [circuit.REST_S]
    assert circuits.line_up("carrier:another", _ids(1)) == [0.0]


def _ids(count: int) -> list[uuid.UUID]:
    return [uuid.uuid4() for _ in range(count)]


def test_who_waited_half_a_minute_is_told_once_and_only_for_the_peer_that_answers() -> None:
    now = [100.0]
    circuits, mine, others = Circuits(lambda: now[0]), _ids(3), uuid.uuid4()
    for step_id in mine:
        circuits.waits(PEER, step_id)
    circuits.waits("carrier:another", others)
    now[0] += circuit.REST_S - 1
    circuits.waits(PEER, mine[1])  # it failed again meanwhile
    assert circuits.succeeded(PEER) == []
    now[0] += 1
    assert circuits.succeeded(PEER) == [mine[0], mine[2]]
    assert circuits.succeeded(PEER) == []
    now[0] += circuit.REST_S
    assert circuits.succeeded(PEER) == [mine[1]]
    assert circuits.succeeded("carrier:another") == [others]
