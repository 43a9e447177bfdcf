"""Western addresses written in one line or a few: street, city, region, postal code and country taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors import state_names
from connectors.base import Address
from connectors.countries import alpha2

_MAX_CHARS = 500
_US_STATES = frozenset(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC"
    " SD TN TX UT VT VA WA WV WI WY DC PR".split()
)
_CA_PROVINCES = frozenset("AB BC MB NB NL NS NT NU ON PE QC SK YT".split())
_IN_STATES = frozenset(
    "andhra pradesh|assam|bihar|chhattisgarh|delhi|goa|gujarat|haryana|himachal pradesh|jharkhand|karnataka|kerala|madhya pradesh"
    "|maharashtra|odisha|punjab|rajasthan|tamil nadu|telangana|uttar pradesh|uttarakhand|west bengal".split("|")
)
_AU_STATES = frozenset("NSW QLD SA TAS VIC WA ACT NT".split())


@dataclass(frozen=True, slots=True)
class _Postal:
    pattern: re.Pattern[str]
    country: str | None


def _postal(pattern: str, country: str | None) -> _Postal:
    return _Postal(re.compile(pattern, re.ASCII if "À" not in pattern else 0), country)


_CITY = r"(?P<city>[^\d,]{2,60}?)"
#: How a segment with a postal code is built, most telling first; the country is what the shape alone says.
_SHAPES = (
    _postal(rf"(?:{_CITY}\s+)?(?P<code>(?:GIR|[A-Z]{{1,2}}\d[A-Z\d]?)\s?\d[A-Z]{{2}})", "GB"),
    _postal(rf"(?:{_CITY}\s+)?(?:(?P<region>[A-Z]{{2}})\s+)?(?P<code>[A-Z]\d[A-Z][ -]?\d[A-Z]\d)", "CA"),
    _postal(rf"(?:{_CITY}\s+)?(?P<region>[A-Z]{{2}})\s+(?P<code>\d{{5}}(?:-\d{{4}})?)", "US"),
    _postal(rf"(?:{_CITY}\s+)?(?P<region>NSW|QLD|SA|TAS|VIC|WA|ACT|NT)\s+(?P<code>\d{{4}})", "AU"),
    _postal(rf"(?P<code>\d{{4}}\s?[A-Z]{{2}})\s+{_CITY}", "NL"),
    _postal(rf"(?:[A-Z]{{1,3}}-)?(?P<code>\d{{4,6}}|\d{{3}}\s\d{{2}}|\d{{2}}-\d{{3}})\s+{_CITY}", None),
    _postal(rf"(?:{_CITY}(?:\s*[-–])?\s+)?(?P<code>\d{{5}}(?:-\d{{4}})?|\d{{6}}|\d{{4}}|\d{{3}}-\d{{4}})", None),
)
_STREET = re.compile(
    r"\b(?:street|st|road|rd|avenue|ave|av|lane|ln|drive|dr|boulevard|blvd|way|court|ct|place|pl|square|sq|terrace|close|crescent"
    r"|highway|hwy|parkway|pkwy|p\.?\s?o\.?\s?box|apt|apartment|suite|ste|unit|flat|floor|fl|building|bldg|house|block|room|rm"
    r"|rue|via|viale|piazza|calle|carrer|avenida|rua|platz|gasse|allee|weg|straat|laan|quai|cours|impasse|ulica|ul)\b\.?"
    r"|(?:stra(?:ß|ss)e|str\.|weg|platz|gasse|straat|laan|gade|vej|gatan|vägen)\b",
    re.IGNORECASE,
)


def names_street(text: str) -> bool:
    """Whether the text names a street, a box or a part of a building, and has a number somewhere."""
    return bool(re.search(r"\d", text)) and bool(_STREET.search(text))


def is_street(text: str) -> bool:
    """Whether the text can be a street: it names one and has a number, or starts with a house number."""
    return names_street(text) or bool(re.match(r"\d+[A-Za-z]?\s+\S", text))


def has_postal_code(text: str) -> bool:
    """Whether the segment is a city with its postal code, in the order of some country."""
    return any(shape.pattern.fullmatch(text.strip()) for shape in _SHAPES)


def parse(text: str, *, country: str | None = None) -> Address:
    """Take an address apart; what is not understood stays in `lines`. `country` (alpha-2) is used where it names none."""
    segments = [part.strip(" .") for part in re.split(r"[\n\r,;]+", text[:_MAX_CHARS]) if part.strip(" .")]
    named = alpha2(segments[-1]) if len(segments) > 1 and not _is_state(segments) else None
    if named:
        segments.pop()
    segments = [
        state_names.shortened(part, named=named, follows_city=at > 1 and _is_wordy(segments[at - 1]))
        for at, part in enumerate(segments)
    ]
    found = _place(segments)
    if found is None:
        return _without_code(segments, named or country)
    at, match, shaped = found
    parts = {name: value.strip() or None for name, value in match.groupdict(default="").items()}
    head, tail = segments[:at], segments[at + 1 :]
    region = parts.get("region") or _region(tail, head, parts.get("city"))
    city = parts.get("city") or _popped_city(head)
    if city and region is None and parts.get("city") in _US_STATES | _CA_PROVINCES | _AU_STATES:
        region, city = city, _popped_city(head)
    if city and region is None and city.lower() in _IN_STATES and head:
        region, city, named = city, _popped_city(head) or city, named or "IN"
    lines = tuple(head) + tuple(part for part in tail if part != region)
    known = named or country or shaped or alpha2(city)  # Singapore is its own city
    return Address(lines=lines, city=city, region=region, postal_code=parts.get("code"), country=known)


def _is_state(segments: list[str]) -> bool:
    # `Sacramento, CA` names California; `Toronto, ON, CA` names Canada.
    if segments[-1].casefold() == "georgia":  # the country's postal codes have four digits
        return any(re.search(r"\b\d{5}(?:-\d{4})?$", part) for part in segments[1:-1])
    last = segments[-1].upper()
    return last in _US_STATES and not any(has_postal_code(part) for part in segments[:-1]) and alpha2(last) is not None


def _place(segments: list[str]) -> tuple[int, re.Match[str], str | None] | None:
    for shape in _SHAPES:
        for at in range(len(segments) - 1, max(-1, len(segments) - 4), -1):
            match = shape.pattern.fullmatch(segments[at].strip())
            if match and not (shape.country is None and at == 0 and len(segments) > 1) and _is_plausible(match, shape):
                return at, match, shape.country
    return None


def _is_plausible(match: re.Match[str], shape: _Postal) -> bool:
    region = match.groupdict().get("region")
    if shape.country == "US" and region not in _US_STATES:
        return False
    if shape.country is None and _STREET.search(match.group()):
        return False
    return not (shape.country == "CA" and region and region not in _CA_PROVINCES)


def _region(tail: list[str], head: list[str], city: str | None) -> str | None:
    if tail and len(tail[0]) <= 40 and not re.search(r"\d", tail[0]):
        return tail[0]
    if city is None and head and head[-1].upper() in _US_STATES | _CA_PROVINCES | _AU_STATES:
        return head.pop()
    if city is None and len(head) > 2 and _is_wordy(head[-1]) and _is_wordy(head[-2]):
        return head.pop()
    return None


def _is_wordy(segment: str) -> bool:
    return not re.search(r"\d", segment) and not is_street(segment)


def _popped_city(head: list[str]) -> str | None:
    if len(head) > 1 and _is_wordy(head[-1]):
        return head.pop()
    return None


def _without_code(segments: list[str], country: str | None) -> Address:
    head = list(segments)
    is_state = len(head) > 2 and (
        head[-1].upper() in _US_STATES | _CA_PROVINCES | _AU_STATES or state_names.code_of(head[-1])
    )
    region = head.pop() if is_state else None
    city = _popped_city(head)
    return Address(lines=tuple(head), city=city, region=region, country=country)
