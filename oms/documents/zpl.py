"""A carton's contents label for a Zebra printer (ZPL II, 203 dpi, 100 x 150 mm). Carriers draw their own labels.

All data goes through `^FH`: what a customer or a catalogue says can never be read as a printer command.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from oms.documents.barcodes import code128
from oms.documents.text import kilograms, quantity
from oms.documents.words import words_of
from oms.errors import InputInvalid

DOTS_PER_MM = 8
WIDTH_DOTS = 100 * DOTS_PER_MM
HEIGHT_DOTS = 150 * DOTS_PER_MM
_MARGIN = 32
_LINE_DOTS = 52
#: What one label lists; the rest is said as a count on its last line.
MOST_LINES = 14


@dataclass(frozen=True, slots=True)
class CartonLine:
    sku: str
    name: str
    qty: Decimal


@dataclass(frozen=True, slots=True)
class ContentsLabel:
    """What is in one carton. `number` is the parcel's own number and is printed as Code 128."""

    number: str
    order_number: str
    carton: str
    lines: tuple[CartonLine, ...]
    weight_g: int | None = None
    position: int = 1
    count: int = 1


def field(text: str) -> str:
    """A field's data, so escaped that the printer prints it as it stands: `^FH` with `_` as hex sign."""
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character.isascii() and character.isprintable() and character not in "_^~\\":
        return character
    return "".join(f"_{byte:02X}" for byte in character.encode(errors="replace"))


def contents_label(label: ContentsLabel, *, language: str) -> bytes:
    """Return the label as ZPL in UTF-8 (`^CI28`). Raises InputInvalid if the number can't be a Code 128."""
    if code128(label.number).width > (WIDTH_DOTS - 2 * _MARGIN) // 2:
        raise InputInvalid(f"parcel number {label.number!r} is too long for a label's barcode; use a shorter one")
    return "\n".join(_commands(label, language)).encode()


def _commands(label: ContentsLabel, language: str) -> Iterator[str]:
    words = words_of(language)
    yield f"^XA^CI28^PW{WIDTH_DOTS}^LL{HEIGHT_DOTS}^LH0,0"
    yield _text(_MARGIN, 32, 56, words["contents"])
    of = words["parcel_of"].format(number=label.position, count=label.count)
    yield _text(_MARGIN, 104, 40, f"{words['order']} {label.order_number}   {words['parcel']} {of}")
    weight = f"   {kilograms(label.weight_g)}" if label.weight_g is not None else ""
    yield _text(_MARGIN, 152, 36, f"{label.carton}{weight}")
    # In Code 128 of ZPL a `>` starts an invocation code, so it is written as >0.
    yield f"^FO{_MARGIN},204^BY2^BCN,110,Y,N,N^FH_^FD{field(label.number.replace('>', '>0'))}^FS"
    yield f"^FO{_MARGIN},362^GB{WIDTH_DOTS - 2 * _MARGIN},4,4^FS"
    for number, (left, right) in enumerate(_listed(label.lines)):
        y = 384 + number * _LINE_DOTS
        yield _text(_MARGIN, y, 36, left)
        yield f"^FO{WIDTH_DOTS - _MARGIN - 160},{y}^A0N,44,44^FB160,1,0,R^FH_^FD{field(right)}^FS"
    yield "^XZ"


def _listed(lines: Sequence[CartonLine]) -> list[tuple[str, str]]:
    shown = [(f"{line.sku}  {line.name}"[:34], f"x{quantity(line.qty)}") for line in lines]
    if len(shown) <= MOST_LINES:
        return shown
    return [*shown[: MOST_LINES - 1], ("…", f"+{len(shown) - MOST_LINES + 1}")]


def _text(x: int, y: int, height: int, text: str) -> str:
    room = WIDTH_DOTS - 2 * _MARGIN - (170 if y >= 384 else 0)
    return f"^FO{x},{y}^A0N,{height},{height}^FB{room},1,0,L^FH_^FD{_in_block(text)}^FS"


def _in_block(text: str) -> str:
    """A field inside `^FB`, where a backslash has a meaning of its own and is written twice."""
    return field(text.replace("\\", "\\\\"))
