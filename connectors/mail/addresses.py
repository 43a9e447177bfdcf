"""Address blocks of letters: name, company, street, town, state, postal code and country out of a few lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from connectors.addresses_cn import complete
from connectors.base import Address, Problem
from connectors.countries import alpha2
from connectors.paste_people import chinese_name

US_STATES = frozenset(
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA PR RI"
    " SC SD TN TX UT VT VA WA WV WI WY".split()
)
_CA_PROVINCES = frozenset("AB BC MB NB NL NS NT NU ON PE QC SK YT".split())
_AU_STATES = frozenset("ACT NSW NT QLD SA TAS VIC WA".split())
_POSTAL = r"\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|\d{4} ?[A-Z]{2}|\d{6}|\d{3}[- ]\d{2,4}|\d{2}-\d{3}|\d{4}"
_STATE_LAST = re.compile(rf"(?P<city>[^\d,]{{2,60}}),?\s+(?P<region>[A-Z]{{2,3}})\.?,?\s+(?P<postal>{_POSTAL})")
_REGION_LAST = re.compile(
    rf"(?P<city>[^\d,]{{2,60}}),\s*(?P<region>[A-Za-z][A-Za-z .'-]{{1,40}}?),?\s+(?P<postal>{_POSTAL})", re.I
)
_POSTAL_FIRST = re.compile(
    r"(?:[A-Z]{1,2}-)?(?P<postal>\d{4} ?[A-Z]{2}(?= )|\d{4,5}|\d{2}-\d{3})\s+(?P<city>[^\d,]{2,60})"
)
_POSTAL_LAST = re.compile(rf"(?P<city>[^\d,]{{2,60}}?),?\s+(?P<postal>{_POSTAL})", re.I)
_STATE_ONLY = re.compile(r"(?P<city>[^\d,]{2,60}),\s*(?P<region>[A-Z]{2,3})\.?")
_LETTERED_POSTAL = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d")
_POSTAL_ALONE = re.compile(rf"(?P<postal>{_POSTAL})", re.I)
_TAIL = re.compile(
    rf"(?P<before>.{{3,200}}?),\s*(?P<town>[^,]{{2,60}},?\s+[A-Z]{{2,3}}\s+(?:{_POSTAL})|[^,\d]{{2,60}},\s*[A-Z]{{2,3}}|(?:{_POSTAL})\s+[^,\d]{{2,60}}|[^,]{{2,60}}\s(?:{_POSTAL}))"
)
_COMPANY = re.compile(
    r"\b(ltd|limited|llc|llp|inc|incorporated|corp|corporation|gmbh|co\.?,? ?ltd|plc|s\.?a\.?r?\.?l?|b\.?v|pty|company|group|ag|kg|oy|ab|srl"
    r"|spa|university|hospital|school)\b\.?|公司|集团|工厂|商行|经营部|大学|医院|学校|中心$|厂$",
    re.I,
)
_STREET = re.compile(
    r"\d|\b(street|st|road|rd|avenue|ave|lane|ln|drive|dr|blvd|boulevard|way|court|ct|place|square|suite|unit|floor|apt|building|house"
    r"|strasse|straße|str|rue|via|calle|p\.?o\.? box|warehouse|dock)\b\.?",
    re.I,
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_PERSON = re.compile(r"[^\d,，@:：/]{2,60}")
_CN_NAME = re.compile(r"[\u4e00-\u9fff·]{2,6}(?:先生|女士|小姐|经理|总)?")
#: What a building's or an estate's name ends with; a person's may end with the second ones.
_CN_BUILDING = re.compile(
    r"(?:花园|广场|大厦|公寓|家园|小区|新村|新城|中心|大楼|写字楼|园区|工业园|产业园|科技园|仓库|市场|商城|宿舍|大学|学院|医院|学校|酒店|[苑村栋幢座省市区县镇路街道号楼室])$"
)
_CN_QUARTER = re.compile(r"[城园府湾庭院里弄巷厂店]$")
_CN_HOUSE = re.compile(
    r"[A-Za-z]?\d+[A-Za-z]?[-号弄栋幢座楼层室单期区]|[A-Za-z]\d*[座栋幢区]|\d+$|[一二三四五六七八九十]+[号栋幢座楼层期]"
)
_CN_GLUED = re.compile(
    r"(?:(?<=\d)|(?<=\d[号室楼层栋幢座户]))(?P<name>(?![号室楼层栋幢座户单弄])[\u4e00-\u9fff]{2,3})$"
)
_CN_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)")


def read_address(
    lines: Sequence[str], *, field: str, named: str | None = None
) -> tuple[Address | None, tuple[Problem, ...]]:
    """The address in a block of lines, None where there is none; problems name contradictions of Chinese divisions.

    `named`: who gets the goods by another label; at the end of a Chinese address only that word is a name then.
    """
    kept = [" ".join(line[:300].split()).strip(" ,;，；") for line in lines if line.strip()]
    kept = [line for line in kept if line][:12]
    if not kept:
        return None, ()
    if _CHINESE.search("".join(kept)):
        return _chinese(kept, field, named)
    address = _one_line(kept[0]) if len(kept) == 1 else _western(kept)
    return (address if address.lines or address.city or address.postal_code else None), ()


def postal_code_of(line: str) -> str | None:
    """The postal code of a line that is a town's: "10115 Berlin", "Leeds LS1 4AP", "Austin, TX 78701"; "LS1 4AP" alone."""
    text = " ".join(line[:300].split()).strip(" ,;")
    for pattern in (_STATE_LAST, _REGION_LAST, _POSTAL_FIRST, _POSTAL_LAST):
        match = pattern.fullmatch(text)
        if match and not (pattern is _POSTAL_LAST and _STREET.search(match["city"])):
            return match["postal"]
    return text if _LETTERED_POSTAL.fullmatch(text) else None


