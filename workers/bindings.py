"""THE table: step kind -> 'module:name' of its handler. A test proves that every system kind has one."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from oms.journey import flow
from workers.handlers import Handler

BINDINGS: dict[str, str] = {
    "accept": "workers.intake:ACCEPT",
    "reread": "workers.intake:REREAD",
    "poll": "workers.intake:POLL",
    "apply_change": "workers.aftersales:APPLY_CHANGE",
    "verify": "workers.verification:VERIFY",
    "confirm": "workers.verification:CONFIRM",
    "allocate": "workers.allocation:ALLOCATE",
    "wake": "workers.allocation:WAKE",
    "release": "workers.picking:RELEASE",
    "wave": "workers.picking:WAVE",
    "short_pick": "workers.picking:SHORT_PICK",
    "book": "workers.booking:BOOK",
    "void_label": "workers.booking:VOID_LABEL",
    "pick_up": "workers.booking:PICK_UP",
    "track": "workers.tracking:TRACK",
    "tell": "workers.telling:TELL",
    "tell_channel": "workers.telling_channel:TELL_CHANNEL",
    "close": "workers.tracking:CLOSE",
    "fold_kpi": "workers.kpi:FOLD_KPI",
    "compute_kpi": "workers.kpi:COMPUTE_KPI",
    "check_invariants": "workers.invariants:CHECK_INVARIANTS",
    "daily_sample": "workers.verification:DAILY_SAMPLE",
}


def handlers(queue: str | None = None) -> dict[str, Handler]:
    """Import and return the handlers of a queue's kinds (None: of every queue)."""
    kinds = [k for k in BINDINGS if queue is None or flow.FLOW[k].queue == queue]
    found = {}
    for kind in kinds:
        module, _, name = BINDINGS[kind].partition(":")
        found[kind] = cast("Handler", getattr(import_module(module), name))
    return found
