"""What `oms doctor` looks at in the database: each function yields its findings, nothing when all is well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from oms import db
from oms.embedded.schema import migration_config
from oms.invariants import waits, watch
from oms.journey import backlog, calendar_store, flow, seal, step_sql
from oms.settings import Settings

FINE, WARN, FAULT = "ok", "warn", "FAULT"
OLDEST_VERSION = 150_000
#: A queue that is so late has no worker and no sweep; a quarter of it is worth a word.
STUCK_S, SLOW_S = 300, 60
UNSEALED_S = 300
SILENT_H, POLL_LATE_S = 24, 900
#: Tables that the application may add to and never change (G-2).
APPEND_ONLY = ("history_entry", "seal", "stock_move")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor: what was looked at, how bad it is, and how to mend it."""

    severity: str
    name: str
    says: str


_LATEST = text(f"""
    SELECT kind, count(*) AS waiting, CAST(extract(epoch FROM clock_timestamp() - min(run_after)) AS float) AS late_s
    FROM step WHERE kind = ANY(CAST(:kinds AS text[])) AND {step_sql.DUE}
    GROUP BY kind ORDER BY late_s DESC
""")

_CHANNELS = text("""
    SELECT c.name, c.polled_until, last.error
    FROM channel c LEFT JOIN LATERAL (
        SELECT s.outcome, s.error FROM step s WHERE s.subject_id = c.id AND s.kind = 'poll' AND s.state = 'done'
        ORDER BY s.finished_at DESC LIMIT 1) last ON TRUE
    WHERE c.active AND c.polled AND (c.polled_until < CAST(:now AS timestamptz) - make_interval(secs => :poll_s)
                                     OR (c.polled_until IS NULL AND last.outcome = 'failed'))
    ORDER BY c.name
""")
#: Ways by which messages come without anybody asking, and what is to be looked at when none does.
_COME_BY_THEMSELVES = {"web_shop": "is its webhook set up?", "email": "does the mail listener run?"}
_SILENT = text("""
    SELECT c.name, c.way FROM channel c
    WHERE c.active AND NOT c.polled AND c.way = ANY(CAST(:ways AS text[]))
      AND EXISTS (SELECT 1 FROM inbound_message m WHERE m.channel_id = c.id)
      AND c.id NOT IN (SELECT m.channel_id FROM inbound_message m
                       WHERE m.received_at >= CAST(:now AS timestamptz) - make_interval(hours => :silent_h))
    ORDER BY c.name
""")


def version(session: Session, settings: Settings) -> Iterator[Finding]:
    """PostgreSQL 15 or later."""
    found = int(session.execute(text("SELECT current_setting('server_version_num')")).scalar_one())
    if found < OLDEST_VERSION:
        yield Finding(FAULT, "version", f"PostgreSQL {found // 10_000} is too old: 15 or later is needed")


def migrations(session: Session, settings: Settings) -> Iterator[Finding]:
    """The schema stands where this release wants it."""
    wanted = set(ScriptDirectory.from_config(migration_config(settings.database_url)).get_heads())
    try:
        with session.begin_nested():
            stands = set(session.execute(text("SELECT version_num FROM alembic_version")).scalars())
    except ProgrammingError:
        stands = set()
    if not stands and wanted:
        yield Finding(FAULT, "migrations", "the database was never migrated: run `oms migrate`")
        return
    if stands != wanted:
        at, to = ", ".join(sorted(stands)) or "nothing", ", ".join(sorted(wanted)) or "nothing"
        yield Finding(FAULT, "migrations", f"the database is at {at}, this release wants {to}: run `oms migrate`")


def roles(session: Session, settings: Settings) -> Iterator[Finding]:
    """The application signs in with a role that can't rewrite the record; outside production that is a word only."""
    severity = FAULT if settings.environment == "production" else WARN
    if session.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar_one():
        yield Finding(severity, "roles", "the application signs in as a superuser: give it a role of its own")
        return
    for table in APPEND_ONLY:
        may = text(
            "SELECT has_table_privilege(current_user, :t, 'UPDATE') OR has_table_privilege(current_user, :t, 'DELETE')"
        )
        if session.execute(may, {"t": table}).scalar_one():
            yield Finding(severity, "roles", f"the application's role may change {table}: revoke UPDATE and DELETE")


