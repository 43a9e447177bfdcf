"""Amounts and currencies as senders write them, read exactly: Decimal, never float."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import cache, lru_cache


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: ISO 4217 codes in use, and those withdrawn lately that old orders still carry.
CURRENCIES = _codes(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF"
    " CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK"
    " HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LVL LYD MAD"
    " MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON"
    " RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH"
    " UGX USD UYI UYU UYW UZS VED VEF VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL"
)

#: A unit price has no more decimals than these.
_MOST_DECIMALS = 6

#: Decimals of the minor unit where they are not two (ISO 4217).
MINOR_UNITS: dict[str, int] = {
    **dict.fromkeys(_codes("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"), 0),
    **dict.fromkeys(_codes("BHD IQD JOD KWD LYD OMR TND"), 3),
    **dict.fromkeys(_codes("CLF UYW"), 4),
}

#: Names and signs that mean one currency only; "$" and "¥" alone mean several and are not here.
CURRENCY_NAMES: dict[str, str] = {
    "RMB": "CNY", "CNH": "CNY", "人民币": "CNY", "人民币元": "CNY", "元": "CNY", "CN¥": "CNY", "RMB¥": "CNY",
    "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "欧元": "EUR", "£": "GBP", "英镑": "GBP", "US$": "USD", "USD$": "USD",
    "美元": "USD", "HK$": "HKD", "港币": "HKD", "港元": "HKD", "NT$": "TWD", "新台币": "TWD", "CA$": "CAD", "C$": "CAD",
    "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "S$": "SGD", "R$": "BRL", "₹": "INR", "₩": "KRW", "日元": "JPY", "円": "JPY",
    "JP¥": "JPY", "₽": "RUB", "₺": "TRY", "zł": "PLN", "ZŁ": "PLN", "₫": "VND", "฿": "THB", "₴": "UAH", "₱": "PHP",
}  # fmt: skip

#: Signs that mean several currencies, and which: a price with one is in none but these.
SHARED_SIGNS: dict[str, frozenset[str]] = {
    "$": _codes(
        "USD CAD AUD NZD HKD SGD TWD MXN ARS CLP COP CUP DOP UYU BRL BBD BMD BND BSD BZD FJD GYD JMD KYD LRD NAD SBD SRD TTD"
        " XCD ZWG"
    ),
    "¥": _codes("CNY JPY"),
    "kr": _codes("SEK NOK DKK ISK"),
    "rs": _codes("INR PKR LKR NPR MUR SCR"),
}

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
#: What nearly every amount looks like: nothing about it has to be bounded or cut.
_SHORT = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_NUMBERS = (int, Decimal)
_MAX_DIGITS = 18
_MAX_DECIMALS = 18

#: Wide enough that a product of two 18-digit amounts with their decimals is exact.
EXACT = Context(prec=96, rounding=ROUND_HALF_UP)


def amount(raw: object) -> Decimal | None:
    """Read an amount: a string, an int or a Decimal; None for null and blank.

    Raises ValueError for anything else: floats, booleans, words, NaN, Infinity, more than 18 digits
    before or 18 behind the point. Thousands separators and currency signs are not guessed at here.
    """
    if raw is None:
        return None
    if isinstance(raw, str):
        return _from_text(raw.strip())
    if isinstance(raw, bool) or not isinstance(raw, _NUMBERS):
        raise ValueError(f"not an amount: {raw!r:.60}")
    return _bounded(raw)


@lru_cache(maxsize=4096)
def _from_text(text: str) -> Decimal | None:
    """Prices and quantities come again and again: a shop has few of them."""
    if _SHORT.fullmatch(text):
        return Decimal(text) or Decimal(0)
    if not text:
        return None
    if len(text) > 60 or not _PLAIN.fullmatch(text):
        raise ValueError(f"not an amount: {text[:60]!r}")
    return _bounded(text)


def _bounded(raw: str | int | Decimal) -> Decimal:
    try:
        value = Decimal(raw)
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {str(raw)[:60]!r}") from error
    if not value.is_finite():
        raise ValueError(f"not an amount: {str(raw)[:60]!r}")
    if value and value.adjusted() >= _MAX_DIGITS:
        raise ValueError(f"an amount of more than {_MAX_DIGITS} digits")
    if value.adjusted() < -_MAX_DECIMALS:
        return Decimal(0)
    return _shortened(value)


def _shortened(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_MAX_DECIMALS:
        return _rounded_to(value, _MAX_DECIMALS)
    return EXACT.plus(value) if value else Decimal(0)


def minor_unit(currency: str) -> int:
    """Decimals of the currency's minor unit: 2 for USD, 0 for JPY, 3 for KWD."""
    return MINOR_UNITS.get(currency, 2)


def quantise(value: Decimal, currency: str | None) -> Decimal:
    """Round half up to the currency's minor unit; with no currency keep 2 to 6 decimals as sent."""
    return rounded(value, None if currency is None else minor_unit(currency))


def rounded(value: Decimal, decimals: int | None) -> Decimal:
    """Round half up to so many decimals; with None keep 2 to 6 as sent."""
    return at_least(value, decimals=2) if decimals is None else _rounded_to(value, decimals)


def at_least(value: Decimal, *, decimals: int) -> Decimal:
    """Keep the decimals that say something, at least `decimals` and at most six of them."""
    plain = _rounded_to(value, decimals)
    if decimals <= _MOST_DECIMALS and (plain is value or plain == value):
        return plain
    capped = _rounded_to(value, _MOST_DECIMALS).normalize(EXACT)
    exponent = capped.as_tuple().exponent
    sent = -exponent if isinstance(exponent, int) else 0
    return _rounded_to(capped, max(decimals, sent))


@cache
def quantum(decimals: int) -> Decimal:
    """The smallest step with so many decimals: 2 -> 0.01."""
    return Decimal(1).scaleb(-decimals)


def _rounded_to(value: Decimal, decimals: int) -> Decimal:
    step = quantum(decimals)
    # What has these decimals already, as nearly every amount has, is looked at for its sign alone.
    found = value if value.same_quantum(step) else value.quantize(step, context=EXACT)
    return found or found.copy_abs()  # no "-0.00"


def shared_sign(mark: str) -> str | None:
    """The sign of `SHARED_SIGNS` that a mark beside a price is; None for any other."""
    plain = mark.replace("￥", "¥").rstrip(".").lower()
    return plain if plain in SHARED_SIGNS else None


def may_mean(sign: str, code: str) -> bool:
    """Whether a price with the sign can be in the currency; any sign that is not shared says nothing against it."""
    return code in SHARED_SIGNS.get(sign, {code})


def currency_code(raw: object) -> str | None:
    """The ISO 4217 code meant by a code, a name or an unmistakable sign; None where there is none."""
    if not isinstance(raw, str):
        return None
    text = raw.strip().upper()
    if text in CURRENCIES:
        return text
    return CURRENCY_NAMES.get(text)
