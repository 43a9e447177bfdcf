"""Words of orders and of what arrives."""

from __future__ import annotations

from oms.web.word_tables import table

ORDERS = {
    "order_status": table("""
        received              | Received              | 已接收
        verifying             | In review             | 审单中
        awaiting_confirmation | Awaiting confirmation | 待确认
        confirmed             | Confirmed             | 已确认
        in_fulfilment         | In fulfilment         | 发货中
        fulfilled             | Fulfilled             | 已发货
        closed                | Closed                | 已完结
        cancelled             | Cancelled             | 已取消
        rejected              | Rejected              | 已拒绝
        expired               | Expired               | 已过期
    """),
    "confirmation": table("""
        not_given    | Not given    | 未确认
        not_required | Not required | 无需签回
        requested    | Requested    | 待签回
        accepted     | Signed       | 已签回
        declined     | Declined     | 客户拒签
        expired      | Expired      | 已过期
        waived       | Waived       | 免签
    """),
    "payment_status": table("""
        none               | None               | 无
        pending            | Pending            | 待付款
        authorized         | Authorised         | 已授权
        partially_paid     | Partly paid        | 部分付款
        paid               | Paid               | 已付款
        overpaid           | Overpaid           | 多付
        partially_refunded | Partly refunded    | 部分退款
        refunded           | Refunded           | 已退款
        voided             | Voided             | 已作废
        failed             | Failed             | 付款失败
    """),
    "fulfilment_status": table("""
        unfulfilled         | Not shipped      | 未发货
        backordered         | Backordered      | 缺货待补
        scheduled           | Scheduled        | 已排产/排发
        partially_shipped   | Partly shipped   | 部分发货
        shipped             | Shipped          | 已揽收
        partially_delivered | Partly delivered | 部分签收
        delivered           | Delivered        | 已签收
        not_required        | Nothing to ship  | 无需发货
        cancelled           | Cancelled        | 已取消
    """),
    "return_status": table("""
        none               | None            | 无
        requested          | Requested       | 已申请
        partially_returned | Partly returned | 部分退货
        returned           | Returned        | 已退货
    """),
    "inbound": table("""
        received     | Received     | 已接收
        accepted     | Accepted     | 已转订单
        quarantined  | Quarantined  | 已隔离
        needs_review | To review    | 待复核
        superseded   | Superseded   | 已被取代
        duplicate    | Duplicate    | 重复
        not_an_order | Not an order | 非订单
    """),
    "way": table("""
        web_shop    | Web shop        | 网店
        email       | E-mail          | 邮件
        phone       | Phone           | 电话
        im          | Instant message | 即时通讯
        fax         | Fax             | 传真
        visit       | Visit           | 来访
        sales_rep   | Sales rep       | 业务员
        distributor | Distributor     | 经销商
    """),
    "order_class": table("""
        regular   | Regular   | 常规
        important | Important | 重要
    """),
    "payment_terms": table("""
        prepaid | Prepaid          | 预付
        cod     | Cash on delivery | 货到付款
        account | On account       | 月结
    """),
    "pause_reason": table("""
        customer | Waiting for the customer | 等待客户
        goods    | Waiting for goods        | 等待货物
        system   | Waiting for a system     | 等待系统
        ours     | Waiting for us           | 等待我方
    """),
    "change": table("""
        requested  | Requested  | 已申请
        approved   | Approved   | 已批准
        applied    | Applied    | 已执行
        declined   | Declined   | 已驳回
        superseded | Superseded | 已被取代
    """),
    "severity": table("""
        hold   | Hold   | 挂起
        refuse | Refuse | 拒收
        note   | Note   | 提示
    """),
}
