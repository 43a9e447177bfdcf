"""Every figure of every open month counted anew from the facts, and held against the lines and sums that were folded (I12).

What was never folded is folded by nobody here: only what is marked to be is taken first, as the next minute would have done.
A closed month takes no more facts; that it stands as it was closed is the invariant `a_closed_month_stands`.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.clock import Month
from oms.kpi import fold, monthly
from oms.kpi.facts import period_of
from oms.kpi.report import Report, of_period

#: (KPI, group) -> hit, of, and the lines behind it where they are kept.
Told = dict[tuple[str, tuple[str, str] | None], tuple[object, ...]]
#: Differences shown of one month.
SHOWN = 5

# Besides the months with lines those in which only what was lost would count.
_MONTHS = text("""
    SELECT month FROM (
        SELECT month FROM kpi_line UNION SELECT month FROM kpi_count WHERE lines <> 0
        UNION SELECT to_char(due_at, 'YYYY-MM') FROM step UNION SELECT to_char(received_at, 'YYYY-MM') FROM orders) m
    WHERE month NOT IN (SELECT month FROM kpi_month WHERE closed_at IS NOT NULL) ORDER BY month
""")


def kpis(session: Session) -> tuple[list[str], dict[str, int]]:
    """What differs, in words, and how many months and lines were counted anew."""
    now = db.now(session)
    while fold.fold(session, now=now):
        pass
    fold.fold_unread(session, now=now)
    wrong: list[str] = []
    months = [Month(int(name[:4]), int(name[5:])) for name in session.execute(_MONTHS).scalars()]
    lines = 0
    for month in months:
        # Also of a month to come, in which some promises lie.
        anew = of_period(session, period=period_of(session, month=month, now=now))
        lines += sum(len(f.lines) for f in anew.figures if f.group is None)
        kept = monthly.with_lines(session, month=month, counted_at=now, provisional=True)
        wrong += differences(f"{month} lines", told(anew), told(kept))
        wrong += differences(f"{month} sums", without_lines(told(anew)), _sums(session, month))
    return wrong, {"KPI months counted anew": len(months), "KPI lines counted anew": lines}


def _sums(session: Session, month: Month) -> Told:
    figures = monthly.figures_between(session, first=month, last=month).get(str(month), [])
    return {(f.kpi, f.group): (f.hit, f.of) for f in figures if f.of}


def told(report: Report) -> Told:
    """A report's figures that have lines."""
    return {(f.kpi, f.group): (f.hit, f.of, f.lines) for f in report.figures if f.lines}


def without_lines(figures: Told) -> Told:
    """The same without the lines; figures of nothing left out, since no sum is shown of them."""
    return {key: values[:2] for key, values in figures.items() if values[1]}


def differences(what: str, anew: Told, kept: Told) -> list[str]:
    """The figures that are not the same, the first few by name with hit and of."""
    names = sorted((key for key in anew.keys() | kept.keys() if anew.get(key) != kept.get(key)), key=str)
    words = [f"I12 {what}: {name}: counted {_shown(anew, name)}, kept {_shown(kept, name)}" for name in names[:SHOWN]]
    return words + ([f"I12 {what}: and {len(names) - SHOWN} more"] if len(names) > SHOWN else [])


def _shown(figures: Told, name: tuple[str, tuple[str, str] | None]) -> str:
    hit, of, *lines = figures.get(name, (0, 0))
    return f"{hit} of {of}" + "".join(f" in {len(own)} lines" for own in lines if isinstance(own, tuple))
