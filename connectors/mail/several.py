"""Mails that hold several orders, or goods for several receivers: one order to the first address would be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connectors.base import Problem, Severity
from connectors.mail.draft import Draft
from connectors.mail.fields import BlockOfLines
from connectors.mail.free_text import items_in
from connectors.mail.numbers import headed_number, plain
from connectors.mail.parties import TO_A_PLACE
from connectors.problems import problem

_PO = r"PO[-_/]?(?=[\w/-]{0,20}\d)[\w/-]{1,40}"
_PAIR = re.compile(
    rf"(?<![\w-])(?P<one>{_PO})\s*(?:,|&|\+|/|、|和|及|\band\b|\bund\b)\s*(?P<other>{_PO}|\d{{3,20}})", re.I
)
_MAX_LINES = 1000
_MAX_BLOCKS = 50


def several_in(draft: Draft, subject: str) -> Iterator[Problem]:
    """What holds a mail that seems to be more than one order: its numbers, its receivers."""
    numbers = _numbers(draft, subject)
    if len(numbers) > 1:
        told, why = ", ".join(numbers)[:200], f": {draft.unclear}" if draft.unclear else ""
        yield _held(
            "channel_order_id", f"the mail names several orders ({told}){why}", "a mail or a sheet for each order"
        )
    places = _places(draft)
    if places > 1:
        yield _held("ship_to", f"the mail names {places} places to deliver to", "an order for each place")


def _held(field: str, found: str, remedy: str) -> Problem:
    message = f"{found}, and all its goods stand in one order; enter each by hand, or ask for {remedy}"
    return problem("row_invalid", field, message, severity=Severity.HOLD)


def _numbers(draft: Draft, subject: str) -> list[str]:
    """The numbers that head a line each, fill a column, or stand side by side in the subject; of one kind more than one."""
    pair = _PAIR.search(subject[:300])
    if pair and plain(pair["one"]) != plain(pair["other"]):
        return [pair["one"], pair["other"]]
    kinds: dict[str, dict[str, str]] = {"column": {plain(number): number for number in draft.numbers}}
    for line in draft.lines[:_MAX_LINES]:
        headed = headed_number(line)
        if headed:
            kinds.setdefault(headed.kind, {}).setdefault(plain(headed.number), headed.number)
    return max(([*numbers.values()] for numbers in kinds.values()), key=len, default=[])


def _places(draft: Draft) -> int:
    """How many places goods go to; headings of different words count where each has goods of its own."""
    blocks = _different([block for block in draft.scan.blocks if block.kind == "ship_to" and block.lines][:_MAX_BLOCKS])
    if len(blocks) > len({block.label for block in blocks}) or _goods_between(draft, blocks) > 1:
        return len(blocks)
    return 1 if blocks else _sentences_with_goods(draft)


def _different(blocks: Sequence[BlockOfLines]) -> list[BlockOfLines]:
    """The blocks whose words are not all in another: a repeated or shortened address is the same place."""
    kept: list[tuple[set[str], BlockOfLines]] = []
    for block in blocks:
        words = set(re.findall(r"\w+", " ".join(block.lines).casefold()))
        if not any(words <= other or other <= words for other, _ in kept):
            kept.append((words, block))
    return [block for _, block in kept]


def _goods_between(draft: Draft, blocks: Sequence[BlockOfLines]) -> int:
    """How many stretches of the text, parted by the blocks, name goods."""
    if len(blocks) < 2:
        return 0
    placed = [block for block in blocks if 0 <= block.at < _MAX_LINES]
    begins = [0, *(block.at + len(block.lines) + 1 for block in placed)]
    ends = [*(block.at for block in placed), _MAX_LINES]
    stretches = (draft.lines[begin:end] for begin, end in zip(begins, ends, strict=True))
    return sum(any(item.is_goods() for item in items_in(lines)) for lines in stretches)


def _sentences_with_goods(draft: Draft) -> int:
    """ "Please ship 5 x ABC-1 to 5 Elm Street, Austin": how many places stand in one line with goods."""
    found: set[str] = set()
    for line in draft.lines[:_MAX_LINES]:
        match = TO_A_PLACE.search(line[:400])
        if match and any(item.is_goods() for item in items_in([line])):
            found.add((match["place"] or match["cn"]).strip().casefold())
    return len(found)
