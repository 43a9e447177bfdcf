"""The versioned national table of Chinese divisions: provinces, cities, districts, and names no longer in use.

The table is `data/cn_divisions.txt`; its head names its version, sources and licences.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parent / "data" / "cn_divisions.txt"

#: Municipalities are province and city in one.
MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
#: Cities directly under a province, in the code range that holds them.
_DIRECT = frozenset({"4190", "4290", "4690", "6590"})
_PEOPLES = (
    "蒙古族|蒙古|回族|藏族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族|哈萨克|傣族|黎族|傈僳族|佤族"
    "|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯|普米族|塔吉克|怒族"
    "|鄂温克族|保安族|裕固族|独龙族|各族"
)
_KINDS = re.compile(
    rf"(?:{_PEOPLES})*(?:自治区|自治州|自治县|自治旗|特别行政区|地区|林区|特区|新区|矿区|省|市|区|县|盟|旗)$"
)


@dataclass(frozen=True, slots=True)
class Division:
    """One current division; `stem` is its name without kind and peoples, as people abbreviate it."""

    code: str
    name: str

    @property
    def province(self) -> str:
        return self.code[:2] + "0000"

    @property
    def stem(self) -> str:
        return stem_of(self.name)

    @property
    def level(self) -> int:
        """1 province, 2 city, 3 district or county; a city directly under a province is level 2."""
        if self.code.endswith("0000"):
            return 1
        return 2 if self.code.endswith("00") or self.code[:4] in _DIRECT else 3


@cache
def stem_of(name: str) -> str:
    """The name without its kind: 广东 of 广东省, 恩施 of 恩施土家族苗族自治州; names of two characters stay."""
    if name.startswith("内蒙古"):
        return "内蒙古"
    stem = _KINDS.sub("", name)
    return stem if len(stem) > 1 else name


def version() -> str:
    """The version line of the table in use."""
    head = next(line for line in _lines() if line.startswith("# version"))
    return head.removeprefix("# version").split(":")[0].strip()


@cache
def divisions() -> dict[str, Division]:
    """Code -> current division."""
    return {code: Division(code, name) for code, name in (line.split(" ", 1) for line in _section("[now]"))}


@cache
def taiwan() -> dict[str, tuple[str, ...]]:
    """City or county of Taiwan -> its districts and towns, which have no code in the national table."""
    return {words[0]: tuple(words[1:]) for words in (line.split() for line in _section("[taiwan]"))}


@cache
def by_name() -> dict[str, tuple[tuple[Division, str], ...]]:
    """Every way to write a name -> (division, "now" | "short" | "was"), current names first."""
    found: dict[str, list[tuple[Division, str]]] = defaultdict(list)
    for division in divisions().values():
        found[division.name].append((division, "now"))
    for division in divisions().values():
        for short in _short_names(division):
            found[short].append((division, "short"))
    for code, name, _ in (line.split() for line in _section("[was]")):
        if code in divisions():
            found[name].append((divisions()[code], "was"))
    return {name: tuple(entries) for name, entries in found.items()}


def city_of(division: Division) -> Division | None:
    """The city that a district lies in; None for a province and for what lies directly under one."""
    return divisions().get(division.code[:4] + "00")


def _short_names(division: Division) -> Iterator[str]:
    stem = division.stem
    if stem == division.name:
        return
    yield stem
    if division.name.endswith("自治州"):
        yield stem + "州"
    if division.level == 1 and not division.name.endswith(("省", "市")):
        yield stem + "省"  # 广西省 is wrong and often written
    if division.name.endswith("自治旗"):
        yield stem + "旗"
    if division.level == 3:
        yield from (stem + kind for kind in ("区", "县", "市") if stem + kind != division.name)


@cache
def _lines() -> tuple[str, ...]:
    return tuple(_TABLE.read_text(encoding="utf-8").splitlines())


def _section(title: str) -> list[str]:
    lines = _lines()
    start = lines.index(title) + 1
    rest = lines[start:]
    end = next((at for at, line in enumerate(rest) if line.startswith("[")), len(rest))
    return list(rest[:end])
