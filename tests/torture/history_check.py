"""Is a recorded history possible in a house that does one thing after another? Pure.

Every operation has the moment its caller began it and the moment its caller was answered; what is answered before
another begins must be seen by it. Read as Elle reads appends to lists: each value is unique, so a read tells whose
appends came before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

APPEND, READ, STATUS, VERSION, STOCK = "append", "read", "status", "version", "stock"
#: A caller was told yes, told no, or never told.
OK, REFUSED, UNKNOWN = "ok", "refused", "unknown"


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of one client about one thing. `value` is what it appended, `seen` what it read."""

    client: int
    kind: str
    key: str
    began: float
    ended: float
    told: str = OK
    value: str = ""
    seen: Any = None


@dataclass(slots=True)
class _Known:
    """What every read of a list that begins from now on must show."""

    needed: set[str] = field(default_factory=set)
    places: dict[str, int] = field(default_factory=dict)


def anomalies(history: Sequence[Operation], *, moves: Mapping[str, frozenset[str]]) -> list[str]:
    """Everything in the history that cannot be; empty when there is nothing. `moves`: status -> the next ones allowed."""
    of_key: dict[str, list[Operation]] = defaultdict(list)
    for operation in history:
        of_key[operation.key].append(operation)
    said: list[str] = []
    for key, operations in of_key.items():
        said += lists(key, operations)
        said += statuses(key, [o for o in operations if o.kind == STATUS], moves)
        said += versions(key, [o for o in operations if o.kind == VERSION])
        said += stock(key, [o for o in operations if o.kind == STOCK])
    return said


# ------------------------------------------------------------------ lists that are appended to


def lists(key: str, operations: Sequence[Operation]) -> list[str]:
    """Each append that was acknowledged, or seen once, is in every later read, once, and nothing else is."""
    appends = {o.value: o for o in operations if o.kind == APPEND}
    reads = sorted((o for o in operations if o.kind == READ and o.told == OK), key=lambda o: o.began)
    certain = _in_time([o for o in operations if o.told == OK and o.kind in (APPEND, READ)])
    known, said, at = _Known(), [], 0
    for read in reads:
        while at < len(certain) and certain[at].ended < read.began:
            known.needed.update(_values(certain[at]))
            at += 1
        said += _one_read(key, read, appends, known)
    return said


def _in_time(operations: Iterable[Operation]) -> list[Operation]:
    return sorted(operations, key=lambda o: o.ended)


def _values(operation: Operation) -> Sequence[str]:
    return operation.seen if operation.kind == READ else (operation.value,)


def _one_read(key: str, read: Operation, appends: Mapping[str, Operation], known: _Known) -> list[str]:
    who = f"{key}: the read of client {read.client} at {read.began:.3f}"
    seen = set(read.seen)
    said = [f"{who} does not show {value!r}, which stood before" for value in sorted(known.needed - seen)]
    if len(seen) != len(read.seen):
        said.append(f"{who} shows something twice: {sorted(v for v in seen if read.seen.count(v) > 1)}")
    for value in read.seen:
        append = appends.get(value)
        if append is None:
            said.append(f"{who} shows {value!r}, which nobody wrote")
        elif append.told == REFUSED:
            said.append(f"{who} shows {value!r}, which was refused")
        elif append.began > read.ended:
            said.append(f"{who} shows {value!r} before it was written")
    return said + _order(who, read.seen, known)


def _order(who: str, seen: Sequence[str], known: _Known) -> list[str]:
    """Two entries never change places."""
    placed = [known.places[value] for value in seen if value in known.places]
    said = [f"{who} shows entries in another order than a read before"] if placed != sorted(placed) else []
    if not said and len(seen) >= len(known.places):
        known.places = {value: place for place, value in enumerate(seen)}
    return said


# ------------------------------------------------------------------ states, versions, stock


def statuses(key: str, reads: Sequence[Operation], moves: Mapping[str, frozenset[str]]) -> list[str]:
    """A later read shows a status that the earlier one can have become."""
    reach = {status: _reach(status, moves) for status in moves}
    return [
        f"{key}: was {one.seen} at {one.ended:.3f} and {two.seen} at {two.began:.3f}"
        for one, two in _one_after_the_other(reads)
        if two.seen not in reach.get(one.seen, frozenset())
    ]


def _reach(status: str, moves: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found, new = {status}, [status]
    while new:
        new = [after for before in new for after in moves.get(before, frozenset()) if after not in found]
        found.update(new)
    return frozenset(found)


def versions(key: str, reads: Sequence[Operation]) -> list[str]:
    """A later read never shows an older version."""
    return [
        f"{key}: version {one.seen} at {one.ended:.3f} and then {two.seen} at {two.began:.3f}"
        for one, two in _one_after_the_other(reads)
        if two.seen < one.seen
    ]


def _one_after_the_other(reads: Sequence[Operation]) -> list[tuple[Operation, Operation]]:
    """Pairs of reads of which the first had ended when the second began: each with the last that ended before it."""
    ended, begun = _in_time(reads), sorted(reads, key=lambda o: o.began)
    found, at = [], 0
    for read in begun:
        while at < len(ended) and ended[at].ended < read.began:
            at += 1
        # Those who overlapped each other may have seen either order: hold the read against all of them.
        last = ended[at - 1].ended if at else 0.0
        found += [(before, read) for before in ended[:at] if at and before.ended >= _began_of(ended[:at], last)]
    return found


def _began_of(ended: Sequence[Operation], last: float) -> float:
    return min(o.began for o in ended if o.ended == last)


def stock(key: str, reads: Sequence[Operation]) -> list[str]:
    """Nothing is promised twice: 0 <= reserved <= on hand in every read."""
    return [
        f"{key}: {reserved} reserved of {on_hand} on hand at {read.began:.3f}"
        for read in reads
        for on_hand, reserved in [read.seen]
        if not 0 <= reserved <= on_hand
    ]
