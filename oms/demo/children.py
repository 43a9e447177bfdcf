"""THE table of the demo's processes: name -> what to run. The supervisor keeps them all alive."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from oms.demo.place import MAIL_PASSWORD, ORDERS_ADDRESS, Place

ROOT = Path(__file__).resolve().parents[2]

#: The shops that the sandbox plays: our channel's name, format, and what its API wants to see.
SHOPS = (
    ("web-shopify", "shopify", "shop-token-0001"),
    ("web-woo", "woocommerce", "ck_demo:cs_demo"),
    ("web-own", "generic", "shop-token-0003"),
)


@dataclass(frozen=True, slots=True)
class Child:
    """`argv` is run in the checkout; `restarted` False: it ends by itself and stays ended when it succeeded."""

    name: str
    argv: tuple[str, ...]
    restarted: bool = True
    #: its output goes to the terminal instead of a log file
    shown: bool = False


def peers(place: Place) -> list[Child]:
    """The three sandbox peers; their state is on disk, so a killed one goes on where it stopped."""
    python = (sys.executable, "-m")
    shops = [
        part
        for name, form, token in SHOPS
        for part in ("--channel", name, form, place.generic_secret if form == "generic" else place.hook_secret, token)
    ]
    common = ("--die-with-parent",)
    carrier = (
        *(*python, "connectors.sandbox.carrier", "--state", str(place.folder / "carrier")),
        *("--port", str(place.carrier_port), "--webhook-url", f"{place.base_url}/webhooks/carrier/sandbox"),
        *("--secret", place.carrier_secret, "--speed", "2", *common),
    )
    shop = (
        *(*python, "connectors.sandbox.shop", "--state", str(place.folder / "shop"), "--port", str(place.shop_port)),
        *("--oms-url", place.base_url, *shops, "--seed", "demo", *common),
    )
    mailbox = (
        *(*python, "connectors.sandbox.mailbox", "--state", str(place.folder / "mailbox")),
        *("--port", str(place.mailbox_port), "--imap-port", str(place.imap_port), "--smtp-port", str(place.smtp_port)),
        *("--account", f"{ORDERS_ADDRESS}:{MAIL_PASSWORD}", *common),
    )
    return [Child("carrier", carrier), Child("shop", shop), Child("mailbox", mailbox)]


def web(place: Place) -> Child:
    """The web server, as it runs anywhere."""
    bind = ("-b", f"127.0.0.1:{place.web_port}")
    return Child("web", (sys.executable, "-m", "gunicorn", "-c", "oms/web/gunicorn_conf.py", *bind, "wsgi:app"))


def workers() -> list[Child]:
    """The rest of the product: one worker process a queue, sweep, mailbox listener."""
    python = (sys.executable, "-m")
    return [
        Child("workers", (*python, "workers.run")),
        Child("sweep", (*python, "workers.sweep")),
        Child("mail-listener", (*python, "workers.mailbox")),
    ]


def robots(report: Path) -> Child:
    """The people and customers of the day; run again they find everything done and change nothing."""
    return Child(
        "robots", (sys.executable, "-m", "oms.demo.robots", "--report", str(report)), restarted=False, shown=True
    )
