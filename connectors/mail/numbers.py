"""The number of an order where no label names it: in the subject, or in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.mail.found import Found, found

_VALUE = re.compile(r"[#＃№\s]*(?P<number>[A-Za-z0-9][A-Za-z0-9._/#&@+-]{0,119})(?=[\s,，;；。)）]|$)")
_PLACES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![\w-])(?P<number>PO[-_/]?(?=[\w/-]{0,20}\d)[\w/-]{1,40})", re.I), "0.9"),
    (re.compile(r"\b(?:purchase order|p\.?\s?o\.?)\s{0,2}(?:number|no\.?|num\.?|id|ref\.?|nr\.?)?\s{0,2}(?:is\s|[#:№])?\s{0,2}(?P<number>[A-Za-z]{0,8}-?\d[\w/.-]{0,40})(?<!\w-)", re.I), "0.9"),
    (re.compile(r"(?:采购订单|采购单|订货单|订购单|订单)(?:编号|号码|号)?\s{0,2}[:：#]?\s{0,2}(?P<number>[A-Za-z]{0,8}-?\d[A-Za-z0-9/_.-]{2,40})"), "0.9"),
    (re.compile(r"\b(?:order|bestellung|commande|pedido)\s{0,2}(?:number|no\.?|num\.?|id|ref\.?|nr\.?|reference)?(?:\sis)?\s{0,2}[#:№]{1,2}\s{0,2}(?P<number>[A-Za-z]{0,10}-?\d[\w/.-]{0,40})", re.I), "0.85"),
    (re.compile(r"\b(?:order|bestellung|commande|pedido|ordine)\s(?P<number>\d{4,20})\b", re.I), "0.8"),
    (re.compile(r"\border\s(?:number\s|no\.?\s|ref\.?\s)?(?P<number>(?=[A-Z0-9/-]{0,20}\d)[A-Z0-9][A-Z0-9/-]{3,40})\b"), "0.7"),
    (re.compile(r"\bref(?:erence)?\.?\s?(?:no\.?|number)?\s?[#:]\s?(?P<number>[A-Za-z]{0,10}-?\d[\w/.-]{0,40})", re.I), "0.6"),
)  # fmt: skip


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


def _is_date(text: str) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)?\d\d", text))
