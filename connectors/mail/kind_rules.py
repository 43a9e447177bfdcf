"""The rules by which a mail's kind is judged: one visible table of what is looked for, where, and how much it weighs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

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


def _rule(name: str, weight: int, where: Where, pattern: str) -> Rule:
    return Rule(name, weight, where, re.compile(pattern, re.I))


#: A shop, a marketplace or a platform tells the seller that an order came in.
_NOTICE = (
    r"\bnew (?:customer |online |web |store )?order\b(?!s? (?:form|process|system|status))|\byou(?:'|’)?(?:ve| have) (?:received|got) (?:an?|the following|a new)"
    r"(?: new)? order|\bplaced (?:a new |an |the following |this )?order\b|\border\b.{0,40}\bplaced by\b|\byou made a sale\b|\byou(?:'|’)?ve made a sale"
    r"|\bcongratulations on your .{0,30}\bsale\b|\byour item (?:has )?sold\b|\bincoming .{0,20}order\b|\border notification\b|\bnew order received\b"
    r"|\byou have (?:a )?new order|新订单|新的订单|收到.{0,6}订单|您有.{0,8}订单|有新.{0,6}订单|订单(?:通知|提醒)"
)
#: The mail shows what the sender wants to buy from us.
_WISH = (
    r"\b(?:please|pls|kindly)\b.{0,40}\b(?:supply|ship|send us|process|deliver|fulfil|book|enter|accept|arrange)\b.{0,60}|\b(?:i|we)(?:'d| would)? (?:like|want|wish|need)"
    r" to (?:order|buy|purchase|place)|\b(?:place|placing) (?:an|the following|this|our|a new|a purchase|a) (?:\w+ )?order|\b(?:our|this|the following|attached) (?:purchase )?order\b"
    r"|\border(?:ing)? the following|\bwe (?:hereby )?order\b|\bwe need\b|\bneed these\b|\bsend me\b|\bi need\b|\border request\b|\bplease find\b.{0,60}\b(?:order|po)\b"
    r"|\bprocess an order\b|\bour (?:po|p\.o\.)\b|\bhere is (?:our|my|the|an) (?:new )?order|\border as follows"
    r"|我[们要想]{1,3}.{0,4}(?:订|买|采购|下单)|需要(?:订|采购|购买)|采购以下|订购以下|订购如下|采购如下|请(?:尽快)?(?:安排)?(?:发货|供货|按以下|按如下|予以|查收.{0,6}(?:订单|采购))|麻烦.{0,6}(?:发|下单)|下单|订货|订购"
)

#: The same, in words that leave no doubt.
_ORDERS = (
    r"\b(?:i|we)(?:'d| would)? (?:like|want|wish|need) to (?:order|buy|purchase|place (?:an|the|a|this|our))|\bwe (?:hereby )?order\b|\bplease (?:accept|book|enter|process) (?:our|this|my|the following)"
    r"|\border(?:ing)? the following|\border as follows|\bwir bestellen\b|我[们要想]{1,3}.{0,4}(?:订|买|采购|下单)|采购以下|订购以下|订购如下|采购如下|请按(?:以下|如下)"
)

RULES: tuple[Rule, ...] = (
    # for an order
    _rule("a shop tells its owner of a new order", 5, "subject", _NOTICE),
    _rule("a shop tells its owner of a new order", 4, "top", _NOTICE),
    _rule("the subject names a purchase order", 3, "subject", r"\bpurchase order\b|\bp\.?o\.?[ #:№-]{0,3}(?:no\.? ?)?[a-z]{0,6}-?\d|\bpo\b|采购订单|采购单|订货单|採購單|订购单|下单"),
    _rule("the subject names an order", 2, "subject", r"\border\b|订单|訂單|订货|\bbestellung\b|\bcommande\b|\bpedido\b|\bordine\b"),
    _rule("the sender says what they want", 3, "body", _WISH),
    _rule("the sender says that they order", 2, "body", _ORDERS),
    _rule("the sender changes an order", 5, "body", r"\bplease (?:change|amend|update|modify|revise|correct)\b.{0,40}\b(?:order|po|p\.o\.|quantity|qty)\b|\b(?:revised|amended|corrected) (?:purchase order|po|order)\b|(?:订单|采购单).{0,6}(?:变更|修改|更改|更正)"),
    _rule("the body is headed as a purchase order", 2, "top", r"^\W{0,5}(?:purchase order|采购订单|采购单|订货单|採購單|order form|sales order)\b|\bpo (?:number|no\.?|#)\s?:?|采购单号|采购订单号"),
    # against: told by the header
    _rule("it comes from a mail system", NEVER, "sender", r"^(?:mailer-daemon|postmaster|mail-?delivery|bounces?)[\w.+=-]*@|^(?:mailer-daemon|postmaster)$"),
    _rule("it is an auto-reply", NEVER, "subject", r"^\W*(?:auto(?:matic)?[ -]?(?:reply|response|replied)|autoreply|out of (?:the )?office|ooo\b|away from (?:the )?office|on (?:annual |parental )?leave|vacation|abwesen|automatische antwort|réponse automatique|respuesta automática|risposta automatica|自动回复|自动答复|自動回覆|外出|休假|不在办公室)"),
    _rule("it is an auto-reply", -9, "top", r"\b(?:i am|i'm|i will be|i’m) (?:currently )?(?:out of (?:the )?office|on (?:annual )?leave|on vacation|away)|out of the office|自动回复|我(?:正在|现在)?(?:休假|出差|外出)|不在办公室|已收到您的(?:邮件|来信)"),
    _rule("it is a bounce", NEVER, "subject", r"^\W*(?:undeliver(?:ed|able)|delivery (?:status notification|failure|has failed)|mail delivery (?:failed|failure|subsystem)|returned mail|failure notice|message (?:not delivered|undeliverable)|unzustellbar|退信|系统退信|邮件退回|投递失败|delivery incomplete|read:|gelesen:|已读)"),
    # against: somebody tells us how an order of ours is doing
    _rule("a notice of a parcel", -7, "subject", r"\b(?:shipped|dispatched|delivered|out for delivery|on (?:its|the) way|in transit|arriving|has shipped|shipment|shipping confirmation|delivery (?:exception|update|notification|attempt|today|scheduled)|tracking|ready for (?:pick ?up|collection)|(?:your|the|a) (?:package|parcel)|(?:package|parcel)s? (?:is|has|scheduled|arriv\w+|from|will|on)|scheduled for delivery|informed delivery|delayed?)\b|paczk|kurier|przesyłk|consegn|spedit|expédi|livrais|livré|versandt|zugestellt|sendung|paket|envío|enviado|entrega|已发货|发货通知|已签收|派送|派件|物流(?:通知|更新|信息|状态)|包裹|快递(?:单号|通知|更新|已|正在)|到货通知|配送中|运输中|發貨"),
    _rule("a notice of a parcel", -5, "body", r"\btracking (?:number|no\.?|id|code|#)\b|\btrack (?:your )?(?:package|parcel|shipment|order|item|delivery)|\bhas (?:been )?(?:shipped|dispatched|delivered)\b|\bout for delivery\b|\bwill arrive\b|\byour (?:package|parcel|shipment|delivery) |\bpickup code\b|\bis (?:on its way|ready to ship|shipping)\b|\bwe(?:'|’)?(?:ve| have) (?:shipped|dispatched)|运单号|快递单号|物流单号|已发货|已签收|正在派送|您的包裹|取件码|paczka o numerze|list przewozow"),
    _rule("it tells a status", -9, "body", r"\bstatus[\"'*]{0,2}\s?(?:\.{2,20})?\s?[:：]\W{0,5}(?:shipped|shipping|processing|on[ -]?track|in[ -]transit|delayed|delivered|void|manufacturing|dispatched|cancel|out for|your|the order is|progress)|状态\s?[:：]\s?(?:已发货|配送|运输|派送|已签收|处理中|已取消)"),
    _rule("it tells a status", -4, "body", r"\bstatus update\b|\bon[ -]track\b|\bis (?:being processed|processing|in progress|delayed|ready)\b|\bshipment delay|\bexpected ship date\b|\brevised (?:date|eta)\b|\bcurrent eta\b"),
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

CHANGE = re.compile(
    r"\b(?:revised|amended|updated|changed|corrected)\b[^.\n]{0,20}\b(?:purchase order|po|order)\b|\b(?:please|need to|want to|would like to)\b[^.\n]{0,30}\b(?:change|amend|update|modify|revise)\b[^.\n]{0,40}"
    r"\b(?:order|po|purchase|quantity|qty)\b|\b(?:order|po) (?:change|amendment|revision)\b|\brev(?:ision|\.)\s?\d+\b|(?:订单|采购单|采购订单).{0,6}(?:变更|修改|更改|更正)|(?:变更|修改|更改|更正).{0,6}(?:订单|采购单)",
    re.I,
)
#: What a sender wants otherwise with an order that stands, whether or not the words name it.
WANTED_OTHERWISE = re.compile(
    rf"{CHANGE.pattern}|\b(?:please|pls|kindly|can you|could you|would you|can we|could we|(?:need|want|would like|have) (?:you )?to)\b[^.\n]{{0,40}}"
    r"\b(?:change|amend|update|modify|revise|correct|switch|replace|swap|add|remove|drop|reduce|increase|postpone|delay|split|redirect|deliver|ship|send)\b"
    r"|\bno longer (?:need|want|require)|\binstead\b|\bnicht mehr (?:brauchen|benötigen)|\b(?:brauchen|benötigen)\b[^.\n]{0,40}\bnicht mehr\b"
    r"|\bbitte\b[^.\n]{0,60}\b(?:ändern|ergänzen|hinzufügen|entfernen|liefern|statt)\b"
    r"|(?:请|麻烦|需要|想要?|帮忙|能否|可否|可以)[^。\n]{0,16}(?:改成|改为|改到|改发|换成|更改|修改|变更|去掉|减少|追加|加订|推迟|提前)|不需要了|不用发",
    re.I,
)
#: Words by which goods are named that are to come to an order or to leave it: a list of them is not what is wanted in the end.
BESIDE_WHAT_STANDS = re.compile(
    r"\b(?:add(?:s|ed|ing|itional(?:ly)?)?|in addition|remov(?:e|ed|ing)|delet(?:e|ed|ing)|tak(?:e|ing) (?:off|out|away)|drop|reduc(?:e|ed|ing)|increas(?:e|ed|ing)"
    r"|decreas(?:e|ed|ing)|replac(?:e|ed|ing)|swap|exchange|instead of|extra|\d+ (?:pcs |pieces )?more|another \d+|on top|also (?:need|want|send|order|take))\b"
    r"|\b(?:hinzufügen|ergänzen|ergänzung|zusätzlich|dazu|entfernen|streichen|ersetzen|reduzieren|erhöhen|anstatt|statt|ajout\w*|supprim\w*|remplac\w*|enlev\w*|en plus"
    r"|añad\w*|agreg\w*|quit(?:ar|en|e)|elimin\w*|reemplaz\w*|aggiung\w*|toglie\w*|sostitu\w*|toevoegen|verwijderen|vervangen)\b"
    r"|追加|加订|加购|再加|再要|增加|另加|加单|补订|多要|去掉|删除|删掉|减少|减去|少要|换成|替换|取代",
    re.I,
)
#: Who sends the order anew names all of its goods, though some are called added.
ANEW = re.compile(
    r"\b(?:revised|amended|updated|corrected|replacement)\b[^.\n]{0,20}\b(?:purchase order|po|order|list)\b|\bin full\b|\bcomplete (?:list|order)\b|\breplaces\b"
    r"|(?:修改后|更新后|变更后|更正后|最新)的?(?:订单|采购单|清单|明细)|完整(?:订单|清单|明细)",
    re.I,
)
TEST = re.compile(
    r"\btest (?:order|purchase order|po)\b|\bthis is (?:just |only )?a test\b|^\W*test\W*$|测试订单|测试(?:一下)?下单",
    re.I | re.M,
)
DRAFT = re.compile(
    r"\bdraft (?:order|po|purchase order)\b|\b(?:order|po)\b.{0,20}\(draft\)|\bpro ?-?forma\b|草稿|订单草案", re.I
)
NOTICE = re.compile(_NOTICE, re.I)
FIRST_PERSON = re.compile(
    r"\b(?:i|we)(?:'d|'ll| would| will| hereby)?\b.{0,20}\b(?:order|place|need|buy|purchase|require|want)\b|\bour (?:\w+ )?(?:order|po|p\.o\.|purchase order)\b"
    r"|\bplease (?:supply|send|ship)\b|\bneed these\b|我们?.{0,6}(?:订|买|采购|需要|下单)|我司|我公司|请.{0,6}(?:发货|供货)",
    re.I,
)
