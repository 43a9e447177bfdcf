"""A postal address as papers, letters and pages write it: in the order of its country, with every part that it has. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: Countries whose addresses are written from the large to the small.
_LARGE_FIRST = frozenset({"CN", "TW", "HK", "MO"})


def postal_lines(address: Mapping[str, Any], *, phone: bool = True) -> tuple[str, ...]:
    """The lines of an address of the one schema; without `phone` what may be read by whoever holds the parcel."""

    def parts(*names: str) -> list[str]:
        return list(dict.fromkeys(str(address[name]) for name in names if address.get(name)))

    def told(*names: str, by: str) -> str:
        return by.join(parts(*names))

    street = tuple(address.get("lines") or ())
    if address.get("country") in _LARGE_FIRST:
        place = (_in_one([*parts("region", "city", "district", "town"), *street]),)
        country: tuple[str, ...] = (told("postal_code", "country", by=" "),)
    else:
        # A district abroad stands between the street and the city: in Turkey or Korea nobody finds the street without it.
        place = (*street, told("town", "district", by=", "), told("postal_code", "city", "region", by=" "))
        country = (told("country", by=""),)
    last = (address.get("pickup_point"), *country, address.get("phone") if phone else None)
    return tuple(part for part in (address.get("name"), address.get("company"), *place, *last) if part)


def _in_one(parts: Iterable[str]) -> str:
    """Chinese parts follow each other as they are; two in letters, as Hong Kong writes them too, need something between."""
    line = ""
    for part in parts:
        line += ", " * (line[-1:].isascii() and part[:1].isascii() and bool(line)) + part
    return line
