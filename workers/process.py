"""What one worker process owns: settings, its own engine (made after the fork), its name."""

from __future__ import annotations

import gc
import os
import socket
from dataclasses import dataclass

from oms import crypto
from oms.db import Database, Ring, make_engine
from oms.settings import Settings


@dataclass(frozen=True, slots=True)
class Process:
    """The process's view of the world; handlers get what they need from it."""

    settings: Settings
    database: Database
    name: str


# RQ calls a job by its name alone, so what the job needs is kept here, set once after the fork.
_CURRENT: list[Process] = []


def name_of(pid: int) -> str:
    """The name under which a process of this machine claims steps."""
    return f"{socket.gethostname()}:{pid}"


def calm_collector() -> None:
    """What was imported is never garbage; batches make many objects that reference counts free by themselves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def start(settings: Settings, ring: Ring, *, pool_size: int = 2) -> Process:
    """Make this process's engine and install its keys; call once in each process, after any fork."""
    crypto.install(crypto.key_ring(settings.encryption_keys, settings.index_key))
    engine = make_engine(settings.database_url, role="worker", pool_size=pool_size, max_overflow=4)
    process = Process(settings, Database(engine, ring), name_of(os.getpid()))
    _CURRENT[:] = [process]
    return process


def current() -> Process:
    """This process; RuntimeError before `start`."""
    if not _CURRENT:
        raise RuntimeError("no worker process was started here: call workers.process.start")
    return _CURRENT[0]
