"""Words of causes, stages of blame, and business numbers."""

from __future__ import annotations

from oms.web.word_tables import table

STORY = {
    "cause_told": table("""
        accepted              | accepted                   | 已接单
        inbound message       | inbound message            | 原始单
        ordered               | received                   | 已接收
        confirmation given    | confirmation given         | 已给出确认
        scan                  | the carrier's scan         | 物流扫描
        all delivered         | all delivered              | 全部签收
        not delivered         | a parcel never arrived     | 包裹未送达
        nothing to be shipped | nothing to be shipped      | 无需发货
        signed for            | signed for                 | 已签收
        verification          | verification               | 审单
        back to review        | back to review             | 退回审单
        short at allocation   | short at allocation        | 占用时缺货
        complaint             | complaint                  | 投诉
        return                | return                     | 退货
        exchange              | exchange                   | 换货
        repair                | repair                     | 维修
        damage                | damage                     | 破损
        not_received          | not received               | 未收到
        faulty                | faulty                     | 质量问题
        not_as_described      | not as described           | 与描述不符
        undelivered           | not delivered              | 未送达
        lost                  | lost                       | 丢失
        sent_back             | sent back by the carrier   | 承运商退回
        refused               | refused                    | 拒收
        wrong_address         | wrong address              | 地址错误
        delayed               | delayed                    | 延误
        failed                | delivery failed            | 派送失败
        return_to_sender      | return to sender           | 退回寄件人
        no_scan               | not scanned for days       | 多日无物流扫描
        question              | question                   | 咨询
        no_reason             | no reason needed           | 无理由退货
        in                    | from the customer          | 客户来信
        out                   | to the customer            | 回复客户
        internal              | internal                   | 内部
        confirmed             | confirmed                  | 已确认
        held by rule          | held by rule               | 规则挂起
        passed                | passed                     | 通过
        effective             | in effect                  | 已生效
        signature             | signature asked            | 请求签回
        payment               | payment asked              | 请求付款
        signed                | signed                     | 已签回
        paid                  | paid                       | 已付款
        link                  | by link                    | 通过链接
        list                  | hand-over list             | 交接单
        upload                | by upload                  | 上传签回
        email_reply           | by e-mail reply            | 邮件回复
        waiver                | waived                     | 免签
        scanned               | scanned                    | 扫描
        first scan            | first scan                 | 首次扫描
        first check           | first check                | 首次复核
        last task             | last task                  | 最后一项
        boxed                 | boxed                      | 已封箱
        booked                | booked                     | 已下单
        released              | released                   | 已下达
        planned               | planned                    | 已排
        allocated             | allocated                  | 已占用
        stopped               | stopped                    | 已停止
        handed over           | handed over                | 已交接
        hand_over             | handed over                | 已交接
        change applied        | change carried out         | 变更已执行
        change request        | change request             | 变更申请
        payment recorded      | payment recorded           | 已登记收款
        refund paid out       | refund paid out            | 已退款
        nothing to refund     | nothing to refund          | 无需退款
        owed no more          | owed no more               | 无需再付
        goods came off        | goods came back or off     | 商品退回或取消
        passed on             | passed on                  | 已转交
        paid out              | paid out                   | 已退款
        approved              | approved                   | 已批准
        inspected             | inspected                  | 已质检
        told by the channel   | told by the channel        | 渠道通知
        tracking              | the carrier's scan         | 物流扫描
        track                 | the carrier's scan         | 物流扫描
        webhook               | the carrier's scan         | 物流扫描
        poll                  | the carrier's answer       | 物流查询
        close                 | complete                   | 已完成
        complete              | complete                   | 已完成
        not_found             | not in the bin             | 库位无货
        damaged               | damaged                    | 破损
        wrong_goods           | other goods in the bin     | 货不对位
        expired               | expired                    | 过期
        missing               | missing at packing         | 打包时缺件
        payment               | payment                    | 付款
        new link              | new link                   | 新链接
        update                | change                     | 变更
        cancellation          | cancellation               | 取消
        checked               | checked                    | 已复核
        this channel can't be told | this channel can't be told | 该渠道无法回传
        before release        | before release             | 下达仓库前
        payment only          | payment only               | 仅付款信息
        papers only           | papers only                | 仅单据信息
        not packed yet        | not packed yet             | 尚未打包
        stopped already       | stopped already            | 已叫停
        the order has ended already | the order has ended already | 订单已结束
        its channel had cancelled it already | its channel had cancelled it already | 渠道此前已取消
        its payment went back: nothing goes on | its payment went back: nothing goes on | 货款已退回，不再继续
        the goods have been handed over to the carrier | the goods have been handed over to the carrier | 商品已交接承运商
        a part has been handed over: the rest is cancelled | a part has been handed over: the rest is cancelled | 部分已交接，其余取消
        it names no goods: the order manager decides | it names no goods: the order manager decides | 未写明商品，由部门经理决定
        work has begun: the order manager decides | work has begun: the order manager decides | 作业已开始，由部门经理决定
        the order is over: a person enters it again or has the money paid back | the order is over: a person enters it again or has the money paid back | 订单已结束，请人工重新录入或办理退款
        pick                  | picked                     | 拣货
        put_back              | put back                   | 放回库位
        order stopped         | order stopped              | 订单已叫停
        stopped on the floor  | stopped on the floor       | 仓内已叫停
        scanned by the carrier | the carrier's scan        | 物流扫描
        paper list            | paper list                 | 纸质拣货单
        reserve               | goods promised             | 占用库存
        goods received        | goods received             | 已收货
        demand withdrawn      | demand withdrawn           | 需求撤回
        counted again         | counted again              | 重新清点
        judged anew           | judged anew                | 重新评定
        mended                | mended                     | 已修正
        never arrived         | never arrived              | 未送达
        no task is left       | nothing is left to do      | 已无任务
        read again            | read again                 | 重新读取
        void_label            | label voided               | 面单作废
        not signed in time    | not signed in time         | 逾期未签回
        re-read at its channel | looked up at its channel  | 已向渠道核对
        told to the management | told to the management    | 已通知管理层
        the order was cancelled | the order was cancelled  | 订单已取消
        the order's sum was changed | the order's sum was changed | 订单金额已变更
        a later request replaced it | a later request replaced it | 已被后来的申请取代
        review                | review                     | 审单
    """),
    "stage": table("""
        entry        | Entry         | 录入
        verification | Verification  | 审单
        pick         | Picking       | 拣货
        pack         | Packing       | 复核打包
        booking      | Booking       | 快递下单
        hand_over    | Hand-over     | 交接
        ticket       | After-sales   | 售后
    """),
    "setting": table("""
        carrier      | Carriers              | 承运商
        clock        | Clocks                | 时限
        cod          | Cash on delivery      | 货到付款
        confirmation | Confirmation          | 订单确认
        credit       | Credit                | 信用
        email        | E-mail                | 邮件
        house        | The house             | 公司
        kpi          | KPI and appraisal     | 指标与考核
        pack         | Packing               | 打包
        pause        | Pauses                | 暂停计时
        poll         | Polling               | 轮询
        progress     | Telling customers     | 客户告知
        promise      | Promise               | 承诺
        refund       | Refunds               | 退款
        reminder     | Reminders             | 提醒
        return       | Returns               | 退货
        signature    | Signature             | 签字
        stock        | Stock                 | 库存
        supply       | Supply                | 供应
        verification | Verification          | 审单
        wave         | Waves                 | 波次
    """),
    "unit": table("""
        s            | s             | 秒
        h            | h             | 小时
        min          | min           | 分钟
        days         | days          | 天
        workdays     | workdays      | 工作日
        orders       | orders        | 单
        lines        | lines         | 行
        pieces       | pieces        | 件
        answers      | answers       | 份
        points       | points        | 分
        factor       | factor        | 系数
        currency     | currency      | 金额
        minor units  | minor units   | 最小货币单位
        % of list    | % of list     | 目录价百分比
        local time   | local time    | 当地时间
        work hours   | work hours    | 工作小时
        work minutes | work minutes  | 工作分钟
        duty hours   | duty hours    | 值班小时
    """),
}
