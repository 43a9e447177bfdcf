"""A search term as the ways in which a customer may be found: exact name, e-mail or phone, by keyed hash (D-3)."""

from __future__ import annotations

import phonenumbers

from oms.parties.matching import index_of

#: Where a phone number without its country's code is dialled, when the caller does not say.
COUNTRY = "CN"


def hashes(term: str, *, country: str = COUNTRY) -> list[bytes]:
    """The keyed hashes under which `term` would be stored; phones also in their international form."""
    forms = {term.strip(), international(term, country=country) or ""}
    return [found for form in sorted(forms) if (found := index_of(form)) is not None]


def international(term: str, *, country: str = COUNTRY) -> str | None:
    """`138 0013 8000` -> `+8613800138000`; None for what is no phone number."""
    try:
        parsed = phonenumbers.parse(term, country)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
