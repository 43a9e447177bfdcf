"""How sure an order read from a mail is as a whole: as sure as its weakest field that matters."""

from __future__ import annotations

from decimal import Decimal

from connectors.base import ChannelOrder, Evidence

_CONTACTS = frozenset(("customer.email", "customer.phone", "ship_to.phone"))
_LINE_FIELDS = ("sku", "qty", "unit_price")


def lowest(order: ChannelOrder) -> Decimal:
    """The least confidence over contact, address, each line's SKU, quantity and price, currency and total.

    0 where there is no contact, no address or no line; a field that the mail leaves out is a problem of its own and
    does not lower it.
    """
    if not order.lines or order.ship_to is None:
        return Decimal(0)
    contact = max((piece.confidence for piece in order.evidence if piece.field in _CONTACTS), default=Decimal(0))
    return min([contact, *(piece.confidence for piece in order.evidence if _matters(piece, len(order.lines)))])


def _matters(piece: Evidence, lines: int) -> bool:
    if piece.field in ("ship_to", "currency", "totals.total", "channel_order_id"):
        return True
    head, _, rest = piece.field.partition(".")
    place, _, name = rest.partition(".")
    return head == "lines" and place.isdigit() and int(place) < lines and name in _LINE_FIELDS
