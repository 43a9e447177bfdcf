"""What an IMAP client sees: its login, the folder it selected, and the news since it last looked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connectors.sandbox import imap_fetch
from connectors.sandbox.imap_grammar import BadCommand, Command, Refusal, numbers
from connectors.sandbox.imap_search import search
from connectors.sandbox.maildir import FLAGS, Folder, Mail, Mailbox

Login = Callable[[str, str], Mailbox | None]


class Session:
    """One client's state. Message numbers change only when `news` tells the client."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._mailbox: Mailbox | None = None
        self._folder: Folder | None = None
        self._shown: dict[int, frozenset[str]] = {}
        self._seen_changes = -1
        self.read_only = False

    def login(self, user: str, password: str) -> None:
        """Log in; refuses wrong credentials."""
        self._mailbox = self._login(user, password)
        if self._mailbox is None:
            raise Refusal("[AUTHENTICATIONFAILED] wrong user or password")

    @property
    def mailbox(self) -> Mailbox:
        if self._mailbox is None:
            raise BadCommand("log in first")
        return self._mailbox

    @property
    def folder(self) -> Folder:
        self.needs_open_folder()
        assert self._folder is not None
        return self._folder

    def needs_open_folder(self) -> None:
        """Refuse commands that make no sense before SELECT."""
        if self._folder is None:
            raise BadCommand("select a folder first")

    def named(self, name: str) -> Folder:
        """A folder by name; refuses one that there is not."""
        found = self.mailbox.folder(name)
        if found is None:
            raise Refusal(f"[TRYCREATE] there is no folder {name}")
        return found

    def select(self, name: str, *, read_only: bool) -> list[bytes]:
        """Open a folder and describe it."""
        self._folder = self.named(name)
        self.read_only = read_only
        mails = self._folder.mails()
        self._shown = {mail.uid: mail.flags for mail in mails}
        self._seen_changes = self._folder.changes
        flags = imap_fetch.flag_list(FLAGS)
        return [
            b"* %d EXISTS\r\n" % len(mails),
            b"* 0 RECENT\r\n",
            b"* FLAGS " + flags + b"\r\n",
            b"* OK [PERMANENTFLAGS " + flags + b"] kept\r\n",
            b"* OK [UIDVALIDITY %d] valid\r\n" % self._folder.uid_validity,
            b"* OK [UIDNEXT %d] next\r\n" % self._folder.next_uid,
        ]

    def close(self) -> None:
        self._folder = None
        self._shown = {}

    def news(self) -> Iterator[bytes]:
        """What changed in the open folder since the client was last told: gone, flagged, new."""
        if self._folder is None or self._folder.changes == self._seen_changes:
            return
        self._seen_changes = self._folder.changes
        yield from self._gone(self._folder)
        yield from self._flagged(self._folder)
        arrived = [mail for mail in self._folder.mails() if mail.uid not in self._shown]
        self._shown.update({mail.uid: mail.flags for mail in arrived})
        if arrived:
            yield b"* %d EXISTS\r\n" % len(self._shown)

    def _gone(self, folder: Folder) -> Iterator[bytes]:
        for number, uid in reversed(list(enumerate(self._shown, start=1))):
            if folder.get(uid) is None:
                del self._shown[uid]
                yield b"* %d EXPUNGE\r\n" % number

    def _flagged(self, folder: Folder) -> Iterator[bytes]:
        for number, (uid, flags) in enumerate(list(self._shown.items()), start=1):
            mail = folder.get(uid)
            if mail is not None and mail.flags != flags:
                self._shown[uid] = mail.flags
                yield imap_fetch.reply(number, mail, ["UID", "FLAGS"])

    def shown(self) -> list[Mail]:
        """The mails that the client knows of, by message number; one that is gone keeps its number until `news`."""
        known = [self.folder.get(uid) for uid in self._shown]
        return [mail for mail in known if mail is not None]

    def told_flags(self, mail: Mail) -> None:
        """Note that the client knows these flags, so that `news` does not repeat them."""
        self._shown[mail.uid] = mail.flags

    def chosen(self, text: str, *, by_uid: bool) -> list[tuple[int, Mail]]:
        """The (message number, mail) pairs of a sequence set or UID set."""
        highest = max(self._shown, default=0) if by_uid else len(self._shown)
        ranges = numbers(text, highest=highest)
        found = []
        for number, uid in enumerate(self._shown, start=1):
            mail = self.folder.get(uid)
            if mail is not None and any((uid if by_uid else number) in wanted for wanted in ranges):
                found.append((number, mail))
        return found

    def found(self, command: Command) -> list[tuple[int, Mail]]:
        """The (message number, mail) pairs that fit a SEARCH."""
        mails = self.shown()
        return search(command.words, mails=mails, highest_uid=max(self._shown, default=0))
