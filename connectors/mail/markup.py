"""HTML bodies to documents: hidden and crossed-out text left out, layout tables opened, tables of goods kept as such."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PreformattedString, Tag

from connectors.mail.charsets import clean
from connectors.mail.document import Block, Document, TextLine, table_blocks
from connectors.mail.limits import MAX_LINE_CHARS, MAX_TEXT_CHARS, MAX_TEXT_LINES

_BLOCKS = frozenset(
    "p div br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd section article header footer address pre center form blockquote"
    " table tbody thead tfoot tr td th".split()
)
_SKIPPED = frozenset("style script head title noscript template svg object".split())
_HIDDEN = re.compile(
    r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden|max-height\s*:\s*0(?:px)?\s*(?:;|$)", re.IGNORECASE
)
#: What the sender has crossed out is neither ordered nor charged.
_STRUCK = ("del", "s", "strike")
_LINE_THROUGH = re.compile(r"text-decoration(?:-line)?\s*:[^;\"'<>]{0,80}\bline-through\b", re.IGNORECASE)
_UNCLOSED = re.compile(r"<(?![^<>]{1,4000}>)")
_MAX_CELLS = 4000
_MAX_TAGS = 15_000
_MAX_SPAN = 12


def from_html(html: str) -> Document:
    """Read an HTML body in time linear in its length, however broken."""
    text, markup = _without_noise(html[:MAX_TEXT_CHARS])
    # A "<" that closes nowhere near would make the parser look for its end again and again.
    # The line end tells it that this is no file's name, however short.
    soup = BeautifulSoup(_first_tags(_UNCLOSED.sub("\uff1c", text)) + "\n", "html.parser")
    writer = _Writer(_layout_tables(soup))
    for opening, node in _walk(soup):
        writer.take(opening, node)
    writer.end_line()
    cut = writer.cut or len(html) > MAX_TEXT_CHARS or text.count("<") > _MAX_TAGS
    struck = soup.find(_STRUCK) is not None or _LINE_THROUGH.search(text) is not None
    return Document(tuple(_squeezed(writer.blocks)), tuple(markup), cut=cut, struck=struck)


def _without_noise(html: str) -> tuple[str, list[str]]:
    """The HTML without comments, styles and scripts, and the JSON-LD that stood in scripts; one pass."""
    kept: list[str] = []
    markup: list[str] = []
    lower = html.lower()
    at = 0
    for match in re.finditer(r"<!--|<!\[|<(style|script)\b", lower):
        if match.start() < at:
            continue
        kept.append(html[at : match.start()])
        closing = {"<!--": "-->", "<![": ">"}.get(match[0], f"</{match[1]}")
        end = lower.find(closing, match.end())
        inner_end = len(html) if end < 0 else end
        if match[1] == "script" and "ld+json" in lower[match.start() : match.start() + 200]:
            markup.append(html[html.find(">", match.end()) + 1 : inner_end][:100_000])
        at = len(html) if end < 0 else end + len(closing)
    kept.append(html[at:])
    return "".join(kept), markup[:10]


def _first_tags(html: str) -> str:
    """As much of the HTML as holds the first tags; an order never needs more, and each costs memory."""
    if html.count("<") <= _MAX_TAGS:
        return html
    marks = re.finditer("<", html)
    return html[: next(mark.start() for index, mark in enumerate(marks) if index == _MAX_TAGS)]


def _walk(root: Tag) -> Iterator[tuple[bool, Tag | NavigableString]]:
    """Every node of the tree in order, elements at their opening (True) and closing (False); no recursion."""
    stack: list[tuple[Tag, Iterator[object]]] = [(root, iter(root.contents))]
    while stack:
        parent, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            if stack:
                yield False, parent
        elif isinstance(child, Tag):
            if child.name in _SKIPPED or child.name in _STRUCK or _is_hidden(child):
                continue
            yield True, child
            stack.append((child, iter(child.contents)))
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString | Comment):
            yield True, child


def _is_hidden(tag: Tag) -> bool:
    style = tag.get("style")
    if not isinstance(style, str):
        return tag.has_attr("hidden")
    return tag.has_attr("hidden") or bool(_HIDDEN.search(style[:500]) or _LINE_THROUGH.search(style[:500]))


def _layout_tables(root: Tag) -> set[int]:
    """Ids of the tables that hold another table: they place things on the page and hold no rows of goods."""
    layout: set[int] = set()
    open_tables: list[int] = []
    for opening, node in _walk(root):
        if not isinstance(node, Tag) or node.name != "table":
            continue
        if opening:
            layout.update(open_tables[-1:])
            open_tables.append(id(node))
        elif open_tables:
            open_tables.pop()
    return layout


@dataclass(slots=True)
class _Writer:
    layout: set[int]
    blocks: list[Block] = field(default_factory=list)
    _text: list[str] = field(default_factory=list)
    _quotes: int = 0
    _rows: list[list[str]] | None = None
    _cells: int = 0
    _preformatted: int = 0
    cut: bool = False

    def take(self, opening: bool, node: Tag | NavigableString) -> None:
        if isinstance(node, Tag):
            self._element(opening, node)
        elif self._preformatted:
            self._text.append(str(node))
        else:
            self._text.append(re.sub(r"\s+", " ", str(node)))

    def _element(self, opening: bool, tag: Tag) -> None:
        if tag.name == "table" and id(tag) not in self.layout:
            self._table(opening)
        elif self._rows is not None and tag.name in ("tr", "td", "th"):
            self._cell(opening, tag)
        elif tag.name in _BLOCKS:
            self._block(opening, tag)

    def _block(self, opening: bool, tag: Tag) -> None:
        if tag.name == "br":
            self._text.append("\n" if opening else "")
            return
        if (tag.name, opening) in (("dt", False), ("dd", True)):
            self._text.append("" if opening else ": ")  # a term and what it stands for are one line
            return
        self._text.append("\n")
        if tag.name in ("p", "h1", "h2", "h3", "h4", "hr") and self._rows is None:
            self._text.append("\n")
        if tag.name == "blockquote":
            self.end_line()
            self._quotes += 1 if opening else -1
        if tag.name == "pre":
            self._preformatted += 1 if opening else -1

    def _table(self, opening: bool) -> None:
        if opening:
            self.end_line()
            self._rows = []
            return
        self._close_cell()
        self.blocks += [TextLine(""), *table_blocks(self._rows or [], quoted=self._quotes > 0), TextLine("")]
        self._rows = None

    def _cell(self, opening: bool, tag: Tag) -> None:
        rows = self._rows
        self._close_cell()
        self.cut |= self._cells > _MAX_CELLS
        if rows is None or not opening or self.cut:
            return
        if tag.name == "tr" or not rows:
            rows.append([])
        if tag.name != "tr":
            self._cells += 1
            rows[-1] += [""] * _span(tag)

    def _close_cell(self) -> None:
        if self._rows and self._rows[-1]:
            self._rows[-1][-1] = _tidy(self._rows[-1][-1] + "".join(self._text))
            self._text.clear()

    def end_line(self) -> None:
        """Write what has come since the last block as lines."""
        if self._rows is not None or not self._text:
            return
        text = clean("".join(self._text))
        self._text.clear()
        room = MAX_TEXT_LINES - len(self.blocks)
        lines = text.split("\n")
        self.cut |= len(lines) > room
        lines = lines[: max(room, 0)]
        self.blocks += [TextLine(line.strip()[:MAX_LINE_CHARS], self._quotes > 0) for line in lines]


def _span(tag: Tag) -> int:
    raw = str(tag.get("colspan") or "1")
    return min(max(int(raw), 1), _MAX_SPAN) if raw.isascii() and raw.isdecimal() and len(raw) < 4 else 1


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in clean(text).split("\n"))
    return "\n".join(line for line in lines if line)[:MAX_LINE_CHARS]


def _squeezed(blocks: list[Block]) -> Iterator[Block]:
    """The blocks with runs of blank lines made one."""
    blank = True
    for block in blocks:
        now_blank = isinstance(block, TextLine) and not block.text
        if not (blank and now_blank):
            yield block
        blank = now_blank
