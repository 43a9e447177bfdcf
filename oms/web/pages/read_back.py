"""What the specialist reads aloud before saving: goods, sum, address, dates, and what follows, in the customer's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import format_date, gettext
from sqlalchemy.orm import Session

from oms.documents.postal import postal_lines
from oms.inventory import queries as goods
from oms.parties.models import Channel
from oms.verification import quotes
from oms.verification.order_facts import Feasible
from oms.web import edge
from oms.web.display import money, price, qty
from oms.web.language import speaking
from oms.web.pages import entry_form
from oms.web.pages.entry_form import Draft


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands: None where a number cannot be read or the SKU is unknown."""

    sku: str
    name: str
    qty: Decimal | None
    price: Decimal | None
    free: Decimal | None
    known: bool
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The sums, the promised date, and the sentences to read aloud."""

    lines: Sequence[Line]
    total: Decimal
    currency: str | None
    dates: Feasible | None
    sentences: Sequence[str]


def known_goods(session: Session, *, draft: Draft, channel: Channel, now: datetime) -> dict[str, Any]:
    """The SKUs that the form names, by code, with the channel's price and what is free."""
    codes = sorted({line["sku"] for line in draft.filled() if line.get("sku")})
    rows = goods.skus(
        session, now=now, limit=len(codes) or 1, codes=codes, currency=channel.currency, channel_id=channel.id
    )
    return {row.code: row for row in rows}


def made(session: Session, *, draft: Draft, channel: Channel, known: Mapping[str, Any], now: datetime) -> ReadBack:
    """Price and promise what stands in the form, of which `known` are the goods; nothing is stored or reserved."""
    lines = [_line(line, known, channel) for line in draft.filled()]
    total = sum((line.amount or Decimal(0) for line in lines), Decimal(0))
    wanted = [(line.sku, line.qty) for line in lines if line.known and line.qty and line.qty > 0]
    country = draft.get("ship_to.country").upper() or edge.settings().country
    dates = quotes.quote(session, lines=wanted, country=country, now=now) if wanted else None
    with speaking(channel.language):
        said = _sentences(draft, channel, lines, total, dates)
    return ReadBack(lines, total, channel.currency, dates, said)


def _line(line: dict[str, str], known: Mapping[str, Any], channel: Channel) -> Line:
    row, qty = known.get(line.get("sku", "")), entry_form.quantity(line.get("qty"))
    name = (row.name_zh if channel.language.startswith("zh") else row.name_en) if row else line.get("said", "")
    price = entry_form.quantity(line.get("unit_price")) if line.get("unit_price") else row.list_price if row else None
    return Line(
        line.get("sku", ""),
        name,
        qty,
        price,
        row.free if row else None,
        row is not None,
        entry_form.amount(qty, price, channel.currency),
    )


def _sentences(
    draft: Draft, channel: Channel, lines: Sequence[Line], total: Decimal, dates: Feasible | None
) -> list[str]:
    found = [gettext("I repeat your order.")]
    found += [
        gettext("%(qty)s of %(goods)s at %(price)s each.", qty=qty(line.qty), goods=line.name or line.sku,
                price=price(line.price, channel.currency))
        for line in lines
    ]  # fmt: skip
    found.append(gettext("That makes %(total)s.", total=money(total, channel.currency)))
    found += _where(draft)
    if dates is not None:
        found.append(
            gettext("It leaves us by %(ship)s and is with you by %(deliver)s.",
                    ship=format_date(dates.ship_at, "medium"), deliver=format_date(dates.deliver_at, "medium"))
        )  # fmt: skip
    email = draft.get("customer.email")
    if email:
        found.append(gettext("You get this in writing at %(email)s, with a link to sign.", email=email))
    found.append(gettext("The order counts once you have signed. Is everything right?"))
    return found


def _where(draft: Draft) -> list[str]:
    parts: dict[str, Any] = {part: draft.get(f"ship_to.{part}") or None for part in entry_form.ADDRESS}
    parts["lines"] = draft.get("ship_to.lines").splitlines()
    if not parts["lines"] and not parts["city"]:
        return []
    return [gettext("We send it to %(address)s.", address=", ".join(postal_lines(parts)))]
