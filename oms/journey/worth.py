"""What amounts come to in the currency of the house's limits: rough, and only to be compared with them (C-2, G-1). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Worth:
    """`currency` is that of the limits; `rates` are what one unit of each currency is worth, in any one measure."""

    currency: str = "CNY"
    rates: Mapping[str, Decimal] = field(default_factory=dict)

    def of(self, amount: Decimal, currency: str | None) -> Decimal | None:
        """The amount in the limits' currency; None where nobody has said what it is worth, so that a person decides.

        An amount without a currency counts as it stands: its order waits for one anyway.
        """
        if not amount or currency is None or currency == self.currency:
            return amount
        there, here = self.rates.get(currency), self.rates.get(self.currency)
        return amount * there / here if there and here else None

    def told(self, amount: Decimal, currency: str | None) -> str:
        """The amount as people read it beside a limit: with its currency where that is another than the limit's."""
        plain = f"{amount.normalize():f}"
        return plain if currency in (None, self.currency) else f"{plain} {currency}"


@lru_cache(maxsize=8)
def rates_of(text: str) -> Mapping[str, Decimal]:
    """`EUR 8, USD 7.2` by currency."""
    pairs = (part.split() for part in text.split(","))
    return {code: Decimal(rate) for code, rate in pairs}
