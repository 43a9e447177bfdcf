"""`oms kpi`: a month's KPIs by channel, stage and person, each figure with the orders behind it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from sqlalchemy.orm import Session

from oms import db, installation
from oms.cli.arguments import Parser, UsageWrong, write
from oms.clock import Month, month_of
from oms.errors import InputInvalid
from oms.journey import calendar_store
from oms.kpi.monthly import report_of
from oms.kpi.rendering import FORMATS
from oms.settings import load

LANGUAGES = ("en", "zh_Hans")


def run(argv: Sequence[str]) -> int:
    """Print the KPIs of a month (this one when none is named); 0 also when they are provisional."""
    parser = Parser(prog="oms kpi", description=run.__doc__)
    parser.add_argument("month", nargs="?", metavar="2026-11", help="a month of the organisation's calendar")
    parser.add_argument("--format", choices=sorted(FORMATS), default="table")
    parser.add_argument("--language", choices=LANGUAGES, default=None, help="default: the installation's")
    args = parser.parse_args(argv)
    asked = _month(args.month)
    settings = load(os.environ)
    language = args.language or settings.language
    with installation.opened(settings) as session:
        write(_rendered(session, asked, args.format, language))
    return 0


def _month(text: str | None) -> Month | None:
    try:
        return None if text is None else Month.parse(text)
    except InputInvalid as error:
        raise UsageWrong(str(error)) from error


def _rendered(session: Session, asked: Month | None, form: str, language: str) -> str:
    now = db.now(session)
    month = asked or month_of(now, calendar_store.read(session, now).organisation.zone)
    return FORMATS[form](report_of(session, month=month, now=now), language).rstrip("\n")
