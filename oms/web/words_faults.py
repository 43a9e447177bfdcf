"""What services refuse, in simplified Chinese: whole texts, and patterns for those that carry values.

A text without a row stays English; a row whose text no service says any more does no harm.
"""

from __future__ import annotations

import re

#: English | 中文; `*` stands for a value, which the Chinese takes in the same order.
_ROWS = """
say why | 请说明理由
say why it is declined | 请说明驳回理由
say why it is refused | 请说明拒绝理由
say why it changes | 请说明修改理由
say why they may pass | 请说明放行理由
say what is wrong | 请说明问题
say what is wrong with the order | 请说明订单的问题
a decision needs its reason | 请填写处理理由
approving findings needs a reason | 放行问题订单须说明理由
who asks may not decide (G-1): another person has to | 申请人不得审批，须由他人处理
who asks for a change may not approve it: another person must | 申请人不得审批自己的变更
who asks for a refund may not approve it: another person must | 申请人不得审批自己的退款
who approved a refund may not pay it out: another person must | 审批人不得办理同一笔退款
* was recorded with *: look at it again | * 已按 * 登记，请核对
a refund of * or more needs another person's approval first | 退款达到 * 须先由他人审批
nobody has said what * is worth: a refund in it needs another person's approval | * 无折算率，该币种退款须先由他人审批
refusing an order for good needs the general manager or the deputy (V-5): escalate it | 拒绝订单须总经理批准，请上报
mend first: * | 请先修正：*
*: * is no SKU that we know | *：* 不是已知 SKU
1 step(s) were taken over meanwhile | 此任务已被他人处理，请重新加载
no field of this name can be amended; use names such as ship_to.city or lines.0.qty | 此项不能修改
name at least one field to amend | 请至少修改一项
changes: name at least one field to amend | 请至少修改一项
an approved change of this order is being carried out, once its goods are put back: ask again then | 此订单已批准的变更将在货物返架后执行：请届时再申请
another change of this order waits for its decision: decide on that one first | 此订单另有变更待审批，请先处理
the goods have been handed over: open a ticket or a return instead | 货物已交接，请改用工单或退货
the request is not complete | 申请不完整
leave it out: a cancellation takes the whole order back; to keep some lines ask for an update | 请留空：取消即取消整个订单；如需保留部分商品，请申请变更
the order is *: there is nothing left to change | 订单状态为 *，已无可变更内容
this request is *: it waits for no decision | 申请状态为 *，无需审批
nothing was changed | 没有任何修改
a number cannot be read | 数字无法识别
the ticket is not complete | 工单不完整
the answer is not complete | 答复不完整
the note is not complete | 记录不完整
the ticket cannot be closed like this | 工单不能这样关闭
contact the customer first (S-1) | 请先联系客户
ticket * is closed already | 工单 * 已关闭
the remedy is missing | 缺少处理方案
the expected completion lies in the future | 完成时间须晚于当前
these goods cannot be returned like this | 这些商品不能这样退货
is no shipped line of this order | 不是此订单已发货的行
more than 0 and at most *, what was shipped and is not returned | 须大于 0 且不超过 *（已发货未退数量）
more than 0 and at most *, what was paid and not given back | 须大于 0 且不超过 *（已付未退金额）
say how many pieces of which line come back | 请填写退回的商品行及数量
name each line once | 每行只填一次
the * days of return without reason are over | 已超过 * 天无理由退货期
the goods do not fit the return | 货物与退货单不符
* is not on this return: put it aside and open a ticket | * 不在此退货单内：请另放并建工单
* piece(s) of * were approved: count again | 已批准 * 件 *，请重新清点
scan at least one piece | 请至少扫描一件
the inspection is not complete | 质检不完整
restocked and scrapped pieces must add up to *, what was received | 可再售与报废之和须等于收货数 *
say what was found | 请填写质检结果
goods need a bin | 请指定库位
name a pick bin of this warehouse | 请填写本仓的拣货库位
return * is *: it does not wait for this | 退货单 * 状态为 *，不能执行此操作
that amount cannot be refunded | 该金额不能退款
* has * decimals | * 有 * 位小数
this refund was asked for already | 此退款已申请
the payment was given back already, by the channel: refuse this refund | 渠道已全额退款：请拒绝此退款
the order has no currency yet: nothing can be given back | 订单尚无币种，不能退款
the refund is *: it waits for no payout | 退款状态为 *，无需付款
the refund is *: there is nothing to approve | 退款状态为 *，无需审批
no such carton | 没有此纸箱
no carton *: scan its label | 没有纸箱 *：请扫描箱标
the boxes are not right yet | 箱子信息有误
no box to close | 没有可封的箱
the weight is wrong: open the box and check it, or say why it is right | 重量不符：请开箱检查，或说明重量无误的理由
weighed * g, its goods should weigh * g | 称重 * 克，应为 * 克
carton * holds * g at most | 纸箱 * 最多承重 * 克
another scan counted the last piece: look at the list again | 最后一件已被扫描，请查看清单
another scan took the last piece of this stop: look at the list again | 此处最后一件已被拣走，请查看清单
this order was stopped (*): put its goods aside for put-back | 订单已停止（*）：请将货物放一旁待返架
goods of this list were short: put the rest aside until they are here | 此单有少拣：其余货物请放一旁，待缺货到齐
this order was stopped (*): leave its goods and take the next stop | 订单已停止（*）：请留下货物，继续下一站
fulfilment * is *: there is nothing to pack | 发货单 * 状态为 *，无需打包
nothing of this fulfilment waits to be put back | 此发货单没有待返架货物
this scan_id was used for another scan: scan again, with an id of its own | 此扫描编号已用于另一次扫描：请重新扫描
a NUL character cannot be stored: leave it out | 不能保存空字符（NUL）：请删除
a value that was given cannot be stored: leave out control characters | 所填内容无法保存：请删除控制字符
a short needs its reason | 请选择少拣原因
this line is not of this fulfilment: load it again | 此行不属于该发货单：请重新加载
so many pieces cannot be missing | 缺件数量有误
more than 0 and at most *, what was picked of it | 须大于 0 且不超过 *（已拣数量）
this stop is settled already: look at the list again | 此站已处理，请查看清单
a signature names its side and its signer | 请填写签字人
the signer's name | 签字人姓名
parcel * has left the house already: if it stands here, tell the shipping clerk | 包裹 * 已交接离仓：若仍在此处，请告知储运专员
two carriers have a parcel with the waybill *: name it by its own number | 有两家承运商的包裹使用运单号 *：请用包裹号指明
no parcel has the code *: scan the label's barcode | 没有条码为 * 的包裹：请扫描面单条码
parcel * has no label that is good for a journey: * | 包裹 * 没有有效面单：*
the order of parcel * was stopped (*): keep it in the house | 包裹 * 的订单已停止（*）：请留在仓内
the goods of parcel * went back to their bins: keep the box in the house | 包裹 * 的货物已返架：请将箱子留在仓内
list *: we sign first, so that the carrier signs what no longer changes | 交接单 *：须我方先签
list * holds no parcel that may leave | 交接单 * 没有可交接的包裹
this parcel is on no list that is still in the house | 此包裹不在未交接的交接单上
parcel * has no label to take back: it is * | 包裹 * 没有可作废的面单：*
parcel * waits for no mending: its label is * | 包裹 * 无需处理：面单状态 *
a case ends with its finding | 请填写处理结果
say what the carrier answered and what was done | 请填写承运商答复及处理
this case is settled already | 此异常已处理
write it without a comma, such as 1000 or 1.000 | 请勿使用逗号，写作 1000 或 1.000
*: * is too fine: * | *：* 的小数位过多：*
a payment needs an amount over 0 and the bank's reference | 请填写大于 0 的金额和银行流水号
an amount over 0 | 大于 0 的金额
the bank's reference | 银行流水号
the signer's name is missing | 请填写签字人姓名
write your name | 请填写您的姓名
this confirmation waits for no signature | 此确认无需签字
this link has run out: answer our e-mail or ask for a new link | 链接已过期：请回复邮件或索取新链接
this order waits for no signature any more | 此订单已无需签字
this confirmation was answered already: * | 此确认已答复：*
waiving the signature needs the manager (I-4) | 免签须部门经理批准
the paper cannot be filed | 文件无法归档
the scores are not complete | 评分不完整
give at least one score from * to * | 请至少给出一项 * 到 * 分的评分
the message is *: only a quarantined one is read again | 消息状态为 *，只有已隔离的消息可重新读取
some goods are unknown: look for them in /skus | 有未知商品，请搜索 SKU
the order cannot be read: mend the fields named | 订单无法识别，请修正所列字段
no order: a notice, an automatic answer or spam; nothing is answered to it | 不是订单：通知、自动回复或垃圾邮件，不予答复
an order of this number came from another address: compare both, and enter by hand what is wanted | 已有此编号的订单来自另一地址：请比对两者，并人工录入所需内容
another row of the same file is wrong | 同一文件的另一行有误
this is no order: give goods and an address or a customer | 不是订单：请填写商品及地址或客户
give goods and an address or a customer | 请填写商品及地址或客户
orders are not entered by hand on * | 渠道 * 不能人工录入订单
a value holds from now on or later; what was stays | 只能从现在或将来生效，历史不变
*: * is past: a value holds from now on or later; what was stays | *：* 已过去，只能从现在或将来生效
*: * does not fit: * | *：* 不符合要求（*）
*: say why it changes | *：请说明修改理由
must not be empty | 不能为空
must not be negative | 不能为负数
give two letters such as CN | 请填写两位国家代码，如 CN
give a whole number from * to * (*) | 请输入 * 到 * 的整数（*）
give a whole number from * (*) | 请输入不小于 * 的整数（*）
* is missing | 缺少 *
* is too long | * 过长
the text cannot be read | 无法识别所粘贴的文本
the text is longer than * characters; paste one order at a time; send the message again, unchanged | 文本超过 * 个字符：请每次只粘贴一个订单
*: * is not one number; ask how many are ordered | *：* 不是一个确定的数字，请询问订购数量
* names two quantities; say how many are ordered, and of which | * 有两个数量，请说明订购多少以及是哪一种
* names two numbers; say how many are ordered | * 有两个数字，请说明订购数量
* names goods to choose from; say which are ordered, and how many | * 列出几种可选商品，请说明订购哪一种及数量
* names a number that may be a postal code or a phone; say how many are ordered | * 中的数字可能是邮编或电话，请说明订购数量
*: * can be * or *; write * or * | *：* 可为 * 或 *：请写作 * 或 *
* must be over 0 | * 须大于 0
unknown code | 无法识别的条码
no such bin | 没有此库位
* is a set: book its parts in, for a set is promised and picked by them | * 是组合装：请按组成商品入库
goods that are a set | 组合装不能直接入库
nobody picks from *: put the goods into another bin | * 不是拣货库位：请放入其他库位
is wrong; after five wrong tries the account rests for up to 15 minutes | 不正确。连续五次错误后，账号最多暂停 15 分钟
differs: type the same new password twice | 两次输入的新密码不一致
must have at least 12 characters | 至少 12 个字符
must have at most 128 characters | 至多 128 个字符
is on every list of guesses: choose another | 过于常见，请换一个
must not contain the login | 不得包含账号
no such carton: * | 没有此纸箱：*
which order? | 请填写订单号
this form is out of date or came from another site: load the page again and send it anew | 表单已过期或来自其他网站：请重新加载页面后再提交
your role has no right to this | 您的角色没有此权限
figures of persons need the right kpi.person | 查看个人指标须有 kpi.person 权限
too many requests: at most *; wait and try again | 请求过多（上限 *），请稍后再试
the body is over * bytes: send less at once | 内容超过 * 字节，请分次提交
a NUL character cannot be stored: leave it out | 不能保存空字符（NUL），请去掉
a value that was given cannot be stored: leave out control characters | 内容无法保存，请去掉控制字符
the cursor is not ours: use `next` of the page before, unchanged | 翻页标记无效：请使用上一页的“下一页”
use `next` of the page before, unchanged | 请使用上一页的“下一页”
* is no month: write it as 2026-11 | * 不是月份，请写作 2026-11
write it as 2026-11 | 请写作 2026-11
language * is not known | 没有语言 *
when is it done? | 请填写完成时间
say why it is handed over | 请说明转交理由
nobody of that name works here | 这里没有此人
choose a colleague from the list | 请从列表中选择同事
write digits with a point in quotes, such as "12.50" | 请写数字和小数点，如 12.50
*: * is no amount: write digits with a point in quotes, such as "12.50" | *：* 不是金额，请写作 12.50
* must not be negative | * 不能为负数
* is no whole number | * 不是整数
no whole number | 不是整数
* is no time | * 不是时间
* is no id | * 无效，请重新加载页面
no such line | 没有此行
there is no such line | 没有此行
no such colleague | 没有此同事
no such order | 没有此订单
the changes would be lost | 所填修改将会丢失
nothing was pasted | 没有粘贴内容
not everything of it stands in the form | 粘贴内容未能全部填入
the form is full | 表单已满
say whether a fault was let pass | 请选择是否有问题漏过
this number was booked with other goods: give each line of a delivery note a number of its own | 此编号已登记其他商品：送货单每一行请用单独编号
say how it was solved | 请填写解决办法
a cause of ours needs its stage: one of * | 我方原因须选择环节（*）
a cause of ours needs the person: choose one of the staff | 我方原因须选择责任人
ticket * is open again already | 工单 * 已重新打开
ticket * is *: reopen it first | 工单 * 状态为 *，请先重新打开
say in a few words what it is about | 请简述问题
say what the customer was told | 请填写告知客户的内容
the reply states the remedy | 请填写处理方案
lines of the ticket's own order only | 只能选择该订单的行
is empty | 不能为空
say why: the customer's wish is kept in writing | 请说明理由：客户的要求须书面保存
the order says all of this already: nothing would change | 与订单现有内容相同，没有变更
name at least one field with another value than the order's | 请至少填写一项与订单不同的内容
return * ran out, and another return of these goods was asked for since: receive them there | 退货单 * 已过期，且同一商品已另有退货单：请在该退货单上收货
return * is *: nothing waits for inspection | 退货单 * 状态为 *，没有待质检商品
* received line(s) are not inspected | 还有 * 行已收货未质检
is no line of this return | 不是此退货单的行
is too large for an order | 超出订单上限
give a number over 0 with at most three decimals; to drop the line set `cancelled` | 请输入大于 0、最多三位小数的数；不要此行请勾选删除
name at least one box with its carton and weight | 请至少填写一个纸箱及其重量
one piece alone travels in its own packaging: put the others into boxes of their own | 原包装发货每箱只能一件，其余请另装箱
its size is unknown: have it measured and entered with the goods | 尺寸未知：请测量并录入商品资料
say what is in this box: with several boxes each names its pieces | 多箱时请填写每箱内容
* of line *: more than was checked, or not of this order | * 件（行 *）超过已复核数量，或不属于此订单
* checked piece(s) are in no box: put them in, or send them back | * 件已复核商品未装箱：请装箱或退回
* line(s) are not fully checked: scan every piece before closing the carton | * 行未复核完：封箱前请扫描每一件
fulfilment * has no open step `pack`: look at its order's page | 发货单 * 没有待打包步骤：请查看其订单
the carrier has no service * | 承运商没有服务 *
choose one of the carrier's services as its table in settings lists them | 请选择承运商的现有服务
list * was cancelled | 交接单 * 已取消
this question was answered already, or its time is over | 此问题已答复或已过期
an order without goods is none: request the cancellation instead | 订单不能没有商品：请改为申请取消
*: * may be read in two ways | *：* 有两种读法
this form was saved as order *: request a change of that order, or begin a new one | 此表单已保存为订单 *：请对该订单申请变更，或新建订单
press one of the buttons | 请点击其中一个按钮
"""


def _rows() -> list[tuple[str, str]]:
    pairs = (line.split(" | ") for line in _ROWS.strip().splitlines())
    return [(english.strip(), chinese.strip()) for english, chinese in pairs]


_TEXTS = {english: chinese for english, chinese in _rows() if "*" not in english}
_PATTERNS = tuple(
    (re.compile("(.+?)".join(map(re.escape, english.split("*"))), re.DOTALL), chinese.replace("*", "{}"))
    for english, chinese in _rows()
    if "*" in english
)


def told(fault: str, language: str) -> str:
    """A fault in that language; English where there is no translation."""
    if not language.startswith("zh"):
        return fault
    if fault in _TEXTS:
        return _TEXTS[fault]
    for pattern, chinese in _PATTERNS:
        found = pattern.fullmatch(fault)
        if found:
            return chinese.format(*found.groups())
    return fault
