"""How values look on pages: filters and names that every template has.

{{ step.due_at|when }}  {{ step|due(now) }}  {{ amount|money("CNY") }}  {{ qty|qty }}
{{ word("step_kind", kind) }}  {{ may("order.review") }}  {{ csrf_field() }}  {{ asset("oms.css") }}
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from babel.dates import get_month_names
from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext
from markupsafe import Markup

from oms.clock import format_instant, zone_named
from oms.documents.postal import postal_lines
from oms.errors import InputInvalid
from oms.money import Money, unit_price
from oms.orders.rules import payable
from oms.web import auth, csrf, edge, headers, language, links, words, words_faults

STATIC = Path(__file__).parent / "static"


def register(app: Flask) -> None:
    """Give the templates of this application, and the macros they import, their filters and names."""
    app.jinja_env.filters.update(
        when=when, day=day, due=due, clock=clock, money=money, price=price, qty=qty, told=told, amount=amount
    )
    app.jinja_env.globals.update(
        asset=asset,
        csrf_field=csrf_field,
        csrf_token=csrf.token,
        here=here,
        languages=language.LANGUAGES,
        language_tag=language.tag,
        links=links,
        may=may,
        nonce=headers.nonce,
        postal_lines=postal_lines,
        organisation=edge.settings_of(app).organisation,
        payable=payable,
        query_with=query_with,
        said=said,
        request_id=lambda: g.get("request_id", ""),
        state_badge=state_badge,
        word=word,
    )
    app.context_processor(lambda: {"me": auth.known_identity()})


def word(axis: str, code: str | None) -> str:
    """The word for a code in the page's language."""
    return words.word(axis, code, language.spoken())


def state_badge(axis: str, code: str | None) -> Markup:
    """A state as a badge in the tone of what it means."""
    return _state_badge(axis, code, language.spoken())


#: What a state means, by its code on any axis; one that stands in none of them is plain information.
_TONES: dict[str, str] = {
    code: tone
    for tone, codes in {
        "soon": "verifying awaiting_confirmation requested pending delayed needs_review new unknown void_requested reopened",
        "calm": "none unfulfilled not_required waived not_given",
        "good": "closed delivered accepted paid fulfilled shipped succeeded settled completed picked packed handed_over"
        " collected sent purchased used done resolved",
        "bad": "cancelled rejected expired declined failed refused short backordered lost damaged quarantined no_address"
        " return_to_sender",
    }.items()
    for code in codes.split()
}


@lru_cache(maxsize=1024)
def _state_badge(axis: str, code: str | None, tongue: str) -> Markup:
    return _badge(_TONES.get(code or "", "info"), words.word(axis, code, tongue))


def told(fault: str) -> str:
    """A refusal in the page's language; one that has no words there stays as it is."""
    return words_faults.told(fault, language.spoken())


def said() -> str:
    """What was done before this page was shown, once; only words of ours."""
    return word("said", code) if (code := request.args.get("said", "")) in words.WORDS["said"] else ""


def may(right: str) -> bool:
    """Whether the one who looks holds a right; a page shows no button that would be refused."""
    found = auth.known_identity()
    return found is not None and found.may(right)


def when(at: datetime | None, house_zone: str | None = None) -> Markup | str:
    """An instant in the organisation's zone, short; machines read the exact one.

    An hour that is meant at a house, in a zone of its own, is shown there and names it.
    """
    return "–" if at is None else _when(at, language.spoken(), edge.settings().zone, house_zone)


@lru_cache(maxsize=4096)
def _when(at: datetime, tongue: str, zone: str, house_zone: str | None) -> Markup:
    local = at.astimezone(zone_named(house_zone or zone))
    if tongue.startswith("zh"):
        shown = f"{local:%m-%d %H:%M}"
    else:
        shown = f"{local.day} {get_month_names('abbreviated', locale=tongue)[local.month]} {local:%H:%M}"
    if house_zone not in (None, zone):
        shown += f" {local:%Z}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        format_instant(at), f"{local:%Y-%m-%d %H:%M:%S}", shown
    )


