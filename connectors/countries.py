"""Countries as senders write them -> ISO 3166-1 alpha-2."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import cast

from babel import Locale
from babel.core import get_global

_LANGUAGES = ("en", "zh_Hans", "zh_Hant", "de", "fr", "es", "it", "nl", "pt", "pl")

#: What people write and no territory table holds.
_USUAL: dict[str, str] = {
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "the united states": "US", "america": "US",
    "uk": "GB", "u.k.": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "northern ireland": "GB", "holland": "NL", "the netherlands": "NL", "czech republic": "CZ", "turkey": "TR",
    "russian federation": "RU", "korea": "KR", "republic of korea": "KR", "south korea": "KR", "viet nam": "VN",
    "uae": "AE", "p.r. china": "CN", "p.r.china": "CN", "pr china": "CN", "prc": "CN", "people's republic of china": "CN",
    "mainland china": "CN", "中国大陆": "CN", "中华人民共和国": "CN", "hong kong": "HK", "香港": "HK", "macau": "MO",
    "macao": "MO", "澳门": "MO", "台湾": "TW", "taiwan, province of china": "TW", "ivory coast": "CI", "美利坚合众国": "US",
    "el": "GR",
}  # fmt: skip


def alpha2(raw: object) -> str | None:
    """The ISO 3166-1 alpha-2 code of a code (2 or 3 letters or 3 digits) or a name; None where there is none."""
    if not isinstance(raw, str):
        return None
    text = raw.strip()
    if len(text) == 2 and text.isascii() and text.upper() in _codes():
        return text.upper()
    return _by_alias().get(text.upper()) or _by_name().get(text.casefold())


@cache
def _codes() -> frozenset[str]:
    territories = [str(code) for code in Locale("en").territories]
    return frozenset(
        code for code in territories if len(code) == 2 and code not in {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
    )


@cache
def _by_alias() -> dict[str, str]:
    # The aliases of CLDR lead from alpha-3 and numeric codes to alpha-2.
    aliases = cast(Mapping[str, list[str]], get_global("territory_aliases"))
    known = _codes()
    return {
        alias: codes[0] for alias, codes in aliases.items() if len(codes) == 1 and len(alias) == 3 and codes[0] in known
    }


@cache
def _by_name() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in reversed(_LANGUAGES):
        names.update({name.casefold(): code for code, name in _territories(language)})
    return names | _USUAL


def _territories(language: str) -> list[tuple[str, str]]:
    territories = Locale.parse(language).territories
    return [(code, name) for code, name in territories.items() if code in _codes()]
