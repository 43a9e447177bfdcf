"""Chinese addresses in pasted text, parted as shops print them: no division and no street is lost to a note."""

from __future__ import annotations

import pytest

from connectors.paste import parse_paste
from connectors.paste_people import chinese_name

#: Block -> (region, city, district, lines).
PLACES: dict[str, tuple[str, str, str | None, tuple[str, ...]]] = {
    "广东省 深圳市 南山区 深南大道9988号 A座1203": ("广东省", "深圳市", "南山区", ("深南大道9988号A座1203",)),
    "北京市 北京市 朝阳区 建国路88号": ("北京市", "北京市", "朝阳区", ("建国路88号",)),
    "北京市 朝阳区 建国路88号": ("北京市", "北京市", "朝阳区", ("建国路88号",)),
    "北京 朝阳 建国路88号": ("北京市", "北京市", "朝阳区", ("建国路88号",)),
    "江苏省 南京市 鼓楼区 中山北路1号": ("江苏省", "南京市", "鼓楼区", ("中山北路1号",)),
    "河北省 石家庄市 长安区 中山东路 12号 3单元": ("河北省", "石家庄市", "长安区", ("中山东路12号3单元",)),
    "浙江省 杭州市 西湖区 文三路 100 号": ("浙江省", "杭州市", "西湖区", ("文三路100号",)),
    "广东省 广州市 白云区 机场路1号": ("广东省", "广州市", "白云区", ("机场路1号",)),
    "辽宁省 沈阳市 和平区 南京街2号": ("辽宁省", "沈阳市", "和平区", ("南京街2号",)),
    "广东省 深圳市 南山区 粤海街道 深南大道9988号": ("广东省", "深圳市", "南山区", ("深南大道9988号",)),
    "上海 浦东新区 张江镇 碧波路690号": ("上海市", "上海市", "浦东新区", ("碧波路690号",)),
    "广东省，深圳市，南山区，深南大道9988号": ("广东省", "深圳市", "南山区", ("深南大道9988号",)),
    "广东省深圳市\n南山区深南大道9988号": ("广东省", "深圳市", "南山区", ("深南大道9988号",)),
    "广东 深圳 南山 科技园路1号": ("广东省", "深圳市", "南山区", ("科技园路1号",)),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "block",
    [
        "王小明 13912345678 {place}\nTEA-1 2盒 单价68元",
        "{place} 王小明 13912345678\nTEA-1 2盒",
        "TEA-1 2盒\n{place}\n王小明\n13912345678",
    ],
)
def test_an_address_parted_by_spaces_commas_or_lines_is_whole(place, block):
    found = parse_paste(block.format(place=place))
    address = found.address
    assert (address.region, address.city, address.district, address.lines) == PLACES[place]
    assert (found.name, found.phone, found.note) == ("王小明", "+8613912345678", None)
    assert [(line.sku, line.qty) for line in found.lines] == [("TEA-1", 2)]


@pytest.mark.parametrize(
    ("block", "note"),
    [
        ("王小明 13912345678 广东省 深圳市 尽快发货 TEA-1 2盒", "尽快发货"),
        ("王小明 13912345678 广东省 深圳市 周末送货 TEA-1 2盒", "周末送货"),
    ],
)
def test_words_behind_a_city_that_name_no_place_stay_a_note(block, note):
    found = parse_paste(block)
    assert (found.name, found.note) == ("王小明", note)


@pytest.mark.parametrize("text", ["白云区", "和平区", "江北区", "金山区"])
def test_a_district_that_several_cities_share_is_no_person(text):
    assert chinese_name(text) is None
    assert chinese_name(text[:-1]) in (text[:-1], None)
