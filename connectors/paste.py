"""A pasted block in any order, English or Chinese, one line or many -> name, phone, address, goods and what is left.

A phone counts only when it can be dialled; each field carries the text it was read from and how sure it is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal

from connectors.base import Address, Evidence, Line, Problem
from connectors.contacts import email as read_email
from connectors.countries import alpha2
from connectors.hedges import with_dozens
from connectors.paste_block import LABELLED, Block, contacts_out, countries, phone_of
from connectors.paste_fields import take_labelled
from connectors.paste_goods import Goods, is_code
from connectors.paste_labels import taken_apart
from connectors.paste_people import Phone
from connectors.paste_places import is_chinese
from connectors.paste_sorting import goods_out, people_and_place
from connectors.problems import problem

MAX_CHARS = 5_000

#: A label that a name follows without a colon: `收件人王小明，`.
_NAME_LABEL = re.compile(
    r"(收货人|收件人|联系人|收貨人|聯絡人)(?!姓名|名称|电话|手机|地址|信息|所在|電話)(?=[\u4e00-\u9fff]{2,4}(?:[\s,;。]|\d|$))"
)
_PARTS = {"½": ".5", "¼": ".25", "¾": ".75"}
#: Not of a house: `221½ Baker Street`.
_HALVES = re.compile(
    r"(?<![A-Za-z0-9_.,-])([xX]?)(\d{0,4}) ?([½¼¾])(?= ?(?:[\u4e00-\u9fff×*]|x\b|(?:kgs?|kilos?|g|lbs?|pounds?|oz|l|lit(?:er|re)s?|m|met(?:er|re)s?"
    r"|dozen|cases?|box(?:es)?|packs?|pallets?|tons?)\b))",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"[¼-¾⅐-⅞]")
#: 我俩 are people, and no two of anything.
_PAIR = re.compile(r"(?<![我你您他她它咱们妻子口人弟妹哥姐])[俩仨](?![人口])")
#: Places outside the mainland by which a phone is dialled.
_DIALLED_IN = (
    (re.compile(r"[台臺][湾灣]|[台臺]北市|新北市|桃[园園]市|[台臺]中市|[台臺]南市|高雄市"), "TW"),
    (re.compile(r"香港|九[龙龍]|新界"), "HK"),
    (re.compile(r"澳[门門]"), "MO"),
)


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a pasted block says; what it does not say is None. `note` is what stands beside all fields."""

    name: str | None = None
    company: str | None = None
    phone: str | None = None
    phone_ext: str | None = None
    email: str | None = None
    address: Address | None = None
    lines: tuple[Line, ...] = ()
    #: what prices name: currencies, and signs that may mean several
    currencies: frozenset[str] = frozenset()
    order_number: str | None = None
    note: str | None = None
    evidence: tuple[Evidence, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def is_order(self) -> bool:
        """Whether the block names goods, or somebody to send to."""
        return bool(self.lines or self.address or (self.name and self.phone))


def parse_paste(text: str, *, country: str | None = None) -> Pasted:
    """Read a pasted block; `country` (alpha-2) is where phones without a code are dialled. Never raises.

    Only the first 5,000 characters are read.
    """
    plain = _tidy(text[:MAX_CHARS])
    block = Block(chinese=is_chinese(plain), country=country or _country_named(plain))
    told = taken_apart(plain)
    free = take_labelled(block, told)
    rest = contacts_out(block, "\n".join([*free, *told.free]))
    pieces = goods_out(block, rest)
    people_and_place(block, pieces)
    return _result(block)


def _tidy(text: str) -> str:
    spaced = re.sub(r"[\u2460-\u2473]", "\n", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "  "))
    spaced = _in_words(spaced)
    plain = unicodedata.normalize("NFKC", spaced).replace("…", " ")
    plain = "".join(sign for sign in plain if sign == "\n" or unicodedata.category(sign) not in ("Cf", "Cc", "Cs"))
    plain = re.sub(r"【([^】\d]{1,8})】[ :]*", r" \1: ", plain)
    plain = re.sub(r"(?<![\w*])\*([^*\n]{1,80})\*(?![\w*])", r"\1", plain)  # *bold* in a messenger
    plain = _NAME_LABEL.sub(r"\1:", plain)
    return re.sub(r"(?m)^\s*(?:\d{1,2}[、)]|\d{1,2}\.\s)\s*|(?:收货|收件|客户|联系)信息\s*:", "\n", plain)


