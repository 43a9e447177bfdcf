"""One line of goods as a mail names it, each value with its confidence and source, and SKUs inside names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from connectors.mail.figures import Money
from connectors.mail.found import Found

#: A code as catalogues print it: no spaces, a digit in it, letters or a dash beside.
CODE = r"(?=[A-Za-z0-9._/-]{0,29}\d)(?=[A-Za-z0-9._/-]{0,29}[A-Za-z_/-])[A-Za-z0-9][A-Za-z0-9._/-]{1,38}[A-Za-z0-9]"
_BARE_CODE = re.compile(rf"(?<![A-Za-z0-9_.@/-]){CODE}(?![A-Za-z0-9_@/+-])")
_NAMED_CODE = re.compile(
    r"(?:\b(?:sku|item (?:no|code|number|#)|part (?:no|number|#)|p/n|art(?:icle)?\.? ?(?:no|nr)|product code|model|mpn|code|ref)|货号|商品编码|产品编码"
    r"|商品编号|产品编号|物料编码|物料号|料号|款号|型号|编码)\s{0,3}[.:：#]{0,2}\s{0,3}(?P<code>[A-Za-z0-9][A-Za-z0-9._/-]{1,38})",
    re.I,
)
_BRACKETED_CODE = re.compile(
    rf"[(（\[]\s?#?(?:sku[:：]?\s?)?(?P<code>{CODE}|(?<=#)[A-Za-z0-9._/-]{{1,40}})\s?[)）\]]", re.I
)
#: What looks like a code and is none: sizes, weights, dates, times, ordinals, money.
_NO_CODE = re.compile(
    r"\d+(?:[.,]\d+)?(?:mm|cm|m|km|kg|g|mg|ml|l|lb|lbs|oz|in|inch|ft|v|w|kw|a|ah|mah|hz|khz|mhz|ghz|gb|mb|tb|k|x|st|nd|rd|th|pm|am|px|port|pack|pcs|pc|ea|kva|u|gsm)"
    r"|(?:19|20)\d\d[-–/](?:19|20)?\d\d|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d+x\d+(?:x\d+)?|\d+[-/]\d+|[A-Za-z]{1,3}/\d{1,2}|\d+(?:\.\d+)?e[+-]?\d+",
    re.I,
)
#: Words before a code that make it the number of something else than goods.
_OTHER_NUMBER = re.compile(
    r"(?:ref(?:erence)?|number|no|quot(?:e|ation)|invoice|customer|account|contract|ticket|project|orders?|po|voucher|coupon|discount|promo|tracking"
    r"|单号|编号|合同|客户|项目|参考|发票|订单|采购单|优惠券|优惠码)[\s.:：#＃()（）号为是]*$",
    re.I,
)


@dataclass(slots=True)
class Item:
    """A line being put together; what was not said is None. `total` is the sender's, after the line's discount."""

    sku: Found[str] | None = None
    name: Found[str] | None = None
    qty: Found[Decimal] | None = None
    qty_fault: str | None = None
    unit: str | None = None
    price: Found[Money] | None = None
    price_fault: str | None = None
    total: Found[Money] | None = None
    discount: Found[Money] | None = None
    tax: Found[Money] | None = None
    line_ref: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    def is_goods(self) -> bool:
        """Whether it says what is meant and how many, or at least tries to."""
        return (self.sku is not None or self.name is not None) and (self.qty is not None or self.qty_fault is not None)


def named_code(text: str) -> re.Match[str] | None:
    """A code that the text calls one: "SKU: MD-001", "(#WID-1)", "货号：A12"."""
    return _NAMED_CODE.search(text[:400]) or _BRACKETED_CODE.search(text[:400])


def bare_code(text: str) -> re.Match[str] | None:
    """A word that can only be a code, such as ABC-123; sizes, dates and weights are none."""
    return next(bare_codes(text), None)


def bare_codes(text: str) -> Iterator[re.Match[str]]:
    """Every word that can only be a code, from left to right."""
    for match in _BARE_CODE.finditer(text[:400]):
        if not _NO_CODE.fullmatch(match[0]) and _is_printed(match[0]):
            yield match


def names_other(before: str) -> bool:
    """Whether the words before a code say that it is no code of goods: "your ref", "coupon", "合同"."""
    return _OTHER_NUMBER.search(before[-60:]) is not None


def _is_printed(word: str) -> bool:
    """Whether a word is written as codes are: capitals or small letters only, or two digits and a dash ("Cat6" is a word)."""
    letters = "".join(sign for sign in word if sign.isalpha())
    digits = sum(sign.isdigit() for sign in word)
    dashed = any(sign in word for sign in "-_/")
    return letters.isupper() or (dashed and (letters.islower() or digits >= 2))


def is_code(text: str) -> bool:
    """Whether a cell holds a code and no name: one word with a digit, or letters all in capitals."""
    plain = text.strip().lstrip("#")
    if not plain or len(plain) > 40 or " " in plain or "\n" in plain or re.search(r"[\u4e00-\u9fff]", plain):
        return False
    return any(sign.isdigit() for sign in plain) or (plain.isupper() and len(plain) >= 3)
