"""Fixtures of the connectors' tests: real peers as processes, and who takes their webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.connectors.sandbox_peers import Letterbox, LetterboxServer, Peer


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    """A real HTTP server that keeps what is posted to it."""
    server = LetterboxServer()
    yield server.box
    server.shutdown()
    server.server_close()


@pytest.fixture
def start_peer(tmp_path: Path) -> Iterator[Callable[..., Peer]]:
    """Start a sandbox peer with its state in the test's folder; it is ended with the test."""
    peers: list[Peer] = []

    def start(name: str, *arguments: str) -> Peer:
        peers.append(Peer(name, tmp_path / name, *arguments))
        return peers[-1].start()

    yield start
    for peer in peers:
        peer.kill()


@pytest.fixture(scope="module")
def module_peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Peer]]:
    """The same for peers that several tests of a module share."""
    peers: list[Peer] = []

    def start(name: str, *arguments: str) -> Peer:
        peers.append(Peer(name, tmp_path_factory.mktemp(name), *arguments))
        return peers[-1].start()

    yield start
    for peer in peers:
        peer.kill()
