"""What one worker process owns: settings, its own engine (made after the fork), its name."""

from __future__ import annotations

import ctypes
import gc
import os
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from babel.dates import format_date
from sqlalchemy.orm import configure_mappers

from oms import crypto, memory
from oms.db import Database, Ring, make_engine
from oms.documents import fonts
from oms.journey import holiday_tables
from oms.messages import rendering
from oms.settings import Settings
from workers.batches import Batches


@dataclass(slots=True)
class Stop:
    """`asked`: this process is to end the batch in its hands and begin no other. A signal's handler may set it: no lock."""

    asked: bool = False

    def rest(self, seconds: float) -> None:
        """Sleep, but not on after a stop."""
        until = time.monotonic() + seconds
        while not self.asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(0.1, left))


@dataclass(frozen=True, slots=True)
class Process:
    """The process's view of the world; handlers get what they need from it."""

    settings: Settings
    database: Database
    name: str
    batches: Batches = field(default_factory=Batches)
    stop: Stop = field(default_factory=Stop)


#: Kept of the database: one for each thread that calls peers (outside.THREADS), one for the leases of long work. A thread beyond
#: them would make a connection for each of its transactions, which costs more than what it is made for.
CONNECTIONS = 5

# RQ calls a job by its name alone, so what the job needs is kept here, set once after the fork.
_CURRENT: list[Process] = []


def name_of(pid: int) -> str:
    """The name under which a process of this machine claims steps."""
    return f"{socket.gethostname()}:{pid}"


def warm() -> None:
    """Make, before the fork, what each child would make for itself: mappers, the font, words for dates, holidays."""
    configure_mappers()
    fonts.glyph_widths()
    for language in rendering.LANGUAGES:
        format_date(date(2026, 1, 1), locale=language)
    holiday_tables.national_days("CN", holiday_tables.CHINA_LAST_YEAR + 1)


def calm_collector() -> None:
    """What was imported is never garbage; batches make many objects that reference counts free by themselves.

    Called before a fork it lets the children share what they will not change.
    """
    few_heaps()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


#: How far behind (`nice`): about a third of the share of who answers, when both want the processor. At 10 whoever turns pages
#: or scans on a machine that is full leaves the workers so little that orders stand still.
BEHIND = 5
#: The worker of reports: a third of that again. Orders come before figures, which can be a few minutes old.
FAR_BEHIND = 10


def give_way(behind: int = BEHIND) -> None:
    """Let who answers shops and people have the processor first: what waits here stands in the database already.

    Without it, at ten times the peak, the door gets too little after a minute or two, when all queues are full, and shops wait
    for answers without end. Children inherit it.
    """
    os.setpriority(os.PRIO_PROCESS, 0, max(behind, os.getpriority(os.PRIO_PROCESS, 0)))
    if os.getsid(0) == os.getpid():  # nobody who answers is in this session
        with suppress(OSError):  # another kernel, or one that weighs no sessions
            _SESSION.write_text(str(BEHIND), encoding="ascii")


#: Linux (autogroup) weighs sessions against each other, and `nice` only within one: under a supervisor each service has its own.
_SESSION = Path("/proc/self/autogroup")
_M_ARENA_MAX = -8


def few_heaps() -> None:
    """glibc gives each thread a heap of its own, none of which shrinks: ours share two. What importing left free goes back."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):  # musl has neither
            libc.mallopt(_M_ARENA_MAX, 2)
            libc.malloc_trim(0)


def start(settings: Settings, ring: Ring, *, name: str = "worker") -> Process:
    """Make this process's engine and install its keys; call once in each process, after any fork.

    `name` is what the database's server shows of it: the queue, or the program.
    """
    memory.return_large_buffers()
    crypto.install(crypto.key_ring(settings.encryption_keys, settings.index_key))
    engine = make_engine(settings.database_url, role="worker", name=name, pool_size=CONNECTIONS)
    process = Process(settings, Database(engine, ring), name_of(os.getpid()))
    _CURRENT[:] = [process]
    return process


def current() -> Process:
    """This process; RuntimeError before `start`."""
    if not _CURRENT:
        raise RuntimeError("no worker process was started here: call workers.process.start")
    return _CURRENT[0]
