"""KPIs: what pages read is the sum of the lines behind it; closed months say when they were closed (I12)."""

from __future__ import annotations

from oms.invariants.table import Invariant
from oms.kpi.definitions import KPIS, PERSON

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
    return " UNION ALL ".join(parts)


def _part(dimension: str, value: str, hit: str, where: str) -> str:
    return (
        f'SELECT month, {dimension} AS dimension, {value} AS value, kpi, count(*) AS lines, sum({hit}) AS hit, sum("of") AS "of",'
        f" sum(caught) AS caught, sum(escaped) AS escaped FROM kpi_line WHERE {where} GROUP BY 1, 2, 3, 4"
    )


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
    "a_fact_counts_once": Invariant(
        "I12",
        "no step is in one figure of two orders, and no line is beside the order it belongs to",
        """SELECT l.month || ' ' || l.kpi AS subject, l.fact_id::text AS detail FROM kpi_line l
           JOIN step s ON s.id = l.fact_id WHERE l.unit_id <> coalesce(s.order_id, s.subject_id)""",
    ),
}