def _in_words(text: str) -> str:
    """The text with 2.5 for 2½, `1 dozen` for `a dozen`, 2个 for 俩: in their usual signs some would be other numbers."""
    text = _HALVES.sub(lambda match: f"{match[1]}{match[2] or 0}{_PARTS[match[3]]}", text)
    text = _FRACTION.sub(lambda match: f" {unicodedata.normalize('NFKC', match[0]).replace('⁄', '/')} ", text)
    text = _PAIR.sub(lambda match: "2个" if match[0] == "俩" else "3个", text)
    return with_dozens(text)


def _country_named(text: str) -> str | None:
    """The country that a western block names, by which its phone is dialled."""
    words = [piece.strip(" .") for piece in re.split(r"[\n,;.]", text) if 3 < len(piece.strip(" .")) < 40]
    named = next((code for word in words[:200] if (code := alpha2(word))), None)
    return named or next((code for pattern, code in _DIALLED_IN if pattern.search(text)), None)


def _result(block: Block) -> Pasted:
    phone, spare = _best_phone(block)
    address = block.place.address if block.place else None
    if address is not None and block.postal_code and not address.postal_code:
        address = replace(address, postal_code=block.postal_code)
    email, email_problems = read_email(block.email, field="customer.email")
    lines = (*(_line(goods) for goods in block.goods), *(_unsure_line(text) for text, _ in block.unsure))
    notes = [*block.notes, *(f"other phone: {text}" for text in spare)]
    return Pasted(
        name=block.name[0] if block.name else None,
        company=block.company[0] if block.company else None,
        phone=phone.number if phone else None,
        phone_ext=phone.ext if phone else None,
        email=email,
        address=address,
        lines=tuple(lines),
        currencies=frozenset(goods.currency for goods in block.goods if goods.currency),
        order_number=block.order_number,
        note="\n".join(notes) or None,
        evidence=_evidence(block, phone),
        problems=(
            *(phone.problems if phone else ()),
            *email_problems,
            *(block.place.problems if block.place else ()),
            *_doubts(block),
            *_qty_problems(block),
        ),
    )


def _best_phone(block: Block) -> tuple[Phone | None, list[str]]:
    texts = list(dict.fromkeys(block.phones))
    read = [phone_of(text, country) for text in texts for country in countries(block, text)]
    best = next((phone for phone in read if phone.is_good), read[0] if read else None)
    return best, [text for text in texts if best is not None and text != best.source]


def _line(goods: Goods) -> Line:
    return Line(sku=goods.sku, name=goods.name, qty=goods.qty, unit=goods.unit, unit_price=goods.price)


def _unsure_line(text: Goods | str) -> Line:
    said = str(text)
    return Line(sku=said) if is_code(said) else Line(name=said or None)


def _doubts(block: Block) -> list[Problem]:
    return [
        problem(code, f"lines.{at}.{field}", message)
        for at, goods in enumerate(block.goods)
        for code, field, message in goods.doubts
    ]


def _qty_problems(block: Block) -> list[Problem]:
    first = len(block.goods)
    return [
        problem("qty_missing", f"lines.{first + at}.qty", f"{source[:60]!r} says no quantity; ask how many")
        for at, (_, source) in enumerate(block.unsure)
    ]


def _evidence(block: Block, phone: Phone | None) -> tuple[Evidence, ...]:
    found: list[Evidence] = []
    if block.name:
        found.append(Evidence("ship_to.name", block.name[2], block.name[1]))
    if block.company:
        found.append(Evidence("ship_to.company", block.company[2], block.company[1]))
    if phone:
        found.append(Evidence("ship_to.phone", Decimal("0.95") if phone.is_good else Decimal("0.4"), phone.source))
    if block.email:
        found.append(Evidence("customer.email", LABELLED, block.email))
    if block.place:
        found.append(Evidence("ship_to.lines", min(block.place.confidence, LABELLED), block.place.source))
    found.extend(Evidence(f"lines.{at}", goods.confidence, goods.source) for at, goods in enumerate(block.goods))
    first = len(block.goods)
    found.extend(Evidence(f"lines.{first + at}", Decimal("0.4"), source) for at, (_, source) in enumerate(block.unsure))
    return tuple(found)
