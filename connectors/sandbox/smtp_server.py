"""The SMTP side of the sandbox mailbox: every mail is on disk before it is answered 250."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from aiosmtpd.smtp import Session as SmtpSession

from connectors.sandbox import process
from connectors.sandbox.faults import WORK_IS_DONE, Fault, Faults
from connectors.sandbox.maildir import INBOX, MailStore

SIZE_LIMIT_BYTES = 26_214_400
#: The operation under which faults for incoming mails are asked for.
OPERATION = "smtp"

_ANSWERS = {
    Fault.INTERNAL_ERROR: "451 4.3.0 fault on demand: try again later",
    Fault.AFTER_COMMIT_ERROR: "451 4.3.0 fault on demand: try again later",
    Fault.UNAVAILABLE: "421 4.3.2 fault on demand: service not available",
    Fault.TOO_MANY: "452 4.2.2 fault on demand: too many mails",
    Fault.GARBAGE: "999 what",
}
_HANGING = frozenset({Fault.TIMEOUT, Fault.AFTER_COMMIT_TIMEOUT})
_SLOW_S = 1.5

CheckPassword = Callable[[str, str], bool]


class Delivery:
    """aiosmtpd's handler: accepts any address that can have a mailbox."""

    def __init__(self, store: MailStore, *, faults: Faults, hang_s: float) -> None:
        self._store = store
        self._faults = faults
        self._hang_s = hang_s

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not self._store.accepts(address):
            return f"550 5.1.3 {address} is no address that can have a mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        fault = self._faults.take(OPERATION)
        if fault is None or fault in WORK_IS_DONE or fault is Fault.SLOW:
            self._deliver(envelope)
        if fault in {Fault.RESET, Fault.AFTER_COMMIT_RESET}:
            _abort(server)
        if fault in _HANGING:
            await asyncio.sleep(self._hang_s)
        if fault is Fault.SLOW:
            await asyncio.sleep(_SLOW_S)
        return _ANSWERS.get(fault, "250 2.0.0 kept") if fault else "250 2.0.0 kept"

    def _deliver(self, envelope: Envelope) -> None:
        content = envelope.original_content or b""
        head = f"Return-Path: <{envelope.mail_from or ''}>\r\n".encode()
        with self._store.lock:
            for address in dict.fromkeys(address.lower() for address in envelope.rcpt_tos):
                folder = self._store.mailbox(address).folder(INBOX)
                assert folder is not None
                folder.add(head + content)
        process.log("mail kept", recipients=len(envelope.rcpt_tos), size_bytes=len(content))


async def start(port: int, delivery: Delivery, *, check_password: CheckPassword) -> asyncio.Server:
    """Listen on loopback in the running loop; AUTH is offered, not demanded."""
    loop = asyncio.get_running_loop()

    def authenticate(_server: SMTP, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
        known = isinstance(data, LoginPassword) and check_password(data.login.decode(), data.password.decode())
        return AuthResult(success=known, handled=False)

    def conversation() -> SMTP:
        return SMTP(
            delivery,
            data_size_limit=SIZE_LIMIT_BYTES,
            enable_SMTPUTF8=True,
            hostname="sandbox-mailbox",
            ident="sandbox",
            auth_require_tls=False,
            authenticator=authenticate,
            loop=loop,
        )

    return await loop.create_server(conversation, "127.0.0.1", port)


def same_password(given: str, known: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode(), known.encode())


def _abort(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()
