"""Order markup (schema.org JSON-LD) in an HTML mail: goods where the text names none, and whether they are on their way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.mail.charsets import clean
from connectors.mail.figures import Money, money, quantity
from connectors.mail.found import Found, found
from connectors.mail.items import Item
from connectors.money import currency_code

_MAX_NODES = 500
#: Item and order states that only exist once somebody is already delivering.
_UNDER_WAY = ("delivered", "intransit", "shipped", "pickupavailable", "cancelled", "returned", "problem")


@dataclass(slots=True)
class Markup:
    """What the markup of a mail says: order number, goods, and whether parcels are moving already."""

    number: str | None = None
    items: list[Item] = field(default_factory=list)
    under_way: bool = False


def read_markup(texts: Sequence[str]) -> Markup:
    """Read the JSON-LD blocks of a mail; what is no JSON or no Order says nothing."""
    markup = Markup()
    for text in texts:
        try:
            data = json.loads(text, parse_float=str, parse_int=str)
        except (ValueError, RecursionError):
            continue
        for node in _orders(data):
            _take(node, markup)
    return markup


def _orders(data: object) -> Iterator[dict[str, Any]]:
    waiting = [data]
    seen = 0
    while waiting and seen < _MAX_NODES:
        node = waiting.pop()
        seen += 1
        if isinstance(node, list):
            waiting += node[:_MAX_NODES]
        elif isinstance(node, dict):
            if _type(node) in ("order", "parceldelivery"):
                yield node
            waiting += [node[key] for key in ("@graph", "partOfOrder") if key in node]


def _type(node: dict[str, Any]) -> str:
    return _text(node.get("@type")).rsplit("/", 1)[-1].lower()


def _take(order: dict[str, Any], markup: Markup) -> None:
    if _type(order) == "parceldelivery" or order.get("orderDelivery"):
        markup.under_way = True
    markup.number = markup.number or _text(order.get("orderNumber")) or None
    markup.under_way |= _moves(order.get("orderStatus"))
    for key in ("orderedItem", "acceptedOffer"):
        for line in _nodes(order.get(key)):
            markup.under_way |= _moves(line.get("orderItemStatus")) or bool(line.get("orderDelivery"))
            item = _item(line)
            if item.is_goods():
                markup.items.append(item)


def _moves(status: object) -> bool:
    return any(word in _text(status).lower() for word in _UNDER_WAY)


def _item(line: dict[str, Any]) -> Item:
    product = next(iter(_nodes(line.get("orderedItem") or line.get("itemOffered"))), {})
    text = json.dumps(line, ensure_ascii=False)[:300]
    sku = _text(product.get("sku")) or _text(line.get("sku")) or _text(line.get("orderItemNumber"))
    name = _text(product.get("name")) or _text(line.get("name"))
    item = Item(
        sku=found(sku, "0.9", text) if sku else None, name=found(name, "0.9", text) if name else None, source=text
    )
    raw = line.get("orderQuantity") or line.get("eligibleQuantity")
    raw = raw.get("value") if isinstance(raw, dict) else raw
    try:
        item.qty = quantity(_text(raw) or "1").qty
    except ValueError as error:
        item.qty_fault = str(error)
    item.price = _price(line, text) or _price(product, text)
    return item


def _price(node: dict[str, Any], source: str) -> Found[Money] | None:
    offer = next(iter(_nodes(node.get("offers"))), node)
    figure = money(_text(offer.get("price")))
    if figure is None:
        return None
    return found(
        Money(figure.value, currency_code(_text(offer.get("priceCurrency"))) or figure.currency, figure.sign),
        "0.9",
        source,
    )


def _nodes(raw: object) -> list[dict[str, Any]]:
    listed = raw if isinstance(raw, list) else [raw]
    return [node for node in listed[:_MAX_NODES] if isinstance(node, dict)]


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        return ""
    # JSON may name half of a surrogate pair, which no text can hold.
    return clean(raw[:300].encode("utf-8", "replace").decode()).strip()
