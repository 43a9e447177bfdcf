"""The number of an order where no label names it: in the subject, or in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.mail.found import Found, found

_VALUE = re.compile(r"[#＃№\s]*(?P<number>[A-Za-z0-9][A-Za-z0-9._/#&@+-]{0,119})(?=[\s,，;；。)）]|$)")
_PLACES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![\w-])(?P<number>PO[-_/]?(?=[\w/-]{0,20}\d)[\w/-]{1,40})", re.I), "0.9"),
    (re.compile(r"\b(?:purchase order|p\.?\s?o\.?)\s{0,2}(?:number|no\.?|num\.?|id|ref\.?|nr\.?)?\s{0,2}(?:is\s|[#:№])?\s{0,2}(?P<number>[A-Za-z]{0,8}-?\d[\w/.-]{0,40})(?<!\w-)", re.I), "0.9"),
    (re.compile(r"(?:采购订单|采购单|订货单|订购单|订单)(?:编号|号码|号)?\s{0,2}[:：#]?\s{0,2}(?P<number>[A-Za-z]{0,8}-?\d[A-Za-z0-9/_.-]{2,40})"), "0.9"),
    (re.compile(r"\b(?:order|bestellung|commande|pedido|ordine)\s{0,2}(?:number|no\.?|num\.?|id|ref\.?|nr\.?|reference)?(?:\sis)?\s{0,2}[#:№]{1,2}\s{0,2}(?P<number>[A-Za-z]{0,10}-?\d[\w/.-]{0,40})", re.I), "0.85"),
    (re.compile(r"\b(?:bestellung|commande|pedido|ordine|bestell)[\s-]{0,2}(?:nummer|nr|numéro|número|numero|no|n°|nº)\.?\s{0,2}[#:№]?\s{0,2}(?P<number>[A-Za-z]{0,10}-?\d[\w/.-]{0,40})", re.I), "0.85"),
    (re.compile(r"\b(?:order|bestellung|commande|pedido|ordine)\s(?P<number>\d{4,20}(?:[-/]\d{1,12}){0,3})\b", re.I), "0.8"),
    (re.compile(r"\b(?:bestellung|commande|pedido|ordine)\s(?P<number>[A-Za-z]{1,6}[-/]?\d[\w/-]{2,30})", re.I), "0.7"),
    (re.compile(r"\border\s(?:number\s|no\.?\s|ref\.?\s)?(?P<number>(?=[A-Z0-9/-]{0,20}\d)[A-Z0-9][A-Z0-9/-]{3,40})\b"), "0.7"),
    (re.compile(r"\bref(?:erence)?\.?\s?(?:no\.?|number)?\s?[#:]\s?(?P<number>[A-Za-z]{0,10}-?\d[\w/.-]{0,40})", re.I), "0.6"),
)  # fmt: skip
#: A line that a number opens: "PO-1001: 5 x ABC-1", "PO Number: 1001", "采购单号：CG1001".
_HEAD = re.compile(
    r"\W{0,4}(?:(?P<po>(?=po[-_/]?\d)|(?:purchase order|p\.?\s?o\.?|采购订单|采购单|订货单|订购单)\s{0,2}(?:number|no\.?|num\.?|id|nr\.?|编号|号码|号)?\s{0,2}[#:：№]?\s{0,2})"
    r"|(?:order|订单)\s{0,2}(?:(?:number|no\.?|num\.?|id|nr\.?|编号|号码|号)\s{0,2}[#:：№]{0,2}|[#:：№]{1,2})\s{0,2})"
    r"(?P<number>[A-Za-z]{0,8}[-_/]?\d[\w/.-]{0,40}(?<![.-]))(?=\s*[:：(（–—,，;；-](?!\d)|\s{2}|\s*$)[\s:：]*",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Headed:
    """The number that opens a line, of a purchase order ("po") or an order, and what follows it."""

    kind: str
    number: str
    rest: str


def headed_number(line: str) -> Headed | None:
    """The order's number that opens a line; None for a sentence that only begins with one."""
    match = _HEAD.match(line[:300])
    if not match or _is_date(match["number"]) or len(match["number"]) < 3:
        return None
    return Headed("order" if match["po"] is None else "po", match["number"], line[match.end() :])


def number_of(value: str) -> str | None:
    """The number in a labelled value such as "#999126" or "PO-4711 (rush)"; None for words and counts of goods."""
    match = _VALUE.match(value[:200])
    if not match or not (any(sign.isdigit() for sign in match["number"]) or re.match(r"po[-_]", match["number"], re.I)):
        return None
    rest = value[match.end() :].strip()
    if re.match(r"[x×*]\s|(?:pcs|items?|units?|pieces)\b", rest, re.I):
        return None
    return match["number"].rstrip(".-/")


def number_in(subject: str, lines: Sequence[str]) -> Found[str] | None:
    """The order's number as subject or text name it; the subject is believed first."""
    for text in (subject, *lines[:200]):
        for pattern, confidence in _PLACES:
            match = pattern.search(text[:300])
            if match and not _is_date(match["number"]):
                return found(match["number"].rstrip(".-/"), confidence, text.strip())
    return None


def plain(number: str) -> str:
    """A number without its signs: "PO-4711", "po 4711" and "4711" are one."""
    return re.sub(r"^po(?=\d)", "", re.sub(r"[\W_]", "", number.casefold()))


def _is_date(text: str) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)?\d\d", text))
