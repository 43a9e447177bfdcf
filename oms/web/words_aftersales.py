"""Words of after-sales and of what is told to customers."""

from __future__ import annotations

from oms.web.word_tables import table

AFTERSALES = {
    "ticket": table("""
        new                 | New                   | 新建
        open                | Open                  | 处理中
        waiting_customer    | Waiting: customer     | 等待客户
        waiting_third_party | Waiting: third party  | 等待第三方
        resolved            | Resolved              | 已解决
        closed              | Closed                | 已关闭
        reopened            | Reopened              | 重新打开
    """),
    "ticket_kind": table("""
        question     | Question     | 咨询
        complaint    | Complaint    | 投诉
        return       | Return       | 退货
        exchange     | Exchange     | 换货
        repair       | Repair       | 维修
        damage       | Damage       | 破损
        not_received | Not received | 未收到
    """),
    "cause": table("""
        channel  | Channel  | 渠道
        entry    | Entry    | 录入
        pick     | Pick     | 拣货
        pack     | Pack     | 打包
        carrier  | Carrier  | 承运商
        supplier | Supplier | 供应商
        product  | Product  | 产品
        customer | Customer | 客户
    """),
    "return": table("""
        requested  | Requested  | 已申请
        approved   | Approved   | 已批准
        declined   | Declined   | 已拒绝
        cancelled  | Cancelled  | 已取消
        in_transit | In transit | 退回途中
        received   | Received   | 已收货
        inspected  | Inspected  | 已质检
        settled    | Settled    | 已结算
        closed     | Closed     | 已关闭
        expired    | Expired    | 已过期
    """),
    "refund": table("""
        pending   | Pending  | 待退款
        succeeded | Paid out | 已退款
        failed    | Failed   | 退款失败
        refused   | Refused  | 已拒绝
    """),
    "message": table("""
        waiting    | Waiting    | 待发送
        sent       | Sent       | 已发送
        failed     | Failed     | 发送失败
        no_address | No address | 无地址
    """),
}
