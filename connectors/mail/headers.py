"""A mail's header block: fields, encoded words, parameters, addresses; bounded and never raising."""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from connectors.mail.charsets import clean, decode
from connectors.mail.limits import MAX_HEADER_VALUE_CHARS

_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]{0,1000})\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s{1,50}(?==\?)")
_PARAMETER = re.compile(r";\s{0,20}([\w%'*!.-]{1,60})\s{0,20}=\s{0,20}(?:\"((?:[^\"\\]|\\.)*)\"?|([^;\"]*))")
_ADDRESS = re.compile(r"[^\s<>\"',;:()\[\]@]{1,128}@[^\s<>\"',;:()\[\]@]{1,200}")
_IN_BRACKETS = re.compile(rf"(?<=<){_ADDRESS.pattern}(?=>)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Headers:
    """Fields in their order, names in lower case, values unfolded and not yet decoded."""

    fields: tuple[tuple[str, str], ...] = ()

    def raw(self, name: str) -> str:
        """The first value of a field as sent, or ""."""
        return next((value for key, value in self.fields if key == name), "")

    def text(self, name: str) -> str:
        """The first value of a field with its encoded words read, or ""."""
        return decode_words(self.raw(name))

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)


def parse_headers(block: bytes) -> Headers:
    """Read a header block; lines that are no field are passed over."""
    fields: list[tuple[str, str]] = []
    for line in _unfolded(block):
        match = _FIELD.fullmatch(line)
        if match:
            value = decode(match[2][: MAX_HEADER_VALUE_CHARS * 2], None)
            fields.append((match[1].decode("ascii").lower(), " ".join(value.split())[:MAX_HEADER_VALUE_CHARS]))
    return Headers(tuple(fields))


def _unfolded(block: bytes) -> list[bytes]:
    lines: list[list[bytes]] = []
    for line in block.replace(b"\r\n", b"\n").split(b"\n"):
        if line[:1] in (b" ", b"\t") and lines:
            lines[-1].append(line)
        else:
            lines.append([line])
    return [b" ".join(parts) for parts in lines]


def decode_words(value: str) -> str:
    """Read RFC 2047 encoded words; characters split between two words are joined first."""
    joined = _BETWEEN_WORDS.sub(r"\1", value)
    text: list[str] = []
    pending: tuple[str, bytes] | None = None
    end = 0
    for match in _WORD.finditer(joined):
        between = joined[end : match.start()]
        charset, raw = match[1].lower().split("*")[0], _word_bytes(match[2], match[3])
        if pending and (between or pending[0] != charset):
            text.append(decode(pending[1], pending[0]))
            pending = None
        text.append(between)
        pending = (charset, (pending[1] if pending else b"") + raw)
        end = match.end()
    if pending:
        text.append(decode(pending[1], pending[0]))
    text.append(joined[end:])
    return " ".join(clean("".join(text)).split())


def _word_bytes(encoding: str, text: str) -> bytes:
    if encoding in "bB":
        return from_base64(text.encode("ascii", "ignore"))
    return binascii.a2b_qp(text.encode("utf-8", "replace"), header=True)


def from_base64(raw: bytes) -> bytes:
    """Read base64 however broken: foreign bytes are dropped, a torn end is cut off."""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def content_type(headers: Headers, default: str = "text/plain") -> tuple[str, dict[str, str]]:
    """The media type in lower case and its parameters."""
    value = headers.raw("content-type")
    kind = value.split(";")[0].strip().lower()
    return (kind if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,80}", kind) else default), parameters(value)


def parameters(value: str) -> dict[str, str]:
    """Parameters of a header value, RFC 2231 pieces joined and decoded."""
    plain: dict[str, str] = {}
    pieces: dict[str, list[str]] = {}
    for match in _PARAMETER.finditer(value[:MAX_HEADER_VALUE_CHARS]):
        name = match[1].lower()
        text = match[3].strip() if match[2] is None else re.sub(r"\\(.)", r"\1", match[2])
        if "*" in name:
            pieces.setdefault(name.split("*")[0], []).append(text)
        else:
            plain[name] = decode_words(text)
    return plain | {name: _extended(parts) for name, parts in pieces.items()}


def _extended(parts: Sequence[str]) -> str:
    text = "".join(parts)
    charset, quote, rest = text.partition("'")
    if quote and "'" in rest and len(charset) <= 40:
        return decode(unquote_to_bytes(rest.partition("'")[2]), charset)
    return decode(unquote_to_bytes(text), None)


def address(value: str) -> tuple[str | None, str | None]:
    """Name and address of the first mailbox of a From-like value; either may be None.

    A name may hold an address of its own, which is not where the mail is from: `"ann@old.example" <ann@new.example>`.
    """
    text = value[:1000]
    found = _mailbox(_QUOTED.sub(lambda quoted: " " * len(quoted[0]), text))
    if not found:
        text = decode_words(text)
        found = _ADDRESS.search(text)
    if not found:
        return (text.strip(" \"'<>") or None), None
    name = decode_words(text[: found.start()]).strip(" \t\"'<(") or None
    return name, found[0].strip(".")


def _mailbox(bare: str) -> re.Match[str] | None:
    """The first mailbox's address in a value without quoted names: what stands in angle brackets, if anything does."""
    first = _ADDRESS.search(bare)
    comma = bare.find(",", first.end()) if first else -1
    return _IN_BRACKETS.search(bare, 0, comma if comma >= 0 else len(bare)) or first


def message_ids(value: str) -> tuple[str, ...]:
    """The ids of a Message-ID, In-Reply-To or References value, without angle brackets."""
    return tuple(re.findall(r"<([^<>\s]{1,500})>", value)) or tuple(
        re.findall(r"[^\s<>]{1,500}@[^\s<>]{1,500}", value)[:1]
    )
