"""Units in which goods are ordered and sold: five cases of what is sold by the piece are no five pieces (I-2). Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from decimal import Decimal

#: What holds several pieces, or measures them, by the words of senders and the codes of UN/ECE and X12. Words of what a
#: customer takes home as one (a bottle, 盒, 瓶, 套, a pack, a pair) are not here: goods sold by the piece are called so.
_FAMILIES: dict[str, tuple[str, ...]] = {
    words.split()[0]: tuple(words.split())
    for words in (
        "dozen dozens doz dz dzn dutzend douzaine docena dozzina 打",
        "gross grs gro 罗",
        "case cases cs ca carton cartons ctn ctns ct crate crates karton kartons caisse caisses caja cajas cartone cartoni 箱 整箱",
        "box boxes bx bxs",
        "pallet pallets plt plts palette paletten palettes 托 托盘",
        "kg kgs kgm kilo kilos kilogram kilograms kilogramm 公斤 千克",
        "g gr grm gram grams gramm 克",
        "t tne ton tons tonne tonnes 吨",
        "lb lbs lbr pound pounds 磅",
        "oz onz ounce ounces",
        "斤",
        "m mtr meter meters metre metres 米",
        "cm cmt 厘米",
        "ft foot feet 英尺",
        "yd yard yards 码",
        "l ltr liter liters litre litres 升",
        "ml mlt 毫升",
    )
}
_FAMILY = {word: family for family, words in _FAMILIES.items() for word in words}
#: Goods sold in these are sold whole.
_WHOLE = frozenset(
    "ea each pc pcs pce piece pieces unit units item items stk stück st 个 件 只 支 台 条 张 把 本 枚".split()
) | frozenset(_FAMILIES["case"] + _FAMILIES["box"] + _FAMILIES["pallet"])


def doubts(qty: Decimal, ordered_in: str | None, sold_in: str | None) -> Iterator[tuple[str, str]]:
    """The rules that a line of known goods breaks by what it counts in, each with the part of the line to look at."""
    if differ(ordered_in, sold_in):
        yield "unit_differs", "unit"
    elif is_broken(qty, sold_in):
        yield "qty_broken", "qty"


def differ(ordered_in: str | None, sold_in: str | None) -> bool:
    """Whether the sender counts in something that is surely not what the goods are sold in; `EA` and no unit say nothing."""
    family = _FAMILY.get(_word(ordered_in))
    return family is not None and family != _FAMILY.get(_word(sold_in))


def is_broken(qty: Decimal, sold_in: str | None) -> bool:
    """Whether it is a part of what is sold whole: half a metre can be sent, half a piece cannot."""
    return qty != qty.to_integral_value() and _word(sold_in) in _WHOLE


def _word(unit: str | None) -> str:
    return unicodedata.normalize("NFKC", unit or "").strip(" .").casefold()
