"""Replies to our confirmations among the mails that came: plain ones are taken as the customer's answer (I-4)."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from connectors.mail.message import open_mail
from connectors.mail.thread import thread_of
from oms.errors import Conflict
from oms.intake import known
from oms.intake.models import InboundMessage
from oms.journey import lifecycle
from oms.verification import confirmation

log = logging.getLogger(__name__)

ANSWER = "the customer's answer to our confirmation"


def take(
    session: Session, *, mails: Sequence[InboundMessage], body: Callable[[InboundMessage], bytes], now: datetime
) -> list[uuid.UUID]:
    """Take the plain replies as answers; return those mails, which then count as accepted.

    `body` gives a mail's bytes, one mail at a time: together they may be more than there is room for.
    One that contradicts an earlier answer stays quarantined and waits for a person.
    """
    taken = [mail.id for mail in mails if _take(session, mail, body(mail), now)]
    lifecycle.advance(
        session, InboundMessage, taken, to="accepted", cause=ANSWER, actor="system", now=now, lenient=True
    )
    if taken:
        session.execute(known.SET_REASONS, {"ids": taken, "reasons": [ANSWER] * len(taken)})
    return taken


def _take(session: Session, mail: InboundMessage, body: bytes, now: datetime) -> bool:
    thread, opened = thread_of(body), open_mail(body)
    if thread.auto_submitted or not opened.references or not opened.sender:
        return False
    try:
        with session.begin_nested():
            order_id = confirmation.sign_by_reply(
                session,
                references=[f"<{one}>" for one in opened.references],
                sender=opened.sender,
                text=opened.plain,
                mail_id=opened.message_id or "",
                auto_submitted=thread.auto_submitted,
                now=now,
            )
    except Conflict as conflict:
        log.info("reply not taken", extra={"inbound_message": str(mail.id), "why": conflict.code})
        return False
    return order_id is not None