def clock_offset(session: Session, settings: Settings) -> Iterator[Finding]:
    """Business time runs with the database's clock."""
    offset = session.execute(text("SELECT offset_s FROM business_clock WHERE id = 1")).scalar_one_or_none() or 0
    if offset:
        severity = FAULT if settings.environment == "production" else WARN
        yield Finding(severity, "clock", f"business time is moved by {offset} s: for tests and the demo only")


def queues(session: Session, settings: Settings) -> Iterator[Finding]:
    """No due work waits long."""
    for queue in flow.QUEUES:
        rows = session.execute(_LATEST, {"kinds": list(flow.kinds_of(queue))}).all()
        if rows and rows[0].late_s >= SLOW_S:
            severity = FAULT if rows[0].late_s >= STUCK_S else WARN
            waiting = sum(row.waiting for row in rows)
            hint = f"{waiting} due, the oldest ({rows[0].kind}) since {rows[0].late_s:.0f} s: do workers and sweep run?"
            yield Finding(severity, "queues", f"{queue}: {hint}")


def parked(session: Session, settings: Settings) -> Iterator[Finding]:
    """No step gave up."""
    count = backlog.parked_count(session)
    if count:
        yield Finding(FAULT, "parked", f"{count} step(s) gave up: look at the page of parked steps and retry them")


def lost_leases(session: Session, settings: Settings) -> Iterator[Finding]:
    """No worker died with work that nobody took over."""
    count = backlog.lost_leases(session)
    if count:
        yield Finding(WARN, "leases", f"{count} step(s) of dead workers wait to be taken over: do workers run?")


def violated(session: Session, settings: Settings) -> Iterator[Finding]:
    """No rule of the house was broken in the last hour, as far as the minutely looks came."""
    for words in watch.found_lately(session, now=db.now(session))[:1]:
        yield Finding(FAULT, "invariants", f"{words[:500]}: `oms check-invariants` shows all there is now")


def long_waits(session: Session, settings: Settings) -> Iterator[Finding]:
    """Nobody sleeps in a transaction or waits long for another's lock (I15)."""
    for words in waits.long_ones(session):
        yield Finding(WARN, "waits", f"{words}: is a process frozen, or a person at a console?")


def unsealed(session: Session, settings: Settings) -> Iterator[Finding]:
    """The record is sealed up to a few minutes ago (G-2)."""
    since = seal.waiting(session, most=seal.BATCH).since
    age_s = (db.now(session) - since).total_seconds() if since is not None else 0.0
    if age_s > UNSEALED_S:
        yield Finding(FAULT, "seals", f"history is not sealed since {age_s:.0f} s: does the sweep run?")


def calendar(session: Session, settings: Settings) -> Iterator[Finding]:
    """The national day table of this year, and from 1 December of the next one, is known."""
    now = db.now(session)
    for year in calendar_store.missing_years(session, now=now):
        severity = FAULT if year == now.astimezone(calendar_store.zone_of(session)).year else WARN
        yield Finding(
            severity, "calendar", f"the holidays of {year} are an estimate: add the official table by `oms calendar`"
        )


def silent_channels(session: Session, settings: Settings) -> Iterator[Finding]:
    """Channels that stopped talking: a poll that is behind, or a sender that fell silent."""
    now = db.now(session)
    for row in session.execute(_CHANNELS, {"now": now, "poll_s": POLL_LATE_S}):
        since = f"since {row.polled_until:%Y-%m-%d %H:%M} UTC" if row.polled_until else "yet"
        why = row.error or "is the channel away?"
        yield Finding(FAULT, "channels", f"{row.name}: not asked for orders {since}: {why}")
    asked = {"now": now, "silent_h": SILENT_H, "ways": list(_COME_BY_THEMSELVES)}
    for row in session.execute(_SILENT, asked):
        hint = _COME_BY_THEMSELVES[row.way]
        yield Finding(WARN, "channels", f"{row.name}: no message for more than {SILENT_H} h: {hint}")
