"""The translations' catalogue: find every text, keep the .po sorted, compile the .mo.

python -m oms.web.catalogue                       # extract, compile, list what is not translated
python -m oms.web.catalogue < texts.tsv           # the same, with lines `English<TAB>中文` filled in
"""

from __future__ import annotations

import fcntl
import io
import os
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).parent
FOLDER = WEB / "translations" / "zh_Hans" / "LC_MESSAGES"
PO, MO = FOLDER / "messages.po", FOLDER / "messages.mo"
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
_FIXED = datetime(2026, 1, 1, tzinfo=UTC)
_KEYWORDS: dict[str, None] = {"_": None, "gettext": None, "lazy_gettext": None}


def extract() -> set[str]:
    """Every text of pages and templates, in English."""
    # A template that cannot be read must be heard of, not skipped.
    options = {"templates/**.html": {"silent": "false"}}
    found = extract_from_dir(str(WEB), method_map=_METHODS, options_map=options, keywords=_KEYWORDS)
    return {text for _, _, text, _, _ in found if isinstance(text, str) and text}


def read() -> dict[str, str]:
    """The translations as they stand in the .po."""
    if not PO.exists():
        return {}
    with PO.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans")
    return {str(m.id): str(m.string) for m in catalogue if m.id}


def made(texts: Iterable[str], known: Mapping[str, str]) -> tuple[bytes, bytes]:
    """The .po and .mo for `texts`: sorted and without places, so that two people's additions rarely meet."""
    # Fixed dates: today's would make every run a change.
    catalogue = Catalog(
        locale="zh_Hans",
        project="oms",
        version="1",
        header_comment="# What pages say in simplified Chinese; renewed by `python -m oms.web.catalogue`.",
        creation_date=_FIXED,
        revision_date=_FIXED,
        last_translator="",
        language_team="",
        msgid_bugs_address="",
        fuzzy=False,
    )
    for text in sorted(texts):
        catalogue.add(text, known.get(text, ""), flags={"python-format"} if "%(" in text else ())
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, catalogue, no_location=True, omit_header=False, sort_output=True, width=0)
    write_mo(mo, catalogue)
    return po.getvalue(), mo.getvalue()


def renew(additions: Mapping[str, str]) -> list[str]:
    """Write both files from the sources; return the texts without a translation."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = os.open(FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = read() | dict(additions)
        texts = extract()
        po, mo = made(texts, known)
        PO.write_bytes(po)
        MO.write_bytes(mo)
    finally:
        os.close(lock)
    return sorted(text for text in texts if not known.get(text))


def _additions(lines: Iterable[str]) -> dict[str, str]:
    pairs = (line.rstrip("\n").partition("\t") for line in lines)
    return {text: translated for text, tab, translated in pairs if tab}


if __name__ == "__main__":
    missing = renew({} if sys.stdin.isatty() else _additions(sys.stdin))
    sys.stdout.write("".join(f"not translated: {text}\n" for text in missing))
    sys.exit(1 if missing else 0)
