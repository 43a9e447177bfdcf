"""Labelled fields, address blocks and vertically set goods out of the lines of a mail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from connectors.countries import alpha2
from connectors.mail.addresses import US_STATES
from connectors.mail.labels import column_of, field_of, section_of
from connectors.mail.numbers import number_of

_COLON = re.compile(r"[:：]|(?<=\S)\t|(?<=[^\s])\s{2,}(?=\S)")
_BOUNDARY = re.compile(r"[\s,，;；|、(（*•\-]|^")
_MAX_LABEL = 40
_MAX_LABEL_WORDS = 6
#: A line names no more fields than this.
_MAX_LABELS = 16
_MAX_LINE = 600
_ITEM_COLUMNS = frozenset("sku item name qty price unit total option line_ref".split())
_AMOUNT_FIELDS = frozenset("subtotal discount shipping tax fees total paid".split())
#: Labels inside an address block that belong to it; any other ends the block.
_IN_BLOCK = frozenset(
    "phone email ship_name company customer_name first_name last_name street street_2 city region area postal_code country"
    " tax_id".split()
)
_ENDS_BLOCK = re.compile(
    r"^[\W_]{3,}$|^(?:purchase shipping label|usps could not|view (?:or|order|your)|track|thanks|thank you|regards|best|kind regards|sincerely"
    r"|please|we |you |this |click|order|item|product|quantity|congratulations|if you|payment|https?:|\[|note|ship(?:ping)? method|subtotal"
    r"|谢谢|此致|祝|请|如有|以上|备注)",
    re.I,
)
_PHONE_LINE = re.compile(r"[+(]?\d[\d\s().-]{6,20}(?:\s?(?:x|ext\.?)\s?\d{1,6})?", re.I)
_EMAIL_LINE = re.compile(r"(?:mailto:)?[^\s@<>]{1,80}@[^\s@<>]{2,120}")
_BARE_AMOUNT = re.compile(
    r"(?P<label>[^\d$€£¥￥:：]{3,40}?)\s+(?P<value>(?:[A-Z]{3}\s?|US)?[$€£¥￥]?\s?[\d.,]{1,20}\s?(?:元|[A-Z]{3}|€)?)"
)
_BULLETS = " \t-*•·>|●"
_MAX_BLOCK = 10


@dataclass(frozen=True, slots=True)
class Labelled:
    """One field that the mail names, with the line that says so; `section` is the block it stands in."""

    key: str
    value: str
    source: str
    at: int
    section: str | None = None


@dataclass(frozen=True, slots=True)
class BlockOfLines:
    """The lines below an address heading."""

    kind: str
    lines: tuple[str, ...]
    at: int


@dataclass(slots=True)
class Scan:
    """What a text names; `used` are the lines that were understood."""

    labelled: list[Labelled] = field(default_factory=list)
    blocks: list[BlockOfLines] = field(default_factory=list)
    columns: list[Labelled] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    def first(self, *keys: str) -> Labelled | None:
        """The first field of one of these keys, keys in order of trust."""
        return next((said for key in keys for said in self.labelled if said.key == key), None)


@dataclass(frozen=True, slots=True)
class _Pair:
    label: str
    key: str
    kind: str
    value: str


def scan(lines: Sequence[str]) -> Scan:
    """Read every label, heading and block of the lines."""
    found = Scan()
    at = 0
    while at < len(lines):
        at = _take(lines, at, found)
    return found


def _take(lines: Sequence[str], at: int, found: Scan) -> int:
    line = lines[at][:_MAX_LINE].strip()
    if not line:
        return at + 1
    pairs = list(_pairs(line)) or list(_alone(line)) or list(_bare_amount(line))
    if any(pair.kind == "column" and pair.key in ("qty", "price") for pair in pairs):
        pairs = [_of_goods(pair) for pair in pairs]
    following = at + 1
    for index, pair in enumerate(pairs):
        last = index == len(pairs) - 1
        if pair.kind == "section" and last:
            following = _section(lines, at, pair, found)
        elif not pair.value and last:
            # "please find below our purchase order:" ends a sentence; the line below is no value of it.
            begins = line.strip(_BULLETS).startswith(pair.label.strip())
            following = _value_below(lines, at, pair, found) if begins else at + 1
        else:
            _note(pair, pair.value, line, at, found)
    return following


def _of_goods(pair: _Pair) -> _Pair:
    """ "Quantity: 2, Price: 5.00, Total: 10.00" on one line: the total is the goods', not the order's."""
    return _Pair(pair.label, "total", "column", pair.value) if pair.key in ("total", "subtotal") else pair


def _note(pair: _Pair, value: str, source: str, at: int, found: Scan, section: str | None = None) -> None:
    if pair.kind == "section":
        if pair.key in ("ship_to", "bill_to") and value:
            found.blocks.append(BlockOfLines(pair.key, (value,), at))
        return
    if value and not (pair.key == "order_number" and number_of(value) is None):
        target = found.columns if pair.kind == "column" else found.labelled
        target.append(Labelled(pair.key, value, source, at, section))
        found.used.add(at)


def _pairs(line: str) -> Iterator[_Pair]:
    """The labels of a line with the text up to the next label."""
    marks: list[tuple[int, int, tuple[str, str, str]]] = []
    end = 0
    for mark in islice(_COLON.finditer(line), _MAX_LABELS):
        if line.startswith("//", mark.end()):
            continue
        label = _label_before(line, end, mark.start(), colon=mark[0].strip() in (":", "："))
        # "2x Desk (SKU: MD-001)" is a sentence about goods; set vertically, a column's label begins the line.
        if label and (label[3] != "column" or marks or not line[: label[0]].strip(_BULLETS)):
            marks.append((label[0], mark.end(), label[1:]))
            end = mark.end()
    for index, (_, value_at, (label_text, key, kind)) in enumerate(marks):
        until = marks[index + 1][0] if index + 1 < len(marks) else len(line)
        yield _Pair(label_text, key, kind, line[value_at:until].strip(" \t,，;；|、*"))


def _label_before(line: str, begin: int, end: int, *, colon: bool) -> tuple[int, str, str, str] | None:
    """The longest known label that ends where the colon stands."""
    start = max(begin, end - _MAX_LABEL)
    text = line[start:end]
    places = [0] if start == begin else []
    places += [mark.end() for mark in _BOUNDARY.finditer(text) if mark.end() < len(text)]
    for place in sorted(set(places))[-_MAX_LABEL_WORDS:]:
        named = _named(text[place:])
        if named and (colon or start + place == 0):
            return start + place, text[place:], *named
    return None


@lru_cache(maxsize=4096)
def _named(label: str) -> tuple[str, str] | None:
    """(key, kind) of a label: a section's heading, a field, or a column of goods set vertically."""
    if not label.strip():
        return None
    key = field_of(label)
    section = section_of(label)
    if section:
        return section, "section"
    column = column_of(label)
    if column in _ITEM_COLUMNS and key is None:
        return column, "column"
    return (key, "field") if key else None


