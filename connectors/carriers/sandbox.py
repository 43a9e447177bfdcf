"""The sandbox carrier's connector: its status table, then reading its answers, then the calls.

The server that it speaks to is `connectors/sandbox/carrier.py`; `docs/sandbox.md` describes the API.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from decimal import Decimal

from connectors.base import Address, ConnectorError, Received
from connectors.carriage import CarrierConfig, Label, Parcel, Rate, TrackingEvent
from connectors.http import Client
from connectors.json_bytes import Unreadable, parse
from connectors.money import amount
from connectors.signing import verify_standard

#: The carrier's own words -> our tracking statuses. A word that is not here is an error, never a guess.
STATUSES: dict[str, str] = {
    "LABEL_CREATED": "pre_transit",
    "PICKED_UP": "collected",
    "DEPARTED_HUB": "in_transit",
    "WITH_COURIER": "out_for_delivery",
    "AT_PICKUP_POINT": "available_for_pickup",
    "DELIVERED": "delivered",
    "DELAYED": "delayed",
    "ATTEMPT_FAILED": "failed",
    "RETURNING": "return_to_sender",
    "LOST": "lost",
    "DAMAGED": "damaged",
    "NO_INFORMATION": "unknown",
}

#: The API answers for at most this many waybills at once.
TRACKED_AT_ONCE = 100


class SandboxCarrier:
    """Speaks to one sandbox carrier; every call may be repeated with the same reference."""

    source = "sandbox"

    def __init__(self, config: CarrierConfig) -> None:
        self._client = Client(
            base_url=config.base_url,
            headers={"Authorization": f"Bearer {config.api_key}", "Accept": "application/json"},
            secrets=(config.api_key, *config.secrets),
        )

    def rate(self, parcel: Parcel) -> list[Rate]:
        """Prices and days in transit of all services that take the parcel; `parcel.service` does not matter."""
        answer = self._call("POST", "/v1/rates", _parcel(parcel))
        return [_rate(_object(found)) for found in _list(answer, "rates")]

    def book(self, parcel: Parcel) -> Label:
        """Buy one label for `parcel.reference`; a repeat gives the first label.

        Raises ConnectorError, permanent when the carrier refuses the address or the parcel.
        """
        return _label(self._call("POST", "/v1/shipments", _parcel(parcel)))

    def find(self, reference: str) -> Label | None:
        """The label already bought under `reference` and not voided, or None."""
        answer = self._client.get("/v1/shipments", params={"reference": reference}).json()
        shipments = _list(_object(answer), "shipments")
        return _label(_object(shipments[0])) if shipments else None

    def track(self, waybill_numbers: Sequence[str]) -> list[TrackingEvent]:
        """All scans so far of the waybills, each waybill's in order."""
        found: list[TrackingEvent] = []
        for start in range(0, len(waybill_numbers), TRACKED_AT_ONCE):
            numbers = ",".join(waybill_numbers[start : start + TRACKED_AT_ONCE])
            answer = self._client.get("/v1/tracking", params={"numbers": numbers}).json()
            found += [_event(_object(scan)) for scan in _list(_object(answer), "events")]
        return found

    def void(self, waybill_number: str) -> None:
        """Take a booking back; a repeat changes nothing, after the hand-over it is refused (permanent)."""
        self._call("POST", f"/v1/shipments/{waybill_number}/void", {})

    def hand_over(self, reference: str, waybill_numbers: Sequence[str]) -> dict[str, str]:
        """Give the carrier the parcels of the hand-over list `reference`; a repeat gives the first answer.

        Returns what the carrier did not take: waybill number -> its reason; empty when it signed for all.
        """
        content = {"reference": reference, "waybill_numbers": list(waybill_numbers)}
        refused = _list(self._call("POST", "/v1/pickups", content), "refused")
        return {_text(_object(item), "waybill_number"): _text(_object(item), "reason") for item in refused}

    def verify(self, message: Received, *, secrets: Sequence[str], at: datetime) -> None:
        """Return when one of `secrets` signed the bytes (Standard Webhooks); raise SignatureInvalid otherwise."""
        verify_standard(message.body, headers=message.headers, secrets=secrets, at=at)

    def parse_tracking(self, message: Received) -> list[TrackingEvent]:
        """The scans that a webhook tells; none for an event type that is no scan."""
        try:
            content = _object(parse(message.body))
        except Unreadable as fault:
            raise ConnectorError(f"the carrier's webhook is unreadable: {fault}", permanent=True) from fault
        if content.get("type") != "tracking.updated":
            return []
        try:
            return [_event(_object(content.get("data")))]
        except ConnectorError as fault:
            # These bytes will never read otherwise.
            raise ConnectorError(str(fault), permanent=True) from fault

    def _call(self, method: str, path: str, content: Mapping[str, object]) -> dict[str, object]:
        return _object(self._client.send(method, path, json=dict(content)).json())


