"""Draws on one page in millimetres from its top left corner."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from oms.documents.barcodes import Symbol
from oms.documents.fonts import printable, runs, width_of

PAGE_WIDTH_MM = 210.0
PAGE_HEIGHT_MM = 297.0
MARGIN_MM = 10.0
BODY_WIDTH_MM = PAGE_WIDTH_MM - 2 * MARGIN_MM

BLACK = 0.0
GREY = 0.35
PALE = 0.93
WHITE = 1.0

Align = Literal["left", "right", "centre"]


def line_mm(size_pt: float) -> float:
    """Height of one line of text of that size, in mm."""
    return size_pt * 1.28 / mm


class Pen:
    """A canvas in millimetres with y growing downwards; text keeps to the embedded fonts."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._ink: float | None = None

    def text(
        self,
        x_mm: float,
        y_mm: float,
        text: str,
        size_pt: float = 9,
        *,
        bold: bool = False,
        align: Align = "left",
        ink: float = BLACK,
    ) -> None:
        """Write one line whose baseline is at `y_mm`. Bold is the same letters with an outline."""
        line = printable(text)
        if not line.strip():
            return
        shift = {"left": 0.0, "right": 1.0, "centre": 0.5}[align]
        x = x_mm * mm - (width_of(line, size_pt) * shift if shift else 0)
        written = self._canvas.beginText(x, (PAGE_HEIGHT_MM - y_mm) * mm)
        self._fill(ink)
        if bold:
            self._canvas.setStrokeGray(ink)
            self._canvas.setLineWidth(size_pt * 0.035)
            written.setTextRenderMode(2)
        for run in runs(line):
            written.setFont(run.font, size_pt)
            written.textOut(run.text)
        if bold:
            written.setTextRenderMode(0)
        self._canvas.drawText(written)

    def lines(
        self,
        x_mm: float,
        top_mm: float,
        lines: Sequence[str],
        size_pt: float,
        *,
        bold: bool = False,
        ink: float = BLACK,
    ) -> float:
        """Write lines under each other from `top_mm`; return where the next would start."""
        for number, line in enumerate(lines):
            self.text(x_mm, top_mm + line_mm(size_pt) * (number + 0.78), line, size_pt, bold=bold, ink=ink)
        return top_mm + line_mm(size_pt) * len(lines)

    def rule(self, x1_mm: float, y1_mm: float, x2_mm: float, y2_mm: float, *, width_pt: float = 0.5) -> None:
        self._canvas.setStrokeGray(BLACK)
        self._canvas.setLineWidth(width_pt)
        self._canvas.line(x1_mm * mm, (PAGE_HEIGHT_MM - y1_mm) * mm, x2_mm * mm, (PAGE_HEIGHT_MM - y2_mm) * mm)

    def box(
        self,
        x_mm: float,
        top_mm: float,
        width_mm: float,
        height_mm: float,
        *,
        fill: float | None = None,
        line_pt: float = 0,
    ) -> None:
        """A rectangle, filled with a grey, outlined, or both."""
        if fill is not None:
            self._fill(fill)
        if line_pt:
            self._canvas.setStrokeGray(BLACK)
            self._canvas.setLineWidth(line_pt)
        bottom = (PAGE_HEIGHT_MM - top_mm - height_mm) * mm
        self._canvas.rect(
            x_mm * mm, bottom, width_mm * mm, height_mm * mm, stroke=int(line_pt > 0), fill=int(fill is not None)
        )

    def code(
        self, x_mm: float, top_mm: float, symbol: Symbol, *, width_mm: float, height_mm: float, align: Align = "left"
    ) -> None:
        """Draw a barcode, its black from `x_mm` on (or up to it). The caller leaves the quiet zone white.

        Code 128 bars are at most 0.375 mm wide, so that short codes do not swell; a QR is a square.
        """
        module = min(width_mm / symbol.width, 0.375)
        tall = height_mm
        if symbol.height > 1:
            module = tall = min(width_mm, height_mm) / symbol.height
        left = x_mm - {"left": 0.0, "right": 1.0, "centre": 0.5}[align] * module * symbol.width
        self._fill(BLACK)
        self._canvas.saveState()
        self._canvas.transform(module * mm, 0, 0, -tall * mm, left * mm, (PAGE_HEIGHT_MM - top_mm) * mm)
        self._canvas.drawPath(_bars(symbol), stroke=0, fill=1)
        self._canvas.restoreState()

    def _fill(self, grey: float) -> None:
        if grey != self._ink:
            self._canvas.setFillGray(grey)
            self._ink = grey


@lru_cache(maxsize=4096)
def _bars(symbol: Symbol) -> PDFPathObject:
    """The symbol as one path in modules; made once, since bins and SKUs come again on every list."""
    return PDFPathObject(code=[f"{x} {y} {length} 1 re" for x, y, length in symbol.runs])
