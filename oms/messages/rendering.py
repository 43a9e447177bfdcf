"""Messages as subject, text and simple HTML in the customer's language; the HTML says exactly what the text says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup, escape

from oms.errors import InputInvalid
from oms.money import Money

LANGUAGES = ("en", "zh_Hans")
FOLDER = Path(__file__).with_name("templates")
_URL = re.compile(r"https?://[^\s<>\"']+")
_DAY = {"en": "EEE d MMM y", "zh_Hans": "y年M月d日"}
_MOMENT = {"en": "EEE d MMM y, HH:mm", "zh_Hans": "y年M月d日 HH:mm"}


@dataclass(frozen=True, slots=True)
class House:
    """Who writes: the organisation's name, where its pages are, and the zone in which its days are cut."""

    organisation: str
    base_url: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def names() -> list[str]:
    """Every template there is."""
    return sorted({path.name.partition(".")[0] for path in FOLDER.glob("[!_]*.en.txt")})


def render(template: str, *, language: str, values: Mapping[str, Any], house: House) -> Rendered:
    """Write one message. A language that we have no words in falls back to English; an unknown template is refused.

    Of `values`, `path` becomes `url` and `token` becomes `sign_url` under the house's own address.
    """
    tongue = language if language in LANGUAGES else LANGUAGES[0]
    environment = _environment(tongue, house.zone)
    subject_of, body_of = _template(environment, template, tongue)
    filled = {**values, **_links(values, house), "organisation": house.organisation}
    subject = " ".join(subject_of.render(filled).split())
    body = _tidy(body_of.render(filled))
    text = _tidy(environment.get_template(f"_frame.{tongue}.txt").render({**filled, "body": body})) + "\n"
    return Rendered(subject, text, _html(environment, subject, text, tongue))


def sign_path(token: str) -> str:
    """The page of a one-time link, under our base URL."""
    return f"/sign/{token}"


def _links(values: Mapping[str, Any], house: House) -> dict[str, str]:
    base = house.base_url.rstrip("/")
    links = {"sign_url": base + sign_path(values["token"])} if values.get("token") else {}
    return links | ({"url": base + str(values["path"])} if values.get("path") else {})


@lru_cache(maxsize=16)
def _environment(language: str, zone: ZoneInfo) -> Environment:
    # The text is no markup; the HTML frame escapes what it puts in by itself.
    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=lambda name: bool(name and ".html" in name))

    def money(amount: str, currency: str) -> str:
        return Money(Decimal(amount), currency).display(language)

    def open_amount(content: Mapping[str, Any]) -> str:
        totals = content["totals"]
        return money(str(Decimal(totals["total"]) - Decimal(totals["paid"] or 0)), content["currency"])

    def day(value: str) -> str:
        on = _instant(value).astimezone(zone).date() if "T" in value else date.fromisoformat(value)
        return format_date(on, _DAY[language], locale=language)

    def moment(value: str) -> str:
        return format_datetime(_instant(value).astimezone(zone), _MOMENT[language], locale=language)

    environment.filters.update(money=money, open_amount=open_amount, day=day, moment=moment)
    return environment


def _instant(value: str) -> datetime:
    return datetime.fromisoformat(value)


@lru_cache(maxsize=256)
def _template(environment: Environment, name: str, language: str) -> tuple[Template, Template]:
    """(subject, body): the first line of the file is the subject."""
    path = FOLDER / f"{name}.{language}.txt"
    if not re.fullmatch(r"[a-z][a-z_]*", name) or not path.is_file():
        hint = f"one of {', '.join(names())}"
        raise InputInvalid(f"no message template is named {name!r}", fields={"template": hint})
    subject, _, body = path.read_text(encoding="utf-8").partition("\n")
    return environment.from_string(subject), environment.from_string(body)


def _tidy(text: str) -> str:
    """No blank line twice, none at the ends, no blanks at the ends of lines."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines)


def _html(environment: Environment, subject: str, text: str, language: str) -> str:
    paragraphs = [[_linked(line) for line in block.splitlines()] for block in text.strip().split("\n\n")]
    frame = environment.get_template("_frame.html")
    return frame.render(subject=subject, paragraphs=paragraphs, tag=language.replace("_", "-"))


def _linked(line: str) -> Markup:
    """A line escaped, with its addresses as links."""
    parts, end = [], 0
    for match in _URL.finditer(line):
        parts += [escape(line[end : match.start()]), Markup('<a href="{0}">{0}</a>').format(match[0])]
        end = match.end()
    return Markup("").join([*parts, escape(line[end:])])
