"""Positive controls of the sweep: a product spoilt in one place, which the same harness must catch, or it proves nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from connectors import mail_client, mail_writing
from oms.intake import inbox
from oms.intake.inbox import Arrival, Receipt
from oms.web.committer import Committer
from tests.torture.failpoints import KILL_AFTER, KILL_BEFORE
from tests.torture.sweep_lane import Baseline, Lane


@dataclass(frozen=True, slots=True)
class Control:
    """What is spoilt in the house's processes, and the fault that must show it: leg, beginning of the label, way."""

    spoil: Callable[[], None]
    leg: str
    label: str
    mode: str


def _answer_first() -> None:
    """A webhook is answered 202 and then stored."""
    store = Committer.submit

    def submit(self: Committer, arrival: Arrival) -> Receipt:
        threading.Thread(target=store, args=(self, arrival), daemon=True).start()
        return Receipt(None, inbox.STORED)  # type: ignore[arg-type]

    Committer.submit = submit  # type: ignore[method-assign]


def _new_mail_at_each_try() -> None:
    """A mail's id comes from the process that sends it, not from the message."""
    compose, name = mail_writing.compose, mail_writing.message_id

    def composed(*, idempotency_key: str, **given: Any) -> bytes:
        return compose(idempotency_key=f"{idempotency_key}:{os.getpid()}", **given)

    def named(idempotency_key: str, **given: Any) -> str:
        return name(f"{idempotency_key}:{os.getpid()}", **given)

    mail_writing.compose, mail_writing.message_id = composed, named


def _each_mail_twice() -> None:
    """A mail is handed to the server, and once more, byte for byte."""
    send = mail_client.send

    def sent(*given: Any) -> None:
        send(*given)
        send(*given)

    mail_client.send = sent


CONTROLS: dict[str, Control] = {
    "answered before it is stored": Control(_answer_first, "webhook", "sql WITH", KILL_BEFORE),
    "a new mail at each try": Control(_new_mail_at_each_try, "confirm", "smtp data", KILL_AFTER),
    "each mail twice": Control(_each_mail_twice, "confirm", "smtp data", KILL_AFTER),
}


def tried(lane: Lane, bases: Sequence[Baseline]) -> dict[str, str]:
    """Each control with its fault: the first thing that was found wrong, empty when it was not caught."""
    found = {}
    for name, control in CONTROLS.items():
        base = next(base for base in bases if base.leg.name == control.leg)
        point = next(point for point in base.points if point.label.startswith(control.label))
        lane.spoil = control.spoil
        run = lane.run(base, point, control.mode)
        lane.spoil = None
        found[name] = run.violations[0][:200] if run.violations else ""
    return found
