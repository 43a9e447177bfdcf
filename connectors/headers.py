"""Which column is which field: known names in English and Chinese, a sender's own mapping, and what the other columns say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from connectors.header_meanings import meaning_of_name, refers_to_goods
from connectors.header_names import NAMES, OWNERS, SIMPLIFIED, table
from connectors.money import currency_code
from connectors.rates import is_rate, rate_of

_MAX_HEADER_CHARS = 60
_BRACKETS = re.compile(r"[(（\[【<《]([^)）\]】>》]*)[)）\]】>》]")
_NOT_WORD = re.compile(r"[^\w]|_")
_IN_BRACKETS_LAST = re.compile(r"[(（\[【]\s*([^()（）\[\]【】]{1,20}?)\s*[)）\]】]\s*$")
_CURRENCY_TAIL = re.compile(r"(.+?)(usd|eur|gbp|cny|rmb|jpy|cad|aud|chf|sek|nok|dkk|pln|hkd|inr|元|人民币)")
#: Fields that make a row of names the head of a table of lines.
_OF_LINES = ("lines.", "plain.", "options.")
#: A weaker second column of the same field is taken for this one.
_SECOND = {
    "channel_order_id": "po_number",
    "lines.discount": "totals.discount",
    "lines.tax": "totals.tax",
    "lines.name": "lines.sku",
    "lines.total": "plain.total",
    "lines.unit_price": "lines.second_price",
    "ship_to.name": "customer.name",
    "lines.qty": "lines.second_qty",
    # 订单状态 beside 退款状态, `Order Status` beside `Line Status`: each may end what the other lets stand.
    "status": "status.second",
    "status.second": "status.third",
}
#: Counts of packages, or of what the whole order has, which say nothing against a line's quantity.
_COUNTED_OTHERWISE = frozenset(("count", "itemcount", "件数", "总数量"))
#: A column of amounts is taken before one of percentages of the same thing.
_OF_A_RATE = 90
_MONEY = ("lines.unit_price", "lines.total", "plain.total", "totals.total", "lines.discount", "totals.shipping")
_CJK = re.compile(r"[\u4e00-\u9fff]")


class MappingInvalid(ValueError):
    """The saved column mapping of a sender names a field that does not exist."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Field -> place of its column; `heads` are the names as written, `currency` what a head says in brackets."""

    places: Mapping[str, int]
    heads: Mapping[str, str] = field(default_factory=dict)
    currency: str | None = None
    chinese: bool = False
    unknown: tuple[str, ...] = ()

    def __contains__(self, name: str) -> bool:
        return name in self.places

    @property
    def has_lines(self) -> bool:
        """Whether the sheet says what is ordered, and not only who orders."""
        return "lines.sku" in self.places or "lines.name" in self.places

    @property
    def is_order(self) -> bool:
        """Whether rows under these columns are orders: numbered ones, or goods with a quantity."""
        if self.has_lines:
            return "channel_order_id" in self.places or "lines.qty" in self.places
        return "channel_order_id" in self.places and "tracking" not in self.places


@lru_cache(maxsize=4096)
def normal(head: str) -> str:
    """The name without case, spaces, signs and brackets: `PO #` is pono, `单价（元）` is 单价, `productSku` is productsku."""
    text = unicodedata.normalize("NFKC", head[:_MAX_HEADER_CHARS]).casefold().replace("#", "no").replace("%", "pct")
    return _NOT_WORD.sub("", without_accents(_BRACKETS.sub(_moved_owner, text.translate(SIMPLIFIED))))


def without_accents(text: str) -> str:
    """The letters alone: `Annulé` is Annule, signs of Chinese and Japanese stay as they are in NFKD."""
    if text.isascii():
        return text
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def bracketed(head: str) -> str:
    """What stands in brackets at the end of a head: 箱 of `数量(箱)`, cases of `Qty (cases)`; "" where nothing does."""
    found = _IN_BRACKETS_LAST.search(head[:_MAX_HEADER_CHARS])
    return found[1] if found else ""


@lru_cache(maxsize=4096)
def fields_of(head: str) -> tuple[tuple[str, int], ...]:
    """The fields that a head may mean with their strength, strongest first; empty for an unknown head."""
    rate = rate_of(head)
    if rate:
        return ((rate, _OF_A_RATE),)
    name = normal(head)
    known = _known()
    if name in known:
        return known[name]
    tail = _CURRENCY_TAIL.fullmatch(name)
    return known.get(tail[1], ()) if tail else _said_twice(name)


def _said_twice(name: str) -> tuple[tuple[str, int], ...]:
    """What a head means in Chinese and in letters as well: 数量 Qty; a word that only qualifies the other makes another head."""
    chinese, letters = "".join(_CJK.findall(name)), _CJK.sub("", name)
    meant = {field for field, _ in _known().get(letters, ())} if chinese and letters else set()
    return tuple((field, strength) for field, strength in _known().get(chinese, ()) if field in meant)


def known_names(cells: Sequence[str]) -> int:
    """How much a row of cells looks like the head of an order table; goods columns count double."""
    if sum(1 for cell in cells if cell.strip()) > 400:
        return 0
    found = {fields_of(cell)[0][0] for cell in cells if cell.strip() and fields_of(cell)}
    return sum(2 if name.startswith(_OF_LINES) else 1 for name in found)