def _alone(line: str) -> Iterator[_Pair]:
    """A heading or a label that has the line for itself."""
    if len(line) > _MAX_LABEL + 10:
        return
    named = _named(line)
    if named and (named[1] != "column" or line.rstrip().endswith((":", "："))) and named[0] != "customer_name":
        yield _Pair(line, *named, "")


def _bare_amount(line: str) -> Iterator[_Pair]:
    """ "Total $45.00" and "合计 100元": a sum after its label without a colon."""
    match = _BARE_AMOUNT.fullmatch(line) if len(line) <= 80 else None
    key = field_of(match["label"]) if match else None
    if match and key in _AMOUNT_FIELDS:
        yield _Pair(match["label"], key, "field", match["value"].strip())


def _value_below(lines: Sequence[str], at: int, pair: _Pair, found: Scan) -> int:
    """A label alone on its line: its value is the next line, unless that is a label again."""
    for below in range(at + 1, min(at + 3, len(lines))):
        text = lines[below].strip()
        if not text:
            continue
        if len(text) <= 200 and not list(_pairs(text)) and not list(_alone(text)):
            _note(pair, text, f"{pair.label}: {text}", below, found)
            found.used.add(below)
            return below + 1
        break
    return at + 1


def _section(lines: Sequence[str], at: int, pair: _Pair, found: Scan) -> int:
    if pair.key == "items":
        return at + 1
    found.used.add(at)
    kept = [pair.value] if pair.value else []
    below = at + 1
    while below < len(lines) and len(kept) < _MAX_BLOCK and not _is_full(kept, pair):
        text = lines[below][:300].strip()
        if not text:
            if kept or below > at + 2:
                break
        elif not _take_block_line(text, below, pair, kept, found):
            break
        found.used.add(below)
        below += 1
    found.blocks.append(BlockOfLines(pair.key, tuple(kept), at))
    return _contacts_below(lines, below, pair, found) if kept else below


def _is_full(kept: Sequence[str], pair: _Pair) -> bool:
    """After the country, or after a whole address on the heading's line, an address block is over."""
    if not kept:
        return False
    last = re.sub(r"\s\([A-Z]{2}\)$", "", kept[-1].strip(" ."))
    if len(kept) > 1 and last not in US_STATES and alpha2(last):
        return True
    whole = pair.value and len(kept) == 1
    return bool(whole and (re.search(r"[\u4e00-\u9fff]{4}", pair.value) or pair.value.count(",") >= 2))


def _take_block_line(text: str, at: int, section: _Pair, kept: list[str], found: Scan) -> bool:
    pairs = list(_pairs(text))
    if pairs:
        if not all(pair.kind == "field" and pair.key in _IN_BLOCK for pair in pairs):
            return False
        for pair in pairs:
            _note(pair, pair.value, text, at, found, section.key)
        return True
    if list(_alone(text)) or _ENDS_BLOCK.match(text):
        return False
    contact = contact_kind(text)
    if contact:
        found.labelled.append(Labelled(contact, text.removeprefix("mailto:"), text, at, section.key))
    else:
        kept.append(text)
    return True


def _contacts_below(lines: Sequence[str], at: int, section: _Pair, found: Scan) -> int:
    """Phone and e-mail that stand without a label below the country."""
    while at < len(lines):
        text = lines[at].strip()
        key = contact_kind(text)
        if key is None:
            return at
        found.labelled.append(Labelled(key, text.removeprefix("mailto:"), text, at, section.key))
        found.used.add(at)
        at += 1
    return at


def contact_kind(text: str) -> str | None:
    """Whether a line is a phone number or an e-mail address and nothing else."""
    if _PHONE_LINE.fullmatch(text):
        return "phone"
    return "email" if _EMAIL_LINE.fullmatch(text) else None
