"""What verification knows of an order, as plain values: loaded by `facts.py`, judged by `rules.py`. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from oms.journey.worth import Worth

ZERO = Decimal(0)
ORAL_WAYS = frozenset({"phone", "fax", "visit", "sales_rep", "im"})
_UNRATED = Worth()
_URGENT = ("urgent", "rush", "penalty", "加急", "特急", "紧急")


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One live line; `parts` are the pieces of each SKU in one of it, empty while the SKU is unknown."""

    line_id: uuid.UUID
    position: int
    qty: Decimal
    channel_sku: str | None = None
    sku_id: uuid.UUID | None = None
    code: str | None = None
    name: str | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    total: Decimal | None = None
    requires_shipping: bool = True
    active: bool = True
    blocked_reason: str | None = None
    custom: bool = False
    discontinued: bool = False
    lead_days: int = 0
    weight_g: int = 0
    list_price: Decimal | None = None
    floor_price: Decimal | None = None
    #: the SKU has a price list, though none in this order's currency
    priced_elsewhere: bool = False
    #: the SKU's own unit
    sold_in: str | None = None
    forbidden_countries: Sequence[str] = ()
    parts: Mapping[uuid.UUID, Decimal] = field(default_factory=dict)
    #: grams of the heaviest part of a set; None: it is one piece itself
    heaviest_part_g: int | None = None

    @property
    def heaviest_g(self) -> int:
        """Grams of its heaviest piece; of goods by weight or length less than one may be wanted."""
        whole = self.weight_g if self.heaviest_part_g is None else self.heaviest_part_g
        return int(whole * min(self.qty, Decimal(1)))

    @property
    def amount(self) -> Decimal:
        """What the line costs: its total, else quantity x price - discount."""
        if self.total is not None:
            return self.total
        return self.qty * (self.unit_price or ZERO) - (self.discount or ZERO)


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """Who ordered; `exposure` is what other open orders on account come to, `unpaid_since` the oldest overdue one's end."""

    customer_id: uuid.UUID | None = None
    key_customer: bool = False
    blocked_reason: str | None = None
    payment_terms: str | None = None
    credit_currency: str | None = None
    credit_limit: Decimal | None = None
    exposure: Decimal = ZERO
    unpaid_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """The channel's part of the decision."""

    way: str = "web_shop"
    payment_terms: str = "prepaid"
    needs_signature: bool = False
    takes_cod: bool = True


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """One order as verification and confirmation see it. Amounts are in `currency`."""

    order_id: uuid.UUID
    number: str
    channel_order_number: str
    round: int
    status: str
    received_at: datetime
    lines: Sequence[LineFacts] = ()
    customer: CustomerFacts = CustomerFacts()
    channel: ChannelFacts = ChannelFacts()
    currency: str | None = None
    discount: Decimal | None = None
    shipping: Decimal | None = None
    fees: Decimal | None = None
    tax: Decimal | None = None
    tax_included: bool | None = None
    total: Decimal | None = None
    paid: Decimal | None = None
    payment_status: str = "none"
    payment_terms: str = "prepaid"
    contact: Mapping[str, Any] = field(default_factory=dict)
    ship_to: Mapping[str, Any] | None = None
    ship_country: str | None = None
    unread_message: bool = False
    #: what the buyer asked for, printed on the confirmation
    requirements: str | None = None
    seller_memo: str | None = None
    requested_ship_by: datetime | None = None
    requested_deliver_by: datetime | None = None
    requested_service: str | None = None
    order_class: str = "regular"
    language: str = "en"
    placed_at: datetime | None = None
    #: (code, severity, field, message) as translation found them
    problems: Sequence[tuple[str, str, str, str]] = ()
    #: (field, confidence) of parsed messages
    evidence: Sequence[tuple[str, Decimal]] = ()

    @property
    def goods_total(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)

    def discount_on(self, line: LineFacts) -> Decimal:
        """The line's share of what comes off the whole order."""
        discount, goods = self.discount or ZERO, self.goods_total
        return ZERO if goods <= ZERO else min(discount, goods) * line.amount / goods

    @property
    def computed_total(self) -> Decimal:
        """lines - discount + shipping + fees, + tax when it is not in the amounts already (docs/order-schema.md)."""
        extra = (self.shipping or ZERO) + (self.fees or ZERO) - (self.discount or ZERO)
        return self.goods_total + extra + (ZERO if self.tax_included else self.tax or ZERO)

    @property
    def payable(self) -> Decimal:
        """The order's value: the sender's total, or ours where it gave none."""
        return self.computed_total if self.total is None else self.total

    @property
    def money_here(self) -> Decimal:
        """What was paid and has not gone back; channels tell what was paid before refunds."""
        return ZERO if self.payment_status == "refunded" else self.paid or ZERO

    @property
    def ships(self) -> bool:
        return any(line.requires_shipping for line in self.lines)

    @property
    def is_urgent(self) -> bool:
        """Whether service or seller's memo call it urgent; what a buyer writes is read by a person anyway."""
        said = f"{self.requested_service or ''} {self.seller_memo or ''}".casefold()
        return any(word in said for word in _URGENT)


@dataclass(frozen=True, slots=True)
class Limits:
    """The managers' numbers that the rules use (policy); shares are in percent."""

    confidence: Decimal = Decimal("0.80")
    every_order_reviewed: bool = False
    large_order_value: Decimal = Decimal(50000)
    floor_share: Decimal = Decimal(90)
    ceiling_share: Decimal = Decimal(200)
    tolerance_units: int = 1
    default_credit: Decimal = ZERO
    overdue_days: int = 30
    cod_max: Decimal = Decimal(5000)
    worth: Worth = _UNRATED


@dataclass(frozen=True, slots=True)
class Feasible:
    """The earliest date that we can promise (V-8): handed over by `ship_at`, with the customer by `deliver_at`.

    `served` is False when no carrier takes the goods there; the dates are then a guess by default transit.
    `on_time` is False when the customer asked for an earlier day.
    """

    ship_at: datetime
    deliver_at: datetime
    served: bool = True
    short: bool = False
    on_time: bool = True
