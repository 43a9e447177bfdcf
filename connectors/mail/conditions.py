"""Sentences that tie an order to something or say how it is to be carried out: a person decides what follows from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_MAX_CHARS = 2000
#: From here on a line may have been broken by the sender's program, and its sentence goes on below.
_WRAPPED = 50
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z])|(?<=[。！？；])")
_ENDS = frozenset(".!?。！？")
_WORDS = (
    r"if|unless|otherwise|instead|in case|as long as|alternatively|only (?:if|when|once|after|ship|send|deliver)"
    r"|(?:do|must|should) not|don't|never|make sure|be sure to|must be|leave (?:it|them|the|with|at|in)|(?:call|ring|phone|text) (?:me|us|before|ahead|\+?\d+)"
    r"|gift[- ]?wrap|urgent|urgently|asap|as soon as possible"
    r"|falls|sofern|wenn|andernfalls|ansonsten|stattdessen|nur wenn|nur falls|bitte nicht|dringend"
    r"|s'il (?:n'|ne |est )|sinon|à condition|uniquement si|seulement si|à la place"
)
_CHINESE = r"如果|假如|要是|若(?!干)|否则|除非|请勿|不要|务必|一定要|尽快|加急"
_CONDITION = re.compile(
    rf"\b(?:{_WORDS}|provided that|substitut\w*|(?:ship|send|deliver|pack|wrap)\w* (?:\w+ ){{0,3}}(?:together|separately|complete(?:ly)?))\b"
    rf"|{_CHINESE}|的话|代替|改发|换成|一起发|分开发",
    re.I,
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
#: A time that no date with its year says: "by 5 March", "before Friday", "next week", "in May", "within 3 days".
_SOME_TIME = (
    rf"(?:{_DAY}|tomorrow|today|(?:next|this|the coming) (?:week|month|{_DAY})|(?:the )?(?:end|beginning|middle|start) of\b|mid-?{_MONTH}|(?:calendar )?week \d|kw ?\d"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b(?!,? ?\d{{4}})|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?!,? ?\d{{4}})|{_MONTH}(?=\W*(?:$|[.,;]))"
    r"|\d{1,2}[/.]\d{1,2}\.?(?![/.\d])|\d{1,2} (?:working |business )?(?:days?|weeks?)|easter|christmas|the weekend)"
)
#: When goods are wanted, where the mail names no whole date, and that not all of them are wanted at once.
_WHEN = re.compile(
    rf"\b(?:deliver|ship|send|dispatch|arriv|need|requir|receiv|have|get|expect|want)\w*\b[^.\n]{{0,60}}?\b(?:by|before|on|until|till|within|in|for|(?:no|not) later than|after)\s(?:the )?{_SOME_TIME}"
    r"|\b(?:not before|(?:no|not) (?:earlier|sooner) than|not until)\b"
    r"|\b(?:partial|split|staggered) (?:deliver|ship)|\bin (?:two|three|several|\d) (?:deliveries|shipments|lots|batches|parts|instal)"
    rf"|\b(?:the )?(?:rest|remainder|balance|others?)\b[^.\n]{{0,30}}\b(?:in|by|on|later|after|next)\b|\b\d+ (?:now|immediately|at once)\b"
    # How goods are handed over at the door.
    r"|\b(?:(?:rear|back|side|main|goods|staff) (?:entrance|door|gate)|loading (?:dock|bay|ramp)|tail[- ]?lift|fork-?lift|ring (?:the|at|twice)|opening hours"
    r"|between \d{1,2}(?::\d\d)? ?(?:am|pm|h|uhr)? ?(?:and|to|-) ?\d)"
    r"|分批|先发|(?<![\d年])\d{1,2}\s?月\s?\d{1,2}\s?[日号]|(?:本|下|这)?周[一二三四五六日末天](?:之?前|以前|到|要|送)|(?:明|后)天(?:之?前|到|要|送|发)|月底|月初|下周",
    re.I,
)
_OPENS = re.compile(rf"\W*(?:please\s+)?(?:(?:{_WORDS})\b|{_CHINESE})", re.I)
#: What senders' programs and polite people say under every mail.
_PHRASE = re.compile(
    r"question|quer(?:y|ies)|concern|(?:let|inform) (?:me|us)|hesitate|contact (?:me|us)|get in touch|reach out|need any(?:thing| )|any problem|any issue"
    r"|recipient|confidential|unsubscribe|in error|(?:not|n't|never) (?:reply|respond)|receive these|this (?:e-?mail|message)|printing|virus|view (?:it|this)|browser"
    r"|fragen|rückfragen|vertraulich|n'hésitez|疑问|问题|联系我|退订|回复|误收",
    re.I,
)


def conditions_in(lines: Sequence[str]) -> list[str]:
    """The conditions and instructions among the sentences of a text, in the sender's words."""
    sentences = (said[:_MAX_CHARS] for paragraph in _paragraphs(lines) for said in _SENTENCES.split(paragraph))
    return [said.strip() for said in sentences if _ties(said) and not _PHRASE.search(said)]


def _ties(said: str) -> bool:
    return _CONDITION.search(said) is not None or _WHEN.search(said) is not None


def opens_condition(line: str) -> bool:
    """Whether a line begins as such a sentence does: below an address it is no part of it."""
    text = line[:_MAX_CHARS].rstrip()
    return _OPENS.match(text) is not None or (text[-1:] in _ENDS and _CONDITION.search(text) is not None)


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Lines, each with what the sender's program broke off and set below."""
    kept: list[str] = []
    for line in (line.strip() for line in lines):
        if kept and (len(kept[-1]) < _WRAPPED or not line):
            yield " ".join(kept)
            kept = []
        if line:
            kept.append(line)
    if kept:
        yield " ".join(kept)
