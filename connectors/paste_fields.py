"""A pasted block's labelled fields: what a label says, and what more its text holds."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from connectors.countries import alpha2
from connectors.hedges import with_stand_ins
from connectors.paste_block import LABELLED, Block, contacts_out, pieces_of
from connectors.paste_goods import DOUBTED, Goods, goods_among, goods_in, is_bare_count, is_code
from connectors.paste_labels import Labelled
from connectors.paste_numbers import doubts_of
from connectors.paste_people import chinese_name, is_company, phone_texts, western_name
from connectors.paste_places import chinese_place, is_chinese, looks_western, western_place
from connectors.paste_sorting import asked_apart
from connectors.sheet_cells import price as read_price
from connectors.sheet_cells import qty_and_unit

#: `Qty: 2 × $45.00 = $90.00`; `Qty: 2 x 12` may be packs of twelve.
_TIMES_PRICE = re.compile(
    r"(?P<qty>\d{1,6})\s*(?:@\s*(?P<at>[^\d\s=]{0,3}\s?\d[\d.,]*)|[×xX*]\s*(?P<price>[^\d\s=]{1,3}\s?\d[\d.,]*|\d+[.,]\d{2}|\d[\d.,]*(?=\s*=)))"
    r"\s*(?:=.*)?"
)
_CALLS = re.compile(r"\b(?:call|tel|phone|mobile)\b|电话|手机|\+\d", re.IGNORECASE)


def take_labelled(block: Block, told: Labelled) -> list[str]:
    """Take what labels say; return texts that hold more than their label promised."""
    left: list[str] = []
    address: list[str] = []
    parts: dict[str, str] = {}
    for name, value in told.values:
        if name == "unit" and not is_bare_count(f"1{value}"):
            name = "company"  # 单位 is also who one works for
        if name in ("sku", "qty", "unit", "price"):
            if name in parts:
                _part_goods(block, parts)
                parts = {}
            parts[name] = value
        elif name in ("region_text", "address"):
            address.append(value)
        else:
            left.extend(_take(block, name, value))
    if parts:
        _part_goods(block, parts)
    if address:
        left.extend(_labelled_address(block, address))
    return left


def _take(block: Block, name: str, value: str) -> list[str]:
    if name == "name":
        return _take_name(block, value)
    if name == "phone":
        block.phones.append(value)
    elif name == "goods":
        return _labelled_goods(block, contacts_out(block, value) if _CALLS.search(value) else value)
    elif name == "note":
        block.notes.append(value)
    elif name == "company":
        block.company = (value, value, LABELLED)
    elif name == "country":
        block.country = alpha2(value) or block.country
    elif name in ("email", "postal_code", "order_number"):
        setattr(block, name, value)
    return []


def _take_name(block: Block, value: str) -> list[str]:
    spans = phone_texts(value)
    plain = value[: spans[0][0]].strip(" ,") if spans else value
    left = [value[spans[0][0] :]] if spans else []
    first, _, rest = plain.partition(" ")
    if chinese_name(first) and rest:
        plain, left = first, [value[len(first) :]]
    block.name = block.name or (chinese_name(plain) or plain, value, LABELLED)
    return left


def _labelled_goods(block: Block, value: str) -> list[str]:
    """Take goods; return what follows them and is a person or a place."""
    hedged, said = with_stand_ins(value)
    pieces, first = asked_apart(block, pieces_of(hedged), said), len(block.goods)
    for piece in pieces:
        if len(block.goods) > first and (western_name(piece) or (looks_western(piece) and not goods_in(piece))):
            return [piece, *pieces]
        found = goods_in(piece)
        if found:
            block.goods.append(found)
            continue
        more, left = goods_among(piece.split())
        block.goods.extend(more)
        text = " ".join(left)
        if text and not more:
            block.unsure.append((text, piece))
        elif text:
            block.notes.append(text)
    return []


def _part_goods(block: Block, parts: dict[str, str]) -> None:
    sku = parts.get("sku")
    times = _TIMES_PRICE.fullmatch(parts.get("qty", ""))
    if times:
        parts = {**parts, "qty": times["qty"], "price": times["at"] or times["price"]}
    source = ", ".join(parts.values())
    mark, doubts = doubts_of(parts.get("qty"), parts.get("price"), beside=f"{source}{'件' if block.chinese else ''}")
    is_open = {field for _, field, _ in doubts}
    try:
        qty, unit = qty_and_unit(parts.get("qty", ""), mark=mark)
        price, currency = (
            read_price(parts["price"], mark=mark, chinese=block.chinese) if "price" in parts else (None, None)
        )
    except ValueError:
        block.unsure.append((sku or "", source))
        return
    unit = parts.get("unit") or unit
    if qty is None and block.goods and sku is None:
        return
    if qty is None:
        block.unsure.append((sku or "", source))
        return
    name = None
    if sku is None and block.unsure and isinstance(block.unsure[-1][0], str):
        name = str(block.unsure.pop()[0])
        sku, name = (name, None) if is_code(name) else (None, name)
    qty, price = None if "qty" in is_open else qty, None if "unit_price" in is_open else price
    block.goods.append(Goods(sku, name, qty, unit, price, currency, DOUBTED if doubts else LABELLED, source, doubts))


def _labelled_address(block: Block, values: list[str]) -> list[str]:
    pieces = [piece for value in values for piece in pieces_of(contacts_out(block, value))]
    kept: list[str] = []
    for piece in pieces:
        found = goods_in(piece) if kept else None
        if found and (found.sku or not looks_western(piece)):
            block.goods.append(found)
            continue
        more, rest = goods_among(piece.split()) if kept or " " in piece else ([], [piece])
        block.goods.extend(goods for goods in more if goods.sku)
        kept.append(" ".join(rest) if any(goods.sku for goods in more) else piece)
        if block.company is None and not is_chinese(piece) and is_company(kept[-1]):
            block.company = (kept.pop(), piece, Decimal("0.8"))
    if is_chinese("".join(kept)):
        words = [word for piece in kept for word in piece.split()]
        block.place = chinese_place("".join(words))
    else:
        first = kept[0] if kept else ""
        if block.name is None and len(kept) > 1 and western_name(first):
            block.name = (western_name(first) or first, first, Decimal("0.85"))
            kept = kept[1:]
        block.place = western_place(kept, country=block.country)
    if block.place is not None and block.place.name and block.name is None:
        block.name = (block.place.name, block.place.source, Decimal("0.65"))
    if block.place is not None:
        block.place = replace(block.place, confidence=max(block.place.confidence, Decimal("0.9")))
    return []
