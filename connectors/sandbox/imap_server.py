"""The IMAP connection of the sandbox mailbox: lines and literals in, replies out, IDLE."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from connectors.sandbox import imap_commands
from connectors.sandbox.imap_grammar import BadCommand, Command, Refusal, as_text, literal_size, parse
from connectors.sandbox.imap_session import Login, Session

_LITERAL_LIMIT_BYTES = 30_000_000
_LINE_LIMIT_BYTES = 1_000_000
_LOOK_EVERY_S = 0.1
_QUIET_LIMIT_S = 31 * 60


async def start(port: int, *, login: Login, lock: threading.RLock) -> asyncio.Server:
    """Listen on loopback; each connection is a task of the running loop."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Connection(reader, writer, Session(login), lock).converse()
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError, ValueError):
            # The client hung up, fell silent or spoke no IMAP: there is nobody to answer.
            return
        finally:
            writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", port, limit=_LINE_LIMIT_BYTES)


class _Connection:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: Session, lock: threading.RLock
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._session = session
        self._lock = lock
        self._ends = False

    async def converse(self) -> None:
        await self._say(b"* OK [CAPABILITY " + imap_commands.CAPABILITIES + b"] sandbox mailbox\r\n")
        while not self._ends:
            pieces = await self._pieces()
            try:
                command = parse(pieces)
            except BadCommand as fault:
                await self._say(b"* BAD " + str(fault).encode() + b"\r\n")
                continue
            await self._answer(command)

    async def _pieces(self) -> list[bytes]:
        """One command: a line, and as often as it ends with a literal's mark, the literal and the next line."""
        pieces = [await self._line()]
        while (mark := literal_size(pieces[-1])) is not None:
            size_bytes, waits = mark
            if size_bytes > _LITERAL_LIMIT_BYTES:
                raise EOFError("the client sends too much")
            if waits:
                await self._say(b"+ go on\r\n")
            pieces += [await self._reader.readexactly(size_bytes), await self._line()]
        return pieces

    async def _line(self) -> bytes:
        async with asyncio.timeout(_QUIET_LIMIT_S):
            line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise EOFError("the client hung up")
        return line

    async def _answer(self, command: Command) -> None:
        try:
            done = await self._carry_out(command)
            verdict = b"OK " + done
        except Refusal as refusal:
            verdict = b"NO " + str(refusal).encode()
        except BadCommand as fault:
            verdict = b"BAD " + str(fault).encode()
        await self._say(command.tag + b" " + verdict + b"\r\n")

    async def _carry_out(self, command: Command) -> bytes:
        if command.name == "LOGOUT":
            self._ends = True
            await self._say(b"* BYE until next time\r\n")
            return b"done"
        if command.name == "IDLE":
            return await self._idle()
        if command.name == "AUTHENTICATE":
            return await self._authenticate(command)
        carry = imap_commands.COMMANDS.get(command.name)
        if carry is None:
            raise BadCommand(f"{command.name} is not known here")
        # First the news, so that a search sees the mail that came since the last command.
        await self._tell_news(command)
        await self._say(self._locked(lambda: b"".join(carry(self._session, command))))
        await self._tell_news(command)
        return _done(command, self._session)

    async def _tell_news(self, command: Command) -> None:
        # Numbers must not change under commands that speak of messages by number.
        if command.name not in {"FETCH", "STORE", "SEARCH"}:
            await self._say(self._locked(lambda: b"".join(self._session.news())))

    async def _idle(self) -> bytes:
        self._session.needs_open_folder()
        await self._say(b"+ idling\r\n")
        done = asyncio.ensure_future(self._line())
        while not done.done():
            await asyncio.wait([done], timeout=_LOOK_EVERY_S)
            await self._say(self._locked(lambda: b"".join(self._session.news())))
        if done.result().strip().upper() != b"DONE":
            raise BadCommand("IDLE ends with DONE")
        return b"idle ended"

    async def _authenticate(self, command: Command) -> bytes:
        if command.text(0).upper() != "PLAIN":
            raise Refusal("[CANNOT] only PLAIN is known here")
        if len(command.words) > 1:
            response = as_text(command.word(1))
        else:
            await self._say(b"+ \r\n")
            response = (await self._line()).decode("ascii", "replace").strip()
        imap_commands.authenticate_plain(self._session, response)
        return b"logged in"

    def _locked(self, work: Callable[[], bytes]) -> bytes:
        with self._lock:
            return work()

    async def _say(self, line: bytes) -> None:
        if line:
            self._writer.write(line)
            await self._writer.drain()


def _done(command: Command, session: Session) -> bytes:
    if command.name in {"SELECT", "EXAMINE"}:
        return b"[READ-ONLY] open" if session.read_only else b"[READ-WRITE] open"
    return b"done"
