"""Heads that mean several things by themselves, `Name` and `Ref`, and what the other columns of a sheet make of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

_OF_AN_ADDRESS = frozenset(
    f"ship_to.{part}" for part in "address line1 line2 house city region postal_code country phone company".split()
)
_OF_SOMEBODY = ("ship_to.", "bill_to.", "customer.", "placed_at", "status", "po_number", "lines.sku")
_FAR = 1_000


def meaning_of_name(places: Mapping[str, int], normals: Collection[str], by_piece: bool) -> str:
    """Whose `Name` is: the order's, the receiver's or the goods'."""
    if "lineitemname" in normals or "lineitemquantity" in normals:
        return "channel_order_id"  # Shopify heads the order number `Name`
    if "姓名" in normals or "lines.name" in places or not (by_piece or "lines.qty" in places):
        return "ship_to.name"
    return "ship_to.name" if _stands_by_an_address(places) else "lines.name"


def refers_to_goods(places: Mapping[str, int], number: str) -> bool:
    """Whether a number headed `Réf.` is the article's: beside what it is and how many, where nothing says whose order it is."""
    is_list = {"lines.name", "lines.qty"} <= places.keys() and number in ("ref", "reference")
    return is_list and not any(name.startswith(_OF_SOMEBODY) for name in places)


def _stands_by_an_address(places: Mapping[str, int]) -> bool:
    """Whether the column `Name` is nearer to the parts of an address than to the goods' code."""
    name = places["plain.name"]
    address = [abs(place - name) for field, place in places.items() if field in _OF_AN_ADDRESS]
    return "lines.sku" in places and min(address, default=_FAR) < abs(places["lines.sku"] - name)
