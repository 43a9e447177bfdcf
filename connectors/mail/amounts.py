"""Prices and sums that running text names beside goods: what each costs, what all of them cost, and what is open."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal

from connectors.mail.counts import CN_UNITS, says_qty
from connectors.mail.figures import AFTER, MEASURES, MONEY, SPACED, UNITS, Money, money, unspaced
from connectors.mail.found import Found, found
from connectors.mail.items import Item

_UNIT_WORDS = "|".join(sorted((re.escape(unit) for unit in UNITS if len(unit) > 1), key=len, reverse=True))
_UNIT = rf"(?:(?:{_UNIT_WORDS})(?![A-Za-z])|[{CN_UNITS}])"
#: What makes a number beside "per box" an amount: a currency or cents. "12 per case" and 每箱24盒 say what a pack holds.
_IS_MONEY = r"(?=\s{0,3}(?:[^\d\s]|\d+[.,]\d\d(?!\d)|\d[\d.,]*\s?(?:元|块|[€¥￥]|(?:EUR|USD|GBP|CNY|RMB)\b)))"
_PRICE = re.compile(
    rf"(?:@|\bprice[d]?\b|\bunit price\b|单价为?|价格|每[{CN_UNITS}]{_IS_MONEY}|\bat\b(?=\s{{0,3}}(?:[^\d\s]|\d+\.\d\d\b)))\s{{0,3}}[:：]?\s{{0,3}}(?P<price>{MONEY.pattern})"
    r"\s{0,2}(?:/?\s?(?:each|ea|pc|pcs|unit|per [^\W\d]\w{0,9})\b|/\s?[^\s\d]{1,3})?",
    re.I,
)
_TOTAL = re.compile(
    rf"(?:=|\btotal\b|\bamount\b|总计|总价|总额|合计|小计|金额|共计?)\s{{0,3}}[:：]?\s{{0,3}}(?P<total>{MONEY.pattern.replace('(?P<', '(?P<t_')})(?![.,]?\d)(?!\s?{_UNIT})",
    re.I,
)
_ALTOGETHER = re.compile(
    rf"(?:\b(?:for|für|pour|por|per|at|@)\s{{0,2}})?(?P<total>{MONEY.pattern.replace('(?P<', '(?P<t_')})\s{{0,2}}\(?(?:in\s|en\s|au\s)?"
    rf"(?:total|altogether|in all|overall|insgesamt|gesamt|zusammen|totale|合计|总计|总价)(?![\w]|\s{{0,3}}[:：=]?\s{{0,3}}[^\W\d_]{{0,3}}\s?\d)",
    re.I,
)
_EACH = re.compile(
    rf"(?P<price>{MONEY.pattern.replace('(?P<', '(?P<e_')})\s{{0,2}}(?:/\s?)?(?:each|ea|apiece|per [^\W\d]\w{{0,9}})\b",
    re.I,
)
_SAYS_ALTOGETHER = re.compile(r"total|altogether|in all|overall|gesamt|zusammen|合计|总计|总价", re.I)
_BLANK_BEFORE_THREE = re.compile(r"\d\s\d{3}")
_SAYS_EACH = re.compile(r"(?:each|ea|apiece|per)\b", re.I)
#: "10 pcs for EUR 99.00": one pays so much for each, or for all of them.
_FOR = re.compile(rf"\b(?:for|für|pour)\b{_IS_MONEY}\s{{0,3}}(?P<price>{MONEY.pattern})", re.I)
_NUMBERS = {"hundred": 100, "thousand": 1000, "百": 100, "千": 1000, "万": 10_000}
_N = r"(?P<number>\d{1,3}(?:[.,' ]\d{3})+(?!\d)|\d{1,7}(?![\d.,]*\d)|(?:hundred|thousand)\b|[百千万])"
_PER_BEHIND = re.compile(
    rf"\s{{0,2}}[(（]?(?:(?:/|\b(?:per|pro|je|par|por)\b|每)\s{{0,2}}|\b(?:for|für|pour)\s(?=\d+\s?(?:{_UNIT}|\W*$))){_N}\s?(?P<unit>{_UNIT}|[A-Za-z]{{1,8}}\b)?[)）]?",
    re.I,
)
_PER_BEFORE = re.compile(rf"(?:每|\bper\s){_N}\s?(?P<unit>{_UNIT})?\s{{0,2}}[:：=]?\s{{0,2}}$", re.I)
#: What one pays for, behind the price: "/pc", 元/盒. C is a hundred to some and M a thousand, or a metre.
_UNIT_BEHIND = re.compile(r"\s?(?:元\s?)?/\s?(?P<unit>[^\W\d]{1,8})(?![\w])")
_SIX = Decimal("0.000001")
_CENT = Decimal("0.01")
_LETTERS = frozenset("CM")
_BARE = re.compile(rf"(?<![\w.,-])\d{{1,7}}[.,]\d\d(?![\d%])(?!\s?(?:%|[x×]|{_UNIT}))")
#: Where a blank before three digits can only part thousands: "@ 2 500,00", "10 pcs 2 500,00 EUR".
_SPACED_PRICE = re.compile(
    rf"(?:(?:[@=:：€$£¥]|\b(?:at|for|à|je|zu|price|total|amount|EUR|USD|GBP|CNY|PLN|SEK|CZK|NOK|DKK|CHF)\b)\s{{0,3}}|\b(?:{_UNIT_WORDS})\b\.?[,;]?\s)(?P<number>{SPACED})(?=[.,]\d\d(?!\d)|\s?(?:€|EUR|zł|kr|Kč|[A-Z]{{3}}\b))",
    re.I,
)
_SPACED_BEHIND = re.compile(rf"(?<![\w.,-])(?P<number>{SPACED})(?=[.,]\d\d\s?(?:€|EUR|zł|kr|Kč|[A-Z]{{3}}\b))")
_SHARE = re.compile(
    r"%|(?<![\w.])(?:\d(?:\.\d{1,2})?|[一二三四五六七八九]{1,2})\s?折(?!叠|扇|纸)|\b(?:less|minus|abzgl\.?|abzüglich|moins)\s[^\w\s]?(?:[A-Z]{3}\s?)?\d"
    r"|(?:[€$£]|\b(?:EUR|USD|GBP)|[.,]\d\d)\s?(?:off|discount|rabatt|(?:de )?remise)\b|\d[\d.]*\s?元?\s?优惠|(?:立减|减免|优惠|折让)\s?[¥￥]?\d",
    re.I,
)


@dataclass(slots=True)
class Amounts:
    """What a phrase names: `price` of each, `total` of all, `either` of both, `others` in their order."""

    price: Found[Money] | None = None
    total: Found[Money] | None = None
    either: Found[Money] | None = None
    others: list[Found[Money]] = field(default_factory=list)
    #: The unit of which the price names a number: "per 100 g".
    per_unit: str | None = None
    share: str | None = None

    def names_price(self) -> bool:
        return bool(self.price or self.either or self.others)


def is_priced(text: str) -> bool:
    """Whether words or signs say that an amount is the price of each."""
    return bool(_PRICE.search(text) or _EACH.search(text))


def take_amounts(text: str) -> tuple[str, Amounts]:
    """Take every amount out of a phrase; returns what is left of it, and the amounts."""
    told = Amounts()
    if _BLANK_BEFORE_THREE.search(text):
        text = _unspaced(text)
    share = _SHARE.search(text)
    told.share = share[0] if share else None
    for pattern in (_TOTAL, _ALTOGETHER):
        match = pattern.search(text) if pattern is _TOTAL or _SAYS_ALTOGETHER.search(text) else None
        figure = money(match["total"]) if match and told.total is None else None
        if match and figure:
            told.total = found(figure, "0.85", match[0])
            text = _without(text, match.start(), match.end())
    for pattern in (_PRICE, _EACH):
        match = pattern.search(text) if pattern is not _EACH or _SAYS_EACH.search(text) else None
        if match and told.price is None and (pattern is _PRICE or _is_money(match)):
            text, told.price = _priced(text, match, match.span("price"), "0.85", told)
    match = _FOR.search(text)
    if match and told.price is None:
        text, told.either = _priced(text, match, match.span("price"), "0.7", told)
    text = _take_others(text, told)
    return re.sub(r"(?:\s[-–—|/])+$", "", " ".join(text.split()).strip(" ,，;；=|")), told


def _unspaced(text: str) -> str:
    """The phrase with thousands of amounts that a blank parts in one piece.

    "10 pcs TEA-1, 2 500,00 EUR" are 2500, where "TEA-1 2 500,00 EUR" are two pieces at 500.
    """
    text = _SPACED_PRICE.sub(lambda match: match[0].replace(match["number"], re.sub(r"\s", "", match["number"])), text)
    match = _SPACED_BEHIND.search(text)
    if match is None or not says_qty(_without(text, match.start(), match.end())):
        return text
    return text[: match.start()] + re.sub(r"\s", "", match[0]) + text[match.end() :]


def _is_money(match: re.Match[str]) -> bool:
    """ "9.90 per box" is a price, "12 per case" is not; "12 each" is one."""
    text = match["price"]
    signed = bool(match["e_before"] or match["e_after"])
    return signed or bool(re.search(r"[.,]\d\d$", text)) or not re.search(r"per \w+$", match[0], re.I)


def _without(text: str, start: int, end: int) -> str:
    return f"{text[:start]} {text[end:]}"


def _priced(
    text: str, match: re.Match[str], price: tuple[int, int], confidence: str, told: Amounts
) -> tuple[str, Found[Money] | None]:
    """The text without a price, and what one piece costs: "12.50 per 100" is 0.125."""
    figure = money(text[slice(*price)])
    if figure is None:
        return text, None
    start, end = match.span()
    behind, before = _PER_BEHIND.match(text, price[1]), _PER_BEFORE.search(text[:start])
    per = behind or before
    if per:
        figure, told.per_unit = divided(figure, per["number"]), (per["unit"] or "").lower() or told.per_unit
        start, end = (start, max(end, per.end())) if behind else (per.start(), end)
    unit = _UNIT_BEHIND.match(text, price[1])
    if unit and not per:
        told.per_unit = unit["unit"] if unit["unit"] in ("C", "M") else told.per_unit
        end = max(end, unit.end())
    return _without(text, start, end), found(figure, confidence, text[start:end].strip())


def divided(figure: Money, number: str) -> Money:
    """The price of one where that of so many is told."""
    count = Decimal(_NUMBERS.get(number.lower()) or re.sub(r"\D", "", number))
    return figure if count <= 1 else replace(figure, value=(figure.value / count).quantize(_SIX).normalize())


def each_of(text: str, heading: str = "") -> tuple[Money | None, str | None]:
    """The price of one that a cell holds, "45.00 per 1000" and "12,50 €/100 Stk" too, and why it cannot be told.

    The column's heading may say the number: "Price (per 100)".
    """
    text = unspaced(text)
    match = next((match for match in MONEY.finditer(text[:300]) if money(match[0])), None)
    figure = money(match[0]) if match else None
    per = (_PER_BEHIND.match(text, match.end()) if match else None) or _PER_BEHIND.search(heading[:60])
    if figure is None or per is None:
        return figure, None
    if (per["unit"] or "").lower() in MEASURES:
        return None, f"{text[:60]!r} is a price by {per[0].strip(' /')}; say what a piece costs"
    return divided(figure, per["number"]), None


def _take_others(text: str, told: Amounts) -> str:
    """Take the amounts that no word explains: those with a currency, and beside one of them those with cents."""
    matches = _signed(text)
    if matches or told.price or told.total:
        taken = [match.span() for match in matches]
        matches += [match for match in _BARE.finditer(text) if not any(a <= match.start() < b for a, b in taken)]
    for match in sorted(matches, key=lambda match: match.start(), reverse=True):
        rest, figure = _priced(text, match, match.span(), "0.7", told)
        if figure:
            text = rest
            told.others.insert(0, figure)
    return text


def _signed(text: str) -> list[re.Match[str]]:
    """Amounts with their currency; in "9.90 EUR 99.00 EUR" it stands behind each, in "EUR 9.90 EUR 99.00" before."""
    signed = [match for match in MONEY.finditer(text) if is_signed(match)]
    if not signed:
        return signed
    # CUP and SCR are currencies, and CUP-1 is a code.
    behind = [
        match for match in AFTER.finditer(text) if is_signed(match) and text[match.end() :][:1] not in tuple("-_/")
    ]
    return behind if len(behind) > sum(bool(match["before"]) for match in signed) else signed


def is_signed(match: re.Match[str]) -> bool:
    """Whether an amount carries a currency, or the sign of one."""
    before, after = match["before"], match["after"]
    return (before or "") in ("$", "€", "£", "¥", "￥", "US$", "USD", "EUR", "GBP", "CNY", "RMB") or after in (
        "元",
        "€",
        "EUR",
        "USD",
        "CNY",
        "RMB",
    )


def settle_amounts(item: Item, told: Amounts) -> None:
    """Give the item its price and total; what could be either waits for a person with what was read."""
    item.price, item.total = told.price, told.total
    qty = item.qty.value if item.qty else None
    open_amounts = [*([told.either] if told.either else []), *told.others]
    if item.price is None and len(open_amounts) == 1 and item.total is None and (not told.either or qty == 1):
        item.price = open_amounts[0]
    elif item.price is None and open_amounts:
        _fit(item, open_amounts, qty)
    elif item.price and item.total is None and qty is not None:
        item.total = next((other for other in open_amounts if _makes(item.price, qty, other)), None)
    if told.share:
        # Whether the share is in the price already only the sender knows.
        item.price, item.total = None, None
        item.price_fault = f"{item.source.strip()[:60]!r} names a discount; say what a piece costs with it"
    elif told.per_unit in _LETTERS | MEASURES and told.per_unit != (item.unit or "").lower():
        item.price = None
        item.price_fault = f"{item.source.strip()[:60]!r} names a price by {told.per_unit}; say what a piece costs"


def _fit(item: Item, amounts: list[Found[Money]], qty: Decimal | None) -> None:
    """Of several amounts the one that, times the quantity, makes another: 10 pieces, 9.90 and 99.00."""
    sums = [*amounts, *([item.total] if item.total else [])]
    fitting = {
        price.value.value: (price, total)
        for price in amounts
        for total in sums
        if price is not total and qty is not None and _makes(price, qty, total)
    }
    if len(fitting) == 1:
        item.price, item.total = next(iter(fitting.values()))
    elif item.total is None:
        told = " and ".join(f"{amount.value.value:f}" for amount in amounts)
        item.price_fault = (
            f"{item.source.strip()[:60]!r}: {told} can be the price of each or of all; say what a piece costs"
        )


def _makes(price: Found[Money], qty: Decimal, total: Found[Money]) -> bool:
    return abs(price.value.value * qty - total.value.value) <= _CENT
