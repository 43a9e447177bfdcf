"""The end of the day: orders by channel and state, KPI, invariants, and what ended elsewhere than it should."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.clock import Month, month_of
from oms.demo import seed, wanted
from oms.demo.goods import PEOPLE
from oms.demo.ground import Ground
from oms.demo.place import PASSWORD
from oms.invariants import check
from oms.journey import calendar_store, seal
from oms.kpi import facts
from oms.kpi.definitions import KPIS
from oms.kpi.report import Report, counted

_ORDERS = text("""
    SELECT c.name AS channel, o.channel_order_id, o.channel_order_number, o.number, o.status, o.fulfilment_status,
           o.payment_status, o.return_status, o.total, o.currency
    FROM orders o JOIN channel c ON c.id = o.channel_id ORDER BY c.name, o.received_at, o.id
""")
_COUNTS = text("""
    SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM parcel WHERE label_status <> 'voided') AS labels,
           (SELECT count(*) FROM message WHERE status = 'sent') AS mails, (SELECT count(*) FROM inbound_message) AS messages,
           (SELECT count(*) FROM inbound_message WHERE status = 'quarantined') AS quarantined,
           (SELECT coalesce(sum(on_hand), 0) FROM stock) AS on_hand, (SELECT coalesce(sum(reserved), 0) FROM stock) AS reserved,
           (SELECT count(*) FROM step WHERE state = 'parked') AS parked, (SELECT count(*) FROM history_entry) AS history
""")
_DUES = text("""
    SELECT DISTINCT date_trunc('hour', due_at) AS due_at FROM step
    WHERE state <> 'cancelled' AND due_at < CAST(:now AS timestamptz) + interval '45 days'
""")


def make(ground: Ground, *, restarts: Mapping[str, int], seconds: float) -> dict[str, Any]:
    """What stands now, and whether it is what the scenario says; `ok` is the exit code's word."""
    with seed.opened(ground.environment) as session:
        now = db.now(session)
        while seal.seal(session) == seal.BATCH:
            pass
        orders = [dict(row._mapping) for row in session.execute(_ORDERS)]
        counts = dict(session.execute(_COUNTS).one()._mapping)
        violations = [str(v) for v in check.check(session)]
        history = seal.verify(session)
        kpi = _kpi(session, now)
    differences = wanted.differences(ground.place.folder / "robots.json", orders)
    return {
        "ok": not differences and not violations and history.broken is None,
        "seconds": round(seconds, 1),
        "orders": orders,
        "by_state": _by_state(orders),
        "counts": counts,
        "kpi": kpi,
        "violations": violations,
        "history": {"sealed": history.sealed, "head": history.head, "broken": history.broken and history.broken.why},
        "differences": differences,
        "restarts": dict(restarts),
        "folder": str(ground.place.folder),
    }


def _by_state(orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str, str], int] = {}
    for order in orders:
        key = (order["channel"], order["status"], order["fulfilment_status"])
        counts[key] = counts.get(key, 0) + 1
    return [{"channel": c, "status": s, "fulfilment": f, "orders": n} for (c, s, f), n in sorted(counts.items())]


def _kpi(session: Session, now: datetime) -> dict[str, Any]:
    """Company figures of the months in which the run's due times lie; provisional until a month is frozen."""
    zone = calendar_store.zone_of(session)
    months = sorted({month_of(row.due_at, zone) for row in session.execute(_DUES, {"now": now})}, key=str)
    found = {}
    for month in months:
        report = _month(session, month, now)
        figures = {kpi: report.company(kpi) for kpi in KPIS}
        found[str(month)] = {
            "provisional": report.provisional,
            "figures": {
                k: {"hit": str(f.hit), "of": str(f.of), "rate": f.rate and str(f.rate)}
                for k, f in figures.items()
                if f.of
            },
        }
    return found


def _month(session: Session, month: Month, now: datetime) -> Report:
    """A run at the end of a month has promises in the next one: what is known of it counts already."""
    period = facts.period_of(session, month=month, now=now)
    steps = facts.step_facts(session, period=period)
    return counted(steps, facts.error_facts(session, period=period, facts=steps), period)


def table(found: Mapping[str, Any]) -> str:
    """The result for people."""
    lines = ["", "orders by channel and state", "-" * 64]
    lines += [f"{r['channel']:<16}{r['status']:<18}{r['fulfilment']:<22}{r['orders']:>6}" for r in found["by_state"]]
    lines += ["-" * 64, "  ".join(f"{name} {value}" for name, value in found["counts"].items()), ""]
    for month, kpi in found["kpi"].items():
        lines.append(f"KPI {month}{' (provisional)' if kpi['provisional'] else ''}")
        lines += [
            f"  {KPIS[key].en:<34}{f['hit']:>8} / {f['of']:<8}{_percent(f['rate'])}"
            for key, f in kpi["figures"].items()
        ]
    lines.append("")
    lines += [f"NOT AS THE SCENARIO SAYS: {difference}" for difference in found["differences"]]
    lines += [f"INVARIANT BROKEN: {violation}" for violation in found["violations"]]
    verdict = "every order ended as the scenario says, every invariant holds" if found["ok"] else "SOMETHING IS WRONG"
    lines.append(f"{verdict}; {found['seconds']} s; restarts {found['restarts'] or 'none'}")
    return "\n".join(lines)


def _percent(rate: str | None) -> str:
    return f"{Decimal(rate) * 100:.1f} %" if rate else ""


def welcome(ground: Ground) -> str:
    """Where to look and how to sign in."""
    place = ground.place
    logins = ", ".join(f"{p.login} ({p.roles[0].replace('_', ' ')})" for p in PEOPLE)
    return (
        f"\npages     {place.base_url}\nAPI       {place.base_url}/api/v1/openapi.json\n"
        f"sign in   password {PASSWORD}; logins: {logins}\nlabels    {place.folder}/carrier/labels\n"
        f"mails     {place.folder}/mailbox/mail\nstop      Ctrl-C\n"
    )
