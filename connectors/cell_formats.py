"""How an XLSX shows its cells: the number formats that put zeros in front or make a percentage, cell by cell, and hidden rows.

The reader of workbooks gives numbers alone, so 02134 under the format `00000` comes as 2134. A workbook without such
formats costs one look at its styles.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape

from connectors.figures import PERCENT, shape_of

Place = tuple[int, int]

_PERCENT_IDS = (9, 10)
_NUMBER_FORMAT = re.compile(rb"<(?:\w{1,20}:)?numFmt\s([^<>]*)>")
_STYLES_BEGIN = re.compile(rb"<(?:\w{1,20}:)?cellXfs\b")
_STYLES_END = re.compile(rb"</(?:\w{1,20}:)?cellXfs\b")
_STYLE = re.compile(rb"<(?:\w{1,20}:)?xf\s([^<>]*)>")
_SHEET = re.compile(rb"<(?:\w{1,20}:)?sheet\s([^<>]*)>")
_RELATION = re.compile(rb"<(?:\w{1,20}:)?Relationship\s([^<>]*)>")
#: Bounded, so that no part written to be slow is slow.
_ATTRIBUTE = re.compile(rb"([\w:.-]{1,60})\s{0,9}=\s{0,9}(?:\"([^\"]{0,600})\"|'([^']{0,600})')")
_ROW = re.compile(rb"<(?:\w{1,20}:)?row(?=[\s/>])([^<>]*)>")
_HIDDEN = re.compile(rb"\shidden\s?=\s?[\"'](?:1|true)[\"']")
_CELL = re.compile(rb"<(?:\w{1,20}:)?(row|c)(?=[\s/>])([^<>]*)>")
_PLACE = re.compile(rb"\sr\s*=\s*[\"']\s*\$?([A-Za-z]{0,3})\$?(\d{1,9})")
_FAULTY = re.compile(rb"\st\s?=\s?[\"']e[\"']")
_VALUE = re.compile(rb"<(?:\w{1,20}:)?v>(#[^<]{1,20})<")
_STYLE_OF = re.compile(rb"\ss\s*=\s*[\"'](\d{1,9})[\"']")


@dataclass(frozen=True, slots=True)
class Shown:
    """One sheet: the shape of each cell that is not shown as the bare number, by (row, column), and its hidden rows; all from 0.

    `faults` are cells whose formula gives no value, with what stands in them: `#N/A`.
    """

    shapes: Mapping[Place, str] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()
    faults: Mapping[Place, str] = field(default_factory=dict)


def shown_by(archive: zipfile.ZipFile) -> Mapping[str, Shown]:
    """Return sheet name -> how it shows its cells."""
    names = set(archive.namelist())
    home = min((name for name in names if name.lower().endswith("workbook.xml")), key=len)
    folder = posixpath.dirname(home)
    relations = f"{folder}/_rels/{posixpath.basename(home)}.rels".lstrip("/")
    if relations not in names:
        return {}
    parts = list(_attributes(_RELATION, archive.read(relations)))
    styles = [_within(folder, part) for part in parts if part.get("Type", "").endswith("/styles")]
    shapes = _shapes(archive.read(styles[0])) if styles and styles[0] in names else {}
    where = {part.get("Id", ""): _within(folder, part) for part in parts}
    found: dict[str, Shown] = {}
    read: dict[str, Shown] = {}
    for sheet in _attributes(_SHEET, archive.read(home)):
        relation = next((value for name, value in sheet.items() if name == "id" or name.endswith(":id")), "")
        part = where.get(relation, "")
        if part in names:
            # Once each, however often the workbook names the part.
            read[part] = read[part] if part in read else _shown(archive.read(part), shapes)
            found[sheet.get("name", "")] = read[part]
    return found


def _shown(part: bytes, shapes: Mapping[bytes, str]) -> Shown:
    hides = _HIDDEN.search(part) is not None
    return Shown(
        _placed(part, shapes) if shapes else {},
        frozenset(_hidden(part)) if hides else frozenset(),
        _faults(part) if _FAULTY.search(part) else {},
    )


def _hidden(part: bytes) -> Iterator[int]:
    row = -1
    for inside in _ROW.findall(part):
        place = _PLACE.search(inside)
        row = int(place[2]) - 1 if place else row + 1
        if _HIDDEN.search(inside):
            yield row


def _attributes(tag: re.Pattern[bytes], part: bytes) -> Iterator[dict[str, str]]:
    for inside in tag.findall(part):
        yield {
            name.decode(): unescape((double or single).decode("utf-8", "replace"))
            for name, double, single in _ATTRIBUTE.findall(inside)
        }


def _within(folder: str, part: Mapping[str, str]) -> str:
    target = part.get("Target", "")
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def _shapes(styles: bytes) -> dict[bytes, str]:
    """Style number as it stands at a cell -> shape."""
    formats: dict[str, str] = {str(number): PERCENT for number in _PERCENT_IDS}
    for told in _attributes(_NUMBER_FORMAT, styles):
        shape = shape_of(told.get("formatCode", ""))
        if shape:
            formats[told.get("numFmtId", "")] = shape
    begin = _STYLES_BEGIN.search(styles)
    end = _STYLES_END.search(styles, begin.end()) if begin else None
    section = styles[begin.end() : end.start()] if begin and end else b""
    told_by = [told.get("numFmtId", "") for told in _attributes(_STYLE, section)]
    return {b"%d" % at: formats[number] for at, number in enumerate(told_by) if number in formats}


def _placed(part: bytes, shapes: Mapping[bytes, str]) -> dict[Place, str]:
    styles = ((place, _STYLE_OF.search(tag[2])) for place, tag in _cells(part))
    return {place: shapes[style[1]] for place, style in styles if style and style[1] in shapes}


def _faults(part: bytes) -> dict[Place, str]:
    found: dict[Place, str] = {}
    for place, tag in _cells(part):
        if _FAULTY.search(tag[2]):
            told = _VALUE.search(part, tag.end(), tag.end() + 1_000)
            found[place] = told[1].decode("ascii", "replace") if told else "#N/A"
    return found


def _cells(part: bytes) -> Iterator[tuple[Place, re.Match[bytes]]]:
    row = column = -1
    for tag in _CELL.finditer(part):
        kind, inside = tag.groups()
        place = _PLACE.search(inside)
        if kind == b"row":
            row, column = (int(place[2]) - 1 if place else row + 1), -1
            continue
        row, column = (int(place[2]) - 1, _column(place[1])) if place else (row, column + 1)
        if min(row, column) >= 0:
            yield (row, column), tag


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number - 1
