"""KPIs of a month: figures by dimension, and the orders behind each (K-1, K-2)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from marshmallow import fields, validate

from oms import db
from oms.clock import Month, month_of, zone_named
from oms.errors import InputInvalid, NotAllowed
from oms.kpi import afterwards, corrections, kept
from oms.kpi.corrections import Correction
from oms.kpi.definitions import DIMENSIONS, KPIS, PERSON
from oms.kpi.monthly import MOST_MONTHS, figures_between, figures_of, lines_of
from oms.kpi.values import Counted, Figure
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Schema, paged
from oms.web.api.paging import PageArgs, decode, encode
from oms.web.api.shapes import Text
from oms.web.auth import me, right

blp = Blueprint("kpi", __name__, description="KPIs; each figure lists its orders")


class KpiArgs(Schema):
    dimension = fields.String(
        load_default=None,
        validate=validate.OneOf(DIMENSIONS),
        metadata={"description": "break down by this; by person only with the right kpi.person"},
    )


class FigureOut(Schema):
    """`rate` in percent with two decimals; null where nothing counts."""

    kpi = fields.String(required=True)
    name_en = fields.String(required=True)
    name_zh = fields.String(required=True)
    dimension = fields.String(required=True, allow_none=True)
    value = fields.String(required=True, allow_none=True)
    rate = fields.String(required=True, allow_none=True)
    errors_per_10000 = fields.String(
        required=True, allow_none=True, metadata={"description": "of picking and packing, two decimals; null of others"}
    )
    numerator = fields.Integer(required=True)
    denominator = fields.Integer(required=True)
    caught = fields.Integer(required=True)
    escaped = fields.Integer(required=True)


class CorrectionOut(Schema):
    """An error that was found, or `lifted`, after its `month` was frozen: the `kpis` of that month stay as they are."""

    error_id = fields.UUID(required=True)
    order_number = fields.String(required=True, attribute="order", dump_only=True)
    order = fields.String(required=True, metadata={"description": "the same as `order_number`"})
    month = fields.String(required=True)
    kpis = fields.List(fields.String(), required=True)
    stage = fields.String(required=True)
    cause = fields.String(required=True)
    person = fields.String(required=True, allow_none=True)
    lifted = fields.Boolean(required=True)
    at = Instant(required=True)
    by = fields.String(required=True, metadata={"description": "who recorded or lifted it"})


class ToldLaterOut(Schema):
    """What was told in this month of one that was closed: it counts here, and what had counted there already is only named."""

    month = fields.String(required=True, metadata={"description": "the closed one"})
    kpi = fields.String(required=True)
    lines = fields.Integer(required=True)
    numerator = fields.Integer(required=True)
    denominator = fields.Integer(required=True)


class ReportOut(Schema):
    month = fields.String(required=True)
    computed_at = Instant(required=True)
    provisional = fields.Boolean(required=True)
    figures = fields.List(fields.Nested(FigureOut), required=True)
    corrections = fields.List(
        fields.Nested(CorrectionOut), required=True, metadata={"description": "of earlier months, found in this one"}
    )
    told_later = fields.List(
        fields.Nested(ToldLaterOut),
        required=True,
        metadata={"description": "of closed months, and in the figures of this one"},
    )


class LineArgs(PageArgs):
    dimension = fields.String(load_default=None, validate=validate.OneOf(DIMENSIONS))
    value = Text(load_default=None, longest=200, metadata={"description": "of the dimension"})


class KpiLineOut(Schema):
    """One line of a figure: how much it adds above and below, and why."""

    order_number = fields.String(required=True, allow_none=True, attribute="order", dump_only=True)
    order = fields.String(required=True, allow_none=True, metadata={"description": "the same as `order_number`"})
    order_id = fields.UUID(required=True, allow_none=True)
    fact_id = fields.UUID(
        required=True,
        metadata={
            "description": "the step; of lines that another picker than its last picked, the last of those stops"
        },
    )
    stage = fields.String(required=True)
    channel = fields.String(required=True, allow_none=True)
    warehouse = fields.String(required=True, allow_none=True)
    carrier = fields.String(required=True, allow_none=True)
    person = fields.String(required=True, allow_none=True)
    numerator = fields.Integer(required=True)
    denominator = fields.Integer(required=True)
    why = fields.String(required=True)
    of_month = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "the closed month to which it belongs, when it was told after that was closed"},
    )


class SpanArgs(KpiArgs):
    from_ = Text(
        load_default=None,
        data_key="from",
        longest=7,
        metadata={"description": "the first month, as 2024-12; by default 23 before the last"},
    )
    to = Text(load_default=None, longest=7, metadata={"description": "the last month, as 2026-11; by default this one"})


class MonthOut(Schema):
    month = fields.String(required=True)
    figures = fields.List(fields.Nested(FigureOut), required=True)


class SpanOut(Schema):
    months = fields.List(fields.Nested(MonthOut), required=True)


@blp.get("/kpi")
@blp.arguments(SpanArgs, location="query")
@blp.response(200, SpanOut)
@right("kpi.read")
def span(args: dict[str, Any]) -> dict[str, Any]:
    """Read many months beside each other, of the company or by one dimension; open ones are at most a minute behind."""
    _refuse_persons(args["dimension"])
    with edge.transaction() as session:
        first, last = _span(args["from_"], args["to"], db.now(session))
        found = figures_between(session, first=first, last=last, dimension=args["dimension"], company_only=True)
    return {
        "months": [
            {
                "month": month,
                "figures": [_figure(f) for f in figures if (f.group[0] if f.group else None) == args["dimension"]],
            }
            for month, figures in found.items()
        ]
    }


@blp.get("/kpi/<month>")
@blp.arguments(KpiArgs, location="query")
@blp.response(200, ReportOut)
@right("kpi.read")
def read(args: dict[str, Any], month: str) -> dict[str, Any]:
    """Read a month's figures of the company, or by one dimension."""
    _refuse_persons(args["dimension"])
    with edge.transaction() as session:
        asked, now = Month.parse(month), db.now(session)
        report = figures_of(session, month=asked, now=now)
        late = corrections.of_month(session, month=asked, now=now)
        told = kept.told_of_closed(session, month=asked)
    chosen = [f for f in report.figures if (f.group[0] if f.group else None) == args["dimension"]]
    return {
        "month": str(report.month),
        "computed_at": report.computed_at,
        "provisional": report.provisional,
        "figures": [_figure(figure) for figure in chosen],
        "corrections": [_correction(one) for one in late],
        "told_later": [one._asdict() | {"numerator": one.hit, "denominator": one.of} for one in told],
    }


