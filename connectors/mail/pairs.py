"""Labels and their values on one line: before a colon, alone, before an amount, or right before a Chinese value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from connectors.mail.labels import column_of, field_of, section_of

_COLON = re.compile(r"[:：]|(?<=\S)\t|(?<=[^\s])\s{2,}(?=\S)")
_BOUNDARY = re.compile(r"[\s,，;；|、(（*•\-]|^")
_MAX_LABEL = 40
_MAX_LABEL_WORDS = 6
#: A line names no more fields than this.
_MAX_LABELS = 16
_ITEM_COLUMNS = frozenset("sku item name qty price unit total option line_ref".split())
_AMOUNT_FIELDS = frozenset("subtotal discount shipping tax fees total paid".split())
_BARE_AMOUNT = re.compile(
    r"(?P<label>[^\d$€£¥￥:：]{3,40}?)\s+(?P<value>(?:[A-Z]{3}\s?|US)?[$€£¥￥]?\s?[\d.,]{1,20}\s?(?:元|[A-Z]{3}|€)?)"
)
#: Chinese labels that stand right before their value.
_UNMARKED = re.compile(
    r"(?P<ship_name>(?:收货人|收件人|联系人)[是为]?(?P<who>[\u4e00-\u9fff]{2,4})(?=[，,。；;\s]|$))"
    r"|(?P<phone>(?:联系)?(?:电话|手机)号?码?[是为]?\s?(?P<number>1[3-9]\d{9}|0\d{2,3}-?\d{7,8}))"
    r"|(?P<ship_to>(?:收货|送货|收件|配送)?地址[是为]?\s?(?P<place>[\u4e00-\u9fff][^，,。；;\n]{5,80}))"
)
BULLETS = " \t-*•·>|●"


@dataclass(frozen=True, slots=True)
class Pair:
    label: str
    key: str
    kind: str
    value: str


def pairs_of(line: str) -> Iterator[Pair]:
    """The labels of a line with the text up to the next label."""
    marks: list[tuple[int, int, tuple[str, str, str]]] = []
    end = 0
    for mark in islice(_COLON.finditer(line), _MAX_LABELS):
        if line.startswith("//", mark.end()):
            continue
        label = _label_before(line, end, mark.start(), colon=mark[0].strip() in (":", "："))
        # "2x Desk (SKU: MD-001)" is a sentence about goods; set vertically, a column's label begins the line.
        if label and (label[3] != "column" or marks or not line[: label[0]].strip(BULLETS)):
            marks.append((label[0], mark.end(), label[1:]))
            end = mark.end()
    for index, (_, value_at, (label_text, key, kind)) in enumerate(marks):
        until = marks[index + 1][0] if index + 1 < len(marks) else len(line)
        yield Pair(label_text, key, kind, line[value_at:until].strip(" \t,，;；|、*"))


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


def heading_of(line: str) -> Iterator[Pair]:
    """A heading or a label that has the line for itself."""
    if len(line) > _MAX_LABEL + 10:
        return
    named = _named(line)
    if named and (named[1] != "column" or line.rstrip().endswith((":", "："))) and named[0] != "customer_name":
        yield Pair(line, *named, "")


def unmarked_in(line: str) -> Iterator[Pair]:
    """ "收货人李四，电话13912345678，地址上海市…": labels without a colon in a sentence."""
    for match in _UNMARKED.finditer(line):
        key = match.lastgroup or ""
        value = next(value for name in ("who", "number", "place") if (value := match[name]))
        key = {"who": "ship_name", "number": "phone", "place": "ship_to"}.get(key, key)
        yield Pair("", key, "section" if key == "ship_to" else "inline", value)


def amount_of(line: str) -> Iterator[Pair]:
    """ "Total $45.00" and "合计 100元": a sum after its label without a colon."""
    match = _BARE_AMOUNT.fullmatch(line) if len(line) <= 80 else None
    key = field_of(match["label"]) if match else None
    if match and key in _AMOUNT_FIELDS:
        yield Pair(match["label"], key, "field", match["value"].strip())
