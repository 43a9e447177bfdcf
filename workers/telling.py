"""Step `tell`: one mail to a customer, in its thread, with the confirmation as a paper where it is one.

SMTP cannot be asked whether it took a mail, so a call whose outcome is unknown (the connection broke after the text
went out) is repeated: at least once, with the same Message-ID and the same bytes, by which mail programs and servers
recognise the repeat. A call that was answered is never repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors import mail_client, mail_writing
from connectors.base import ConnectorError
from connectors.mail import thread as mail_thread
from connectors.mail_client import Envelope, SmtpSettings
from connectors.mail_writing import Attachment, Thread
from oms import db
from oms.intake.models import InboundMessage
from oms.journey.steps import Claimed, Done
from oms.messages import rendering, sending
from oms.messages.rendering import House
from oms.messages.sending import Outgoing
from oms.orders.contacts import contacts
from oms.settings import Settings
from oms.verification import filing, paper
from workers.handlers import Outside
from workers.telling_channel import TELL_CHANNEL

__all__ = ["TELL", "TELL_CHANNEL"]

#: While no mail server is set, mails wait and are tried again so often.
NO_SERVER_RETRY_S = 600.0
#: Whose circuit mails are sent by: the house's one mail server.
PEER = "smtp"
_PAPERS = frozenset({"confirmation", "signature_request"})
_SECURITY = {"smtps": "tls", "smtp+starttls": "starttls", "smtp": "none"}


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that is ready to go; `filed` is our own copy of its paper, without the one-time link."""

    message: Outgoing
    key: str
    mail_id: str
    content: bytes = field(repr=False)
    envelope: Envelope
    server: SmtpSettings | None
    thread: dict[str, Any] | None
    filed: bytes | None = field(default=None, repr=False)
    peer: str = PEER


def _prepare(session: Session, step: Claimed, now: datetime, settings: Settings) -> Mail | Done:
    message = sending.prepare(session, message_id=step.subject_id, now=now)
    if isinstance(message, str):
        return Done(step, message)
    answered = _answered_mail(session, message)
    if answered is not None and answered.auto_submitted and _same(answered.reply_to, message.address):
        why = "the order came in a mail that a machine sent: nothing is ever answered to it"
        sending.unsent(session, message_id=message.message_id, status="no_address", why=why, now=now)
        return Done(step, "no_address", error=why)
    try:
        return _mail(message, answered, settings)
    except ConnectorError as error:  # trying again would write the same mail again
        sending.unsent(session, message_id=message.message_id, status="failed", why=str(error), now=now)
        return Done(step, "failed", error=str(error))


def _answered_mail(session: Session, message: Outgoing) -> mail_thread.Thread | None:
    """The thread of the mail that the order came in; None for orders of other channels."""
    if message.order_id is None:
        return None
    person = contacts(session, order_ids=[message.order_id]).get(message.order_id)
    if person is None or person.message_id is None:
        return None
    came = select(InboundMessage.body).where(InboundMessage.id == person.message_id, InboundMessage.way == "mail")
    body = session.execute(came).scalar_one_or_none()
    if body is None:
        return None
    db.carried(session, len(body))
    return mail_thread.thread_of(body)


def _same(one: str | None, other: str) -> bool:
    return (one or "").strip().casefold() == other.strip().casefold()


def _mail(message: Outgoing, answered: mail_thread.Thread | None, settings: Settings) -> Mail:
    house = House(settings.organisation, settings.base_url, ZoneInfo(settings.zone))
    told = rendering.render(message.template, language=message.language, values=message.values, house=house)
    # A machine's notice is no thread to write into, though its customer is told.
    into = None if answered is None or answered.auto_submitted else answered
    key = f"mail:{message.key}"
    attachments, filed = _papers(message, house)
    content = mail_writing.compose(
        idempotency_key=key,
        sender=(settings.organisation, settings.mail_from),
        recipients=[("", message.address)],
        subject=f"Re: {_bare(into.subject)}" if into and into.subject else told.subject,
        text=told.text,
        html=told.html,
        at=message.created_at,
        thread=_answer_to(into),
        attachments=attachments,
        language=message.language.replace("_", "-"),
    )
    return Mail(
        message=message,
        key=key,
        mail_id=mail_writing.message_id(key, domain=settings.mail_from.rpartition("@")[2]),
        content=content,
        envelope=Envelope(settings.mail_from, [mail_writing.deliverable(message.address)]),
        server=_server(settings.smtp_url),
        thread=_thread(into),
        filed=filed,
    )


def _answer_to(into: mail_thread.Thread | None) -> Thread:
    """The reader keeps ids bare; in headers they stand in brackets."""
    if into is None or into.message_id is None:
        return Thread()
    return Thread(f"<{into.message_id}>", [f"<{one}>" for one in into.references])


def _bare(subject: str) -> str:
    return subject[3:].strip() if subject.casefold().startswith("re:") else " ".join(subject.split())


def _thread(into: mail_thread.Thread | None) -> dict[str, Any] | None:
    if into is None or into.message_id is None:
        return None
    return {"message_id": into.message_id, "references": list(into.references), "subject": into.subject}


def _papers(message: Outgoing, house: House) -> tuple[list[Attachment], bytes | None]:
    """What goes with the mail, and our own copy; printed once where no one-time link makes them differ."""
    if message.template not in _PAPERS:
        return [], None
    sent = _pdf(message, house, signing=True)
    filed = _pdf(message, house, signing=False) if message.values.get("token") else sent
    return [Attachment(_file_name(message), sent, "application/pdf")], filed


def _file_name(message: Outgoing) -> str:
    return f"{message.values['number']}.pdf"


def _pdf(message: Outgoing, house: House, *, signing: bool) -> bytes:
    token = message.values.get("token") if signing else None
    until = message.values.get("expires_at")
    return paper.confirmation_pdf(
        message.values["content"],
        organisation=house.organisation,
        zone=house.zone,
        language=message.language,
        sign_url=house.base_url.rstrip("/") + rendering.sign_path(token) if token else "",
        sign_until=datetime.fromisoformat(until) if token and until else None,
    )


def _server(url: str) -> SmtpSettings | None:
    if not url:
        return None
    parts = urlsplit(url)
    security = _SECURITY.get(parts.scheme, "none")
    port = parts.port or (465 if security == "tls" else 25)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return SmtpSettings(parts.hostname or "localhost", port, user, password, security)


def _call(mail: Mail) -> str:
    if mail.server is None:
        waiting = ConnectorError("no mail server is set (OMS_SMTP_URL): the mail waits", permanent=False)
        waiting.retry_after_s = NO_SERVER_RETRY_S
        raise waiting
    mail_client.send(mail.server, mail.content, mail.envelope)
    return mail.mail_id


def _record(session: Session, step: Claimed, mail: Mail, answer: str, now: datetime) -> Done:
    sending.sent(session, message=mail.message, mail_id=answer, thread=mail.thread, now=now)
    if mail.filed is not None and mail.message.order_id is not None:
        # What was sent is archived under the order's number (C-1, D-1).
        content = mail.message.values["content"]
        filing.file_paper(
            session, order_id=mail.message.order_id, content=content, pdf=mail.filed, by="system", now=now
        )
    return Done(step, "sent")


def _refused(session: Session, step: Claimed, mail: Mail, error: ConnectorError, now: datetime) -> Done:
    sending.unsent(session, message_id=mail.message.message_id, status="failed", why=str(error), now=now)
    return Done(step, "failed", error=str(error))


TELL = Outside(_prepare, _call, _record, refused=_refused, peer=PEER)
