"""What the rows of one order say together -> ChannelOrder: kind, dates, money, parties, and the sums checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors import currencies
from connectors.base import ChannelConfig, ChannelOrder, Line, Payment, Problem, Requested, Totals
from connectors.dates import DateAmbiguous, iso_z, utc
from connectors.headers import MappingInvalid, field_named, normal
from connectors.money import SHARED_SIGNS, currency_code
from connectors.problems import problem
from connectors.sheet_cells import PAYMENT_STATUS, price, terms
from connectors.sheet_lines import Reading, no_amount, row_problem
from connectors.sheet_parties import invoice_of, parties
from connectors.sheet_states import has_left, kind_of, said_of, word
from connectors.sheet_taxes import settled, tax_included
from connectors.tables import Row
from connectors.totals import finish

_CENT = Decimal("0.01")


class SettingsInvalid(ValueError):
    """A setting of a sheet channel cannot be used; the message says which and how to mend it."""


@dataclass(frozen=True, slots=True)
class SheetSettings:
    """What is known of a sender of sheets: column mapping, and what its sheets leave out."""

    channel: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    currency: str | None = None
    country: str | None = None
    timezone: tzinfo | None = None

    @classmethod
    def of(cls, config: ChannelConfig) -> SheetSettings:
        """Read settings `mapping` (JSON), `currency`, `country` and `timezone`; raises SettingsInvalid."""
        told = config.settings
        currency = told.get("currency")
        if currency and currency_code(currency) is None:
            raise SettingsInvalid(f"setting currency: {currency!r} is no currency; write ISO 4217, such as EUR")
        return cls(
            channel=config.name,
            mapping=_mapping(told.get("mapping", "")),
            currency=currency_code(currency),
            country=told.get("country") or None,
            timezone=_timezone(told.get("timezone", "")),
        )


@dataclass(frozen=True, slots=True)
class Merged:
    """One order's cells: `values` are those of the order, each field once."""

    number: str
    values: Mapping[str, str]
    rows: tuple[Row, ...]
    lines: tuple[Line, ...]
    given: tuple[Decimal | None, ...]
    problems: tuple[Problem, ...]
    #: what prices and their heads name: currencies, and signs that may mean several
    currencies: frozenset[str]
    reading: Reading


def built(merged: Merged, settings: SheetSettings, *, zone: tzinfo) -> ChannelOrder:
    """Make the order of the one schema, with its problems; never raises."""
    values, reading = merged.values, merged.reading
    country = settings.country or ("CN" if reading.chinese else None)
    customer, ship_to, bill_to, party_problems = parties(values, country=country)
    dates, date_problems = _dates(merged, zone)
    kind, kind_problems = kind_of(said_of(merged.rows, values, reading))
    currency, currency_problems = _currency(merged, settings)
    totals, given, sum_problems = _totals(merged)
    number = merged.number or None
    order = ChannelOrder(
        channel=settings.channel,
        source="sheet",
        kind=kind,
        channel_order_id=number,
        channel_order_number=number,
        version=iso_z(changed) if (changed := dates["version"]) else None,
        placed_at=dates["placed_at"],
        currency=currency,
        totals=totals,
        payment=_payment(values),
        customer=customer,
        ship_to=ship_to,
        bill_to=bill_to,
        requested=Requested(
            ship_by=dates["requested.ship_by"],
            deliver_by=dates["requested.deliver_by"],
            service=values.get("requested.service"),
        ),
        lines=_told_apart(merged),
        buyer_message=values.get("buyer_message"),
        seller_memo=_memo(values, number),
        invoice=invoice_of(values),
        problems=(*merged.problems, *kind_problems, *currency_problems, *sum_problems, *date_problems, *party_problems),
        sent=has_left(merged.rows, values, reading),
    )
    return settled(finish(order, given_line_totals=given))


def _mapping(text: str) -> dict[str, str]:
    if not text.strip():
        return {}
    try:
        told = json.loads(text)
    except ValueError as error:
        raise SettingsInvalid(f'setting mapping is no JSON: {error}; write {{"sku": "Artikel"}}') from error
    if not isinstance(told, dict) or not all(isinstance(head, str) for head in told.values()):
        raise SettingsInvalid('setting mapping must be {"our field": "their head"}')
    for name in told:
        try:
            field_named(name)
        except MappingInvalid as error:
            raise SettingsInvalid(str(error)) from error
    return told


def _timezone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsInvalid(f"setting timezone: {name!r} is unknown; write one such as Asia/Shanghai") from error


def _currency(merged: Merged, settings: SheetSettings) -> tuple[str | None, Sequence[Problem]]:
    text = merged.values.get("currency")
    if not text:
        return currencies.settled(merged.currencies, settings.currency)
    code = currency_code(text)
    if code is None:
        return None, [currencies.unsure(f"{text[:20]!r} is no currency")]
    return currencies.settled(merged.currencies & SHARED_SIGNS.keys(), code)


