"""What managers have set, numbers and calendars: read in one statement, kept for the rest of the transaction.

`policy` and `calendar_store` say what the rows mean and write new versions.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db

_KEPT = "house rules"

# As text: the readers keep what they made of the same text.
_ROWS = """
    SELECT 'number' AS what, key AS name, CAST(value AS text) AS data, CAST(NULL AS timestamptz) AS now
    FROM (SELECT DISTINCT ON (key) key, value FROM policy_value WHERE valid_from <= {now}
          ORDER BY key, valid_from DESC, id DESC) p
    UNION ALL
    SELECT 'roster', team, CAST(jsonb_build_object('zone', zone, 'country', country, 'subdivision', subdivision,
           'weekly', weekly, 'makeup', makeup, 'works_holidays', works_holidays) AS text), NULL
    FROM (SELECT DISTINCT ON (team) * FROM roster_version WHERE valid_from <= {now}
          ORDER BY team, valid_from DESC, id DESC) r
    UNION ALL
    SELECT 'day', team, CAST(jsonb_build_object('day', day, 'shifts', shifts) AS text), NULL
    FROM (SELECT DISTINCT ON (team, day) * FROM special_day ORDER BY team, day, id DESC) d
    UNION ALL
    SELECT 'year', country, CAST(jsonb_build_object('year', year, 'off', days_off, 'makeup', makeup_workdays) AS text), NULL
    FROM (SELECT DISTINCT ON (country, year) * FROM national_year ORDER BY country, year, id DESC) y
"""
_AT = text(_ROWS.format(now=":now"))
_NOW = text(f"""
    WITH t AS MATERIALIZED (SELECT {db.BUSINESS_TIME} AS now)
    SELECT 'now' AS what, '' AS name, NULL AS data, now FROM t UNION ALL {_ROWS.format(now="(SELECT now FROM t)")}
""")


#: (what, name, JSON text)
Row = tuple[str, str, str]


class Rules(NamedTuple):
    """What holds at one moment: numbers, and the calendars' rows (roster, day, year), each in a fixed order."""

    numbers: tuple[Row, ...]
    calendars: tuple[Row, ...]


def now(session: Session) -> datetime:
    """Business time, read once a transaction as by `db.now`, together with the rules that hold then: for workers, whose
    stages ask for both."""
    if "now" not in session.info:
        rows = session.execute(_NOW).all()
        session.info["now"] = next(row.now for row in rows if row.what == "now")
        session.info[_KEPT] = (session.info["now"], _rules(row for row in rows if row.what != "now"))
    return db.now(session)


def read(session: Session, now: datetime) -> Rules:
    """The rules that hold at `now`; one statement, then kept."""
    known: tuple[datetime, Rules] | None = session.info.get(_KEPT)
    if known is not None and known[0] == now:
        return known[1]
    found = at(session, now)
    session.info[_KEPT] = (now, found)
    return found


def at(session: Session, moment: datetime) -> Rules:
    """The rules that held, or will hold, at any moment; not kept."""
    return _rules(session.execute(_AT, {"now": moment}))


def _rules(rows: Iterable[Any]) -> Rules:
    found: list[Row] = sorted((row.what, row.name, row.data) for row in rows)
    return Rules(tuple(r for r in found if r[0] == "number"), tuple(r for r in found if r[0] != "number"))


def forget(session: Session) -> None:
    """A rule was written in this transaction."""
    session.info.pop(_KEPT, None)