def _chinese(lines: list[str], field: str, named: str | None) -> tuple[Address | None, tuple[Problem, ...]]:
    """Name, company and phone may stand on lines of their own or before and after the address on one."""
    name = company = phone = None
    rest: list[str] = []
    pieces = [piece for line in lines for piece in re.split(r"[,，;；|\s]+", line) if piece]
    for at, piece in enumerate(pieces):
        found_phone = _CN_PHONE.search(piece)
        if found_phone:
            phone, piece = phone or found_phone[0], piece.replace(found_phone[0], "")
        if re.fullmatch(r"[(（]?\d{6}[)）]?", piece):
            continue
        if name is None:
            beside = bool(found_phone) or _starts_with_phone(pieces[at + 1 :])
            name, piece = _name_in(piece, pieces[at + 1 :], opens=not rest, beside_phone=beside, named=named)
        if not piece:
            continue
        if company is None and _COMPANY.search(piece) and not re.search(r"[省市区县].*[路街道号]", piece):
            company = piece
        else:
            rest.append(piece)
    street = "".join(rest) if all(_CHINESE.search(piece) for piece in rest) else " ".join(rest)
    if not street:
        return None, ()
    postal = re.search(r"(?<!\d)(\d{6})(?!\d)", " ".join(lines))
    base = Address(
        name=name,
        company=company,
        lines=(street,),
        phone=phone,
        postal_code=postal[1] if postal else None,
        country="CN",
    )
    return complete(base, field=field)


def _starts_with_phone(pieces: Sequence[str]) -> bool:
    return bool(pieces) and _CN_PHONE.match(pieces[0]) is not None


def _name_in(
    piece: str, pieces_behind: Sequence[str], *, opens: bool, beside_phone: bool, named: str | None
) -> tuple[str | None, str]:
    """The receiver's name that a word is or ends with, and what is left of the word."""
    behind = [other for other in pieces_behind if not _CN_PHONE.fullmatch(other) and not other.isdecimal()]
    if _is_name(piece, behind, opens=opens, beside_phone=beside_phone, named=named):
        return piece.removesuffix("收") if len(piece) > 2 else piece, ""
    # The name stands behind the room without a space: 1203室王小明.
    glued = _CN_GLUED.search(piece) if beside_phone else None
    if glued and chinese_name(glued["name"]):
        return glued["name"], piece[: glued.start()]
    return None, piece


def _is_name(piece: str, behind: Sequence[str], *, opens: bool, beside_phone: bool, named: str | None) -> bool:
    """Whether a word is the receiver's name: an estate or a tower has a house behind it, or the word for it in it."""
    if not _CN_NAME.fullmatch(piece) or _CN_BUILDING.search(piece):
        return False
    surely = chinese_name(piece) is not None
    if opens or beside_phone:
        # Before the address, or beside the phone, people of any name stand.
        return (surely or not _CN_QUARTER.search(piece)) and not (opens and not surely and _is_house(behind))
    if named is not None and not behind:
        return piece.startswith(named) or named.startswith(piece)
    return surely and not behind


