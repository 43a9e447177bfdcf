"""A discount beside two prices: which of them it is taken off already, told by their figures and else by their heads."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from connectors.headers import normal

_NET = frozenset(
    "netprice netunitprice nettopreis nettoeinzelpreis netunit unitpricenet saleprice discountedprice discountedunitprice 折后价 折后单价 优惠价"
    " 成交价 结算价".split()
)
_LIST = frozenset(
    "listprice listunitprice regularprice originalprice catalogprice catalogueprice rrp msrp uvp listenpreis prixcatalogue prixpublic"
    " preciodelista prezzodilistino 原价 标价 吊牌价".split()
)
_HALF = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class Prices:
    """Two prices of one piece with their heads: the one that the sheet is read by, and the other."""

    taken: Decimal
    other: Decimal
    heads: tuple[str, str]

    def swapped(self) -> Prices:
        """The other way round."""
        return Prices(self.other, self.taken, (self.heads[1], self.heads[0]))

    @property
    def are_named(self) -> bool:
        """Whether the heads say that the taken one is after the discount, and the other before it."""
        return normal(self.heads[0]) in _NET and normal(self.heads[1]) in _LIST


def taken_off(prices: Prices, discount: Decimal, *, qty: Decimal, given: Decimal | None) -> Decimal | None:
    """The line's discount off `prices.taken`, where the other price is what is left of it; None where it is not.

    `discount` is what the sheet says, of the line or of each piece; `given` the sender's line total, which tells how it rounded.
    """
    left = prices.taken - prices.other
    if left <= 0 or not discount:
        return None
    if abs(left - discount) <= _HALF:
        return left * qty
    if abs(left * qty - discount) > _HALF * qty:
        return None
    # The net price is rounded for a piece: what the percentage comes to for the line may be a cent off.
    fits = given is not None and abs(prices.taken * qty - discount - given) < abs(prices.other * qty - given)
    return discount if fits else left * qty
