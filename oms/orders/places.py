"""What of an address or a customer belongs to a part that a person replaces, and goes with it unless it is named too. Pure.

Forms show no town, division code, pick-up point or extension: left standing they would send the parcel to half the old place.
"""

from __future__ import annotations

from collections.abc import Collection

_PLACE = frozenset({"country", "region", "city", "district"})
_OF_A_PLACE = frozenset({"town", "adcode", "pickup_point"})


def outdated(changed: Collection[str], named: Collection[str]) -> frozenset[str]:
    """The parts that no longer hold once those of `changed` are others; those of `named` are told anew."""
    gone: frozenset[str] = frozenset()
    if not _PLACE.isdisjoint(changed):
        gone |= _OF_A_PLACE
    if "lines" in changed:
        gone |= {"pickup_point"}
    if "phone" in changed:
        gone |= {"phone_ext"}
    return gone - set(named)