def _is_house(behind: Sequence[str]) -> bool:
    return bool(behind) and _CN_HOUSE.match(behind[0]) is not None


def _one_line(line: str) -> Address:
    """An address on one line, its parts between commas."""
    pieces = [piece.strip() for piece in line.split(",")]
    country = alpha2(pieces[-1].rstrip(".")) if len(pieces) > 1 and not _is_state(pieces[-1]) else None
    body = ", ".join(pieces[:-1] if country else pieces).rstrip(".")
    match = _TAIL.fullmatch(body)
    if match is None:
        return _western([*(piece for piece in pieces if piece)])
    before = [piece.strip() for piece in match["before"].split(",")]
    return _western([*before, match["town"], *([pieces[-1]] if country else [])])


def _is_state(text: str) -> bool:
    return text.strip(". ") in US_STATES | _CA_PROVINCES | _AU_STATES


def _western(lines: list[str]) -> Address:
    rest = list(lines)
    country = _take_country(rest)
    town = _take_town(rest)
    name, company = _take_names(rest, least=0 if town else 1)
    found = Address(
        name=name,
        company=company,
        lines=tuple(rest),
        city=town.get("city"),
        region=town.get("region"),
        postal_code=town.get("postal"),
        country=country,
    )
    return found if country else replace(found, country=_implied_country(found))


def _take_country(rest: list[str]) -> str | None:
    # WooCommerce writes "United Kingdom (UK)".
    last = re.sub(r"\s\([A-Z]{2}\)$", "", rest[-1].rstrip("."))
    if len(rest) > 1 and not _is_state(last) and (found := alpha2(last)):
        rest.pop()
        return found
    head, _, tail = last.rpartition(",")
    if head and not _is_state(tail.strip()) and (found := alpha2(tail.strip())):
        rest[-1] = head.strip()
        return found
    # "Anytown, USA 12345"
    inside = re.fullmatch(r"(.{2,60}), ?(USA|UK)\.? (\w[\w -]{3,9})", last)
    if inside:
        rest[-1] = f"{inside[1]} {inside[3]}"
        return alpha2(inside[2])
    return None


def _take_town(rest: list[str]) -> dict[str, str]:
    """Take the town line (and a postal code alone below or above it) from the end of the block."""
    taken: dict[str, str] = {}
    if len(rest) > 1 and (alone := _POSTAL_ALONE.fullmatch(rest[-1])):
        taken = {"postal": alone["postal"]}
        rest.pop()
    for pattern in (_STATE_LAST, _REGION_LAST, _POSTAL_FIRST, _POSTAL_LAST, _STATE_ONLY):
        match = pattern.fullmatch(rest[-1]) if rest else None
        if match and not (pattern is _POSTAL_LAST and _STREET.search(match["city"])):
            rest.pop()
            return taken | {name: text.strip(" ,") for name, text in match.groupdict().items()}
    if taken and len(rest) > 1 and _PERSON.fullmatch(rest[-1]):
        return taken | {"city": rest.pop()}
    if len(rest) > 2 and _PERSON.fullmatch(rest[-1]) and not _STREET.search(rest[-1]):
        return taken | {"city": rest.pop()}
    return taken


def _take_names(rest: list[str], *, least: int) -> tuple[str | None, str | None]:
    name = company = None
    while len(rest) > least and not (name and company):
        first = re.sub(r"^(?:attn|attention|c/o)\s*[:.]?\s*", "", rest[0], flags=re.I)
        if company is None and _COMPANY.search(first) and not re.match(r"\d", first):
            company = first
        elif name is None and _PERSON.fullmatch(first) and (first != rest[0] or not _STREET.search(first)):
            name = first
        else:
            break
        rest.pop(0)
    return name, company


def _implied_country(found: Address) -> str | None:
    """The country that state and postal code leave no doubt of."""
    region, postal = (found.region or "").strip("."), found.postal_code or ""
    if region in US_STATES and re.fullmatch(r"\d{5}(-\d{4})?", postal):
        return "US"
    if re.fullmatch(r"[A-Z]\d[A-Z] ?\d[A-Z]\d", postal):
        return "CA"
    if region in _AU_STATES and re.fullmatch(r"\d{4}", postal):
        return "AU"
    if re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", postal) and not found.region:
        return "GB"
    return None
