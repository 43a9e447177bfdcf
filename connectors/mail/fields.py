"""Labelled fields, address blocks and vertically set goods out of the lines of a mail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.countries import alpha2
from connectors.mail.addresses import US_STATES, read_address
from connectors.mail.conditions import opens_condition
from connectors.mail.counts import says_qty
from connectors.mail.items import bare_code
from connectors.mail.labels import names_receiver, normal
from connectors.mail.numbers import number_of
from connectors.mail.pairs import BULLETS, Pair, amount_of, heading_of, pairs_of, unmarked_in

_MAX_LINE = 600
#: What underlines a heading.
_UNDERLINE = re.compile(r"[=_*~–—\u2500-\u257f-]{3,}")
#: Labels inside an address block that belong to it; any other ends the block.
_IN_BLOCK = frozenset(
    "phone email ship_name company customer_name first_name last_name street street_2 city region area postal_code country"
    " tax_id".split()
)
_ENDS_BLOCK = re.compile(
    r"^[\W_]{3,}$|^(?:purchase shipping label|usps could not|view (?:or|order|your)|track|thanks|thank you|regards|best|kind regards|sincerely"
    r"|please|we |you |this |click|order|item|product|quantity|congratulations|if you|payment|https?:|\[|note|ship(?:ping)? method|subtotal"
    r"|谢谢|此致|祝|请|如有|以上|备注)",
    re.I,
)
_PHONE_LINE = re.compile(r"[+(]?\d[\d\s().-]{6,20}(?:\s?(?:x|ext\.?)\s?\d{1,6})?", re.I)
#: `收货人：李明 13812345678`
_NAMED_PHONE = re.compile(r"(?P<name>[^\d+]{2,40}?)[\s,，/、(（]+(?P<phone>\+?\d[\d\s-]{6,18}\d)[)）]?")
_EMAIL_LINE = re.compile(r"(?:mailto:)?[^\s@<>]{1,80}@[^\s@<>]{2,120}")
#: "Please ship 5 x ABC-1 to" with the address below.
_SENDS_TO = re.compile(r"\b(?:ship|deliver|send|dispatch)\b.{0,80}\bto:?$|(?:发到|寄到|送到|送至|寄至)[:：]?$", re.I)
#: The same in other words, where the lines below are an address.
_SENDS = re.compile(
    r"\b(?:(?:drop[- ]?)?ship|deliver|send|dispatch|forward|consign|(?:goods|order|it) (?:must|should|shall|are to|is to|has to)? ?go|liefer|versand|versend|schick|livr|expédi"
    r"|envi|entreg|consegn|sped|lever|bezorg|wysł|wysyła|dostarcz|dostaw)\w*\b.{0,100}$|[发寄送]"
    # "Destination: Hamburg" is a port, and no address.
    r"|\b(?:destination|(?:place|point) of delivery|delivery (?:place|site|point)|lugar de entrega|luogo di consegna|lieu de livraison|local de entrega)\b",
    re.I,
)
_WORDS_ONLY = re.compile(r"[A-Za-zÀ-ɏ' -]{8,100}")
_OF_PAPERS = re.compile(
    r"\b(?:invoice|bill|confirm|acknowledg|document|tracking|paper|statement|quot|copy|e-?mail|rechnung|factur|fattur|faktur)|发票|单据|邮件",
    re.I,
)
#: What makes "VAT: 4.00" an amount and "VAT: DE123456" a number.
_AMOUNT = re.compile(r"[-+(]?\s?(?:[A-Z]{3}|US)?\s?[$€£¥￥]?\s?\d{1,9}(?:[.,]\d{1,4}){0,3}\s?(?:[A-Z]{3}|€|元)?\)?")
#: Labels that open a list of goods as often as they name a number.
_BARE_ORDER = frozenset(("order", "purchase order", "po", "p.o"))
#: What stands behind the number of an order on its line.
_BESIDE_NUMBER = re.compile(r"[(（\[]|(?:dated?|vom|of|from|du|del)\b", re.I)
_COUNT_BEHIND = re.compile(r"[x×*]?\s?\d{1,5}(?:\s|$)", re.I)
_MAX_BLOCK = 10
#: Where a block stands that is part of a sentence: the line is not its own.
_NOWHERE = -100


@dataclass(frozen=True, slots=True)
class Labelled:
    """One field that the mail names, with the line that says so; `section` is the block it stands in."""

    key: str
    value: str
    source: str
    at: int
    section: str | None = None


@dataclass(frozen=True, slots=True)
class BlockOfLines:
    """The lines below an address heading; `label` is the heading's words."""

    kind: str
    lines: tuple[str, ...]
    at: int
    label: str = ""


