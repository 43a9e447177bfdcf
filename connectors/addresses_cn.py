"""Chinese addresses: province, city, district, town and code out of one line of text, by the national table.

What the text says twice and differently is reported as a contradiction, never silently settled.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace

from connectors.base import Address, Problem
from connectors.divisions_cn import MUNICIPALITIES, Division, by_name, city_of, divisions, taiwan
from connectors.problems import problem

_LONGEST_NAME = 15
_LONGEST_ADDRESS = 300
_FILLER = re.compile(r"^(?:省直辖县级行政区划|自治区直辖县级行政区划|省直辖县级行政单位|直辖县级|市辖区|市辖县)")
_SPACE = re.compile(r"[\s,，;；|/、·]+")
#: After an abbreviated name these say that it names a road, a building or a town instead: 北京路, 中山大厦, 福田街道.
_NAMES_ELSE = re.compile(
    r"^(?:[区县旗]|[东西南北中]?(?:[一二三四五六七八九十]?[路街巷弄道]|大道|大街)|街道|[镇乡村]|小区|花园|广场|大厦|酒店|宾馆|大学|学院|医院|[东西南北]?站|号)"
)
_TOWN = re.compile(
    r"^[\u4e00-\u9fff]{1,9}?(?:街道办事处|地区办事处|街道|苏木|镇(?![东西南北中]?[路街巷区])|乡(?![村镇间下路街亲]))"
)
_HONG_KONG_AREAS = re.compile(r"^(香港岛|港岛|九龙(?!城)|新界|澳门半岛|氹仔|路环)")
_COUNTRIES = {"71": "TW", "81": "HK", "82": "MO"}


@dataclass(frozen=True, slots=True)
class ChineseAddress:
    """`detail` is what follows the divisions; `notes` say what was read otherwise than written."""

    region: str | None = None
    city: str | None = None
    district: str | None = None
    town: str | None = None
    detail: str = ""
    adcode: str | None = None
    notes: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()

    @property
    def country(self) -> str:
        """CN, or HK, MO and TW, which carriers and customs treat as destinations of their own."""
        return _COUNTRIES.get((self.adcode or "")[:2], "CN")


@dataclass(frozen=True, slots=True)
class _Match:
    division: Division
    written: str
    how: str


def parse(text: str) -> ChineseAddress:
    """Read an address that starts with its province, city or district; never raises."""
    rest = _plain(text)
    if _is_taiwanese(rest):
        return _taiwan(rest)
    province = _province(rest)
    rest = _FILLER.sub("", _after(rest, province))
    prefix = province.division.code[:2] if province else ""
    if prefix in MUNICIPALITIES:
        rest = _FILLER.sub("", _without_repeat(rest, province))
        return _built(rest, (province, None, _district(rest, prefix)))
    area = _HONG_KONG_AREAS.match(rest) if prefix in _COUNTRIES else None
    if area:
        rest = rest[area.end() :]
    city = None if prefix in _COUNTRIES else _city(rest, prefix)
    rest = _FILLER.sub("", _after(rest, city))
    district = _district_below(rest, prefix, city)
    found = _built(rest, (province, city, district))
    return replace(found, city=area[1]) if area else found


def starts_here(text: str) -> bool:
    """Whether a province, city or district is named at the start of the text."""
    plain = _plain(text[:_LONGEST_NAME])
    return _is_taiwanese(plain) or any(_longest(plain, level, "") for level in (1, 2)) or bool(_full(plain, 3, ""))


def names_division(text: str) -> bool:
    """Whether the text is a division's name with its kind, as several cities may share it: 和平区, 白云区."""
    return len(text) > 2 and text[-1] in "省市区县旗州盟" and text in by_name()


def names_divisions(text: str) -> bool:
    """Whether the text names divisions and nothing in them: 广东省深圳市."""
    found = parse(text)
    return found.adcode is not None and not found.detail


