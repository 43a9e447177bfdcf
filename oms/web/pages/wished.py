"""What a request of the desk would change, for who decides on it: nobody approves what he does not see (C-5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from oms.orders.models import ChangeRequest
from oms.web import masking
from oms.web.auth import me

#: Parts of which nobody sees more than of the order's own without giving a reason.
_MASKS = {"customer": masking.contact, "ship_to": masking.address, "bill_to": masking.address}
#: What people wrote, for those with the right to read it.
_WORDS = frozenset({"buyer_message", "seller_memo", "invoice"})
_HIDDEN = "***"


def told(change: ChangeRequest, *, unmasked: bool) -> list[tuple[str, str]]:
    """(field as in the one schema, wished value) of what a person asked for; of a channel's telling the message is shown."""
    if change.message_id is not None:
        return []
    return [row for part, value in change.wanted.items() for row in _rows(part, value, unmasked=unmasked)]


def _rows(part: str, value: Any, *, unmasked: bool) -> Iterator[tuple[str, str]]:
    if part == "lines":
        yield from (("lines", _line(line)) for line in value)
    elif part in _WORDS and not me().may("private.read"):
        yield part, _HIDDEN
    elif isinstance(value, Mapping):
        seen = value if unmasked or part not in _MASKS else _MASKS[part](value) or {}
        yield from ((f"{part}.{name}", _text(seen.get(name))) for name in value)
    else:
        yield part, _text(value)


def _line(line: Mapping[str, Any]) -> str:
    named = line.get("sku") or line.get("name") or "–"
    price = f" · {line['unit_price']}" if line.get("unit_price") is not None else ""
    return f"{named} × {_text(line.get('qty'))}{price}"


def _text(value: Any) -> str:
    if value is None or value == "":
        return "–"
    return " / ".join(map(str, value)) if isinstance(value, list) else str(value)
