"""The demo's customers: made-up names, addresses and contacts at home and abroad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Customer:
    """A made-up customer; mails to them end in the sandbox mailbox."""

    name: str
    email: str
    phone: str
    address: dict[str, Any]

    def ship_to(self) -> dict[str, Any]:
        return {"name": self.name, "phone": self.phone, **self.address}

    def contact(self) -> dict[str, Any]:
        return {"name": self.name, "email": self.email, "phone": self.phone}


def _cn(line: str, district: str, city: str, region: str, code: str) -> dict[str, Any]:
    return {"lines": [line], "district": district, "city": city, "region": region, "postal_code": code, "country": "CN"}


def _abroad(line: str, city: str, code: str, country: str, region: str | None = None) -> dict[str, Any]:
    return {"lines": [line], "city": city, "region": region, "postal_code": code, "country": country}


CUSTOMERS: dict[str, Customer] = {
    "li": Customer("李雷", "li.lei@customer.example", "+8613800138001", _cn("科苑路15号", "南山区", "深圳市", "广东省", "518057")),
    "han": Customer("韩梅", "han.mei@customer.example", "+8613800138002", _cn("天河路385号", "天河区", "广州市", "广东省", "510620")),
    "zhou": Customer("周强", "zhou@customer.example", "+8613800138003", _cn("建国路88号", "朝阳区", "北京市", "北京市", "100022")),
    "wu": Customer("吴琴", "wu.qin@customer.example", "+8613800138004", _cn("文三路90号", "西湖区", "杭州市", "浙江省", "310012")),
    "anna": Customer("Anna Schmidt", "anna.schmidt@customer.example", "+4930901820", _abroad("Lindenstraße 9", "Berlin", "10969", "DE")),
    "paul": Customer("Paul Martin", "paul.martin@customer.example", "+33142685300", _abroad("12 rue de la Paix", "Paris", "75002", "FR")),
    "emma": Customer("Emma Jones", "emma.jones@customer.example", "+442079460000", _abroad("221B Baker Street", "London", "NW1 6XE", "GB")),
    "luca": Customer("Luca Rossi", "luca.rossi@customer.example", "+390669812345", _abroad("Via Roma 4", "Roma", "00184", "IT")),
    "harbour": Customer("Harbour Trading Ltd", "purchasing@harbour.example", "+85221234567", _abroad("8 Queen's Road Central", "Hong Kong", "999077", "HK")),
    "huanan": Customer("华南茶行", "caigou@huanan.example", "+8675588886666", _cn("中山大道100号", "天河区", "广州市", "广东省", "510660")),
}  # fmt: skip
