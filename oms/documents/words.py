"""Every word that papers print, in English and simplified Chinese; a test proves the table complete."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

ENGLISH = "en"
CHINESE = "zh_Hans"
LANGUAGES = (ENGLISH, CHINESE)

#: word -> (English, Chinese)
WORDS: dict[str, tuple[str, str]] = {
    "page": ("Page {page} of {pages}", "第 {page} / {pages} 页"),
    # pick list
    "pick_list": ("Pick list", "拣货单"),
    "warehouse": ("Warehouse", "仓库"),
    "wave": ("Wave", "波次"),
    "carrier": ("Carrier", "快递公司"),
    "cut_off": ("Carrier cut-off", "截单时间"),
    "printed": ("Printed", "打印时间"),
    "picker": ("Picker", "拣货员"),
    "lines": ("Lines", "行数"),
    "pieces": ("Pieces", "件数"),
    "orders": ("Orders", "订单数"),
    "stop": ("Stop", "序"),
    "bin": ("Bin", "库位"),
    "goods": ("Goods", "商品"),
    "qty": ("Qty", "数量"),
    "done": ("Done", "完成"),
    "order": ("Order", "订单"),
    "tote": ("Tote", "周转箱"),
    "walk": ("Walk", "路线"),
    "optimum": ("Shortest possible", "最短路线"),
    "proved": ("proved shortest", "已证明最短"),
    "above_optimum": ("{percent} above the shortest", "比最短路线长 {percent}"),
    "no_bound": ("no bound known for this floor", "此布局无最短界限"),
    "s_shape": ("S-shape", "S 形路线"),
    "saved": ("{percent} saved", "节省 {percent}"),
    "picked_by": ("Picked by", "拣货人"),
    "checked_by": ("Checked by", "复核人"),
    "signature": ("Signature", "签名"),
    "time": ("Date and time", "日期时间"),
    "shorts": ("Short at the bin (stop, pieces)", "少拣（序号、件数）"),
    # packing slip
    "packing_slip": ("Packing slip", "装箱单"),
    "sender": ("From", "发货方"),
    "ship_to": ("Ship to", "收货方"),
    "order_number": ("Order", "订单号"),
    "channel_number": ("Your reference", "渠道单号"),
    "order_date": ("Ordered", "下单日期"),
    "fulfilment": ("Fulfilment", "发货单"),
    "parcel": ("Parcel", "包裹"),
    "parcel_of": ("{number} of {count}", "第 {number} / {count} 件"),
    "waybill": ("Waybill", "运单号"),
    "weight": ("Weight", "重量"),
    "sku": ("SKU", "货号"),
    "ordered": ("Ordered", "订购"),
    "in_parcel": ("In this parcel", "本件数量"),
    "to_follow": ("To follow", "待发"),
    "message": ("Message", "留言"),
    "packed_by": ("Packed by", "打包人"),
    "returns": ("Returns and questions", "退换货与咨询"),
    # confirmation
    "confirmation": ("Order confirmation", "订单确认"),
    "seller": ("Seller", "供方"),
    "customer": ("Customer", "客户"),
    "unit_price": ("Unit price", "单价"),
    "discount": ("Discount", "折扣"),
    "amount": ("Amount", "金额"),
    "goods_total": ("Goods", "商品合计"),
    "shipping": ("Shipping", "运费"),
    "fees": ("Fees", "其他费用"),
    "tax": ("Tax", "税额"),
    "tax_included": ("of which tax", "其中税额"),
    "total": ("Total", "合计"),
    "paid": ("Paid", "已付"),
    "payable": ("To be paid", "应付"),
    "overpaid": ("Paid too much", "多付"),
    "payment_terms": ("Payment", "付款方式"),
    "expected_dispatch": ("Expected dispatch", "预计发货"),
    "delivery_time": ("Delivery by", "预计送达"),
    "deliver_to": ("Deliver to", "送货地址"),
    "requirements": ("Special requirements", "特殊要求"),
    "terms": ("Terms", "条款"),
    "please_sign": ("Please confirm this order", "请确认本订单"),
    "how_to_sign": (
        "The order takes effect once you have signed. Scan the code or open the link, which works once; "
        "or sign below and send this page back.",
        "订单经您签字确认后生效。请扫描二维码或打开链接（仅可使用一次），或在下方签字盖章后回传。",
    ),
    "valid_until": ("Valid until", "有效期至"),
    "customer_signature": ("Customer's signature and stamp", "客户签字（盖章）"),
    "date": ("Date", "日期"),
    # hand-over list
    "hand_over_list": ("Hand-over list", "揽收交接单"),
    "parcels": ("Parcels", "包裹数"),
    "total_weight": ("Total weight", "总重量"),
    "destination": ("Destination", "目的地"),
    "opened": ("Opened", "开单时间"),
    "we_hand_over": ("Handed over by (warehouse)", "交货人（仓库）"),
    "carrier_receives": ("Received by (carrier)", "揽收人（快递）"),
    "name": ("Name", "姓名"),
    "vehicle": ("Vehicle", "车牌号"),
    "count_confirmed": ("Parcels counted", "清点件数"),
    "hand_over_promise": (
        "Both sign that the parcels listed here were handed over complete and undamaged, unless noted.",
        "双方签字确认上列包裹数量齐全、外包装完好（另有注明者除外）。",
    ),
    "remarks": ("Remarks", "备注"),
}


@cache
def words_of(language: str) -> Mapping[str, str]:
    """The printed words of a language; `zh`, `zh_CN` and `zh-Hans` are Chinese, everything unknown is English."""
    column = 1 if tag_of(language) == CHINESE else 0
    return {word: texts[column] for word, texts in WORDS.items()}


def tag_of(language: str) -> str:
    """The language tag that papers and their dates and prices use: `en` or `zh_Hans`."""
    return CHINESE if language.replace("-", "_").lower().split("_")[0] == "zh" else ENGLISH
