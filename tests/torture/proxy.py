"""A TCP proxy that stands before one dependency and spoils the line: late, slow, cut, reset, silent, gone.

What it does is a `Fault`, changed while it runs; a `schedule` of faults comes from a seed. It listens on loopback and
passes on to a port or to a unix socket.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Where the dependency really is: a port of loopback, or the path of a unix socket.
Target = int | Path

_CHUNK = 65536
_CLOSE_WITH_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Fault:
    """One state of the line. Only what is named differs from a good line.

    `latency_s` and up to `jitter_s` more stand before each piece; `slice_bytes` cuts pieces small, `pause_s` between
    them; after `cut_after` bytes of an answer the line is closed, or reset with `reset`. `silent`: what was connected
    hears nothing any more, ever, and what connects is accepted and hears nothing. `clogged`: all waits until the fault
    ends, then goes on. `down`: nobody listens, and what was connected is reset.
    """

    name: str = "none"
    latency_s: float = 0.0
    jitter_s: float = 0.0
    slice_bytes: int = 0
    pause_s: float = 0.0
    cut_after: int | None = None
    reset: bool = False
    silent: bool = False
    clogged: bool = False
    down: bool = False


NONE = Fault()

#: THE table of faults that a schedule draws from.
FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("late", latency_s=0.1, jitter_s=0.4),
        Fault("very late", latency_s=1.0, jitter_s=2.0),
        Fault("slow bytes", slice_bytes=64, pause_s=0.02),
        Fault("trickle", slice_bytes=1, pause_s=0.5),
        Fault("cut", cut_after=40),
        Fault("reset", cut_after=40, reset=True),
        Fault("reset at once", cut_after=0, reset=True),
        Fault("half-open", silent=True),
        Fault("clogged", clogged=True),
        Fault("down", down=True),
    )
}


@dataclass(frozen=True, slots=True)
class Spell:
    """From `at_s` after the start on for `for_s` seconds the line is as `fault` says."""

    at_s: float
    for_s: float
    fault: Fault


def schedule(seed: int, name: str, *, length_s: float, spell_s: float, rest_s: float) -> list[Spell]:
    """Spells of faults for one dependency, none alike twice before each was there once; same seed, same spells."""
    chance = random.Random(f"{seed}/{name}")
    left: list[Fault] = []
    spells: list[Spell] = []
    at_s = chance.uniform(0, rest_s)
    while at_s + spell_s <= length_s:
        left = left or chance.sample(list(FAULTS.values()), len(FAULTS))
        spells.append(Spell(round(at_s, 2), round(spell_s * chance.uniform(0.5, 1.0), 2), left.pop()))
        at_s += spell_s + rest_s * chance.uniform(0.5, 1.0)
    return spells


class _Line:
    """One connection: both ends, and how many bytes of answers have passed."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client, self.server = client, server
        self.answered = 0
        self.dead = False

    def close(self, *, reset: bool) -> None:
        for end in (self.client, self.server):
            if reset:
                with suppress(OSError):
                    end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_WITH_RESET)
            end.close()


class FaultProxy:
    """`port` is what the client is told; `fault(...)` changes the line at once, for open connections too.

    `hits` counts what each fault did to connections, `connections` how often somebody connected or tried to.
    """

    def __init__(self, name: str, target: Target, *, seed: int = 0) -> None:
        self.name, self.target = name, target
        self.hits: Counter[str] = Counter()
        self.connections = 0
        self.port = 0
        self._chance = random.Random(f"{seed}/{name}/jitter")
        self._fault = NONE
        self._lines: set[_Line] = set()
        self._loop = asyncio.new_event_loop()
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy {name}", daemon=True)

    def start(self) -> FaultProxy:
        self._thread.start()
        self._do(self._listen)
        return self

    def stop(self) -> None:
        self._do(self._close_all)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def fault(self, fault: Fault) -> None:
        """From now on the line is as `fault` says; `NONE` heals it."""
        self._do(lambda: self._become(fault))

    @property
    def state(self) -> Fault:
        return self._fault

    def _do(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _become(self, fault: Fault) -> None:
        before, self._fault = self._fault, fault
        changed, self._changed = self._changed, asyncio.Event()
        if fault.silent:
            self._strike("half-open")
        if fault.down:
            await self._hang_up()
        elif before.down:
            await self._listen()
        changed.set()

    def _strike(self, name: str) -> None:
        for line in self._lines:
            line.dead = True
            self.hits[name] += 1

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for line in list(self._lines):
            self.hits["down"] += 1
            line.close(reset=True)

    async def _close_all(self) -> None:
        await self._hang_up()
        running = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            from_server, to_server = await self._connect()
        except OSError:
            writer.close()
            return
        line = _Line(writer, to_server)
        self._lines.add(line)
        line.dead = self._fault.silent
        try:
            with suppress(OSError, asyncio.CancelledError):  # cancelled: the proxy stops
                await asyncio.gather(
                    self._pump(reader, to_server, line, answers=False),
                    self._pump(from_server, writer, line, answers=True),
                )
        finally:
            self._lines.discard(line)
            line.close(reset=False)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.target, Path):
            return await asyncio.open_unix_connection(str(self.target))
        return await asyncio.open_connection("127.0.0.1", self.target)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, line: _Line, *, answers: bool
    ) -> None:
        while data := await source.read(_CHUNK):
            await self._pass_on(data, sink, line, answers=answers)
        # One side has hung up: so do we, to both.
        line.close(reset=False)

    async def _pass_on(self, data: bytes, sink: asyncio.StreamWriter, line: _Line, *, answers: bool) -> None:
        at = 0
        while at < len(data):
            await self._until_open(line)
            fault = self._fault
            piece = data[at : at + (fault.slice_bytes or len(data))]
            if answers and fault.cut_after is not None:
                piece = piece[: max(0, fault.cut_after - line.answered)]
            await self._wait(fault, first=at == 0)
            sink.write(piece)
            await sink.drain()
            at += len(piece)
            line.answered += len(piece) if answers else 0
            if answers and fault.cut_after is not None and line.answered >= fault.cut_after:
                self.hits[fault.name] += 1
                line.close(reset=fault.reset)
                raise ConnectionResetError(fault.name)

    async def _until_open(self, line: _Line) -> None:
        """Return when bytes may pass; never for a line that died unseen, until its client hangs up."""
        waited = False
        while line.dead or self._fault.clogged:
            if not waited:
                self.hits["half-open" if line.dead else "clogged"] += 1
            waited = True
            await self._changed.wait()

    async def _wait(self, fault: Fault, *, first: bool) -> None:
        pause_s = fault.pause_s
        if first:
            pause_s += fault.latency_s + self._chance.uniform(0, fault.jitter_s)
        if pause_s:
            self.hits[fault.name] += 1
            # A change of the fault ends the wait, so that healing heals at once.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), pause_s)
