"""A TCP proxy that stands before one dependency and spoils the line: late, slow, cut, reset, silent, gone.

What it does is a `Fault`, changed while it runs. It listens on loopback and passes on to a port or to a unix socket. It
also measures, from outside, how long a client waits for an answer before it gets one or gives up.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.torture import stalls
from tests.torture.line_faults import NONE, Fault
from tests.torture.proxy_line import NOBODY, HeardAtOnce, Line, Wait
from tests.torture.stalls import Stall

#: Where the dependency really is: a port of loopback, or the path of a unix socket.
Target = int | Path

_CHUNK = 65536
_LOOK_S = 0.2
#: What took longer is kept, each with its moment.
LONG_S = 25.0
_BEAT_S = 0.05


class FaultProxy:
    """`port` is what the client is told; `fault(...)` changes the line at once, for open connections too.

    `hits` counts what each fault did to connections, `connections` are the moments at which somebody connected.
    `longest_wait` is the longest that a client waited for a byte, with its name, `longest_line_s` the longest life of a connection;
    `long_waits` and `long_lines` are all above LONG_S, and `stalled` the moments in which the proxy itself did nothing.
    """

    def __init__(self, name: str, target: Target, *, port: int = 0, seed: int = 0) -> None:
        self.name, self.target, self.port = name, target, port
        self.hits: Counter[str] = Counter()
        self.connections: list[float] = []
        self.longest_wait: Wait = NOBODY
        self.longest_line_s = 0.0
        self.long_waits: list[Wait] = []
        #: seconds, and when it ended
        self.long_lines: list[tuple[float, float]] = []
        self.stalled: list[Stall] = []
        self._chance = random.Random(f"{seed}/{name}/jitter")
        self._fault = NONE
        self._lines: set[Line] = set()
        self._loop = asyncio.new_event_loop()
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy {name}", daemon=True)

    def start(self) -> FaultProxy:
        self._thread.start()
        self._do(self._listen)
        self._beating = asyncio.run_coroutine_threadsafe(self._beat(), self._loop)
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

    def waited(self) -> Wait:
        """The longest wait so far, with those that still wait."""
        return max([self.longest_wait, *self._waiting()])

    def waited_long(self) -> list[Wait]:
        """Every long wait so far, with those that still wait."""
        return [*self.long_waits, *(wait for wait in self._waiting() if wait.seconds > LONG_S)]

    def _waiting(self) -> list[Wait]:
        return [line.waits() for line in list(self._lines)]

    async def _beat(self) -> None:
        """Bytes are passed on by the same loop, so when this is late they were too."""
        while True:
            due = time.monotonic() + _BEAT_S
            await asyncio.sleep(_BEAT_S)
            now = time.monotonic()
            if now - due >= stalls.LEAST_S:
                self.stalled.append(Stall(f"proxy {self.name}", due, now))

    def _do(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(
            lambda: asyncio.StreamReaderProtocol(HeardAtOnce(self._loop), self._accept, loop=self._loop),
            "127.0.0.1",
            self.port,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _become(self, fault: Fault) -> None:
        if not fault.down and self._server is None:
            # A port that somebody has taken meanwhile leaves the line down, so that it is tried again.
            await self._listen()
        self._fault = fault
        changed, self._changed = self._changed, asyncio.Event()
        if fault.silent:
            for line in self._lines:
                line.dead = True
        if fault.down:
            await self._hang_up()
        changed.set()

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
        self.connections.append(time.monotonic())
        try:
            from_server, to_server = await self._connect()
        except OSError:
            writer.close()
            return
        line = Line(reader, writer, to_server)
        self._lines.add(line)
        line.dead = self._fault.silent
        try:
            with suppress(OSError, asyncio.CancelledError):  # cancelled: the proxy stops
                await self._both_ways((reader, to_server), (from_server, writer), line)
        finally:
            self._lines.discard(line)
            self._note_wait(line)
            self._note_line(line)
            line.close(reset=False)

    def _note_wait(self, line: Line) -> None:
        wait = line.waits()
        self.longest_wait = max(self.longest_wait, wait)
        self.long_waits += [wait] if wait.seconds > LONG_S else []
        line.asked_at = None

    def _note_line(self, line: Line) -> None:
        ended = time.monotonic()
        lasted_s = ended - line.opened_at
        self.longest_line_s = max(self.longest_line_s, lasted_s)
        self.long_lines += [(lasted_s, ended)] if lasted_s > LONG_S else []

    async def _both_ways(
        self,
        there: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        back: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        line: Line,
    ) -> None:
        """Until either way ends; then the other is ended too."""
        ways = [
            asyncio.ensure_future(self._pump(*there, line, answers=False)),
            asyncio.ensure_future(self._pump(*back, line, answers=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.target, Path):
            return await asyncio.open_unix_connection(str(self.target))
        return await asyncio.open_connection("127.0.0.1", self.target)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, line: Line, *, answers: bool
    ) -> None:
        while data := await source.read(_CHUNK):
            if not answers:
                line.asked(data)
            await self._pass_on(data, sink, line, answers=answers)
        if answers:  # that the server has hung up is news like any other
            await self._until_open(line)
        # One side has hung up: so do we, to both.
        line.close(reset=False)
        raise ConnectionResetError("hung up")

    async def _pass_on(self, data: bytes, sink: asyncio.StreamWriter, line: Line, *, answers: bool) -> None:
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
            if answers:
                self._answered(line, len(piece), fault)

    def _answered(self, line: Line, count: int, fault: Fault) -> None:
        line.answered += count
        if count:
            self._note_wait(line)
        if fault.cut_after is not None and line.answered >= fault.cut_after:
            self.hits[fault.name] += 1
            line.close(reset=fault.reset)
            raise ConnectionResetError(fault.name)

    async def _until_open(self, line: Line) -> None:
        """Return when bytes may pass; for a line that died unseen, only its client's hanging up ends it."""
        waited = False
        while line.dead or self._fault.clogged:
            if not waited:
                self.hits["half-open" if line.dead else "clogged"] += 1
            waited = True
            if line.dead and line.gone_at is not None:
                raise ConnectionResetError("hung up")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _LOOK_S)

    async def _wait(self, fault: Fault, *, first: bool) -> None:
        pause_s = fault.pause_s
        if first:
            pause_s += fault.latency_s + self._chance.uniform(0, fault.jitter_s)
        if pause_s:
            self.hits[fault.name] += 1
            # A change of the fault ends the wait, so that healing heals at once.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), pause_s)