def goes_deeper(text: str, word: str) -> bool:
    """Whether a text that names divisions alone goes on, in this word, with one inside them: 广东省深圳市 and 南山区."""
    above = parse(text)
    if above.adcode is None or above.detail:
        return False
    below = parse(text + word)
    told = (below.city, below.district, below.town) != (above.city, above.district, above.town)
    return told and len(below.detail) < len(_plain(word)) and not below.contradictions


def complete(address: Address, *, field: str) -> tuple[Address, tuple[Problem, ...]]:
    """Fill city, adcode and country of a Chinese address from its parts, or from its first line where it has no parts.

    Repeating it changes nothing. What contradicts itself is a problem on `field`.
    """
    parts = [part for part in (address.region, address.city, address.district, address.town) if part]
    street = "".join(address.lines)
    found = parse("".join(_without_repeats(parts)) + street)
    if found.adcode is None:
        return address, ()
    told = {name: getattr(found, name) or getattr(address, name) for name in ("region", "city", "district", "town")}
    lines = (found.detail,) if found.detail else address.lines
    whole = replace(
        address, **told, lines=lines, adcode=address.adcode or found.adcode, country=address.country or found.country
    )
    clashes = (*found.contradictions, *_code_clash(address.adcode, found))
    return whole, tuple(problem("address_conflict", field, clash) for clash in clashes[:1])


def _without_repeats(parts: list[str]) -> list[str]:
    return [part for at, part in enumerate(parts) if part not in parts[:at]]


def _code_clash(given: str | None, found: ChineseAddress) -> tuple[str, ...]:
    if not given or not found.adcode:
        return ()
    shared = min(len(given.rstrip("0")), len(found.adcode.rstrip("0")))
    if given[:shared] == found.adcode[:shared]:
        return ()
    named = divisions().get(given[:6])
    return (f"the code {given} is {named.name if named else 'unknown'}, the text says code {found.adcode}",)


def _plain(text: str) -> str:
    return (
        _SPACE.sub("", text[:_LONGEST_ADDRESS])
        .removeprefix("中华人民共和国")
        .removeprefix("中国")
        .replace("臺", "台")
        .replace("台灣", "台湾")
        .replace("澳門", "澳门")
    )


def _is_taiwanese(text: str) -> bool:
    return text.startswith("台湾") or any(text.startswith(city) for city in taiwan())


def _taiwan(text: str) -> ChineseAddress:
    rest = re.sub(r"^台湾(?:省|地区)?", "", text)
    city = next((name for name in taiwan() if rest.startswith(name)), None)
    rest = rest.removeprefix(city or "")
    district = next((name for name in taiwan().get(city or "", ()) if rest.startswith(name)), None)
    return ChineseAddress(
        region="台湾省", city=city, district=district, detail=rest.removeprefix(district or ""), adcode="710000"
    )


def _full(text: str, level: int, prefix: str) -> _Match | None:
    found = _longest(text, level, prefix)
    return found if found and found.how != "short" else None


def _longest(text: str, level: int, prefix: str) -> _Match | None:
    names = by_name()
    for length in range(min(_LONGEST_NAME, len(text)), 1, -1):
        written = text[:length]
        if written not in names:
            continue
        fits = [
            (division, how)
            for division, how in names[written]
            if division.level == level and division.code.startswith(prefix)
        ]
        fits = _best(fits, text[length:])
        if len({division.code for division, _ in fits}) == 1:
            return _Match(fits[0][0], written, fits[0][1])
    return None


def _best(fits: list[tuple[Division, str]], following: str) -> list[tuple[Division, str]]:
    for wanted in ("now", "was", "short"):
        kept = [(division, how) for division, how in fits if how == wanted]
        if kept:
            names_else = wanted == "short" and _NAMES_ELSE.match(following)
            return [fit for fit in kept if _goes_on(fit[0], following)] if names_else else kept
    return []


