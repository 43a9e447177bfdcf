"""Goods named in running text: "10 x ABC-123 @ 5.00", "ABC-123 ×10", "Desk (SKU: MD-001) - 2 pcs", "我要订 5 箱 ABC-123"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from connectors.mail.figures import MONEY, NUMERALS, UNITS, Count, money, quantity
from connectors.mail.found import found
from connectors.mail.items import Item, bare_code, named_code, names_other
from connectors.mail.labels import column_of, section_of
from connectors.mail.numbers import headed_number

_NUM = r"(?:\d{1,3}(?:\.\d{3}){1,3},\d{1,3}|\d{1,3}(?:\.\d{3}){2,3}|\d{1,3}(?:,\d{3}){1,3}|\d{1,7}(?:[.,]\d{1,3})?)(?:[eE][+-]?\d{1,2}|[kK](?![a-zA-Z]))?"
_CN_NUM = r"[一二两三四五六七八九十百千万]{1,8}"
_UNITS = "|".join(
    sorted((re.escape(unit) for unit in UNITS if len(unit) > 1 and unit.isascii()), key=len, reverse=True)
)
_CN_UNITS = "".join(unit for unit in UNITS if len(unit) == 1 and not unit.isascii())
_CN_LONG = "|".join(unit for unit in UNITS if len(unit) > 1 and not unit.isascii())
_BULLET = re.compile(r"^\s*(?:[-*•·●▪–—>+]{1,3}\s*|\(?\d{1,2}[.)、）]\s+|\(?\d{1,2}[)、）]\s*|[①-⑳]\s*)+")
_PRICE = re.compile(
    rf"(?:@|\bprice[d]?\b|\bunit price\b|单价为?|价格|每[{_CN_UNITS}]|\b(?:at|for)\b(?=\s{{0,3}}(?:[^\d\s]|\d+\.\d\d\b)))\s{{0,3}}[:：]?\s{{0,3}}(?P<price>{MONEY.pattern})"
    r"\s{0,2}(?:/?\s?(?:each|ea|pc|pcs|unit|per \w{1,10})\b|/\s?\S{1,3})?",
    re.I,
)
_TOTAL = re.compile(
    rf"(?:=|\btotal\b|\bamount\b|合计|小计|共计?)\s{{0,3}}[:：]?\s{{0,3}}(?P<total>{MONEY.pattern.replace('(?P<', '(?P<t_')})",
    re.I,
)
_EACH = re.compile(
    rf"(?P<price>{MONEY.pattern.replace('(?P<', '(?P<e_')})\s{{0,2}}(?:/\s?)?(?:each|ea|per \w{{1,10}})\b", re.I
)
#: How a quantity may be written, surest first: (what the pattern is called, pattern, confidence).
_QUANTITIES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("labelled", re.compile(rf"\b(?:qty|quantity|q'ty)\.?\s{{0,2}}(?:of\s)?[:：=-]?\s{{0,2}}(?P<qty>{_NUM})(?:\s?(?P<unit>{_UNITS})\b)?", re.I), "0.9"),
    ("labelled", re.compile(rf"(?:数量|订购量|件数)\s?[:：为]?\s?(?P<qty>{_NUM}|{_CN_NUM})\s?(?P<unit>{_CN_LONG}|[{_CN_UNITS}])?"), "0.9"),
    ("times first", re.compile(rf"^(?P<qty>{_NUM})\s?(?:(?P<unit>{_UNITS})\.?)?\s?[x×✕*]\s?(?=\S)", re.I), "0.9"),
    ("times last", re.compile(rf"(?:(?:\s|(?<=[)）\]]))[x*]|\s?[×✕])\s?(?P<qty>{_NUM})\s?(?P<unit>{_UNITS})?\b", re.I), "0.9"),
    ("unit", re.compile(rf"(?<![\w.,$€£¥-])(?P<qty>{_NUM})\s?(?P<unit>{_UNITS})\b\.?(?:\s(?:of|x)\b(?:\sthe\b)?)?", re.I), "0.85"),
    ("unit", re.compile(rf"(?<![\w.,-])(?P<qty>{_NUM})\s?(?P<unit>{_CN_LONG}|[{_CN_UNITS}])"), "0.85"),
    ("unit", re.compile(rf"(?P<qty>{_CN_NUM})\s?(?P<unit>{_CN_LONG}|[{_CN_UNITS}])"), "0.8"),
    ("worded", re.compile(rf"(?<![\w-])(?P<qty>{NUMERALS})(?:\s\(\d{{1,7}}\))?\s(?P<unit>{_UNITS})\b(?:\sof\b)?", re.I), "0.7"),
    ("first", re.compile(rf"^(?P<qty>{_NUM})\s(?:of\s(?:the\s)?)?(?P<unit>)(?=\S)"), "0.6"),
    ("last", re.compile(rf"\((?P<qty>{_NUM})(?P<unit>)\)$"), "0.6"),
    ("last", re.compile(rf"(?:\s[-–—:]\s|[:：]\s?|\s)(?P<qty>{_NUM})(?P<unit>)$"), "0.6"),
)  # fmt: skip
_OPENING = re.compile(rf"(?P<qty>{_NUM})\s(?P<unit>)(?=[^\W\d_]{{2}})")
_WANTED = re.compile(
    rf"\b(?:need|order|want|send(?: us| me)?|supply|ship|buy|purchase|require|take|get|add|include|plus)\s(?:us\s|me\s|another\s|a\sfurther\s|an\sadditional\s)?"
    rf"(?P<qty>{_NUM})\s(?P<unit>)(?P<name>[^.;!?\n]{{3,80}})",
    re.I,
)
_CN_WANTED = re.compile(
    r"^.{0,20}?(?:我们?)?(?:想|需|需要|要|请)?(?:再)?(?:订购|订货|采购|购买|下单|预订|订|买|要|发|供货|发货|安排)\s?[:：]?\s?"
)
_LEADING_WORDS = re.compile(
    r"^(?:(?:hi|hello|please|pls|kindly|we|i|would|wants|needs|like|to|need|want|order|add|include|also|and|could|can|you|may|send|us|me|supply|ship|another|the|of|for|plus)\b[\s,:]*)+",
    re.I,
)
_SUM = re.compile(r"^\s*(?:total|sub-?total|shipping|tax|vat|freight|合计|总计|小计|运费)\b", re.I)
#: Lines that count something else than goods, unless they name a code and its price: "5 x DEF-9 phone case @ 3.00".
_NO_GOODS = re.compile(
    r"\b(?:call|phone|tel|fax|mobile|ext\.?|hours|days|business days|weeks"
    r"|minutes|years?|months?|%)(?=[\s:.,)]|$)|电话|手机|工作日|小时|分钟|天内|商品数量|订单商品|总数量|共.{0,4}件",
    re.I,
)
#: Units that are words for goods as well: "5 iPhone 15 cases" are five.
_COUNTERS = frozenset("pc pcs pce piece pieces ea each unit units nos stk stück 个 件 只 個".split())
_TRIM = " \t-–—:：,，;；.=()（）[]*x×+和与、"
_MAX_LINE = 400
#: A code and an amount among more words than these are a sentence about something else.
_MAX_NAME_WORDS = 4
_MAX_PARTS = 24
_SAYS_EACH = re.compile(r"(?:each|ea|per)\b", re.I)
_DESTINATION = re.compile(r"\s(?:delivered\s|shipped\s)?to\s(?=[A-Z\d])")
_COUNTS = re.compile(rf"\d|[{_CN_UNITS}]")
_BETWEEN = re.compile(r"[;；]|，|、|,\s(?=\D*\d)|(?<=[a-z0-9])\.\s|。|\band\b(?=[^,;]*\d)|和(?=[^，；]*\d)")


def items_in(lines: Sequence[str]) -> list[Item]:
    """Goods that stand one or several to a line."""
    items: list[Item] = []
    open_item: Item | None = None
    for line in lines:
        fresh = _items_of(line)
        items += fresh
        if fresh:
            open_item = fresh[-1] if len(fresh) == 1 else None
        elif open_item is not None and not _completes(open_item, line.strip()):
            open_item = None if line.strip() else open_item
    return items


def _completes(item: Item, text: str) -> bool:
    """Take the SKU or the price that stands alone on the line below the goods, as Shopify sets them."""
    if len(text) > 60:
        return False
    code = named_code(text)
    if code and code[0] == text:
        item.sku = found(code["code"], "0.9", text)
        return True
    match = MONEY.fullmatch(text)
    figure = money(text) if match and _is_signed(match) else None
    if figure and item.price is None and item.total is None:
        item.price = found(figure, "0.7", text)
        return True
    return False


def _items_of(line: str) -> list[Item]:
    """The goods of one line: of its parts where each is one, or two at least carry a code, else of the whole."""
    text = line.strip()
    if not 3 <= len(text) <= _MAX_LINE or not _COUNTS.search(text) or "://" in text:
        return []
    bulleted = bool(_BULLET.match(text))
    text = _BULLET.sub("", text)
    headed = headed_number(text)
    text = headed.rest if headed and headed.rest.strip() else text
    label, colon, rest = text.replace("：", ":", 1).partition(":")
    if colon and (section_of(label) == "items" or column_of(label) in ("item", "name") or _announces(label, rest)):
        text = rest.strip()
    parts = [part for part in _BETWEEN.split(text) if part and part.strip()]
    if 1 < len(parts) <= _MAX_PARTS:
        items = [item for part in parts if (item := read_item(part.strip())) is not None]
        whole = len(items) == len(parts) and not bulleted
        if whole or sum(item.sku is not None for item in items) >= 2:
            return items
    item = read_item(text)
    return [item] if item else []


def _announces(label: str, rest: str) -> bool:
    """Whether what stands before a colon is words that announce goods: "Please send me: 10 x ABC-123"."""
    return (
        not re.search(r"\d", label)
        and " " in rest.strip()
        and re.match(rf"\s*(?:{_NUM}|{_CN_NUM})\s?\S", rest) is not None
    )


def read_item(text: str) -> Item | None:
    """The goods that one line or phrase names; None where it names none."""
    other = _NO_GOODS.search(text)
    if _SUM.search(text) or (other and not _PRICE.search(text)):
        return None
    item = Item(source=text)
    rest = _without_price(text, item)
    rest = _DESTINATION.split(rest)[0]
    code = named_code(rest) or bare_code(rest)
    if code:
        named = "code" in code.re.groupindex
        item.sku = found(code["code"] if named else code[0], "0.9" if named else "0.8", text)
    elif other:
        return None
    if other and other[0] == "%":
        item.price = None  # whether the share is in the price already only the sender knows
    how = _take_qty(rest, code, item)
    if how is None:
        return item if _lacks_qty(item, code, text) else None
    _take_name(rest, how, code, item)
    return item if item.is_goods() and _is_sure(item, how) else None


def _without_price(text: str, item: Item) -> str:
    """Take price and line total out of the phrase."""
    for pattern, group, key in ((_TOTAL, "total", "total"), (_PRICE, "price", "price"), (_EACH, "price", "price")):
        match = pattern.search(text) if pattern is not _EACH or _SAYS_EACH.search(text) else None
        figure = money(match[group]) if match and getattr(item, key) is None else None
        if match and figure:
            setattr(item, key, found(figure, "0.85", match[0]))
            text = f"{text[: match.start()]} {text[match.end() :]}"
    if item.price is None:
        signed = next((match for match in MONEY.finditer(text[:_MAX_LINE]) if _is_signed(match)), None)
        figure = money(signed[0]) if signed else None
        if signed and figure:
            item.price = found(figure, "0.7", signed[0])
            text = f"{text[: signed.start()]} {text[signed.end() :]}"
    return re.sub(r"(?:\s[-–—|/])+$", "", " ".join(text.split()).strip(" ,，;；=|"))


def _lacks_qty(item: Item, code: re.Match[str] | None, text: str) -> bool:
    """Whether a code with its price are goods of which only the quantity is missing or cannot be read."""
    if code is None or item.price is None or names_other(text[: text.find(code[0])]):
        return False
    is_priced = _PRICE.search(text) is not None or _EACH.search(text) is not None
    words = re.findall(r"[^\W\d_]{2,}", text.replace(code[0], " "))
    return is_priced or len(words) <= _MAX_NAME_WORDS


def _is_signed(match: re.Match[str]) -> bool:
    before, after = match["before"], match["after"]
    return (before or "") in ("$", "€", "£", "¥", "￥", "US$", "USD", "EUR", "GBP", "CNY", "RMB") or after in (
        "元",
        "€",
        "EUR",
        "USD",
        "CNY",
        "RMB",
    )


def _take_qty(rest: str, code: re.Match[str] | None, item: Item) -> tuple[str, re.Match[str]] | None:
    masked = rest if code is None else f"{rest[: code.start()]}{'_' * (code.end() - code.start())}{rest[code.end() :]}"
    for how, pattern, confidence in _QUANTITIES:
        match = pattern.search(masked)
        count = _quantity(match) if match else None
        if match and count:
            match, count = (how == "unit" and _opening(match, count, masked)) or (match, count)
            _set_qty(item, count, confidence, rest)
            return how, match
        if match and how == "worded":
            item.qty_fault = f"{match[0][:60]!r} is no quantity; write a number such as 12"
            return how, match
    match = _WANTED.search(masked)
    count = _quantity(match) if match else None
    if match and count:
        _set_qty(item, count, "0.5", rest)
        return "wanted", match
    return None


def _opening(match: re.Match[str], count: Count, text: str) -> tuple[re.Match[str], Count] | None:
    """Of "5 iPhone 15 cases" the number that opens the line, for a person to confirm."""
    opening = _OPENING.match(text) if match.start() > 0 and count.unit not in _COUNTERS else None
    first = _quantity(opening) if opening else None
    if opening is None or first is None:
        return None
    doubt = f"{text[: match.end()][-60:]!r} could be {first.qty.value:f} or {count.qty.value:f}; confirm it"
    return opening, replace(first, doubt=doubt)


def _quantity(match: re.Match[str]) -> Count | None:
    try:
        return quantity(f"{match['qty']} {match['unit'] or ''}")
    except ValueError:
        return None


def _set_qty(item: Item, count: Count, confidence: str, source: str) -> None:
    item.qty = found(count.qty.value, min(count.qty.confidence, Decimal(confidence)), source)
    item.unit, item.qty_fault = count.unit, count.doubt


def _take_name(rest: str, how: tuple[str, re.Match[str]], code: re.Match[str] | None, item: Item) -> None:
    kind, match = how
    if kind == "wanted":
        text = match["name"].replace("_", "")
    else:
        spans = sorted([match.span(), *([code.span()] if code else [])], reverse=True)
        text = rest
        for start, end in spans:
            text = f"{text[:start]} {text[end:]}"
    text = _CN_WANTED.sub("", " ".join(text.split()))
    text = _LEADING_WORDS.sub("", text.strip(_TRIM)).strip(_TRIM)
    text = re.sub(r"[(（]\s*(?:sku|model|货号|型号)?\s*[:：]?\s*[)）]", "", text, flags=re.I).strip(_TRIM)
    text = text.split("(")[0].strip(_TRIM) if text.count("(") > text.count(")") else text
    if len(re.sub(r"[\W\d_]", "", text)) >= 2:
        item.name = found(text[:200], "0.7" if item.sku else "0.6", rest)


def _is_sure(item: Item, how: tuple[str, re.Match[str]]) -> bool:
    """Without a code, a number beside words is goods only where its form says that it counts something."""
    if item.sku is not None:
        return True
    return how[0] in ("labelled", "times first", "times last", "unit", "worded", "wanted")
