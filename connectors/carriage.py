"""What is asked of a carrier: rate, book, find, track, void; weights in g, lengths in mm, prices in the currency beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from connectors.base import Address, Received


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a carrier is asked to move; `reference` is our idempotency key, unique for each label."""

    reference: str
    service: str
    sender: Address
    receiver: Address
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    value: Decimal
    currency: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """What a carrier asks for one service; `transit_days` are calendar days from the pick-up to the receiver."""

    service: str
    price: Decimal
    currency: str
    transit_days: int


@dataclass(frozen=True, slots=True)
class Label:
    """A booked waybill with its label as the carrier drew it."""

    waybill_number: str
    service: str
    price: Decimal
    currency: str
    pdf: bytes
    zpl: bytes
    tracking_url: str | None = None


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One scan: `status` is our tracking status, `carrier_status` the carrier's own word."""

    waybill_number: str
    status: str
    carrier_status: str
    at: datetime
    place: str | None = None
    signed_by: str | None = None


@dataclass(frozen=True, slots=True)
class CarrierConfig:
    """One carrier as it is set up: where its API answers, our key to it, and the secrets that its webhooks are signed with."""

    name: str
    source: str
    base_url: str
    api_key: str
    secrets: Sequence[str] = ()


class Carrier(Protocol):
    """A carrier's API; every call may be repeated with the same reference."""

    source: str

    def __init__(self, config: CarrierConfig) -> None: ...
    def rate(self, parcel: Parcel) -> list[Rate]: ...
    def book(self, parcel: Parcel) -> Label: ...

    def find(self, reference: str) -> Label | None:
        """The label already bought under `reference`, so that a crash never buys a second one."""
        ...

    def track(self, waybill_numbers: Sequence[str]) -> list[TrackingEvent]: ...
    def void(self, waybill_number: str) -> None: ...
    def verify(self, message: Received, *, secrets: Sequence[str], at: datetime) -> None: ...
    def parse_tracking(self, message: Received) -> list[TrackingEvent]: ...


@runtime_checkable
class ListedCarrier(Protocol):
    """A carrier that is told by its API which parcels it takes."""

    def hand_over(self, reference: str, waybill_numbers: Sequence[str]) -> dict[str, str]:
        """Tell of the signed hand-over list; returns waybill number -> reason for what the carrier did not take."""
        ...