def _goes_on(division: Division, following: str) -> bool:
    """Whether what seems to name a road goes on with a part of the division itself: 哈尔滨 and 道里区, 江苏 and 镇江."""
    below = {1: lambda: _longest(following, 2, division.code[:2]), 2: lambda: _full(following, 3, division.code[:4])}
    return division.level in below and below[division.level]() is not None


def _province(text: str) -> _Match | None:
    province, city = _longest(text, 1, ""), _longest(text, 2, "")
    if province and city and len(city.written) > len(province.written):
        return None  # 吉林市 is the city, not 吉林 and a 市
    return province


def _city(text: str, prefix: str) -> _Match | None:
    city, below = _longest(text, 2, prefix), _full(text, 3, prefix)
    if city and city.how == "short" and below and len(below.written) > len(city.written):
        return None  # 恩施市 lies in 恩施州, and is not 恩施 and a 市
    return _cut_short(text, city) or city or (_full(text, 2, "") if prefix else None)


def _cut_short(text: str, city: _Match | None) -> _Match | None:
    """The city by its stem where its 市 belongs to its district: 青岛市南区 is 青岛 and 市南区."""
    if city is None or city.written != city.division.name or city.division.stem == city.written:
        return None
    inside, stem = city.division.code[:4], city.division.stem
    if _full(_after(text, city), 3, inside) or not _full(text[len(stem) :], 3, inside):
        return None
    return _Match(city.division, stem, "short")


def _district(text: str, prefix: str) -> _Match | None:
    found = _longest(text, 3, prefix) if prefix else _full(text, 3, "")
    return found or (_full(text, 3, "") if prefix else None)


def _district_below(text: str, prefix: str, city: _Match | None) -> _Match | None:
    if city is None:
        return _district(text, prefix)
    if not city.division.code.endswith("00"):  # a city directly under its province has no districts
        return None
    inside = _longest(text, 3, city.division.code[:4])
    return inside or _full(text, 3, city.division.code[:2]) or _full(text, 3, "")


def _after(text: str, match: _Match | None) -> str:
    return text[len(match.written) :] if match else text


def _without_repeat(text: str, province: _Match | None) -> str:
    if province is None:
        return text
    for name in (province.division.name, province.division.stem):
        if text.startswith(name) and not _NAMES_ELSE.match(text[len(name) :]):
            return text[len(name) :]
    return text


def _built(rest: str, matches: tuple[_Match | None, _Match | None, _Match | None]) -> ChineseAddress:
    province, city, district = matches
    named = [match for match in matches if match]
    rest = _after(rest, district)
    town = _TOWN.match(rest) if named else None
    deepest = named[-1].division if named else None
    return ChineseAddress(
        region=_region_name(province, deepest),
        city=_city_name(city, district, deepest),
        district=district.division.name if district else None,
        town=town.group() if town else None,
        detail=rest[town.end() :] if town else rest,
        adcode=deepest.code if deepest else None,
        notes=tuple(f"{m.written} is {m.division.name} now" for m in named if m.how == "was"),
        contradictions=_contradictions(named),
    )


def _region_name(province: _Match | None, deepest: Division | None) -> str | None:
    if province:
        return province.division.name
    return divisions()[deepest.province].name if deepest else None


def _city_name(city: _Match | None, district: _Match | None, deepest: Division | None) -> str | None:
    if city:
        return city.division.name
    if district and (above := city_of(district.division)):
        return above.stem if above.level == 1 else above.name
    if deepest and deepest.code[:2] in MUNICIPALITIES:
        return divisions()[deepest.province].name
    return "香港" if deepest and deepest.code == "810000" else None


def _contradictions(named: list[_Match]) -> tuple[str, ...]:
    clashes = []
    for upper, lower in itertools.pairwise(named):
        above = upper.division
        inside = above.code[: 2 if above.level == 1 else 4]
        if not lower.division.code.startswith(inside):
            home = city_of(lower.division) if lower.division.level == 3 else None
            where = (home or divisions()[lower.division.province]).name
            clashes.append(f"{lower.written} lies in {where}, not in {above.name}")
    return tuple(clashes)
