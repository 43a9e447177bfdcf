"""How an old workbook (Excel 97 to 2003) shows its cells: number formats and hidden rows, which the reader of XLS does not give.

A compound file holds the stream `Workbook`, a list of records: formats and styles first, then each sheet at its offset.
What is not as it should be shows nothing: the cells come as bare numbers then, as from a file without formats.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.cell_formats import Place, Shown
from connectors.figures import PERCENT, shape_of

_END = 0xFFFFFFFA  # numbers from here on name no sector
_IN_HEADER = 109
_STREAM = 2
_EOF, _BOUNDSHEET, _FORMAT, _XF, _BOF = 0x000A, 0x0085, 0x041E, 0x00E0, 0x0809
_NUMBER, _RK, _MULRK, _FORMULA, _ROW = 0x0203, 0x027E, 0x00BD, 0x0006, 0x0208
_BIFF8 = 0x0600
_HIDDEN_ROW = 0x20
_PERCENT_IDS = (9, 10)


class _Damaged(ValueError):
    """The file is not as its own numbers say."""


def shown_by(data: bytes) -> Mapping[str, Shown]:
    """Return sheet name -> how it shows its cells; nothing for a file of another kind."""
    try:
        return _read(_workbook(data))
    except (_Damaged, struct.error, IndexError, UnicodeDecodeError):
        return {}


# ------------------------------------------------------------------ the compound file


def _workbook(data: bytes) -> bytes:
    """The stream `Workbook`."""
    shift, (first,) = struct.unpack_from("<H", data, 30)[0], struct.unpack_from("<I", data, 48)
    if shift not in (9, 12):
        raise _Damaged("no size of sectors")
    size = 1 << shift
    table = _table(data, size)
    folder = b"".join(_chain(data, size, table, first))
    for at in range(0, len(folder) - 127, 128):
        length, kind = struct.unpack_from("<HB", folder, at + 64)
        name = folder[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        begin, bytes_ = struct.unpack_from("<II", folder, at + 116)
        # Smaller streams lie elsewhere; no workbook that Excel wrote is so small.
        if kind == _STREAM and name == "Workbook" and bytes_ >= 4096:
            return b"".join(_chain(data, size, table, begin))[:bytes_]
    raise _Damaged("no workbook")


def _table(data: bytes, size: int) -> list[int]:
    """Which sector follows each."""
    sectors = list(struct.unpack_from(f"<{_IN_HEADER}I", data, 76))
    more, per_sector = struct.unpack_from("<I", data, 68)[0], size // 4
    for _ in range(len(data) // size):
        if more >= _END:
            break
        held = struct.unpack_from(f"<{per_sector}I", data, (more + 1) * size)
        sectors += held[:-1]
        more = held[-1]
    found: list[int] = []
    for sector in sectors:
        if sector < _END:
            found += struct.unpack_from(f"<{per_sector}I", data, (sector + 1) * size)
    return found


def _chain(data: bytes, size: int, table: list[int], first: int) -> Iterator[bytes]:
    at = first
    for _ in range(len(data) // size + 1):
        if at >= _END:
            return
        yield data[(at + 1) * size : (at + 2) * size]
        at = table[at]
    raise _Damaged("a chain without an end")


# ------------------------------------------------------------------ the workbook


@dataclass(slots=True)
class _Globals:
    """What stands before the sheets."""

    formats: dict[int, str] = field(default_factory=dict)
    styles: list[int] = field(default_factory=list)
    sheets: list[tuple[int, str]] = field(default_factory=list)


def _read(stream: bytes) -> dict[str, Shown]:
    told = _Globals()
    for kind, body in _records(stream, 0):
        if kind == _BOF and struct.unpack_from("<H", stream, body)[0] != _BIFF8:
            raise _Damaged("an older workbook")
        _take(told, kind, stream, body)
    shapes = {at: shape for at, number in enumerate(told.styles) if (shape := _shape(number, told.formats)) is not None}
    return {name: _sheet(stream, offset, shapes) for offset, name in told.sheets}


def _take(told: _Globals, kind: int, stream: bytes, at: int) -> None:
    if kind == _FORMAT:
        number, length, wide = struct.unpack_from("<HHB", stream, at)
        told.formats[number] = _text(stream, at + 5, length, wide)
    elif kind == _XF:
        told.styles.append(struct.unpack_from("<H", stream, at + 2)[0])
    elif kind == _BOUNDSHEET:
        offset, _state, length, wide = struct.unpack_from("<IHBB", stream, at)
        told.sheets.append((offset, _text(stream, at + 8, length, wide)))


def _text(stream: bytes, at: int, length: int, wide: int) -> str:
    return stream[at : at + 2 * length].decode("utf-16-le") if wide & 1 else stream[at : at + length].decode("latin-1")


def _shape(number: int, formats: Mapping[int, str]) -> str | None:
    return PERCENT if number in _PERCENT_IDS else shape_of(formats.get(number, ""))


def _sheet(stream: bytes, offset: int, shapes: Mapping[int, str]) -> Shown:
    places: dict[Place, str] = {}
    hidden: set[int] = set()
    for kind, at in _records(stream, offset):
        if kind == _ROW:
            row, flags = struct.unpack_from("<H10xH", stream, at)
            if flags & _HIDDEN_ROW:
                hidden.add(row)
        elif kind in (_NUMBER, _RK, _FORMULA, _MULRK) and shapes:
            _place(places, kind, stream, at, shapes)
    return Shown(places, frozenset(hidden))


def _place(places: dict[Place, str], kind: int, stream: bytes, at: int, shapes: Mapping[int, str]) -> None:
    row, column, style = struct.unpack_from("<HHH", stream, at)
    styles = [style]
    if kind == _MULRK:
        # As many as the record has room for, whatever it claims.
        cells = (struct.unpack_from("<H", stream, at - 2)[0] - 6) // 6
        styles = [struct.unpack_from("<H", stream, at + 4 + 6 * place)[0] for place in range(cells)]
    for place, number in enumerate(styles):
        if number in shapes:
            places[row, column + place] = shapes[number]


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int]]:
    """(kind, where its body begins) of each record up to the end of the sheet; a chart in it is a sheet of its own."""
    depth = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth == 1 and kind != _EOF:
            yield kind, at + 4
        if depth <= 0:
            return
        at += 4 + length
