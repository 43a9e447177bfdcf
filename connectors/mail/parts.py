"""Splitting a mail into its parts by byte offsets: bounded depth and number, linear time.

The standard library's parser takes seconds for a bomb of a million parts, so we count while we split.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from connectors.mail.headers import Headers, content_type, from_base64, parameters, parse_headers
from connectors.mail.limits import (
    MAX_ATTACHMENTS,
    MAX_DEPTH,
    MAX_HEADER_BYTES,
    MAX_MAIL_BYTES,
    MAX_PARTS,
    MailRefused,
)

_FIELD_LINE = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")
#: One of these stands in every mail, however broken; without any the bytes are something else.
_KNOWN = frozenset(
    "from to subject date message-id received return-path delivered-to mime-version reply-to sender cc x-mailer".split()
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part without parts of its own, its transfer encoding undone."""

    kind: str
    charset: str | None
    filename: str | None
    disposition: str
    body: bytes


@dataclass(slots=True)
class Envelope:
    """The headers of a message and, for each message/rfc822 inside, its own Envelope."""

    headers: Headers
    leaves: list[Leaf] = field(default_factory=list)
    enclosed: list[Envelope] = field(default_factory=list)


@dataclass(slots=True)
class _Budget:
    parts: int = MAX_PARTS
    attachments: int = MAX_ATTACHMENTS

    def spend_part(self) -> None:
        self.parts -= 1
        if self.parts < 0:
            raise MailRefused(f"more than {MAX_PARTS} parts")

    def spend_attachment(self) -> None:
        self.attachments -= 1
        if self.attachments < 0:
            raise MailRefused(f"more than {MAX_ATTACHMENTS} attachments")


def split(raw: bytes) -> Envelope:
    """Split a mail into envelope and leaves. Raises MailRefused for what is no mail or beyond the limits."""
    if len(raw) > MAX_MAIL_BYTES:
        raise MailRefused(f"larger than {MAX_MAIL_BYTES // 1024 // 1024} MB")
    start = _begin(raw)
    if start >= len(raw):
        raise MailRefused("no bytes")
    headers, body_at = _head(raw, start, len(raw))
    if not any(name in _KNOWN for name, _ in headers.fields):
        raise MailRefused("not a mail: no From, To, Subject, Date or Message-ID field")
    envelope = Envelope(headers)
    _Splitter(raw, _Budget()).walk((body_at, len(raw)), headers, 0, envelope)
    return envelope


@dataclass(frozen=True, slots=True)
class _Splitter:
    """One byte string being split; what is spent is shared with the messages it encloses."""

    raw: bytes
    budget: _Budget

    def walk(self, span: tuple[int, int], headers: Headers, depth: int, into: Envelope) -> None:
        if depth > MAX_DEPTH:
            raise MailRefused(f"parts nested deeper than {MAX_DEPTH}")
        self.budget.spend_part()
        kind, names = content_type(headers)
        sections: list[tuple[int, int]] = []
        if kind.startswith("multipart/"):
            kind = "text/plain"
            sections = _sections(self.raw, span, names.get("boundary", "").encode("utf-8", "replace"), self.budget)
        for section in sections:
            part_headers, body_at = _part_head(self.raw, *section)
            self.walk((body_at, section[1]), part_headers, depth + 1, into)
        if kind in ("message/rfc822", "message/global"):
            self._enclosed(span, headers, depth, into)
        elif not sections:
            into.leaves.append(self._leaf(span, headers, kind))

    def _enclosed(self, span: tuple[int, int], headers: Headers, depth: int, into: Envelope) -> None:
        inner = decode_body(self.raw[span[0] : span[1]], headers)
        inner_headers, body_at = _head(inner, _begin(inner), len(inner))
        envelope = Envelope(inner_headers)
        into.enclosed.append(envelope)
        _Splitter(inner, self.budget).walk((body_at, len(inner)), inner_headers, depth + 1, envelope)

    def _leaf(self, span: tuple[int, int], headers: Headers, kind: str) -> Leaf:
        value = headers.raw("content-disposition")
        names = content_type(headers)[1]
        disposition = value.split(";")[0].strip().lower()
        filename = parameters(value).get("filename") or names.get("name")
        if disposition == "attachment" or filename or not kind.startswith("text/"):
            self.budget.spend_attachment()
        body = decode_body(self.raw[span[0] : span[1]], headers)
        return Leaf(kind, names.get("charset"), filename, disposition, body)


