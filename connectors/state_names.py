"""States and provinces written in full before a postal code: `Los Angeles, California 90001` is in CA, and no city is called so."""

from __future__ import annotations

import re
from functools import cache

_US = (
    "Alabama=AL Alaska=AK Arizona=AZ Arkansas=AR California=CA Colorado=CO Connecticut=CT Delaware=DE Florida=FL Georgia=GA Hawaii=HI Idaho=ID"
    " Illinois=IL Indiana=IN Iowa=IA Kansas=KS Kentucky=KY Louisiana=LA Maine=ME Maryland=MD Massachusetts=MA Michigan=MI Minnesota=MN"
    " Mississippi=MS Missouri=MO Montana=MT Nebraska=NE Nevada=NV New_Hampshire=NH New_Jersey=NJ New_Mexico=NM New_York=NY North_Carolina=NC"
    " North_Dakota=ND Ohio=OH Oklahoma=OK Oregon=OR Pennsylvania=PA Rhode_Island=RI South_Carolina=SC South_Dakota=SD Tennessee=TN Texas=TX"
    " Utah=UT Vermont=VT Virginia=VA Washington=WA West_Virginia=WV Wisconsin=WI Wyoming=WY Puerto_Rico=PR"
)
_CA = (
    "Alberta=AB British_Columbia=BC Manitoba=MB New_Brunswick=NB Newfoundland_and_Labrador=NL Nova_Scotia=NS Northwest_Territories=NT Nunavut=NU"
    " Ontario=ON Prince_Edward_Island=PE Quebec=QC Québec=QC Saskatchewan=SK Yukon=YT"
)
_AU = (
    "New_South_Wales=NSW Queensland=QLD South_Australia=SA Tasmania=TAS Victoria=VIC Western_Australia=WA Australian_Capital_Territory=ACT"
    " Northern_Territory=NT"
)
#: Country -> (names of its states with their codes, how its postal codes look).
_COUNTRIES = {
    "US": (_US, r"\d{5}(?:-\d{4})?"),
    "CA": (_CA, r"[A-Z]\d[A-Z][ -]?\d[A-Z]\d"),
    "AU": (_AU, r"\d{4}"),
}


def shortened(segment: str, *, named: str | None, follows_city: bool) -> str:
    """The part of an address with its state as code, where a city stands before it: `CA 90001`, `Austin TX 78701`.

    `named`: the country that the address names. `follows_city`: a city may stand in the part before; else `New York 10001` is one.
    """
    for country, pattern in _patterns().items():
        match = pattern.fullmatch(segment) if named in (None, country) else None
        if match and (match["city"] or follows_city):
            code = _codes(country)[match["state"].casefold()]
            return " ".join(part for part in (match["city"], code, match["postal"]) if part)
    return segment


def code_of(name: str) -> str | None:
    """The code of a state or province that is written in full."""
    return next((code for country in _COUNTRIES if (code := _codes(country).get(name.casefold()))), None)


@cache
def _codes(country: str) -> dict[str, str]:
    pairs = (pair.split("=") for pair in _COUNTRIES[country][0].split())
    return {name.replace("_", " ").casefold(): code for name, code in pairs}


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    found = {}
    for country, (_, postal) in _COUNTRIES.items():
        names = "|".join(sorted(_codes(country), key=len, reverse=True))
        # The shortest city: West Virginia is no Virginia with a city called West.
        found[country] = re.compile(
            rf"(?:(?P<city>[^\d,]{{2,60}}?)\s+)??(?P<state>{names})\.?\s+(?P<postal>{postal})", re.IGNORECASE
        )
    return found
