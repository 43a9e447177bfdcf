"""Words of the floor, the carrier and supply."""

from __future__ import annotations

from oms.web.word_tables import table

FLOOR = {
    "fulfilment": table("""
        planned     | Planned     | 已计划
        released    | Released    | 已下达
        picking     | Picking     | 拣货中
        short       | Short       | 少拣
        picked      | Picked      | 已拣货
        packing     | Packing     | 打包中
        packed      | Packed      | 已打包
        labelled    | Labelled    | 已贴面单
        handed_over | Handed over | 已交接
        collected   | Collected   | 已揽收
        delivered   | Delivered   | 已签收
        putback     | Put back    | 返架
        cancelled   | Cancelled   | 已取消
    """),
    "wave": table("""
        released    | Released    | 已下达
        in_progress | In progress | 进行中
        completed   | Completed   | 已完成
        cancelled   | Cancelled   | 已取消
    """),
    "pick_task": table("""
        pending   | To pick   | 待拣
        picked    | Picked    | 已拣
        short     | Short     | 少拣
        cancelled | Cancelled | 已取消
    """),
    "label": table("""
        none           | None           | 无
        unknown        | Unknown        | 未知
        refused        | Refused        | 被拒
        purchased      | Booked         | 已下单
        used           | Used           | 已使用
        void_requested | Void requested | 申请作废
        voided         | Voided         | 已作废
    """),
    "tracking": table("""
        pre_transit          | Not collected yet    | 待揽收
        collected            | Collected            | 揽收
        in_transit           | In transit           | 运输中
        out_for_delivery     | Out for delivery     | 派送中
        available_for_pickup | At a pick-up point   | 投柜/驿站待取
        delivered            | Signed for           | 签收
        delayed              | Delayed              | 延误
        failed               | Delivery failed      | 派送失败
        return_to_sender     | Return to sender     | 退回寄件人
        lost                 | Lost                 | 丢失
        damaged              | Damaged              | 破损
    """),
    "undelivered_as": table("""
        lost          | Lost: never arrives                  | 丢失，无法送达
        damaged       | Damaged: never arrives               | 破损，无法送达
        sent_back     | Sent back by the carrier             | 承运商退回
        refused       | Refused by the customer              | 客户拒收
        wrong_address | The customer's address was wrong     | 客户地址错误
    """),
    "hand_over_list": table("""
        open         | Open             | 待交接
        signed_by_us | Signed by us     | 我方已签
        handed_over  | Signed by both   | 双方已签
        cancelled    | Cancelled        | 已取消
    """),
    "supply": table("""
        raised    | Raised    | 已提出
        ordered   | Ordered   | 已下单
        received  | Received  | 已到货
        withdrawn | Withdrawn | 已撤回
    """),
}
