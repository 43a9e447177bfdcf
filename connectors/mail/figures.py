"""Amounts and quantities as people write them in a letter: signs, separators, units, words, Chinese numerals."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from connectors.mail.found import Found, found
from connectors.money import CURRENCIES, amount, currency_code
from connectors.quantities import qty

_NUMBER = r"\d{1,3}(?:[,'’]\d{3}){1,4}(?:\.\d{1,6})?|\d{1,3}(?:\.\d{3}){1,4},\d{1,4}|\d{1,3}(?:\.\d{3}){2,4}|\d{1,12}(?:[.,]\d{1,6})?"
_CODES = "|".join(sorted(CURRENCIES))
_SIGN = (
    r"US ?\$|HK ?\$|NT ?\$|CA ?\$|AU ?\$|NZ ?\$|RMB ?[¥￥]|CN ?[¥￥]|JP ?[¥￥]|[$€£¥￥₹₩₽₺₫฿₴₱]|元人民币|人民币|欧元|美元|港币|英镑|日元|元|"
    rf"zł|kr\.?|RMB|CNH|Rs\.?|(?:{_CODES})(?![A-Za-z])"
)
MONEY = re.compile(
    rf"(?<![A-Za-z0-9_.-])(?:(?P<before>{_SIGN})\s{{0,2}})?(?P<minus>[-−(]?)\s?(?P<number>{_NUMBER})(?!\d)(?:\s{{0,2}}(?P<after>{_SIGN})(?!\s?\d))?"
)
#: An amount with its currency behind it, whatever follows: both of "9.90 EUR 99.00 EUR".
AFTER = re.compile(
    rf"(?<![A-Za-z0-9_.-])(?P<before>)(?P<minus>[-−(]?)\s?(?P<number>{_NUMBER})(?!\d)\s{{0,2}}(?P<after>{_SIGN})"
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_POINT_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)|\d{1,3}(?:\.\d{3}){2,}", re.ASCII)

#: Words that say what is counted; the unit of the line keeps the sender's word.
UNITS = frozenset(
    "pc pcs pce piece pieces ea each unit units nos pz stk stück box boxes bx case cases cs carton cartons ctn ctns pack packs pk pkt"
    " packet packets package packages set sets pair pairs pr dozen dozens dz doz roll rolls bag bags bottle bottles btl pallet pallets"
    " ream reams drum drums kg kgs kilo kilos m meter meters metre metres l liter liters litre litres g lb lbs sheet sheets tube tubes"
    " 个 件 只 個 箱 盒 包 套 双 对 打 卷 袋 瓶 托 台 支 张 条 本 把 桶 吨 根 块 份 罐 片 枚 辆 部 副 册 公斤 千克 米 升".split()
)
_UNIT = "|".join(sorted((re.escape(unit) for unit in UNITS), key=len, reverse=True))
#: Units that measure a piece as well: "2 500 kg" may be two pieces of 500 kg.
MEASURES = frozenset(
    "kg kgs kilo kilos m meter meters metre metres l liter liters litre litres g lb lbs ml cl cm mm km mg oz inch in ft v w kw a ah mah hz"
    " gb mb tb gsm volt watt port ports pin pins way inches litros gramm gr 克 公斤 千克 毫升 升 米 厘米 毫米 吨 斤 寸 瓦 伏".split()
)
_CHINESE_NUMERAL = r"[零〇一二两三四五六七八九十百千万廿卅壹贰叁肆伍陆柒捌玖拾佰仟]{1,12}"
#: 3万, 1.5千, 3万5千, 1万2千500: digits with a magnitude, which is none in 5千克.
MAGNITUDE = r"\d{1,7}(?:\.\d{1,4})?(?:万(?![能用向])|千(?![克瓦卡])|百(?![合分]))(?:\d{1,4}(?:千(?![克瓦卡])|百(?![合分])))?(?:\d{1,4})?"
#: 2 500 and 10 000, as much of Europe writes thousands; a comma or point behind is the fraction's.
SPACED = r"[1-9]\d{0,2}(?:[ \u00a0\u2009\u202f]\d{3})+(?!\d|[ \u00a0\u2009\u202f]\d|[.,]\d{3}[.,])"
_SPACED_AMOUNT = re.compile(rf"(?<![\w.,'’-])(?<!\d[ \u00a0]){SPACED}")
_SPACED_QTY = re.compile(rf"(?P<number>{SPACED}(?:[.,]\d{{1,3}})?)\s?(?P<unit>[^\W\d_]{{1,12}}\.?)?")
_QTY = re.compile(
    rf"[x×*✕]?\s{{0,2}}(?P<number>[-−+]?(?:{_NUMBER})(?:[eE][+-]?\d{{1,2}})?)\s?(?P<kilo>[kK](?![a-zA-Z]))?\s{{0,2}}(?P<unit>{_UNIT})?"
    rf"(?:\s?[x×*✕])?(?:\s*(?:/(?!\d)|[(（]).{{0,20}})?",
    re.IGNORECASE,
)
_CHINESE_QTY = re.compile(rf"(?P<number>{_CHINESE_NUMERAL})\s?(?P<unit>{_UNIT})?")
_MAGNITUDE_QTY = re.compile(rf"(?P<number>{MAGNITUDE})\s?(?P<unit>{_UNIT})?")
_MAGNITUDES = {"万": 10_000, "千": 1000, "百": 100}
_PARTS = re.compile(r"(\d+(?:\.\d+)?)([万千百])")
_LOOSE = re.compile(r"[百千万佰仟][一二两三四五六七八九壹贰叁肆伍陆柒捌玖]$|(?<![零〇])[一二两三四五六七八九]{2,}")
_OR_ANOTHER = re.compile(r"[(（]\s*(?:or|oder|ou|max|min|up to|at least|或|最多|至少)", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"[a-zA-Z][a-zA-Z -]{2,60}\((\d{1,3}(?:,\d{3})+|\d{1,9})\)\s?([a-zA-Z]{1,12})?")
_DIGITS = dict(
    zip("零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖", (0, 0, 1, 2, 2, *range(3, 10), *range(1, 10)), strict=True)
)
_SCORES = {"廿": 20, "卅": 30}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_ONES = "one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = dict(zip(f"{_ONES} {_TEENS}".split(), range(1, 20), strict=True))
_WORDS |= dict(zip(_DECADES.split(), range(20, 100, 10), strict=True))
_ONE, _TEEN, _DECADE = ("|".join(words.split()) for words in (_ONES, _TEENS, _DECADES))
_TO_99 = rf"(?:(?:{_DECADE})(?:[\s-](?:{_ONE}))?|{_TEEN}|{_ONE})"
_TO_999 = rf"(?:(?:(?:{_ONE}|a)[\s-])?hundred(?:[\s-](?:and[\s-])?{_TO_99})?|{_TO_99})"
_WORDED = re.compile(rf"a|(?:(?:{_TO_999}|a)[\s-])?thousand(?:[\s-](?:and[\s-])?{_TO_999})?|{_TO_999}", re.I)
_NUMERAL = rf"(?:{_TEEN}|{_DECADE}|{_ONE}|hundred|thousand)"
#: A run of English numerals, sensible or not: "twenty-five", "a hundred and five".
NUMERALS = rf"(?:a\s)?{_NUMERAL}\b(?:[\s-]+(?:and\s+)?{_NUMERAL}\b){{0,6}}"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with the currency it names surely, or the sign (`$`, `¥`, `kr`) that several share."""

    value: Decimal
    currency: str | None
    sign: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """A quantity with its unit; `doubt` says what a person must confirm."""

    qty: Found[Decimal]
    unit: str | None = None
    doubt: str | None = None


