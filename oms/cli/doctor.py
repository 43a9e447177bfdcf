"""`oms doctor`: what is wrong with this installation, all of it at once, and how to mend each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from oms import db
from oms.cli import examinations
from oms.cli.arguments import Parser, write
from oms.cli.examinations import FAULT, FINE, WARN, Finding
from oms.embedded.answering import redis_fault
from oms.errors import SettingsInvalid
from oms.settings import Settings, load


@dataclass(frozen=True, slots=True)
class Examination:
    """One thing looked at; it yields nothing when all is well."""

    name: str
    look: Callable[[Session, Settings], Iterator[Finding]]


#: THE table of what is looked at in the database, in this order.
EXAMINATIONS: tuple[Examination, ...] = (
    Examination("version", examinations.version),
    Examination("migrations", examinations.migrations),
    Examination("roles", examinations.roles),
    Examination("clock", examinations.clock_offset),
    Examination("queues", examinations.queues),
    Examination("parked", examinations.parked),
    Examination("leases", examinations.lost_leases),
    Examination("invariants", examinations.violated),
    Examination("waits", examinations.long_waits),
    Examination("seals", examinations.unsealed),
    Examination("calendar", examinations.calendar),
    Examination("channels", examinations.silent_channels),
)


def run(argv: Sequence[str]) -> int:
    """Look at settings, database, Redis and the work that waits; 0 without a fault (warnings are none), else 1."""
    Parser(prog="oms doctor", description=run.__doc__).parse_args(argv)
    found = list(examine())
    for finding in found:
        write(f"{finding.severity:<5} {finding.name}: {finding.says}")
    return 1 if any(finding.severity == FAULT for finding in found) else 0


def examine() -> Iterator[Finding]:
    """Every finding; what can't be looked at because of an earlier fault is left out."""
    try:
        settings = load(os.environ)
    except SettingsInvalid as error:
        yield from (Finding(FAULT, "settings", f"{name} {fault}") for name, fault in error.fields.items())
        return
    yield Finding(FINE, "settings", f"complete, environment {settings.environment}")
    if settings.base_url.startswith("https://") and not settings.proxies:
        hint = "if a proxy does TLS, all seem to come from its machine, with signatures, limits and /metrics: set OMS_PROXIES"
        yield Finding(WARN, "proxies", f"OMS_BASE_URL is https and OMS_PROXIES 0: {hint}")
    away = redis_fault(settings.redis_url)
    yield (
        Finding(WARN, "redis", f"does not answer ({away}): the sweep works on, slower")
        if away
        else Finding(FINE, "redis", "answers")
    )
    yield from _database(settings)


def _database(settings: Settings) -> Iterator[Finding]:
    engine = db.make_engine(settings.database_url, role="report", pool_size=1)
    try:
        with db.Database(engine).transaction() as session:
            session.execute(text("SELECT 1"))
            yield Finding(FINE, "database", "answers")
            yield from _all(session, settings)
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        yield Finding(FAULT, "database", f"{reason}: check OMS_DATABASE_URL and that the server runs")
    finally:
        engine.dispose()


def _all(session: Session, settings: Settings) -> Iterator[Finding]:
    migrated = True
    for examination in EXAMINATIONS:
        if not migrated:
            return
        found = list(examination.look(session, settings))
        yield from found or [Finding(FINE, examination.name, "well")]
        migrated = examination.name != "migrations" or not any(f.severity == FAULT for f in found)