def recognise(heads: Sequence[str], mapping: Mapping[str, str] | None = None) -> Columns:
    """Place our fields on the columns; `mapping` (our field -> their head) wins over known names.

    Raises MappingInvalid where the mapping names a field that does not exist.
    """
    places = _mapped(heads, mapping or {})
    taken, is_mapped = set(places.values()), "channel_order_id" in places
    for strength, place, name in sorted(_candidates(heads, taken)):
        if place in taken:
            continue
        while name in places and name in _SECOND and not is_rate(heads[place]):
            name = _SECOND[name]
        if name not in places and strength >= 0:
            places[name] = place
            taken.add(place)
    number = places.get("channel_order_id")
    if number is not None and not is_mapped and refers_to_goods(places, normal(heads[number])):
        _move(places, "channel_order_id", "lines.sku")
    _settle(places, heads)
    return Columns(
        places=places,
        heads={name: heads[place].strip() for name, place in places.items()},
        currency=_currency(heads, places),
        chinese=bool(_CJK.search("".join(heads))),
        unknown=tuple(head for place, head in enumerate(heads) if head.strip() and place not in places.values()),
    )


def _moved_owner(match: re.Match[str]) -> str:
    # WooCommerce writes `City (Billing)`: whose it is stands behind.
    inside = _NOT_WORD.sub("", match[1])
    return f"_{inside}_" if inside in _owners() else ""


@cache
def _owners() -> frozenset[str]:
    return frozenset(word for words in OWNERS.values() for word in words.split())


@cache
def _known() -> dict[str, tuple[tuple[str, int], ...]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for name, meaning, strength in table():
        entries = found.setdefault(normal(name), [])
        if meaning not in (known for known, _ in entries):
            entries.append((meaning, strength))
        behind = _owner_behind(name, meaning)
        if behind:
            found.setdefault(behind, []).append((meaning, strength))
    return {name: tuple(entries) for name, entries in found.items()}


def _owner_behind(name: str, meaning: str) -> str | None:
    for owner in ("shipping", "billing"):
        if name.startswith(owner) and meaning.startswith(("ship_to.", "bill_to.")) and name != owner:
            return name.removeprefix(owner) + owner
    return None


def _mapped(heads: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    places: dict[str, int] = {}
    normals = [normal(head) for head in heads]
    for given, head in mapping.items():
        name = field_named(given)
        if normal(head) in normals:
            places[name] = normals.index(normal(head))
    return places


def field_named(given: str) -> str:
    """Our field of a name in a mapping: `sku`, `lines.sku`, `order_number`, `ship_to.city`.

    Raises MappingInvalid for any other.
    """
    aliases = {
        "order_number": "channel_order_id",
        "number": "channel_order_id",
        "channel_order_number": "channel_order_id",
        "phone": "ship_to.phone",
        "address": "ship_to.address",
        "customer": "customer.name",
        "note": "buyer_message",
        "ship_by": "requested.ship_by",
        "deliver_by": "requested.deliver_by",
    }
    every = all_fields()
    for name in (given, aliases.get(given, ""), f"lines.{given}", f"totals.{given}", f"ship_to.{given}"):
        if name in every:
            return name
    raise MappingInvalid(
        f"the column mapping names {given!r}, which is no field; fields are {', '.join(sorted(every))}"
    )


@cache
def all_fields() -> frozenset[str]:
    """Every field that a column can be mapped to."""
    return frozenset(meaning for _, meaning, _ in table()) | frozenset(NAMES)


def _candidates(heads: Sequence[str], taken: set[int]) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for place, head in enumerate(heads):
        if place not in taken:
            found.extend((strength, place, name) for name, strength in fields_of(head)[:1])
    return found


def _settle(places: dict[str, int], heads: Sequence[str]) -> None:
    """Give the names that mean several things their meaning in this sheet."""
    normals = {normal(head) for head in heads}
    if "lines.second_qty" in places and normal(heads[places["lines.second_qty"]]) in _COUNTED_OTHERWISE:
        places.pop("lines.second_qty")
    if "lines.unit_price" not in places:
        places.pop("lines.price_per", None)  # the only price of a sheet may be headed `Price Unit`
    goods = "lines.sku" in places or "lines.name" in places
    by_piece = "lines.qty" in places and goods
    if "quantitypurchased" in normals and normal(heads[places.get("lines.unit_price", 0)]) == "itemprice":
        _move(places, "lines.unit_price", "lines.total")  # Amazon's item-price is for the whole line
    if "plain.name" in places:
        _move(places, "plain.name", meaning_of_name(places, normals, by_piece))
    if "plain.total" in places:
        of_order = (
            not by_piece
            or "lines.total" in places
            or bool({"totals.shipping", "plain.subtotal", "totals.subtotal", "totals.tax"} & places.keys())
        )
        _move(places, "plain.total", "totals.total" if of_order else "lines.total")
    if not by_piece and not goods:
        _move(places, "lines.total", "totals.total")
        _move(places, "lines.discount", "totals.discount")
        _move(places, "lines.tax", "totals.tax")
    if "plain.subtotal" in places:
        line = by_piece and "lines.total" not in places and "totals.total" not in places
        _move(places, "plain.subtotal", "lines.total" if line else "totals.subtotal")


def _move(places: dict[str, int], name: str, to: str) -> None:
    if name in places and to not in places:
        places[to] = places.pop(name)


def _currency(heads: Sequence[str], places: Mapping[str, int]) -> str | None:
    for name in _MONEY:
        if name not in places:
            continue
        head = unicodedata.normalize("NFKC", heads[places[name]][:_MAX_HEADER_CHARS])
        inside = [text.strip().split("/")[0] for text in _BRACKETS.findall(head)]
        tail = _CURRENCY_TAIL.fullmatch(_NOT_WORD.sub("", head.casefold()))
        for text in [*inside, *([tail[2]] if tail and fields_of(tail[1]) else [])]:
            if currency_code(text):
                return currency_code(text)
    return None
