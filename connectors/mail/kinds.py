"""Is it an order? A scored table of rules over what a mail says of itself; the decision is pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from connectors.base import Kind
from connectors.mail.cancelling import DOUBTS, Wish, speaks_of_cancelling, wish_of
from connectors.mail.kind_rules import (
    ANEW,
    BESIDE_WHAT_STANDS,
    CHANGE,
    DRAFT,
    FIRST_PERSON,
    NEVER,
    NOTICE,
    RULES,
    TEST,
    WANTED_OTHERWISE,
    Rule,
)
from connectors.mail.message import Mail

#: From this score on a mail is an order.
ORDER_SCORE = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a mail when its kind is judged; `automatic` and `bulk` come from its header."""

    subject: str = ""
    sender: str = ""
    body: str = ""
    automatic: bool = False
    generated: bool = False
    bulk: bool = False
    coded_lines: int = 0
    named_lines: int = 0
    priced_lines: int = 0
    has_address: bool = False
    names_customer: bool = False
    number: str | None = None
    order_files: int = 0
    other_files: int = 0
    under_way: bool = False
    is_reply: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a mail is; `doubt` is what a person must settle first.

    `merchant_notice` says that a shop tells its owner of an order, so the sender is no customer. `names_all` is False where
    the goods that it names are added to those of an order, or taken off them.
    """

    kind: Kind
    score: int
    reasons: tuple[tuple[str, int], ...]
    merchant_notice: bool = False
    doubt: str | None = None
    names_all: bool = True


_BODY_CHARS = 20_000
_TOP_CHARS = 1500
_LINE_CHARS = 400
#: So far a mail is read for its kind.
_KIND_CHARS = 4000
#: Up to this score a mail that names no goods asks for no cancellation either: too much speaks against it.
_NO_WISH = -6
#: Up to this weight of one rule a mail asks for no change: invoices, questions, what a machine tells of parcels.
_NO_CHANGE = -4


def is_automatic(mail: Mail) -> bool:
    """Whether a machine sent it, so that nothing may ever be answered (RFC 3834)."""
    headers = mail.headers
    submitted = headers.raw("auto-submitted").split(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or _is_reply_or_report(mail)
        or headers.raw("precedence").strip().lower() in ("bulk", "list", "junk", "auto_reply")
        or headers.has("list-id")
        or bool(
            re.match(r"(?:no-?reply|do-?not-?reply|donotreply|mailer-daemon|postmaster)", (mail.sender or "").lower())
        )
        or headers.raw("return-path").strip() == "<>"
    )


def _is_reply_or_report(mail: Mail) -> bool:
    headers = mail.headers
    kind = headers.raw("content-type").lower()
    return (
        headers.raw("auto-submitted").lower().startswith("auto-replied")
        or any(headers.has(name) for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-failed-recipients"))
        or headers.raw("precedence").strip().lower() == "auto_reply"
        or kind.startswith("multipart/report")
        or "report-type=" in kind
    )


def header_facts(mail: Mail) -> dict[str, bool]:
    """What the header says of the mail's kind, by the names of Reading."""
    precedence = mail.headers.raw("precedence").strip().lower()
    return {
        "automatic": _is_reply_or_report(mail),
        "generated": mail.headers.raw("auto-submitted").lower().startswith("auto-generated"),
        "bulk": precedence in ("bulk", "list", "junk") or mail.headers.has("list-id"),
    }


def judge(reading: Reading) -> Verdict:
    """Say what a mail is, with every reason that counted and its weight."""
    body = "\n".join(line[:_LINE_CHARS] for line in reading.body[:_BODY_CHARS].splitlines())
    matched = list(_matched(reading, body))
    reasons = (*matched, *_facts(reading))
    score = sum(weight for _, weight in reasons)
    notice = _is_merchant_notice(reading, body)
    wish = _wish(reading, body[:_KIND_CHARS], against=min((weight for _, weight in matched), default=0))
    doubt = DOUBTS[wish] if _is_doubtful(reading, wish) else None
    names_all = wish not in (Wish.CHANGE, Wish.PART) or not _names_goods(reading)
    return Verdict(_kind(reading, body, score, wish), score, reasons, notice, doubt, names_all)


