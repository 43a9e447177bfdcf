"""Folds what changed into lines and sums, an order at a time, so that a month is read and not counted (K-5, K-7).

Every line of a figure comes from the facts of one order alone (or of one subject without an order). So an order whose
facts changed is counted anew by the same rules, its lines are put in place of the former ones, and the sums move by the
difference. A repeat counts the same and moves nothing. What has been folded is known by the rows of `touched` that are
gone, never by a last id or moment, so what commits late is folded late and not lost. Closed months are left alone: what
is told of them afterwards counts in the month in which it is told (`afterwards`).
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from oms.journey import step_sql, touched
from oms.kpi import afterwards, kept, unit_lines
from oms.kpi.definitions import DIMENSIONS, KPIS, PERSON, TOLD
from oms.kpi.facts import facts_of_units
from oms.kpi.models import KpiCount, KpiLine, KpiRecount
from oms.kpi.unit_lines import Kept, Line
from oms.kpi.values import Counted, StepFact
from oms.rows import among, insert_rows

BATCH = 500
#: Marks that are taken at once, each of an order of its own: small, for a transaction that dies is done again from its beginning.
TAKEN = 200
_NAMES = ("month", "kpi", "unit_id", *Counted._fields)
_LINES = text(f"""
    SELECT {", ".join(f'"{name}"' for name in _NAMES)} FROM kpi_line WHERE unit_id = ANY(CAST(:units AS uuid[]))
""")
_TAKE_AWAY = text("""
    DELETE FROM kpi_line USING unnest(CAST(:months AS text[]), CAST(:kpis AS text[]), CAST(:facts AS uuid[]))
                               AS gone(month, kpi, fact_id)
    WHERE kpi_line.month = gone.month AND kpi_line.kpi = gone.kpi AND kpi_line.fact_id = gone.fact_id
""")
_HOLD = text("""
    INSERT INTO kpi_fold (id, folded_at) VALUES (1, :now)
    ON CONFLICT (id) DO UPDATE SET folded_at = greatest(kpi_fold.folded_at, excluded.folded_at)
""")
_FREE = text(f"SELECT id FROM kpi_fold {step_sql.UNLOCKED}")
_HELD = text("SELECT EXISTS (SELECT 1 FROM kpi_fold)")
_ORDERS = text("SELECT id FROM orders WHERE id = ANY(CAST(:ids AS uuid[]))")
_OTHERS = text("""
    SELECT coalesce(order_id, subject_id) FROM step WHERE subject_id = ANY(CAST(:ids AS uuid[]))
    UNION
    SELECT coalesce(order_id, subject_id) FROM step WHERE id = ANY(CAST(:ids AS uuid[]))
""")
_ADD = text("""
    INSERT INTO kpi_count (month, dimension, value, kpi, lines, hit, "of", caught, escaped)
    SELECT * FROM unnest(CAST(:month AS text[]), CAST(:dimension AS text[]), CAST(:value AS text[]), CAST(:kpi AS text[]),
                         CAST(:lines AS bigint[]), CAST(:hit AS bigint[]), CAST(:of AS bigint[]), CAST(:caught AS bigint[]),
                         CAST(:escaped AS bigint[]))
    ON CONFLICT (month, dimension, value, kpi) DO UPDATE SET
        lines = kpi_count.lines + excluded.lines, hit = kpi_count.hit + excluded.hit, "of" = kpi_count."of" + excluded."of",
        caught = kpi_count.caught + excluded.caught, escaped = kpi_count.escaped + excluded.escaped
""")
_UNREAD = text(f"""
    SELECT coalesce(order_id, subject_id) FROM step WHERE kind = 'accept' AND (state = 'open' OR state = 'parked') AND due_at < :now
    ORDER BY due_at LIMIT {BATCH}
""")
_RECOUNT = text("""
    INSERT INTO kpi_recount (unit_id, at) SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:ats AS timestamptz[]))
    ON CONFLICT (unit_id) DO UPDATE SET at = excluded.at
