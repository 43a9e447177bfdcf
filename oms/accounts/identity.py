"""Who is asking: a person with a session or another system with a key. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from oms.accounts import rights


@dataclass(frozen=True, slots=True)
class Identity:
    """`actor` is what steps and history record: the login, also for a key that belongs to a person.

    `channel_id` set: sees this channel's data only. `warehouse_id`: where the person works.
    """

    actor: str
    name: str
    roles: frozenset[str]
    staff_id: uuid.UUID | None = None
    key_id: uuid.UUID | None = None
    channel_id: uuid.UUID | None = None
    warehouse_id: uuid.UUID | None = None
    team: str = ""
    language: str = ""

    def may(self, right: str) -> bool:
        """Whether one of the roles holds `right`, and for a key of one channel, whether it is one that keeps to a channel."""
        own = self.channel_id is None or right in rights.OF_ONE_CHANNEL or right in rights.OPEN
        return own and rights.may(self.roles, right)

    def rights(self) -> list[str]:
        """Every right that is held, by name."""
        return sorted(right for right in rights.RIGHTS if self.may(right))
