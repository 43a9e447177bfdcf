"""A peer that a busy machine is slow to begin is waited for; one that has ended is told at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.connectors import sandbox_peers
from tests.torture.sweep_forks import ForkedPeer


def test_a_peer_that_has_ended_is_told_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(AssertionError):
        ForkedPeer("carrier", tmp_path / "carrier", "--nonsense").start()
    assert time.monotonic() - began < sandbox_peers.PATIENCE_S / 2


def test_what_does_not_come_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = iter([False, False, True])
    sandbox_peers.wait_until(lambda: next(seen), "the third look")
    monkeypatch.setattr(sandbox_peers, "PATIENCE_S", 0.05)
    with pytest.raises(AssertionError, match=r"waited 0.05 s in vain: the peer"):
        sandbox_peers.wait_until(lambda: False, "the peer")
