"""Labels in pasted text: `收货人：李四，电话：0755-12345678转801` taken apart into fields and what no label claims."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Field -> the labels that introduce it, English and Chinese.
LABELS: dict[str, str] = {
    "name": "收貨人 聯絡人 收货人姓名 收件人姓名 收货人 收件人 联系人 客户姓名 客户名称 客户 姓名 名字 name|full name|contact name|contact|attn|attention|recipient|customer name|customer|receiver|consignee",
    "company": "公司名称 公司 单位名称 company name|company|business",
    "phone": "聯絡電話 聯繫電話 電話 手機 收货电话 收件电话 联系电话 手机号码 手机号 手机 电话号码 电话 联系方式 tel|telephone|phone number|phone no|phone|mobile|cell|contact number",
    "email": "邮箱 电子邮件 电邮 e-mail|email",
    "region_text": "所在地区 所在区域 省市区 地区 收货地区",
    "address": "收貨地址 送貨地址 收货地址 收件地址 送货地址 详细地址 街道地址 地址 shipping address|delivery address|ship to|deliver to|address|addr",
    "postal_code": "邮政编码 邮编 postal code|postcode|zip code|zip",
    "country": "国家 country",
    "goods": "貨品 貨物 產品 訂單 订购商品 订购产品 订货明细 商品信息 商品名称 产品名称 订单内容 订单明细 订单 商品 产品 货品 货物 品名 订购 订货 items ordered|order items|items|item|goods|products|product|order",
    "sku": "货号 商品编码 编码 款号 型号 sku|item no|item code|product code|part no|code",
    "qty": "數量 数量 件数 quantity|qty",
    "unit": "计量单位 单位 單位 unit|uom",
    "price": "單價 单价 价格 unit price|price",
    "note": "備註 买家留言 订单备注 备注 留言 附言 notes|note|remarks|remark|comments|comment|message|special instructions|delivery instructions",
    "order_number": "订单号 订单编号 采购单号 po number|po no|po|order number|order no",
}  # fmt: skip
#: Fields whose value may run over several lines; others end with their line.
_LONG = frozenset({"goods", "note", "address"})
#: Where a value ends that is one word or number; a comma may belong to the number.
_END = re.compile(r"[,，;；。|、]")
_NUMBER_ENDS = re.compile(r"[;；。|]|、(?!\s*[\d一二两三四五六七八九十])|[,，](?!\d{1,3}(?!\d))")
_ENDS = {
    "phone": re.compile(r"[;；。|]|[,，](?!\d{2,5}\s*(?:$|[,，;；\n]))"),
    "qty": _NUMBER_ENDS,
    "price": _NUMBER_ENDS,
}
_COLON = r"[ \t]*[:：=][ \t]*"


def _pattern() -> re.Pattern[str]:
    chinese: list[tuple[str, str]] = []
    english: list[tuple[str, str]] = []
    for field, words in LABELS.items():
        for chunk in words.split(" ") if "|" not in words else _split(words):
            (english if chunk.isascii() else chinese).append((chunk, field))
    cn = "|".join(re.escape(word) for word, _ in sorted(chinese, key=lambda pair: -len(pair[0])))
    en = "|".join(re.escape(word).replace("\\ ", r"\s?") for word, _ in sorted(english, key=lambda pair: -len(pair[0])))
    return re.compile(
        rf"(?P<cn>{cn})(?:{_COLON}|(?<=^)|[ \t]+(?=\S))|(?<![A-Za-z-])(?P<en>{en})\.?(?:{_COLON}|[ \t]*#[ \t]*:?[ \t]*)",
        re.IGNORECASE | re.MULTILINE,
    )


def _split(words: str) -> list[str]:
    head, _, _ = words.partition("|")
    cut = head.rfind(" ", 0, _first_ascii(head))
    chinese = head[:cut].split() if cut > 0 else []
    return chinese + words[cut + 1 :].split("|")


def _first_ascii(text: str) -> int:
    return next((at for at, sign in enumerate(text) if sign.isascii() and sign.isalpha()), len(text))


_LABEL = _pattern()
_FIELD_OF = {
    word.casefold().replace(" ", ""): field
    for field, words in LABELS.items()
    for word in (_split(words) if "|" in words else words.split(" "))
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """`values` in the order they were said; `free` are the stretches that no label claims."""

    values: tuple[tuple[str, str], ...]
    free: tuple[str, ...]


def taken_apart(text: str) -> Labelled:
    """Split the text at its labels."""
    marks = [match for match in _LABEL.finditer(text) if _is_label(text, match)]
    if not marks:
        return Labelled((), (text,))
    values: list[tuple[str, str]] = []
    free = [text[: marks[0].start()]]
    for at, mark in enumerate(marks):
        end = marks[at + 1].start() if at + 1 < len(marks) else len(text)
        field = _FIELD_OF[re.sub(r"\s", "", (mark["cn"] or mark["en"]).casefold())]
        value, rest = _value(field, text[mark.end() : end])
        values.append((field, value))
        free.append(rest)
    return Labelled(tuple((field, value) for field, value in values if value), tuple(filter(str.strip, free)))


def _is_label(text: str, mark: re.Match[str]) -> bool:
    if re.search(r"[:：=#]", mark.group()):
        return True
    # Without a colon a word is a label only at the start of its line or behind a space: `电话 138…`.
    return (
        bool(mark["cn"]) and bool(re.search(r"(?:^|[\s,;，；。])$", text[: mark.start()])) and mark.group()[-1] == " "
    )


def _value(field: str, text: str) -> tuple[str, str]:
    stripped = text.strip(" \t,;，；。|")
    if field in _LONG:
        value, blank, rest = stripped.partition("\n\n")
        return value.strip(), rest if blank else ""
    first, _, rest = stripped.lstrip("\n").partition("\n")
    if field in ("name", "phone", "qty", "unit", "price", "sku", "postal_code", "email", "order_number", "country"):
        cut = _ENDS.get(field, _END).search(first)
        if cut:
            return first[: cut.start()].strip(), first[cut.end() :] + "\n" + rest
    return first.strip(), rest
