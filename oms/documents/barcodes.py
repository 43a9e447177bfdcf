"""Barcodes for paper: Code 128 for short plain codes, QR for everything else.

Widths count in modules, the narrowest bar. Both symbols are drawn as one filled path, sharp at any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import zxingcpp

from oms.errors import InputInvalid

#: Modules of white that a scanner needs beside a Code 128, and around a QR.
QUIET_CODE128 = 10
QUIET_QR = 4
#: Longer codes than this would have bars too thin for a hand scanner on a label.
LONGEST_CODE128 = 24


@dataclass(frozen=True, slots=True)
class Symbol:
    """A barcode as black runs: (x, y, length) in modules from the top left, without its quiet zone.

    A Code 128 is one row high; whoever draws it chooses the height.
    """

    text: str
    width: int
    height: int
    quiet: int
    runs: tuple[tuple[int, int, int], ...]


def code128(text: str) -> Symbol:
    """Encode printable ASCII as Code 128; anything else raises InputInvalid (use `qr`)."""
    if not text or not text.isascii() or not text.isprintable():
        raise InputInvalid(f"{text!r} can't be a Code 128: use letters, digits and signs of plain ASCII, or a QR")
    return _encoded(text, zxingcpp.BarcodeFormat.Code128)


def qr(text: str) -> Symbol:
    """Encode any text as a QR with medium error correction; raises InputInvalid if empty or over 2,000 bytes."""
    if not text or len(text.encode(errors="replace")) > 2_000:
        raise InputInvalid("a QR holds between 1 and 2,000 bytes")
    return _encoded(text.encode(errors="replace").decode(), zxingcpp.BarcodeFormat.QRCode)


def symbol_for(text: str) -> Symbol:
    """The symbol that a hand scanner reads best: Code 128 for short plain codes, else QR."""
    if len(text) <= LONGEST_CODE128 and text.isascii() and text.isprintable():
        return code128(text)
    return qr(text)


@lru_cache(maxsize=4096)
def _encoded(text: str, kind: zxingcpp.BarcodeFormat) -> Symbol:
    is_qr = kind is zxingcpp.BarcodeFormat.QRCode
    made = zxingcpp.create_barcode(text, kind, ec_level="M") if is_qr else zxingcpp.create_barcode(text, kind)
    image = made.to_image(scale=1, add_quiet_zones=False)
    rows, width = image.shape
    height = rows if is_qr else 1
    data = memoryview(image).tobytes()  # type: ignore[arg-type]  # its stub leaves out the buffer protocol
    runs = [run for y in range(height) for run in _black_runs(data[y * width : (y + 1) * width], y)]
    return Symbol(text, width, height, QUIET_QR if is_qr else QUIET_CODE128, tuple(runs))


def _black_runs(row: bytes, y: int) -> list[tuple[int, int, int]]:
    runs, x = [], 0
    for value, pixels in groupby(row):
        length = len(list(pixels))
        if value == 0:
            runs.append((x, y, length))
        x += length
    return runs
