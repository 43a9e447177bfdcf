"""What a cell of a sheet says: numbers with a decimal point or comma, prices with a currency sign, words for payments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

from connectors.figures import Figure
from connectors.money import amount, currency_code, shared_sign

_SIGNS = re.compile(
    r"(US\$|HK\$|NT\$|CA\$|AU\$|NZ\$|C\$|A\$|S\$|R\$|CN¥|RMB¥?|[$€£¥￥₹₩₽₺₫฿₴₱]|[A-Za-z]{3}(?![A-Za-z])|人民币|美元|欧元|元|zł|kr\.?)"
)
#: Blanks and apostrophes part thousands, and nothing else: `1 5` is no 15, and `10 12` no 1012.
_BLANK_INSIDE = re.compile(r"\d['\u00a0\u202f ]+[\d.,]")
_BLANKED = re.compile(r"[+-]?\d{1,3}(?:['\u00a0\u202f ]\d{3})+(?:[.,]\d+)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?[\d.,'\u00a0\u202f ]*\d[\d.,'\u00a0\u202f ]*%?", re.ASCII)
#: Three digits behind one sign may be a fraction or thousands; whatever else stands before or behind it tells which.
_FRACTION = r"\d+{0}(?:\d{{1,2}}|\d{{4,}})|\d{{1,3}}(?:{1}\d{{3}})+{0}\d+|0{0}\d+|\d{{4,}}{0}\d{{3}}|\d{{1,3}}(?:{1}\d{{3}}){{2,}}"
_BESIDE = r"[+-]?(?:{0})\s?(?:%|[^\W\d_]{{1,12}}\.?)?"
_COMMA_DECIMAL = re.compile(_BESIDE.format(_FRACTION.format(",", r"\.")))
_POINT_DECIMAL = re.compile(_BESIDE.format(_FRACTION.format(r"\.", ",")))
_TWO_WAYS = re.compile(r"(?<![\d.,])([1-9]\d{0,2})[.,](\d{3})(?![\d.,])", re.ASCII)
_PLAIN = re.compile(r"\d+(\.\d+)?", re.ASCII)
#: How spreadsheets show a number whose last digits they dropped.
_EATEN = re.compile(r"\d(?:[.,]\d+)?E\+\d{2,3}", re.IGNORECASE)
_BROKEN = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA|#{2,})", re.IGNORECASE)
_QTY_UNIT = re.compile(r"([+-]?[\d.,]*\d[\d.,]*)\s*([^\W\d_]{1,12})\.?")
#: Magnitudes, and words that leave a number open: 10左右, 10多个, `10ish`, 2打半.
_NO_UNIT = re.compile(
    r"^(?:[kmew万千百亿]|ish|plus|min(?:imum)?|max(?:imum)?|approx|ca|circa|odd)$|左右|上下|^[多来余几]|半$|以上|以下",
    re.IGNORECASE,
)
_NEGATIVE_BRACKETS = re.compile(r"\((.+)\)")
#: A number with its signs, a unit or a currency is shorter: the patterns above try each place of a text with each other.
_NUMBER_MAX = 100

#: Words of a payment column -> (terms, payment status); None where the word does not say.
PAYMENT_STATUS: dict[str, str] = {
    **dict.fromkeys("paid 已付款 已支付 已付 付款成功 bezahlt".split(), "paid"),
    **dict.fromkeys("pending unpaid awaiting 未付款 未支付 待付款 待支付 offen".split(), "pending"),
    **dict.fromkeys("authorized authorised 已授权".split(), "authorized"),
    **dict.fromkeys("partiallypaid 部分付款".split(), "partially_paid"),
    **dict.fromkeys("refunded 已退款".split(), "refunded"),
    **dict.fromkeys("partiallyrefunded 部分退款".split(), "partially_refunded"),
    **dict.fromkeys("voided 已作废".split(), "voided"),
}
_TERMS: tuple[tuple[str, str], ...] = (
    ("cod", r"\bcod\b|cash\s*on\s*delivery|collect on delivery|货到付款|nachnahme"),
    (
        "account",
        r"\bnet\s*\d+|\bn/?\d{2,3}\b|on account|open account|invoice|credit terms|\d+\s*days?|eom\b|月结|账期|赊|挂账|周结|季结|auf rechnung",
    ),
    (
        "prepaid",
        r"pre-?paid|prepay|pre-?payment|in advance|credit\s*card|paypal|stripe|alipay|wechat|bank transfer|wire|\bpaid\b|advance"
        r"|款到发货|预付|先款|在线支付|支付宝|微信|银行转账|全款|已付",
    ),
)


def is_eaten(text: str) -> bool:
    """Whether a spreadsheet dropped digits of this number: 1.00002E+10."""
    return bool(_EATEN.fullmatch(text))


def is_broken(text: str) -> bool:
    """Whether a spreadsheet shows that it has no value for a cell: `#N/A`, `#REF!`, or a row of # in a narrow column."""
    return text.startswith("#") and bool(_BROKEN.fullmatch(text))


class ReadTwoWays(ValueError):
    """A number that can be read in two ways, and nothing in its sheet says which; the message names both."""


def habit(cells: Iterable[str], *, delimiter: str | None) -> tuple[str, bool]:
    """Return (decimal sign, whether it is sure). Number cells of a workbook say nothing of how its texts are written."""
    comma = point = 0
    for cell in cells:
        if len(cell) > _NUMBER_MAX or isinstance(cell, Figure) or cell.isdecimal():
            continue
        text = _SIGNS.sub("", unicodedata.normalize("NFKC", cell)).strip()
        comma += bool(_COMMA_DECIMAL.fullmatch(text))
        point += bool(_POINT_DECIMAL.fullmatch(text))
    if comma != point:
        return "," if comma > point else ".", not (comma and point)
    # Who writes decimal commas parts cells by semicolons; semicolons alone prove nothing, commas do.
    return "," if delimiter == ";" and not point else ".", delimiter == "," and not point