def _begin(raw: bytes) -> int:
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    while start < len(raw) and raw[start : start + 1] in b"\r\n \t\0":
        start += 1
    if raw.startswith((b"From ", b">From "), start):  # the separator line of an mbox file
        end = raw.find(b"\n", start)
        return len(raw) if end < 0 else end + 1
    return start


def _head(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The header block at `start`, and where the body begins: after a blank line, or at a boundary without one."""
    at = start
    while at < end:
        line_end = raw.find(b"\n", at, end)
        line_end = end if line_end < 0 else line_end + 1
        if line_end - start > MAX_HEADER_BYTES:
            raise MailRefused(f"a header larger than {MAX_HEADER_BYTES // 1024} kB")
        if raw[at : min(line_end, at + 2)] in (b"\n", b"\r\n"):
            return parse_headers(raw[start:at]), line_end
        if raw.startswith(b"--", at) and not _FIELD_LINE.match(raw, at):
            return parse_headers(raw[start:at]), at
        at = line_end
    return parse_headers(raw[start:end]), end


def _part_head(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    line_end = raw.find(b"\n", start, min(end, start + 1000))
    first = raw[start : line_end if line_end >= 0 else min(end, start + 1000)].strip(b"\r")
    if first and not _FIELD_LINE.match(first):
        return Headers(), start
    return _head(raw, start, end)


def _sections(raw: bytes, span: tuple[int, int], boundary: bytes, budget: _Budget) -> list[tuple[int, int]]:
    start, end = span
    if not boundary:
        return []
    mark = b"--" + boundary
    sections: list[tuple[int, int]] = []
    open_at: int | None = None
    at = _delimiter(raw, start, end, mark)
    while at is not None:
        if len(sections) > budget.parts:
            raise MailRefused(f"more than {MAX_PARTS} parts")
        if open_at is not None:
            sections.append((open_at, max(open_at, _before(raw, at))))
        closing = raw.startswith(b"--", at + len(mark))
        line_end = raw.find(b"\n", at, end)
        open_at = None if closing or line_end < 0 else line_end + 1
        if open_at is None:
            break
        at = _delimiter(raw, line_end, end, mark)
    if open_at is not None and open_at < end:
        sections.append((open_at, end))
    return sections


def _delimiter(raw: bytes, start: int, end: int, mark: bytes) -> int | None:
    """Where the next line that is the boundary and nothing else begins."""
    if raw.startswith(mark, start) and _whole_line(raw, start + len(mark), end):
        return start
    at = raw.find(b"\n" + mark, start, end)
    while at >= 0:
        if _whole_line(raw, at + 1 + len(mark), end):
            return at + 1
        at = raw.find(b"\n" + mark, at + 1, end)
    return None


def _whole_line(raw: bytes, at: int, end: int) -> bool:
    line_end = raw.find(b"\n", at, min(end, at + 200))
    rest = raw[at : line_end if line_end >= 0 else min(end, at + 200)]
    return rest.strip() in (b"", b"--")


def _before(raw: bytes, at: int) -> int:
    at -= 1 if raw[at - 1 : at] == b"\n" else 0
    return at - 1 if raw[at - 1 : at] == b"\r" else at


def decode_body(raw: bytes, headers: Headers) -> bytes:
    """Undo the transfer encoding; text that is not what it claims to be stays as sent."""
    encoding = headers.raw("content-transfer-encoding").strip().lower()
    if encoding == "base64":
        return from_base64(raw) if _looks_base64(raw) else raw
    if encoding == "quoted-printable":
        return binascii.a2b_qp(raw)
    return raw


def _looks_base64(raw: bytes) -> bool:
    sample = b"".join(raw[:4000].split())
    foreign = re.sub(rb"[A-Za-z0-9+/=]", b"", sample)
    if len(sample) < 8:
        return bool(sample) and not foreign and len(sample) % 4 == 0
    return len(foreign) * 20 <= len(sample)
