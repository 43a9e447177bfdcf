"""How many of the goods a phrase wants: the quantity, which is no content of a pack and no half of two numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from connectors.mail.figures import MAGNITUDE, MEASURES, NUMERALS, SPACED, UNITS, Count, quantity
from connectors.mail.found import found
from connectors.mail.items import Item

_PLAIN = r"(?:\d{1,3}(?:\.\d{3}){1,3},\d{1,3}|\d{1,3}(?:\.\d{3}){2,3}|\d{1,3}(?:,\d{3}){1,3}|\d{1,3}(?:['’]\d{3}){1,3}|\d{1,7}(?:[.,]\d{1,3})?)(?:[eE][+-]?\d{1,2}|[kK](?![a-zA-Z]))?"
NUM = rf"(?:{SPACED}(?:,\d{{1,3}})?|{MAGNITUDE}|{_PLAIN})"
_NUMERAL = "零〇一二两三四五六七八九十百千万廿卅壹贰叁肆伍陆柒捌玖拾佰仟"
#: 几百个, 上千只 and 3万个 hold no numeral of their own.
CN_NUM = rf"(?<![\d.几数近上过约多第{_NUMERAL}])[一二两三四五六七八九十廿卅壹贰叁肆伍陆柒捌玖拾][{_NUMERAL}]{{0,9}}"
_UNITS = "|".join(
    sorted((re.escape(unit) for unit in UNITS if len(unit) > 1 and unit.isascii()), key=len, reverse=True)
)
CN_UNITS = "".join(unit for unit in UNITS if len(unit) == 1 and not unit.isascii())
_CN_LONG = "|".join(unit for unit in UNITS if len(unit) > 1 and not unit.isascii())
#: Surest first: (what the pattern is called, pattern, confidence).
_SURE: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("labelled", re.compile(rf"\b(?:qty|quantity|q'ty)\.?\s{{0,2}}(?:of\s)?[:：=-]?\s{{0,2}}(?P<qty>{NUM})(?:\s?(?P<unit>{_UNITS})\b)?", re.I), "0.9"),
    ("labelled", re.compile(rf"(?:数量|订购量|件数)\s?[:：为]?\s?(?P<qty>{NUM}|{CN_NUM})\s?(?P<unit>{_CN_LONG}|[{CN_UNITS}])?"), "0.9"),
    ("times first", re.compile(rf"^(?P<qty>{NUM})\s?(?:(?P<unit>{_UNITS})\.?)?\s?[x×✕*]\s?(?=\S)", re.I), "0.9"),
    ("times last", re.compile(rf"(?:(?:\s|(?<=[)）\]]))[x*]|\s?[×✕])\s?(?P<qty>{NUM})\s?(?P<unit>{_UNITS})?\b", re.I), "0.9"),
    ("unit", re.compile(rf"(?<![\w.,$€£¥-])(?P<qty>{NUM})\s?(?P<unit>{_UNITS})\b\.?(?:\s(?:of|x)\b(?:\sthe\b)?)?", re.I), "0.85"),
    ("unit", re.compile(rf"(?<![\w.,-])(?P<qty>{NUM})\s?(?P<unit>{_CN_LONG}|[{CN_UNITS}])"), "0.85"),
    ("unit", re.compile(rf"(?P<qty>{CN_NUM})\s?(?P<unit>{_CN_LONG}|[{CN_UNITS}])"), "0.8"),
    ("worded", re.compile(rf"(?<![\w-])(?P<qty>{NUMERALS})(?:\s\(\d{{1,7}}\))?\s(?P<unit>{_UNITS})\b(?:\sof\b)?", re.I), "0.7"),
)  # fmt: skip
_LOOSE: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("first", re.compile(rf"^(?P<qty>{NUM})\s(?:of\s(?:the\s)?)?(?P<unit>)(?=\S)"), "0.6"),
    ("last", re.compile(rf"\((?P<qty>{NUM})(?P<unit>)\)$"), "0.6"),
    ("last", re.compile(rf"(?:\s[-–—:]\s|[:：]\s?|\s)(?P<qty>{NUM})(?P<unit>)$"), "0.6"),
    ("wanted", re.compile(
        rf"\b(?:need|order|want|send(?: us| me)?|supply|ship|buy|purchase|require|take|get|add|include|plus)\s(?:us\s|me\s|another\s|a\sfurther\s|an\sadditional\s)?"
        rf"(?P<qty>{NUM})\s(?P<unit>)(?P<name>[^.;!?\n]{{3,80}})", re.I), "0.5"),
)  # fmt: skip
_OPENING = re.compile(rf"(?P<qty>{NUM})\s(?P<unit>)(?=[^\W\d_]{{2}})")
#: Units that are words for goods as well: "5 iPhone 15 cases" are five.
_COUNTERS = frozenset("pc pcs pce piece pieces ea each unit units nos stk stück 个 件 只 個".split())
_DOZENS = frozenset("dozen dozens dz doz 打".split())
_PACKS = "|".join(
    sorted(
        (re.escape(unit) for unit in UNITS - _COUNTERS - MEASURES if len(unit) > 1 and unit.isascii()),
        key=len,
        reverse=True,
    )
)
_CN_PACKS = "".join(unit for unit in CN_UNITS if unit not in _COUNTERS | MEASURES)
_WHOLE = r"(?<![\d.,€$£¥￥])\d{1,5}(?![\d]|[.,]\d)"
_ANY_UNIT = rf"(?:(?:{_UNITS})\b|{_CN_LONG}|[{CN_UNITS}])"
#: What a pack holds: 每箱24盒, 24个/箱, "12 per case", "1 case = 12 pcs", 24盒装.
_CONTENTS = (
    re.compile(rf"[每1一]\s?[{_CN_PACKS}]\s?(?:装|含|有|内含|内装|各|[=＝])\s?(?:{_WHOLE}|{CN_NUM})\s?[{CN_UNITS}]?"),
    re.compile(rf"每\s?[{_CN_PACKS}]\s?(?:{_WHOLE}|{CN_NUM})\s?[{CN_UNITS}]"),
    re.compile(rf"(?:{_WHOLE}|{CN_NUM})\s?{_ANY_UNIT}?\s?[/／]\s?(?:(?:{_PACKS})\b|[{_CN_PACKS}])", re.I),
    re.compile(rf"{_WHOLE}\s?(?:(?:{_UNITS})\s)?(?:per|to an?|in an?|in each|pro|je)\s(?:{_PACKS})\b", re.I),
    re.compile(
        rf"\b(?:1|one|an?|each)\s(?:{_PACKS})\s?(?:=|is|holds?|contains?|has)\s?{_WHOLE}(?:\s?{_ANY_UNIT})?", re.I
    ),
    re.compile(rf"(?:{_WHOLE}|{CN_NUM})\s?[{CN_UNITS}]装"),
)
_MAY_HOLD = re.compile(
    r"[/／每=＝装]|[1一]\s?[\u4e00-\u9fff]\s?[含有内]|\b(?:per|pro|je|to|in|is|holds?|contains?|has)\b", re.I
)
_AMOUNT_BEFORE = re.compile(r"(?:@|\b(?:at|price|EUR|USD|GBP|CNY|RMB)|单价为?|价格)\s{0,3}[:：]?\s{0,3}$", re.I)
_BRACKETED = re.compile(rf"[(（\[][^()（）\[\]]{{0,60}}(?:\d|[{CN_UNITS}])[^()（）\[\]]{{0,60}}[)）\]]")
#: What stands between two numbers of which neither is the quantity: 100+5盒, 5~10个, "3 or 4 boxes", "2 hundred".
_ADDED_BEFORE = re.compile(rf"(?:\d|[{_NUMERAL}])\s?(?:[+＋~～/至到或]\s?|\s(?:or|to|bis|oder|ou)\s)$", re.I)
_ADDED_BEHIND = re.compile(r"\s?(?:[+＋~～赠送]|free)\s?\d|\s(?:or|oder|ou)\s\d", re.I)
_NUMBER_BEFORE = re.compile(r"(?<![\w.,-])\d{1,3}\s$")
_TIMES_COUNT = re.compile(rf"(?P<second>{NUM})\s?(?P<unit>{_ANY_UNIT})", re.I)
_COUNT_BEFORE = re.compile(rf"(?<![\w.,-]){NUM}\s?(?P<unit>{_ANY_UNIT})\s?$", re.I)
_PACK_BEFORE = re.compile(rf"\ban?\s(?:{_PACKS})\sof\s$", re.I)
_COUNT_BEHIND = re.compile(
    rf"[\s,，、x×*]?(?:共计?|计)?\s?(?P<second>{NUM}|{CN_NUM})\s?(?P<unit>{_CN_LONG}|[{CN_UNITS}])"
)
_NUMBER_BEHIND = re.compile(r"(?P<second>\d[\d.,]*)(?:(?=[-\"'%°/″′–])|(?P<attached>[^\W\d_]+)|\s(?P<word>[^\W\d_]+))?")


@dataclass(frozen=True, slots=True)
class Counted:
    """How a phrase says how many, and where."""

    how: str
    match: re.Match[str]


def without_contents(text: str) -> str:
    """A phrase without what it says of a pack's contents; an amount per pack stays."""
    if not _MAY_HOLD.search(text):
        return text
    for pattern in _CONTENTS:
        text = pattern.sub(
            lambda match: match[0] if _AMOUNT_BEFORE.search(match.string[: match.start()]) else " ", text
        )
    return text


