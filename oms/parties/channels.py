"""Channels as the edges need them: found by name, as a connector's configuration."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.base import ChannelConfig
from oms.parties.models import Channel


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """An active channel and what its connector needs."""

    id: uuid.UUID
    config: ChannelConfig


def by_name(session: Session, *, names: Collection[str]) -> dict[str, KnownChannel]:
    """The active channels of these names; an unknown or switched-off one is missing from the answer."""
    rows = session.scalars(select(Channel).where(Channel.name.in_(names), Channel.active))
    return {row.name: known(row) for row in rows}


def known(row: Channel) -> KnownChannel:
    """A channel's row as its connector reads it."""
    settings = {key: str(value) for key, value in row.settings.items()}
    config = ChannelConfig(
        name=row.name, source=row.source, secrets=tuple(row.secrets), base_url=row.base_url, settings=settings
    )
    return KnownChannel(row.id, config)
