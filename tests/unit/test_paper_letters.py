"""Names and addresses of countries whose letters the printed font lacks can still be read on a paper."""

from __future__ import annotations

import dataclasses

import pytest

from oms.documents import packing_slip
from oms.documents.fonts import REPLACEMENT, printable
from tests.unit import papers


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Łódź, ul. Świętokrzyska 3", "Lódz, ul. Swietokrzyska 3"),
        ("Žďár nad Sázavou", "Zdár nad Sázavou"),
        ("Győr, Szűcs Ágnes", "Gyor, Szucs Ágnes"),
        ("İstanbul, Kadıköy", "Istanbul, Kadiköy"),
        ("Žydrūnas, București", "Zydrūnas, Bucuresti"),
        ("Nguyễn Thị Hương", "Nguyễn Thị Huong"),
        ("Αθήνα", "Αθηνα"),
        ("Київ, вул. Єлизавети", "Киiв, вул. Eлизавети"),
        ("Ђоковић", "ДЬокович"),
        ("Müller & Søn, 李娜", "Müller & Søn, 李娜"),
    ],
)
def test_a_letter_without_a_shape_is_printed_as_the_nearest(typed, printed):
    assert printable(typed) == printed


def test_what_has_no_letter_near_to_it_is_still_seen_to_be_missing():
    assert printable("नमस्ते \U0001f642") == f"{REPLACEMENT * 4} {REPLACEMENT}"


def test_a_parcel_to_poland_has_an_address_that_can_be_read():
    slip = dataclasses.replace(papers.packing_slip(1), ship_to=("Bożena Wójcik", "ul. Piękna 5", "00-001 Łódź", "PL"))
    text = papers.text_of(packing_slip.render(slip, language="en"))[0]
    for line in ("Bozena Wójcik", "ul. Piekna 5", "00-001 Lódz"):
        assert line in text
