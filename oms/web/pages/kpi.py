"""A month's KPIs: company, channel, stage, person; each figure opens the list of its orders (K-1..K-4, K-7)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import get_locale
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.accounts import names
from oms.clock import Month, month_of
from oms.errors import NotAllowed
from oms.kpi import corrections, kept
from oms.kpi.definitions import CHANNEL, KPIS, PERSON, STAGE, STAGES
from oms.kpi.definitions import DIMENSIONS as DIMENSIONS_OF_LINES
from oms.kpi.monthly import figures_of, lines_of
from oms.kpi.rendering import why_text
from oms.kpi.report import Report
from oms.kpi.values import Figure
from oms.web import edge
from oms.web.api.paging import decode, encode
from oms.web.auth import me, right
from oms.web.pages import acting, order_story

pages = Blueprint("kpi", __name__)

ROWS = 200
DIMENSIONS = (CHANNEL, STAGE, PERSON)
#: The three that the organisation is judged by stand on top.
HEADLINES = ("perfect_order", "on_time", "completion", "delivered_on_time", "shipped_on_time", "satisfaction")


@pages.get("/kpi")
@right("kpi.read")
def index() -> AnyResponse:
    """This month."""
    with edge.transaction() as session:
        month = month_of(db.now(session), acting.zone())
    return redirect(url_for("kpi.show", month=month))


@pages.get("/kpi/<month>")
@right("kpi.read")
def show(month: str) -> Response:
    """The figures of the company, and broken down by one dimension."""
    by = request.args.get("by", CHANNEL)
    by = by if by in _dimensions() else CHANNEL
    with edge.transaction() as session:
        now = db.now(session)
        report = figures_of(session, month=Month.parse(month), now=now)
        late = corrections.of_month(session, month=report.month, now=now)
        told = kept.told_of_closed(session, month=report.month)
        recorders = names.by_login(session, logins={one.by for one in late})
    figures = {f.kpi: f for f in report.figures if f.group is None}
    groups = _groups(report, by)
    return acting.page(
        "kpi/show.html",
        report=report,
        headlines=[figures[kpi] for kpi in HEADLINES if kpi in figures],
        figures=[figures[kpi] for kpi in KPIS if kpi in figures],
        groups=groups,
        by=by,
        dimensions=_dimensions(),
        name=_name,
        group_name=lambda value: _group_name(by, value),
        columns=[kpi for kpi in KPIS if any(own[kpi].of for own in groups.values() if kpi in own)],
        before=report.month.previous(),
        after=_next(report.month, now),
        now=now,
        corrections=late,
        told_later=told,
        persons=me().may("kpi.person"),
        named=lambda actor: order_story.who(actor, recorders),
    )


@pages.get("/kpi/<month>/<kpi>")
@right("kpi.read")
def lines(month: str, kpi: str) -> Response:
    """The orders behind one figure, as they were counted."""
    by, value = request.args.get("by"), request.args.get("value")
    if by == PERSON and not me().may("kpi.person"):
        raise NotAllowed("figures of persons need the right kpi.person")
    after = decode(request.args.get("after"), uuid.UUID)
    with edge.transaction() as session:
        now, asked = db.now(session), Month.parse(month)
        report = figures_of(session, month=asked, now=now)
        found = lines_of(
            session,
            month=asked,
            kpi=kpi,
            group=_group_asked(by, value),
            limit=ROWS,
            now=now,
            after=after[0] if after else None,
        )
    return acting.page(
        "kpi/lines.html",
        report=report,
        figure=found.figure,
        lines=found.lines,
        next=encode((found.next,)) if found.next else None,
        name=_name,
        why=lambda code: why_text(code, str(get_locale())),
        stage=lambda code: _group_name(STAGE, code),
        person=lambda name: name if me().may("kpi.person") else None,
        persons=me().may("kpi.person"),
        group=_group_name(by or "", value or ""),
    )


def _group_asked(by: str | None, value: str | None) -> tuple[str, str] | None:
    return (by, value) if by in DIMENSIONS_OF_LINES and value else None


def _dimensions() -> tuple[str, ...]:
    return tuple(name for name in DIMENSIONS if name != PERSON or me().may("kpi.person"))


def _groups(report: Report, by: str) -> dict[str, dict[str, Figure]]:
    """Each value of the dimension with its figures by KPI, in the order of stages or names."""
    found: dict[str, dict[str, Figure]] = {}
    for figure in report.figures:
        if figure.group is not None and figure.group[0] == by:
            found.setdefault(figure.group[1], {})[figure.kpi] = figure
    order = {stage: place for place, stage in enumerate(STAGES)}
    return dict(sorted(found.items(), key=lambda item: (order.get(item[0], 0), item[0])))


def _name(kpi: str) -> str:
    return KPIS[kpi].zh if _chinese() else KPIS[kpi].en


def _group_name(by: str, value: str) -> str:
    """A person is grouped by name (`fact_sql.PEOPLE`), which may be the login of another."""
    if by == STAGE and value in STAGES:
        return STAGES[value].zh if _chinese() else STAGES[value].en
    return value


def _chinese() -> bool:
    return str(get_locale()).startswith("zh")


def _next(month: Month, now: datetime) -> Any:
    following = month.next()
    last = month_of(now, acting.zone())
    return following if (following.year, following.month) <= (last.year, last.month) else None
