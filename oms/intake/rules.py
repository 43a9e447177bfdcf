"""What one element of a message does to its order: pure. An older version never wins; equal bytes are a repeat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter

from connectors.base import ChannelOrder, Kind, Severity

MAX_AMOUNT = Decimal(10) ** 13
MAX_QTY = Decimal(10) ** 10
QTY_DECIMALS = 3
_TOTALS = ("lines", "discount", "shipping", "fees", "tax", "total", "paid")
_LINE_AMOUNTS = ("unit_price", "discount", "tax", "total")
#: No more digits than any shop writes: reading a number of thousands takes long.
_WHOLE = re.compile(r"-?\d{1,40}")
#: So much of a content's hash says nothing of what holds it (`fates.element`).
BARE_BYTES = 32
_totals, _line_amounts = attrgetter(*_TOTALS), attrgetter(*_LINE_AMOUNTS)


class Became(StrEnum):
    """What an element became."""

    ORDERED = "ordered"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    REVIVED = "revived"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    CONFLICT = "conflict"
    REFUSED = "refused"
    NOT_AN_ORDER = "not_an_order"


@dataclass(frozen=True, slots=True)
class Known:
    """What stands of an order: its version and content; `exists` is False before its first message."""

    exists: bool = False
    version: str | None = None
    content_hash: bytes = b""
    cancelled: bool = False


def standing(order: ChannelOrder) -> Became | None:
    """What an element is by itself: no live order, refused; None when it has to be held against what stands."""
    if order.kind in (Kind.NOT_AN_ORDER, Kind.TEST, Kind.DRAFT):
        unread = any(p.severity is Severity.REFUSE for p in order.problems)
        return Became.REFUSED if unread else Became.NOT_AN_ORDER
    if any(p.severity is Severity.REFUSE for p in order.problems) or out_of_range(order):
        return Became.REFUSED
    return None


def out_of_range(order: ChannelOrder) -> list[str]:
    """The fields whose number no column can hold: they are refused by name instead of being cut."""
    found = [f"lines.{place}.qty" for place, line in enumerate(order.lines) if _is_no_qty(line.qty)]
    amounts = [_totals(order.totals), *map(_line_amounts, order.lines)]
    given = [amount for told in amounts for amount in told if amount is not None]
    if not given or -MAX_AMOUNT < min(given) <= max(given) < MAX_AMOUNT:
        return found
    names = [[f"totals.{name}" for name in _TOTALS]]
    names += [[f"lines.{place}.{name}" for name in _LINE_AMOUNTS] for place in range(len(order.lines))]
    return found + [
        name
        for called, told in zip(names, amounts, strict=True)
        for name, amount in zip(called, told, strict=True)
        if amount is not None and abs(amount) >= MAX_AMOUNT
    ]


def _is_no_qty(qty: Decimal | None) -> bool:
    return qty is not None and (not -MAX_QTY < qty < MAX_QTY or qty != round(qty, QTY_DECIMALS))


def decide(known: Known, order: ChannelOrder, content_hash: bytes, *, is_reading: bool = False) -> tuple[Became, Known]:
    """What a live element does to what is known, and what is known after it; `is_reading`: the order as the channel has it now."""
    new = Known(True, order.version, content_hash, order.kind is Kind.CANCELLATION)
    if not known.exists:
        return (Became.CANCELLED if new.cancelled else Became.ORDERED), new
    # A sender tells of a deletion by its kind alone, even one whose other messages have versions: what is gone has none,
    # so this is neither older than what stands nor a contradiction. What stood stays known: only what is newer than that is
    # the order put back, and no straggler.
    if new.cancelled and order.version is None:
        return (Became.DUPLICATE if known.cancelled else Became.CANCELLED), replace(known, cancelled=True)
    age, same = compare(order.version, known.version), content_hash == known.content_hash
    # Who calls it a change and numbers nothing, as people do in mails, changes what stands; a second order is a contradiction,
    # but where only what holds it is another, as a row of a sheet that is on hold now.
    is_stopped = content_hash[:BARE_BYTES] == known.content_hash[:BARE_BYTES] and not same
    is_change = (order.kind is Kind.UPDATE or is_stopped) and order.version is None and known.version is None
    if known.cancelled:
        taken = _of_cancelled(known, new, age, same=same, is_change=is_change)
        # What we asked for is how the order stands, and what comes later is held against that: it is no straggler.
        return taken if not is_reading else ((Became.DUPLICATE if new.cancelled else Became.REVIVED), new)
    if age == 0 and same and not new.cancelled:
        return Became.DUPLICATE, known
    if age == 0 and not is_change:
        return Became.CONFLICT, known
    if age < 0:
        return Became.SUPERSEDED, known
    if new.cancelled:
        return Became.CANCELLED, new
    return (Became.DUPLICATE, replace(known, version=order.version)) if same else (Became.UPDATED, new)


def _of_cancelled(known: Known, new: Known, age: int, *, same: bool, is_change: bool) -> tuple[Became, Known]:
    """What is told of an order that its channel cancelled: shops take one up again that is paid late or was deleted by mistake."""
    if age == 0 and same and new.cancelled:
        return Became.DUPLICATE, known
    if age < 0 or (new.cancelled and age > 0 and same):
        return Became.SUPERSEDED, known
    if new.cancelled and age > 0:
        return Became.CANCELLED, new  # it tells what became of the money since
    if new.version is None and (same or is_change):
        return Became.REVIVED, new  # who numbers nothing, and writes once more, wants it after all
    if age > 0:
        # Of an order that was cancelled before it had a version nobody can tell whether this was earlier.
        return (Became.SUPERSEDED, known) if known.version is None else (Became.REVIVED, new)
    return (Became.SUPERSEDED if same else Became.CONFLICT), known


def compare(new: str | None, old: str | None) -> int:
    """-1, 0 or 1: whether `new` is older, equal or newer. Times as UTC, else integers; two nulls are equal.

    One that has a version is newer than one that has none. What can't be compared counts as equal, so that
    other content holds the order instead of winning by chance.
    """
    if new is None or old is None:
        return (new is not None) - (old is not None)
    if new == old:
        return 0
    times = _time(new), _time(old)
    if times[0] is not None and times[1] is not None:
        return (times[0] > times[1]) - (times[0] < times[1])
    if _whole(new) and _whole(old):
        return (int(new) > int(old)) - (int(new) < int(old))
    return 0


def _whole(text: str) -> bool:
    return _WHOLE.fullmatch(text) is not None


def _time(text: str) -> datetime | None:
    if _whole(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


#: The strongest says what a whole message became; the order of this list is the order of strength.
_MESSAGE = (
    (Became.ORDERED, "ordered", "accepted"),
    (Became.UPDATED, "updated", "accepted"),
    (Became.CANCELLED, "updated", "accepted"),
    (Became.REVIVED, "updated", "accepted"),
    (Became.CONFLICT, "conflict", "accepted"),
    (Became.REFUSED, "quarantined", "quarantined"),
    (Became.DUPLICATE, "duplicate", "duplicate"),
    (Became.SUPERSEDED, "superseded", "superseded"),
    (Became.NOT_AN_ORDER, "not_an_order", "not_an_order"),
)


def message_outcome(became: Sequence[Became], *, way: str = "", answered: bool = False) -> tuple[str, str]:
    """(outcome of the step `accept`, status of the message) for all that its elements became.

    A mail that is no order (spam, a notice, an auto-reply) is quarantined, where a person may look at it: anybody
    can write to a mailbox, while a shop's own notices and test orders need nobody's eyes. So is one of which a part
    was refused, whatever the rest became, unless its sender was `answered` part by part.
    """
    found = next(((outcome, status) for one, outcome, status in _MESSAGE if one in became), _NO_ORDER)
    if found == _NO_ORDER and way == "email":
        return "quarantined", "quarantined"
    return (found[0], "quarantined") if Became.REFUSED in became and not answered else found


_NO_ORDER = ("not_an_order", "not_an_order")
