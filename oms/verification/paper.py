"""The confirmation as a PDF, from the content that was hashed when it was given (C-1); rendered only when it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from oms.documents import confirmation as document
from oms.documents.confirmation import ConfirmationDocument, ConfirmedLine, ConfirmedTotals
from oms.documents.postal import postal_lines
from oms.money import Money

#: terms -> (English, Chinese)
_TERMS = {
    "prepaid": ("prepaid", "款到发货"),
    "cod": ("cash on delivery", "货到付款"),
    "account": ("on account", "账期结算"),
}
_SMALL_PRINT = (
    "The order takes effect when it is signed where a signature is asked for, and paid where it is prepaid. Dates count"
    " from that day. Tell us at once if anything here differs from what was agreed.",
    "需签认的订单经签认、需预付的订单经付款后生效，交期自生效之日起算。如与约定不符，请立即通知我们。",
)


def confirmation_pdf(
    content: Mapping[str, Any],
    *,
    organisation: str,
    zone: ZoneInfo,
    language: str,
    sign_url: str = "",
    sign_until: datetime | None = None,
) -> bytes:
    """Print the content. `sign_url` goes on the customer's own copy only, never into our files."""
    currency, place = content["currency"], 1 if language == "zh_Hans" else 0
    terms = _TERMS.get(content["payment_terms"])
    return document.render(
        ConfirmationDocument(
            order_number=content["number"],
            ordered_on=date.fromisoformat(content["ordered_on"]),
            seller=(organisation,),
            customer=tuple(part for part in content["customer"].values() if part),
            deliver_to=postal_lines(content["ship_to"] or {}),
            lines=tuple(_line(line, currency) for line in content["lines"]),
            totals=_totals(content["totals"], currency),
            expected_dispatch_on=date.fromisoformat(content["ship_on"]),
            deliver_by=date.fromisoformat(content["deliver_on"]),
            payment_terms=terms[place] if terms else content["payment_terms"],
            terms=_SMALL_PRINT[place],
            channel_number=content["channel_order_number"],
            requirements=content["requirements"] or "",
            sign_url=sign_url,
            sign_until=sign_until,
            zone=zone,
        ),
        language=language,
    )


def _line(line: Mapping[str, Any], currency: str) -> ConfirmedLine:
    return ConfirmedLine(
        sku=line["sku"] or "",
        name=line["name"] or "",
        qty=Decimal(line["qty"]),
        unit=line["unit"] or "",
        unit_price=Decimal(line["unit_price"] or 0),
        total=Money(Decimal(line["total"]), currency),
        discount=_money(line["discount"], currency),
    )


def _totals(totals: Mapping[str, Any], currency: str) -> ConfirmedTotals:
    return ConfirmedTotals(
        goods=Money(Decimal(totals["goods"]), currency),
        total=Money(Decimal(totals["total"]), currency),
        discount=_money(totals["discount"], currency),
        shipping=_money(totals["shipping"], currency),
        fees=_money(totals["fees"], currency),
        tax=_money(totals["tax"], currency),
        tax_included=totals["tax_included"],
        paid=_money(totals["paid"], currency),
    )


def _money(amount: str | None, currency: str) -> Money | None:
    return None if amount is None else Money(Decimal(amount), currency)
