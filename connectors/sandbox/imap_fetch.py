"""IMAP FETCH: the parts of a mail that a client asked for, as they stand on disk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from connectors.sandbox.imap_grammar import BadCommand, Refusal, Word, as_text
from connectors.sandbox.maildir import Mail

_SECTION = re.compile(
    r"(?P<name>BODY(?P<peek>\.PEEK)?)\[(?P<section>[^\]]*)\](<(?P<start>\d+)(\.(?P<length>\d+))?>)?", re.IGNORECASE
)
_FIELDS = re.compile(r"HEADER\.FIELDS(?P<but>\.NOT)? \((?P<names>[^)]*)\)", re.IGNORECASE)
_RFC822 = {"RFC822": "", "RFC822.HEADER": "HEADER", "RFC822.TEXT": "TEXT"}
_MACROS = {"FAST": ["FLAGS", "INTERNALDATE", "RFC822.SIZE"]}

_FACTS: dict[str, Callable[[Mail], bytes]] = {
    "UID": lambda mail: str(mail.uid).encode(),
    "FLAGS": lambda mail: flag_list(mail.flags),
    "INTERNALDATE": lambda mail: b'"' + mail.received_at.strftime("%d-%b-%Y %H:%M:%S +0000").encode() + b'"',
    "RFC822.SIZE": lambda mail: str(mail.size_bytes).encode(),
}


def items(word: Word) -> list[str]:
    """The items of a FETCH command: one, a list, or a macro."""
    names = [as_text(item) for item in word] if isinstance(word, list) else [as_text(word)]
    return [item for name in names for item in _MACROS.get(name.upper(), [name])]


def marks_seen(names: Iterable[str]) -> bool:
    """Whether fetching these items sets \\Seen: bodies do, peeks do not."""
    return any(_reads_body(name) for name in names)


def reply(number: int, mail: Mail, names: Iterable[str]) -> bytes:
    """One untagged FETCH response."""
    return b"* %d FETCH (%s)\r\n" % (number, b" ".join(_item(mail, name) for name in names))


def flag_list(flags: Iterable[str]) -> bytes:
    """Flags as IMAP prints them."""
    return b"(" + " ".join(sorted(flags)).encode() + b")"


def _reads_body(name: str) -> bool:
    found = _SECTION.fullmatch(name)
    return (found is not None and not found["peek"]) or name.upper() in {"RFC822", "RFC822.TEXT"}


def _item(mail: Mail, name: str) -> bytes:
    fact = _FACTS.get(name.upper())
    if fact is not None:
        return name.upper().encode() + b" " + fact(mail)
    if name.upper() in _RFC822:
        return _literal(name.upper(), _part(mail.content(), _RFC822[name.upper()]))
    found = _SECTION.fullmatch(name)
    if found is None:
        raise BadCommand(f"FETCH {name} is not known here")
    content = _part(mail.content(), found["section"])
    label = f"BODY[{found['section']}]"
    if found["start"] is None:
        return _literal(label, content)
    start = int(found["start"])
    end = start + int(found["length"]) if found["length"] else None
    return _literal(f"{label}<{start}>", content[start:end])


def _literal(label: str, content: bytes) -> bytes:
    return label.encode() + b" {%d}\r\n" % len(content) + content


def _part(content: bytes, section: str) -> bytes:
    if not section:
        return content
    head, body = _halves(content)
    wanted = section.upper()
    if wanted == "HEADER":
        return head
    if wanted == "TEXT":
        return body
    fields = _FIELDS.fullmatch(section)
    if fields is None:
        raise Refusal(f"section {section} is not served: fetch BODY[] and take it apart")
    return _fields(head, set(fields["names"].lower().split()), wanted=not fields["but"])


def _halves(content: bytes) -> tuple[bytes, bytes]:
    found = re.search(rb"\r?\n\r?\n", content)
    return (content[: found.end()], content[found.end() :]) if found else (content, b"")


def _fields(head: bytes, names: set[str], *, wanted: bool) -> bytes:
    """The header lines, folded ones whole, whose name is (or is not) among `names`, and the blank line."""
    kept = [
        field
        for field in re.findall(rb"[^\s:]+:[^\n]*\n(?:[ \t][^\n]*\n)*", head)
        if (field.split(b":", 1)[0].decode("ascii", "replace").lower() in names) == wanted
    ]
    return b"".join(kept) + b"\r\n"
