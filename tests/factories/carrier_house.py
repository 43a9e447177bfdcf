"""A house on a real database that deals with the real sandbox carrier, one worker step at a time."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from sqlalchemy import select, text

from oms import db
from oms.db import Base, Database
from oms.journey import steps
from oms.journey.models import Step
from oms.journey.steps import Claimed
from oms.settings import Settings
from oms.shipping.models import Parcel
from tests.connectors.sandbox_peers import Peer
from tests.factories.packed import packed, served_floor, sign_both
from workers import inside, outside
from workers.bindings import BINDINGS
from workers.handlers import Inside
from workers.process import Process


@dataclass
class House:
    """`run(kind)` does what a worker process does with the due steps of a kind."""

    database: Database
    settings: Settings
    carrier: Peer

    @property
    def process(self) -> Process:
        return Process(self.settings, self.database, "test")

    def packed(self, **given: Any) -> uuid.UUID:
        """A parcel that waits for its label, served by the sandbox carrier."""
        with self.database.transaction() as session:
            return packed(session, served_floor(session, self.carrier.url), db.now(session), **given).id

    def claim(self, kind: str) -> list[Claimed]:
        """Claim every step of the kind, as if its waiting time and every lost lease had passed."""
        with self.database.transaction() as session:
            session.execute(
                text("UPDATE step SET run_after = now(), lease_until = now() - interval '1 s' WHERE kind = :k"),
                {"k": kind},
            )
        found: list[Claimed] = []
        while True:
            with self.database.transaction() as session:
                claimed = steps.claim(session, kind=kind, limit=10, lease_s=60, worker="test")
            if not claimed:
                return found
            found += claimed

    def run(self, kind: str) -> None:
        module, _, name = BINDINGS[kind].partition(":")
        handler = getattr(import_module(module), name)
        claimed = self.claim(kind)
        assert claimed, f"no step {kind} is due"
        if isinstance(handler, Inside):
            inside.work(self.process, {kind: handler}, claimed)
        else:
            outside.work(self.process, handler, claimed)

    def sign(self, parcel_id: uuid.UUID) -> None:
        """Both sides sign the parcel's list."""
        with self.database.transaction() as session:
            sign_both(session, session.get_one(Parcel, parcel_id), db.now(session))

    def step(self, kind: str, *, last: bool = True) -> Step:
        """The step of a kind that was opened last."""
        with self.database.transaction() as session:
            found = (
                session.execute(select(Step).where(Step.kind == kind).order_by(Step.round, Step.opened_at))
                .scalars()
                .all()
            )
            return found[-1 if last else 0]

    def all(self, model: type[Base]) -> list[Any]:
        with self.database.transaction() as session:
            return list(session.execute(select(model)).scalars())

    def parcel(self) -> Parcel:
        with self.database.transaction() as session:
            return session.execute(select(Parcel)).scalar_one()

    def labels(self) -> int:
        return int(self.carrier.call("GET", "/v1/stats")["labels"])

    def change(self, statement: str, **values: Any) -> None:
        with self.database.transaction() as session:
            session.execute(text(statement), values)
