"""Bombs that come by mail and as sheets: put into the mailbox, uploaded; each answer to an upload is written down with its reasons.

An upload is answered within five seconds, and those in which whoever worked on it had no processor, measured meanwhile. Who is
told to come again does so under the same key.
"""

from __future__ import annotations

import imaplib
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import requests

from oms.demo.place import MAIL_PASSWORD, ORDERS_ADDRESS
from tests.torture.house import House
from tests.torture.waiting import queued

ANSWER_S = 5.0
#: So long a sender comes again; after this long without an answer an attempt is given up.
PATIENCE_S, TIMEOUT_S = 60.0, 60.0
_PAUSE_S = 2.0
REFUSED, BUSY, IN_PROGRESS, UNANSWERED = {400, 413, 422}, 503, 409, 0
#: (source of the channel, name) and its bytes
Bomb = tuple[tuple[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Upload:
    """One attempt: what was uploaded under which key, its answer (0: none), how long it took, and had no processor."""

    bomb: str
    key: str
    status: int
    took_s: float
    queued_s: float = 0.0
    said: str = ""

    @property
    def is_late(self) -> bool:
        return self.took_s - self.queued_s >= ANSWER_S


def throw(drawn: Sequence[Bomb], name: str, made: House) -> int:
    """Put mails into the mailbox and upload sheets; run it in a process of its own."""
    if not drawn:
        return 0
    with (
        uploads(made.folder).open("a", encoding="utf-8", buffering=1) as out,
        imaplib.IMAP4("127.0.0.1", made.place.imap_port, timeout=60) as mailbox,
    ):
        mailbox.login(ORDERS_ADDRESS, MAIL_PASSWORD)
        for number, ((source, bomb), content) in enumerate(drawn):
            if source == "email":
                mailbox.append("INBOX", "", "", f"X-Torture: {name} {number}\r\n".encode() + content)
                continue
            for attempt in upload(made, bomb, f"{name}-{number}", content):
                out.write(json.dumps(asdict(attempt)) + "\n")
    return 0


def uploads(folder: Path) -> Path:
    """Where each attempt is written down."""
    return folder / "uploads.jsonl"


def read(folder: Path) -> list[Upload]:
    """Every attempt so far, in its order."""
    note = uploads(folder)
    lines = note.read_text(encoding="utf-8").splitlines() if note.exists() else []
    return [Upload(**json.loads(line)) for line in lines]


def upload(made: House, bomb: str, key: str, content: bytes) -> list[Upload]:
    """Every attempt until it was answered for good, or its sender lost patience."""
    ends, attempts = time.monotonic() + PATIENCE_S, [_attempt(made, bomb, key, content)]
    while comes_again(attempts) and time.monotonic() < ends:
        time.sleep(_PAUSE_S)
        attempts.append(_attempt(made, bomb, key, content))
    return attempts


def comes_again(attempts: Sequence[Upload]) -> bool:
    """Told so; or it had no answer in time for want of a processor, and is then perhaps still at work."""
    last, unanswered = attempts[-1], any(one.status == UNANSWERED for one in attempts)
    return (
        last.status == BUSY
        or (last.status == IN_PROGRESS and unanswered)
        or (last.status == UNANSWERED and last.took_s >= TIMEOUT_S and not last.is_late)
    )


def judge(attempts: Iterable[Upload]) -> list[str]:
    """Each upload was refused in the end, and each attempt answered in time; an answer that was none is one only as long as it is explained."""
    by_key: dict[str, list[Upload]] = {}
    for one in attempts:
        by_key.setdefault(one.key, []).append(one)
    wrong = [
        f"upload {one.bomb} was answered {one.status} after {one.took_s:.1f} s, {one.queued_s:.1f} s of them without a processor"
        for own in by_key.values()
        for one in own
        if one.is_late
    ]
    lasts = [own[-1] for own in by_key.values()]
    return wrong + [
        f"upload {last.bomb} was answered {last.status or 'not at all'}: {last.said[:200]}"
        for last in lasts
        if last.status not in REFUSED and not last.is_late
    ]


def _attempt(made: House, bomb: str, key: str, content: bytes) -> Upload:
    token, url = made.world().keys["dealer-sheet"], f"{made.place.base_url}/api/v1/purchase-orders"
    headers = {"Authorization": f"Bearer {token}", "X-Filename": "a.xlsx", "Idempotency-Key": key}
    status, said, began = UNANSWERED, "", time.monotonic()
    with queued(_kinds(made)) as found:
        try:
            answer = requests.post(url, content, headers=headers, timeout=TIMEOUT_S)
            status, said = answer.status_code, answer.text[:300]
        except requests.RequestException as fault:
            said = str(fault)[:300]
        took_s = time.monotonic() - began
    return Upload(bomb, key, status, round(took_s, 2), round(found.seconds, 2), said)


def _kinds(made: House) -> dict[str, Callable[[], Iterable[int]]]:
    """Who works on an upload: the sender, the web, the children that it starts for old workbooks, PostgreSQL."""
    pids = made.boss.pids()
    web, database = pids["web"], pids.get("postgresql")
    return {
        "sender": lambda: [os.getpid()],
        "web": lambda: _children(web),
        "workbooks": lambda: [below for worker in _children(web) for below in _children(worker)],
        "postgresql": lambda: _children(database) if database else [],
    }


def _children(pid: int) -> list[int]:
    with suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children()]
    return []
