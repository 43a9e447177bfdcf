"""One channel of the sandbox shop: how a shop system numbers, shows and announces its orders."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.http_messages import Refused
from connectors.sandbox.shop_orders import ShopOrder
from connectors.sandbox.webhooks import Webhook

_EVENTS = uuid.UUID("6f1d3a52-5b0e-4a1e-9d5b-0c5a4c1e7a11")


@dataclass(frozen=True, slots=True)
class ShopChannel(ABC):
    """A configured channel; `secret` signs its webhooks, `token` is what callers of its API must show."""

    name: str
    secret: str
    token: str

    #: The id of the first order minus one, and what stands before an order's number.
    first_id = 0
    prefix = ""

    def order_id(self, row_id: int) -> str:
        """The id that the channel shows for an order."""
        return str(self.first_id + row_id)

    def row_id(self, order_id: str) -> int:
        """The number in the store behind a shown id; 0 for what is no id."""
        return int(order_id) - self.first_id if order_id.isdecimal() and len(order_id) < 19 else 0

    def number(self, row_id: int) -> str:
        """What the customer sees."""
        return f"{self.prefix}{1000 + row_id}"

    def first_line_ref(self, row_id: int) -> int:
        """The first of an order's line ids."""
        return (self.first_id + row_id) * 100

    def event_id(self, event: str) -> str:
        """A UUID that belongs to an event, the same whenever it is made."""
        return str(uuid.uuid5(_EVENTS, f"{self.name}/{event}"))

    def ping(self, _url: str) -> Webhook | None:
        """What the shop system posts once when a webhook is set up; None where it posts nothing."""
        return None

    def objection(self, _order: ShopOrder) -> Refused | None:
        """Why this shop system cannot hold an order; None when it can."""
        return None

    @abstractmethod
    def show(self, order: ShopOrder) -> dict[str, object]:
        """The order as JSON of this shop system."""

    @abstractmethod
    def webhook(self, order: ShopOrder, event: str, event_key: str, url: str) -> Webhook:
        """The message that tells of an event: created, updated or cancelled."""

    @abstractmethod
    def sign(self, event_id: str, body: bytes) -> Mapping[str, str]:
        """The signature headers of one try."""
