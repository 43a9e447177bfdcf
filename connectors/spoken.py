"""Orders that a person passes on (phone, visit, fax, sales rep, instant message): our own JSON from the page, or a pasted block.

Such an order has no number of its own: intake gives it one, so a missing number is no problem here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from connectors import currencies
from connectors.base import Address, ChannelConfig, ChannelOrder, Customer, Payment, Received
from connectors.fields import Node, node, notice, unreadable
from connectors.json_bytes import Unreadable, parse, storable
from connectors.money import currency_code
from connectors.own_json import OwnOrder
from connectors.paste import MAX_CHARS, Pasted, parse_paste
from connectors.totals import finish

#: A chat line may begin with a bracket too: `[Sticker] ...`.
_IS_JSON = re.compile(r"\s*(?:\{|\[\s*[\[\]{\"0-9-])")
#: Keys of our own JSON of which an order has at least one; `text` is a pasted block inside it.
_MARKS = frozenset({"lines", "customer", "ship_to", "text", "channel_order_id", "channel_order_number"})

_TERMS = (
    (re.compile(r"货到付款|\bcod\b|cash on delivery", re.IGNORECASE), "cod"),
    (re.compile(r"月结|挂账|账期|\bnet ?\d{2}\b|on account", re.IGNORECASE), "account"),
    (re.compile(r"款到发货|预付|已付款|已转账|prepaid|already paid|paid in advance", re.IGNORECASE), "prepaid"),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the talk comes from; its settings `country` and `currency` tell what people leave out."""

    channel: str
    source: str
    country: str | None = None
    currency: str | None = None


def translated(message: Received, config: ChannelConfig, *, source: str) -> list[ChannelOrder]:
    """Translate what the order specialist's page posts, or a pasted block of text; one element an order."""
    told = config.settings
    frame = Frame(
        message.channel or config.name, source, told.get("country") or None, currency_code(told.get("currency"))
    )
    try:
        text = _text(message.body)
        if _IS_JSON.match(text):
            return _from_json(parse(message.body), frame)
    except Unreadable as error:
        return [unreadable(channel=frame.channel, source=source, error=error)]
    return [_from_text(text, frame)]


def order_of(pasted: Pasted, frame: Frame) -> ChannelOrder:
    """The order that a pasted block says, with its problems; a repeat gives the same."""
    currency, unsure = currencies.settled(pasted.currencies, frame.currency)
    named = Customer(
        name=pasted.name or pasted.company,
        company=pasted.company,
        email=pasted.email,
        phone=pasted.phone,
        phone_ext=pasted.phone_ext,
    )
    found = ChannelOrder(
        channel=frame.channel,
        source=frame.source,
        channel_order_id=pasted.order_number,
        channel_order_number=pasted.order_number,
        currency=currency,
        payment=Payment(terms=_terms(pasted.note or "")),
        customer=named,
        ship_to=_ship_to(pasted),
        lines=pasted.lines,
        buyer_message=pasted.note,
        problems=(*unsure, *pasted.problems),
        evidence=pasted.evidence,
    )
    return _numbered_later(finish(found))


def _text(body: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _bounded(storable(text))
    raise Unreadable("not text in UTF-8 or GB18030")


def _bounded(text: str) -> str:
    if not text.strip():
        raise Unreadable("the message is empty")
    if len(text) > MAX_CHARS and not _IS_JSON.match(text):
        raise Unreadable(f"the text is longer than {MAX_CHARS} characters; paste one order at a time")
    return text


def _from_json(body: object, frame: Frame) -> list[ChannelOrder]:
    items = body if isinstance(body, list) else [body]
    orders = [item for item in items if isinstance(item, dict) and _MARKS & item.keys()]
    if not orders:
        return [notice(channel=frame.channel, source=frame.source)]
    return [_from_item(item, frame) for item in orders]


def _from_item(item: Node, frame: Frame) -> ChannelOrder:
    text = item.get("text")
    if not isinstance(text, str) or not text.strip():
        return _numbered_later(OwnOrder(item, channel=frame.channel, source=frame.source).read())
    pasted = order_of(parse_paste(storable(text), country=frame.country), frame)
    keyed = {name: value for name, value in item.items() if name != "text" and value not in (None, "", [], {})}
    if not keyed:
        return pasted
    return _over(pasted, OwnOrder(node(keyed), channel=frame.channel, source=frame.source).read(), frozenset(keyed))


def _over(pasted: ChannelOrder, keyed: ChannelOrder, names: frozenset[str]) -> ChannelOrder:
    """What the specialist keyed wins over what was read from the pasted text."""
    told = {name: getattr(keyed, name) for name in names if name in ChannelOrder.__dataclass_fields__}
    kept_problems = [found for found in pasted.problems if found.field.split(".")[0] not in names]
    own = [found for found in keyed.problems if found.field.split(".")[0] in names]
    evidence = tuple(piece for piece in pasted.evidence if piece.field.split(".")[0] not in names)
    merged = replace(pasted, **{**told, "problems": (*own, *kept_problems), "evidence": evidence})
    return _numbered_later(finish(merged))


def _from_text(text: str, frame: Frame) -> ChannelOrder:
    pasted = parse_paste(text, country=frame.country)
    return order_of(pasted, frame) if pasted.is_order else notice(channel=frame.channel, source=frame.source)


def _terms(note: str) -> str | None:
    """Payment terms that the talk states in so many words."""
    return next((terms for pattern, terms in _TERMS if pattern.search(note)), None)


def _ship_to(pasted: Pasted) -> Address | None:
    if pasted.address is None:
        return None
    return replace(
        pasted.address,
        name=pasted.name,
        company=pasted.company,
        phone=pasted.phone,
        phone_ext=pasted.phone_ext,
    )


def _numbered_later(order: ChannelOrder) -> ChannelOrder:
    return replace(order, problems=tuple(found for found in order.problems if found.code != "number_missing"))
