"""Ports of a process of the harness: they are let go before whoever is to listen there does so, seconds later.

Meanwhile the system may give such a port to anybody who asks for any, and another level that runs beside may find it free. So
they lie outside the range from which the system gives, and each process has a block of its own, held by a lock of a file for
as long as it lives, which levels of other runs on this machine heed too.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

FIRST, LAST = 10_000, 65_535
BLOCK = 64
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


class NoPorts(RuntimeError):
    """All blocks are held by others, or too few ports in one's own are free."""


def outside(low: int, high: int) -> list[range]:
    """The blocks of which no port lies between these two, which the system gives to who asks for any; all, if none is left."""
    blocks = [range(first, first + BLOCK) for first in range(FIRST, LAST + 2 - BLOCK, BLOCK)]
    return [block for block in blocks if block[-1] < low or block[0] > high] or blocks


@dataclass(slots=True)
class Block:
    """Held while this object, and the process that made it or a fork of it, lives."""

    ports: Sequence[int]
    lock: int
    owner: int = field(default_factory=os.getpid)
    _next: int = 0

    def take(self, count: int) -> list[int]:
        """So many ports of the block on which nobody listens, each in its turn, so that none comes again soon. Raises NoPorts."""
        found: list[int] = []
        for _ in self.ports:
            port = self.ports[self._next % len(self.ports)]
            self._next += 1
            found += [port] if _is_free(port) else []
            if len(found) == count:
                return found
        raise NoPorts(f"only {len(found)} of {self.ports} are free, wanted {count}")


def hold(blocks: Sequence[range], folder: Path) -> Block:
    """The first block that nobody holds. Raises NoPorts."""
    folder.mkdir(exist_ok=True)
    with suppress(PermissionError):  # another user's, who has done so
        folder.chmod(0o1777)
    for block in blocks:
        try:
            lock = os.open(folder / f"{block[0]}.lock", os.O_RDWR | os.O_CREAT, 0o666)
        except PermissionError:  # another user's
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        return Block(block, lock)
    raise NoPorts(f"all {len(blocks)} blocks of ports are held; see {folder}")


def _own() -> Iterator[Block]:
    """This process's block; a fork needs another one, since it would take the same ports as its parent."""
    block: Block | None = None
    while True:
        if block is None or block.owner != os.getpid():
            low, high = (int(word) for word in _RANGE.read_text(encoding="ascii").split())
            block = hold(outside(low, high), Path(tempfile.gettempdir()) / "oms-torture-ports")
        yield block


_blocks = _own()


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens, and which nobody else is given while this process lives."""
    return next(_blocks).take(count)


def _is_free(port: int) -> bool:
    with socket.socket() as holder:
        # As servers do: a connection that ended a minute ago is nobody who listens.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
