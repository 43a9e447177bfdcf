"""National day tables: public holidays and, for China, the make-up workdays of each year.

China's table is announced each November for the next year; until it is known the year is an estimate
(public holidays and weekends), which `oms doctor` shows from 1 December.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays
from chinese_calendar import constants as china

from oms.errors import InputInvalid

CHINA_LAST_YEAR = max(china.holidays).year
CHINA_FIRST_YEAR = min(china.holidays).year


@dataclass(frozen=True, slots=True)
class NationalDays:
    """One country's year: days off, make-up workdays, and whether the table is only an estimate."""

    country: str
    year: int
    days_off: frozenset[date]
    makeup_workdays: frozenset[date]
    estimated: bool


@lru_cache(maxsize=256)
def national_days(country: str, year: int, subdivision: str | None = None) -> NationalDays:
    """The table of a country's year; a country or subdivision that is not known is refused."""
    if country == "CN" and CHINA_FIRST_YEAR <= year <= CHINA_LAST_YEAR:
        return _china(year)
    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=year)
    except NotImplementedError as error:
        hint = "use ISO 3166 codes, such as DE and BY"
        where = country if subdivision is None else f"{country}-{subdivision}"
        raise InputInvalid(f"no holidays are known for {where}: {hint}", fields={"country": hint}) from error
    off = frozenset(day for day in found if day.year == year)
    made_up = frozenset(day for day in getattr(found, "weekend_workdays", ()) if day.year == year)
    return NationalDays(country, year, off, made_up, estimated=country == "CN")


def _china(year: int) -> NationalDays:
    off = frozenset(day for day in china.holidays if day.year == year)
    made_up = frozenset(day for day in china.workdays if day.year == year)
    return NationalDays("CN", year, off, made_up, estimated=False)


def missing_tables(country: str, on: date, imported: Container[int] = ()) -> tuple[int, ...]:
    """Years whose official table is due on that day but missing: this one, from 1 December the next one."""
    years = (on.year, on.year + 1) if on.month == 12 else (on.year,)
    return tuple(year for year in years if year not in imported and national_days(country, year).estimated)
