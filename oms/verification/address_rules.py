"""Whether an address is enough for a carrier: pure. In China the division's code must fit the province that is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CHINA = "CN"
#: Cities that are no part of a region, or whose carriers need none.
_NO_CITY = frozenset({"SG", "MC", "VA", "GI"})
#: Where carriers do not deliver by postal code.
_NO_POSTAL_CODE = frozenset("AE AG AO BF BI BJ BO BS BW BZ CF CG CI CM CN DJ DM ER FJ GA GD GH GM GQ GY HK IE JM KM".split()
                            + "KN KP LC LY ML MO MR MW NA NR PA QA RW SB SC SL SO SR ST SY TD TF TG TO TV UG VU YE ZW".split())  # fmt: skip

#: First two digits of `adcode` -> how the province's name starts (GB/T 2260).
_PROVINCES = {
    "11": "北京", "12": "天津", "13": "河北", "14": "山西", "15": "内蒙", "21": "辽宁", "22": "吉林", "23": "黑龙",
    "31": "上海", "32": "江苏", "33": "浙江", "34": "安徽", "35": "福建", "36": "江西", "37": "山东", "41": "河南",
    "42": "湖北", "43": "湖南", "44": "广东", "45": "广西", "46": "海南", "50": "重庆", "51": "四川", "52": "贵州",
    "53": "云南", "54": "西藏", "61": "陕西", "62": "甘肃", "63": "青海", "64": "宁夏", "65": "新疆", "71": "台湾",
    "81": "香港", "82": "澳门",
}  # fmt: skip


def missing_parts(address: Mapping[str, Any]) -> list[str]:
    """The fields that a carrier needs and the address lacks, by name. A pick-up point needs no street."""
    country = address.get("country")
    lacking = [] if country else ["country"]
    if not address.get("lines") and not address.get("pickup_point"):
        lacking.append("lines")
    if not address.get("city") and country not in _NO_CITY:
        lacking.append("city")
    if country == _CHINA and not address.get("region"):
        lacking.append("region")
    return lacking


def lacks_postal_code(address: Mapping[str, Any]) -> bool:
    """Whether a postal code is usual there and absent."""
    country = address.get("country")
    return bool(country) and country not in _NO_POSTAL_CODE and not address.get("postal_code")


def contradicts_code(address: Mapping[str, Any]) -> bool:
    """Whether `adcode` belongs to another province than the one that is written; unknown names contradict nothing."""
    code, region = address.get("adcode") or "", address.get("region") or ""
    written = next((prefix for prefix, name in _PROVINCES.items() if region.startswith(name)), None)
    return bool(code) and written is not None and not code.startswith(written)
