"""Heads of two rows: `Ship To` over `Name, Address, City` says whose name and address stand below."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from connectors.header_names import OWNERS
from connectors.headers import fields_of, normal

_PLAIN = {"ship_to": "Ship To", "bill_to": "Bill To", "customer": "Customer"}
#: What may stand behind an owner in the head of a group: `Shipping Information`, `Lieferanschrift`, 收货信息.
_BEHIND = (
    "address information info details detail data party contact anschrift sanschrift adresse sadresse daten sdaten empfanger sempfanger"
    " 信息 资料 方 地址 详情"
).split()
_MORE_OWNERS = {
    "warenempfanger": "ship_to",
    "lieferempfanger": "ship_to",
    "rechnungsempfanger": "bill_to",
    "destinatario": "ship_to",
}
#: Heads that a group claims: a part of an address or contact, with nobody's name before it.
_CLAIMED = ("ship_to.", "customer.email", "customer.company", "plain.name")


def under_owners(heads: Sequence[str], above: Sequence[str], mapped: frozenset[str]) -> tuple[str, ...] | None:
    """The heads with the owner that the row above names for them; None where that row is no row of owners.

    `mapped` are heads that the sender's own mapping names: they stay as they are.
    """
    filled = [cell for cell in above if cell]
    named = [head for head in map(normal, heads) if head]
    # One owner over a table whose heads come once may be its title, as `Invoice` is.
    if not any(map(_owner_of, filled)) or (len(filled) < 2 and len(set(named)) == len(named)):
        return None
    found = list(heads)
    owner: str | None = None
    for place, head in enumerate(heads):
        group = above[place] if place < len(above) else ""
        owner = _owner_of(group) if group else owner
        if owner and head and normal(head) not in mapped and _is_claimed(head):
            found[place] = f"{_PLAIN[owner]} {head}"
        elif group and not head and not owner:
            found[place] = group  # one cell over both rows: its head stands in the upper one
    return None if found == list(heads) else tuple(found)


def over_parts(heads: Sequence[str], below: Sequence[str]) -> tuple[str, ...] | None:
    """The heads where the row below them only names parts under their owners; None where it does not.

    Cells that span both rows have their head in the upper one: `PO Number | Ship To | | SKU` over `| Name | City |`.
    """
    parts = [(place, cell) for place, cell in enumerate(below) if cell]
    if len(parts) < 2 or not all(_is_claimed(cell) for _, cell in parts):
        return None
    found = [*heads, *[""] * (len(below) - len(heads))]
    for place, cell in parts:
        group = next((heads[at] for at in range(min(place, len(heads) - 1), -1, -1) if heads[at]), "")
        owner = _owner_of(group)
        if owner is None:
            return None
        found[place] = f"{_PLAIN[owner]} {cell}"
    return tuple(found)


def _is_claimed(head: str) -> bool:
    fields = fields_of(head)
    return bool(fields) and fields[0][0].startswith(_CLAIMED)


def _owner_of(cell: str) -> str | None:
    name = normal(cell.rstrip(":： "))
    for end in ("", *_BEHIND):
        owner = _owners().get(name.removesuffix(end))
        if owner:
            return owner
    return None


@cache
def _owners() -> dict[str, str]:
    # Words such as "ship" or 收件 are owners here too: a group's head has no other meaning.
    return {word: owner for owner, words in OWNERS.items() for word in words.split()} | _MORE_OWNERS
