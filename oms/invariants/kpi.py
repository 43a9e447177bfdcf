"""KPIs: what pages read is the sum of the lines behind it, every step has its line, closed months never change (I12)."""

from __future__ import annotations

from collections.abc import Iterable

from oms.invariants.table import Invariant
from oms.kpi.closing import CLOSED, DIGEST
from oms.kpi.definitions import KPIS, OUTSIDERS, PERSON, STAGE_OF, TOLD

_HAVING = {
    dimension: [kpi.key for kpi in KPIS.values() if dimension in kpi.dimensions]
    for dimension in sorted({dimension for kpi in KPIS.values() for dimension in kpi.dimensions})
}


def _summed() -> str:
    """The sums over the lines, computed in SQL and not by the fold's own code."""
    parts = [_part("''", "''", "hit", "TRUE")]
    for dimension, kpis in _HAVING.items():
        hit = "coalesce(own_hit, hit)" if dimension == PERSON else "hit"
        named = ", ".join(f"'{kpi}'" for kpi in kpis)
        parts.append(_part(f"'{dimension}'", dimension, hit, f"{dimension} IS NOT NULL AND kpi IN ({named})"))
    parts.append(_part(f"'{TOLD}'", "substr(why, 1, 7)", "hit", "position('/' IN why) > 0"))
    return " UNION ALL ".join(parts)


def _part(dimension: str, value: str, hit: str, where: str) -> str:
    return (
        f'SELECT month, {dimension} AS dimension, {value} AS value, kpi, count(*) AS lines, sum({hit}) AS hit, sum("of") AS "of",'
        f" sum(caught) AS caught, sum(escaped) AS escaped FROM kpi_line WHERE {where} GROUP BY 1, 2, 3, 4"
    )


def _named(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


# Whose fold is still to come: what changed is told by the id of the order, the subject or the step.
_TO_FOLD = "SELECT subject_id FROM touched"
# A month that is closed takes no more lines. A day more, since a month ends at another hour in each zone.
_CLOSED_UNTIL = """
    (SELECT CAST(max(month) || '-01' AS timestamp) + interval '1 month' + interval '1 day' FROM kpi_month WHERE closed_at IS NOT NULL)
"""
_OURS = f"s.state = 'done' AND s.kind IN ({_named(STAGE_OF)}) AND s.performer NOT IN ({_named(OUTSIDERS)})"

KPI: dict[str, Invariant] = {
    "kpi_is_sum_of_lines": Invariant(
        "I12",
        "every sum of a KPI is that of the lines behind it, and no line is in none",
        f"""SELECT coalesce(c.month, l.month) || ' ' || coalesce(c.kpi, l.kpi) AS subject,
                   concat_ws(' ', coalesce(c.dimension, l.dimension), coalesce(c.value, l.value), 'kept', c.hit, 'of', c."of",
                             'lines', l.hit, 'of', l."of") AS detail
            FROM kpi_count c FULL JOIN ({_summed()}) l
              ON l.month = c.month AND l.dimension = c.dimension AND l.value = c.value AND l.kpi = c.kpi
            WHERE (c.hit, c."of", c.caught, c.escaped) IS DISTINCT FROM (l.hit, l."of", l.caught, l.escaped)
              AND NOT (l.month IS NULL AND c."of" = 0 AND c.hit = 0 AND c.caught = 0 AND c.escaped = 0)""",
    ),
    # Not by the rules' own code: who ended by the due time was in time, who has not ended was not.
    "every_step_is_folded": Invariant(
        "I12",
        "each step of ours that ended is behind the on-time figure, as what it was, or is about to be counted",
        f"""SELECT s.id AS subject, s.kind || ' due ' || s.due_at || ', ended ' || s.finished_at || ', counted as '
                   || coalesce(l.why, 'nothing') AS detail
            FROM step s LEFT JOIN kpi_line l ON l.kpi = 'on_time' AND l.fact_id = s.id
            WHERE {_OURS} AND (l.fact_id IS NULL OR l.why IN ('open_late', 'not_due_yet')
                               OR (l.why = 'late' AND s.finished_at <= s.due_at))
              AND s.id NOT IN ({_TO_FOLD}) AND s.subject_id NOT IN ({_TO_FOLD})
              AND coalesce(s.order_id NOT IN ({_TO_FOLD}), TRUE)
              AND coalesce(s.due_at >= {_CLOSED_UNTIL}, TRUE)""",
    ),
    "a_closed_month_stands": Invariant(
        "I12",
        "a month that was closed is told with its closing, and its lines are those that were closed",
        f"""SELECT m.month AS subject, 'closed as ' || coalesce(h.data ->> 'digest', 'nothing told') || ', now ' || d.digest AS detail
            FROM kpi_month m
            LEFT JOIN history_entry h ON h.subject_type = 'kpi_month' AND h.event = '{CLOSED}' AND h.data ->> 'month' = m.month
            CROSS JOIN LATERAL ({DIGEST.format(month="m.month")}) d
            WHERE m.closed_at IS NOT NULL AND h.data ->> 'digest' IS DISTINCT FROM d.digest""",
    ),
    "a_fact_counts_once": Invariant(
        "I12",
        "no step is in one figure of two orders, and no line is beside the order it belongs to",
        """SELECT l.month || ' ' || l.kpi AS subject, l.fact_id::text AS detail FROM kpi_line l
           JOIN step s ON s.id = l.fact_id WHERE l.unit_id <> coalesce(s.order_id, s.subject_id)""",
    ),
}
