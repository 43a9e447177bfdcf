"""Goods in pasted text, English or Chinese: `A001 2件`, `B002×3`, `2 x TEA-100 @ 8.50`, `三箱苹果`, `MUG-7 2`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors import addresses, addresses_cn
from connectors.mail.figures import MEASURES, chinese_number, says_loosely
from connectors.money import currency_code, shared_sign
from connectors.paste_numbers import AMOUNT, NUM, NUM_WITH_COMMA, Doubt, read_numbers

_MAX_PIECE = 120
_MAX_WINDOW = 7
_MAX_TOKENS = 250
_CAN_BE_GOODS = re.compile(
    r"[\d一二两三四五六七八九十廿卅壹贰叁肆伍陆柒捌玖拾].*[^\W\d]|[^\W\d].*[\d一二两三四五六七八九十廿卅壹贰叁肆伍陆柒捌玖拾]|"
    + "one|two|three|ten",
    re.IGNORECASE,
)
_UNITS_CN = "(?:公斤|千克|毫升|件套|[个件只箱盒包袋瓶套台支条张把双对斤克吨米桶罐卷本份打块片提枚株顶辆部根听排扎捆筐枝朵串粒碗杯個隻條張雙對臺])"
_UNITS_EN = (
    "pcs?|pieces?|each|ea|units?|boxes|box|cases?|cartons?|ctns?|sets?|packs?|packets?|pks?|bottles?|bags?|cans?|rolls?|pairs?"
    "|dozens?|doz|kgs?|kilos?|grams?|g|lbs?|pounds?|oz|lit(?:er|re)s?|l|ml|stück|stueck|stk|met(?:er|re)s?|m|pallets?|tins?|jars?|trays?|bundles?"
)
_UNIT = rf"(?:{_UNITS_CN}|(?:{_UNITS_EN})(?![A-Za-z]))"
_WORDS_EN = {
    word: number
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), start=1)
}
_NUM = NUM
#: Where none stands before it: 三千五百 is no 五百, and 廿五 no 五.
_NUMERALS = "零〇一二两三四五六七八九十百千万廿卅壹贰叁肆伍陆柒捌玖拾佰仟"
_NUM_CN = f"(?<![{_NUMERALS}几数])[一二两三四五六七八九十廿卅壹贰叁肆伍陆柒捌玖拾][{_NUMERALS}]{{0,9}}"
_NUM_WORD = "(?:" + "|".join(_WORDS_EN) + r")\b"
_X = r"[xX×✕✖*]"
#: Between a number and what follows; 6XE is the end of a postal code, 2xTEA-100 is not.
_TIMES = r"(?:\s*[×✕✖*]\s*|\s+[xX]\s*|[xX]\s+|[xX](?=[A-Za-z]*-?\d))"
_SIGN = r"(?:US\$|HK\$|NT\$|[$€£¥￥]|RMB|USD|EUR|GBP|CNY)"
_TAIL_SIGN = r"(?:元|块钱|块|USD|EUR|GBP|CNY|RMB|€|£)"
_MONEY = rf"(?:(?P<sign>{_SIGN})\s*)?(?P<price>{AMOUNT})\s*(?P<tail>{_TAIL_SIGN})?"
_EACH = r"(?:\s*(?:/|per|a|每)\s*\w+|\s*each|\s*ea)?"
_PRICE = re.compile(
    rf"[\s,(]*(?:(?:@|(?<![A-Za-z])(?:at|zu|je|à)(?![A-Za-z])|单价|价格|每{_UNITS_CN}|price|unit price)\s*:?\s*{_MONEY}|{_MONEY.replace('?P<sign>', '?P<sign2>').replace('?P<price>', '?P<price2>').replace('?P<tail>', '?P<tail2>')}){_EACH}[\s)]*$",
    re.IGNORECASE,
)
_SKU = re.compile(
    r"(?=[A-Za-z0-9._/-]*\d)(?=[A-Za-z0-9._/-]*[A-Za-z-])[A-Za-z0-9][A-Za-z0-9._/-]{1,39}|[A-Z]{2,12}(?:[-_][A-Z]{1,12})+|\d{5,18}"
)
_COUNT_BEHIND = re.compile(r"x\d{1,4}")  # the count in `SKU-88 x2`
_LABEL_OF_CODE = re.compile(r"^(?:(?:货号|编码|编号|款号)[.:#\s]*|(?:sku|item|art)[.:#\s]+)", re.IGNORECASE)
_MEASURE = re.compile(r"(?:\d+x)?\d+(?:\.\d+)?(?:g|kg|ml|l|cm|mm|m|oz|lb|w|v|pcs)", re.IGNORECASE)
_GOODS = r"(?P<goods>[^\s].{0,70}?)"
#: The ways to say how many of what, surest first: name, pattern, whether only a code of goods will do, confidence.
_FORMS: tuple[tuple[re.Pattern[str], bool, str], ...] = (
    (re.compile(rf"(?P<qty>{_NUM}){_TIMES}{_GOODS}"), False, "0.9"),
    (re.compile(rf"{_GOODS}\s*(?:(?<![A-Za-z])[xX]|[×✕✖*])\s*(?P<qty>{_NUM})\s*(?P<unit>{_UNIT})?"), False, "0.9"),
    (re.compile(rf"{_GOODS}[\s:-]*(?:数量|qty|quantity)[\s:]*(?P<qty>{_NUM})\s*(?P<unit>{_UNIT})?", re.IGNORECASE), False, "0.9"),
    (re.compile(rf"(?P<qty>{_NUM}|{_NUM_CN}|{_NUM_WORD})\s*(?P<unit>{_UNIT})\s*(?:of\s+|的)?{_GOODS}", re.IGNORECASE), False, "0.85"),
    (re.compile(rf"{_GOODS}[\s:,-]*(?P<qty>{_NUM}|{_NUM_CN})\s*(?P<unit>{_UNIT})", re.IGNORECASE), False, "0.85"),
    (re.compile(rf"[xX×]\s?(?P<qty>{_NUM})\s+{_GOODS}"), True, "0.85"),
    # A dash within a word is the code's: MUG-7 are no seven MUG.
    (re.compile(rf"{_GOODS}(?:\s*:|\s+-?|\s*-\s+)\s*(?P<qty>{_NUM})"), True, "0.75"),
    (re.compile(rf"(?P<qty>{NUM_WITH_COMMA}|\d{{1,5}}|{_NUM_WORD})\s+{_GOODS}", re.IGNORECASE), True, "0.75"),
)  # fmt: skip
_COUNTED = re.compile(rf"\d\s*{_UNIT}(?:\s|$)|^[xX]\s|(?:^|\s)[xX]\d|\d\s*[xX×*](?:\s|$)|[×*]\s*\d", re.IGNORECASE)
_COUNT_LAST = re.compile(rf"(?:\d|{_NUM_CN})\s*(?P<unit>{_UNIT})$", re.IGNORECASE)
_CHOICE = re.compile(r"(?:\b(?:or|oder|ou)\s|或者?|还是)\s*(?P<other>[A-Za-z0-9._/-]+)", re.IGNORECASE)
#: A bare number of so many digits beside a code may be a postal code or a phone's, and so may a large one before it.
_LONG = 5
_LARGE = 1000
_TWO_NUMBERS = "names two numbers; say how many are ordered"
_COUNTED_TWICE = re.compile(r"\w\s?[×✕✖*]\s?\d+\s+\w")
_BULLET = re.compile(r"^\s*(?:[-*•·●▪]\s+|[-•·●▪]|\(?\d{1,2}[.)]\s+|\d{1,2}、\s*)")
_LEAD = re.compile(
    r"^(?:你好|您好|麻烦|请|要货|要的是|帮我|给我|我要|我想要|我想|我们要|想要|要|再来|来|再要|加|订购|订货|订|下单|采购|购买|买|需要|发货|发|订单|货品|商品|产品|和|以及|还有"
    r"|請寄|請發|請給我|請|麻煩|幫我|訂購|訂|寄|来个"
    r"|(?:could you|can you|can i get|can we get|please|pls|i'd like|i would like|i want|we want|we need|i need|we'd like|need|want|order|send me|send us|send|add|and|plus|also)(?![A-Za-z]))[\s:,，：!！]*",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(?:[\s,]+(?:please|pls|thanks|thank you|谢谢)|(?<=[^\W\d_])(?:都行|都可以|就行|就好|即可))$", re.IGNORECASE
)
_ADDRESS_MARK = re.compile(
    r"[省市区县镇乡村路街巷弄道厦园场楼栋幢座][^,]{0,10}?\d+\s*[号弄栋幢座楼室层]|\d+\s*号(?!色|码|电池)|\d+室|[路街巷道]\d"
)


#: How sure goods are of which a number is open.
DOUBTED = Decimal("0.4")


@dataclass(frozen=True, slots=True)
class _Cost:
    """A price as written, with its currency, or with its sign where that means several."""

    text: str
    currency: str | None


@dataclass(frozen=True, slots=True)
class Goods:
    """Goods as said; `source` is the text that says it. A number that can be two is None, and `doubts` name both."""

    sku: str | None
    name: str | None
    qty: Decimal | None
    unit: str | None
    price: Decimal | None
    currency: str | None
    confidence: Decimal
    source: str
    doubts: tuple[Doubt, ...] = ()


def goods_in(piece: str, *, codes_only: bool = False) -> Goods | None:
    """Read one piece that says goods and nothing else; None where it says something else."""
    text = _without_lead(_BULLET.sub("", piece.strip())).strip(" .。!！,")
    text = _THANKS.sub("", text)
    if not text or len(text) > _MAX_PIECE:
        return None
    rest, cost = _price(text)
    for candidate, price in ((rest, cost), (text, None)):
        for pattern, needs_code, confidence in _FORMS:
            match = pattern.fullmatch(candidate)
            found = _goods(match, (needs_code, codes_only), confidence, piece, price) if match else None
            if found:
                return found
    return None


def goods_among(tokens: Sequence[str]) -> tuple[list[Goods], list[str]]:
    """Find goods among words that nothing separates; returns (goods, the other words). Codes are found before names."""
    if len(tokens) > _MAX_TOKENS:
        return [], list(tokens)
    found, rest = _scan(list(tokens), codes_only=True)
    more, left = _scan(rest, codes_only=False)
    return found + more, [token for token in left if token]


def is_code(text: str) -> bool:
    """Whether the word can be a code of goods: letters with digits, a dash, or five digits and more."""
    return bool(_SKU.fullmatch(text)) and not _MEASURE.fullmatch(text) and not _COUNT_BEHIND.fullmatch(text)


def is_bare_count(text: str) -> bool:
    """Whether the text is a quantity that says of nothing: `5 pcs`."""
    return bool(re.fullmatch(rf"(?:{_NUM}|{_NUM_CN})\s*{_UNIT}\.?", text.strip(), re.IGNORECASE))


def is_address(text: str) -> bool:
    """Whether the text names a division, a street or a house rather than goods."""
    if addresses_cn.starts_here(text) and len(text) > 4:
        return True
    return bool(_ADDRESS_MARK.search(text)) or addresses.names_street(text) or addresses.has_postal_code(text)


def _scan(tokens: list[str], *, codes_only: bool) -> tuple[list[Goods], list[str]]:
    found: list[Goods] = []
    rest: list[str] = []
    at = 0
    while at < len(tokens):
        goods, taken = _window(tokens, at, codes_only)
        if goods:
            found.append(goods)
            rest.append("")  # what stood on both sides of goods was never one thing
        else:
            rest.append(tokens[at])
        at += taken
    return found, rest


def _window(tokens: list[str], at: int, codes_only: bool) -> tuple[Goods | None, int]:
    for size in range(min(_MAX_WINDOW, len(tokens) - at), 0, -1):
        window = tokens[at : at + size]
        if not all(window) or not _CAN_BE_GOODS.search(" ".join(window)):
            continue
        goods = goods_in(" ".join(window), codes_only=codes_only)
        if goods and _is_tight(goods, codes_only):
            return goods, size
    return None, 1


def _is_tight(goods: Goods, codes_only: bool) -> bool:
    # Among words that nothing separates only a lone code or a lone name belongs to the quantity beside it.
    if codes_only:
        return goods.sku is not None and goods.name is None
    return goods.name is not None and " " not in goods.name


def _without_lead(text: str) -> str:
    for _ in range(4):
        shorter = _LEAD.sub("", text)
        if shorter == text:
            break
        text = shorter
    return text


def _price(text: str) -> tuple[str, _Cost | None]:
    match = _PRICE.search(text)
    if match is None or match.start() == 0:
        return text, None
    sign, price, tail = (match[name] or match[f"{name}2"] for name in ("sign", "price", "tail"))
    if match["price"] is None and not (sign or tail):
        return text, None
    mark = sign or tail or ""
    currency = "CNY" if mark in ("¥", "￥", "块", "块钱") else shared_sign(mark) or currency_code(mark)
    return text[: match.start()].rstrip(" ,("), _Cost(price, currency)


def _goods(
    match: re.Match[str], of_codes: tuple[bool, bool], confidence: str, source: str, cost: _Cost | None
) -> Goods | None:
    """Read what a form matched; `of_codes`: whether the form, and whether its place, takes codes of goods alone."""
    is_lone, is_window = of_codes
    text = match["goods"].strip(" :-,()[]【】\"'“”")
    said = _number(match["qty"])
    if not text or said is None or re.fullmatch(rf"{_NUM}|{_X}|{_UNIT}", text, re.IGNORECASE):
        return None
    qty, price, doubts = read_numbers(said, cost.text if cost else None, beside=source)
    if qty is not None and qty <= 0:
        return None
    sku, name = _code_and_name(text)
    if any(of_codes) and (sku is None or (sku.isdigit() and len(sku) < 6)):
        return None
    why = _open_qty(match, text, sku, name, lone=said if is_lone else "")
    if (why and is_window and why != _TWO_NUMBERS) or _says_other(match, text, sku, name, source, is_open=bool(why)):
        return None
    if why:
        name = None if why == _TWO_NUMBERS else name
        doubts, qty = (*doubts, ("qty_invalid", "qty", f"{source.strip()[:60]!r} {why}")), None
    unit = match.groupdict().get("unit")
    sure = DOUBTED if doubts else Decimal(confidence) if sku else Decimal(confidence) - Decimal("0.15")
    return Goods(sku, name, qty, unit, price, cost.currency if cost else None, sure, source.strip(), doubts)


def _open_qty(match: re.Match[str], text: str, sku: str | None, name: str | None, *, lone: str) -> str:
    """Why the number that was found may be no quantity, "" where nothing says so; `lone` is one without unit or sign."""
    count = _COUNT_LAST.search(text) if match.start("qty") > 0 and "unit" in match.groupdict() else None
    if count and count["unit"].casefold() not in MEASURES:
        return "names two quantities; say how many are ordered, and of which"
    if sku and name and re.match(rf"{_NUM_CN}\s*{_UNIT}\S", name):
        return "names two quantities; say how many are ordered, and of which"
    choice = _CHOICE.search(name) if sku and name else None
    if choice and is_code(choice["other"]):
        return "names goods to choose from; say which are ordered, and how many"
    if lone.isdigit() and len(lone) >= _LONG and ":" not in match.string:
        return "names a number that may be a postal code or a phone; say how many are ordered"
    if lone and sku and name and name.isdigit() and max(int(name), int(re.split("[.,]", lone)[0])) >= _LARGE:
        return _TWO_NUMBERS
    return ""


def _says_other(
    match: re.Match[str], text: str, sku: str | None, name: str | None, source: str, *, is_open: bool
) -> bool:
    """Whether the words beside a number are no goods, or those of more than one thing."""
    if _COUNT_LAST.search(text) and match.start("qty") == 0 and match.groupdict().get("unit"):
        return True  # 500g绿茶 2包 counts the packs
    if sku is None and (is_address(text) or is_address(source.strip())):
        return True
    if not name or is_open:
        return False
    is_counted = _COUNTED.search(name) and not _MEASURE.fullmatch(name)
    return bool(_COUNTED_TWICE.search(name) or (sku and (is_address(name) or is_counted)))


def _code_and_name(text: str) -> tuple[str | None, str | None]:
    words = re.split(r"[\s()\[\]【】]+", text)
    for word in (words[0], words[-1], *words[1:-1]):
        code = _LABEL_OF_CODE.sub("", word) or word
        if is_code(code):
            name = " ".join(other for other in words if other and other != word).strip(" :-")
            return code, re.sub(r"(?i)\b(?:sku|货号|item)\b:?", "", name).strip(" :-") or None
    stuck = re.fullmatch(r"([A-Za-z]*[-A-Za-z]*\d[A-Za-z0-9-]*)([\u4e00-\u9fff].*)", text)
    if stuck and is_code(stuck[1]):
        return stuck[1], stuck[2]
    behind = re.fullmatch(r"([\u4e00-\u9fff]+)([A-Z]{1,6}-?\d{2,}[A-Z0-9-]*)", text)
    if behind and is_code(behind[2]):
        return behind[2], behind[1]
    return None, text


def _number(text: str) -> str | None:
    """The number in digits; None for words that are none."""
    if text[0].isdigit():
        return text
    if text.casefold() in _WORDS_EN:
        return str(_WORDS_EN[text.casefold()])
    return None if says_loosely(text) else str(chinese_number(text))
