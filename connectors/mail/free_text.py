"""Goods named in running text: "10 x ABC-123 @ 5.00", "ABC-123 ×10", "Desk (SKU: MD-001) - 2 pcs", "我要订 5 箱 ABC-123"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from connectors.hedges import Hedges, as_said, asked, with_dozens, with_stand_ins
from connectors.mail.amounts import Amounts, is_priced, is_signed, settle_amounts, take_amounts
from connectors.mail.counts import CN_NUM, CN_UNITS, NUM, Counted, take_qty, without_contents
from connectors.mail.figures import MONEY, money
from connectors.mail.found import found
from connectors.mail.items import Item, bare_code, named_code, names_other
from connectors.mail.labels import column_of, section_of
from connectors.mail.numbers import headed_number

_BULLET = re.compile(r"^\s*(?:[-*•·●▪–—>+]{1,3}\s*|\(?\d{1,2}[.)、）]\s+|\(?\d{1,2}[)、）]\s*|[①-⑳]\s*)+")
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
#: Goods beside which this stands are named, and perhaps not ordered.
_UNWANTED = re.compile(
    r"\b(?:cancel+ed|not (?:needed|required|wanted|necessary)|no longer|without|last (?:order|time|delivery|week|month)|previous(?:ly)?|earlier order"
    r"|already (?:have|received|ordered|delivered|got)|storniert|entfällt|nicht mehr|letzte[nrs]? (?:bestellung|mal|lieferung)|annul[ée]+e?s?|cancelad[oa]s?|annullat[oai])\b"
    r"|\bno (?=[A-Z]{2,}[-\d])|取消|不要|不用|不需要|上次|之前|已收到|已有",
    re.I,
)
_OPENED_BY_TWO = re.compile(r"(?P<first>\d{1,3})\s(?P<second>\d{3})(?!\d)")
_TRIM = " \t-–—:：,，;；.=()（）[]*x×+和与、"
_MAX_LINE = 400
#: A code and an amount among more words than these are a sentence about something else.
_MAX_NAME_WORDS = 4
_MAX_PARTS = 24
#: How sure a number is that no unit and no sign makes a quantity.
_LOOSE = Decimal("0.6")
_OF_PAGES = re.compile(r"\b(?:pages?|seiten?|sheets?|rev(?:ision)?|version|part|week|kw)\b", re.I)
_DESTINATION = re.compile(r"\s(?:delivered\s|shipped\s)?to\s(?=[A-Z\d])")
_COUNTS = re.compile(rf"\d|[{CN_UNITS}]")
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
    _doubt_positions(items)
    return items


def _doubt_positions(items: Sequence[Item]) -> None:
    """Of "1 500 x A-1" and "2 300 x B-1" below it the first numbers may be the lines'."""
    opened = [(item, match) for item in items if (match := _OPENED_BY_TWO.match(item.source))]
    if len(opened) > 1 and [int(match["first"]) for _, match in opened] == list(range(1, len(opened) + 1)):
        for item, match in opened:
            item.qty_fault = f"{match[0]!r} could be {match['first']}{match['second']} or {match['second']}; confirm it"


def _completes(item: Item, text: str) -> bool:
    """Take the SKU or the price that stands alone on the line below the goods, as Shopify sets them."""
    if len(text) > 60:
        return False
    code = named_code(text)
    if code and code[0] == text:
        item.sku = found(code["code"], "0.9", text)
        return True
    match = MONEY.fullmatch(text)
    figure = money(text) if match and is_signed(match) else None
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
        and re.match(rf"\s*(?:{NUM}|{CN_NUM})\s?\S", rest) is not None
    )


def read_item(text: str) -> Item | None:
    """The goods that one line or phrase names; None where it names none. What is no one number is asked about."""
    text = with_dozens(text)
    item = _read_item(text)
    if item is not None and (item.qty is None or item.qty_fault):
        return item
    hedged, said = with_stand_ins(text)
    return (_asked_item(_read_item(hedged), hedged, said) if said else None) or item


def _asked_item(item: Item | None, hedged: str, said: Hedges) -> Item | None:
    """The goods of which a stand-in says how many, without that number; None where it says something else."""
    number = item.qty.value if item and item.qty else None
    if item is None or number is None or number not in said:
        return None
    is_loose = item.qty is not None and item.qty.confidence <= _LOOSE
    if (item.sku is None and not hedged.startswith(str(number))) or (is_loose and _OF_PAGES.search(hedged)):
        return None
    item.source = as_said(item.source, said)
    item.name = replace(item.name, value=as_said(item.name.value, said)) if item.name else None
    item.qty, item.qty_fault = None, asked(said[number], item.source)
    return item


def _read_item(text: str) -> Item | None:
    other = _NO_GOODS.search(text)
    if _SUM.search(text) or (other and not is_priced(text)):
        return None
    item = Item(source=text)
    rest, told = take_amounts(without_contents(text))
    rest = _DESTINATION.split(rest)[0]
    code = named_code(rest) or bare_code(rest)
    if code:
        named = "code" in code.re.groupindex
        item.sku = found(code["code"] if named else code[0], "0.9" if named else "0.8", text)
    elif other:
        return None
    how = take_qty(rest, code, item)
    settle_amounts(item, told)
    if how is None:
        return item if _lacks_qty(told, code, text) else None
    _take_name(rest, how, code, item)
    if not item.qty_fault and _UNWANTED.search(text):
        item.qty_fault = f"{text.strip()[:60]!r} may not be wanted, or speak of another order; confirm it"
    return item if item.is_goods() and _is_sure(item, how) else None


def _lacks_qty(told: Amounts, code: re.Match[str] | None, text: str) -> bool:
    """Whether a code with its price are goods of which only the quantity is missing or cannot be read."""
    if code is None or not told.names_price() or names_other(text[: text.find(code[0])]):
        return False
    words = re.findall(r"[^\W\d_]{2,}", text.replace(code[0], " "))
    return is_priced(text) or len(words) <= _MAX_NAME_WORDS


def _take_name(rest: str, how: Counted, code: re.Match[str] | None, item: Item) -> None:
    match = how.match
    if how.how == "wanted":
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


def _is_sure(item: Item, how: Counted) -> bool:
    """Without a code, a number beside words is goods only where its form says that it counts something."""
    if item.sku is not None:
        return True
    return how.how in ("labelled", "times first", "times last", "unit", "worded", "wanted")
