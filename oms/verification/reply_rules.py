"""Whether a mail's own first words agree to a confirmation or decline it, in English or Chinese. Pure."""

from __future__ import annotations

import re

#: What is quoted or signed below is not the sender's answer.
_ENDS = re.compile(
    r"^\s*(?:>|--\s*$|-{3,}|_{5,}|On .+wrote:|Am .+schrieb|From:|发件人[:：]|在.+写道[:：]|原始邮件)", re.IGNORECASE
)
_NO = re.compile(
    r"\b(?:not|don'?t|do not|cannot|can'?t|won'?t|decline[ds]?|reject(?:ed)?|refuse[ds]?|disagree|cancel|wrong|change|but|however)\b"
    r"|不|拒|取消|错|有误|修改|更改|但",
    re.IGNORECASE,
)
_DECLINES = re.compile(
    r"^\W*(?:(?:i|we)\s+)?(?:hereby\s+)?(?:decline|reject|refuse|do not (?:agree|accept|confirm))\b|^\W*(?:不同意|拒绝|不接受|不确认)",
    re.IGNORECASE,
)
_AGREES = re.compile(
    r"^\W*(?:yes\W+)?(?:(?:i|we)\s+)?(?:hereby\s+)?(?:confirm(?:ed)?|agree[ds]?|accept(?:ed)?|approved?|signed)\b"
    r"|^\W*(?:yes|ok|okay)\W*$|^\W*(?:我方?|我们|本公司)?(?:确认|同意|接受|签字|签认)",
    re.IGNORECASE,
)
_MAX_WORDS_CHARS = 400


def own_words(text: str) -> str:
    """The text above the first quotation or signature."""
    kept = []
    for line in text.splitlines():
        if _ENDS.match(line):
            break
        kept.append(line.strip())
    return "\n".join(kept).strip()


def verdict(text: str) -> str | None:
    """`signed`, `declined`, or None when a person has to read it: unclear, with conditions, or long."""
    own = own_words(text)
    first = own.partition("\n")[0]
    if not own or len(own) > _MAX_WORDS_CHARS:
        return None
    if _DECLINES.search(first):
        return "declined"
    return "signed" if _AGREES.search(first) and not _NO.search(own) else None
