"""What a handler of a step kind looks like: inside ones work on batches, outside ones make one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from connectors.base import ConnectorError
from oms.journey.steps import Claimed, Done
from oms.settings import Settings

Work = Callable[[Session, Sequence[Claimed], datetime], list[Done]]


@dataclass(frozen=True, slots=True)
class Onward:
    """How a stage works when its worker carries on: `work` leaves to the next stage what that writes anyway, and `rest`
    makes up for it where an order goes no further."""

    work: Work
    rest: Callable[[Session, Sequence[Claimed], datetime], None]


@dataclass(frozen=True, slots=True)
class Inside:
    """Only touches the database: `work(session, steps, now)` returns one Done for every step it was given."""

    work: Work
    onward: Onward | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """What `prepare` returns for a step whose time has not come: something else goes before it."""

    why: str
    after_s: float


class Request(Protocol):
    """What `prepare` read for one call. `peer` names the circuit; `key` the effect, None where asking changes nothing."""

    @property
    def peer(self) -> str: ...
    @property
    def key(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Outside:
    """Calls someone, with no transaction open while it does.

    `prepare` reads what the call needs, ends the step at once by returning Done, or puts it off by Later. `call` talks to the peer
    and raises ConnectorError. `look_up` asks whether an earlier attempt got through; its answer is adopted.
    `record` writes the outcome. `refused` decides what a permanent refusal means; None parks the step.
    `peer`: whom every call of this kind goes to. While that one rests nothing is prepared: thousands of mails that wait for
    their server would be written anew each half minute.
    """

    prepare: Callable[[Session, Claimed, datetime, Settings], Any]
    call: Callable[[Any], Any]
    record: Callable[[Session, Claimed, Any, Any, datetime], Done]
    look_up: Callable[[Any], Any] | None = None
    refused: Callable[[Session, Claimed, Any, ConnectorError, datetime], Done] | None = None
    peer: str | None = None


Handler = Inside | Outside
