"""Where a demo run lives: a fresh folder, free ports, keys of its own, and the environment of every child."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: The demo's people all sign in with this; it is printed with the URLs and never leaves this machine.
PASSWORD = "demo-only-Passw0rd"
MAIL_DOMAIN = "oms.example"
ORDERS_ADDRESS = f"orders@{MAIL_DOMAIN}"
MAIL_PASSWORD = "mailbox-demo"
#: How many a place needs.
PORTS = 6


@dataclass(frozen=True, slots=True)
class Place:
    """One run: its folder, the ports of its servers, its secrets."""

    folder: Path
    web_port: int
    carrier_port: int
    shop_port: int
    imap_port: int
    smtp_port: int
    mailbox_port: int
    secret_key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    encryption_key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    index_key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    hook_secret: str = field(default_factory=lambda: secrets.token_hex(24), repr=False)
    carrier_secret: str = "whsec_c2FuZGJveC1jYXJyaWVyLXNlY3JldC0wMQ=="

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def carrier_url(self) -> str:
        return f"http://127.0.0.1:{self.carrier_port}"

    @property
    def shop_url(self) -> str:
        return f"http://127.0.0.1:{self.shop_port}"

    @property
    def mailbox_url(self) -> str:
        return f"http://127.0.0.1:{self.mailbox_port}"

    @property
    def generic_secret(self) -> str:
        """The generic shop's signing secret, as Standard Webhooks writes it."""
        return "whsec_c2FuZGJveC1zaG9wLXNlY3JldC0wMDAwMDE="

    def environment(self, database_url: str, redis_url: str) -> dict[str, str]:
        """What a child of this run sees: the settings of `oms/settings.py` and what any program needs."""
        user = ORDERS_ADDRESS.replace("@", "%40")
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
            "PYTHONUNBUFFERED": "1",
            "OMS_DATABASE_URL": database_url,
            "OMS_REDIS_URL": redis_url,
            "OMS_SECRET_KEY": self.secret_key,
            "OMS_ENCRYPTION_KEYS": f"1:{self.encryption_key}",
            "OMS_INDEX_KEY": self.index_key,
            "OMS_BASE_URL": self.base_url,
            "OMS_ORGANISATION": "Bright Tea Company 明前茶业",
            "OMS_ENVIRONMENT": "demo",
            "OMS_MAIL_FROM": ORDERS_ADDRESS,
            "OMS_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "OMS_IMAP_URL": f"imap://{user}:{MAIL_PASSWORD}@127.0.0.1:{self.imap_port}",
            "OMS_LEASE_S": "5",
            "OMS_DEMO_FOLDER": str(self.folder),
        }


def make_place(run: str = "demo", *, ports: Sequence[int] = ()) -> Place:
    """A fresh folder in the system's temporary place, which PostgreSQL's own user may enter, and these ports, else free ones."""
    name = f"oms-{run}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    web, carrier, shop, imap, smtp, mailbox = ports or free_ports(PORTS)
    return Place(folder, web, carrier, shop, imap, smtp, mailbox)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; all held at once, so that no two are the same."""
    holders = [socket.socket() for _ in range(count)]
    try:
        for holder in holders:
            holder.bind(("127.0.0.1", 0))
        return [holder.getsockname()[1] for holder in holders]
    finally:
        for holder in holders:
            holder.close()