def refuse_two_ways(text: str) -> None:
    """Raise ReadTwoWays for a number such as 1.500, which is 1500 to one sender and 1.5 to another."""
    found = _TWO_WAYS.search(_short(text))
    if found:
        whole, small = found[1] + found[2], f"{found[1]}.{found[2]}".rstrip("0").rstrip(".")
        wide = f"{found[1]}.{found[2]}0" if "." in small else small
        raise ReadTwoWays(f"{text[:40]!r} can be {small} or {whole}; write {wide} or {whole}")


def number(text: str, *, mark: str) -> Decimal | None:
    """The number in a cell, None for a blank one; raises ValueError for what is none.

    Thousands separators go, full-width digits and bracketed negatives are read.
    """
    if text.isascii() and text.isdecimal():
        return amount(text)
    plain = _short(text)
    if not plain or plain in ("-", "--", "—", "N/A", "n/a"):
        return None
    bracketed = _NEGATIVE_BRACKETS.fullmatch(plain)
    if bracketed:
        plain = f"-{bracketed[1]}"
    if re.fullmatch(r"[+-]?\d+(\.\d+)?[eE][+-]?\d{1,3}", plain, re.ASCII):
        return amount(plain)
    if not _NUMBER.fullmatch(plain) or plain.endswith("%"):
        raise ValueError(f"{text[:40]!r} is not a number")
    if _BLANK_INSIDE.search(plain) and not _BLANKED.fullmatch(plain):
        raise ValueError(f"{text[:40]!r} may be two numbers")
    return _grouped(re.sub(r"['\u00a0\u202f ]", "", plain), mark, text)


def price(text: str, *, mark: str, chinese: bool) -> tuple[Decimal | None, str | None]:
    """Return (amount, currency) of a price; the sign itself where it means several currencies (`money.SHARED_SIGNS`)."""
    if mark == "." and _PLAIN.fullmatch(text):
        return amount(text), None
    plain = _short(text)
    signs = [sign for sign in _SIGNS.findall(plain) if not re.fullmatch(r"[eE]\d*", sign)]
    if not signs:
        return number(plain, mark=mark), None
    bare = re.split(r"/", _SIGNS.sub("", plain))[0]
    return number(bare.strip(" .") or plain, mark=mark), _currency(signs[0], chinese)


def qty_and_unit(text: str, *, mark: str) -> tuple[Decimal | None, str | None]:
    """Return (quantity, unit) of `2`, `2件`, `10 pcs`; raises ValueError for what is no quantity."""
    if text.isascii() and text.isdecimal():
        return amount(text), None
    plain = _short(text)
    together = _QTY_UNIT.fullmatch(plain)
    # "1.5K" and "2.5e3" are no units but magnitudes that nobody should guess.
    if together and not _NO_UNIT.search(together[2]):
        return number(together[1], mark=mark), together[2]
    if re.search(r"[^\W\d]", plain):
        raise ValueError(f"{text[:40]!r} is not a quantity")
    return number(plain, mark=mark), None


def terms(text: str) -> str | None:
    """Payment terms of our three kinds, None where the words say none of them."""
    folded = text.casefold()
    return next((kind for kind, pattern in _TERMS if re.search(pattern, folded)), None)


def _short(text: str) -> str:
    """The text in its usual signs; raises ValueError where it is too long for a number."""
    if len(text) > _NUMBER_MAX:
        raise ValueError(f"{text[:40]!r} goes on for {len(text)} signs and is no number")
    return unicodedata.normalize("NFKC", text).strip()


def _grouped(plain: str, mark: str, text: str) -> Decimal | None:
    other = "," if mark == "." else "."
    whole, _, fraction = plain.rpartition(mark) if mark in plain else (plain, "", "")
    if other in fraction or plain.count(mark) > 1:
        return _regrouped(plain, text)
    groups = whole.split(other)
    if len(groups) > 1 and not _are_thousands(groups):
        if len(groups) == 2 and not fraction:  # 12,5 in a sheet that elsewhere writes points
            return amount(f"{groups[0]}.{groups[1]}")
        raise ValueError(f"{text[:40]!r} is not a number")
    return amount("".join(groups) + (f".{fraction}" if fraction else ""))


def _are_thousands(groups: list[str]) -> bool:
    first = groups[0].lstrip("+-")
    return 0 < len(first) <= 3 and first[0] != "0" and all(len(group) == 3 for group in groups[1:])


def _regrouped(plain: str, text: str) -> Decimal | None:
    # The other habit in the same sheet: 1.234.567 or 1.234,50 where points are decimal.
    last = max(plain.rfind("."), plain.rfind(","))
    mark = plain[last]
    if plain.count(mark) > 1:
        if all(len(group) == 3 for group in plain.split(mark)[1:]):
            return amount(plain.replace(mark, ""))
        raise ValueError(f"{text[:40]!r} is not a number")
    return amount(re.sub(r"[.,]", "", plain[:last]) + "." + plain[last + 1 :])


def _currency(sign: str, chinese: bool) -> str | None:
    shared = shared_sign(sign)
    return "CNY" if shared == "¥" and chinese else shared or currency_code(sign)
