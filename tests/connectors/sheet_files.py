"""Sheets made in code for the tests: XLSX as a program writes it, ODS by hand, and one real XLS, packed."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

import openpyxl

_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)
#: An Excel 97 file: PO, SKU, Qty, Price; 10000234500 as number, SKU 00123 as text, two rows.
_XLS = (
    "eNrtWE1oE0EU/maTTZrQpElNhVYooWDVWrE/Fy/t2oL2UGxTRRQRNG1yKC2prL1UD1ZrjoLgSfFgoRcvVS/+oEK9eRAqKgiCkOjR"
    "k6Dgoc365u2sTX8ODWhRmS/MmzfvzXvzMvNmdndeL8YLsw8ailiDbvhQckIIlMkElZDXiIH0jiNZr66i4mj8UwhV0UIGTDyNvArK"
    "NZTrXYSB+/4XRIFPVE7jHAYmctnkFqKXY0gLGUMXUYHbJIminqOqZTrCdBvTe9zzGdODLLnGtIv6FsQpLFoDLQdUFp80mlgXhfT7"
    "iG0+sKQddXgps/jSdeH2NdFjj6bH/05Fo78ac6B168vmsnZ6vIAELeAcvjtJ4Ju3UxeSWr61cgGS/1gtD24gv2H4gWk4ZznB85SQ"
    "73zuJhy0M1n7/BL284aUhdIzNUjaY/3HiQ5NTpkksEdHslS3tbV3dJK0Z19HWJ7RvKdjq/Z0hHO9mmgGNczHOeNjdGov3f365shw"
    "yjrDkmk+x93TfqcMEA4uSwsyjrKGY4TUtLDFXqZX2OsO5huYJihPqW5O1Snm8Az3ucraZhqnk/HW2lXG7yY+/2XocWP+s7WH+Pm+"
    "4oXE/HtrFk309MmQvfzNoFW0ils3JZ5YXi3UyfCRaf26U6LKiKnYHfVIq8EywszGmbotOTviV8tQc+W2fNTyKV9ijS8fzZBQvpIL"
    "F+8YvdJGsD85X88pPsH+wtyrPyL9SU/GBp6MdZ7cdTOVJ4M9BbhXlCPrNmrxUJrRGbiCMDQ0NDQ0NDQ0NDRW7nQM9U4v31BN9b0Q"
    "VPc6y1RK+prkv8VRTNBvkj5MDyFHtY2pivJnO0zh+RKbtPHuCyVO0Og2xjDMcYxVnL/0FSTK/8+mDWO/bwtVOn6pkjj/8Pg/AX3T"
    "zYg="
)


def xls() -> bytes:
    return zlib.decompress(base64.b64decode(_XLS))


def xlsx(*sheets: Sequence[Sequence[object]]) -> bytes:
    """One workbook with these sheets; None leaves a cell out."""
    book = openpyxl.Workbook()
    for at, rows in enumerate(sheets):
        sheet = book.active if at == 0 else book.create_sheet()
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx_named(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """One workbook whose sheets have names."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx_shown(rows: Sequence[Sequence[object]], formats: dict[str, str]) -> bytes:
    """One sheet whose named cells have a number format: `{"B2": "00000"}`."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    for place, code in formats.items():
        book.active[place].number_format = code
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_sheet_xml(workbook: bytes, old: bytes, new: bytes) -> bytes:
    """The workbook with its first sheet's XML changed."""
    source = zipfile.ZipFile(io.BytesIO(workbook))
    return zipped(
        {
            name: source.read(name).replace(old, new) if name.endswith("sheet1.xml") else source.read(name)
            for name in source.namelist()
        }
    )


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def ods(rows: Sequence[Sequence[str | int | float]], *, behind: str = "", before: str = "") -> bytes:
    """An OpenDocument sheet; `behind` is raw XML after the rows, `before` stands before the root."""
    table = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows) + behind
    content = (
        f'<?xml version="1.0"?>{before}<office:document-content {_NAMES}><office:body><office:spreadsheet>'
        f'<table:table table:name="Orders">{table}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    return zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode()})


def ods_of(*cells: str, heads: Sequence[str]) -> bytes:
    """An OpenDocument sheet of one row whose cells are given as XML: `ods_number("123", "00123")`."""
    return ods([heads], behind=f"<table:table-row>{''.join(cells)}</table:table-row>")


def ods_number(value: str, shown: str, kind: str = "float") -> str:
    return f'<table:table-cell office:value-type="{kind}" office:value="{value}"><text:p>{shown}</text:p></table:table-cell>'


def ods_text(inside: str) -> str:
    return f'<table:table-cell office:value-type="string">{inside}</table:table-cell>'


def _ods_cell(value: str | int | float) -> str:
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
