"""Words of what pages say: what was done, how a scan was judged, what stands on an order, what history tells."""

from __future__ import annotations

from oms.web.word_tables import table

PAGES = {
    "said": table("""
        password_changed  | Your password is changed; everywhere else you are signed out. | 密码已修改，其他设备均已退出登录。
        order_entered     | Saved. The order has its number; the confirmation goes out now. | 已保存并生成订单号，订单确认即将发出。
        change_requested  | The request is filed. Work on the order stops until it is decided. | 申请已登记，审批前订单暂停作业。
        change_approved   | Approved. The change is being carried out. | 已批准，正在执行变更。
        change_declined   | Declined. The order goes on as it was. | 已驳回，订单按原样继续。
        payment_recorded  | The payment is recorded. | 收款已登记。
        signature_filed   | The signed copy is filed; the order goes on. | 签回件已归档，订单继续。
        signature_waived  | The signature is waived; the order goes on. | 已免签，订单继续。
        link_sent         | A new link is on its way to the customer. | 新的签字链接正在发送给客户。
        message_read      | The buyer's message is marked as read. | 买家留言已标记为已读。
        approved          | Approved. | 已批准。
        amended           | Amended; the order is verified anew. | 已修改，订单重新审单。
        escalated         | Passed on to the order manager. | 已上报部门经理。
        returned          | Handed back to the order specialist. | 已退回订单专员。
        rejected          | The order is refused for good; the customer is told. | 订单已拒绝，并通知客户。
        sample_checked    | The sample is checked. | 抽检已完成。
        message_retried   | The message is read again. | 已重新读取该消息。
        ticket_opened     | The ticket is open. | 工单已建立。
        ticket_passed     | Passed on to customer service. | 已转交售后。
        ticket_contacted  | The contact and the remedy are recorded. | 联系情况与处理方案已登记。
        note_added        | The note is kept. | 记录已保存。
        ticket_closed     | The ticket is closed with its cause. | 工单已关闭并记录原因。
        ticket_reopened   | The ticket is open again. | 工单已重新打开。
        return_requested  | The return is requested. | 退货申请已提交。
        return_approved   | The return is approved; the customer is told where to send it. | 退货已批准，并告知客户退回地址。
        return_declined   | The return is declined. | 退货已拒绝。
        return_received   | The goods are received; quality inspects them. | 已收货，等待质检。
        return_recounted  | The new count stands; quality inspects the goods. | 已重新清点，等待质检。
        return_inspected  | Inspected: stock and refund follow. | 质检完成，库存与退款随之处理。
        refund_asked      | The refund waits for finance. | 退款申请已提交财务。
        refund_approved   | The refund is approved. | 退款已审批。
        refund_paid       | Paid out; the customer is told. | 已退款，并通知客户。
        refund_refused    | The refund is refused. | 退款已拒绝。
        waves_planned     | Planned: new lists appear in a moment. | 已开始排波次，拣货单稍后出现。
        nothing_waits     | Nothing waits to be planned. | 没有待排的发货单。
        packed            | Closed. The carrier's label is on its way. | 已封箱，正在获取面单。
        put_back          | The goods lie in their bins again. | 货物已返架。
        received          | Booked in. Orders that waited for these goods go on. | 已入库，等货的订单继续处理。
        received_before   | Booked in before under this number: nothing was added. | 此编号此前已入库，本次未重复登记。
        joined            | The parcel is on the list. | 包裹已加入交接单。
        left_behind       | The parcel stays here; scan it for the next list. | 包裹留下，扫描后进入下一张交接单。
        stays_here        | Keep here, the order was stopped | 订单已停止，请留在仓内
        signed_by_us      | Signed for us. Now the driver signs. | 我方已签，请司机签字。
        handed_over       | Handed over: the goods have left. | 已交接，货物离库。
        mended            | Mended; the carrier is asked again. | 已处理，重新向快递下单。
        voided            | The label is being taken back. | 正在作废面单。
        case_settled      | The case is settled. | 异常已处理。
        setting_kept      | The value is kept, with its history. | 设置已保存并记入历史。
        sample_checked    | The sample is checked. | 抽检已完成。
        photo_kept        | The paper is filed. | 文件已归档。
    """),
    "scan": table("""
        ok           | Right                                             | 正确
        wrong_bin    | Wrong bin: go to the bin shown                    | 库位不对，请到所示库位
        wrong_sku    | Wrong goods: put them back, take the SKU shown     | 商品不对，请放回并取所示商品
        too_many     | Too many: this stop needs fewer                   | 数量过多，此处不需要这么多
        unknown_code | Unknown code: scan the barcode on the goods       | 无法识别，请扫描商品条码
        not_yours    | This list is another picker's                     | 此拣货单由他人负责
        bin_right    | Right bin: now scan the goods                     | 库位正确，请扫描商品
        short        | Noted as short                                    | 已登记少拣
    """),
    "short_reason": table("""
        not_found   | Not in the bin       | 库位无货
        damaged     | Damaged              | 破损
        wrong_goods | Other goods in it    | 货不对位
        expired     | Expired              | 过期
        missing     | Missing at packing   | 打包时缺件
    """),
    "return_reason": table("""
        no_reason        | No reason needed     | 无理由退货
        faulty           | Faulty               | 质量问题
        damaged          | Damaged on arrival   | 到货破损
        wrong_goods      | Wrong goods          | 发错货
        not_as_described | Not as described     | 与描述不符
        undelivered      | Not delivered        | 未送达
    """),
    "became": table("""
        ordered      | New order          | 新订单
        updated      | Change             | 变更
        cancelled    | Cancellation       | 取消
        revived      | Taken up again     | 恢复订单
        duplicate    | Duplicate          | 重复
        superseded   | Superseded         | 已被取代
        conflict     | Version conflict   | 版本冲突
        refused      | Refused            | 拒收
        not_an_order | Not an order       | 非订单
        review       | To review          | 待复核
    """),
    "message_way": table("""
        webhook | Webhook     | Webhook
        poll    | Poll        | 轮询
        mail    | E-mail      | 邮件
        upload  | Upload      | 上传
        page    | Entered     | 录入
        api     | API         | 接口
    """),
    "hold_reason": table("""
        review               | Findings to review               | 待审单
        verification         | Findings to review               | 待审单
        findings             | Findings to review               | 待审单
        change_requested     | Change requested                 | 申请变更
        interception         | Intercepted                      | 拦截
        version_conflict     | Two versions contradict          | 版本冲突
        signature_declined   | The customer declined to sign    | 客户拒签
        signature_expired    | The signature link ran out       | 签字链接过期
        payment_expired      | The payment did not come         | 逾期未付款
    """),
    "change_kind": table("""
        update       | Change       | 变更
        cancellation | Cancellation | 取消
        revival      | Taken up again | 恢复订单
    """),
    "decision": table("""
        approve  | Approve            | 批准
        amend    | Amend              | 修改
        escalate | Pass to manager    | 上报经理
        return   | Back to specialist | 退回专员
        reject   | Refuse for good    | 拒绝订单
    """),
    "document": table("""
        confirmation        | Confirmation             | 订单确认书
        signed_confirmation | Signed confirmation      | 签回确认书
        label               | Label                    | 面单
        label_zpl           | Label (ZPL)              | 面单 (ZPL)
        packing_slip        | Packing slip             | 装箱单
        pick_list           | Pick list                | 拣货单
        hand_over_list      | Hand-over list           | 交接单
        delivery_receipt    | Delivery receipt         | 签收凭证
    """),
    "template": table("""
        confirmation       | Confirmation              | 订单确认
        signature_request  | Confirmation to sign      | 待签回确认
        progress           | Progress                  | 进度通知
        backordered        | Out of stock              | 缺货通知
        collected          | On its way                | 发货通知
        out_for_delivery   | Out for delivery          | 派送通知
        delivered          | Delivered                 | 签收通知
        closed             | Thanks and survey         | 完结通知
        cancelled          | Cancelled                 | 取消通知
        rest_cancelled     | Rest cancelled            | 部分取消通知
        rejected           | Refused                   | 拒单通知
        change_declined    | Change declined           | 变更驳回
        refunded           | Refund                    | 退款通知
        ticket_opened      | Ticket opened             | 工单受理
        ticket_answered    | Ticket answered           | 工单答复
        return_approved    | Return approved           | 退货批准
        return_declined    | Return declined           | 退货拒绝
        survey             | Survey                    | 满意度调查
    """),
    "direction": table("""
        in       | From the customer | 客户来信
        out      | To the customer   | 回复客户
        internal | Internal          | 内部记录
    """),
    "event": table("""
        hold.placed               | Hold placed                     | 挂起
        hold.released             | Hold released                   | 解除挂起
        order.amended             | Order amended                   | 修改订单
        order.changed             | Order changed                   | 订单已变更
        order.rest_cancelled      | The rest was cancelled          | 剩余部分已取消
        order.version_conflict    | Its channel tells it two ways   | 渠道消息版本冲突
        order.ordered             | Order received                  | 订单已接收
        confirmation.requested    | Confirmation sent to sign       | 已发确认待签回
        confirmation.not_required | Confirmation sent               | 已发确认
        fulfilment.released       | Released to the warehouse       | 下达仓库
        pick_task.picked          | Stops picked                    | 拣货完成
        sales_ledger.shipped      | Goods left stock                | 出库记账
        return.requested          | Return requested                | 申请退货
        return.counted_again      | Return counted again            | 退货重新清点
        satisfaction.scored       | Customer scored                 | 客户评价
        ticket.opened             | Ticket opened                   | 建立工单
        ticket.noted              | Ticket note                     | 工单记录
        ticket.serious            | Told to the management          | 通知管理层
        review.approved           | Review: approved                | 审单: 批准
        review.amended            | Review: amended                 | 审单: 修改
        review.escalated          | Review: passed to the manager   | 审单: 上报经理
        review.returned           | Review: handed back             | 审单: 退回
        review.rejected           | Review: refused                 | 审单: 拒绝
        buyer_message.read        | Buyer's message read            | 已读买家留言
        change.requested          | Change requested                | 申请变更
        payment.recorded          | Payment recorded                | 登记收款
        payment.owed_less         | Less is owed                    | 应付减少
        confirmation.sent_again   | Confirmation sent again         | 重发确认
        fulfilment.missing        | Missing or damaged at packing   | 打包时缺件或破损
        error.recorded            | Error recorded                  | 登记差错
        error.upheld              | Error counts again              | 差错重新计入
        error.lifted              | Error no longer counts          | 差错不再计入
        parcel.weight_overridden  | Weight accepted with a reason   | 称重偏差放行
        parcel.case               | Tracking case opened            | 物流异常立案
        parcel.undelivered        | It will never arrive            | 确认无法送达
        parcel.case_settled       | Tracking case settled           | 物流异常结案
        booking.mended            | Booking mended                  | 下单异常已处理
        booking.stopped           | No label: its channel stopped it | 渠道已叫停，未购面单
        hand_over.joined          | Put on the hand-over list       | 加入交接单
        hand_over.left_behind     | Left behind at hand-over        | 未随车交接
        hand_over.struck_out      | Struck out of the list          | 从交接单划除
        hand_over.refused         | The carrier did not take it     | 承运商未揽收
        refund.requested          | Refund requested                | 申请退款
        refund.approved           | Refund approved                 | 退款批准
        sample.checked            | Sample checked                  | 抽检复核
        private.read              | Private data shown              | 查看隐私数据
        step.taken                | Step taken                      | 领取任务
        step.handed_over          | Step handed over                | 转交任务
        step.retried              | Step tried again                | 重试任务
        step.due_soon             | Reminded before its time        | 到期前提醒
        step.overdue              | Reminded: its time is over      | 超时提醒
        supply.raised             | Supply requested                | 提出供应需求
        wave.released             | Wave released                   | 波次下达
        policy.set                | Business number set             | 修改业务参数
    """),
    "subject": table("""
        order           | Order            | 订单
        fulfilment      | Fulfilment       | 发货单
        parcel          | Parcel           | 包裹
        pick_task       | Pick             | 拣货
        wave            | Wave             | 波次
        ticket          | Ticket           | 工单
        return_request  | Return           | 退货
        return          | Return           | 退货
        refund          | Refund           | 退款
        change_request  | Change request   | 变更申请
        hand_over_list  | Hand-over list   | 交接单
        inbound_message | Inbound message  | 原始单
        message         | Message          | 消息
        supply_request  | Supply request   | 供应需求
        hold            | Hold             | 挂起
        confirmation    | Confirmation     | 订单确认
        order_line      | Order line       | 订单行
    """),
    "axis": table("""
        status          | Status       | 状态
        payment_status  | Payment      | 付款
        confirmation    | Confirmation | 确认
        label_status    | Label        | 面单
        tracking_status | Tracking     | 物流
    """),
}
