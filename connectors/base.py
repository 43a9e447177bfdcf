"""What every connector speaks: the one schema, shipment notices, and the protocols of channels (those of carriers: `carriage.py`).

A connector translates, nothing more. The names here are fixed by the order schema
(`docs/order-schema.md`); fields are added, never renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable


class Kind(StrEnum):
    """What a message says; the first that fits, in this order."""

    NOT_AN_ORDER = "not_an_order"
    TEST = "test"
    DRAFT = "draft"
    CANCELLATION = "cancellation"
    UPDATE = "update"
    ORDER = "order"


class Severity(StrEnum):
    """`hold`: an order is made and waits. `refuse`: no order is made. `note`: shown, stops nothing."""

    HOLD = "hold"
    REFUSE = "refuse"
    NOTE = "note"


#: Every problem code and how severe it is. `phone_invalid` and `email_invalid` rise to
#: `hold` where no other contact works.
PROBLEM_SEVERITY: dict[str, Severity] = {
    code: severity
    for severity, codes in (
        (Severity.REFUSE, "unreadable row_invalid"),
        (
            Severity.HOLD,
            "total_mismatch currency_missing currency_unsure number_missing no_lines sku_missing qty_missing qty_invalid"
            " price_missing address_missing address_conflict date_ambiguous version_conflict status_unknown payment_claimed"
            " sent_already",
        ),
        (Severity.NOTE, "phone_invalid email_invalid masked"),
    )
    for code in codes.split()
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a message: `field` is a dotted path such as `lines.0.qty`."""

    code: str
    severity: Severity
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `region` is state or province, `adcode` the Chinese division code."""

    name: str | None = None
    company: str | None = None
    lines: tuple[str, ...] = ()
    town: str | None = None
    district: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    adcode: str | None = None
    phone: str | None = None
    phone_ext: str | None = None
    pickup_point: str | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    external_id: str | None = None
    name: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    tax_id: str | None = None
    phone_ext: str | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Amounts in the order's currency, positive; `discount` is only what stands on no line.

    total = lines - discount + shipping + fees, + tax when not `tax_included`.
    """

    lines: Decimal | None = None
    discount: Decimal | None = None
    shipping: Decimal | None = None
    fees: Decimal | None = None
    tax: Decimal | None = None
    tax_included: bool | None = None
    total: Decimal | None = None
    paid: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """`terms`: prepaid | cod | account. `status`: one of the payment states."""

    terms: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Requested:
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """total = qty x unit_price - discount; `unit_price` is before discount, up to 6 decimals."""

    line_ref: str | None = None
    sku: str | None = None
    name: str | None = None
    qty: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    tax: Decimal | None = None
    total: Decimal | None = None
    requires_shipping: bool = True
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invoice:
    type: str | None = None
    title: str | None = None
    tax_id: str | None = None
    address: str | None = None
    phone: str | None = None
    bank: str | None = None
    account: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a parsed field came from: `confidence` 0..1, `source` the text it was read from."""

    field: str
    confidence: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """One order as a channel told it, in the one schema."""

    channel: str
    source: str
    kind: Kind = Kind.ORDER
    channel_order_id: str | None = None
    channel_order_number: str | None = None
    version: str | None = None
    placed_at: datetime | None = None
    currency: str | None = None
    totals: Totals = Totals()
    payment: Payment = Payment()
    customer: Customer = Customer()
    ship_to: Address | None = None
    bill_to: Address | None = None
    requested: Requested = Requested()
    lines: tuple[Line, ...] = ()
    buyer_message: str | None = None
    seller_memo: str | None = None
    invoice: Invoice | None = None
    problems: tuple[Problem, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    #: its shop has sent goods of it, which matters only where it is new
    sent: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it arrived: raw bytes, headers with lower-case names, the configured channel's name."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    channel: str = ""


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """How one configured channel is reached; `secrets` newest first (both count during rotation)."""

    name: str
    source: str
    secrets: Sequence[str] = ()
    base_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShipmentNotice:
    """What a channel is told when a parcel was collected or delivered; `last` when no parcel of the order is to come.

    `status` is `collected` or `delivered`; `lines` are (line_ref, qty), empty for the whole order. A box with a part of a set
    names its line with 0: the box that makes the set whole counts it.
    """

    channel_order_id: str
    tracking_number: str
    carrier: str
    tracking_url: str | None
    status: str
    at: datetime
    lines: Sequence[tuple[str, Decimal]] = ()
    last: bool = True


class ConnectorError(Exception):
    """A peer refused or did not answer; `permanent` says that trying again is useless."""

    def __init__(self, message: str, *, permanent: bool, status: int | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.status = status
        self.retry_after_s: float | None = None


class SignatureInvalid(ConnectorError):
    """The signature over the raw bytes is missing, wrong or out of its time window."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True, status=401)


class Channel(Protocol):
    """Every channel translates what it received into the one schema."""

    source: str

    def __init__(self, config: ChannelConfig) -> None: ...

    def translate(self, message: Received) -> list[ChannelOrder]:
        """Return one element an order; unreadable bytes are one `not_an_order` with problem `unreadable`."""
        ...


@runtime_checkable
class SignedChannel(Protocol):
    """A channel whose messages carry a signature over the raw bytes."""

    def verify(self, message: Received, *, secrets: Sequence[str], at: datetime) -> None:
        """Return when one of `secrets` signed the bytes; raise SignatureInvalid otherwise."""
        ...

    def event_id(self, message: Received) -> str | None:
        """The sender's id of this delivery, by which a redelivery is recognised; None where it has none."""
        ...

    def is_ping(self, message: Received) -> bool:
        """Whether this is the sender's unsigned check that the address answers."""
        ...


@runtime_checkable
class PolledChannel(Protocol):
    """A channel that can be asked; windows overlap, repeats are expected."""

    def poll(self, *, since: datetime, until: datetime) -> Iterable[Received]:
        """Messages of orders changed in [since, until], in the shape that `translate` reads."""
        ...

    def read(self, channel_order_id: str) -> Received | None:
        """The order as it stands at the channel now; None when the channel has none."""
        ...


@runtime_checkable
class ToldChannel(Protocol):
    """A channel that wants to hear of shipments."""

    def tell_shipped(self, notice: ShipmentNotice, *, idempotency_key: str) -> None: ...
