"""Chinese addresses by the national table, western ones by street and postal code."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import addresses
from connectors.addresses_cn import complete, parse, starts_here
from connectors.base import Address
from connectors.divisions_cn import by_name, city_of, divisions, stem_of, version

#: Text -> (region, city, district, town, rest, code).
PLACES: dict[str, tuple[str | None, ...]] = {
    "广东省深圳市南山区科技园路1号": ("广东省", "深圳市", "南山区", None, "科技园路1号", "440305"),
    "北京朝阳区建国路88号": ("北京市", "北京市", "朝阳区", None, "建国路88号", "110105"),
    "北京市北京市朝阳区望京街道1号": ("北京市", "北京市", "朝阳区", "望京街道", "1号", "110105"),
    "上海浦东新区张江镇碧波路": ("上海市", "上海市", "浦东新区", "张江镇", "碧波路", "310115"),
    "重庆市市辖区渝中区解放碑": ("重庆市", "重庆市", "渝中区", None, "解放碑", "500103"),
    "东莞市长安镇霄边社区": ("广东省", "东莞市", None, "长安镇", "霄边社区", "441900"),
    "广东省中山市小榄镇": ("广东省", "中山市", None, "小榄镇", "", "442000"),
    "海南省儋州市那大镇": ("海南省", "儋州市", None, "那大镇", "", "460400"),
    "湖北省仙桃市沙嘴街道宏达路": ("湖北省", "仙桃市", None, "沙嘴街道", "宏达路", "429004"),
    "河南省省直辖县级行政区划济源市沁园街道": ("河南省", "济源市", None, "沁园街道", "", "419001"),
    "新疆石河子市北三路": ("新疆维吾尔自治区", "石河子市", None, None, "北三路", "659001"),
    "江苏省昆山市玉山镇前进路": ("江苏省", "苏州市", "昆山市", "玉山镇", "前进路", "320583"),
    "江苏省苏州市昆山市花桥": ("江苏省", "苏州市", "昆山市", None, "花桥", "320583"),
    "浙江杭州余杭文一西路": ("浙江省", "杭州市", "余杭区", None, "文一西路", "330110"),
    "湖南长沙县星沙镇": ("湖南省", "长沙市", "长沙县", "星沙镇", "", "430121"),
    "吉林市昌邑区": ("吉林省", "吉林市", "昌邑区", None, "", "220202"),
    "恩施州恩施市": ("湖北省", "恩施土家族苗族自治州", "恩施市", None, "", "422801"),
    "内蒙古呼和浩特市赛罕区": ("内蒙古自治区", "呼和浩特市", "赛罕区", None, "", "150105"),
    "广西省南宁市青秀区": ("广西壮族自治区", "南宁市", "青秀区", None, "", "450103"),
    "云南省大理州大理市下关镇": ("云南省", "大理白族自治州", "大理市", "下关镇", "", "532901"),
    "香港九龙油尖旺区弥敦道1号": ("香港特别行政区", "九龙", "油尖旺区", None, "弥敦道1号", "810005"),
    "澳门特别行政区花地玛堂区": ("澳门特别行政区", "澳门", "花地玛堂区", None, "", "820001"),
    "臺北市信義區松高路1號": ("台湾省", "台北市", None, None, "信義區松高路1號", "710000"),
    "台湾省台北市信义区松高路": ("台湾省", "台北市", "信义区", None, "松高路", "710000"),
    "北京路12号": (None, None, None, None, "北京路12号", None),
    "南京东路100号": (None, None, None, None, "南京东路100号", None),
    "鼓楼区中山路": (None, None, None, None, "鼓楼区中山路", None),
}  # fmt: skip


@pytest.mark.parametrize("text", PLACES)
def test_an_address_is_taken_apart_by_the_table(text):
    found = parse(text)
    assert (found.region, found.city, found.district, found.town, found.detail, found.adcode) == PLACES[text]
    assert found.contradictions == ()


@pytest.mark.parametrize(
    ("text", "district", "code"),
    [("天津蓟县", "蓟州区", "120119"), ("上海市闸北区天目西路", "静安区", "310106"), ("重庆开县", "开州区", "500154"), ("襄樊市襄阳区", "襄州区", "420607"),
     ("密云县溪翁庄镇", "密云区", "110118"), ("杭州市江干区", "上城区", "330102"), ("北京市宣武区", "西城区", "110102")],
)  # fmt: skip
def test_names_no_longer_in_use_lead_to_the_present_ones(text, district, code):
    found = parse(text)
    assert (found.district, found.adcode) == (district, code)
    assert any("now" in note for note in found.notes)


@pytest.mark.parametrize(("text", "word"), [("广东省杭州市西湖区文三路", "浙江省"), ("深圳市天河区", "广州市")])
def test_a_place_that_lies_elsewhere_is_a_contradiction(text, word):
    assert any(word in clash for clash in parse(text).contradictions)


@pytest.mark.parametrize(
    ("text", "country"), [("香港油尖旺区", "HK"), ("澳门", "MO"), ("台湾省台北市", "TW"), ("广东省", "CN")]
)
def test_hong_kong_macao_and_taiwan_are_destinations_of_their_own(text, country):
    assert parse(text).country == country


def test_parts_in_columns_are_completed_and_a_repeat_changes_nothing():
    given = Address(region="广东", city="深圳", district="南山区", lines=("科技园路1号",))
    whole, problems = complete(given, field="ship_to")
    assert (whole.region, whole.city, whole.adcode, whole.country, problems) == ("广东省", "深圳市", "440305", "CN", ())
    assert complete(whole, field="ship_to") == (whole, ())


def test_text_that_contradicts_the_code_holds():
    _, problems = complete(Address(lines=("广东省深圳市南山区科技园路1号",), adcode="330106"), field="ship_to")
    assert [(found.code, found.severity) for found in problems] == [("address_conflict", "hold")]
    assert "西湖区" in problems[0].message


def test_a_longer_code_of_the_same_place_is_kept():
    whole, problems = complete(Address(lines=("广东省深圳市南山区科技园路1号",), adcode="440305007"), field="ship_to")
    assert (whole.adcode, problems) == ("440305007", ())


def test_a_foreign_address_stays_as_it_is():
    given = Address(lines=("1 High St",), city="Leeds")
    assert complete(given, field="ship_to") == (given, ())


def test_the_table_is_whole():
    table = divisions()
    assert version()
    assert len(table) > 3_200
    assert all(division.province in table for division in table.values())
    assert all(
        city_of(division)
        for division in table.values()
        if division.level == 3 and division.code[:2] not in ("11", "12", "31", "50")
    )
    assert {"440305", "429004", "441900", "810005", "110105"} <= set(table)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("广东省", "广东"),
        ("恩施土家族苗族自治州", "恩施"),
        ("内蒙古自治区", "内蒙古"),
        ("沧县", "沧县"),
        ("景宁畲族自治县", "景宁"),
        ("香港特别行政区", "香港"),
    ],
)
def test_the_short_name_is_what_people_say(name, stem):
    assert stem_of(name) == stem
    assert name in by_name()


def test_an_address_is_known_by_its_start():
    assert starts_here("广东省深圳市")
    assert not starts_here("科技园路1号")


@settings(max_examples=100)
@given(st.text(alphabet="广东省深圳市南山区路1号北京朝阳镇乡街道香港台湾abc ", max_size=40))
def test_any_text_is_taken_apart_without_losing_its_end(text):
    found = parse(text)
    assert found.detail == "" or text.replace(" ", "").replace("臺", "台").endswith(found.detail)


@pytest.mark.parametrize(
    ("text", "lines", "city", "region", "code", "country"),
    [
        ("221B Baker Street, London NW1 6XE, UK", ("221B Baker Street",), "London", None, "NW1 6XE", "GB"),
        ("123 Main Street, New York, NY 10001", ("123 Main Street",), "New York", "NY", "10001", "US"),
        ("Unter den Linden 5, 10117 Berlin, Germany", ("Unter den Linden 5",), "Berlin", None, "10117", "DE"),
        ("1900 Eglinton Ave E, Toronto, ON M1L 2L9, Canada", ("1900 Eglinton Ave E",), "Toronto", "ON", "M1L 2L9", "CA"),
        ("12 Rue de Rivoli\n75001 Paris\nFrance", ("12 Rue de Rivoli",), "Paris", None, "75001", "FR"),
        ("5 Queen St, Sydney NSW 2000, Australia", ("5 Queen St",), "Sydney", "NSW", "2000", "AU"),
        ("Keizersgracht 123, 1015 CJ Amsterdam, Netherlands", ("Keizersgracht 123",), "Amsterdam", None, "1015 CJ", "NL"),
        ("742 Evergreen Terrace, Springfield, OR", ("742 Evergreen Terrace",), "Springfield", "OR", None, None),
        ("Flat 2, 10 High Street, Leeds, West Yorkshire, LS1 4AP, United Kingdom", ("Flat 2", "10 High Street"), "Leeds", "West Yorkshire", "LS1 4AP", "GB"),
        ("1 Raffles Place, Singapore 048616", ("1 Raffles Place",), "Singapore", None, "048616", "SG"),
        ("Main St 1", ("Main St 1",), None, None, None, None),
        ("", (), None, None, None, None),
    ],
)  # fmt: skip
def test_a_western_address_is_taken_apart(text, lines, city, region, code, country):
    found = addresses.parse(text)
    assert (found.lines, found.city, found.region, found.postal_code, found.country) == (
        lines,
        city,
        region,
        code,
        country,
    )


@pytest.mark.parametrize(
    ("text", "city", "district", "rest"),
    [
        ("黑龙江哈尔滨道里区中央大街1号", "哈尔滨市", "道里区", "中央大街1号"),
        ("江苏镇江京口区中山东路1号", "镇江市", "京口区", "中山东路1号"),
        ("浙江宁波镇海区骆驼街道", "宁波市", "镇海区", ""),
        ("河北唐山路南区新华道1号", "唐山市", "路南区", "新华道1号"),
        ("山东青岛市南区香港中路10号", "青岛市", "市南区", "香港中路10号"),
        ("济南市中区经四路1号", "济南市", "市中区", "经四路1号"),
        ("济南市市中区经四路1号", "济南市", "市中区", "经四路1号"),
        ("湖北恩施市舞阳坝街道", "恩施土家族苗族自治州", "恩施市", ""),
        ("大理市下关镇泰安路1号", "大理白族自治州", "大理市", "泰安路1号"),
        ("内蒙古呼伦贝尔莫力达瓦旗尼尔基镇", "呼伦贝尔市", "莫力达瓦达斡尔族自治旗", ""),
        ("香港特别行政区九龙城区太子道1号", "香港", "九龙城区", "太子道1号"),
        ("香港九龙尖沙咀广东道1号", "九龙", None, "尖沙咀广东道1号"),
    ],
)
def test_a_division_whose_name_begins_like_a_road_a_town_or_another_is_found(text, city, district, rest):
    found = parse(text)
    assert (found.city, found.district, found.detail, found.contradictions) == (city, district, rest, ())


def test_every_district_is_found_behind_its_city_however_short_that_is_written():
    table = divisions()
    above = [(city_of(one), one) for one in table.values() if one.level == 3]
    inside = [(city, district) for city, district in above if city and city.level == 2]
    lost = [
        written
        for city, district in inside
        for written in (f"{city.name}{district.name}", f"{city.stem}{district.name}")
        if parse(f"{written}中山路1号").adcode != district.code
    ]
    assert (len(inside) > 2500, lost) == (True, [])