@dataclass(slots=True)
class Scan:
    """What a text names; `used` are the lines that were understood."""

    labelled: list[Labelled] = field(default_factory=list)
    blocks: list[BlockOfLines] = field(default_factory=list)
    columns: list[Labelled] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    def first(self, *keys: str) -> Labelled | None:
        """The first field of one of these keys, keys in order of trust."""
        return next((said for key in keys for said in self.labelled if said.key == key), None)


def scan(lines: Sequence[str]) -> Scan:
    """Read every label, heading and block of the lines."""
    found = Scan()
    at = 0
    while at < len(lines):
        at = _take(lines, at, found)
    return found


def _take(lines: Sequence[str], at: int, found: Scan) -> int:
    line = lines[at][:_MAX_LINE].strip()
    if not line:
        return at + 1
    pairs = list(pairs_of(line)) or list(heading_of(line)) or list(amount_of(line)) or list(unmarked_in(line))
    if (not pairs and _SENDS_TO.search(line)) or _sends_below(lines, at, pairs):
        return _section(lines, at, Pair("", "ship_to", "section", ""), found, is_sentence=True)
    if any(pair.kind == "column" and pair.key in ("qty", "price") for pair in pairs):
        pairs = [_of_goods(pair) for pair in pairs]
    following = at + 1
    for index, pair in enumerate(pairs):
        if index < len(pairs) - 1 or (pair.kind == "section" and not pair.label):
            _note(pair, pair.value, line, at, found)
        else:
            following = _take_last(lines, at, pair, found)
    return following


def _take_last(lines: Sequence[str], at: int, pair: Pair, found: Scan) -> int:
    """The last label of a line, to which the lines below may belong."""
    line = lines[at][:_MAX_LINE].strip()
    if names_receiver(pair.label) and _is_address(lines, at, pair.value):
        return _section(lines, at, Pair(pair.label, "ship_to", "section", pair.value), found)
    if pair.kind == "section":
        return _section(lines, at, pair, found)
    if pair.value:
        _note(pair, pair.value, line, at, found)
        return at + 1
    # "please find below our purchase order:" ends a sentence; the line below is no value of it.
    begins = line.strip(BULLETS).startswith(pair.label.strip())
    return _value_below(lines, at, pair, found) if begins else at + 1


def _sends_below(lines: Sequence[str], at: int, pairs: Sequence[Pair]) -> bool:
    """ "Please drop ship to our customer:" with an address below; what is said of papers is no delivery."""
    line = lines[at][:_MAX_LINE].strip()
    if any(pair.value or pair.kind == "section" for pair in pairs) or not _opens(lines, at, line):
        return False
    return bool(_SENDS.search(line)) and not _OF_PAPERS.search(line) and _is_address(lines, at, "")


def _opens(lines: Sequence[str], at: int, line: str) -> bool:
    """Whether a line ends with a colon, or is words that go on right below."""
    if line.endswith((":", "：")):
        return True
    below = lines[at + 1].strip() if at + 1 < len(lines) else ""
    return bool(below) and _WORDS_ONLY.fullmatch(line) is not None


def _is_address(lines: Sequence[str], at: int, value: str) -> bool:
    """Whether the lines below, with what stands behind the label, are a street and a town."""
    kept = [value] if value else []
    for below in range(at + 1, min(at + _MAX_BLOCK, len(lines))):
        text = lines[below][:300].strip()
        if (not text and below > at + 1) or (text and _ends(text)):
            break
        kept += [text] if text else []
    if len(kept) < 2:
        return False
    address, _ = read_address([line for line in kept if not contact_kind(line)], field="ship_to")
    return address is not None and bool(address.lines and address.city and (address.postal_code or address.country))


def _ends(text: str) -> bool:
    return bool(list(pairs_of(text)) or list(heading_of(text)) or _ENDS_BLOCK.match(text))


def _of_goods(pair: Pair) -> Pair:
    """ "Quantity: 2, Price: 5.00, Total: 10.00" on one line: the total is the goods', not the order's."""
    return Pair(pair.label, "total", "column", pair.value) if pair.key in ("total", "subtotal") else pair


def _note(pair: Pair, value: str, source: str, at: int, found: Scan, section: str | None = None) -> None:
    if pair.kind == "section":
        if pair.key in ("ship_to", "bill_to") and value:
            found.blocks.append(BlockOfLines(pair.key, (value,), at if pair.label else _NOWHERE, normal(pair.label)))
        return
    if pair.key == "tax_id" and _AMOUNT.fullmatch(value):
        pair = Pair(pair.label, "tax", pair.kind, value)
    both = _NAMED_PHONE.fullmatch(value) if pair.key in ("ship_name", "customer_name") else None
    if both:
        value = both["name"]
        found.labelled.append(Labelled("phone", both["phone"], source, at, section))
    if value and not (pair.key == "order_number" and (number_of(value) is None or _is_goods(pair, value))):
        target = found.columns if pair.kind == "column" else found.labelled
        target.append(Labelled(pair.key, value, source, at, section))
        if pair.kind != "inline":
            found.used.add(at)