def _wish(reading: Reading, text: str, *, against: int) -> Wish:
    """What is asked for of an order; one that a person names is to be changed where no goods say how.

    `against`: the weight of what speaks most against an order, such as the words of an invoice.
    """
    wish = wish_of(reading.subject[:300], text, reading.number)
    by_hand = against > _NO_CHANGE and not (reading.automatic or reading.generated or reading.bulk)
    if wish is not Wish.NONE or not by_hand:
        return wish
    if not _names_goods(reading):
        return Wish.CHANGE if reading.number and WANTED_OTHERWISE.search(text) else wish
    whole = f"{reading.subject[:300]}\n{text}"
    is_change = CHANGE.search(whole) and BESIDE_WHAT_STANDS.search(text) and not ANEW.search(whole)
    return Wish.CHANGE if is_change else wish


def _is_merchant_notice(reading: Reading, body: str) -> bool:
    """Whether a shop speaks: somebody else is named as customer, or the wording is a platform's, and nobody says "we need"."""
    if FIRST_PERSON.search(body[:_TOP_CHARS]):
        return False
    told = bool(NOTICE.search(body[:_TOP_CHARS]))
    return told or (reading.names_customer and bool(NOTICE.search(reading.subject[:300])))


def _matched(reading: Reading, body: str) -> Iterable[tuple[str, int]]:
    texts = {
        "subject": reading.subject[:300],
        "sender": reading.sender[:200],
        "body": body,
        "top": body[:_TOP_CHARS],
    }
    for rule in RULES:
        if reading.is_reply and rule.where == "subject" and rule.weight > NEVER:
            continue  # the subject of an answer is somebody else's, from before
        text = texts[rule.where]
        # Anchored rules mean the beginning of a line of the body.
        if rule.pattern.search(text) or (rule.where in ("body", "top") and _at_a_line(rule, text)):
            yield rule.name, rule.weight


def _at_a_line(rule: Rule, text: str) -> bool:
    return rule.pattern.pattern.startswith("^") and any(rule.pattern.match(line) for line in text.splitlines())


def _facts(reading: Reading) -> Iterable[tuple[str, int]]:
    named = (
        ("the header says that a machine answered", NEVER, reading.automatic),
        ("the header says that a machine wrote it", -1, reading.generated),
        ("the header says that it went to many", -6, reading.bulk),
        ("it names goods by code and quantity", 3, reading.coded_lines > 0),
        ("it names goods and quantities", 2, reading.named_lines > 0 and not reading.coded_lines),
        ("its goods have prices", 1, reading.priced_lines > 0),
        ("it names an address to deliver to", 1, reading.has_address),
        ("it names an order number", 1, reading.number is not None),
        ("an order sheet is attached", 4, reading.order_files > 0),
        ("an order is attached as a document", 2, reading.other_files > 0),
        (
            "it names no goods and encloses no order",
            -2,
            not _names_goods(reading) and not speaks_of_cancelling(reading.body[:_KIND_CHARS]),
        ),
        (
            "an answer that names no goods",
            -4,
            reading.is_reply and not _names_goods(reading) and not speaks_of_cancelling(reading.body[:_KIND_CHARS]),
        ),
        ("its markup says that goods are on their way", -6, reading.under_way),
    )
    return ((name, weight) for name, weight, holds in named if holds)


def _names_goods(reading: Reading) -> bool:
    return bool(reading.coded_lines or reading.named_lines or reading.order_files or reading.other_files)


def _kind(reading: Reading, body: str, score: int, wish: Wish) -> Kind:
    text = f"{reading.subject[:300]}\n{body[:_KIND_CHARS]}"
    if score <= NEVER // 2 or (score < ORDER_SCORE and not _speaks_of_an_order(reading, text, score, wish)):
        return Kind.NOT_AN_ORDER
    if TEST.search(text):
        return Kind.TEST
    if DRAFT.search(text):
        return Kind.DRAFT
    if wish is Wish.WHOLE and not _is_doubtful(reading, wish):
        return Kind.CANCELLATION
    return Kind.UPDATE if _is_doubtful(reading, wish) or CHANGE.search(text) else Kind.ORDER


def _speaks_of_an_order(reading: Reading, text: str, score: int, wish: Wish) -> bool:
    """Whether a mail that orders nothing says something of an order that stands."""
    named = reading.number is not None or "order" in text.lower() or "单" in text
    return wish is not Wish.NONE and score > _NO_WISH and named


def _is_doubtful(reading: Reading, wish: Wish) -> bool:
    """Whether a person must read what is to be cancelled; an order that only speaks of it stays an order."""
    if wish is Wish.WHOLE:
        return reading.coded_lines > 0  # "This replaces PO-1, please cancel that one": the goods are another order's
    return wish in (Wish.PART, Wish.SEVERAL, Wish.CHANGE) or (wish is Wish.DOUBTFUL and not _names_goods(reading))
