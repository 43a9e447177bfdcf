"""Estates, towers and people in Chinese addresses of mails."""

from __future__ import annotations

import pytest

from connectors.base import Address
from tests.connectors.mails import mail, one

_STREET = "浙江省杭州市西湖区文三路478号"

PLACES = [
    ("阳光花园 3栋502 王小明 13912345678", "王小明", "阳光花园3栋502"),
    ("华星时代广场 1203室\n收货人：王小明\n电话：13912345678", "王小明", "华星时代广场1203室"),
    ("金地格林 1203室\n收货人：王小明\n电话：13912345678", "王小明", "金地格林1203室"),
    ("万达\n收货人：王小明\n电话：13912345678", "王小明", "万达"),
    ("万科城 3栋502 李四 13912345678", "李四", "万科城3栋502"),
    ("华星时代广场1203室王小明 13912345678", "王小明", "华星时代广场1203室"),
    ("A座1203 王小明收 13912345678", "王小明", "A座1203"),
    ("王小明先生 13912345678", "王小明先生", ""),
    ("13912345678 王小明", "王小明", ""),
    ("买买提 13912345678", "买买提", ""),
    ("王小明", "王小明", ""),
    ("李四 13912345678\n联系人：张三", "张三", ""),
]


def ship_to(text: str) -> Address:
    order = one(mail("采购订单 CG-4711", f"请发货：\nTEA-1 2盒 单价68元\n{text}\n"), currency="CNY")
    assert order.ship_to is not None
    return order.ship_to


@pytest.mark.parametrize(("behind", "name", "building"), PLACES)
def test_an_estate_is_part_of_the_address_and_nobodys_name(behind, name, building):
    address = ship_to(f"收货地址：{_STREET} {behind}")
    assert (address.name, address.lines) == (name, (f"文三路478号{building}",))
    assert address.district == "西湖区"


@pytest.mark.parametrize(
    "text", [f"王小明 13912345678 {_STREET} 阳光花园 3栋502", f"{_STREET} 阳光花园 3栋502，王小明，13912345678"]
)
def test_a_receiver_before_or_behind_the_address_is_found(text):
    address = ship_to(f"收货地址：{text}")
    assert (address.name, address.phone) == ("王小明", "+8613912345678")
    assert address.lines == ("文三路478号阳光花园3栋502",)
