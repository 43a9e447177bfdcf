"""The sandbox carrier's labels: 4 x 6 inch PDF and ZPL with the waybill as Code 128, kept as files."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import cast

import zxingcpp
from PIL import Image
from reportlab.lib.units import inch
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from connectors.sandbox.carrier_parcels import ParcelRequest
from connectors.sandbox.process import write_atomically

_PAGE = (4 * inch, 6 * inch)
_MARGIN = 0.25 * inch
_LATIN = "Helvetica"
_CHINESE = "STSong-Light"


class LabelFolder:
    """Labels on disk, two files a waybill."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def draw(self, waybill_number: str, parcel: ParcelRequest) -> None:
        """Write both files; a repeat overwrites them with the same label."""
        write_atomically(self._path(waybill_number, "pdf"), pdf_label(waybill_number, parcel))
        write_atomically(self._path(waybill_number, "zpl"), zpl_label(waybill_number, parcel))

    def read(self, waybill_number: str) -> tuple[bytes, bytes]:
        """The label as (PDF, ZPL)."""
        return self._path(waybill_number, "pdf").read_bytes(), self._path(waybill_number, "zpl").read_bytes()

    def keep_only(self, waybill_numbers: set[str]) -> None:
        """Remove drawings whose booking a crash undid."""
        for path in self._folder.iterdir():
            if path.stem not in waybill_numbers:
                path.unlink()

    def _path(self, waybill_number: str, kind: str) -> Path:
        return self._folder / f"{waybill_number}.{kind}"


def pdf_label(waybill_number: str, parcel: ParcelRequest) -> bytes:
    """One 4 x 6 inch page: sender, receiver, service, weight, barcode."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=_PAGE, invariant=True)
    canvas.setTitle(waybill_number)
    _write(canvas, ["FROM", *parcel.sender.printed()], top=5.75 * inch, size=7)
    canvas.line(_MARGIN, 4.65 * inch, _PAGE[0] - _MARGIN, 4.65 * inch)
    _write(canvas, ["TO", *parcel.receiver.printed()], top=4.45 * inch, size=11)
    canvas.line(_MARGIN, 2.65 * inch, _PAGE[0] - _MARGIN, 2.65 * inch)
    facts = [parcel.service.upper(), f"{parcel.weight_g} g", f"REF {parcel.reference}"]
    _write(canvas, facts, top=2.4 * inch, size=10)
    canvas.drawImage(ImageReader(_barcode(waybill_number)), _MARGIN, 0.6 * inch, 3.5 * inch, 0.95 * inch)
    canvas.setFont(_LATIN, 12)
    canvas.drawCentredString(_PAGE[0] / 2, 0.35 * inch, waybill_number)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def zpl_label(waybill_number: str, parcel: ParcelRequest) -> bytes:
    """The same label for a 203 dpi label printer, UTF-8."""
    lines = ["^XA", "^CI28", "^PW812", "^LL1218"]
    for row, line in enumerate(["FROM", *parcel.sender.printed()]):
        lines.append(f"^FO40,{40 + row * 26}^A0N,22,22^FD{_plain(line)}^FS")
    for row, line in enumerate(["TO", *parcel.receiver.printed()]):
        lines.append(f"^FO40,{320 + row * 40}^A0N,36,36^FD{_plain(line)}^FS")
    lines.append(f"^FO40,760^A0N,30,30^FD{parcel.service.upper()}  {parcel.weight_g} g^FS")
    lines.append(f"^FO40,800^A0N,24,24^FDREF {_plain(parcel.reference)}^FS")
    lines.append(f"^FO60,860^BY3^BCN,200,Y,N,N^FD{waybill_number}^FS")
    lines.append("^XZ")
    return "\n".join(lines).encode()


def _write(canvas: Canvas, lines: list[str], *, top: float, size: int) -> None:
    for row, line in enumerate(lines):
        canvas.setFont(_LATIN if line.isascii() else _chinese_font(), size)
        canvas.drawString(_MARGIN, top - row * size * 1.25, line[:60])


@cache
def _chinese_font() -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE))
    return _CHINESE


def _barcode(waybill_number: str) -> Image.Image:
    # A picture, not vectors: whoever extracts it from the PDF can decode it.
    drawn = zxingcpp.create_barcode(waybill_number, zxingcpp.BarcodeFormat.Code128).to_image(scale=3)
    height, width = drawn.shape
    # The drawing is a buffer, which its type stub does not say.
    return Image.frombytes("L", (width, height), memoryview(cast(bytes, drawn)).tobytes())


def _plain(line: str) -> str:
    # In ZPL ^ and ~ start commands; nobody's name may print another label.
    return line.replace("^", " ").replace("~", " ")
