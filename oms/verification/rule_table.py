"""THE table of verification rules: severity, who decides, whether that person may let it pass, what it says (V-1..V-4).

`hold` stops the order until its owner decides; `note` is shown and stops nothing. A rule that is not `waivable` must
be mended. Texts say what is wrong and how to mend it; {names} are filled in and never hold private values.
"""

from __future__ import annotations

from dataclasses import dataclass

HOLD, NOTE = "hold", "note"
SPECIALIST, FINANCE, MANAGER = "order_specialist", "finance", "order_manager"
#: From the weakest to the strongest: the strongest owner of an order's findings decides on all of them.
OWNERS = (SPECIALIST, FINANCE, MANAGER)
#: Owner -> the step that the owner's decision is.
REVIEWS = {SPECIALIST: "review", FINANCE: "finance_review", MANAGER: "final_review"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `important`: its finding makes the order important (V-1)."""

    severity: str
    owner: str
    en: str
    zh: str
    waivable: bool = True
    important: bool = False


def _mend(owner: str, en: str, zh: str) -> Rule:
    return Rule(HOLD, owner, en, zh, waivable=False)


def _decide(owner: str, en: str, zh: str) -> Rule:
    return Rule(HOLD, owner, en, zh)


def _important(en: str, zh: str) -> Rule:
    return Rule(HOLD, MANAGER, en, zh, important=True)


def _note(en: str, zh: str) -> Rule:
    return Rule(NOTE, SPECIALIST, en, zh)


# fmt: off
RULES: dict[str, Rule] = {
    # what is missing, V-2
    "no_lines": _mend(SPECIALIST, "The order has no line: add what is wanted.", "订单没有商品行：请补充所购商品。"),
    "currency_missing": _mend(SPECIALIST, "The currency is missing: enter it as a code such as CNY.",
        "缺少币种：请填写币种代码，如 CNY。"),
    "qty_missing": _mend(SPECIALIST, "Line {line} has no quantity: ask the customer and enter it.",
        "第 {line} 行缺少数量：请向客户确认后填写。"),
    "price_missing": _mend(SPECIALIST, "Line {line} has no unit price: enter the agreed one (price list: {list_price}).",
        "第 {line} 行缺少单价：请填写约定价格（目录价：{list_price}）。"),
    "contact_missing": _mend(SPECIALIST, "No way to reach the customer: enter an e-mail address or a phone number.",
        "没有客户联系方式：请填写邮箱或电话。"),
    "name_missing": _mend(SPECIALIST, "Nobody is named as receiver or customer: enter a name.",
        "缺少收货人或客户姓名：请填写姓名。"),
    "number_missing": _decide(SPECIALIST, "The order has no number of its own: check that it is not a repeat. {detail}",
        "来单没有单号：请核对是否重复下单。{detail}"),
    "qty_invalid": _decide(SPECIALIST, "A quantity is no usable number: check and correct it. {detail}",
        "数量无效：请核对并更正。{detail}"),
    "date_ambiguous": _decide(SPECIALIST, "A date can be read in two ways: ask the customer which day is meant. {detail}",
        "日期有歧义：请向客户确认是哪一天。{detail}"),
    "status_unknown": _decide(SPECIALIST, "The channel sent a status that we do not know: look at the order there. {detail}",
        "渠道传来未知状态：请到渠道后台核对。{detail}"),
    "sent_already": _decide(SPECIALIST, "Its shop has sent goods of it: take these out, or have the order rejected, which pays nothing back here.",
        "店铺已自行发货：请删除已发商品行，或申请拒单（不会退款，也不通知客户）。"),
    "version_conflict": _decide(SPECIALIST, "Two contents came under one version: compare with the channel. {detail}",
        "同一版本有两种内容：请与渠道核对。{detail}"),
    "channel_problem": _decide(SPECIALIST, "The message could not be fully understood: compare with the original. {detail}",
        "来单未能完全识别：请与原始单核对。{detail}"),
    "low_confidence": _decide(SPECIALIST,
        "{field} was read with confidence {confidence}, under {threshold}: compare it with the original message.",
        "{field} 的识别置信度为 {confidence}，低于 {threshold}：请与原始单核对。"),
    # goods
    "sku_unknown": _mend(SPECIALIST, "Line {line}: {sku} is no SKU that we know: choose the right one or list it for the channel.",
        "第 {line} 行：{sku} 不是已知货号：请选择正确货号或为该渠道建立对照。"),
    "sku_inactive": _mend(SPECIALIST, "Line {line}: {sku} is no longer sold: offer the customer another one.",
        "第 {line} 行：{sku} 已停售：请向客户推荐替代品。"),
    "goods_blocked": _mend(MANAGER, "Line {line}: {sku} is blocked ({reason}): unblock it or take the line out.",
        "第 {line} 行：{sku} 已被冻结（{reason}）：请解除冻结或删除该行。"),
    "country_forbidden": _mend(MANAGER, "Line {line}: {sku} must not be sent to {country}: take the line out or change the address.",
        "第 {line} 行：{sku} 禁止发往 {country}：请删除该行或更改地址。"),
    "unit_differs": _decide(SPECIALIST,
        "Line {line}: {qty} {unit} of {sku} are ordered, which is sold by {sold_in}: ask how many are meant, and enter quantity and unit.",
        "第 {line} 行：{sku} 订购 {qty} {unit}，而该货按 {sold_in} 出售：请向客户确认数量，并填写数量和单位。"),
    "qty_broken": _decide(SPECIALIST, "Line {line}: {qty} of {sku} are ordered, which is sold whole: ask how many are wanted.",
        "第 {line} 行：{sku} 订购 {qty}，而该货只按整件出售：请向客户确认数量。"),
    # where to, V-2
    "address_missing": _mend(SPECIALIST, "There is no delivery address: ask the customer and enter it.",
        "缺少收货地址：请向客户确认后填写。"),
    "address_incomplete": _mend(SPECIALIST, "The delivery address has no {part}: ask the customer and enter it.",
        "收货地址缺少 {part}：请向客户确认后填写。"),
    "address_conflict": _decide(SPECIALIST, "Text and code of the address contradict each other: ask which one is right. {detail}",
        "地址文字与行政区划代码不一致：请向客户确认。{detail}"),
    "country_unserved": _mend(SPECIALIST, "No carrier takes these goods to {country}: change the address or set up a carrier service.",
        "没有承运商可将该货发往 {country}：请更改地址或维护承运商服务。"),
    # money, V-3 V-4 C-2
    "total_mismatch": _decide(SPECIALIST, "The total is {total}, the parts come to {computed}: correct one of them. {detail}",
        "合计为 {total}，各项之和为 {computed}：请更正。{detail}"),
    "value_negative": _decide(MANAGER, "The order comes to {total}, so that we would pay for it: correct a price or a discount.",
        "订单合计为 {total}，小于零：请更正价格或折扣。"),
    "price_below_floor": _decide(MANAGER, "Line {line}: {sku} at {price} is under the floor of {floor}: approve or correct the price.",
        "第 {line} 行：{sku} 单价 {price} 低于底价 {floor}：请批准或更正价格。"),
    "price_over_list": _decide(MANAGER, "Line {line}: {sku} at {price} is far over the list price of {list_price}: likely mistyped.",
        "第 {line} 行：{sku} 单价 {price} 远高于目录价 {list_price}：可能录入有误。"),
    "price_in_other_currency": _decide(MANAGER, "Line {line}: {sku} has no price in {currency}: add one to the price list or approve.",
        "第 {line} 行：{sku} 没有 {currency} 价格：请维护价目表或批准。"),
    "price_unlisted": _note("Line {line}: {sku} has no list price to compare with.", "第 {line} 行：{sku} 没有目录价可比对。"),
    "terms_not_allowed": _decide(FINANCE, "Payment terms {terms} are not agreed with this customer or channel: approve or change them.",
        "该客户或渠道未约定 {terms} 付款方式：请批准或更改。"),
    "cod_over_limit": _decide(FINANCE, "Cash on delivery of {total} is over the limit of {limit}: approve or ask for prepayment.",
        "货到付款金额 {total} 超过上限 {limit}：请批准或要求预付。"),
    "credit_exceeded": _decide(FINANCE, "With this order {owed} would be open; the credit limit is {limit}: approve or ask for payment.",
        "加上本单未结金额为 {owed}，信用额度为 {limit}：请批准或要求付款。"),
    "credit_currency": _decide(FINANCE, "The credit is kept in {limit_currency}, the order is in {currency}: approve or change the terms.",
        "信用额度币种为 {limit_currency}，订单币种为 {currency}：请批准或更改付款方式。"),
    "payment_overdue": _decide(FINANCE, "An order delivered on {since} is still unpaid after {days} days: approve or ask for payment.",
        "{since} 交付的订单逾期 {days} 天仍未付款：请批准或催款。"),
    "payment_claimed": _decide(FINANCE, "It says that it is paid, which anybody may write: look whether the money has come, and record the payment.",
        "来单自称已付款，不足为凭：请核实款项是否到账，并登记付款。"),
    "payment_given_back": _decide(SPECIALIST, "The payment has gone back: ask whether the goods are still wanted, else cancel the order.",
        "货款已退还：请确认客户是否仍需要商品，否则请取消订单。"),
    # who, V-2
    "customer_blocked": _mend(MANAGER, "The customer is blocked ({reason}): lift the block or reject the order.",
        "客户已被冻结（{reason}）：请解除冻结或拒单。"),
    "message_unread": _decide(SPECIALIST, "The buyer wrote a message that nobody has read: read it and do what it asks.",
        "买家留言未读：请阅读并处理。"),
    # when, V-4 V-6 V-8
    "date_infeasible": _decide(SPECIALIST, "Asked for {asked}, possible on {possible}: offer the later date and note the answer.",
        "客户要求 {asked}，最早可达 {possible}：请先向客户提出改期并记录答复。"),
    # order class, V-1 V-7
    "large_value": _important("The order's value of {total} is at least {limit}: the manager decides.",
        "订单金额 {total} 达到大额标准 {limit}：由部门经理决定。"),
    "value_unknown": _decide(MANAGER, "What {total} {currency} comes to is not known (`house.rates`): the manager decides.",
        "金额 {total} {currency} 无折算率（house.rates），无法与限额比较：由部门经理决定。"),
    "key_customer": _important("A key customer's order: the manager looks at date and price.", "重点客户订单：由部门经理核对交期与价格。"),
    "custom_goods": _important("Line {line}: {sku} is made to order: the manager decides.", "第 {line} 行：{sku} 为定制品：由部门经理决定。"),
    "discontinued_goods": _important("Line {line}: {sku} is discontinued: the manager decides.",
        "第 {line} 行：{sku} 已停产：由部门经理决定。"),
    "urgent": _important("The order is urgent: late delivery would hurt the company's name.", "加急订单：延误将影响公司信誉，由部门经理决定。"),
    "every_order": _decide(MANAGER, "Every order goes to final review at present.", "当前所有订单均转终审。"),
    # shown only
    "phone_invalid": _note("A phone number could not be understood. {detail}", "电话号码无法识别。{detail}"),
    "email_invalid": _note("An e-mail address could not be understood. {detail}", "邮箱无法识别。{detail}"),
    "masked": _note("The channel hides part of the receiver. {detail}", "渠道隐藏了部分收货人信息。{detail}"),
    "postal_code_missing": _note("The address has no postal code.", "地址缺少邮政编码。"),
    # after the confirmation
    "signature_declined": _decide(SPECIALIST, "The customer declined the confirmation: talk, amend, or have it rejected.",
        "客户拒绝签认：请沟通后修改订单或申请拒单。"),
    "signature_expired": _decide(SPECIALIST, "The customer did not sign in time: call, then send the confirmation again.",
        "客户未在期限内签回：请致电客户后重新发送确认。"),
    "payment_expired": _decide(SPECIALIST, "The customer did not pay in time: call, then send the confirmation again.",
        "客户未在期限内付款：请致电客户后重新发送确认。"),
}
# fmt: on

#: The channel's own problem codes that are judged anew from the order's fields, and so are not repeated.
JUDGED_ANEW = frozenset(
    {
        "no_lines",
        "currency_missing",
        "currency_unsure",
        "sku_missing",
        "qty_missing",
        "price_missing",
        "address_missing",
    }
)


def strongest(owners: set[str]) -> str:
    """The owner who decides when several have findings."""
    return max(owners, key=OWNERS.index)
