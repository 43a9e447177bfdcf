"""A configured channel as its connector wants it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.base import ChannelConfig
from connectors.carriage import CarrierConfig
from oms.clock import zone_named
from oms.errors import InputInvalid
from oms.parties.models import Carrier, Channel


def config_of(channel: Channel) -> ChannelConfig:
    """The connector's configuration of a channel row; secrets newest first.

    The setting `currency` is the channel's own unless another is set: whoever reads prices knows what they can be in.
    """
    own = {"currency": channel.currency} if channel.currency else {}
    return ChannelConfig(
        name=channel.name,
        source=channel.source,
        secrets=tuple(channel.secrets),
        base_url=channel.base_url,
        settings=own | {key: str(value) for key, value in channel.settings.items()},
    )


def config_for(channel: Channel, *, way: str, body: bytes, zone: tzinfo) -> ChannelConfig:
    """The configuration by which a message is read, whenever that is: JSON that is uploaded is our own, whatever the sender's
    files are (I-5).

    `zone` is the organisation's, in which days begin and clock times are meant, unless the channel has a setting `timezone`.
    """
    config = config_of(channel)
    config = replace(config, settings={"timezone": str(zone)} | dict(config.settings))
    is_own_json = way == "upload" and body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    return replace(config, source="generic") if is_own_json else config


def zone_in(config: ChannelConfig) -> tzinfo:
    """The zone in which days and clock times of a message were read by this configuration; UTC where its name is none."""
    try:
        return zone_named(config.settings.get("timezone", ""))
    except InputInvalid:
        return UTC


def is_on(settings: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    """One of a channel's settings that is yes or no; anything else than `true` and `false` leaves the default."""
    said = str(settings.get(name, default)).lower()
    return said != "false" if default else said == "true"


def carrier_config_of(carrier: Carrier) -> CarrierConfig:
    """The connector's configuration of a carrier row."""
    return CarrierConfig(
        name=carrier.name,
        source=carrier.source,
        base_url=carrier.base_url,
        api_key=carrier.api_key,
        secrets=tuple(carrier.secrets),
    )


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """An active channel and what its connector needs."""

    id: uuid.UUID
    config: ChannelConfig


def by_name(session: Session, *, names: Collection[str]) -> dict[str, KnownChannel]:
    """The active channels of these names; an unknown or switched-off one is missing from the answer."""
    rows = session.scalars(select(Channel).where(Channel.name.in_(names), Channel.active))
    return {row.name: KnownChannel(row.id, config_of(row)) for row in rows}
