"""The end of the day: orders by channel and state, KPI, invariants, and what ended elsewhere than it should."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from oms import db, installation
from oms.clock import Month, month_of
from oms.demo import sums, wanted
from oms.demo.goods import PEOPLE
from oms.demo.ground import Ground
from oms.demo.place import PASSWORD
from oms.invariants import check
from oms.journey import calendar_store, seal
from oms.kpi import facts
from oms.kpi.definitions import KPIS
from oms.kpi.report import Report, of_period

_ORDERS = text("""
    SELECT c.name AS channel, o.channel_order_id, o.channel_order_number, o.number, o.status, o.fulfilment_status,
           o.payment_status, o.return_status, o.total, o.currency
    FROM orders o JOIN channel c ON c.id = o.channel_id ORDER BY c.name, o.received_at, o.id
""")
_RULE = "-" * 82
_DUES = text("""
    SELECT DISTINCT date_trunc('hour', due_at) AS due_at FROM step
    WHERE state <> 'cancelled' AND due_at < CAST(:now AS timestamptz) + interval '45 days'
""")


def make(ground: Ground, *, restarts: Mapping[str, int], cpu_s: Mapping[str, float], seconds: float) -> dict[str, Any]:
    """What stands now, and whether it is what the scenario says; `ok` is the exit code's word."""
    folder = ground.place.folder
    with installation.opened(ground.environment) as session:
        now = db.now(session)
        while seal.seal(session) == seal.BATCH:
            pass
        orders = [dict(row._mapping) for row in session.execute(_ORDERS)]
        counts, totals = sums.counts(session), sums.sums(session, folder)
        violations = [str(v) for v in check.check(session)]
        history = seal.verify(session)
        kpi = _kpi(session, now)
    differences = wanted.differences(folder / "robots.json", orders) + sums.disagreements(totals)
    return {
        "ok": not differences and not violations and history.broken is None,
        "seconds": round(seconds, 1),
        "orders": orders,
        "by_state": _by_state(orders),
        "counts": counts,
        "sums": totals,
        "mails_repeated": sums.mails_repeated(folder),
        "kpi": kpi,
        "violations": violations,
        "history": {"sealed": history.sealed, "head": history.head, "broken": history.broken and history.broken.why},
        "differences": differences,
        "restarts": dict(restarts),
        "cpu_s": dict(cpu_s),
        "folder": str(folder),
    }


def at_rest(ground: Ground) -> bool:
    """Whether the system has nothing left to do itself: the last mail is out, the last shop knows."""
    try:
        with installation.opened(ground.environment) as session:
            return sums.waiting(session) == 0
    except OperationalError:  # the database is being started again
        return False


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
    return of_period(session, period=facts.period_of(session, month=month, now=now))


def table(found: Mapping[str, Any]) -> str:
    """The result for people, at most 100 columns wide."""
    lines = ["", "Orders by channel and state", _RULE]
    lines += [f"  {r['channel']:<20}{r['status']:<24}{r['fulfilment']:<30}{r['orders']:>6}" for r in found["by_state"]]
    lines += [_RULE, f"  {'in all':<74}{len(found['orders']):>6}", ""]
    lines += _pairs(found["counts"])
    for month, kpi in found["kpi"].items():
        lines += ["", f"KPI of {month}{' (provisional)' if kpi['provisional'] else ''}", _RULE]
        lines += [
            f"  {KPIS[key].en:<30}{_wide(KPIS[key].zh, 24)}{f['hit']:>8} of {f['of']:<8}{_percent(f['rate']):>10}"
            for key, f in kpi["figures"].items()
        ]
    lines += [_RULE, ""]
    lines += [f"NOT AS THE SCENARIO SAYS: {difference}" for difference in found["differences"]]
    lines += [f"INVARIANT BROKEN: {violation}" for violation in found["violations"]]
    if found["history"]["broken"]:
        lines.append(f"HISTORY BROKEN: {found['history']['broken']}")
    return "\n".join([*lines, _verdict(found)])


def _pairs(counts: Mapping[str, int]) -> list[str]:
    words = [f"{name} {value}" for name, value in counts.items()]
    return ["  " + "   ".join(words)]


def _verdict(found: Mapping[str, Any]) -> str:
    good = f"every order ended as the scenario says, every invariant holds, {found['history']['sealed']} entries of history verify"
    restarts = ", ".join(f"{name} {times}" for name, times in found["restarts"].items())
    words = good if found["ok"] else "SOMETHING IS WRONG (see above)"
    return f"{words}\n{found['seconds']} s; processes started again: {restarts or 'none'}"


def _wide(words: str, columns: int) -> str:
    """Chinese characters take two columns of a terminal."""
    taken = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in words)
    return words + " " * (columns - taken)


def _percent(rate: str | None) -> str:
    return f"{Decimal(rate):.2f} %" if rate else ""


def welcome(ground: Ground) -> str:
    """Where to look and how to sign in."""
    place = ground.place
    lines = ["", f"  pages      {place.base_url}", f"  API        {place.base_url}/api/v1/openapi.json"]
    lines += [f"  labels     {place.folder}/carrier/labels", f"  mails      {place.folder}/mailbox/mail"]
    lines += [f"  logs       {place.folder}/log    (pids.json beside it: kill one and see)", ""]
    lines += [f"  sign in with the password {PASSWORD} as"]
    lines += [f"    {p.login:<9}{p.roles[0].replace('_', ' '):<20}{p.name}" for p in PEOPLE]
    return "\n".join([*lines, "", "Everything stays up until you press Ctrl-C.", ""])
