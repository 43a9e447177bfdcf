"""Places that stand in a mail beside the addresses that its headings explain."""

from __future__ import annotations

import re

from connectors.addresses_cn import starts_here
from connectors.base import Address
from connectors.mail.addresses import postal_code_of
from connectors.mail.draft import Draft

_MAX_LINES = 1000
#: A street with its number; goods and dates have other signs beside theirs.
_STREET = re.compile(r"(?=.*\d)(?=.*[^\W\d_]{3})[^@:：×]{4,80}")


def place_beside(draft: Draft, known: Address) -> bool:
    """Whether lines that nothing explains are a street and a town of another postal code, or a Chinese address."""
    goods = {item.source.strip() for item in draft.items}
    above = before = ""
    for at, line in enumerate(draft.lines[:_MAX_LINES]):
        text = line.strip()
        if at in draft.scan.used or text in goods:
            text = ""
        # The British set town and postal code below each other.
        if _is_another(text, above, known) or _is_another(text, before if above else "", known):
            return True
        before, above = above, text
    return False


def _is_another(text: str, above: str, known: Address) -> bool:
    head, _, tail = text.rpartition(", ")
    for town, street in ((text, above), (tail, head), _before_country(text)):
        code = postal_code_of(town) if _STREET.fullmatch(street) else None
        if code and _plain(code) != _plain(known.postal_code):
            return True
    return len(text) > 8 and starts_here(text) and not any(text.endswith(line) for line in known.lines)


def _before_country(text: str) -> tuple[str, str]:
    """ "14 Park Road, Leeds LS1 4AP, UK": the town and the street."""
    parts = text.split(", ")
    return (parts[-2], ", ".join(parts[:-2])) if len(parts) > 2 else ("", "")


def _plain(code: str | None) -> str:
    return re.sub(r"\W", "", code or "").upper()
