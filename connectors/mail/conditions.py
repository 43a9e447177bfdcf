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
    return [said.strip() for said in sentences if _CONDITION.search(said) and not _PHRASE.search(said)]


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
