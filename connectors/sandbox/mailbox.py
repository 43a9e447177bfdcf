"""The sandbox mailbox: a real mail server with IMAP (IDLE), SMTP and mails in Maildirs.

`python -m connectors.sandbox.mailbox --state DIR ...`; `docs/sandbox.md` describes it.
Each mail is on disk before it is acknowledged, so `kill -9` loses none.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from connectors.sandbox import faults, http_server, imap_server, process, smtp_server
from connectors.sandbox.mailbox_api import MailboxApi
from connectors.sandbox.maildir import Mailbox, MailStore
from connectors.sandbox.store import Store

_BIND_PATIENCE_S = 10.0


class Accounts:
    """Who may log in: named accounts with their passwords, everyone else with the common one."""

    def __init__(self, store: MailStore, *, accounts: Sequence[str], password: str) -> None:
        self._store = store
        self._common = password
        self._passwords = {name.lower(): word for name, _, word in (account.partition(":") for account in accounts)}

    def check(self, user: str, password: str) -> bool:
        known = self._passwords.get(user.lower(), self._common)
        return bool(known) and smtp_server.same_password(password, known)

    def login(self, user: str, password: str) -> Mailbox | None:
        """The user's mailbox, None for wrong credentials."""
        if not self.check(user, password) or not self._store.accepts(user):
            return None
        with self._store.lock:
            return self._store.mailbox(user)


async def _bound(start: Callable[[int], Awaitable[asyncio.Server]], *, port_file: Path, wanted: int) -> asyncio.Server:
    """Bind as before the restart; while the port is still held, try for 10 s."""
    port = process.kept_port(port_file, wanted=wanted)
    for tries_left in range(int(_BIND_PATIENCE_S / 0.2), -1, -1):
        try:
            server = await start(port)
            break
        except OSError:
            if not tries_left:
                raise
            await asyncio.sleep(0.2)
    process.keep_port(port_file, server.sockets[0].getsockname()[1])
    return server


async def _serve(arguments: Namespace) -> None:
    state: Path = arguments.state
    store = MailStore(state / "mail")
    notes = Store(state / "mailbox.sqlite", schema=faults.SCHEMA)
    wanted_faults = faults.Faults(notes)
    accounts = Accounts(store, accounts=arguments.account, password=arguments.password)
    delivery = smtp_server.Delivery(store, faults=wanted_faults, hang_s=arguments.hang_s)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    imap = await _bound(
        lambda port: imap_server.start(port, login=accounts.login, lock=store.lock),
        port_file=state / "imap_port",
        wanted=arguments.imap_port,
    )
    smtp = await _bound(
        lambda port: smtp_server.start(port, delivery, check_password=accounts.check),
        port_file=state / "smtp_port",
        wanted=arguments.smtp_port,
    )
    api = MailboxApi(store, api_key=arguments.api_key)
    # Published last: who waits for this file finds all three ports.
    web = http_server.listen(
        state / "port", api.routes(), wanted_port=arguments.port, faults=wanted_faults, guard=api.guard
    )
    process.log("mailbox is up")
    await stopped.wait()
    imap.close()
    smtp.close()
    http_server.stop(web)
    notes.close()


def _arguments(argv: Sequence[str]) -> Namespace:
    parser = process.state_arguments("The sandbox mailbox: a real IMAP and SMTP server on loopback.")
    parser.add_argument("--port", type=int, default=0, help="HTTP; 0: any free port, the same again after a restart")
    parser.add_argument("--imap-port", type=int, default=0)
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--account", action="append", default=[], metavar="ADDRESS:PASSWORD", help="may be repeated")
    parser.add_argument("--password", default="", help="for every other mailbox; empty: nobody else can log in")
    parser.add_argument("--api-key", default="sandbox-mailbox-key", help="what HTTP callers must send as Bearer token")
    parser.add_argument("--hang-s", type=float, default=http_server.HANG_S, help="how long the fault 'timeout' hangs")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT."""
    arguments = _arguments(argv)
    if arguments.die_with_parent:
        process.die_with_parent()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments))
    process.log("mailbox is down")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
