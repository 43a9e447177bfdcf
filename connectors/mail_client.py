"""What workers use of a mail server: listen with IDLE, fetch what is new, send.

A mail is marked as taken only after `on_mail` returned, so a crash in between shows it again;
whoever stores it recognises the repeat by its Message-ID.
"""

from __future__ import annotations

import imaplib
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from connectors.base import ConnectorError
from connectors.deadline import Deadline, watched

TIMEOUT_S = 20.0
#: From connecting to the server's last word about one mail: less than the lease of the step that sends it.
SENDING_S = 28.0
#: RFC 2177 allows 29 minutes. Far shorter, because news that comes in one packet with the server's go-ahead
#: waits unseen in the reader's buffer until the IDLE ends, and to find connections that died silently.
IDLE_FOR_S = 20.0
#: Where the server knows no IDLE, how often it is asked.
POLL_EVERY_S = 30.0
#: Of a mail larger than this only the first bytes are fetched, one more than the limit, so that the reader sees it.
SIZE_LIMIT_BYTES = 26_214_400

_STOP_LOOK_S = 1.0
_FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0

#: Gets a mail's bytes as the server keeps them and its UID; it must have stored them durably when it returns.
OnMail = Callable[[bytes, str], None]

_FAULTS = (OSError, EOFError, imaplib.IMAP4.error, ImapToolsError)


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How outgoing mail is handed over; `security` is none, starttls or tls."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    security: str = "none"
    timeout_s: float = TIMEOUT_S
    sending_s: float = SENDING_S


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who a mail is from and for, as the server is told; `sender` empty for bounces."""

    sender: str
    recipients: Sequence[str]


def listen(
    host: str,
    port: int,
    user: str,
    password: str,
    *,
    on_mail: OnMail,
    stop: Event,
    processed_folder: str | None = None,
    tls: bool = False,
    on_trouble: Callable[[str], None] = lambda _trouble: None,
) -> None:
    """Give every unseen mail of INBOX to `on_mail`, as soon as it arrives, until `stop` is set.

    Broken connections are made again with back-off, told to `on_trouble`. What `on_mail` raises ends the call
    and leaves its mail unseen; an OSError counts as a broken connection and is tried again.
    Taken mails become \\Seen, or are moved to `processed_folder` (made when it is missing).
    """
    wait_s = _FIRST_WAIT_S
    while not stop.is_set():
        try:
            with _open(host, port, user, password, tls=tls, processed_folder=processed_folder) as box:
                wait_s = _FIRST_WAIT_S
                _stay(box, on_mail=on_mail, stop=stop, processed_folder=processed_folder)
        except _FAULTS as fault:
            on_trouble(f"{type(fault).__name__}: the mailbox at {host}:{port} can't be read")
            stop.wait(wait_s)
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)


def fetch_new(
    host: str,
    port: int,
    user: str,
    password: str,
    *,
    on_mail: OnMail,
    processed_folder: str | None = None,
    tls: bool = False,
) -> int:
    """Give the unseen mails of INBOX to `on_mail` once; returns how many there were.

    Raises ConnectorError when the server can't be reached or refuses.
    """
    try:
        with _open(host, port, user, password, tls=tls, processed_folder=processed_folder) as box:
            return _take_all(box, on_mail=on_mail, stop=Event(), processed_folder=processed_folder)
    except _FAULTS as fault:
        raise ConnectorError(f"the mailbox at {host}:{port}: {type(fault).__name__}", permanent=False) from fault


def send(settings: SmtpSettings, message: bytes, envelope: Envelope) -> None:
    """Hand one mail to the server; it has taken it for every recipient when this returns.

    Raises ConnectorError: permanent when the server refuses (5xx), else the outcome may be unknown.
    A repeat sends the mail again, with the same Message-ID.
    """
    recipients = [address for address in envelope.recipients if address]
    if not recipients:
        raise ConnectorError("the mail has no recipient", permanent=True)
    try:
        with Deadline(settings.sending_s) as deadline, _smtp(settings) as server:
            refused = server.sendmail(envelope.sender, recipients, message)
    except smtplib.SMTPRecipientsRefused as fault:
        raise _refused_recipients(fault.recipients) from fault
    except smtplib.SMTPResponseException as fault:
        code = fault.smtp_code
        said = f"the mail server answered {code} to {type(fault).__name__}"
        raise ConnectorError(said, permanent=500 <= code < 600, status=code) from fault
    except (OSError, smtplib.SMTPException) as fault:
        said = f"not done after {settings.sending_s:g} s" if deadline.passed else type(fault).__name__
        raise ConnectorError(f"the mail server: {said}", permanent=False) from fault
    if refused:
        raise _refused_recipients(refused)


def _refused_recipients(refused: dict[str, tuple[int, bytes]]) -> ConnectorError:
    codes = sorted({code for code, _said in refused.values()})
    message = f"the mail server refused {len(refused)} of the recipients: {codes}"
    return ConnectorError(message, permanent=all(code >= 500 for code in codes), status=codes[0])


class _Plain(smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return watched(socket.create_connection((host, port), timeout, self.source_address))


class _Tls(smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = watched(socket.create_connection((host, port), timeout, self.source_address))
        return self.context.wrap_socket(opened, server_hostname=host)


@contextmanager
def _smtp(settings: SmtpSettings) -> Iterator[smtplib.SMTP]:
    if settings.security == "tls":
        context = ssl.create_default_context()
        server: smtplib.SMTP = _Tls(settings.host, settings.port, timeout=settings.timeout_s, context=context)
    else:
        server = _Plain(settings.host, settings.port, timeout=settings.timeout_s)
    with server:
        if settings.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.user:
            server.login(settings.user, settings.password)
        yield server


@contextmanager
def _open(
    host: str, port: int, user: str, password: str, *, tls: bool, processed_folder: str | None
) -> Iterator[BaseMailBox]:
    box: BaseMailBox = MailBox(host, port, TIMEOUT_S) if tls else MailBoxUnencrypted(host, port, TIMEOUT_S)
    try:
        box.login(user, password, initial_folder="INBOX")
        if processed_folder and not box.folder.exists(processed_folder):
            box.folder.create(processed_folder)
        yield box
    finally:
        box.client.shutdown()


def _stay(box: BaseMailBox, *, on_mail: OnMail, stop: Event, processed_folder: str | None) -> None:
    can_idle = "IDLE" in box.client.capabilities
    while not stop.is_set():
        box.client.response("EXISTS")
        _take_all(box, on_mail=on_mail, stop=stop, processed_folder=processed_folder)
        if box.client.response("EXISTS")[1] != [None]:
            # A mail came while these were taken: the server has told so and will not tell it again in IDLE.
            continue
        if can_idle:
            _idle(box, stop)
        else:
            stop.wait(POLL_EVERY_S)
            box.client.noop()


def _idle(box: BaseMailBox, stop: Event) -> None:
    """Wait until the server has news, `stop` is set or it is time for a new IDLE."""
    ends_at = time.monotonic() + IDLE_FOR_S
    box.idle.start()  # type: ignore[no-untyped-call]
    while not stop.is_set() and time.monotonic() < ends_at:
        began_at = time.monotonic()
        news = box.idle.poll(timeout=_STOP_LOOK_S)
        # Nothing although it did not wait: the server hung up, which `stop` below turns into an error.
        if news or time.monotonic() - began_at < _STOP_LOOK_S / 2:
            break
    box.idle.stop()  # type: ignore[no-untyped-call]


def _take_all(box: BaseMailBox, *, on_mail: OnMail, stop: Event, processed_folder: str | None) -> int:
    taken = 0
    for uid in box.uids("UNSEEN", charset=None):
        if stop.is_set():
            break
        content = _fetch(box, uid)
        if content is None:
            continue
        on_mail(content, uid)
        _mark(box, uid, processed_folder)
        taken += 1
    return taken


def _fetch(box: BaseMailBox, uid: str) -> bytes | None:
    """The mail's bytes as they are (imap-tools' own objects are parsed and printed again); None when it is gone."""
    _status, parts = box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{SIZE_LIMIT_BYTES + 1}>)")
    for part in parts:
        if isinstance(part, tuple) and re.search(rb"BODY\[\]", part[0]):
            return bytes(part[1])
    return None


def _mark(box: BaseMailBox, uid: str, processed_folder: str | None) -> None:
    if processed_folder and "MOVE" in box.client.capabilities:
        _check(box.client.uid("MOVE", uid, processed_folder))
        return
    _check(box.client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
    if processed_folder:
        box.move(uid, processed_folder)


def _check(answer: tuple[str, list[object]]) -> None:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"the server answered {answer[0]}")
