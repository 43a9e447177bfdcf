"""Replies to our confirmations among the mails that came: plain ones are taken as the customer's answer (I-4)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from connectors.mail.message import open_mail
from connectors.mail.thread import thread_of
from oms.errors import Conflict
from oms.intake.models import InboundMessage
from oms.verification import confirmation

log = logging.getLogger(__name__)


def take(session: Session, *, mails: Sequence[InboundMessage], now: datetime) -> int:
    """Take the plain replies as answers; return how many. One that contradicts an earlier answer waits for a person."""
    return sum(_take(session, mail, now) for mail in mails)


def _take(session: Session, mail: InboundMessage, now: datetime) -> bool:
    thread, opened = thread_of(mail.body), open_mail(mail.body)
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
