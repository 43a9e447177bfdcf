"""The address in pasted text: which words belong to it, in Chinese by divisions and house numbers, else by street and code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors import addresses, addresses_cn
from connectors.addresses_cn import goes_deeper
from connectors.base import Address, Problem
from connectors.countries import alpha2
from connectors.paste_goods import is_bare_count
from connectors.paste_people import chinese_name, is_talk

_CJK = re.compile(r"[\u4e00-\u9fff]")
_LEAD = re.compile(
    r"^(?:寄到|寄往|寄给|寄|送到|送至|送往|送|发到|发往|发至|发给|发|收货地址|地址|收货|到|在|(?:ship(?:ped)? to|deliver(?:ed)? to|send (?:it |them )?to|address|to)(?![A-Za-z]))[:\s]*",
    re.IGNORECASE,
)
#: A word that goes on with an address: a house, a part of a building, a quarter.
_GOES_ON = re.compile(
    r"\d+\s*[号弄栋幢座楼室层区期组巷单]|[路街道巷弄村镇乡](?:\d|$)|(?:小区|花园|大厦|广场|公寓|家园|新村|工业[园区]|科技园|产业园|创业园|商城|市场|大学|学院|医院|中学|小学|宿舍|仓库|楼|号|栋|幢|单元|室|层|座|苑|城|庭|府|湾|园)$|^[A-Za-z]?\d+[A-Za-z]?$|^[A-Za-z]\d*[座栋幢区]"
)
_NAME_BEHIND = tuple(
    re.compile(rf"(?<=[\d号室楼层栋幢座元户园苑村组厦店库])([\u4e00-\u9fff]{{{size}}})$") for size in (2, 3)
)
_POSTAL_CN = re.compile(r"(?<!\d)\d{6}(?!\d)")
_STREET_BEFORE_NUMBER = re.compile(r"[^\W\d][^\d,]{3,50}\s\d{1,4}\s?[a-zA-Z]?(?:[-/]\d{1,4})?")
_STREET_END = re.compile(
    r"(\b(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Way|Court|Ct|Place|Pl|Square|Terrace|Close|Crescent|Highway|Parkway|Pkwy)\b\.?)(?=\s+[A-Z][a-z])"
)


@dataclass(frozen=True, slots=True)
class Place:
    """An address with the text it was read from; `name` is a person's name that stuck to it."""

    address: Address
    source: str
    confidence: Decimal
    name: str | None = None
    problems: tuple[Problem, ...] = ()


def is_chinese(text: str) -> bool:
    """Whether the text holds Chinese characters."""
    return bool(_CJK.search(text))


def chinese_words(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return (words of the address, other words)."""
    start = next((at for at in range(len(words)) if _begins(words, at)), None)
    if start is None:
        start = next((at for at, word in enumerate(words) if _is_detailed(word)), None)
    if start is None:
        return [], list(words)
    end = start + 1
    while end < len(words) and (step := _step(words, start, end)):
        end += step
    return [word for word in words[start:end] if word], [*words[:start], *words[end:]]


def _begins(words: Sequence[str], at: int) -> bool:
    # 北京 alone may be anything; before 朝阳 it is where an address begins.
    word, following = words[at], words[at + 1 : at + 2]
    return _locate(word) is not None or (len(word) > 1 and any(goes_deeper(word, next_one) for next_one in following))


def _step(words: Sequence[str], start: int, end: int) -> int:
    """How many words further the address goes: none, the next one, or that behind a comma or a line's end."""
    text, word = _LEAD.sub("", "".join(words[start:end])), words[end]
    if word:
        return int(_locate(word) == 0 or bool(_GOES_ON.search(word)) or goes_deeper(text, word))
    behind = words[end + 1] if end + 1 < len(words) else ""
    is_bare = addresses_cn.names_divisions(text)
    return 2 if behind and is_bare and (goes_deeper(text, behind) or _is_detailed(behind)) else 0


def chinese_place(text: str) -> Place | None:
    """Understand a Chinese address, with a name that stands before or behind it without a space."""
    plain = _LEAD.sub("", text.strip(" ,.:"))
    at = _locate(plain) or 0
    before, plain = plain[:at], plain[at:]
    name = chinese_name(_LEAD.sub("", before)) if before else None
    behind = next(
        (found for pattern in _NAME_BEHIND if (found := pattern.search(plain)) and chinese_name(found[1])), None
    )
    if name is None and behind:
        name, plain = chinese_name(behind[1]), plain[: behind.start()]
    code = _POSTAL_CN.search(plain)
    if code:
        plain = plain.replace(code.group(), "").strip(" ,()邮编")
    address, problems = addresses_cn.complete(Address(lines=(plain,)), field="ship_to")
    if address.postal_code is None and code:
        address = _with_code(address, code.group())
    told = [part for part in (address.region, address.city, address.district or address.town) if part]
    return Place(address, text.strip(), Decimal("0.5") + Decimal("0.15") * len(told), name, problems)


def western_place(pieces: Sequence[str], *, country: str | None) -> Place | None:
    """Understand a western address out of pieces in their order."""
    kept = [_LEAD.sub("", piece.strip()) for piece in pieces if piece.strip()]
    if not kept:
        return None
    text = ", ".join(_STREET_END.sub(r"\1,", piece) for piece in kept)
    address = addresses.parse(_country_apart(text), country=country)
    if not address.lines and not address.city:
        return None
    sure = Decimal("0.5")
    sure += Decimal("0.2") if address.postal_code else 0
    sure += Decimal("0.1") if address.city else 0
    sure += Decimal("0.1") if any(addresses.is_street(line) for line in address.lines) else 0
    return Place(address, ", ".join(kept), sure)


def looks_western(piece: str) -> bool:
    """Whether a piece can be part of a western address by itself."""
    plain = _LEAD.sub("", piece.strip(" .,"))
    if is_talk(plain) or is_bare_count(plain):
        return False
    if _STREET_BEFORE_NUMBER.fullmatch(plain):
        return True
    return addresses.is_street(plain) or addresses.has_postal_code(plain) or alpha2(plain) is not None


def _locate(word: str) -> int | None:
    for at in range(min(len(word), 12)):
        if addresses_cn.starts_here(word[at:]) and len(word) - at > 2:
            return at
    return None


def _is_detailed(word: str) -> bool:
    return is_chinese(word) and bool(re.search(r"[路街道巷弄村镇乡]\S{0,8}\d+\s*[号弄栋幢座楼室]", word))


def _with_code(address: Address, code: str) -> Address:
    return Address(
        **{name: getattr(address, name) for name in Address.__dataclass_fields__ if name != "postal_code"},
        postal_code=code,
    )


def _country_apart(text: str) -> str:
    head, _, last = text.rpartition(" ")
    if (
        head
        and not head.endswith(",")
        and len(last) > 1
        and (last.isupper() or last.istitle())
        and alpha2(last)
        and last not in ("CA", "DE", "IN")
    ):
        return f"{head}, {last}"
    return text
