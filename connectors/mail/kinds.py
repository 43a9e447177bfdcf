"""Is it an order? A scored table of rules over what a mail says of itself; the decision is pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from connectors.base import Kind
from connectors.mail.message import Mail

#: From this score on a mail is an order.
ORDER_SCORE = 4
#: Enough to outweigh all that speaks for an order.
NEVER = -100

Where = Literal["subject", "body", "top", "sender"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason: where to look, for what, and how much it weighs for (+) or against (-) an order."""

    name: str
    weight: int
    where: Where
    pattern: re.Pattern[str]


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
    has_number: bool = False
    order_files: int = 0
    other_files: int = 0
    under_way: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a mail is; `merchant_notice` says that a shop tells its owner of an order, so the sender is no customer."""

    kind: Kind
    score: int
    reasons: tuple[tuple[str, int], ...]
    merchant_notice: bool = False


def _rule(name: str, weight: int, where: Where, pattern: str) -> Rule:
    return Rule(name, weight, where, re.compile(pattern, re.I))


#: A shop, a marketplace or a platform tells the seller that an order came in.
_NOTICE = (
    r"\bnew (?:customer |online |web |store )?order\b(?!s? (?:form|process|system|status))|\byou(?:'|’)?(?:ve| have) (?:received|got) (?:an?|the following|a new)"
    r"(?: new)? order|\bplaced (?:a new |an |the following |this )?order\b|\border\b.{0,40}\bplaced by\b|\byou made a sale\b|\byou(?:'|’)?ve made a sale"
    r"|\bcongratulations on your .{0,30}\bsale\b|\byour item (?:has )?sold\b|\bincoming .{0,20}order\b|\border notification\b|\bnew order received\b"
    r"|\byou have (?:a )?new order|新订单|新的订单|收到.{0,6}订单|您有.{0,8}订单|有新.{0,6}订单"
)
#: The mail shows what the sender wants to buy from us.
_WISH = (
    r"\b(?:please|pls|kindly)\b.{0,40}\b(?:supply|ship|send us|process|deliver|fulfil|book|enter|accept|arrange)\b.{0,60}|\b(?:i|we)(?:'d| would)? (?:like|want|wish|need)"
    r" to (?:order|buy|purchase|place)|\b(?:place|placing) (?:an|the following|this|our|a new|a purchase|a) (?:\w+ )?order|\b(?:our|this|the following|attached) (?:purchase )?order\b"
    r"|\border(?:ing)? the following|\bwe (?:hereby )?order\b|\bwe need\b|\bneed these\b|\bsend me\b|\bi need\b|\border request\b|\bplease find\b.{0,60}\b(?:order|po)\b"
    r"|\bprocess an order\b|\bour (?:po|p\.o\.)\b|\bhere is (?:our|my|the|an) (?:new )?order|\border as follows"
    r"|我[们要想]{1,3}.{0,4}(?:订|买|采购|下单)|需要(?:订|采购|购买)|采购以下|订购以下|订购如下|采购如下|请(?:尽快)?(?:安排)?(?:发货|供货|按以下|按如下|予以|查收.{0,6}(?:订单|采购))|麻烦.{0,6}(?:发|下单)|下单|订货|订购"
)

RULES: tuple[Rule, ...] = (
    # for an order
    _rule("a shop tells its owner of a new order", 5, "subject", _NOTICE),
    _rule("a shop tells its owner of a new order", 4, "top", _NOTICE),
    _rule("the subject names a purchase order", 3, "subject", r"\bpurchase order\b|\bp\.?o\.?[ #:№-]{0,3}(?:no\.? ?)?[a-z]{0,6}-?\d|\bpo\b|采购订单|采购单|订货单|採購單|订购单|下单"),
    _rule("the subject names an order", 2, "subject", r"\border\b|订单|訂單|订货|\bbestellung\b|\bcommande\b|\bpedido\b|\bordine\b"),
    _rule("the sender says what they want", 3, "body", _WISH),
    _rule("the body is headed as a purchase order", 2, "top", r"^\W{0,5}(?:purchase order|采购订单|采购单|订货单|採購單|order form|sales order)\b|\bpo (?:number|no\.?|#)\s?:?|采购单号|采购订单号"),
    # against: told by the header
    _rule("it comes from a mail system", NEVER, "sender", r"^(?:mailer-daemon|postmaster|mail-?delivery|bounces?)[\w.+=-]*@|^(?:mailer-daemon|postmaster)$"),
    _rule("it is an auto-reply", NEVER, "subject", r"^\W*(?:auto(?:matic)?[ -]?(?:reply|response|replied)|autoreply|out of (?:the )?office|ooo\b|away from (?:the )?office|on (?:annual |parental )?leave|vacation|abwesen|automatische antwort|réponse automatique|respuesta automática|risposta automatica|自动回复|自动答复|自動回覆|外出|休假|不在办公室)"),
    _rule("it is an auto-reply", -9, "top", r"\b(?:i am|i'm|i will be|i’m) (?:currently )?(?:out of (?:the )?office|on (?:annual )?leave|on vacation|away)|out of the office|自动回复|我(?:正在|现在)?(?:休假|出差|外出)|不在办公室|已收到您的(?:邮件|来信)"),
    _rule("it is a bounce", NEVER, "subject", r"^\W*(?:undeliver(?:ed|able)|delivery (?:status notification|failure|has failed)|mail delivery (?:failed|failure|subsystem)|returned mail|failure notice|message (?:not delivered|undeliverable)|unzustellbar|退信|系统退信|邮件退回|投递失败|delivery incomplete|read:|gelesen:|已读)"),
    # against: somebody tells us how an order of ours is doing
    _rule("a notice of a parcel", -7, "subject", r"\b(?:shipped|dispatched|delivered|out for delivery|on (?:its|the) way|in transit|arriving|has shipped|shipment|shipping confirmation|delivery (?:exception|update|notification|attempt|today|scheduled)|tracking|ready for (?:pick ?up|collection)|parcel|package|your package|scheduled for delivery|informed delivery|delayed?)\b|paczk|kurier|przesyłk|consegn|spedit|expédi|livrais|livré|versandt|zugestellt|sendung|paket|envío|enviado|entrega|已发货|发货通知|已签收|派送|派件|物流|包裹|快递|到货通知|配送中|运输中|發貨"),
    _rule("a notice of a parcel", -5, "body", r"\btracking (?:number|no\.?|id|code|#)\b|\btrack (?:your )?(?:package|parcel|shipment|order|item|delivery)|\bhas (?:been )?(?:shipped|dispatched|delivered)\b|\bout for delivery\b|\bwill arrive\b|\byour (?:package|parcel|shipment|delivery) |\bpickup code\b|\bis (?:on its way|ready to ship|shipping)\b|\bwe(?:'|’)?(?:ve| have) (?:shipped|dispatched)|运单号|快递单号|物流单号|已发货|已签收|正在派送|您的包裹|取件码|paczka o numerze|list przewozow"),
    _rule("it tells a status", -5, "body", r"^\W{0,4}(?:current |order |shipment |delivery )?status\s?(?:\.{2,})?\s?[:：]|^\W{0,4}(?:订单|物流|当前)?状态\s?[:：]|\bstatus update\b|\bon[ -]track\b|\bis (?:being processed|processing|in progress|delayed|ready)\b|\bshipment delay|\bexpected ship date\b|\brevised (?:date|eta)\b|\bcurrent eta\b"),
    _rule("it speaks of an order of ours", -4, "body", r"\byour (?:recent )?(?:order|purchase)\b(?! (?:number|no|ref|#|confirmation to us))|您的订单|你的订单|您购买的|sua? ordine|tuo ordine|ihre bestellung|votre commande|su pedido|twoje zamówienie"),
    _rule("it speaks of an order of ours", -4, "subject", r"\byour\b.{0,40}\b(?:order|purchase|invoice|receipt|subscription)\b|您的.{0,10}订单|你的订单|tuo ordine|ihre bestellung|votre commande|su pedido"),
    _rule("it thanks for an order", -6, "body", r"\bthank(?:s| you)(?: so much| very much)? for (?:your |the )?(?:order(?!ing from us\?)|purchase|shopping|buying|placing|ordering)|\bwe(?:'|’)?(?:ve| have) received your order|\bhope to see you again|感谢您的(?:订购|订单|购买|惠顾)|感谢(?:惠顾|购买|订购)|您已成功(?:下单|购买)|订单已(?:确认|提交|收到)|order received with thanks"),
    _rule("it confirms an order to a buyer", -5, "subject", r"\border (?:confirmation|confirmed|received|acknowledg\w+|receipt|update|acknowledgement|complete)\b|\bconfirmation of (?:your )?order|\bauftragsbestätigung|订单确认|确认函|\bupdate\b|\be-?receipt\b|\breceipt (?:for|from)\b"),
    _rule("it says that an order was cancelled or refunded", -5, "body", r"\b(?:order|po)\b.{0,60}\b(?:has been|was|is) (?:cancel+ed|refunded|void)|\brefund (?:has been|was) (?:issued|processed)|已取消|已退款|\bwill be cancel+ed if"),
    _rule("it comes from a carrier or a marketplace's desk", -6, "sender", r"^(?:order-update|shipment-tracking|shipping-update|auto-confirm|auto-reply|trackingupdates?|tracking|mcinfo|auto-shipping|delivery|digital-no-reply|store-news|marketplace-messages|payments?-messages|no-?reply-?tracking|informeddelivery\w*|usps\w*)@|@(?:[\w-]+\.)*(?:ups|fedex|usps|dhl|gls-group|gls-pakete|dpd|hermes\w*|evri|royalmail|canadapost|purolator|tnt|inpost|poczta-polska|sf-express|yunda|zto|sto|kuaidi100|cainiao|17track)\.[a-z.]{2,8}$"),
    # against: other letters
    _rule("it asks for a price only", -6, "subject", r"\b(?:rfq|request for (?:a )?quot\w+|quote request|quotation|price (?:list|request|inquiry|enquiry)|inquiry|enquiry|estimate)\b|询价|报价|询盘"),
    _rule("it asks for a price only", -4, "body", r"\bplease (?:quote|send (?:us |me )?(?:a |your |the )?(?:best )?(?:quot\w+|price))|\brequest for quot|\bbest price\b|\bcould you quote|请报价|询价|求报价"),
    _rule("an invoice or a payment", -6, "subject", r"\b(?:invoice|payment (?:received|reminder|due|overdue|confirmation)|statement|remittance|overdue|dunning|credit note|past due|receipt)\b|发票|付款通知|对账单|催款|账单"),
    _rule("spam", -6, "body", r"\bclick (?:here|below|the link|on the link)\b|\bverify your (?:account|identity|order|payment|billing)|\b(?:unusual|suspicious) activity|\baccount (?:has been |is |will be )?(?:suspended|limited|locked)|\bgift card\b|\bbitcoin\b|\bviagra\b|\byou(?:'|’)?(?:ve| have) won\b|\blottery\b|\bcredit card (?:details|number)\b|\bwire transfer immediately|\bclaim your\b|\bfree trial\b|\bseo\b|\bbacklinks?\b|\blog ?in to (?:confirm|verify)|点击(?:这里|此处|链接|领取)|中奖|恭喜您获得|账户异常|验证您的"),
    _rule("advertising", -5, "body", r"\bunsubscribe\b|\bopt[ -]?out\b|\bview (?:this email )?in (?:your )?browser\b|\b\d{1,2} ?% off\b|\bmanage (?:your )?(?:email )?preferences\b|\bnewsletter\b|退订|取消订阅|限时(?:优惠|特价)|满减|双11|促销"),
    _rule("it must not be answered", -1, "body", r"\bdo not (?:reply|respond)\b|\bnotification-only\b|\bno-?reply\b|请勿(?:直接)?回复"),
    _rule("a question about an order", -4, "subject", r"\b(?:where is|status of|question|query|complaint|problem|issue|return|refund|rma|warranty|feedback|review|survey|re-?schedule)\b|退货|退款|投诉|咨询|查询|售后|评价"),
    _rule("a question about an order", -4, "body", r"\bwhere is (?:my|our)\b|\bwhen will (?:my|our|it|the)\b|\bhas (?:my|our) order\b|\bnot (?:yet )?received\b|\bwant to return\b|\brefund\b.{0,20}\b(?:my|our|please)\b|什么时候(?:能)?(?:发货|到货)|还没(?:收到|到)|要求退"),
)  # fmt: skip

_CANCEL = re.compile(
    r"\b(?:please|pls|kindly|must|need to|want to|wish to|would like to|have to|can you|could you)\b[^.\n]{0,40}\bcancel\b(?![^.\n]{0,20}(?:fee|policy|if))|^\W{0,4}cancel(?:lation)?\b"
    r"[^.\n]{0,40}\b(?:order|po|purchase)|\bcancel (?:our|my|the|this|that|purchase) (?:\w+ )?(?:order|po)\b|请?取消.{0,12}(?:订单|采购|下单)|(?:订单|采购单).{0,30}(?:请|要|需要|麻烦)取消|不要了",
    re.I | re.M,
)
_CHANGE = re.compile(
    r"\b(?:revised|amended|updated|changed|corrected)\b[^.\n]{0,20}\b(?:purchase order|po|order)\b|\b(?:please|need to|want to|would like to)\b[^.\n]{0,30}\b(?:change|amend|update|modify|revise)\b[^.\n]{0,40}"
    r"\b(?:order|po|purchase|quantity|qty)\b|\b(?:order|po) (?:change|amendment|revision)\b|\brev(?:ision|\.)\s?\d+\b|(?:订单|采购单|采购订单).{0,6}(?:变更|修改|更改|更正)|(?:变更|修改|更改|更正).{0,6}(?:订单|采购单)",
    re.I,
)
_TEST = re.compile(
    r"\btest (?:order|purchase order|po)\b|\bthis is (?:just |only )?a test\b|^\W*test\W*$|测试订单|测试(?:一下)?下单",
    re.I | re.M,
)
_DRAFT = re.compile(
    r"\bdraft (?:order|po|purchase order)\b|\b(?:order|po)\b.{0,20}\(draft\)|\bpro ?-?forma\b|草稿|订单草案", re.I
)
_NOTICE_PATTERN = re.compile(_NOTICE, re.I)
_BODY_CHARS = 20_000
_TOP_CHARS = 1500
_LINE_CHARS = 400


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
    reasons = (*_matched(reading, body), *_facts(reading))
    score = sum(weight for _, weight in reasons)
    notice = bool(_NOTICE_PATTERN.search(f"{reading.subject[:300]}\n{body[:_TOP_CHARS]}"))
    return Verdict(_kind(reading, body, score), score, reasons, notice)


def _matched(reading: Reading, body: str) -> Iterable[tuple[str, int]]:
    texts = {
        "subject": reading.subject[:300],
        "sender": reading.sender[:200],
        "body": body,
        "top": body[:_TOP_CHARS],
    }
    for rule in RULES:
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
        ("it names an order number", 1, reading.has_number),
        ("an order sheet is attached", 4, reading.order_files > 0),
        ("an order is attached as a document", 2, reading.other_files > 0),
        ("its markup says that goods are on their way", -6, reading.under_way),
    )
    return ((name, weight) for name, weight, holds in named if holds)


def _kind(reading: Reading, body: str, score: int) -> Kind:
    text = f"{reading.subject[:300]}\n{body[:4000]}"
    if score <= NEVER // 2:
        return Kind.NOT_AN_ORDER
    cancels = bool(_CANCEL.search(text))
    if score < ORDER_SCORE and not (
        cancels and score > -6 and (reading.has_number or "order" in text.lower() or "单" in text)
    ):
        return Kind.NOT_AN_ORDER
    if _TEST.search(text):
        return Kind.TEST
    if _DRAFT.search(text):
        return Kind.DRAFT
    if cancels:
        return Kind.CANCELLATION
    return Kind.UPDATE if _CHANGE.search(text) else Kind.ORDER
