"""What connectors complain of, in simplified Chinese: whole texts, and patterns for those that carry values.

A text without a row stays English. What a value says is looked up as well: `column 'Qty': 'ten' is not a number`.
"""

from __future__ import annotations

import re

#: English | 中文; `*` stands for a value, which the Chinese takes in the same order.
_ROWS = """
the number is masked; ask the channel for the receiver's | 号码已隐藏，请向渠道索取收货人号码
the address is masked; ask the channel for it | 邮箱已隐藏，请向渠道索取
* is masked; ask the channel for the receiver before a label is made | * 已隐藏，请在打印面单前向渠道索取收货人信息
this is no phone number in *; write it as +<country code><number> | 不是 * 的有效电话，请写作 +<国家代码><号码>
this is no phone number; write it as +<country code><number> | 不是有效电话，请写作 +<国家代码><号码>
this is no e-mail address: * | 不是有效邮箱，请更正
the code * is *, the text says code * | 代码 * 为 *，文字对应代码 *
* lies in *, not in * | * 属于 *，不属于 *
financial_status * is unknown; look at the order in the shop | 付款状态 * 未知，请到店铺核对
status * is unknown; look at the order in the shop | 状态 * 未知，请到店铺核对
every line was taken off this order in the shop; look at it there | 店铺已删除此订单的全部商品行，请到店铺核对
the shop gave * back and does not say for which pieces; look at the order in the shop, and take off what is not to be sent | 店铺已退款 * 但未说明对应商品，请到店铺核对并删除不再发货的商品
its shop has sent goods of it; rejected, it pays nothing back | 店铺已自行发货；拒单不会退款
look whether the money has come, and record the payment | 请核实款项是否到账，并登记付款
row *: status * may mean that the order does not hold; write cancelled, or open | 第 * 行：状态 * 可能表示订单已失效，请写明已取消或有效
status * may mean that the order does not hold; write cancelled, or open | 状态 * 可能表示订单已失效，请写明已取消或有效
the sheet is called *; write cancelled into a status column, or give the sheet another name | 工作表名为 *：请在状态列写明已取消，或更改工作表名称
sheet * looks like an order too and was not read (*); put number, goods and address of an order into one sheet, or take that sheet away | 工作表 * 也像订单但未读取（*）：请将单号、商品和地址放在同一工作表，或移除该表
row * of sheet *: order * has no row in sheet *; add its goods there, or take the row out | 第 * 行（工作表 *）：订单 * 在工作表 * 中没有明细，请补充其商品或删除该行
row * of sheet *: order * has no row in sheet *; add it there, or correct the number | 第 * 行（工作表 *）：订单 * 在工作表 * 中没有对应行，请补充该订单或更正单号
row * of sheet *: it names no order; write the number of an order of sheet * into it | 第 * 行（工作表 *）：没有单号，请填写工作表 * 中的单号
row * of sheet *: order * stands there more than once and differently; leave the row that holds | 第 * 行（工作表 *）：订单 * 重复且内容不同，请只保留有效的一行
row * of sheet *: nobody sees it; show it, or take it out of the file | 第 * 行（工作表 *）：该行被隐藏，请取消隐藏或从文件中删除
row * of sheet * says *, row * of sheet * says *; write the same into both | 第 * 行（工作表 *）为 *，第 * 行（工作表 *）为 *：请改为一致
row *: * | 第 * 行：*
column *: * is no value but a fault of the spreadsheet; mend its formula or widen the column, and save again | 列 *：* 不是内容而是表格错误，请修正公式或加宽列后重新保存
column * counts in *, column * in *; say which holds | 列 * 以 * 计，列 * 以 * 计，请说明以哪个为准
column *: * is not an amount; write a number such as 12.50 | 列 *：* 不是金额，请写作 12.50
column *: * is no discount; write 5.00 or 10% | 列 *：* 不是折扣，请写作 5.00 或 10%
column * says *, row * of the same order says *; give it an order number of its own or the same value | 列 * 为 *，同一订单第 * 行为 *：请使用单独单号或相同内容
column *: * | 列 *：*
it has * cells under * heads; put quotes round a cell that holds the delimiter, such as "12,50" | 有 * 个单元格但只有 * 列标题：含分隔符的内容请加引号，如 "12,50"
says * while other rows of the order do not; send the rows that hold | 为 *，而同一订单其他行不是：请只发送有效的行
a spreadsheet has shortened the order number to *; format the column as text and save again | 表格将单号缩写为 *：请将该列设为文本后重新保存
the sheet has no ship-to address; the customer's own is taken | 表中没有收货地址，已采用客户地址
the address has no street; send street and number | 地址缺少街道门牌
* is no country; write it as two letters, such as DE | * 不是国家，请写两位代码，如 DE
* is no country; write it as ISO 3166, such as DE | * 不是国家，请写 ISO 3166 代码，如 DE
no address to deliver to; send one | 缺少收货地址
no order number; the sender must give one | 缺少单号
the mail names no address to deliver to; the billing address is taken | 邮件没有收货地址，已采用账单地址
the mail names no address to deliver to but the payer's, and another place; say where the goods go | 邮件除付款方地址外另有一处地址，请说明送往何处
the mail is too long to be read to its end; send the order as a CSV or XLSX sheet | 邮件过长未能读完，请以 CSV 或 XLSX 表格发送
the mail names several orders (*): *, and all its goods stand in one order; enter each by hand, or ask for a mail or a sheet for each order | 邮件提到多个订单（*）：*，商品已全部列入一单：请逐单人工录入，或请客户每单一信或一表
they are too many to be taken apart | 订单过多，无法拆分
their lines are mixed | 各订单内容交错
their goods cannot be told apart | 商品无法按订单区分
goods stand above or below all of them | 有商品写在所有订单之外
one of them names no goods | 其中一单没有商品
some of them name a receiver of their own | 只有部分订单写有收货人
* may be said of one or of all of them | * 可能只属于一单，也可能属于全部
the mail names several orders (*), and all its goods stand in one order; enter each by hand, or ask for a mail or a sheet for each order | 邮件提到多个订单（*），商品已全部列入一单：请逐单人工录入，或请客户每单一信或一表
the mail names * places to deliver to, and all its goods stand in one order; enter each by hand, or ask for an order for each place | 邮件有 * 处收货地址，商品已全部列入一单：请逐单人工录入，或请客户每处一单
the mail cancels a part of the order only; compare with the mail and change the lines by hand | 邮件只取消部分商品：请对照原文人工修改商品行
the mail names more than one order; look up what is to be cancelled, and cancel it by hand | 邮件提到多个订单：请确认取消哪一单并人工取消
the mail cancels an order and names goods; look whether they are what stays or another order, and cancel by hand | 邮件取消订单又列出商品：请确认是保留的商品还是另一订单，再人工取消
the mail speaks of cancelling but does not plainly ask for it; read it, then change or cancel the order by hand | 邮件提到取消但未明确要求：请阅读后人工变更或取消
the mail asks for a change and does not list the goods as they shall be; read it, and change the order by hand | 邮件要求变更但未列出变更后的商品：请阅读后人工变更
* names goods outside the table; enter them too, if they are ordered | * 提到表格以外的商品：如确为订购请一并录入
* names a discount; say what a piece costs with it | * 提到折扣：请填写折后单价
* names a price by *; say what a piece costs | * 按 * 计价：请填写每件单价
*: * can be the price of each or of all; say what a piece costs | *：* 可能是单价或总价，请填写单价
* could be more than one day; write it as 2024-04-03 | * 可能是不同的日期，请写作 2024-04-03
* could be two days; write it as YYYY-MM-DD | * 可能是两个日期，请写作 YYYY-MM-DD
* names no time zone; send ISO 8601 with its zone | * 没有时区，请使用含时区的 ISO 8601 时间
* names no time zone | * 没有时区
* could be * or *; confirm it | * 可能是 * 或 *，请确认
* was read as *; confirm it | * 读作 *，请确认
* was read as *; write it in digits | * 读作 *，请用数字书写
*: * is not one number; ask how many are ordered | *：* 不是一个确定的数字，请询问订购数量
*: * is no price; say what a piece costs | *：* 不是价格，请填写单价
* names two quantities; say how many are ordered, and of which | * 有两个数量，请说明订购多少以及是哪一种
* names two numbers; say how many are ordered | * 有两个数字，请说明订购数量
* names goods to choose from; say which are ordered, and how many | * 列出几种可选商品，请说明订购哪一种及数量
* names a number that may be a postal code or a phone; say how many are ordered | * 中的数字可能是邮编或电话，请说明订购数量
* names a number of packs and one of pieces; say how many are ordered, and of which | * 既有包装数又有件数，请说明订购多少以及是哪一种
* may not be wanted, or speak of another order; confirm it | * 可能不需要，或属于另一订单，请确认
* can be * or *; write * or * | * 可能是 * 或 *，请写作 * 或 *
* is no quantity; write a number such as 12 | * 不是数量，请写作 12
* says no quantity; ask how many | * 没有数量，请询问件数
*: no SKU; say which goods are meant | *：缺少货号
*: no quantity; say how many | *：缺少数量
*: no price; say what a piece costs | *：缺少单价
*: a quantity of * cannot be ordered | *：数量 * 无效
the sender says *, quantity x price - discount is * | 来单为 *，数量 × 单价 − 折扣为 *
the sender says *, lines - discount + shipping + fees + tax come to * | 来单为 *，商品 − 折扣 + 运费 + 费用 + 税合计 *
an amount of * is out of bounds | 金额 * 超出范围
a quantity out of bounds | 数量超出范围
an id of * characters; send at most * | 编号有 * 个字符，最多 * 个
an id is text: put * in quotes | 编号是文本：请给 * 加引号
a JSON number loses cents on its way; put it in quotes: * | JSON 数字会丢失小数，请加引号：*
a discount reduces and is positive: write * | 折扣须为正数：请写作 *
expected text in quotes, not * | 应为加引号的文本，而非 *
expected true or false, not * | 应为 true 或 false，而非 *
expected an object {...}, not * | 应为对象 {...}，而非 *
expected a list of objects [{...}] | 应为对象列表 [{...}]
* is neither a time with its zone nor a whole number | * 既不是含时区的时间也不是整数
* is none of * | * 不在可选值内（*）
*; send a decimal string such as 12.50 | *；请写作 12.50
*; send a whole or decimal number | *；请填写整数或小数
*; send ISO 8601 with its zone | *；请使用含时区的 ISO 8601 时间
*; write it as YYYY-MM-DD | *；请写作 YYYY-MM-DD
not an amount: * | 不是金额：*
not a date: * | 不是日期：*
a date out of bounds: * | 日期超出范围：*
no quantity | 没有数量
a quantity of more than * decimals: * | 数量小数超过 * 位：*
an amount of more than * digits | 金额超过 * 位
* is not a number | * 不是数字
* is not a quantity | * 不是数量
* is no quantity | * 不是数量
"""


def rows() -> list[tuple[str, str]]:
    """English and Chinese of each row."""
    pairs = (line.split(" | ") for line in _ROWS.strip().splitlines())
    return [(english.strip(), chinese.strip()) for english, chinese in pairs]


#: Of what somebody else wrote: no pattern is tried on more.
_LONGEST = 600
_TEXTS = {english: chinese for english, chinese in rows() if "*" not in english}
_PATTERNS = tuple(
    (re.compile("(.+?)".join(map(re.escape, english.split("*"))), re.DOTALL), chinese.split("*"))
    for english, chinese in rows()
    if "*" in english
)


def in_chinese(message: str) -> str:
    """A problem's message in Chinese; as it is where there is no translation, or where it is very long."""
    if message in _TEXTS or len(message) > _LONGEST:
        return _TEXTS.get(message, message)
    for pattern, parts in _PATTERNS:
        found = pattern.fullmatch(message)
        if found:
            values = [in_chinese(value) for value in found.groups()]
            return parts[0] + "".join(map("".join, zip(values, parts[1:], strict=False)))
    return message
