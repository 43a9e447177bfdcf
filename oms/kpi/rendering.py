"""A report as table, JSON, CSV or HTML, in English or simplified Chinese."""

from __future__ import annotations

import html
import json
import unicodedata
from collections.abc import Callable
from typing import Any

from oms.clock import format_instant
from oms.documents.csv_text import Cell, csv_text
from oms.kpi import afterwards
from oms.kpi.definitions import KPIS, STAGES, WHY
from oms.kpi.report import Report
from oms.kpi.values import Counted, Figure

WORDS: dict[str, tuple[str, str]] = {
    "title": ("KPI of {month}", "{month} 绩效指标"),
    "provisional": ("provisional: counted at {at}, the month is not frozen yet", "暂定: 统计于 {at}，尚未关账"),
    "final": ("final: counted at {at}", "终稿: 统计于 {at}"),
    "kpi": ("KPI", "指标"),
    "group": ("group", "分组"),
    "rate": ("rate", "比率"),
    "hit": ("numerator", "分子"),
    "of": ("denominator", "分母"),
    "caught": ("caught", "内部差错"),
    "escaped": ("escaped", "流出差错"),
    "order": ("order", "订单"),
    "stage": ("stage", "环节"),
    "why": ("why", "原因"),
    "person": ("person", "人员"),
    "channel": ("channel", "渠道"),
    "warehouse": ("warehouse", "仓库"),
    "carrier": ("carrier", "承运商"),
    "company": ("company", "公司"),
    "orders_behind": ("orders behind the figure", "指标对应的订单"),
    "none": ("none", "无"),
    "told_later": ("of {month}, told after it was closed: {why}", "属 {month}，关账后才得知: {why}"),
}


def word(key: str, language: str) -> str:
    """A word of the report in that language (en or zh_Hans)."""
    return WORDS[key][language == "zh_Hans"]


def kpi_name(kpi: str, language: str) -> str:
    return KPIS[kpi].zh if language == "zh_Hans" else KPIS[kpi].en


def group_name(figure: Figure, language: str) -> str:
    """`channel: shop`, a stage by its name, the company as such."""
    if figure.group is None:
        return word("company", language)
    dimension, value = figure.group
    return f"{word(dimension, language)}: {_stage_name(value, language) if dimension == 'stage' else value}"


def _stage_name(key: str, language: str) -> str:
    stage = STAGES.get(key)
    return key if stage is None else stage.zh if language == "zh_Hans" else stage.en


def why_text(why: str, language: str) -> str:
    """The reason of a line in that language, with the month of what was told after that was closed."""
    month, text = afterwards.month_told(why), WHY[afterwards.reason(why)][language == "zh_Hans"]
    return word("told_later", language).format(month=month, why=text) if month else text


def rate_text(figure: Figure) -> str:
    return "-" if figure.rate is None else f"{figure.rate}%"


