"""Names and addresses in Arabic, Hebrew, Thai and Korean are printed as they are written there, not as squares."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.documents import confirmation, hand_over_list, packing_slip, pick_list
from oms.documents.fonts import REPLACEMENT, printable, runs, width_of
from oms.documents.fonts.scripts import SCRIPTS
from oms.documents.text import wrapped
from tests.source_tree import ROOT
from tests.unit import papers

WRITTEN = {
    "arabic": "محمد عبد الله، شارع التحرير ١٢",
    "persian": "پژمان گلچین، خیابان ولیعصر پلاک ۱۲",
    "urdu": "گلی نمبر ٹیپو ڈیرہ",
    "pointed": "مُحَمَّد",
    "hebrew": "יוסף כהן, רחוב הרצל 15",
    "thai": "นายสมชาย ที่อยู่ แขวงคลองเตย 10110",
    "korean": "김철수, 서울특별시 강남구 테헤란로 152",
    "rare_korean": "뷁 펲 똠",
}


def drawn(text: str) -> str:
    """What stands on the paper, from left to right."""
    return "".join(run.text for run in runs(printable(text)))


def alone(code: str) -> str:
    """What a process says that has printed nothing yet."""
    made = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return made.stdout


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_every_letter_has_its_shape(written):
    assert printable(written) == unicodedata.normalize("NFC", written)


@pytest.mark.parametrize("paper", ["pick_list", "packing_slip", "confirmation", "hand_over_list"])
def test_no_paper_prints_a_square_for_such_a_name(paper):
    names = tuple(WRITTEN.values())
    document, render = {
        "pick_list": (papers.pick_list(1, warehouse=names[0], carrier=names[4], picker=names[6]), pick_list.render),
        "packing_slip": (dataclasses.replace(papers.packing_slip(1), ship_to=names, message=""), packing_slip.render),
        "confirmation": (dataclasses.replace(papers.confirmation(1), deliver_to=names), confirmation.render),
        "hand_over_list": (dataclasses.replace(papers.hand_over_list(1), our_signer=names[4]), hand_over_list.render),
    }[paper]
    assert REPLACEMENT not in "".join(papers.text_of(render(document, language="en")))


def test_hebrew_runs_to_the_left_and_its_numbers_and_brackets_stay_right():
    assert drawn("רחוב הרצל 15 (א)") == "(א) 15 לצרה בוחר"


def test_a_hebrew_name_in_a_latin_line_stands_in_its_place():
    assert drawn("c/o כהן & Co 7") == "c/o ןהכ & Co 7"


def test_arabic_letters_are_joined_and_read_from_the_right():
    [joined] = runs(printable("محمد"))
    assert not set(joined.text) & {drawn(letter) for letter in "محمد"}
    assert unicodedata.normalize("NFKC", joined.text) == "دمحم"


@pytest.mark.parametrize("number", ["١٢", "۱۲", "12", "١٢/٣٤٥"])
def test_a_house_number_among_arabic_letters_keeps_its_order(number):
    """A parcel for house 12 would go to house 21."""
    assert drawn(f"شارع {number}").startswith(f"{number} ")


def test_a_thai_tone_stands_above_the_vowel_that_it_belongs_to():
    words: list[Any] = [runs(word)[0].text for word in ("ที่", "ท่")]
    high, low = (word.__shapeData__[-1] for word in words)
    assert high.y_offset > low.y_offset or words[0][-1] != words[1][-1]


@pytest.mark.parametrize("written", [WRITTEN["thai"].replace(" ", ""), WRITTEN["arabic"], WRITTEN["korean"]])
def test_a_long_text_is_broken_between_its_letters_and_never_before_a_mark(written):
    text = written * 8
    for width_mm in range(12, 60):
        lines = wrapped(text, width_mm, 9)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert len(lines) > 1
        assert [line for line in lines if unicodedata.category(line[0])[0] == "M"] == []
        assert [line for line in lines if width_of(line, 9) > width_mm * 72 / 25.4 + 9] == []


def test_a_rare_font_is_read_when_its_first_letter_is_printed():
    """A process that prints Chinese and Latin alone has none of them in its memory."""
    told = alone("""
from reportlab.pdfbase.pdfmetrics import getRegisteredFontNames
from oms.documents.fonts import printable, runs
for text in ("Li Lei 李雷 Łódź \U0001f642", "김철수", "כהן"):
    runs(printable(text))
    print(*sorted(name for name in getRegisteredFontNames() if name.startswith("Oms")))
""")
    assert told.splitlines() == ["OmsSans", "OmsKorean OmsSans", "OmsHebrew OmsKorean OmsSans"]


def test_the_same_paper_has_the_same_bytes_whatever_a_process_printed_before():
    """Else a confirmation that is printed again would be another paper in its order's file."""
    code = """
import dataclasses, hashlib
from oms.documents import packing_slip
from oms.documents.fonts import printable, runs
from tests.unit import papers, test_paper_scripts
for text in {before}:
    runs(printable(text))
slip = dataclasses.replace(papers.packing_slip(1), ship_to=tuple(test_paper_scripts.WRITTEN.values()))
print(hashlib.sha256(packing_slip.render(slip, language="en")).hexdigest())
"""
    before = ["ป้า ญู่ ฟี้ ปั๊", "السلام عليكم لإلا", "שּׁ"]
    assert alone(code.format(before=[])) == alone(code.format(before=before))


LETTERS = st.one_of(
    *(st.characters(min_codepoint=ord(a), max_codepoint=ord(b)) for script in SCRIPTS for a, b in script.blocks),
    st.sampled_from(" 12()/-a李\u200c"),
)


@settings(max_examples=40, deadline=None)
@given(st.text(LETTERS, max_size=60))
def test_no_name_in_these_letters_breaks_a_paper(name):
    slip = dataclasses.replace(papers.packing_slip(1), ship_to=(name, name), packed_by=name, message=name)
    assert papers.text_of(packing_slip.render(slip, language="en"))
