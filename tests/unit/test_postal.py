"""Addresses as papers, letters and pages write them."""

from __future__ import annotations

from oms.documents.postal import postal_lines

CHINA = {
    "name": "李雷",
    "region": "广东省",
    "city": "深圳市",
    "district": "南山区",
    "town": "粤海街道",
    "lines": ["科苑路15号", "3栋502"],
    "postal_code": "518000",
    "country": "CN",
    "phone": "+8613800138000",
}


def test_a_chinese_address_goes_from_the_large_to_the_small_on_every_paper():
    """On the slip and in the letter about a return it was 科苑路15号 / 粤海街道, 南山区, 深圳市, 广东省."""
    assert postal_lines(CHINA, phone=False) == ("李雷", "广东省深圳市南山区粤海街道科苑路15号3栋502", "518000 CN")
    assert postal_lines(CHINA)[-1] == "+8613800138000"
    beijing = CHINA | {"region": "北京市", "city": "北京市", "town": None, "postal_code": None}
    assert postal_lines(beijing, phone=False)[1:] == ("北京市南山区科苑路15号3栋502", "CN")


def test_a_district_abroad_is_not_left_out():
    """The customer signed for Bağdat Cd. 1, 34710 İstanbul, which has that street in three districts."""
    turkey = {"name": "Ada", "lines": ["Bağdat Cd. 1"], "district": "Kadıköy", "postal_code": "34710"}
    turkey |= {"city": "İstanbul", "region": "İstanbul", "country": "TR"}
    assert postal_lines(turkey) == ("Ada", "Bağdat Cd. 1", "Kadıköy", "34710 İstanbul", "TR")


def test_what_an_address_does_not_have_leaves_no_line():
    berlin = {"name": "Ada", "lines": ["Weg 1"], "postal_code": "10115", "city": "Berlin", "country": "DE"}
    assert postal_lines(berlin) == ("Ada", "Weg 1", "10115 Berlin", "DE")
    assert postal_lines({}) == ()
    assert postal_lines({"name": None, "lines": None, "country": "CN"}) == ("CN",)


def test_parts_in_letters_do_not_run_into_each_other_where_chinese_ones_do():
    said = {"country": "HK", "region": "Hong Kong", "district": "Central", "lines": ["8 Queen's Road", "Flat 3"]}
    assert postal_lines(said)[0] == "Hong Kong, Central, 8 Queen's Road, Flat 3"
    mixed = {"country": "CN", "region": "广东省", "city": "深圳市", "lines": ["科技园路1号", "A座 3F"]}
    assert postal_lines(mixed)[0] == "广东省深圳市科技园路1号A座 3F"