def says_qty(text: str) -> bool:
    """Whether a phrase says how many by a unit, a sign or a label."""
    return any(_matches(_SURE, text))


def take_qty(rest: str, code: re.Match[str] | None, item: Item) -> Counted | None:
    """Give the item its quantity: first from outside of brackets, surest pattern first."""
    whole = rest if code is None else f"{rest[: code.start()]}{'_' * (code.end() - code.start())}{rest[code.end() :]}"
    bare = _BRACKETED.sub(lambda match: " " * len(match[0]), whole)
    texts = (bare, whole) if bare != whole else (whole,)
    for table, text in ((table, text) for table in (_SURE, _LOOSE) for text in texts):
        for how, match, confidence in _matches(table, text):
            count = _quantity(match)
            if count is None:
                item.qty_fault = f"{match[0][:60]!r} is no quantity; write a number such as 12"
                return Counted(how, match)
            match, count = _judged(how, match, count, bare, rest)
            _set_qty(item, count, confidence, rest)
            fault = _fault(how, match, rest)
            if fault:
                item.qty, item.qty_fault = None, fault
            return Counted(how, match)
    return None


def _matches(
    table: tuple[tuple[str, re.Pattern[str], str], ...], text: str
) -> Iterator[tuple[str, re.Match[str], str]]:
    """What says a quantity; English numerals that make none are told to a person, others may mean something else."""
    for how, pattern, confidence in table:
        match = pattern.search(text)
        if match and (how == "worded" or _quantity(match) is not None):
            yield how, match, confidence


