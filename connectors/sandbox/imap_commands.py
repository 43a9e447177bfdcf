"""The IMAP commands that the sandbox mailbox carries out, in one table: name -> untagged replies."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable

from connectors.sandbox import imap_fetch
from connectors.sandbox.imap_grammar import BadCommand, Command, Refusal, as_text, quoted
from connectors.sandbox.imap_session import Session
from connectors.sandbox.maildir import FLAGS, Folder, Mail

CAPABILITIES = b"IMAP4rev1 IDLE UIDPLUS MOVE UNSELECT LITERAL+ AUTH=PLAIN SASL-IR"

Replies = Iterable[bytes]
Carry = Callable[[Session, Command], Replies]


def capability(_session: Session, _command: Command) -> Replies:
    return [b"* CAPABILITY " + CAPABILITIES + b"\r\n"]


def nothing(_session: Session, _command: Command) -> Replies:
    return []


def login(session: Session, command: Command) -> Replies:
    session.login(command.text(0), command.text(1))
    return []


def authenticate_plain(session: Session, response: str) -> None:
    """Log in with the base64 of `authzid NUL user NUL password`."""
    try:
        parts = base64.b64decode(response, validate=True).decode().split("\0")
    except (binascii.Error, UnicodeDecodeError) as fault:
        raise BadCommand("AUTHENTICATE PLAIN needs base64") from fault
    if len(parts) != 3:
        raise BadCommand("AUTHENTICATE PLAIN needs three parts")
    session.login(parts[1], parts[2])


def select(session: Session, command: Command) -> Replies:
    return session.select(command.text(0), read_only=command.name == "EXAMINE")


def create(session: Session, command: Command) -> Replies:
    if session.mailbox.create(command.text(0)) is None:
        raise Refusal("[CANNOT] a folder's name has letters, digits, space, & + . _ -")
    return []


def list_folders(session: Session, command: Command) -> Replies:
    pattern = re.escape(command.text(0) + command.text(1)).replace(r"\*", ".*").replace("%", ".*")
    answer = command.name.encode()
    if not command.text(1):
        return [b"* " + answer + b' (\\Noselect) "/" ""\r\n']
    names = [name for name in session.mailbox.names() if re.fullmatch(pattern, name, re.IGNORECASE)]
    return [b"* " + answer + b' () "/" ' + quoted(name) + b"\r\n" for name in names]


def status(session: Session, command: Command) -> Replies:
    folder, wanted = session.named(command.text(0)), command.word(1)
    mails = folder.mails()
    facts = {
        "MESSAGES": len(mails),
        "RECENT": 0,
        "UIDNEXT": folder.next_uid,
        "UIDVALIDITY": folder.uid_validity,
        "UNSEEN": sum("\\Seen" not in mail.flags for mail in mails),
    }
    names = [as_text(name).upper() for name in (wanted if isinstance(wanted, list) else [wanted])]
    told = " ".join(f"{name} {facts[name]}" for name in names if name in facts)
    return [b"* STATUS " + quoted(command.text(0)) + f" ({told})\r\n".encode()]


def append(session: Session, command: Command) -> Replies:
    folder, flags = session.named(command.text(0)), command.word(1)
    given = frozenset(as_text(flag) for flag in flags) if isinstance(flags, list) else frozenset()
    content = command.words[-1]
    if not isinstance(content, bytes) or len(command.words) < 2:
        raise BadCommand("APPEND needs the mail as a literal")
    folder.add(content, flags=given & FLAGS)
    return []


def close(session: Session, command: Command) -> Replies:
    if command.name == "CLOSE" and not session.read_only:
        _remove(session.folder, [mail for mail in session.shown() if "\\Deleted" in mail.flags])
    session.close()
    return []


def expunge(session: Session, command: Command) -> Replies:
    _writable(session)
    mails = session.shown()
    if command.name == "UID EXPUNGE":
        mails = [mail for _number, mail in session.chosen(command.text(0), by_uid=True)]
    _remove(session.folder, [mail for mail in mails if "\\Deleted" in mail.flags])
    return []


def search(session: Session, command: Command) -> Replies:
    by_uid = command.name.startswith("UID ")
    found = " ".join(str(mail.uid if by_uid else number) for number, mail in session.found(command))
    return [f"* SEARCH {found}".rstrip().encode() + b"\r\n"]


def fetch(session: Session, command: Command) -> Replies:
    by_uid = command.name.startswith("UID ")
    names = imap_fetch.items(command.word(1))
    if by_uid and "UID" not in [name.upper() for name in names]:
        names = ["UID", *names]
    marks = imap_fetch.marks_seen(names) and not session.read_only
    for number, mail in session.chosen(command.text(0), by_uid=by_uid):
        if marks and "\\Seen" not in mail.flags:
            mail = session.folder.set_flags(mail.uid, mail.flags | {"\\Seen"})
            session.told_flags(mail)
            yield imap_fetch.reply(number, mail, [*names, "FLAGS"])
        else:
            yield imap_fetch.reply(number, mail, names)


def store(session: Session, command: Command) -> Replies:
    _writable(session)
    by_uid = command.name.startswith("UID ")
    action, _, silent = command.text(1).upper().partition(".")
    given = command.word(2)
    flags = frozenset(as_text(flag) for flag in given) if isinstance(given, list) else frozenset({as_text(given)})
    for number, mail in session.chosen(command.text(0), by_uid=by_uid):
        mail = session.folder.set_flags(mail.uid, _changed(mail, action, flags))
        session.told_flags(mail)
        if not silent:
            yield imap_fetch.reply(number, mail, ["UID", "FLAGS"] if by_uid else ["FLAGS"])


def copy(session: Session, command: Command) -> Replies:
    target = session.named(command.text(1))
    for _number, mail in session.chosen(command.text(0), by_uid=command.name.startswith("UID ")):
        target.add(mail.content(), flags=mail.flags, received_at=mail.received_at)
    return []


def move(session: Session, command: Command) -> Replies:
    _writable(session)
    target = session.named(command.text(1))
    for _number, mail in session.chosen(command.text(0), by_uid=command.name.startswith("UID ")):
        if target is not session.folder:
            target.take_in(mail, session.folder)
    return []


def _changed(mail: Mail, action: str, flags: frozenset[str]) -> frozenset[str]:
    if action == "+FLAGS":
        return mail.flags | flags
    if action == "-FLAGS":
        return mail.flags - flags
    if action == "FLAGS":
        return flags
    raise BadCommand("STORE knows FLAGS, +FLAGS and -FLAGS")


def _remove(folder: Folder, mails: list[Mail]) -> None:
    for mail in mails:
        folder.remove(mail.uid)


def _writable(session: Session) -> None:
    if session.read_only:
        raise Refusal("[READ-ONLY] the folder was opened with EXAMINE")


#: Every command but LOGOUT, IDLE and AUTHENTICATE, which need the connection itself.
COMMANDS: dict[str, Carry] = {
    "CAPABILITY": capability,
    "NOOP": nothing,
    "CHECK": nothing,
    "LOGIN": login,
    "SELECT": select,
    "EXAMINE": select,
    "CREATE": create,
    "SUBSCRIBE": nothing,
    "UNSUBSCRIBE": nothing,
    "LIST": list_folders,
    "LSUB": list_folders,
    "STATUS": status,
    "APPEND": append,
    "CLOSE": close,
    "UNSELECT": close,
    "EXPUNGE": expunge,
    "UID EXPUNGE": expunge,
    "SEARCH": search,
    "UID SEARCH": search,
    "FETCH": fetch,
    "UID FETCH": fetch,
    "STORE": store,
    "UID STORE": store,
    "COPY": copy,
    "UID COPY": copy,
    "MOVE": move,
    "UID MOVE": move,
}
