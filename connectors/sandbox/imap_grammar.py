"""IMAP's grammar as far as the sandbox mailbox speaks it: commands into words, sets, replies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: A word of a command: text, or a parenthesised list of words.
Word = bytes | list["Word"]

_ATOM = re.compile(rb'[^\s(){}"\[\]]+(\[[^\]]*\](<\d+(\.\d+)?>)?)?')
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_LITERAL_MARK = re.compile(rb"\{(\d+)(\+?)\}\r?\n?$")
_DEPTH_LIMIT = 10


class BadCommand(Exception):
    """The client said something that is no IMAP; the answer is BAD."""


class Refusal(Exception):
    """The command can't be done; the answer is NO."""


@dataclass(frozen=True, slots=True)
class Command:
    """A client's command; `name` is upper-case and starts with `UID ` where the client said so."""

    tag: bytes
    name: str
    words: Sequence[Word]

    def text(self, index: int) -> str:
        """The word at `index` as text."""
        return as_text(self.word(index))

    def word(self, index: int) -> Word:
        if index >= len(self.words):
            raise BadCommand(f"{self.name} needs more arguments")
        return self.words[index]


def literal_size(line: bytes) -> tuple[int, bool] | None:
    """The size that a line's end announces, and whether the client waits for a go-ahead; None without a literal."""
    found = _LITERAL_MARK.search(line)
    return (int(found[1]), not found[2]) if found else None


def parse(pieces: Sequence[bytes]) -> Command:
    """Read a command from its lines and the literals between them: line, literal, line, literal, ..., line."""
    words = _Reader(pieces).words()
    if len(words) < 2 or not isinstance(words[0], bytes):
        raise BadCommand("a command is: tag, name, arguments")
    tag, name, rest = words[0], as_text(words[1]).upper(), words[2:]
    if name == "UID":
        if not rest:
            raise BadCommand("UID needs a command")
        name, rest = f"UID {as_text(rest[0]).upper()}", rest[1:]
    return Command(tag, name, rest)


def as_text(word: Word) -> str:
    """A word as text; a list is a mistake."""
    if isinstance(word, list):
        raise BadCommand("a list stands where a word belongs")
    return word.decode("utf-8", "replace")


def quoted(text: str) -> bytes:
    """A text as a quoted string."""
    return b'"' + text.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def numbers(text: str, *, highest: int) -> set[range]:
    """A sequence set such as `1,3:5,7:*` as ranges; `*` is `highest`."""
    found = set()
    for part in text.split(","):
        first, _, last = part.partition(":")
        ends = sorted(_number(end, highest) for end in (first, last or first))
        found.add(range(ends[0], ends[1] + 1))
    return found


def _number(text: str, highest: int) -> int:
    if text == "*":
        return highest
    if not text.isdecimal() or len(text) > 10:
        raise BadCommand(f"'{text}' is no message number")
    return int(text)


class _Reader:
    def __init__(self, pieces: Sequence[bytes]) -> None:
        # A literal is put in place of its mark: lines stand at even places, literals at odd ones.
        self._lines = [_LITERAL_MARK.sub(b"", line.rstrip(b"\r\n")) for line in pieces[::2]]
        self._literals = list(pieces[1::2])
        self._place = 0

    def words(self) -> list[Word]:
        found = self._list(depth=0)
        if self._lines[0][self._place :]:
            raise BadCommand("a closing parenthesis too many")
        return found

    def _list(self, *, depth: int) -> list[Word]:
        if depth > _DEPTH_LIMIT:
            raise BadCommand("parentheses nest too deep")
        found: list[Word] = []
        while True:
            self._skip_spaces()
            if self._place >= len(self._lines[0]):
                if not self._literals:
                    return found
                found.append(self._literals.pop(0))
                self._lines.pop(0)
                self._place = 0
                continue
            head = self._lines[0][self._place : self._place + 1]
            if head == b")":
                return found
            found.append(self._nested(depth) if head == b"(" else self._word())

    def _nested(self, depth: int) -> list[Word]:
        self._place += 1
        inner = self._list(depth=depth + 1)
        if self._lines[0][self._place : self._place + 1] != b")":
            raise BadCommand("a closing parenthesis is missing")
        self._place += 1
        return inner

    def _word(self) -> bytes:
        line = self._lines[0]
        found = _QUOTED.match(line, self._place)
        if found:
            self._place = found.end()
            return re.sub(rb"\\(.)", rb"\1", found[1])
        found = _ATOM.match(line, self._place)
        if not found:
            raise BadCommand(f"what is this: {line[self._place :][:20]!r}")
        self._place = found.end()
        return found[0]

    def _skip_spaces(self) -> None:
        line = self._lines[0]
        while self._place < len(line) and line[self._place] in b" \t":
            self._place += 1