def as_table(report: Report, language: str = "en") -> str:
    """Aligned columns for a terminal, wide characters counted double; figures of nothing are left out but the company's."""
    head = [word(key, language) for key in ("kpi", "group", "rate", "hit", "of")]
    rows = [head] + [
        [kpi_name(f.kpi, language), group_name(f, language), rate_text(f), str(f.hit), str(f.of)]
        for f in report.figures
        if f.of or f.group is None
    ]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(_pad(cell, width, i >= 2) for i, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    return "\n".join([*_heading(report, language), "", *(line.rstrip() for line in lines), ""])


def as_json(report: Report, language: str = "en") -> str:
    """Everything, each figure with its orders; rates are decimal strings in percent."""
    body = {
        "month": str(report.month),
        "computed_at": format_instant(report.computed_at),
        "provisional": report.provisional,
        "figures": [_figure_json(f, language) for f in report.figures],
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def as_csv(report: Report, language: str = "en") -> str:
    """One row for each line of each company figure, after the figures themselves; safe in a spreadsheet."""
    figures: list[list[Cell]] = [
        [word(key, language) for key in ("kpi", "group", "rate", "hit", "of", "caught", "escaped")]
    ]
    figures += [
        [kpi_name(f.kpi, language), group_name(f, language), f.rate, f.hit, f.of, f.caught, f.escaped]
        for f in report.figures
    ]
    keys = ("kpi", "order", "stage", "channel", "warehouse", "carrier", "person", "hit", "of", "why")
    lines: list[list[Cell]] = [[word(key, language) for key in keys]]
    lines += [
        [kpi_name(f.kpi, language), c.order_no, _stage_name(c.stage, language), c.channel, c.warehouse, c.carrier, c.person, c.hit, c.of,
         why_text(c.why, language)]
        for f in report.figures if f.group is None for c in f.lines
    ]  # fmt: skip
    return csv_text([*([line] for line in _heading(report, language)), *figures, [], *lines])


def as_html(report: Report, language: str = "en") -> str:
    """One page that stands alone: the figures, each opening the list of its orders."""
    title, state = _heading(report, language)
    head = "".join(f"<th>{word(key, language)}</th>" for key in ("kpi", "group", "rate", "hit", "of", "orders_behind"))
    rows = "".join(_html_row(f, language) for f in report.figures if f.of or f.group is None)
    lang = "zh-Hans" if language == "zh_Hans" else "en"
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{html.escape(title)}</title><style>{_STYLE}</style>'
        f"</head><body><h1>{html.escape(title)}</h1><p>{html.escape(state)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></body></html>\n"
    )


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem;color:#1a1a1a}table{border-collapse:collapse}"
    "th,td{border:1px solid #767676;padding:.25rem .5rem;text-align:left;vertical-align:top}li{list-style:none}ul{padding:0}"
)


def _html_row(figure: Figure, language: str) -> str:
    cells = [kpi_name(figure.kpi, language), group_name(figure, language), rate_text(figure), figure.hit, figure.of]
    items = "".join(f"<li>{html.escape(_line_text(line, language))}</li>" for line in figure.lines)
    opened = (
        f"<details><summary>{len(figure.lines)}</summary><ul>{items}</ul></details>"
        if items
        else word("none", language)
    )
    return "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells) + f"<td>{opened}</td></tr>"


def _line_text(line: Counted, language: str) -> str:
    return f"{line.order_no or '-'} · {line.hit}/{line.of} · {why_text(line.why, language)}"


def _figure_json(figure: Figure, language: str) -> dict[str, Any]:
    return {
        "kpi": figure.kpi,
        "name": kpi_name(figure.kpi, language),
        "dimension": figure.group[0] if figure.group else None,
        "value": figure.group[1] if figure.group else None,
        "rate": None if figure.rate is None else str(figure.rate),
        "errors_per_10000": None if figure.errors_per_10000 is None else str(figure.errors_per_10000),
        "numerator": figure.hit,
        "denominator": figure.of,
        "caught": figure.caught,
        "escaped": figure.escaped,
        "orders": [_line_json(line) for line in figure.lines],
    }


def _line_json(line: Counted) -> dict[str, Any]:
    return {
        "order": line.order_no, "step": str(line.fact_id), "stage": line.stage, "channel": line.channel,
        "warehouse": line.warehouse, "carrier": line.carrier, "person": line.person,
        "numerator": line.hit, "denominator": line.of, "why": afterwards.reason(line.why),
        "of_month": afterwards.month_told(line.why),
    }  # fmt: skip


def _heading(report: Report, language: str) -> tuple[str, str]:
    state = word("provisional" if report.provisional else "final", language)
    return word("title", language).format(month=report.month), state.format(at=format_instant(report.computed_at))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


FORMATS: dict[str, Callable[[Report, str], str]] = {"table": as_table, "json": as_json, "csv": as_csv, "html": as_html}