def _judged(how: str, match: re.Match[str], count: Count, bare: str, rest: str) -> tuple[re.Match[str], Count]:
    """The number that opens the line may be meant rather than the one that was found; a person confirms it then."""
    if how != "unit":
        return match, _spaced(match, count)
    text = match.string
    opening = _OPENING.match(text) if match.start() > 0 and count.unit not in _COUNTERS else None
    if opening is None and text != bare and match.start() > 0:
        opening = re.match(rf"(?P<qty>{NUM})\s(?P<unit>)(?=_|[^\W\d_]{{2}})", bare)
    first = _quantity(opening) if opening else None
    if opening is None or first is None:
        return match, _spaced(match, count)
    pieces = count.qty.value * (12 if count.unit in _DOZENS else 1)
    if text != bare and first.qty.value == pieces:
        return opening, first
    doubt = f"{rest[: match.end()][-60:].strip()!r} could be {first.qty.value:f} or {count.qty.value:f}; confirm it"
    return opening, replace(first, doubt=doubt)


def _spaced(match: re.Match[str], count: Count) -> Count:
    """ "Widget 2 100 pcs" are a hundred, or 2100, unless the number opens the line or stands behind a sign."""
    parts = match["qty"].split()
    plainly = re.search(r"(?:^|[x×*:：=@])\s*$", match.string[: match.start("qty")], re.I)
    loose = match.re in [pattern for _, pattern, _ in _LOOSE]
    if len(parts) < 2 or (plainly and not loose):
        return count
    doubt = f"{match['qty']!r} could be {''.join(parts)} or {parts[-1]}; confirm it"
    return replace(count, doubt=count.doubt or doubt)


