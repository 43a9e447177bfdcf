"""What the demo's company sells, where it stands, who carries it: tables, read by `seed.py`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Good:
    """A SKU with price in CNY and EUR, size, and pieces in Shenzhen and Shanghai; aisle and depth of its bin."""

    code: str
    en: str
    zh: str
    barcode: str
    cny: str
    eur: str
    weight_g: int
    size_mm: tuple[int, int, int]
    shenzhen: int
    shanghai: int
    aisle: int
    y_mm: int
    parts: tuple[tuple[str, int], ...] = ()

    def pieces(self, warehouse: str) -> int:
        """How many lie in a warehouse on the first day."""
        return {"SZ": self.shenzhen, "SH": self.shanghai}[warehouse]


GOODS: tuple[Good, ...] = (
    Good("TEA-LJ-100", "Longjing green tea 100 g", "龙井茶 100克", "6901234500011", "68.00", "9.90", 150, (120, 80, 60), 400, 80, 0, 3000),
    Good("TEA-PE-357", "Pu'er tea cake 357 g", "普洱茶饼 357克", "6901234500028", "128.00", "18.90", 420, (210, 210, 40), 300, 60, 1, 9000),
    Good("TEA-TGY-250", "Tieguanyin oolong 250 g", "铁观音 250克", "6901234500035", "98.00", "14.50", 300, (140, 100, 80), 260, 0, 2, 14000),
    Good("TEA-BH-050", "White tea 50 g", "白毫银针 50克", "6901234500042", "88.00", "12.90", 90, (100, 70, 50), 180, 30, 3, 5000),
    Good("CUP-CEL-01", "Celadon cup", "青瓷杯", "6901234500059", "39.00", "5.90", 260, (90, 90, 80), 500, 90, 4, 18000),
    Good("POT-YX-200", "Yixing teapot 200 ml", "宜兴紫砂壶 200毫升", "6901234500066", "268.00", "39.00", 480, (160, 120, 110), 90, 20, 5, 11000),
    Good("TRAY-BAM-40", "Bamboo tea tray 40 cm", "竹茶盘 40厘米", "6901234500073", "158.00", "23.00", 1400, (410, 270, 60), 60, 10, 6, 22000),
    Good("STR-SS-01", "Steel strainer", "不锈钢茶漏", "6901234500080", "19.00", "2.90", 60, (80, 80, 40), 600, 0, 7, 7000),
    Good("CADDY-TIN-S", "Tin caddy, small", "锡茶罐 小号", "6901234500097", "59.00", "8.50", 220, (90, 90, 120), 200, 40, 8, 25000),
    Good("KETTLE-1L", "Gooseneck kettle 1 l", "长嘴壶 1升", "6901234500103", "199.00", "29.00", 900, (280, 200, 180), 50, 0, 9, 16000),
    Good("SCOOP-WD-01", "Wooden scoop", "木茶勺", "6901234500110", "15.00", "2.20", 30, (120, 40, 20), 12, 0, 9, 26000),
    Good("SET-GIFT-01", "Gift set: pot and two cups", "礼盒：一壶两杯", "6901234500127", "328.00", "48.00", 1050, (320, 260, 140), 0, 0, 0, 0, (("POT-YX-200", 1), ("CUP-CEL-01", 2))),
)  # fmt: skip

CARTON_FIELDS = ("code", "length_mm", "width_mm", "height_mm", "tare_g", "limit_g", "price")
CARTONS: tuple[tuple[str, int, int, int, int, int, str], ...] = (
    ("C1", 200, 150, 100, 60, 3000, "0.80"),
    ("C2", 320, 240, 160, 130, 8000, "1.50"),
    ("C3", 450, 320, 260, 240, 20000, "2.60"),
)

#: The walking floor of both houses: two blocks of ten aisles, lengths in mm.
LAYOUT = {"aisle_count": 10, "aisle_pitch_mm": 3000, "block_count": 2, "block_length_mm": 15000}

#: service, transit days to CN and abroad, base price, price per kg
SERVICES: tuple[tuple[str, int, int, str, str], ...] = (
    ("economy", 4, 9, "8.00", "2.00"),
    ("standard", 2, 5, "12.00", "4.00"),
    ("express", 1, 3, "22.00", "10.00"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who signs in to the demo."""

    login: str
    name: str
    roles: tuple[str, ...]
    language: str = "en"


PEOPLE: tuple[Person, ...] = (
    Person("chen", "Chen Jing 陈静", ("order_specialist",), "zh_Hans"),
    Person("maria", "Maria Lopez", ("order_specialist",)),
    Person("zhao", "Zhao Lei 赵磊", ("order_manager",), "zh_Hans"),
    Person("susan", "Susan Wright", ("customer_service",)),
    Person("liu", "Liu Yang 刘洋", ("warehouse",), "zh_Hans"),
    Person("pedro", "Pedro Silva", ("warehouse",)),
    Person("sun", "Sun Wei 孙伟", ("shipping_clerk",), "zh_Hans"),
    Person("wang", "Wang Fang 王芳", ("buyer",), "zh_Hans"),
    Person("qian", "Qian Ming 钱明", ("quality_inspector",), "zh_Hans"),
    Person("fiona", "Fiona Ng", ("finance",)),
    Person("gao", "Gao Feng 高峰", ("general_manager",), "zh_Hans"),
    Person("ana", "Ana Costa", ("auditor",)),
    Person("root", "Administrator", ("admin",)),
)

LIST_PRICE_FLOOR = Decimal("0.90")