def _dates(merged: Merged, zone: tzinfo) -> tuple[dict[str, datetime | None], list[Problem]]:
    found: dict[str, datetime | None] = {}
    problems: list[Problem] = []
    for name in ("placed_at", "version", "requested.ship_by", "requested.deliver_by"):
        texts = _every(merged, name)
        moments = []
        for text in texts:
            try:
                moment = utc(text, assume=zone)
            except ValueError as error:
                hint = "" if isinstance(error, DateAmbiguous) else "; write it as YYYY-MM-DD"
                problems.append(problem("date_ambiguous", name, f"{error}{hint}"))
                continue
            if moment is not None:
                moments.append(moment)
        # An order is wanted by its earliest day, and was changed last when the last of its rows was.
        found[name] = max(moments, default=None) if name == "version" else min(moments, default=None)
    return found, problems


def _every(merged: Merged, name: str) -> list[str]:
    told = [merged.reading.cell(row, name) for row in merged.rows if name in merged.reading.columns]
    texts = list(dict.fromkeys(text for text in told if text))
    return texts or ([merged.values[name]] if merged.values.get(name) else [])


def _payment(values: Mapping[str, str]) -> Payment:
    told = values.get("payment.terms", "")
    status = PAYMENT_STATUS.get(word(values.get("payment.status", "")))
    agreed = terms(told) if told else None
    return Payment(terms=agreed or ("prepaid" if status == "paid" else None), status=status)


def _memo(values: Mapping[str, str], number: str | None) -> str | None:
    po_number = values.get("po_number")
    told = [values.get("seller_memo"), f"PO number: {po_number}" if po_number and po_number != number else None]
    return "\n".join(text for text in told if text) or None


def _told_apart(merged: Merged) -> tuple[Line, ...]:
    """Keep what the lines say differently of dates and notes with each line."""
    reading, lines = merged.reading, list(merged.lines)
    for name, option in (
        ("requested.ship_by", "ship_by"),
        ("requested.deliver_by", "deliver_by"),
        ("buyer_message", "note"),
    ):
        told = [reading.cell(row, name) for row in merged.rows]
        # Said on the first row alone it is said of the order.
        if len(told) != len(lines) or len(set(told)) < 2 or not any(told[1:]):
            continue
        for at, row in enumerate(merged.rows):
            text = reading.cell(row, name)
            if text:
                lines[at] = replace(lines[at], options={option: text, **lines[at].options})
    return tuple(lines)


def _totals(merged: Merged) -> tuple[Totals, Sequence[Decimal | None], list[Problem]]:
    problems: list[Problem] = []
    sums = {name: _sum(merged, f"totals.{name}", problems) for name in ("discount", "shipping", "fees", "tax", "paid")}
    given = merged.given
    each = [_amount(merged, text, []) for text in _every_row(merged, "totals.total")]
    total: Decimal | None
    if len(each) > 1 and len(set(each)) > 1 and len(each) == len(merged.lines):
        given, total = tuple(each), None  # a total of its own on each row is the total of the row
    else:
        total = _sum(merged, "totals.total", problems, add=False)
    if sums["tax"] is None and any(line.tax for line in merged.lines):
        sums["tax"] = sum((line.tax or Decimal(0) for line in merged.lines), Decimal(0))
    discount = sums["discount"]
    return (
        Totals(
            discount=None if discount is None else abs(discount),
            shipping=sums["shipping"],
            fees=sums["fees"],
            tax=sums["tax"],
            tax_included=tax_included(merged.reading.columns.heads),
            total=total,
            paid=sums["paid"],
        ),
        given,
        problems,
    )


def _every_row(merged: Merged, name: str) -> list[str]:
    if name not in merged.reading.columns:
        return []
    return [text for row in merged.rows if (text := merged.reading.figure(row, name))]


def _sum(merged: Merged, name: str, problems: list[Problem], *, add: bool = True) -> Decimal | None:
    texts = _every_row(merged, name)
    if not texts:
        texts = [merged.values[name]] if merged.values.get(name) else []
    found = [value for text in texts if (value := _amount(merged, text, problems, name)) is not None]
    # The same figure on every row is the order's, repeated; different figures are parts of it, and in Amazon's report all are.
    is_parts = len(set(found)) > 1 or normal(merged.reading.head("lines.qty")) == "quantitypurchased"
    return (sum(found, Decimal(0)) if add and is_parts else found[0]) if found else None


def _amount(merged: Merged, text: str, problems: list[Problem], name: str = "") -> Decimal | None:
    if name in merged.reading.rates and text.strip("0.,% "):
        message = (
            f"column {merged.reading.head(name)!r}: {text[:40]!r} is a percentage; write the amount, such as 12.50"
        )
        problems.append(row_problem(merged.rows[0], name, message))
        return None
    try:
        return price(text, mark=merged.reading.mark_of(text), chinese=merged.reading.chinese)[0]
    except ValueError as error:
        problems.append(row_problem(merged.rows[0], name, no_amount(merged.reading.head(name), text, error)))
        return None