def _fault(how: str, match: re.Match[str], text: str) -> str | None:
    """Why the number that was found is not the quantity: it is one of two."""
    start, end = match.span("qty")
    before, behind = match.string[:start], match.string[match.end() :]
    told = " ".join(text[max(0, start - 12) : match.end() + 12].split())
    if (
        _ADDED_BEFORE.search(before)
        or _ADDED_BEHIND.match(match.string[end:])
        or _ADDED_BEHIND.match(behind)
        or behind.startswith("半")
    ):
        return f"{told!r} names two numbers; say how many are ordered"
    if how == "worded" and _NUMBER_BEFORE.search(before):
        return f"{told!r} is no quantity; write a number such as 200"
    if _is_multiplied(how, match, before, behind):
        return f"{told!r} names a number of packs and one of pieces; say how many are ordered, and of which"
    return _beside(how, match, behind)


def _is_multiplied(how: str, match: re.Match[str], before: str, behind: str) -> bool:
    """Whether two counts stand side by side: "2 x 50 pcs", 5箱×24盒, 5箱120盒; "2 x 500 ml" are two."""
    if how == "times first":
        second = _TIMES_COUNT.match(behind)
        return second is not None and second["unit"].lower() not in MEASURES
    if how == "times last":
        first = _COUNT_BEFORE.search(before[-40:])
        return first is not None and first["unit"].lower() not in MEASURES
    if _PACK_BEFORE.search(before):
        return True
    second = _COUNT_BEHIND.match(behind) if how == "unit" and match["unit"] in _CN_PACKS else None
    return second is not None and second["unit"] not in MEASURES


def _beside(how: str, match: re.Match[str], behind: str) -> str | None:
    """Of "2 10 x TEA-1" neither number is surely the quantity; "4 24V relays" and "5 10 mm bolts" are four and five."""
    second = _NUMBER_BEHIND.match(behind) if how in ("first", "wanted") else None
    if second is None or behind[second.end("second") :][:1] in tuple("-\"'%°/″′–"):
        return None
    attached, word = second["attached"], (second["word"] or "").lower()
    if (attached and attached.lower() not in ("x", "×")) or word in MEASURES:
        return None
    return f"{(match['qty'] + ' ' + second[0])!r} names two numbers; say how many are ordered"


def _quantity(match: re.Match[str]) -> Count | None:
    try:
        return quantity(f"{match['qty']} {match['unit'] or ''}")
    except ValueError:
        return None


def _set_qty(item: Item, count: Count, confidence: str, source: str) -> None:
    item.qty = found(count.qty.value, min(count.qty.confidence, Decimal(confidence)), source)
    item.unit, item.qty_fault = count.unit, count.doubt
