"""Mails on disk as Maildir, byte for byte, with IMAP's numbers in the file names.

A file is named `<time>.U<uid>.M<serial>:2,<flags>`: delivery, flags and moves are each one atomic
rename, so `kill -9` at any moment leaves a mail whole, in one folder, with one UID.
"""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from connectors.sandbox.process import write_atomically

INBOX = "INBOX"

_NAME = re.compile(r"(?P<time>\d+)\.U(?P<uid>\d+)\.M(?P<serial>\d+)(:2,(?P<letters>[A-Z]*))?")
_FOLDER_NAME = re.compile(r"[\w &+-][\w &+.-]{0,99}", re.ASCII)
_LETTER_OF_FLAG = {"\\Draft": "D", "\\Flagged": "F", "\\Answered": "R", "\\Seen": "S", "\\Deleted": "T"}
_FLAG_OF_LETTER = {letter: flag for flag, letter in _LETTER_OF_FLAG.items()}
#: The flags that a mail can carry here.
FLAGS = frozenset(_LETTER_OF_FLAG)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail in a folder; `path` holds its bytes as they came."""

    uid: int
    path: Path
    flags: frozenset[str]
    received_at: datetime
    size_bytes: int

    def content(self) -> bytes:
        return self.path.read_bytes()


class Folder:
    """One mail folder, indexed in memory, on disk at any moment."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for part in ("tmp", "new", "cur"):
            (path / part).mkdir(parents=True, exist_ok=True)
        for unfinished in (path / "tmp").iterdir():
            unfinished.unlink()
        self._mails = {mail.uid: mail for part in ("new", "cur") for mail in _read(path / part)}
        self.uid_validity = self._kept_number("uidvalidity", int(time.time()))
        self._next_uid = max([self._kept_number("uidnext", 1), *(uid + 1 for uid in self._mails)])
        #: Rises with each change, so that an idling connection sees that there is news.
        self.changes = 0

    @property
    def next_uid(self) -> int:
        return self._next_uid

    def mails(self) -> list[Mail]:
        """All mails by UID."""
        return [self._mails[uid] for uid in sorted(self._mails)]

    def get(self, uid: int) -> Mail | None:
        return self._mails.get(uid)

    def add(self, content: bytes, *, flags: frozenset[str] = frozenset(), received_at: datetime | None = None) -> Mail:
        """Store a mail durably; it is on disk when this returns."""
        name = self._new_name(received_at or datetime.now(UTC), flags)
        draft = self.path / "tmp" / name
        with draft.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        return self._place(draft, "cur" if flags else "new", name)

    def set_flags(self, uid: int, flags: frozenset[str]) -> Mail:
        """Replace a mail's flags; unknown flags are dropped."""
        mail = self._mails[uid]
        name = mail.path.name.split(":", 1)[0] + ":2," + _letters(flags)
        path = self.path / "cur" / name
        mail.path.rename(path)
        self._mails[uid] = replace(mail, path=path, flags=flags & FLAGS)
        self.changes += 1
        return self._mails[uid]

    def take_in(self, mail: Mail, source: Folder) -> Mail:
        """Move a mail here from another folder: one rename, with a new UID."""
        source.give_up_uid()
        moved = self._place(mail.path, "cur", self._new_name(mail.received_at, mail.flags))
        source.forget(mail.uid)
        return moved

    def remove(self, uid: int) -> None:
        """Delete a mail for good; its UID is never used again."""
        self.give_up_uid()
        self._mails[uid].path.unlink()
        self.forget(uid)

    def give_up_uid(self) -> None:
        """Write down the next UID before a mail leaves: after a restart no UID may come again."""
        write_atomically(self.path / "uidnext", str(self._next_uid).encode())

    def forget(self, uid: int) -> None:
        del self._mails[uid]
        self.changes += 1

    def _new_name(self, received_at: datetime, flags: frozenset[str]) -> str:
        uid, self._next_uid = self._next_uid, self._next_uid + 1
        name = f"{int(received_at.timestamp())}.U{uid}.M{time.time_ns()}"
        return name + (f":2,{_letters(flags)}" if flags else "")

    def _place(self, file: Path, part: str, name: str) -> Mail:
        path = self.path / part / name
        file.rename(path)
        mail = _mail(path)
        assert mail is not None
        self._mails[mail.uid] = mail
        self.changes += 1
        return mail

    def _kept_number(self, name: str, first: int) -> int:
        path = self.path / name
        if not path.exists():
            write_atomically(path, str(first).encode())
        return int(path.read_text("ascii"))


class Mailbox:
    """One person's mailbox: INBOX in the root, other folders beside it as `.Name` (Maildir++)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        names = [child.name[1:] for child in path.glob(".*") if (child / "cur").is_dir()] if path.exists() else []
        self._folders = {INBOX: Folder(path), **{name: Folder(path / f".{name}") for name in names}}

    def names(self) -> list[str]:
        return sorted(self._folders, key=lambda name: (name != INBOX, name))

    def folder(self, name: str) -> Folder | None:
        return self._folders.get(INBOX if name.upper() == INBOX else name)

    def create(self, name: str) -> Folder | None:
        """Make a folder, or return the one there is; None when the name can't be one."""
        found = self.folder(name)
        if found is None and _FOLDER_NAME.fullmatch(name):
            found = self._folders[name] = Folder(self._path / f".{name}")
        return found


class MailStore:
    """All mailboxes, one folder of files an address; any address can get mail."""

    _ADDRESS = re.compile(r"[a-z0-9!#$%&'*+=?^_`{|}~-][a-z0-9.!#$%&'*+=?^_`{|}~-]*@[a-z0-9.-]+")

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=True)
        self._mailboxes: dict[str, Mailbox] = {}
        #: Held by whoever reads or changes folders: SMTP, IMAP and HTTP live in one process.
        self.lock = threading.RLock()

    def accepts(self, address: str) -> bool:
        """Whether the address can be a mailbox here."""
        return len(address) <= 200 and self._ADDRESS.fullmatch(address.lower()) is not None

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox of an address, made when it is new."""
        if not self.accepts(address):
            raise ValueError(f"'{address}' is no address that can have a mailbox")
        key = address.lower()
        if key not in self._mailboxes:
            self._mailboxes[key] = Mailbox(self._path / key)
        return self._mailboxes[key]

    def addresses(self) -> list[str]:
        """Everyone who has a mailbox."""
        return sorted(child.name for child in self._path.iterdir() if child.is_dir())


def _read(part: Path) -> list[Mail]:
    return [mail for mail in map(_mail, part.iterdir()) if mail is not None]


def _mail(path: Path) -> Mail | None:
    parts = _NAME.fullmatch(path.name)
    if parts is None:
        return None
    letters = parts["letters"] or ""
    return Mail(
        uid=int(parts["uid"]),
        path=path,
        flags=frozenset(_FLAG_OF_LETTER[letter] for letter in letters if letter in _FLAG_OF_LETTER),
        received_at=datetime.fromtimestamp(int(parts["time"]), UTC),
        size_bytes=path.stat().st_size,
    )


def _letters(flags: frozenset[str]) -> str:
    return "".join(sorted(_LETTER_OF_FLAG[flag] for flag in flags & FLAGS))
