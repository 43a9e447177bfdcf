"""Words of roles and steps."""

from __future__ import annotations

from oms.web.word_tables import table

JOURNEY = {
    "role": table("""
        order_specialist  | Order specialist  | 订单专员
        order_manager     | Order manager     | 部门经理
        customer_service  | Customer service  | 客服/售后
        warehouse         | Warehouse         | 仓库
        shipping_clerk    | Shipping clerk    | 储运
        buyer             | Buyer             | 采购
        quality_inspector | Quality inspector | 质检
        finance           | Finance           | 财务
        general_manager   | General manager   | 总经理
        hr                | HR                | 人事
        sales_rep         | Sales rep         | 业务员
        auditor           | Auditor           | 监督小组
        distributor       | Distributor       | 经销商
        admin             | Administrator     | 系统管理员
        system            | System            | 系统
        customer          | Customer          | 客户
        carrier           | Carrier           | 承运商
        supplier          | Supplier          | 供应商
    """),
    "actor": table("""
        carrier | Carrier          | 承运商
        channel | Channel          | 渠道
        key     | API key          | API 密钥
        mailbox | Mailbox          | 邮箱
        poll    | Asked at channel | 渠道查询
        booking | At booking       | 下单时核对
    """),
    "step_kind": table("""
        accept          | Take in the message       | 接单
        enter           | Enter the order           | 录入订单
        review_message  | Review the message        | 原始单复核
        reread          | Read again at the channel | 渠道重读
        poll            | Poll the channel          | 渠道轮询
        apply_change    | Apply the change          | 执行变更
        decide_change   | Decide on the change      | 变更审批
        verify          | Verify                    | 自动审单
        review          | First review              | 初审
        final_review    | Final review              | 终审
        finance_review  | Finance review            | 财审
        confirm         | Confirm                   | 订单确认
        sign            | Customer signs            | 客户签回
        pay             | Customer pays             | 客户付款
        allocate        | Allocate stock            | 分仓占用
        supply          | Supply what is short      | 供应需求
        release         | Release                   | 下达
        wake            | Wake backorders           | 唤醒缺货订单
        wave            | Plan the wave             | 排波次
        pick            | Pick                      | 拣货
        short_pick      | Settle a short pick       | 少拣处理
        pack            | Check and pack            | 复核打包
        put_back        | Put back                  | 返架
        book            | Book the carrier          | 快递下单
        mend_booking    | Mend the booking          | 下单异常处理
        void_label      | Void the label            | 面单作废
        hand_over       | Hand over                 | 交接
        pick_up         | Book the pick-up          | 预约揽收
        collect         | Collect                   | 揽收
        deliver         | Deliver                   | 签收
        track           | Track the parcels         | 物流跟踪
        track_case      | Tracking case             | 物流异常
        close           | Close the order           | 订单完结
        rate_service    | Rate the service          | 服务评价
        tell            | Tell the customer         | 通知客户
        tell_channel    | Tell the channel          | 回传渠道
        ticket_pass_on  | Pass the ticket on        | 转交售后
        ticket_contact  | Contact the customer      | 联系客户
        ticket_solve    | Solve the ticket          | 处理工单
        rate_ticket     | Rate the after-sales      | 售后评价
        approve_return  | Approve the return        | 退货审批
        receive_return  | Receive the return        | 退货收货
        inspect_return  | Inspect the return        | 退货质检
        refund          | Pay the refund            | 退款
        fold_kpi        | Fold what changed into the KPI | 指标更新
        compute_kpi     | Compute the KPI           | 指标计算
        check_invariants | Check the house's rules  | 核查业务规则
        daily_sample    | Draw the daily sample     | 每日抽检
        sample_review   | Review the sample         | 抽检复核
    """),
    "step_state": table("""
        open      | Open      | 待处理
        claimed   | In work   | 处理中
        paused    | Paused    | 暂停计时
        done      | Done      | 已完成
        parked    | Parked    | 已搁置
        cancelled | Cancelled | 已取消
    """),
}
