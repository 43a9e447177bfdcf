"""Currency and sums of an order, from labels below the goods and the signs beside the figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from connectors import currencies
from connectors.base import Address, Evidence, Problem, Totals
from connectors.mail.draft import Draft
from connectors.mail.figures import Money, currency_named, money
from connectors.mail.found import Found, found
from connectors.mail.items import Item
from connectors.mail.prices import settle, tax_is_included
from connectors.money import CURRENCIES, CURRENCY_NAMES, currency_code, may_mean
from connectors.rates import RateUnclear, percent_off

_SIX = Decimal("0.000001")
_KEYS = ("subtotal", "discount", "shipping", "fees", "tax", "total", "paid")
_FREE = re.compile(r"^\W*(?:free\b|gratis|包邮|免运费|免邮|included|nil\b|无$)", re.I)
_COUNTED = re.compile(r"^\W*\d[\d,.]*\s*(?:items?|pcs|pieces|units?|lines?|boxes|件|个|箱|项|种|套)\b", re.I)
_PERCENT_ONLY = re.compile(r"^\W*\d{1,3}(?:\.\d+)?\s?%\W*$")
_INCLUDED = re.compile(r"\bincl(?:\.|uding|udes)?\b.{0,20}(?:vat|tax|gst)|含税|\b(?:vat|tax|gst) included", re.I)
_NAMES = "|".join(sorted((*CURRENCIES, *map(re.escape, CURRENCY_NAMES), "Euros?", "EUROS?"), key=len, reverse=True))
_STATED = re.compile(
    rf"\b(?i:prices?|amounts?|figures|sums|totals?|currency|preise?|beträge|prix|montants?|all)\b[^.;\n]{{0,30}}?\b(?i:in|en)\s(?P<after>{_NAMES})(?![A-Za-z-])"
    rf"|(?:价格|金额|报价|单价|总价|货款)[^。；\n]{{0,12}}?(?P<before>{_NAMES})(?![A-Za-z\d-])"
    rf"|(?<=[以用])(?P<by>{_NAMES})(?=[计结报付支])"
)
#: The words of WooCommerce's mail to the shop's owner, with a table of goods below them.
_WOOCOMMERCE = re.compile(
    r"\breceived (?:the following|an) order from\b.*?\bproduct\s+(?:quantity|qty)\s+price\b", re.I | re.S
)
#: A sign that several currencies share means the one of the country that all addresses are in.
_BY_COUNTRY = {
    "$": {"US": "USD", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "HK": "HKD", "SG": "SGD", "TW": "TWD", "MX": "MXN"},
    "¥": {"CN": "CNY", "JP": "JPY"},
    "kr": {"SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK"},
    "rs": {"IN": "INR", "PK": "PKR", "LK": "LKR"},
}


@dataclass(slots=True)
class Sums:
    """The goods with settled prices, the sums, and the currency where it is sure; what makes it unsure is a problem."""

    items: list[Item]
    currency: str | None = None
    totals: Totals = field(default_factory=Totals)
    evidence: list[Evidence] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def sums_of(draft: Draft, addresses: Sequence[Address | None], configured: str | None) -> Sums:
    """Read the sums and settle prices against them; amounts stay as sent."""
    said = {key: figure for key in _KEYS if (figure := _figure(draft, key))}
    said |= _percent_off(draft, said)
    parts = {key: abs(figure.value.value) for key, figure in said.items()}
    goods_total = parts.get("subtotal") or _goods_total(parts)
    items = settle(draft.items, goods_total=goods_total, prints_totals=bool(_WOOCOMMERCE.search(draft.text[:2000])))
    net = _net(items, parts)
    result = Sums(items)
    result.currency, evidence, doubt = _currency(draft, items, said, addresses, configured)
    result.problems = [currencies.unsure(doubt)] if doubt else []
    included = tax_is_included(net, parts.get("tax"), parts.get("total"))
    result.totals = Totals(
        discount=parts.get("discount"),
        shipping=parts.get("shipping"),
        fees=parts.get("fees"),
        tax=parts.get("tax"),
        tax_included=_says_included(draft) if included is None else included,
        total=parts.get("total"),
        paid=parts.get("paid"),
    )
    result.evidence = [
        *evidence,
        *(figure.evidence(f"totals.{key}") for key, figure in said.items() if key != "subtotal"),
    ]
    return result


def _percent_off(draft: Draft, said: dict[str, Found[Money]]) -> dict[str, Found[Money]]:
    """ "Discount: 10%" and 折扣：9折 below the goods, as the amount that they take off."""
    goods = said["subtotal"].value.value if "subtotal" in said else _net(draft.items, {})
    for named in draft.scan.labelled if "discount" not in said else ():
        percent = _percent(named.value) if named.key == "discount" else None
        if percent:
            off = Money((goods * percent / 100).quantize(_SIX).normalize(), None, None)
            return {"discount": found(off, "0.85", named.source)}
    return {}


def _percent(value: str) -> Decimal | None:
    try:
        return percent_off(value.strip(" .,;。；"), head="discount", is_rate=False)
    except RateUnclear:
        return None


def _figure(draft: Draft, key: str) -> Found[Money] | None:
    for said in draft.scan.labelled:
        if said.key != key:
            continue
        if key == "shipping" and _FREE.match(said.value):
            return found(Money(Decimal(0), None, None), "0.9", said.source)
        if key == "discount" and _percent(said.value) is not None:
            continue
        figure = None if _COUNTED.match(said.value) or _PERCENT_ONLY.match(said.value) else _amount(said.value)
        if figure:
            return found(figure, "0.95", said.source)
    return None


def _amount(value: str) -> Money | None:
    # "10% -$5.00" and "VAT 20%: 4.00": the percentage is no amount.
    return money(re.sub(r"\d{1,3}(?:\.\d+)?\s?%", " ", value))


def _goods_total(parts: dict[str, Decimal]) -> Decimal | None:
    """What the goods come to where only the whole total is given."""
    if "total" not in parts:
        return None
    return (
        parts["total"]
        - parts.get("shipping", Decimal(0))
        - parts.get("fees", Decimal(0))
        - parts.get("tax", Decimal(0))
        + parts.get("discount", Decimal(0))
    )


def _net(items: Sequence[Item], parts: dict[str, Decimal]) -> Decimal:
    goods = sum((item.qty.value * item.price.value.value for item in items if item.qty and item.price), Decimal(0))
    off = sum((abs(item.discount.value.value) for item in items if item.discount), Decimal(0))
    return (
        goods
        - off
        - parts.get("discount", Decimal(0))
        + parts.get("shipping", Decimal(0))
        + parts.get("fees", Decimal(0))
    )


def _says_included(draft: Draft) -> bool | None:
    return True if _INCLUDED.search(draft.text[:20_000]) else None


def _currency(
    draft: Draft,
    items: Sequence[Item],
    said: dict[str, Found[Money]],
    addresses: Sequence[Address | None],
    configured: str | None,
) -> tuple[str | None, list[Evidence], str | None]:
    """The currency, where it is said, and what makes it unsure."""
    label = draft.scan.first("currency")
    named = currency_code(label.value) or currency_named(label.value) if label else None
    if label and named:
        return named, [label_evidence(label.source, "0.95")], None
    figures = [*_figures(items), *said.values()]
    codes = {figure.value.currency: figure.source for figure in figures if figure.value.currency}
    for figure in said.values():
        if not figure.value.currency and (code := currency_named(figure.source)):
            codes.setdefault(code, figure.source)
    if draft.currency:
        codes.setdefault(draft.currency, draft.currency)
    for code, source in _stated(draft):
        codes.setdefault(code, source)
    if len(codes) == 1:
        code, source = next(iter(codes.items()))
        return code, [label_evidence(source, "0.9")], None
    if len(codes) > 1:
        return None, [], f"the mail names {' and '.join(sorted(codes))}"
    return _by_sign(
        {figure.value.sign: figure.source for figure in figures if figure.value.sign}, addresses, configured
    )


def _stated(draft: Draft) -> Iterator[tuple[str, str]]:
    """Currencies that a sentence says its prices are in: "all prices in EUR", "以美元结算"."""
    for match in _STATED.finditer(draft.text[:20_000]):
        code = currency_code(match["after"] or match["before"] or match["by"])
        if code:
            yield code, match[0]


def label_evidence(source: str, confidence: str) -> Evidence:
    return found(None, confidence, source).evidence("currency")


def _figures(items: Sequence[Item]) -> Iterable[Found[Money]]:
    for item in items:
        yield from (figure for figure in (item.price, item.total, item.discount, item.tax) if figure)


def _by_sign(
    signs: dict[str | None, str], addresses: Sequence[Address | None], configured: str | None
) -> tuple[str | None, list[Evidence], str | None]:
    countries = {address.country for address in addresses if address and address.country}
    if len(signs) == 1 and len(countries) == 1:
        sign, source = next(iter(signs.items()))
        code = _BY_COUNTRY.get(sign or "", {}).get(next(iter(countries)))
        if code and (configured in (None, code) or not may_mean(sign or "", configured)):
            return code, [label_evidence(f"{source} ({', '.join(countries)})", "0.7")], None
    foreign = next((sign for sign in signs if configured and not may_mean(sign or "", configured)), None)
    if foreign:
        return None, [], f"prices with {foreign} are not in {configured}"
    if configured:
        return configured, [label_evidence("the channel's own currency", "0.9")], None
    return None, [], None
