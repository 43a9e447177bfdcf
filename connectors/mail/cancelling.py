"""What a mail says of cancelling: the whole order, a part of it, or only on a condition. Pure.

The house carries out a whole cancellation by itself, so only a sentence that plainly asks for it counts as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from connectors.mail.items import bare_codes, names_other
from connectors.mail.numbers import number_in, plain


class Wish(StrEnum):
    """What is asked for; `DOUBTFUL` is spoken of, but denied, conditional, or said of something else.

    `CHANGE` is any other change of an order, by a mail that does not list the goods as they shall be.
    """

    NONE = "none"
    WHOLE = "whole"
    PART = "part"
    SEVERAL = "several"
    DOUBTFUL = "doubtful"
    CHANGE = "change"


#: Wish -> what a person is told who has to settle it.
DOUBTS: dict[Wish, str] = {
    Wish.PART: "the mail cancels a part of the order only; compare with the mail and change the lines by hand",
    Wish.SEVERAL: "the mail names more than one order; look up what is to be cancelled, and cancel it by hand",
    Wish.WHOLE: "the mail cancels an order and names goods; look whether they are what stays or another order, and cancel by hand",
    Wish.DOUBTFUL: "the mail speaks of cancelling but does not plainly ask for it; read it, then change or cancel the order by hand",
    Wish.CHANGE: "the mail asks for a change and does not list the goods as they shall be; read it, and change the order by hand",
}

_ASKED = re.compile(
    r"\b(?:please|pls|kindly|must|need to|want to|wish to|would like to|have to|can you|could you)\b[^.\n]{0,40}\bcancel\b(?![^.\n]{0,20}(?:fee|policy))"
    r"|\bcancel (?:our|my|the|this|that|purchase) (?:\w+ )?(?:order|po)\b|取消.{0,12}(?:订单|采购|下单)|(?:订单|采购单).{0,30}(?:请|要|需要|麻烦)取消|不要了"
    r"|(?<!已)把[^，。\n]{0,6}(?:订单|采购单)[^，。\n]{0,24}取消"
    r"|取消\s?(?:第\s?[\d一二三四五六七八九十]|[A-Za-z]{1,6}-?\d)",
    re.I,
)
_HEADING = re.compile(r"^\W{0,4}cancel(?:lation)?\b[^.\n]{0,40}\b(?:order|po|purchase)", re.I)
_CANCELLED = re.compile(r"\b(?:has|have) been cancel+ed\b|\bwas cancel+ed\b|\bis cancel+ed\b|已(?:被)?取消", re.I)

_NEW_CLAUSE = r"(?:please|pls|kindly|so|and|but|therefore|hence|thus|must|then|we|i)\b"
_DENIED = re.compile(
    rf"(?:\b(?:not|never|nor|no|without|avoid|instead of|rather than)|n['’]t)(?:\s+(?!{_NEW_CLAUSE})[\w'’-]+){{0,4}}\s+cancel"
    r"|\b(?:ignore|disregard|withdraw|revoke|undo|retract|take back|reverse|forget)\b[^.\n]{0,60}\bcancel"
    r"|(?:(?<![能可])不(?:需要?|要|用|必|想|能|会|可以?|得|打算|准备|同意|希望|愿意?|建议|许|再)?|别|勿|无需|无须|没(?:有|说|想)?要?|未|莫)"
    r"(?:再|随意|擅自|自动|给我|帮我|直接|(?:把|将)[^，。；,;请]{1,24})?取消|(?:撤回|撤销|忽略|收回)[^，。；,;]{0,12}取消",
    re.I,
)
#: Conditions that change nothing: courtesy, and what is looked at before anything is cancelled anyway.
_HARMLESS = re.compile(
    r"\b(?:know|confirm|check|tell us|tell me|advise)(?: (?:me|us))? (?:if|whether)\b"
    r"|\bif (?:you|we) (?:can ?not|can['’]t|are unable to) cancel\b|\bif (?:possible|any\b|you (?:have|need) any|you (?:can|could|would)(?=\s*(?:[,.]|please|$)))"
    r"|\b(?:if|as long as|provided) (?:it |they |this |that |the (?:order|goods|parcel) )?(?:(?:has|have|is|are|was|were)(?: not|n['’]t)|not) (?:yet |already )?(?:been )?"
    r"(?:shipped|dispatched|sent|left)(?: out| yet| already)*(?!\s+(?:by|before|within|on|until))"
    r"|如果?有(?:任何|疑问|问题|疑义|需要)|(?:如果?|若)(?:还没有?|尚未|未)(?:发货|出库|寄出)",
    re.I,
)
_CONDITION = re.compile(
    r"\b(?:if|unless|whether|otherwise|or else|in case|in the event|in that case|provided (?:that|you)|assuming|as long as|subject to|failing (?:that|this|which)"
    r"|should (?:you|it|they|the|this|that|these|delivery|any)|why (?:did|do|was|has|have|would|should)|how (?:can|do|to|should)"
    r"|(?:may|might) (?:\w+ )?cancel|reserv\w+|(?:entitled|right|free) to cancel|or (?:please |kindly |we |i )?(?:will |would |must |shall )?cancel)\b"
    r"|如果|(?<![例比诸譬犹])如(?![题下上图附前所此同期约实数愿意故])|若(?!干)|倘|要是|万一|除非|否则|不然|的话|一旦|有权[^，。]{0,8}取消|保留[^，。]{0,6}取消"
    r"|(?<!现在)(?<!马上)(?<!立刻)(?:就|则|或)(?:请|直接|自动|予以|全部|麻烦)?(?:取消|不要了)|可取消|怎么|怎样|为什么|为何",
    re.I,
)
_ALL = re.compile(
    r"\b(?:whole|entire|complete|full|all)\b(?: of)?(?: the| our| my)? (?:\w+ )?(?:order|po|lines|items|goods)\b|整单|整个|全部|所有",
    re.I,
)
_NOUNS = r"(?:lines?|items?|pos(?:ition)?s?|rows?|skus?|articles?|parts?|products?|pcs|pieces|units?|qty|quantity|balance|back-?orders?|\d+ ?x)"
_PART = re.compile(
    rf"\bcancel\w*\b(?:(?!\border\b|\bpo\b)[^.\n]){{0,60}}\b{_NOUNS}\b|\b(?:lines?|items?|pos(?:ition)?s?|rows?)\.? ?(?:no |number |#)?\d"
    r"|\bcancel\w*\b(?!\s+of\b)[^.\n]{1,40}\b(?:from|in|on|of) (?:(?:our|my|the|this|that) )?(?:purchase )?(?:order|po)\b|\bcancel the following(?! (?:purchase )?(?:orders?|po)\b)"
    r"|\bonly\b|\bpart(?:ly|ial\w*)?\b|\bexcept\b|\bkeep\b|中的|里的|其中|部分|[仅只]取消|只要|第\s?[\d一二三四五六七八九十]+\s?[行项个条款]|货号|型号|\bsku\b|保留|照发|照常|照旧|一半|半数|减少",
    re.I,
)
_REST = re.compile(
    r"\b(?:the (?:rest|remainder)|everything else|(?:the )?other (?:lines?|items?|goods|products?|positions?|parts?)"
    r"|remaining (?:lines?|items?|goods|products?|quantity|pieces|positions?))\b|(?:其[余他它]|剩[下余]的?|余下的?)(?!订单|采购单)[^。\n]{0,10}(?:照|不变|保留|继续|发|正常|要|留)",
    re.I,
)
_NUMBER = r"(?<![\w-])(?!\d{4}[-/]\d)[A-Za-z]{0,8}[-_]?\d{3}[\w/-]{0,30}"
_SEVERAL = re.compile(
    rf"\borders\b(?!@)|{_NUMBER}\s*(?:,|&|\+|、|和|及|\band\b)\s*(?:(?:order|po|订单|采购单)\s?)?{_NUMBER}|(?:[两三四五几些]|以下)[个张份笔]?(?:订单|采购单)(?=[^，。]*[、和及])",
    re.I,
)
_UNWANTED = re.compile(
    r"(?:^|[，。,;；!！?？]|(?:订单|采购单|这单|单子|这批货?|(?:这些|所有|全部)(?:货|商品|产品|东西)?|货物)[\s:：#号编]*[A-Za-z0-9_/.-]{0,40})"
    r"\s*(?:我们?|我司|客户|现在|已经?|都|全部?|暂时|先)*\s*不要了"
)

_SHORTENED = re.compile(r"\b(no|nr|ref|pos|approx|incl|art|p\.o|e\.g|i\.e|mr|ms|dr|co|ltd|inc)\.", re.I)
#: A condition with no end of its own goes on in the line below.
_OPEN_CONDITION = re.compile(
    r"(?im)^(\W{0,4}(?:if|unless|in case|should|otherwise|如|若|要是|万一)[^\n.!?。！？]{0,300}?)\s*\n\s*"
)
_WRAPPED_CHINESE = re.compile(r"(?<=[^\n]{24}[\u4e00-\u9fff])\n(?=[\u4e00-\u9fff])|(?<=[，、])\n(?=\S)")
_WRAPPED = re.compile(
    r"(?<![.!?。！？:：;；\n])\n(?=[a-z])|(?<=,)\n(?=\S)|(?<=[^\n]{60})(?<![.!?。！？:：;；])\n(?=\S)"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^a-z\d\s])|(?<=[。！？；;])|\n")


def speaks_of_cancelling(text: str) -> bool:
    """Whether a text asks for a cancellation, or speaks of one in the same words."""
    return _ASKED.search(text) is not None


def wish_of(subject: str, body: str, number: str | None) -> Wish:
    """What subject and body ask for together; `number` is the order's, which is no code of goods.

    Whoever denies in the body what the subject says, or asks for a part, is read by a person.
    """
    text = f"{subject}\n{body}"
    may_be_heading = not _CANCELLED.search(text)
    said = [_asked(sentence, number, may_be_heading) for sentence in _sentences(body)]
    headed = [_asked(sentence, number, may_be_heading) for sentence in _sentences(subject)]
    if not any(said + headed):
        return Wish.NONE
    if Wish.SEVERAL in said + headed:
        return Wish.SEVERAL
    if Wish.PART in said + headed or (Wish.WHOLE in said + headed and _REST.search(text)):
        return Wish.PART
    if any(_DENIED.search(_HARMLESS.sub(" ", sentence)) for sentence in _sentences(body)):
        return Wish.DOUBTFUL
    told = [wish for wish in said if wish] or headed
    return Wish.WHOLE if Wish.WHOLE in told else Wish.DOUBTFUL


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a text, those that go on in the line below in one piece."""
    joined = _WRAPPED.sub(" ", _WRAPPED_CHINESE.sub("", _OPEN_CONDITION.sub(r"\1, ", text)))
    for sentence in _SENTENCE_END.split(_SHORTENED.sub(r"\1", joined)):
        if sentence.strip():
            yield sentence.strip()