def _value_below(lines: Sequence[str], at: int, pair: Pair, found: Scan) -> int:
    """A label alone on its line: its value is the next line, unless that is a label again."""
    for below in range(at + 1, min(at + 3, len(lines))):
        text = lines[below].strip()
        if not text or _UNDERLINE.fullmatch(text):
            continue
        if len(text) <= 200 and not list(pairs_of(text)) and not list(heading_of(text)) and _may_be_value(pair, text):
            _note(pair, text, f"{pair.label}: {text}", below, found)
            found.used.add(below)
            return below + 1
        break
    return at + 1


def _is_goods(pair: Pair, value: str) -> bool:
    """Whether `Order: ABC-1 5 pcs` says what is ordered, and not under which number."""
    rest = value.partition(number_of(value) or "")[2].strip()
    return normal(pair.label) in _BARE_ORDER and (says_qty(rest) or bool(_COUNT_BEHIND.match(rest)))


def _may_be_value(pair: Pair, text: str) -> bool:
    """Whether a line can be the value of the label above it: goods below `Order:` are what is ordered, and no number of it."""
    if pair.kind == "column" or pair.key == "note":
        return True
    if bare_code(text) and says_qty(text):
        return False
    if pair.key != "order_number":
        return True
    number = number_of(text)
    rest = text.partition(number)[2].strip() if number else ""
    is_named = normal(pair.label) not in _BARE_ORDER
    return number is not None and (is_named or not rest or bool(_BESIDE_NUMBER.match(rest)))


def _section(lines: Sequence[str], at: int, pair: Pair, found: Scan, *, is_sentence: bool = False) -> int:
    if pair.key == "items":
        return at + 1
    if not is_sentence:
        found.used.add(at)
    kept = [pair.value] if pair.value else []
    below = at + 1
    while below < len(lines) and len(kept) < _MAX_BLOCK and not _is_full(kept, pair):
        text = lines[below][:300].strip()
        if not text:
            if kept or below > at + 2:
                break
        elif not kept and _UNDERLINE.fullmatch(text):
            pass
        elif not _take_block_line(text, below, pair, kept, found):
            break
        found.used.add(below)
        below += 1
    found.blocks.append(BlockOfLines(pair.key, tuple(kept), at + is_sentence, normal(pair.label)))
    return _contacts_below(lines, below, pair, found) if kept else below


def _is_full(kept: Sequence[str], pair: Pair) -> bool:
    """After the country, or after a whole address on the heading's line, an address block is over."""
    if not kept:
        return False
    last = re.sub(r"\s\([A-Z]{2}\)$", "", kept[-1].strip(" ."))
    if len(kept) > 1 and last not in US_STATES and alpha2(last):
        return True
    whole = pair.value and len(kept) == 1
    return bool(whole and (re.search(r"[\u4e00-\u9fff]{4}", pair.value) or pair.value.count(",") >= 2))


def _take_block_line(text: str, at: int, section: Pair, kept: list[str], found: Scan) -> bool:
    pairs = list(pairs_of(text))
    if pairs:
        if not all(pair.kind == "field" and pair.key in _IN_BLOCK for pair in pairs):
            return False
        for pair in pairs:
            _note(pair, pair.value, text, at, found, section.key)
        return True
    if list(heading_of(text)) or _ENDS_BLOCK.match(text) or opens_condition(text):
        return False
    contact = contact_kind(text)
    if contact:
        found.labelled.append(Labelled(contact, text.removeprefix("mailto:"), text, at, section.key))
    else:
        kept.append(text)
    return True


def _contacts_below(lines: Sequence[str], at: int, section: Pair, found: Scan) -> int:
    """Phone and e-mail that stand without a label below the country."""
    while at < len(lines):
        text = lines[at].strip()
        key = contact_kind(text)
        if key is None:
            return at
        found.labelled.append(Labelled(key, text.removeprefix("mailto:"), text, at, section.key))
        found.used.add(at)
        at += 1
    return at


def contact_kind(text: str) -> str | None:
    """Whether a line is a phone number or an e-mail address and nothing else."""
    if _PHONE_LINE.fullmatch(text):
        return "phone"
    return "email" if _EMAIL_LINE.fullmatch(text) else None
