"""Quantities that are no one number: "2 or 3", "about 10", 两三个, "a dozen or so", "min. 5". Found, and never chosen from.

A stand-in takes the place of such words, so that the goods beside them are read as beside any other number; whoever finds it
as a quantity asks a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

_WORD = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|hundred|dozen)\b"
#: Where a number begins: not within a code, a date or another number, but behind a sign as in `x2`.
_BEGINS = r"(?:(?<![\w.,/:@#$€£¥-])|(?<=[ )\]][xX])|(?<=[×✕*])|(?<=[\u4e00-\u9fff]))"
_ENDS = r"(?!\d|[-/.,:]\d| ?[-–] ?\d| ?%)"
_DIGITS = r"\d{1,4}(?:[.,]\d{1,3})?"
_OTHER = rf"(?:{_DIGITS}|{_WORD})"
_ONE = rf"(?:{_BEGINS}{_DIGITS}|(?<![\w-])(?:a )?{_WORD})"
_SMALL = "一二两三四五六七八九壹贰叁肆伍陆柒捌玖"
_CN = f"[零〇{_SMALL}十百千万廿卅拾佰仟]"
_CN_COUNT = rf"(?:{_BEGINS}{_DIGITS}|{_CN}{{1,8}})"
_UNITS = r" ?(?:公斤|千克|毫升|件套|[个件只箱盒包袋瓶套台支条张把双对打斤克吨米桶罐卷本份块片提枚株顶辆部根排捆筐枝朵串粒碗杯個隻條張雙對臺])"
_CN_UNIT = rf"(?={_UNITS})"
_ABOUT = (
    r"(?:(?<![\w.-])(?:about|around|approx(?:imately|\.)?|circa|(?-i:ca\.?)|roughly|nearly|almost|at (?:least|most)|minimum|(?-i:min)\b|min\."
    r"|maximum|(?-i:max)\b|max\.|up to|(?:no )?(?:more|less|fewer) than|ungefähr|etwa|mindestens|höchstens|maximal|environ|au moins|al menos"
    r"|unos):? ?|(?<![\w.-])(?<!\d )[~≈±≥≤<>]=? ?)"
)
_ABOUT_CN = "(?:大约|大概|差不多|至少|最少|不少于|起码|最多|不超过|不多于|将近|接近|超过|约)"
#: A dash with blanks parts goods from their number: `iPhone 15 - 2 pcs`.
_OR = r"(?:[-–—/]| ?[~～] ?| or | to | bis | oder | ou )"
_OR_CN = "(?: ?[-~～/、到至] ?|或者?)"
_SO = r" (?:or (?:so|more|less|fewer)|more or less|give or take|minimum|at least)\b"
_MEASURED = r"(?= ?(?:kg|g|ml|cl|l|oz|lbs?|pcs?|pieces?|units?|ea|each)\b)"
#: `said` is what the stand-in takes the place of; a unit within the words stays in `kept`.
_HEDGES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<said>(?<![\w-])(?:(?:a|one|two|\d) dozen or so|half (?:a )?dozen|a (?:few|couple|handful)(?: of)?|several)(?= ))",
        rf"(?P<said>{_BEGINS}\d{{1,4}} [1-9]/[2-9]){_ENDS}",
        rf"(?P<said>{_ONE} ?\((?:or|maybe|perhaps|possibly|oder|vielleicht|ou|或者?|可能|max\.?|min\.?|up to|at least|最多|至少) ?{_OTHER}\))",
        rf"(?P<said>{_BEGINS}{_DIGITS}\+{_DIGITS})",
        rf"(?P<said>{_CN_COUNT}(?:{_UNITS})?[赠送搭] ?{_CN_COUNT}){_CN_UNIT}",
        rf"(?P<said>(?:either |between )?{_ABOUT}?{_ONE}{_OR}{_OTHER}){_ENDS}",
        rf"(?P<said>(?:^|(?<=[\n,;:])) ?{_DIGITS} [-–—] {_DIGITS}){_ENDS}",
        rf"(?P<said>{_ABOUT}{_OTHER}){_ENDS}",
        rf"(?P<said>(?<![\w.])(?:no|nr)\. ?\d{{1,4}}){_ENDS}",
        rf"(?P<said>{_ONE}(?:\+|-?ish\b)(?!\d))",
        rf"(?P<said>{_ONE})(?P<kept>(?: [\w-]{{1,20}}){{0,2}}?){_SO}",
        rf"(?P<said>(?<=\w ){_DIGITS} ?[x×*] ?{_DIGITS}){_MEASURED}",
        rf"(?P<said>(?:^|(?<=[\n,;:])) ?{_DIGITS} ?[x×*] ?\d{{1,4}})(?= ?(?:pcs?|pieces?|units?|ea)\b)",
        rf"(?P<said>{_BEGINS}(?:\d{{1,4}} ?)?[¼-¾⅐-⅞])",
        rf"(?P<said>{_ABOUT_CN} ?{_CN_COUNT}{_OR_CN}?(?:{_DIGITS}|{_CN}{{1,8}})?)",
        rf"(?P<said>{_CN_COUNT}{_OR_CN}(?:{_DIGITS}|{_CN}{{1,8}})){_CN_UNIT}",
        rf"(?P<said>(?:{_CN_COUNT})?(?:好?几|数(?=[十百千万])|若干)[十百千万]?){_CN_UNIT}",
        rf"(?P<said>{_CN_COUNT}[多来余]){_CN_UNIT}",
        rf"(?P<said>{_CN_COUNT})(?P<kept>(?:{_UNITS})?)(?:左右|上下)",
        rf"(?P<said>{_CN_COUNT})(?P<kept>{_UNITS})半",
        rf"(?P<said>{_CN}{{0,6}}(?:[{_SMALL}]{{2,3}}|[百千万佰仟][{_SMALL}](?![十百千万拾佰仟])){_CN}{{0,6}}){_CN_UNIT}",
        rf"(?P<said>半){_CN_UNIT}",
    )
)  # fmt: skip
#: One of these stands in every hedge; most texts have none.
_MAY_HEDGE = re.compile(
    r"[~～≈±≥≤<>+–—约几数若多来余半左上到至或赠送搭、¼-¾⅐-⅞]|\d ?[-/x×*] ?\d|[一二两三四五六七八九百千万壹贰叁肆伍陆柒捌玖佰仟][一二两三四五六七八九壹贰叁肆伍陆柒捌玖]"
    r"|ish\b|\b(?:or|to|oder|bis|ou|few|couple|handful|several|dozen|no|nr|min|max|least|most|than|about|around|approx|circa|ca|roughly|nearly"
    r"|almost|minimum|maximum|approximately|etwa|ungefähr|mindestens|höchstens|maximal|environ|moins|menos|unos|maybe|perhaps|possibly|vielleicht)\b|大概|差不多|最少|最多"
    r"|起码|将近|接近|超过|不超|不多|不少",
    re.IGNORECASE,
)
_A_DOZEN = re.compile(r"(?<!half )\ba dozen\b(?! or so)", re.IGNORECASE)
_MOST = 20
_HIGHEST = 9_973


@dataclass(frozen=True, slots=True)
class Hedge:
    """What was said in the place where `written` stands now."""

    words: str
    written: str


Hedges = Mapping[Decimal, Hedge]


def with_stand_ins(text: str) -> tuple[str, dict[Decimal, Hedge]]:
    """Return (the text with a number of its own for each quantity that is none, what was said instead by that number)."""
    said: dict[Decimal, Hedge] = {}
    if not _MAY_HEDGE.search(text):
        return text, said
    spare = (number for number in range(_HIGHEST, 1_000, -1) if str(number) not in text)

    def replaced(match: re.Match[str]) -> str:
        if len(said) >= _MOST or any(str(known) in match[0] for known in said):
            return match[0]
        number = next(spare)
        # Behind a code it is no digit of the code: MUG-7两三个.
        apart = " " if match.string[: match.start()][-1:].isdigit() else ""
        written = f"{apart}{number}{match.groupdict().get('kept') or ''}"
        said[Decimal(number)] = Hedge(match[0], written)
        return written

    for pattern in _HEDGES:
        text = pattern.sub(replaced, text)
    return text, said


def with_dozens(text: str) -> str:
    """`a dozen` as `1 dozen`, which is a number and its unit."""
    return _A_DOZEN.sub("1 dozen", text)


def as_said(text: str, said: Hedges) -> str:
    """The text with what was said in it again."""
    for number, hedge in said.items():
        text = text.replace(hedge.written, hedge.words).replace(str(number), hedge.words)
    return text


def asked(hedge: Hedge, source: str) -> str:
    """What to tell of a quantity that is none."""
    return f"{source.strip()[:60]!r}: {hedge.words.strip()!r} is not one number; ask how many are ordered"
