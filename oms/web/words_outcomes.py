"""Words of what came of a deed, as history and worklists tell it."""

from __future__ import annotations

from oms.web.word_tables import table

OUTCOMES = {
    "outcome": table("""
        lost                  | Lost                    | 丢失
        damaged               | Damaged                 | 破损
        sent_back             | Sent back               | 已退回
        wrong_address         | Wrong address           | 地址错误
        ordered               | Ordered                 | 已转订单
        updated               | Updated                 | 已更新
        conflict              | Conflict                | 冲突
        duplicate             | Duplicate               | 重复
        superseded            | Superseded              | 已被取代
        cancelled             | Cancelled               | 已取消
        cancelled_by_customer | Cancelled by customer   | 客户取消
        cancelled_for_shortage | Cancelled: out of stock | 因缺货取消
        cancelled_for_lateness | Cancelled: we were late | 因延误取消
        replaced_by_change    | Replaced by a change    | 因变更重做
        reopened              | Opened again            | 重新打开
        order stopped         | Order stopped           | 订单已叫停
        label voided          | Label voided            | 面单作废
        order rejected        | Order refused           | 订单被拒
        back to review        | Back to review          | 退回审单
        quarantined           | Quarantined             | 已隔离
        not_an_order          | Not an order            | 非订单
        entered               | Entered                 | 已录入
        reread                | Read again              | 已重读
        gone                  | Gone                    | 已不存在
        polled                | Polled                  | 已轮询
        failed                | Failed                  | 失败
        applied               | Carried out             | 已执行
        approval              | Needs approval          | 待审批
        declined              | Declined                | 已拒绝
        approved              | Approved                | 已批准
        passed                | Passed                  | 通过
        held                  | Held                    | 挂起
        amended               | Amended                 | 已修改
        escalated             | Passed to the manager   | 已上报
        rejected              | Refused                 | 已拒绝
        returned              | Handed back             | 已退回
        effective             | In effect               | 已生效
        signature             | Signature asked         | 待签回
        payment               | Payment asked           | 待付款
        signature_and_payment | Signature and payment asked | 待签回与付款
        signed                | Signed                  | 已签回
        expired               | Expired                 | 已过期
        waived                | Waived                  | 免签
        paid                  | Paid                    | 已付款
        allocated             | Allocated               | 已占用
        woken                 | Woken                   | 已唤醒
        short                 | Short                   | 缺货
        partly                | Partly                  | 部分
        received              | Received                | 已收到
        withdrawn             | Withdrawn               | 已撤回
        released              | Released                | 已下达
        planned               | Planned                 | 已排
        picked                | Picked                  | 已拣
        stopped               | Stopped                 | 已停止
        settled               | Settled                 | 已处理
        packed                | Packed                  | 已打包
        put_back              | Put back                | 已返架
        booked                | Booked                  | 已下单
        refused               | Refused                 | 被拒
        mended                | Mended                  | 已处理
        voided                | Voided                  | 已作废
        handed_over           | Handed over             | 已交接
        told                  | Told                    | 已通知
        not_told              | Not told                | 未通知
        collected             | Collected               | 已揽收
        split                 | Split                   | 已拆分
        cancelled             | Cancelled               | 已取消
        delivered             | Delivered               | 已签收
        delivered_by_proxy    | Delivered by proxy      | 代签
        tracked               | Tracked                 | 已跟踪
        closed                | Closed                  | 已完结
        scored                | Scored                  | 已评价
        sent                  | Sent                    | 已发送
        no_address            | No address              | 无地址
        contacted             | Contacted               | 已联系
        inspected             | Inspected               | 已质检
        paid_out              | Paid out                | 已退款
        folded                | Folded                  | 已更新
        computed              | Computed                | 已计算
        sampled               | Sampled                 | 已抽取
        sound                 | All in order            | 一切正常
        violated              | A rule is broken        | 违反规则
        checked               | Checked                 | 已复核
        done                  | Done                    | 已完成
    """),
}
