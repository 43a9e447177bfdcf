"""No two levels are given the same port, however long it takes until somebody listens there."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.torture import ports
from tests.torture.ports import NoPorts, free_ports, hold, outside
from tests.torture.sweep_forks import in_child


def test_blocks_lie_outside_the_range_from_which_the_system_gives() -> None:
    found = outside(32_768, 60_999)
    assert all(port < 32_768 or port > 60_999 for block in found for port in block)
    assert len(found) > 300
    assert len({port for block in found for port in block}) == len(found) * ports.BLOCK
    # A system that gives from all of them leaves nothing but the looking.
    assert len(outside(1_024, 65_535)) == (ports.LAST + 1 - ports.FIRST) // ports.BLOCK


def test_a_block_that_somebody_holds_is_given_to_nobody_else(tmp_path: Path) -> None:
    blocks = outside(32_768, 60_999)[:2]
    first, second = hold(blocks, tmp_path), hold(blocks, tmp_path)
    assert set(first.ports).isdisjoint(second.ports)
    with pytest.raises(NoPorts, match="2 blocks"):
        hold(blocks, tmp_path)
    os.close(first.lock)
    again = hold(blocks, tmp_path)
    assert again.ports == first.ports
    for block in (second, again):
        os.close(block.lock)


def test_a_port_on_which_somebody_listens_is_left_out_and_too_few_are_told(tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        taken = listening.getsockname()[1]
        block = ports.Block([taken, *free_ports(1)], -1)
        assert block.take(1) == [block.ports[1]]
        with pytest.raises(NoPorts, match="only 1 of"):
            block.take(2)


def test_a_fork_takes_ports_of_its_own(tmp_path: Path) -> None:
    here = free_ports(3)
    there = in_child(lambda: free_ports(3), tmp_path / "note").answer
    assert set(here).isdisjoint(there)
    assert set(here).isdisjoint(free_ports(3))
