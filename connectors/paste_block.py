"""What has been found of a pasted block so far, and the parts that show themselves: phones, e-mails, separators."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from connectors.paste_goods import Goods, goods_in
from connectors.paste_numbers import as_written, kept_whole
from connectors.paste_people import Phone, chinese_name, digits_left, phone_texts, read_phone
from connectors.paste_places import Place

#: How sure a field is that a label introduced.
LABELLED = Decimal("0.95")
#: A block of one order names few phones; a list of hundreds is something else.
_MAX_PHONES = 8
_EMAIL = re.compile(r"[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}", re.ASCII)
_SEPARATORS = re.compile(
    r"[\n;。、|?!\x1f]+|,|(?<=[a-z0-9]{3})\.\s+(?=[A-Z])|(?<=[\w-])\s+(?:to|for)\s*:?\s+(?=[A-ZÀ-Þ][a-zß-ÿ])"
    r"|(?<=\w)\s*[和及与]\s*(?=[\d一二两三四五六七八九十]{1,4}\s*[个個箱盒包袋瓶套台件支条张把双桶罐只])"
    r"|(?<=\w)(?=(?:寄|送|发)[到往至]|(?<![寄送发])到[\u4e00-\u9fff]{2,7}[省市区县])|\s+[给給]\s+"
    r"|(?<=\S)\s+(?:and|&|plus)\s+(?=\d|one\b|two\b|three\b|four\b|five\b)"
)


_PHONE_LABEL = re.compile(r"(?<![A-Za-z])(?:tel|phone|mobile|mob|cell|ph|call)\.?\s*$", re.IGNORECASE)
_NAME_BEFORE = re.compile(r"(?<=[\sA-Za-z0-9)])([\u4e00-\u9fff]{2,4})\s*$")


@dataclass(slots=True)
class Block:
    """What has been found so far."""

    chinese: bool
    country: str | None
    name: tuple[str, str, Decimal] | None = None
    company: tuple[str, str, Decimal] | None = None
    email: str | None = None
    phones: list[str] = field(default_factory=list)
    place: Place | None = None
    goods: list[Goods] = field(default_factory=list)
    unsure: list[tuple[Goods | str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    postal_code: str | None = None
    order_number: str | None = None


def pieces_of(text: str) -> list[str]:
    """The text cut where one thing ends: at lines, commas, semicolons and where something was cut out."""
    parts = map(as_written, filter(None, _SEPARATORS.split(kept_whole(text))))
    return [piece for part in parts if (piece := part.strip().lstrip(".,:;!").strip(" -"))]


def contacts_out(block: Block, text: str) -> str:
    """Cut e-mails and phones out of a text; a separator stays where they stood."""
    found = _EMAIL.search(text)
    if found and block.email is None:
        block.email = found.group()
        text = text[: found.start()] + "\x1f" + text[found.end() :]
    first = len(block.phones)
    for start, longest in reversed(phone_texts(text)[:_MAX_PHONES]):
        end = _dialled_end(block, text, start, longest)
        if end:
            block.phones.insert(first, text[start:end])
            text = _without_label(text[:start]) + "\x1f" + text[end:]
    lone = digits_left(text) if not block.phones else None
    if lone and not goods_in(_line_of(text, lone)):
        block.phones.append(text[lone[0] : lone[1]])
        text = text[: lone[0]] + "\x1f" + text[lone[1] :]
    return text


def _without_label(before: str) -> str:
    """What stands before a phone, without its label, and with a name parted from what stands before that."""
    before = _PHONE_LABEL.sub("", before)
    name = _NAME_BEFORE.search(before)
    return f"{before[: name.start(1)]}\x1f{name[1]}" if name and chinese_name(name[1]) else before


def phone_of(text: str, country: str | None) -> Phone:
    """The number as dialled in a country."""
    return read_phone(text, country=country, field="ship_to.phone")


def countries(block: Block, text: str) -> list[str | None]:
    """Where this number may be dialled, likeliest first."""
    place = block.place.address.country if block.place else None
    guesses = [place, block.country, "CN" if block.chinese else None]
    if not block.chinese:
        guesses.append("GB" if text.startswith("0") else "US")
    return [country for country in dict.fromkeys(guesses) if country] or [None]


def _line_of(text: str, span: tuple[int, int]) -> str:
    start = max(text.rfind(mark, 0, span[0]) for mark in "\n,;\x1f") + 1
    ends = [at for mark in "\n,;\x1f" if (at := text.find(mark, span[1])) >= 0]
    return text[start : min(ends, default=len(text))]


def _dialled_end(block: Block, text: str, start: int, end: int) -> int | None:
    """Where the number ends; a quantity that follows it without a comma is given back."""
    while end > start + 5:
        if _is_dialled(block, text[start:end]):
            return end
        end = max(text.rfind(" ", start, end), text.rfind("-", start, end), text.rfind(",", start, end))
    return None


def _is_dialled(block: Block, text: str) -> bool:
    return any(phone_of(text, country).is_good or "*" in text for country in countries(block, text))
