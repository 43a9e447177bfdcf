"""The mailbox listener: IMAP with IDLE; a mail is marked as read only after its bytes are stored (I-7)."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import threading
from types import FrameType
from urllib.parse import unquote, urlsplit

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from connectors import mail_client
from connectors.mail.thread import thread_of
from oms import db
from oms import settings as oms_settings
from oms.cli.logs import configure
from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.parties.models import Channel
from workers import doorbell, process
from workers.process import Process

log = logging.getLogger(__name__)


class Mailbox:
    """Listens to one mailbox for the e-mail channel and stores what comes."""

    def __init__(self, own: Process) -> None:
        self._own = own
        with own.database.transaction() as session:
            self._channel_id = session.execute(
                select(Channel.id).where(Channel.source == "email", Channel.active).order_by(Channel.name).limit(1)
            ).scalar_one_or_none()

    @property
    def configured(self) -> bool:
        """Whether a channel of source `email` is there to receive."""
        return self._channel_id is not None

    def store(self, raw: bytes, uid: str) -> None:
        """Store one mail durably; the same Message-ID again is a repeat."""
        thread = thread_of(raw)
        event = thread.message_id or f"sha256:{hashlib.sha256(raw).hexdigest()}"
        # Only whoever an order came from changes it by mail.
        headers = {"from": thread.sender} if thread.sender else {}
        message = NewMessage(event_id=event, way="mail", body=raw, headers=headers, received_by="mailbox")
        try:
            receipt = self._write(message)
        except DBAPIError as error:
            # The mail stays unseen and comes again when the connection is made anew.
            raise OSError("the database did not store the mail") from error
        log.info("mail stored", extra={"inbound_message": str(receipt.message_id), "outcome": receipt.outcome})

    def _write(self, message: NewMessage) -> inbox.Receipt:
        if self._channel_id is None:
            raise RuntimeError("no channel of source email is configured")
        with self._own.database.transaction() as session:
            now = db.now(session)
            (receipt,) = inbox.receive(session, channel_id=self._channel_id, received=[message], now=now)
            db.carried(session, len(message.body))
        return receipt


def main() -> int:
    """Listen until SIGTERM; reconnects by itself."""
    configure()
    settings = oms_settings.load(os.environ)
    own = process.start(settings, doorbell.ring, name="mailbox")
    stop = threading.Event()

    def ended(signum: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ended)
    signal.signal(signal.SIGINT, ended)
    mailbox = _wait_for_channel(own, stop)
    url = urlsplit(settings.imap_url)
    if mailbox is None or not url.hostname:
        log.warning("no mailbox is read: set OMS_IMAP_URL and configure a channel of source email")
        return 0
    mail_client.listen(
        url.hostname,
        url.port or 143,
        unquote(url.username or ""),
        unquote(url.password or ""),
        on_mail=mailbox.store,
        stop=stop,
        tls=url.scheme == "imaps",
        on_trouble=lambda trouble: log.warning("mailbox unreachable", extra={"trouble": trouble}),
    )
    return 0


def _wait_for_channel(own: Process, stop: threading.Event) -> Mailbox | None:
    """The channel may be configured after this process starts."""
    while not stop.is_set():
        mailbox = Mailbox(own)
        if mailbox.configured:
            return mailbox
        stop.wait(2.0)
    return None


if __name__ == "__main__":
    raise SystemExit(main())
