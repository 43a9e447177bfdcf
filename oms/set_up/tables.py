"""THE table of what a set-up file holds: section -> its rows' model, what names a row, and how each field is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oms.catalog.models import Barcode, BundlePart, Price, Sku
from oms.db import Base
from oms.fulfilment.models import Carton
from oms.inventory.models import Bin, Warehouse
from oms.parties.models import Carrier, CarrierService, Channel, Customer
from oms.set_up import fields as f
from oms.set_up.fields import Read

WAYS = ("web_shop", "email", "phone", "im", "fax", "visit", "sales_rep", "distributor")
TERMS = ("prepaid", "cod", "account")
LANGUAGES = ("en", "zh_Hans")
BIN_KINDS = ("pick", "reserve", "quarantine", "returns", "packing")


@dataclass(frozen=True, slots=True)
class Section:
    """`named_by` are the fields that tell one row from another; `refers` maps a field to the section whose row it names.

    A field of a new row is needed unless it is in `may_be_left_out`; of a row that stands, only what is given changes.
    """

    model: type[Base]
    named_by: tuple[str, ...]
    fields: Mapping[str, Read]
    may_be_left_out: frozenset[str] = frozenset()
    refers: Mapping[str, str] = field(default_factory=dict)
    #: field -> the column it goes to, where that has another name
    columns: Mapping[str, str] = field(default_factory=dict)
    #: Rows are never changed: another value is a new row that holds from now on.
    from_now_on: bool = False

    def column(self, name: str) -> str:
        return self.columns.get(name, f"{name}_id" if name in self.refers else name)


def _section(model: type[Base], named_by: str, needed: Mapping[str, Read], **more: Any) -> Section:
    left_out: Mapping[str, Read] = more.pop("left_out", {})
    return Section(model, tuple(named_by.split()), {**needed, **left_out}, frozenset(left_out), **more)


_LENGTH, _WEIGHT = f.whole(1, 100_000), f.whole(0, 10_000_000)
_SIZES: dict[str, Read] = {"length_mm": _LENGTH, "width_mm": _LENGTH, "height_mm": _LENGTH}

#: In this order: what is referred to comes first.
SECTIONS: dict[str, Section] = {
    "warehouses": _section(
        Warehouse,
        "code",
        {"code": f.words, "name_en": f.words, "name_zh": f.words, "address": f.place, "country": f.country},
        left_out={"zone": f.zone, "priority": f.whole(1, 1000), "layout": f.thing, "active": f.flag},
    ),
    "bins": _section(
        Bin,
        "warehouse code",
        {"warehouse": f.words, "code": f.words},
        left_out={
            "kind": f.one_of(BIN_KINDS),
            "aisle": f.whole(0, 10_000),
            "y_mm": f.whole(0, 10_000_000),
            "block": f.whole(0, 1000),
        },
        refers={"warehouse": "warehouses"},
    ),
    "cartons": _section(
        Carton,
        "code",
        {"code": f.words, **_SIZES, "tare_g": _WEIGHT, "limit_g": f.whole(1, 10_000_000), "price": f.number},
    ),
    "goods": _section(
        Sku,
        "code",
        {"code": f.words, "name_en": f.words, "name_zh": f.words},
        left_out={
            **_SIZES,
            "weight_g": _WEIGHT,
            "unit": f.words,
            "lead_days": f.whole(0, 3650),
            **dict.fromkeys(("this_side_up", "bundle", "custom", "discontinued", "active"), f.flag),
        },
    ),
    "barcodes": _section(
        Barcode,
        "code",
        {"code": f.words, "sku": f.words},
        left_out={"qty": f.some},
        refers={"sku": "goods"},
    ),
    "bundle_parts": _section(
        BundlePart,
        "bundle part",
        {"bundle": f.words, "part": f.words, "qty": f.some},
        refers={"bundle": "goods", "part": "goods"},
    ),
    "customers": _section(
        Customer,
        "number",
        {"number": f.words, "name": f.words},
        left_out={
            "company": f.words,
            "email": f.words,
            "phone": f.words,
            "payment_terms": f.one_of(TERMS),
            "credit_currency": f.currency,
            "credit_limit": f.number,
        },
    ),
    "channels": _section(
        Channel,
        "name",
        {"name": f.words, "way": f.one_of(WAYS), "source": f.words, "currency": f.currency},
        left_out={
            "base_url": f.address,
            "secrets": f.secrets,
            "settings": f.thing,
            "payment_terms": f.one_of(TERMS),
            "language": f.one_of(LANGUAGES),
            "customer": f.words,
            **dict.fromkeys(("needs_signature", "polled", "active"), f.flag),
        },
        refers={"customer": "customers"},
    ),
    "prices": _section(
        Price,
        "sku currency channel",
        {"sku": f.words, "currency": f.currency, "list_price": f.number, "floor_price": f.number},
        left_out={"channel": f.words},
        refers={"sku": "goods", "channel": "channels"},
        from_now_on=True,
    ),
    "carriers": _section(
        Carrier,
        "name",
        {"name": f.words, "source": f.words, "base_url": f.address, "api_key": f.secret},
        left_out={"secrets": f.secrets, "active": f.flag},
    ),
    "carrier_services": _section(
        CarrierService,
        "carrier warehouse service country",
        {
            "carrier": f.words,
            "warehouse": f.words,
            "service": f.words,
            "country": f.destination,
            "cut_off": f.hour,
            "transit_days": f.whole(0, 365),
            "base_price": f.number,
            "price_per_kg": f.number,
            "currency": f.currency,
        },
        left_out={
            "max_weight_g": _WEIGHT,
            "pick_up_days": f.whole(0, 127),
            "cash_on_delivery": f.flag,
        },
        refers={"carrier": "carriers", "warehouse": "warehouses"},
    ),
}

#: What is there at the beginning, once: later pieces come as goods in.
OPENING = "opening_stock"
OPENING_FIELDS: dict[str, Read] = {"warehouse": f.words, "bin": f.words, "sku": f.words, "qty": f.some}
