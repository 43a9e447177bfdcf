"""What no label claims in a pasted block: goods first, then people, then the address; the rest is a note."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from connectors.hedges import Hedges, as_said, asked, with_stand_ins
from connectors.paste_block import Block, pieces_of
from connectors.paste_goods import DOUBTED, Goods, goods_among, goods_in, is_bare_count, is_code
from connectors.paste_numbers import AMOUNT, NUM_WITH_COMMA, read_numbers
from connectors.paste_people import chinese_name, is_company, is_talk, western_name
from connectors.paste_places import chinese_place, chinese_words, is_chinese, looks_western, western_place

_UNIT_PRICE = re.compile(rf"(?:单价|單價|价格)\s*:?\s*[¥￥]?\s*(?P<price>{AMOUNT})\s*(?P<tail>元|块)?(?:/\w+)?")
_FEW = re.compile(r"\d{1,2}\s+[^\W\d][^\d,]{1,30}")
_STUCK = re.compile(r"(?<=[号室楼栋座层市区县镇村路院城厦园店个件盒箱包瓶袋])(?=[A-Za-z]{1,6}-?\d)")
_STREET = re.compile(r"[路街道巷弄里]$")
_TOWN = re.compile(r"[镇乡村]$")
_DIVISION = re.compile(r"[\u4e00-\u9fff][市区县旗镇乡]$")
_GREETING = re.compile(
    r"^(?:你好|您好|亲|在吗|谢谢|感谢|多谢|好的|麻烦了?|thanks?(?: you)?|many thanks|hi|hello|dear \w+|hey|regards|best regards|cheers|please|ok)[!！,.~\s]*$",
    re.IGNORECASE,
)
_ORDINARY = re.compile(
    r"^(?:deliver|deliver to|ship|tel|电话|手机|手机号|联系电话|联系人|地址|收货地址|收货人|收件人|数量|姓名|邮编|phone|tel|mobile|call|email|address|name|我要|我想|帮我|请|订|下单|订购|发|寄|给|給|請|和|and|to|for|at|of|the|order|items?|goods)[:：\s]*$",
    re.IGNORECASE,
)


def goods_out(block: Block, text: str) -> list[str]:
    """Take the goods out of a text; return the pieces that are none."""
    hedged, said = with_stand_ins(text)
    pieces: list[str] = []
    for piece in asked_apart(block, _paired(pieces_of(hedged)), said):
        if _price_behind(block, piece):
            continue
        found, left = _goods_of(piece)
        block.goods.extend(found)
        pieces.append(left)
    return [piece for piece in pieces if piece]


def asked_apart(block: Block, pieces: Iterable[str], said: Hedges) -> Iterator[str]:
    """Take the goods of which a stand-in says how many, or what they cost, without that number; all else comes as it was said."""
    for piece in pieces:
        is_hedged = any(str(number) in piece for number in said)
        found, left = _goods_of(piece) if is_hedged else ([], piece)
        asked_of = [_asked(goods, said) for goods in found]
        if any(goods.doubts for goods in asked_of):
            block.goods.extend(asked_of)
            yield from [as_said(left, said)] if left else []
        else:
            yield from pieces_of(as_said(piece, said)) if is_hedged else [piece]


def _asked(goods: Goods, said: Hedges) -> Goods:
    """The goods with a doubt in the place of each stand-in; as they are where they have none."""
    source = as_said(goods.source, said)
    doubts = list(goods.doubts)
    for number, hedge in said.items():
        if goods.qty == number or (goods.qty is None and str(number) in goods.source):
            doubts = [("qty_invalid", "qty", asked(hedge, source))]
        if goods.price == number:
            doubts.append(
                ("price_missing", "unit_price", f"{source[:60]!r}: {hedge.words!r} is no price; say what a piece costs")
            )
    if doubts == list(goods.doubts) and source == goods.source:
        return goods
    return replace(
        goods,
        sku=as_said(goods.sku, said) if goods.sku else None,
        name=as_said(goods.name, said) if goods.name else None,
        qty=None if any(field == "qty" for _, field, _ in doubts) else goods.qty,
        price=None if goods.price in said else goods.price,
        confidence=DOUBTED if doubts else goods.confidence,
        source=source,
        doubts=tuple(doubts),
    )


def _goods_of(piece: str) -> tuple[list[Goods], str]:
    """Return (goods of a piece, what else it says)."""
    found, before = _behind_colon(piece)
    if found:
        return [found], before
    more, left = goods_among(_spaced(piece).split())
    if not is_chinese(piece) and not all(goods.sku for goods in more):
        more = []
    return more, (" ".join(left) if more else piece)


def people_and_place(block: Block, pieces: list[str]) -> None:
    """Find name, company and address among pieces; what is neither becomes a note."""
    if is_chinese("".join(pieces)):
        _chinese(block, pieces)
    else:
        _western(block, pieces)


def _price_behind(block: Block, piece: str) -> bool:
    """Give `单价199元` to the goods that were named just before; whether it was one."""
    said = _UNIT_PRICE.fullmatch(piece)
    if said is None or not block.goods or block.goods[-1].price is not None:
        return False
    currency = "CNY" if said["tail"] else block.goods[-1].currency
    block.goods[-1] = replace(
        block.goods[-1], price=read_numbers(None, said["price"], beside=piece)[1], currency=currency
    )
    return True


def _behind_colon(piece: str) -> tuple[Goods | None, str]:
    """Return (goods, what stands before them): `Order for tomorrow: 10 kg rice`."""
    found = goods_in(piece)
    if found:
        return found, ""
    head, colon, tail = piece.rpartition(":")
    found = goods_in(tail) if colon and not head[-1:].isdigit() else None
    return (found, head) if found else (None, piece)


def _paired(pieces: list[str]) -> list[str]:
    """Join a code of goods with the count that a comma parted from it: `A001, 2件`."""
    joined: list[str] = []
    for piece in pieces:
        counted = re.fullmatch(rf"\d{{1,5}}|{NUM_WITH_COMMA}", piece) or is_bare_count(piece)
        if counted and joined and is_code(joined[-1]):
            joined[-1] = f"{joined[-1]} {piece}"
        else:
            joined.append(piece)
    return joined


def _spaced(piece: str) -> str:
    """A Chinese piece with spaces where goods stick to an address or to each other."""
    if not is_chinese(piece):
        return piece
    return _STUCK.sub(" ", piece).replace("/", " ")


def _chinese(block: Block, pieces: list[str]) -> None:
    words: list[str] = []
    for piece in pieces:
        western = western_name(piece)
        if western and block.name is None:
            block.name = (western, piece, Decimal("0.7"))
            continue
        words.extend([*re.split(r"[\s/]+" if is_chinese(piece) else r"\s+", piece), ""])
    words = _chinese_people(block, words)
    if block.place is None:
        inside, words = chinese_words(words)
        block.place = chinese_place("".join(inside)) if inside else None
        if block.place and block.place.name and block.name is None:
            block.name = (block.place.name, block.place.source, Decimal("0.65"))
    _leave(block, [word for word in words if word])


def _chinese_people(block: Block, words: list[str]) -> list[str]:
    left: list[str] = []
    for at, word in enumerate(words):
        code = re.fullmatch(r"(?:邮编|邮政编码)?(\d{6})", word)
        if code and block.postal_code is None:
            block.postal_code = code[1]
            continue
        name = chinese_name(word) if block.name is None and not _is_of_an_address(words, at) else None
        if name:
            block.name = (name, word, Decimal("0.8"))
        elif block.company is None and is_company(word):
            block.company = (word, word, Decimal("0.7"))
        else:
            left.append(word)
    return left


def _is_of_an_address(words: list[str], at: int) -> bool:
    """Whether a word that could be a name goes on with an address: 文三路 before 100号, 张江镇 behind 浦东新区."""
    before, word, behind = words[at - 1] if at else "", words[at], words[at + 1] if at + 1 < len(words) else ""
    return bool((_STREET.search(word) and behind[:1].isdigit()) or (_TOWN.search(word) and _DIVISION.search(before)))


def _western(block: Block, pieces: list[str]) -> None:
    left: list[str] = []
    place: list[str] = []
    for at, piece in enumerate(pieces):
        lead = re.match(r"([A-Z][\w'’.-]*(?:\s+[A-Z][\w'’.-]*){1,2})\s+(?=\d)", piece)
        if block.name is None and lead and western_name(lead[1]):
            block.name = (lead[1], lead[1], Decimal("0.7"))
            piece = piece[lead.end() :]
        if block.name is None and western_name(piece, lone=at == 0 and len(pieces) > 1):
            block.name = (western_name(piece, lone=True) or piece, piece, Decimal("0.8"))
        elif block.company is None and is_company(piece):
            block.company = (piece, piece, Decimal("0.7"))
        elif block.place is None and _is_of_place(piece, place, pieces[at + 1 :]):
            place.append(piece)
        else:
            left.append(piece)
    if place and all(_FEW.fullmatch(piece) for piece in place) and not block.goods:
        block.goods.extend(_few(piece) for piece in place)
    elif place:
        block.place = western_place(place, country=block.country)
    _leave(block, left)


def _few(piece: str) -> Goods:
    """`2 Burger` where nothing else could be an address."""
    count, name = piece.split(maxsplit=1)
    return Goods(None, name, Decimal(count), None, None, None, Decimal("0.5"), piece)


def _is_of_place(piece: str, before: list[str], after: list[str]) -> bool:
    if is_talk(piece) or len(piece) > 80 or _ORDINARY.match(piece):
        return False
    if looks_western(piece):
        return True
    # A city or a region stands between a street and a postal code or country.
    return bool(before) and piece[:1].isupper() and len(piece.split()) <= 4 and not is_code(piece)


def _leave(block: Block, words: list[str]) -> None:
    said = [word for word in words if not _GREETING.match(word) and not _ORDINARY.match(word)]
    text = " ".join(said).strip(" ,.:;-/")
    if text:
        block.notes.append(text)