""")


def hold(session: Session, *, now: datetime) -> None:
    """Wait until no other fold runs; the first statement of each transaction that folds."""
    session.execute(_HOLD, {"now": now})


def is_free(session: Session, *, now: datetime) -> bool:
    """Hold the folding unless another one folds, who takes all there is: who waited for it would fail and be parked in the end."""
    if session.execute(_FREE).first() is None and session.execute(_HELD).scalar_one():
        return False
    hold(session, now=now)
    return True


def fold(session: Session, *, now: datetime, limit: int = TAKEN) -> int:
    """Fold up to `limit` touched rows with more of the same orders, or orders whose time has come; return how many, 0 when nothing is left."""
    hold(session, now=now)
    hints = touched.take(session, limit=limit)
    due = set(
        session.scalars(select(KpiRecount.unit_id).where(KpiRecount.at < now).order_by(KpiRecount.at).limit(limit))
    )
    units = _units(session, hints) | due
    fold_units(session, units=units, now=now)
    return len(hints) + len(due)


def fold_unread(session: Session, *, now: datetime) -> None:
    """Fold the messages that should have been read by now: their steps open with the message, and tell nobody."""
    hold(session, now=now)
    fold_units(session, units=session.execute(_UNREAD, {"now": now}).scalars(), now=now)


def fold_units(session: Session, *, units: Iterable[uuid.UUID], now: datetime) -> None:
    """Count these orders, and subjects without an order, anew: a fixed number of statements for a few hundred."""
    ids = sorted(units)
    if not ids:
        return
    facts, last = facts_of_units(session, units=ids, now=now), kept.last_closed(session)
    old = _kept(session, ids)
    new = unit_lines.of_units(session, facts, old, last=last, now=now)
    _replace(session, {line: value for line, value in old.items() if line[0] > last}, new)
    _come_back(session, ids, facts, now)


def _units(session: Session, hints: set[uuid.UUID]) -> set[uuid.UUID]:
    """Orders are told by their ids; other hints are subjects or steps, and lead to their order or stand alone."""
    if not hints:
        return set()
    orders = set(session.execute(_ORDERS, {"ids": list(hints)}).scalars())
    others = hints - orders
    return orders | set(session.execute(_OTHERS, {"ids": list(others)}).scalars()) if others else orders


def _replace(session: Session, old: Mapping[Line, Kept], new: Mapping[Line, Kept]) -> None:
    if old == new:
        return
    gone = [(key, value) for key, value in old.items() if new.get(key) != value]
    come = [(key, value) for key, value in new.items() if old.get(key) != value]
    if gone:
        columns = zip(
            ("months", "kpis", "facts"),
            zip(*[(m, k, line[0]) for (m, k, _), (_, line) in gone], strict=True),
            strict=True,
        )
        session.execute(_TAKE_AWAY, {name: list(column) for name, column in columns})
    rows = [(m, k, unit, *line) for (m, k, _), (unit, line) in come]
    insert_rows(session, KpiLine, [dict(zip(_NAMES, row, strict=True)) for row in rows])
    add(
        session,
        [(m, k, line, -1) for (m, k, _), (_, line) in gone] + [(m, k, line, 1) for (m, k, _), (_, line) in come],
    )


def _kept(session: Session, units: list[uuid.UUID]) -> dict[Line, Kept]:
    """The lines as they were counted last, also those of closed months."""
    rows = session.execute(_LINES, {"units": units}).all()
    return {(r[0], r[1], r[3].int): (r[2], Counted._make(r[3:])) for r in rows}


def add(session: Session, moved: Iterable[tuple[str, str, Counted, int]]) -> None:
    """Move the sums by lines that come (1) or go (-1)."""
    sums = summed(moved)
    rows = [(key, values) for key, values in sorted(sums.items()) if any(values)]
    if rows:
        session.execute(
            _ADD,
            {name: [key[n] for key, _ in rows] for n, name in enumerate(("month", "dimension", "value", "kpi"))}
            | {
                name: [values[n] for _, values in rows]
                for n, name in enumerate(("lines", "hit", "of", "caught", "escaped"))
            },
        )


def summed(moved: Iterable[tuple[str, str, Counted, int]]) -> dict[tuple[str, str, str, str], tuple[int, ...]]:
    """(month, dimension, value, KPI) -> lines, hit, of, caught, escaped; the company's dimension and value are empty."""
    counter: Counter[tuple[str, str, str, str, int]] = Counter()
    for (month, kpi, *values), (lines, hit, own, *rest) in _alike(moved).items():
        named = dict(zip((*DIMENSIONS, TOLD), values, strict=True))
        for dimension in ("", *KPIS[kpi].dimensions, TOLD):
            value = named.get(dimension, "")
            if value is not None:
                shares = (lines, own if dimension == PERSON else hit, *rest)
                for place, amount in enumerate(shares):
                    counter[month, dimension, value, kpi, place] += amount
    keys = {key[:4] for key in counter}
    return {key: tuple(counter[*key, place] for place in range(5)) for key in keys}


#: The values by which a line is broken down; a person's numerator may be another than that of the rest.
_VALUES = attrgetter(*DIMENSIONS)


def _alike(moved: Iterable[tuple[str, str, Counted, int]]) -> dict[tuple[Any, ...], list[int]]:
    """Lines that are in the same sums, added up: (month, KPI, value of each dimension, closed month of what was told) -> lines,
    hit, own hit, of, caught, escaped. They are few for many lines, and each is shared out over its sums once."""
    found: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0, 0])
    for month, kpi, line, sign in moved:
        sums = found[month, kpi, *_VALUES(line), afterwards.month_told(line.why)]
        sums[0] += sign
        sums[1] += sign * line.hit
        sums[2] += sign * (line.hit if line.own_hit is None else line.own_hit)
        sums[3] += sign * line.of
        sums[4] += sign * line.caught
        sums[5] += sign * line.escaped
    return found


def _come_back(session: Session, units: list[uuid.UUID], facts: Sequence[StepFact], now: datetime) -> None:
    """Remember when time alone changes a line: at the due time, at the moment after which an end is late, or when a pause
    has stood for too long."""
    at: dict[uuid.UUID, datetime] = {}
    for fact in facts:
        if (fact.done and not fact.rest) or fact.cancelled:
            continue
        moments = (fact.due_at, fact.promised_at, fact.late_from, *(pause.until for pause in fact.pauses))
        ahead = [m for m in moments if m is not None and m >= now]
        if ahead:
            at[fact.unit] = min(at.get(fact.unit, ahead[0]), *ahead)
    session.execute(delete(KpiRecount).where(among(KpiRecount.unit_id, [unit for unit in units if unit not in at])))
    if at:
        session.execute(_RECOUNT, {"ids": list(at), "ats": list(at.values())})


def count_of(session: Session, *, month: str) -> int:
    """How many facts the month's largest figure has, as folded so far."""
    found = session.get(KpiCount, (month, "", "", "on_time"))
    return found.lines if found is not None else 0
