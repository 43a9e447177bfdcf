"""Where carriers knock: signature checked on the raw bytes, the scans stored and followed in one transaction, then 202.

A scan that we cannot read is answered 2xx and logged: the poll brings it again and fails where people see it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import structlog
from flask import Blueprint, request
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from connectors import registry
from connectors.base import ConnectorError, Received
from connectors.carriage import Carrier as Connector
from connectors.carriage import CarrierConfig, TrackingEvent
from oms import db
from oms.accounts.rights import ANYONE
from oms.errors import NotFound, Unavailable
from oms.parties.channels import carrier_config_of
from oms.parties.models import Carrier
from oms.shipping import tracking
from oms.web import auth, edge
from oms.web.signed import WorldClock, check_signature, world_clock

hooks = Blueprint("carrier_webhooks", __name__)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Door:
    """A carrier that tells us of scans."""

    carrier_id: uuid.UUID
    config: CarrierConfig
    connector: Connector
    clock: WorldClock


@hooks.post("/webhooks/carrier/<name>")
@auth.right(ANYONE)
def receive(name: str) -> Response:
    """202 stored, 200 nothing new or not understood, 401 bad signature, 404 no such carrier, 413 too large, 503 not stored."""
    body = request.get_data(cache=False)
    headers = {key.lower(): value for key, value in request.headers.items()}
    door: _Door | None = edge.edge().channels.get(f"carrier/{name}", _open)
    if door is None:
        raise NotFound(f"there is no carrier {name!r}")
    message = Received(body, headers, channel=name)
    check_signature(door.connector, message, secrets=door.config.secrets, at=door.clock.now(), noun="carrier")
    try:
        events = door.connector.parse_tracking(message)
    except ConnectorError as fault:
        log.error("scan not understood", carrier=name, fault=str(fault))
        return _said("not_understood", 200)
    return _said("accepted", 202) if _record(door, events) else _said("nothing_new", 200)


def _record(door: _Door, events: list[TrackingEvent]) -> bool:
    try:
        with edge.transaction() as session:
            found = tracking.record_events(
                session, carrier_id=door.carrier_id, events=events, way="webhook", now=db.now(session)
            )
    except SQLAlchemyError as fault:
        raise Unavailable("the scan was not stored: send it again") from fault
    if found.unknown:
        log.info("scan of no parcel of ours", carrier=door.config.name, count=len(found.unknown))
    return found.new > 0


def _open(key: str) -> _Door | None:
    """Look a carrier up; None when there is none or it is switched off."""
    name = key.partition("/")[2]
    try:
        with edge.transaction() as session:
            found = session.execute(select(Carrier).where(Carrier.name == name, Carrier.active)).scalar_one_or_none()
            clock = world_clock(session)
    except SQLAlchemyError as fault:
        raise Unavailable("the scan was not stored: send it again") from fault
    if found is None or found.source not in registry.CARRIERS:
        return None
    config = carrier_config_of(found)
    return _Door(found.id, config, registry.carrier_for(config), clock)


def _said(word: str, status: int) -> Response:
    return Response(f'{{"status":"{word}"}}', status, mimetype="application/json")
