"""An order's story as its page tells it: what happened, who did it, how it stood against its clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext

from oms.journey import flow
from oms.journey.timeline import Entry
from oms.web.display import span, word
from oms.web.words import WORDS

#: (subject, axis) -> the words of its states; what is not here is told only in the full story.
AXES = {
    ("order", "status"): "order_status",
    ("order", "confirmation"): "confirmation",
    ("order", "payment_status"): "payment_status",
    ("fulfilment", "status"): "fulfilment",
    ("parcel", "label_status"): "label",
    ("parcel", "tracking_status"): "tracking",
    ("ticket", "status"): "ticket",
    ("return_request", "status"): "return",
    ("refund", "status"): "refund",
    ("change_request", "status"): "change",
    ("pick_task", "status"): "pick_task",
    ("hand_over_list", "status"): "hand_over_list",
    ("inbound_message", "status"): "inbound",
    ("message", "status"): "message",
    ("supply_request", "status"): "supply",
    ("wave", "status"): "wave",
}
_DETAIL = {"pick_task", "message", "inbound_message", "wave", "order_line"}
#: Told by the status that goes with it.
_TWICE = {
    "step.taken",
    "wave.released",
    "confirmation.requested",
    "confirmation.not_required",
    "fulfilment.released",
    "pick_task.picked",
    "sales_ledger.shipped",
}
_BAD = {"cancelled", "rejected", "expired", "declined", "refused", "failed", "short", "lost", "damaged"}
_GOOD = {"confirmed", "closed", "delivered", "accepted", "paid", "fulfilled", "succeeded"}


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the story."""

    at: datetime
    title: str
    actor: str
    text: str
    tone: str


def told(entries: Sequence[Entry], names: Mapping[str, str], *, full: bool) -> list[Told]:
    """The story, newest first; without `full` what machines did between the states is left out."""
    shown = [_line(entry, names) for entry in entries if full or _matters(entry)]
    return shown[::-1]


def _matters(entry: Entry) -> bool:
    if entry.what == "opened":
        return False
    if entry.what == "ended":
        return bool(entry.late) or flow.FLOW[entry.event].performer not in (flow.SYSTEM, flow.CARRIER)
    return entry.subject_type not in _DETAIL and entry.event not in _TWICE


def _line(entry: Entry, names: Mapping[str, str]) -> Told:
    actor = who(entry.actor, names)
    if entry.what == "told":
        return _history(entry, actor)
    kind = word("step_kind", entry.event)
    if entry.what == "opened":
        return Told(entry.at, gettext("Opened: %(work)s", work=kind), actor, "", "")
    title = f"{kind}: {word('outcome', entry.became)}"
    late = ""
    if entry.late and entry.due_at is not None:
        late = gettext("%(span)s after its time", span=span(entry.at - entry.due_at))
    return Told(entry.at, title, actor, late or _why(entry.cause), "soon" if late else _tone(entry.became))


def _history(entry: Entry, actor: str) -> Told:
    axis, _, state = entry.event.partition(".")
    words = AXES.get((entry.subject_type, axis))
    if words is None:
        return Told(entry.at, word("event", entry.event), actor, _cause(entry), _event_tone(entry.event))
    was = f"{word(words, entry.was)} → " if entry.was else ""
    title = f"{_named(entry.subject_type, axis)}: {was}{word(words, state)}"
    return Told(entry.at, title, actor, _why(entry.cause, entry.subject_type), _tone(state))


def _named(subject: str, axis: str) -> str:
    name = word("subject", subject)
    return name if axis == "status" else f"{name} · {word('axis', axis)}"


def _cause(entry: Entry) -> str:
    if entry.event == "hold.placed":
        return word("hold_reason", entry.became)
    return _why(entry.cause)


def _why(cause: str | None, subject: str = "") -> str:
    """A cause in words, those of its own or of an outcome; that of a list carries its number, and a mail's is what it says."""
    kind, _, number = (cause or "").partition(" ")
    if kind == "list":
        return f"{word('cause_told', kind)} {number}"
    if subject == "message":
        return word("template", cause)
    return word("cause_told" if cause in WORDS["cause_told"] else "outcome", cause)


def _tone(state: str | None) -> str:
    return "bad" if state in _BAD else "good" if state in _GOOD else ""


def _event_tone(event: str) -> str:
    return "soon" if event in ("hold.placed", "parcel.case", "review.escalated", "fulfilment.missing") else ""


def who(actor: str | None, names: Mapping[str, str]) -> str:
    """An actor as people call them: a name, the system, the customer, a carrier or channel by name."""
    if not actor:
        return ""
    if actor in names:
        return names[actor]
    side, _, name = actor.partition(":")
    return f"{word('actor', side)} {name}".strip() if side in WORDS["actor"] else word("role", actor)
