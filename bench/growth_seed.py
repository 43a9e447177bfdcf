"""The orders that a filled database is copied from: taken through the product's own services, to their end or on their way."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text

from bench import lives
from bench.goods import Company
from bench.ground import Ground
from connectors.carriage import TrackingEvent
from oms import db, settings
from oms.aftersales import satisfaction
from oms.aftersales.satisfaction import Scores
from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.journey import steps
from oms.journey.steps import Done
from oms.messages import sending
from oms.messages.survey_link import token_of
from oms.shipping import tracking
from workers import bindings, drain
from workers.process import Process

BATCH = 200


def complete(made: Ground, seeded: Company, numbers: range) -> None:
    """Orders from message to closed: collected, delivered, customers told; two of three answer how they were served."""
    lives.live(made, seeded, numbers)
    _deliver(made, seeded)
    work(made, "close")
    tell(made)
    _answer(made)


def received(made: Ground, channel_id: uuid.UUID, bodies: Sequence[dict[str, object]]) -> None:
    """Messages of a channel, not yet read."""
    messages = [NewMessage(f"seed-{db.new_id()}", "webhook", json.dumps(body).encode()) for body in bodies]
    for start in range(0, len(messages), BATCH):
        with made.database.transaction() as session:
            inbox.receive(session, channel_id=channel_id, received=messages[start : start + BATCH], now=db.now(session))


def work(made: Ground, *kinds: str) -> None:
    """Work like a worker until nothing of these kinds is due, one kind after the other, and not what follows."""
    worker = Process(settings.load(made.environment), made.database, "bench")
    for kind in kinds:
        bound = {kind: bindings.handlers("inside")[kind]}
        while drain.drain_kind(worker, kind, bound):
            pass


def tell(made: Ground) -> None:
    """The mail server took every message that waits."""
    while True:
        with made.database.transaction() as session:
            claimed = steps.claim(session, kind="tell", limit=BATCH, lease_s=60, worker="bench")
        if not claimed:
            return
        with made.database.transaction() as session:
            now, done = db.now(session), []
            for step in claimed:
                message = sending.prepare(session, message_id=step.subject_id, now=now)
                if isinstance(message, str):
                    done.append(Done(step, message))
                    continue
                sending.sent(session, message=message, mail_id=f"<{message.key}@bench.example>", thread=None, now=now)
                done.append(Done(step, "sent"))
            steps.finish(session, done, by="system", now=now)


def _deliver(made: Ground, seeded: Company) -> None:
    """The carrier's scans: taken along, at the door."""
    with made.database.transaction() as session:
        waybills = list(
            session.execute(text("SELECT waybill_number FROM parcel WHERE delivered_at IS NULL ORDER BY id")).scalars()
        )
    for start in range(0, len(waybills), BATCH):
        with made.database.transaction() as session:
            now = db.now(session)
            events = [
                TrackingEvent(waybill, status, status, now + timedelta(seconds=place), signed_by=None)
                for waybill in waybills[start : start + BATCH]
                for place, status in enumerate(("in_transit", "out_for_delivery", "delivered"), start=-3)
            ]
            tracking.record_events(session, carrier_id=seeded.carrier_id, events=events, way="webhook", now=now)


def _answer(made: Ground) -> None:
    with made.database.transaction() as session:
        asked = session.execute(
            text("SELECT subject_id FROM step WHERE kind = 'rate_service' AND state = 'open' ORDER BY id")
        )
        for place, subject_id in enumerate(asked.scalars().all()):
            if place % 3:
                scores = Scores(goods=5, delivery=4, service=2 + place % 4)
                satisfaction.score(
                    session, subject_id=subject_id, token=token_of(subject_id), scores=scores, now=db.now(session)
                )
