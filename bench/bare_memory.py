"""Bare processes of the libraries that the owner fixed, doing nothing: no product made of them can be smaller.

Two for the web and four for the queues and the sweep, each kind forked from one that imported: as the product's own are.
"""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable

#: kind -> (how many, what it cannot be without)
KINDS = {
    "web": (2, ("flask", "gunicorn.app.wsgiapp", "marshmallow", "psycopg", "redis", "sqlalchemy.orm")),
    "workers": (4, ("marshmallow", "psycopg", "redis", "requests", "rq", "sqlalchemy.orm")),
}


def main() -> None:
    """Fork, and stand until told to end; one who imported stands behind each kind, as a master does."""
    os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    masters = [_forked(_master, *kind) for kind in KINDS.values()]
    for pid in masters:
        os.waitpid(pid, 0)


def processes() -> int:
    """How many there are when all stand: this one, a master of each kind, and theirs."""
    return 1 + sum(1 + count for count, _ in KINDS.values())


def _master(count: int, modules: tuple[str, ...]) -> None:
    for name in modules:
        importlib.import_module(name)
    for pid in [_forked(signal.pause) for _ in range(count)]:
        os.waitpid(pid, 0)


def _forked(work: Callable[..., object], *given: object) -> int:
    pid = os.fork()
    if pid == 0:
        work(*given)
        os._exit(0)
    return pid


if __name__ == "__main__":
    main()
