"""The product's programs as functions for a forked child; the only place that knows of the positive controls.

`OMS_TORTURE_CONTROL` names a control of `tests/torture/controls/`: it is applied here, in the child, before the
program starts. The product itself knows nothing of it.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from tests.torture import controls
from tests.torture.controls import conditions

CONTROL = "OMS_TORTURE_CONTROL"
#: Seconds of lease of steps that call someone; the harness scales it with OMS_LEASE_S.
OUTSIDE_LEASE = "OMS_TORTURE_OUTSIDE_LEASE_S"

_PR_SET_NAME = 15
_MODULES = ("gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "oms.web", "workers.run", "workers.sweep")
_MORE = ("workers.mailbox", "workers.bindings", "connectors.registry")


def import_all() -> None:
    """Import in the parent what the children need; PROMETHEUS_MULTIPROC_DIR must stand before."""
    for name in (*_MODULES, *_MORE):
        importlib.import_module(name)
    importlib.import_module("workers.bindings").handlers()


def named(words: str) -> None:
    """Give this process a name by which the harness (and `top`) knows it, at most 15 letters."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, words.encode()[:15], 0, 0, 0)


def web() -> int:
    """gunicorn as in the demo and in production."""
    _prepare("oms web")
    port = os.environ["OMS_TORTURE_WEB_PORT"]
    sys.argv = ["gunicorn", "-c", "oms/web/gunicorn_conf.py", "-b", f"127.0.0.1:{port}", "wsgi:app"]
    importlib.import_module("gunicorn.app.wsgiapp").run()
    return 0


def workers() -> int:
    """`python -m workers.run`; each of its children takes the name of its queue."""
    _prepare("oms workers")
    run: Any = importlib.import_module("workers.run")
    serve = run.serve

    def named_serve(queue: str, settings: object) -> int:
        named(f"oms {queue}")
        return int(serve(queue, settings))

    run.serve = named_serve
    return int(run.main([]))


def more_workers() -> int:
    """Four more workers of the inside queue: what only goes wrong between two is then not rare."""
    _prepare("oms workers")
    run = importlib.import_module("workers.run")
    return int(run.main(["inside"] * 4))


def sweep() -> int:
    """`python -m workers.sweep`"""
    _prepare("oms sweep")
    return int(importlib.import_module("workers.sweep").main())


def mail_listener() -> int:
    """`python -m workers.mailbox`"""
    _prepare("oms mail")
    return int(importlib.import_module("workers.mailbox").main())


def _prepare(name: str) -> None:
    named(name)
    lease_s = os.environ.get(OUTSIDE_LEASE)
    if lease_s:
        outside: Any = importlib.import_module("workers.outside")
        outside.LEASE_S = int(lease_s)
    conditions.apply(os.environ)
    controls.apply(os.environ.get(CONTROL, ""))


#: name of the demo's child -> what a forked child runs
PROGRAMS: dict[str, Callable[[], int | None]] = {
    "web": web,
    "workers": workers,
    "more-workers": more_workers,
    "sweep": sweep,
    "mail-listener": mail_listener,
}
