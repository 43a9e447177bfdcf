"""What is told after its month was closed counts once all the same: in the month in which it was told, and says of which it is (K-7).

A delivery that the carrier tells of weeks later, an order that lay unread, a part that was released long after its promise: the
rules say of which month each is, and that month stands. What it has counted is counted nowhere else. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from uuid import UUID

from oms.kpi.definitions import SPLIT
from oms.kpi.values import Counted, StepFact

#: In these an order counts once, by whichever of its parts; in the others each fact does.
ONCE_AN_ORDER = frozenset({"completion", "perfect_order"})
#: In these a scan or an answer that comes later shows what its month could not know.
DECIDED_LATER = frozenset({"shipped_on_time", "delivered_on_time", "completion", "perfect_order", "response"})

Key = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class Stood:
    """What some units have already: what closed months counted, and of what they only named that it was told."""

    counted: Mapping[Key, Counted]
    named: Set[Key]
    #: the open month in which each stands
    open_in: Mapping[Key, str]
    #: the pairs of promises that an order had before it was split up, by order
    whole: Mapping[UUID | None, Set[UUID]]

    def has(self, kpi: str, line: Counted) -> bool:
        """Whether it counted in a closed month; the parts of an order whose own promise was missed there are not missed again."""
        if not self.counted:
            return False
        pairs = self.whole.get(line.order_id, ())
        return _key(kpi, line) in self.counted or any((kpi, pair) in self.counted for pair in pairs)

    def told(self, kpi: str, line: Counted, month: str) -> Counted | None:
        """A line of the closed `month` as it counts in the month in which it was told; None for what that has already.

        Of what counted there as missed and was reached in time after all no figure changes: it is named, and counts nothing.
        """
        if not self.has(kpi, line):
            return line._replace(why=_of(month, line.why)) if line.of else None
        was = self.counted.get(_key(kpi, line))
        if was is None or kpi not in DECIDED_LATER or line.hit <= was.hit or _key(kpi, line) in self.named:
            return None
        # That an error was lifted is told by itself (`corrections`).
        return None if reason(was.why) == "error" else line._replace(why=_of(month, line.why), hit=0, of=0)

    def told_in(self, kpi: str, line: Counted, now: str) -> str:
        """The month in which a line was told: the one in which it stands, else `now`."""
        return self.open_in.get(_key(kpi, line), now)


def stood(lines: Iterable[tuple[str, str, Counted]], facts: Iterable[StepFact], *, last: str) -> Stood:
    """From (month, KPI, line)s that are kept, and the facts as they are now; `last` is the last closed month."""
    counted: dict[Key, Counted] = {}
    named: set[Key] = set()
    open_in: dict[Key, str] = {}
    for month, kpi, line in lines:
        if month > last:
            open_in[_key(kpi, line)] = month
        elif line.of:
            counted[_key(kpi, line)] = line
        elif month_told(line.why):
            named.add(_key(kpi, line))
    whole: dict[UUID | None, set[UUID]] = defaultdict(set)
    for f in facts:
        if f.outcome == SPLIT:
            whole[f.order_id].add(f.step_id)
    return Stood(counted, named, open_in, whole)


def month_told(why: str) -> str | None:
    """The closed month of a line that was told after it."""
    return why.rpartition("/")[0] or None


def reason(why: str) -> str:
    """Why a line counts or does not, without the month."""
    return why.rpartition("/")[2]


def instead(why: str, code: str) -> str:
    """Another reason in the place of that of `why`; its month stays."""
    month = month_told(why)
    return _of(month, code) if month else code


def _of(month: str, why: str) -> str:
    return f"{month}/{why}"


def _key(kpi: str, line: Counted) -> Key:
    return kpi, (line.order_id or line.fact_id) if kpi in ONCE_AN_ORDER else line.fact_id