def money(text: str) -> Money | None:
    """The first amount in a short text such as "$1,234.50", "12,50 €" or "120元"; None where there is none."""
    for match in MONEY.finditer(unspaced(text[:300])):
        value = _decimal(match["number"])
        if value is None:
            continue
        negative = bool(match["minus"]) and match["minus"] != "("
        return Money(-value if negative else value, *_currency(match["before"], match["after"]))
    return None


def unspaced(text: str) -> str:
    """The text with thousands that a blank parts in one piece: "2 500,00" -> "2500,00"."""
    return _SPACED_AMOUNT.sub(lambda match: re.sub(r"\s", "", match[0]), text)


def currency_named(text: str) -> str | None:
    """The currency that a heading such as "Unit Price (USD)" or "金额（元）" names."""
    for word in re.findall(_SIGN, text[:120]):
        code = _currency(word, None)[0]
        if code:
            return code
    return None


def _currency(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    for sign in (before, after):
        if not sign:
            continue
        text = sign.replace(" ", "").replace("￥", "¥").rstrip(".")
        code = currency_code(text) or ("CNY" if "人民币" in text else None)
        if code:
            return code, None
        if text in ("$", "¥") or text.casefold() in ("kr", "rs"):
            return None, text.casefold()
    return None, None


def _decimal(text: str) -> Decimal | None:
    """The one number that separators leave; "1.234" keeps its point."""
    if _GROUPED.fullmatch(text) or "'" in text or "’" in text:
        plain = re.sub("[,'’]", "", text)
    elif _POINT_GROUPED.fullmatch(text):
        plain = text.replace(".", "").replace(",", ".")
    else:
        plain = text.replace(",", ".")
    try:
        return amount(plain)
    except ValueError:
        return None


def quantity(text: str) -> Count:
    """The quantity in a cell or value with its unit as sent. Raises ValueError where it is none."""
    plain = " ".join(text.split())[:120].strip(" .:：;；,，")
    if _OR_ANOTHER.search(plain):
        raise ValueError(f"{text.strip()[:40]!r} is no quantity; write a number such as 12")
    bracketed = _IN_BRACKETS.fullmatch(plain)
    if bracketed:
        plain = f"{bracketed[1]} {bracketed[2] or ''}".strip()
    spaced = _SPACED_QTY.fullmatch(plain)
    if spaced:
        return _grouped_by_blanks(spaced, text)
    match = _QTY.fullmatch(plain)
    if match:
        return _counted(match, text)
    magnitude = _MAGNITUDE_QTY.fullmatch(plain)
    if magnitude:
        return _of_magnitude(magnitude, text)
    chinese = _CHINESE_QTY.fullmatch(plain)
    if chinese:
        return _chinese(chinese, text)
    return _worded(plain, text)


def _grouped_by_blanks(match: re.Match[str], source: str) -> Count:
    number, unit = re.sub(r"\s", "", match["number"]), unit_name(match["unit"])
    first, last = match["number"].split()[0], match["number"].split()[-1]
    count = quantity(f"{number} {unit or ''}")
    if (unit or "").lower() not in MEASURES:
        return count
    return replace(
        count, doubt=f"{source.strip()[:40]!r} could be {number} {unit} or {first} of {last} {unit}; confirm it"
    )


def _of_magnitude(match: re.Match[str], source: str) -> Count:
    """3万5千 -> 35000; 3万5 is 35000 when it is said and 30005 when it is written, so that a person confirms it."""
    value = sum((Decimal(number) * _MAGNITUDES[sign] for number, sign in _PARTS.findall(match["number"])), Decimal(0))
    rest = _PARTS.sub("", match["number"])
    total = qty(value + int(rest or 0))
    doubt = f"{source.strip()[:40]!r} was read as {total:f}; write it in digits" if len(rest) == 1 else None
    whole = total.quantize(Decimal(1)) if total == int(total) else total
    return Count(found(whole, "0.9", source), unit_name(match["unit"]), doubt)


def _chinese(match: re.Match[str], source: str) -> Count:
    """Numerals; 一百五 is 150 when it is said, and 两三 is two or three, so that a person confirms them."""
    value = chinese_number(match["number"])
    doubt = (
        f"{source.strip()[:40]!r} was read as {value}; write it in digits" if says_loosely(match["number"]) else None
    )
    return Count(found(Decimal(value), "0.9", source), unit_name(match["unit"]), doubt)


def _counted(match: re.Match[str], source: str) -> Count:
    number, unit = match["number"].replace("−", "-").lstrip("+"), unit_name(match["unit"])
    if "e" in number.lower():
        return Count(found(qty(number), "0.7", source), unit)
    sign, digits = (-1, number[1:]) if number.startswith("-") else (1, number)
    value = _decimal(digits)
    if value is None:
        raise ValueError(f"{source[:40]!r} is no quantity")
    if match["kilo"]:
        value = qty(sign * value * 1000).normalize()
        return Count(found(value, "0.6", source), unit, f"{source.strip()[:40]!r} was read as {value:f}; confirm it")
    # "1.200" is twelve hundred to one half of the world and a bit over one to the other.
    if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", digits):
        return Count(
            found(qty(sign * value), "0.5", source),
            unit,
            f"{source.strip()[:40]!r} could be {digits} or {digits.replace('.', '')}; confirm it",
        )
    return Count(found(qty(sign * value), "0.95", source), unit)


def _worded(plain: str, source: str) -> Count:
    head, _, last = plain.lower().rpartition(" ")
    words, unit = (head, last) if head and last in UNITS else (plain.lower(), None)
    if not _WORDED.fullmatch(words):
        raise ValueError(f"{source.strip()[:40]!r} is no quantity; write a number such as 12")
    return Count(found(Decimal(english_number(words)), "0.8", source), unit_name(unit))


def english_number(text: str) -> int:
    """twenty-five -> 25, two hundred and five -> 205, a thousand -> 1000."""
    total = section = 0
    for word in re.split(r"[\s-]+", text.lower()):
        if word == "hundred":
            section = (section or 1) * 100
        elif word == "thousand":
            total, section = total + (section or 1) * 1000, 0
        else:
            section += _WORDS.get(word, 0)
    return total + section or 1


def says_loosely(numeral: str) -> bool:
    """Whether a Chinese numeral may be two numbers: 两三 is two or three, 一百五 is 150 when it is said."""
    return bool(_LOOSE.search(numeral))


def unit_name(text: str | None) -> str | None:
    """The unit as sent; None for a blank one."""
    return (text or "").strip().rstrip(".")[:20] or None


def chinese_number(text: str) -> int:
    """三百二十 -> 320, 一百 -> 100, 两千 -> 2000, 三万 -> 30000, 廿五 -> 25; digits in a row read as such (一二 -> 12)."""
    total = section = digit = 0
    for sign in text:
        if sign in _DIGITS:
            digit = digit * 10 + _DIGITS[sign]
        elif sign in _SCORES:
            section, digit = section + _SCORES[sign], 0
        elif sign == "万":
            total, section, digit = total + (section + digit or 1) * 10_000, 0, 0
        else:
            section, digit = section + (digit or 1) * _TENS[sign], 0
    return total + section + digit