@blp.get("/kpi/<month>/<kpi>/lines")
@blp.arguments(LineArgs, location="query")
@blp.response(200, paged(KpiLineOut, "KpiLinePage"))
@right("kpi.read")
def lines(args: dict[str, Any], month: str, kpi: str) -> dict[str, Any]:
    """List the orders behind one figure, as they were counted."""
    _refuse_persons(args["dimension"])
    if (args["dimension"] is None) != (args["value"] is None):
        raise InputInvalid("dimension and value go together", fields={"value": "give both, or neither"})
    after = decode(args["cursor"], uuid.UUID)
    with edge.transaction() as session:
        found = lines_of(
            session,
            month=Month.parse(month),
            kpi=kpi,
            group=(args["dimension"], args["value"]) if args["value"] else None,
            limit=args["limit"],
            now=db.now(session),
            after=after[0] if after else None,
        )
    return {"items": [_line(line) for line in found.lines], "next": encode((found.next,)) if found.next else None}


def _span(first: str | None, last: str | None, now: datetime) -> tuple[Month, Month]:
    """The months asked for; 24 up to this one where nothing is said."""
    to = Month.parse(last, field="to") if last else month_of(now, zone_named(edge.settings().zone))
    since = Month.parse(first, field="from") if first else _before(to, 23)
    if to < since or since < _before(to, MOST_MONTHS - 1):
        raise InputInvalid("the span is no span", fields={"to": f"not before `from`, at most {MOST_MONTHS} months"})
    return since, to


def _before(month: Month, count: int) -> Month:
    place = month.year * 12 + month.month - 1 - count
    return Month(max(1, place // 12), place % 12 + 1)


def _refuse_persons(dimension: str | None) -> None:
    if dimension == PERSON and not me().may("kpi.person"):
        raise NotAllowed("figures of persons need the right kpi.person")


def _figure(figure: Figure) -> dict[str, Any]:
    known = KPIS[figure.kpi]
    dimension, value = figure.group or (None, None)
    return {
        "kpi": figure.kpi,
        "name_en": known.en,
        "name_zh": known.zh,
        "dimension": dimension,
        "value": value,
        "rate": None if figure.rate is None else str(figure.rate),
        "errors_per_10000": None if figure.errors_per_10000 is None else str(figure.errors_per_10000),
        "numerator": figure.hit,
        "denominator": figure.of,
        "caught": figure.caught,
        "escaped": figure.escaped,
    }


def _correction(found: Correction) -> dict[str, Any]:
    person = found.person if me().may("kpi.person") else None
    return found._asdict() | {"order": found.order_no, "person": person}


def _line(line: Counted) -> dict[str, Any]:
    return {
        "order": line.order_no,
        "order_id": line.order_id,
        "fact_id": line.fact_id,
        "stage": line.stage,
        "channel": line.channel,
        "warehouse": line.warehouse,
        "carrier": line.carrier,
        "person": line.person if me().may("kpi.person") else None,
        "numerator": line.hit,
        "denominator": line.of,
        "why": afterwards.reason(line.why),
        "of_month": afterwards.month_told(line.why),
    }