def day(at: datetime | None) -> str:
    """The organisation's date of an instant."""
    return "–" if at is None else f"{at.astimezone(zone_named(edge.settings().zone)):%Y-%m-%d}"


def due(step: Any, now: datetime) -> Markup:
    """How a step stands against its clock, as a badge: overdue, due soon, paused, or in time."""
    if step.state == "paused":
        return _badge("paused", gettext("paused"))
    return clock(step.due_at, step.opened_at, now)


def clock(due_at: datetime, since: datetime, now: datetime) -> Markup:
    """How something that began at `since` stands against its time."""
    left = due_at - now
    if left < timedelta(0):
        return _badge("overdue", gettext("overdue by %(span)s", span=span(-left)))
    tone = "soon" if left < (due_at - since) / 4 else "calm"
    return _badge(tone, gettext("due in %(span)s", span=span(left)))


def _badge(tone: str, text: str) -> Markup:
    return Markup('<span class="badge {}">{}</span>').format(tone, text)


def span(length: timedelta) -> str:
    """A length of time in its two largest units."""
    minutes = int(length.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return str(gettext("%(days)d d %(hours)d h", days=days, hours=hours))
    if hours:
        return str(gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=minutes))
    return str(gettext("%(minutes)d min", minutes=minutes))


def money(amount: Decimal | None, currency: str | None) -> str:
    """An amount with its currency as the page's language writes it."""
    if amount is None:
        return "–"
    return _money(amount, currency, language.spoken()) if currency else f"{amount:f}"


def price(amount: Decimal | str | None, currency: str | None) -> str:
    """What one piece costs, with all its decimals: a thousand at 0.125 are no thousand at 0.12."""
    if amount is None or not currency:
        return "–" if amount is None else f"{Decimal(amount):f}"
    return unit_price(Decimal(amount), currency, language.spoken())


@lru_cache(maxsize=4096)
def _money(amount: Decimal, currency: str, tongue: str) -> str:
    try:
        return Money(amount, currency).display(tongue)
    except InputInvalid:  # what is no currency is shown as it was told
        return f"{amount:f} {currency}"


def amount(text: str | None, currency: str | None) -> str:
    """An amount that stands as text in a paper's content."""
    return "–" if text is None else money(Decimal(text), currency)


def qty(amount: Decimal | int | None) -> str:
    """A quantity; whole numbers without a point."""
    return "–" if amount is None else f"{Decimal(amount).normalize():f}"


def csrf_field() -> Markup:
    """The hidden field that every form of a page carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, csrf.token())


def here() -> str:
    """This page's address, to come back to."""
    return auth.safe_next(request.full_path.rstrip("?")) if request.method == "GET" else "/"


def query_with(**changes: Any) -> str:
    """This page's address with some query parameters changed; None takes one away.

    Their names are the visitor's: `_scheme` or `endpoint` must say nothing to whoever builds addresses.
    """
    given = {name: value for name, value in request.args.to_dict().items() if name != "said"}
    kept = {name: value for name, value in (given | changes).items() if value not in (None, "")}
    path = _page()
    return f"{path}?{urlencode(kept)}" if kept else path


def _page() -> str:
    """The address of the page that is shown; what was refused on it was sent to one below, which is no page itself."""
    if request.url_rule is None or "GET" in (request.url_rule.methods or ()):
        return url_for(request.endpoint or "home.show", **(request.view_args or {}))
    pages, path = current_app.url_map.bind(""), request.path
    while path := path.rpartition("/")[0]:
        if pages.test(path, method="GET"):
            return quote(path)
    return "/"


def asset(name: str) -> str:
    """A static file's address, with its content's hash so that browsers may keep it for ever."""
    return url_for("static", filename=name, v=_hash(name))


@lru_cache(maxsize=64)
def _hash(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
