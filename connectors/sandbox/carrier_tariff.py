"""The sandbox carrier's tariff: zone by addresses, price by billed weight and service, days in transit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import ceil

from connectors.sandbox.carrier_parcels import ParcelRequest
from connectors.sandbox.http_messages import Refused

#: Zone -> (first kilogram, each further half kilogram) in USD for the economy service.
_PRICES: dict[str, tuple[Decimal, Decimal]] = {
    "local": (Decimal("3.20"), Decimal("0.35")),
    "domestic": (Decimal("4.60"), Decimal("0.60")),
    "continent": (Decimal("11.50"), Decimal("2.10")),
    "world": (Decimal("19.00"), Decimal("4.40")),
}

#: Service -> (price factor, days in transit by zone, heaviest parcel in grams).
_SERVICES: dict[str, tuple[Decimal, dict[str, int], int]] = {
    "economy": (Decimal("1.00"), {"local": 3, "domestic": 5, "continent": 8, "world": 15}, 30_000),
    "standard": (Decimal("1.35"), {"local": 2, "domestic": 3, "continent": 5, "world": 9}, 30_000),
    "express": (Decimal("2.40"), {"local": 1, "domestic": 1, "continent": 2, "world": 4}, 20_000),
}

#: What one US dollar costs in the currency of the sender's country.
_EXCHANGE: dict[str, Decimal] = {
    "USD": Decimal(1),
    "EUR": Decimal("0.90"),
    "CNY": Decimal("7.10"),
    "GBP": Decimal("0.78"),
}


def _countries(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


_EURO_COUNTRIES = _countries("AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK")
_CONTINENTS: dict[str, frozenset[str]] = {
    "europe": _EURO_COUNTRIES | _countries("GB CH NO SE DK PL CZ HU RO BG"),
    "america": _countries("US CA MX"),
    "asia": _countries("CN HK MO TW JP KR SG MY TH VN PH ID IN"),
    "oceania": _countries("AU NZ"),
}
#: Where this carrier delivers.
SERVED_COUNTRIES: frozenset[str] = frozenset().union(*_CONTINENTS.values())

_VOLUME_MM3_PER_G = 5_000


@dataclass(frozen=True, slots=True)
class Quote:
    """One service's price for one parcel."""

    service: str
    price: Decimal
    currency: str
    transit_days: int

    def as_json(self) -> dict[str, object]:
        return {
            "service": self.service,
            "price": str(self.price),
            "currency": self.currency,
            "transit_days": self.transit_days,
        }


def billed_weight_g(parcel: ParcelRequest) -> int:
    """The heavier of real and volume weight (length x width x height in cm / 5000 as kilograms)."""
    volume_mm3 = parcel.length_mm * parcel.width_mm * parcel.height_mm
    return max(parcel.weight_g, ceil(volume_mm3 / _VOLUME_MM3_PER_G))


def zone(parcel: ParcelRequest) -> str:
    """How far the parcel goes: local, domestic, continent or world."""
    sender, receiver = parcel.sender, parcel.receiver
    if sender.country == receiver.country:
        same_region = bool(sender.region) and sender.region == receiver.region
        same_area = bool(sender.postal_code) and sender.postal_code[:2] == receiver.postal_code[:2]
        return "local" if same_region or same_area else "domestic"
    for countries in _CONTINENTS.values():
        if sender.country in countries and receiver.country in countries:
            return "continent"
    return "world"


def quotes(parcel: ParcelRequest) -> list[Quote]:
    """A price for each service that takes the parcel, cheapest first; empty when none does."""
    where = zone(parcel)
    first, further = _PRICES[where]
    half_kilograms = max(0, ceil((billed_weight_g(parcel) - 1_000) / 500))
    currency = _currency(parcel.sender.country)
    found = []
    for service, (factor, days, heaviest_g) in _SERVICES.items():
        if parcel.weight_g > heaviest_g:
            continue
        dollars = (first + further * half_kilograms) * factor
        price = (dollars * _EXCHANGE[currency]).quantize(Decimal("0.01"), ROUND_HALF_UP)
        found.append(Quote(service, price, currency, days[where]))
    return found


def quote(parcel: ParcelRequest) -> Quote:
    """The price of the parcel's own service; refuses an unknown service and a parcel too heavy for it."""
    if parcel.service not in _SERVICES:
        known = ", ".join(_SERVICES)
        raise Refused(422, "service_unknown", f"'{parcel.service}' is no service; known are {known}", where="service")
    for found in quotes(parcel):
        if found.service == parcel.service:
            return found
    heaviest_g = _SERVICES[parcel.service][2]
    message = f"{parcel.service} takes at most {heaviest_g} g, the parcel has {parcel.weight_g} g"
    raise Refused(422, "parcel_too_heavy", message, where="weight_g")


def _currency(country: str) -> str:
    if country in _EURO_COUNTRIES:
        return "EUR"
    return {"CN": "CNY", "GB": "GBP"}.get(country, "USD")
