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
#: What goes with a plain yes and asks for nothing that is not in the confirmation.
_COURTESY = re.compile(
    r"\b(?:please|pls|kindly)\s+(?:proceed|go\s+ahead|continue|process|ship|send|deliver|dispatch)"
    r"(?:\s+(?:it|them|(?:with\s+)?(?:the|our|this)\s+(?:order|goods)|as\s+soon\s+as\s+possible|asap|soon|quickly|as\s+(?:agreed|planned|confirmed)))*(?=\s*(?:[.,;!]|$))"
    r"|请(?:贵司|你们|尽快|尽早|及时|按时|按期|予以|安排|给我们)*(?:发货|处理|安排|生产|出货|执行|办理)(?=\s*(?:[，。！；,.;!]|$))",
    re.IGNORECASE | re.MULTILINE,
)
#: Words of who asks for something, makes a condition, or confirms no more than that the mail has come.
_ASKS = re.compile(
    r"\b(?:please|pls|kindly|could|would|can|will|shall|if|unless|until|instead|also|add|remove|deliver\w*|ship\w*|send\w*|address|receipt|receiv\w*|review|check"
    r"|discuss|later|before|after|only|except|hold|wait|postpone|delay|subject\s+to|provided|ps|p\.s\.)\b|[?？]"
    r"|请|麻烦|能否|可否|是否|可以|如果|若|改|换|加|减|收到|稍后|再|等|先|吗|发到|送到|寄到|地址|暂|缓|只|另",
    re.IGNORECASE,
)
#: Below stands who writes.
_CLOSING = re.compile(
    r"^\W*(?:(?:with\s+)?(?:best|kind|warm|many)?\s*(?:regards|wishes|thanks)|best|thanks|thank you|cheers|sincerely|yours\b.*|mit freundlichen .*|此致.*|顺颂.*|祝好|谢谢)\W*$",
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
    """`signed`, `declined`, or None when a person has to read it: unclear, with a wish or a condition, or long."""
    own = own_words(text)
    first = own.partition("\n")[0]
    if not own or len(own) > _MAX_WORDS_CHARS:
        return None
    if _DECLINES.search(first):
        return "declined"
    if not _AGREES.search(first) or _NO.search(own):
        return None
    return None if _ASKS.search(_COURTESY.sub(" ", _said(own))) else "signed"


def _said(own: str) -> str:
    """The words above the sender's own name and address, with a postscript below these."""
    lines = own.splitlines()
    end = next((at for at, line in enumerate(lines) if _CLOSING.match(line)), len(lines))
    below = [line for line in lines[end:] if re.match(r"\W*(?:p\.?\s?s\b|附|另)", line, re.IGNORECASE)]
    return "\n".join([*lines[:end], *below])