def _asked(sentence: str, number: str | None, may_be_heading: bool) -> Wish | None:
    """What one sentence asks for; None where it does not speak of cancelling."""
    asked = _ASKED.search(sentence)
    if not asked and not (may_be_heading and _HEADING.search(sentence)):
        return None
    meant = _HARMLESS.sub(" ", sentence)
    if _DENIED.search(meant) or _CONDITION.search(meant):
        return Wish.DOUBTFUL
    if _SEVERAL.search(sentence) or _names_another(sentence, number):
        return Wish.SEVERAL
    if not _ALL.search(sentence) and (_PART.search(sentence) or _names_goods(sentence, number)):
        return Wish.PART
    if asked and asked[0] == "不要了" and not _UNWANTED.search(sentence):
        return Wish.DOUBTFUL
    return Wish.WHOLE


def _names_another(sentence: str, number: str | None) -> bool:
    """Whether the number of an order stands in it that is not the one that the mail is about."""
    named = number_in("", [sentence])
    return named is not None and number is not None and plain(named.value) != plain(number)


def _names_goods(sentence: str, number: str | None) -> bool:
    """Whether a code stands in it that is neither the order's number nor called a number of something else."""
    for code in bare_codes(sentence):
        is_order = number is not None and plain(number) in plain(code[0])
        if not is_order and not names_other(sentence[: code.start()]):
            return True
    return False