def status(word: str) -> str:
    """Our tracking status for the carrier's word; raises ConnectorError (permanent) for one not in the table."""
    if word not in STATUSES:
        raise ConnectorError(f"the sandbox carrier's status {word!r} is not in our table", permanent=True)
    return STATUSES[word]


def _parcel(parcel: Parcel) -> dict[str, object]:
    return {
        "reference": parcel.reference,
        "service": parcel.service,
        "sender": _address(parcel.sender),
        "receiver": _address(parcel.receiver),
        "weight_g": parcel.weight_g,
        "length_mm": parcel.length_mm,
        "width_mm": parcel.width_mm,
        "height_mm": parcel.height_mm,
        "value": str(parcel.value),
        "currency": parcel.currency,
        "email": parcel.email,
    }


def _address(address: Address) -> dict[str, object]:
    return {name: value for name, value in asdict(address).items() if value not in (None, "", ())}


def _rate(found: dict[str, object]) -> Rate:
    days = found.get("transit_days")
    if isinstance(days, bool) or not isinstance(days, int):
        raise _strange("transit_days", days)
    return Rate(_text(found, "service"), _price(found), _text(found, "currency"), days)


def _label(found: dict[str, object]) -> Label:
    drawing = _object(found.get("label"))
    return Label(
        waybill_number=_text(found, "waybill_number"),
        service=_text(found, "service"),
        price=_price(found),
        currency=_text(found, "currency"),
        pdf=_bytes(drawing, "pdf"),
        zpl=_bytes(drawing, "zpl"),
        tracking_url=_optional_text(found, "tracking_url"),
    )


def _event(found: dict[str, object]) -> TrackingEvent:
    word = _text(found, "status")
    return TrackingEvent(
        waybill_number=_text(found, "waybill_number"),
        status=status(word),
        carrier_status=word,
        at=_moment(found, "at"),
        place=_optional_text(found, "place"),
        signed_by=_optional_text(found, "signed_by"),
    )


def _price(found: dict[str, object]) -> Decimal:
    try:
        price = amount(found.get("price"))
    except ValueError as fault:
        raise _strange("price", found.get("price")) from fault
    if price is None:
        raise _strange("price", None)
    return price


def _moment(found: dict[str, object], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(found, name))
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        # The first and the last days of the calendar lie beyond it in some zone, where somebody reads them.
        if not MINYEAR < moment.year < MAXYEAR:
            raise ValueError("no day of this calendar")
        return moment.astimezone(UTC)
    except ValueError as fault:
        raise _strange(name, found.get(name)) from fault


def _bytes(found: dict[str, object], name: str) -> bytes:
    try:
        return base64.b64decode(_text(found, name), validate=True)
    except (binascii.Error, ValueError) as fault:
        raise _strange(name, "no base64") from fault


def _text(found: dict[str, object], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise _strange(name, value)
    return value


def _optional_text(found: dict[str, object], name: str) -> str | None:
    return _text(found, name) if found.get(name) else None


def _list(found: dict[str, object], name: str) -> list[object]:
    value = found.get(name)
    if not isinstance(value, list):
        raise _strange(name, value)
    return value


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _strange("a JSON object", value)
    return value


def _strange(name: str, value: object) -> ConnectorError:
    # Not permanent: a proxy's page in place of the answer passes, and the look-up finds what was booked.
    return ConnectorError(f"the sandbox carrier answered {name} = {value!r}"[:300], permanent=False)
