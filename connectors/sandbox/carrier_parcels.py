"""A parcel as the sandbox carrier is asked to move it, and the addresses that it refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.sandbox.http_messages import Json, Refused, an_object, optional_text, whole_number

_POSTAL_CODES = {
    "US": (r"\d{5}(-\d{4})?", "five digits, or five and four"),
    "CA": (r"[A-Z]\d[A-Z] ?\d[A-Z]\d", "A1A 1A1"),
    "GB": (r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", "such as SW1A 1AA"),
    "DE": (r"\d{5}", "five digits"),
    "FR": (r"\d{5}", "five digits"),
    "CN": (r"\d{6}", "six digits"),
}
#: Countries whose parcels cannot be sorted without a postal code; in China the adcode or region does.
_POSTAL_CODE_NEEDED = frozenset({"US", "CA", "GB", "DE", "FR"})
_POST_BOX = re.compile(r"\b(p\.? ?o\.? ?box|postfach|邮政信箱)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """One end of a parcel's way."""

    name: str
    company: str
    lines: tuple[str, ...]
    city: str
    region: str
    postal_code: str
    country: str
    phone: str

    def printed(self) -> list[str]:
        """The address as printed on a label."""
        town = " ".join(part for part in (self.postal_code, self.city, self.region) if part)
        return [part for part in (self.name, self.company, *self.lines, town, self.country, self.phone) if part]


@dataclass(frozen=True, slots=True)
class ParcelRequest:
    """A parcel that can be moved; `reference` is empty when only a price is asked for."""

    reference: str
    service: str
    sender: Place
    receiver: Place
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int


def read_parcel(content: Json, *, served_countries: frozenset[str], reference: str, service: str) -> ParcelRequest:
    """Read and judge a parcel; refuses with 422 and the field at fault."""
    return ParcelRequest(
        reference=reference,
        service=service,
        sender=_place(content, "sender", served_countries, service),
        receiver=_place(content, "receiver", served_countries, service),
        weight_g=whole_number(content, "weight_g", at_least=1),
        length_mm=whole_number(content, "length_mm", at_least=1),
        width_mm=whole_number(content, "width_mm", at_least=1),
        height_mm=whole_number(content, "height_mm", at_least=1),
    )


def _place(content: Json, end: str, served_countries: frozenset[str], service: str) -> Place:
    address = an_object(content, end)
    place = Place(
        name=optional_text(address, "name") or "",
        company=optional_text(address, "company") or "",
        lines=_lines(address),
        city=_city(address),
        region=optional_text(address, "region") or "",
        postal_code=(optional_text(address, "postal_code") or "").upper(),
        country=(optional_text(address, "country") or "").upper(),
        phone=optional_text(address, "phone") or "",
    )
    _judge(place, end, served_countries)
    if service == "express" and any(_POST_BOX.search(line) for line in place.lines):
        raise Refused(
            422, "post_box_refused", "express does not deliver to post boxes: use standard", where=f"{end}.lines"
        )
    return place


def _lines(address: Json) -> tuple[str, ...]:
    lines = address.get("lines")
    return tuple(str(line) for line in lines if line) if isinstance(lines, list) else ()


def _city(address: Json) -> str:
    parts = [optional_text(address, name) for name in ("city", "district", "town")]
    return " ".join(part for part in parts if part)


def _judge(place: Place, end: str, served_countries: frozenset[str]) -> None:
    if not (place.name or place.company):
        raise Refused(422, "name_missing", "a name or a company is required", where=f"{end}.name")
    if not place.lines:
        raise Refused(422, "street_missing", "at least one address line is required", where=f"{end}.lines")
    if not (place.city or place.region):
        raise Refused(422, "city_missing", "a city or a region is required", where=f"{end}.city")
    if place.country not in served_countries:
        message = f"'{place.country}' is no country that this carrier serves; give an ISO 3166 code such as DE"
        raise Refused(422, "country_not_served", message, where=f"{end}.country")
    _judge_postal_code(place, end)


def _judge_postal_code(place: Place, end: str) -> None:
    where = f"{end}.postal_code"
    if not place.postal_code:
        if place.country in _POSTAL_CODE_NEEDED:
            raise Refused(422, "postal_code_missing", f"{place.country} needs a postal code", where=where)
        return
    pattern, wording = _POSTAL_CODES.get(place.country, (r".+", ""))
    if not re.fullmatch(pattern, place.postal_code):
        message = f"'{place.postal_code}' is no postal code of {place.country}: it has {wording}"
        raise Refused(422, "postal_code_invalid", message, where=where)
