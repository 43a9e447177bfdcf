"""A sandbox peer as an operating-system process.

Its port outlives a restart, SIGTERM stops it cleanly, and it may die with its parent.
What it logs goes to stdout, one JSON line an event, without personal data.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def now() -> datetime:
    """The machine's clock as aware UTC; the peers are other companies, with clocks of their own."""
    return datetime.now(UTC)


def log(event: str, **facts: object) -> None:
    """Write one event as one JSON line to stdout."""
    line = {"at": now().isoformat(), "event": event, **facts}
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` so that a reader or a crash sees the old or the new content, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    with draft.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def kept_port(port_file: Path, *, wanted: int) -> int:
    """Return the port to bind: `wanted`, or for 0 the one this peer had before its restart (0: any)."""
    if wanted or not port_file.exists():
        return wanted
    return int(port_file.read_text("ascii"))


def keep_port(port_file: Path, port: int) -> None:
    """Publish the bound port; who starts this peer waits for the file."""
    write_atomically(port_file, str(port).encode("ascii"))


def state_arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser with the arguments that all sandbox peers share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="folder that keeps everything")
    parser.add_argument(
        "--die-with-parent", action="store_true", help="end when the process that started this one ends"
    )
    return parser


def die_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent ends; elsewhere than on Linux this does nothing."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        # The parent ended before the request stood, so no signal will come.
        raise SystemExit(0)


def stop_signal() -> threading.Event:
    """Return an event that SIGTERM or SIGINT sets."""
    stopped = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopped
