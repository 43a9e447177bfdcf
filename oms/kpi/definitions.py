"""THE table of KPIs, the stages that steps belong to, and the outcomes that count apart. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from oms.journey.flow import UNDELIVERED, UNDELIVERED_BY_THE_CUSTOMER

COMPANY, CHANNEL, STAGE, PERSON, WAREHOUSE, CARRIER = "company", "channel", "stage", "person", "warehouse", "carrier"
DIMENSIONS = (CHANNEL, STAGE, PERSON, WAREHOUSE, CARRIER)
#: Beside them each KPI has sums of what was told after its month was closed, by that month (K-7).
TOLD = "told"


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure: names, what is counted over what, where it comes from, and by what it is broken down."""

    key: str
    en: str
    zh: str
    numerator: str
    denominator: str
    numerator_zh: str
    denominator_zh: str
    source: str
    dimensions: tuple[str, ...]
    unit: str = "orders"
    unit_zh: str = "单"


_ALL = DIMENSIONS

# fmt: off
KPIS: dict[str, Kpi] = {kpi.key: kpi for kpi in (
    Kpi("entry_accuracy", "Entry accuracy", "录入准确率",
        "orders with no entry error attributed by the freeze", "orders whose entry a person ended in the month",
        "关账前无录入差错的订单", "当月由人员完成录入的订单", "K-1, 001 八.1", (CHANNEL, PERSON)),
    Kpi("entry_accuracy_machine", "Entry accuracy, machine", "机器录入准确率",
        "orders with no entry error attributed by the freeze", "orders entered by machine in the month",
        "关账前无录入差错的订单", "当月机器录入的订单", "K-1 (ours)", (CHANNEL,)),
    Kpi("pick_accuracy", "Pick accuracy", "拣货准确率",
        "lines picked without own error", "lines picked in the month",
        "无差错拣货行", "当月拣货行", "K-1 (ours)", (CHANNEL, PERSON, WAREHOUSE), "lines", "行"),
    Kpi("pack_accuracy", "Pack accuracy", "复核打包准确率",
        "parcels checked without own error", "parcels checked in the month",
        "无差错包裹", "当月复核包裹", "K-1 (ours)", (CHANNEL, PERSON, WAREHOUSE), "parcels", "件"),
    Kpi("perfect_order", "Perfect orders", "完美订单率",
        "right goods, count, place, papers, on time, no ticket that is ours", "orders delivered in the month",
        "货、量、地、单据、时效均无差错且无我方责任工单的订单", "当月签收的订单", "K-1 (ours)", (CHANNEL, WAREHOUSE, CARRIER)),
    Kpi("on_time", "On time", "订单处理及时率",
        "steps ended by their due time", "steps whose due time lies in the month, open ones as late",
        "按时完成的步骤", "当月到期的步骤(未完成计为超时)", "K-2, 001 八.1", _ALL, "steps", "步"),
    Kpi("shipped_on_time", "Shipped on time", "发货及时率",
        "fulfilments collected by the promise", "fulfilments promised in the month",
        "按承诺时间揽收的发货单", "当月承诺发货的发货单", "K-2, 000:网店下单 4.1", (CHANNEL, WAREHOUSE, CARRIER),
        "fulfilments", "单"),
    Kpi("delivered_on_time", "Delivered on time", "妥投及时率",
        "fulfilments signed for by the promise", "fulfilments promised in the month",
        "按承诺时间签收的发货单", "当月承诺送达的发货单", "K-2, 000:网店下单 4.1", (CHANNEL, WAREHOUSE, CARRIER),
        "fulfilments", "单"),
    Kpi("moved_dates", "Dates moved by us", "我方改期率",
        "promises that we moved", "fulfilments promised in the month",
        "我方改期的承诺", "当月承诺送达的发货单", "Promise rule (ours)", (CHANNEL, WAREHOUSE), "fulfilments", "单"),
    Kpi("completion", "Completion", "订单完成率",
        "orders with all lines delivered by the promise", "released orders promised in the month",
        "按承诺全部签收的订单", "当月承诺的已下达订单", "K-3, 001 八.1", (CHANNEL, WAREHOUSE, CARRIER)),
    Kpi("satisfaction", "Satisfaction, service", "客户满意度(服务)",
        "answers of 4-5 on five", "valid answers in the month, the last per order",
        "4-5 分评价", "当月有效评价(每单取最后一次)", "K-4, 001 八.1", (CHANNEL, PERSON), "answers", "份"),
    Kpi("satisfaction_aftersales", "Satisfaction, after-sales", "客户满意度(售后)",
        "answers of 4-5 on five", "valid answers in the month, the last per ticket",
        "4-5 分评价", "当月有效评价(每工单取最后一次)", "K-4, 000:网店下单 4.1", (CHANNEL, PERSON), "answers", "份"),
    Kpi("response", "Survey response", "评价回收率",
        "questions answered", "questions asked in the month",
        "已答复的询问", "当月发出的询问", "K-4 (ours)", (CHANNEL,), "questions", "份"),
)}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of an order's life as reports name it; `side` says whose clock it is."""

    key: str
    en: str
    zh: str
    side: str


DESK, FLOOR, CARRIER_SIDE, AFTER = "desk", "floor", "carrier", "aftersales"

STAGES: dict[str, Stage] = {stage.key: stage for stage in (
    Stage("entry", "Entry", "录入", DESK),
    Stage("change", "Change reaction", "变更响应", DESK),
    Stage("verification", "Verification", "审单", DESK),
    Stage("confirmation", "Confirmation", "订单确认", DESK),
    Stage("allocation", "Allocation", "分仓占用", DESK),
    Stage("supply", "Supply", "供应", DESK),
    Stage("release", "Release", "下达", DESK),
    Stage("pick", "Picking", "拣货", FLOOR),
    Stage("pack", "Packing", "复核打包", FLOOR),
    Stage("booking", "Booking", "快递下单", FLOOR),
    Stage("hand_over", "Hand-over", "交接", FLOOR),
    Stage("collect", "Collected", "揽收", CARRIER_SIDE),
    Stage("deliver", "Delivered", "签收", CARRIER_SIDE),
    Stage("notice", "Notice", "通知", DESK),
    Stage("close", "Closing", "关单", DESK),
    Stage("ticket", "Tickets", "售后工单", AFTER),
    Stage("return", "Returns and refunds", "退货退款", AFTER),
    Stage("survey", "Survey", "满意度", AFTER),
)}
# fmt: on

#: Every step kind that K-2 counts or that another figure reads, and its stage. Kinds that are not here
#: (polling, periodic work) are technical and in no figure; a test walks the flow against this table.
STAGE_OF: dict[str, str] = {
    "accept": "entry",
    "enter": "entry",
    "apply_change": "change",
    "decide_change": "change",
    "verify": "verification",
    "review": "verification",
    "final_review": "verification",
    "finance_review": "verification",
    "sample_review": "verification",
    "confirm": "confirmation",
    "sign": "confirmation",
    "pay": "confirmation",
    "allocate": "allocation",
    "supply": "supply",
    "release": "release",
    "wave": "pick",
    "pick": "pick",
    "short_pick": "pick",
    "put_back": "pick",
    "pack": "pack",
    "book": "booking",
    "mend_booking": "booking",
    "void_label": "booking",
    "hand_over": "hand_over",
    "collect": "collect",
    "deliver": "deliver",
    "track_case": "deliver",
    "close": "close",
    "tell": "notice",
    "tell_channel": "notice",
    "ticket_pass_on": "ticket",
    "ticket_contact": "ticket",
    "ticket_solve": "ticket",
    "approve_return": "return",
    "receive_return": "return",
    "inspect_return": "return",
    "refund": "return",
    "rate_service": "survey",
    "rate_ticket": "survey",
}
#: Kinds that are in no figure: machinery between us and a peer, and reports.
TECHNICAL = frozenset(
    {"reread", "poll", "wake", "pick_up", "track", "fold_kpi", "compute_kpi", "check_invariants", "daily_sample"}
)

#: Told by errors in ten thousand as well (requirements, KPI formulas): so few are wrong that percents hardly move.
FLOOR_ACCURACIES = ("pick_accuracy", "pack_accuracy")
#: K-2 counts what the house does; promises and answers of others have figures of their own.
OUTSIDERS = frozenset({"carrier", "customer", "supplier"})

#: What goes on beside an order: no parcel waits for it.
BESIDE = frozenset({"sample_review", "tell", "tell_channel", "close"})

#: The kind of the facts that stand for one entered order each (a message may hold many).
ENTRY = "entry"
QUESTIONS = frozenset({"rate_service", "rate_ticket"})
SPLIT = "split"
#: Goods that were asked for: the step ends when they come, or when nobody wants them any more.
SUPPLY = "supply"
COLLECTED = frozenset({"collected"})
#: Signed for, also by proxy; at a locker or station is not delivered.
DELIVERED = frozenset({"delivered", "delivered_by_proxy"})
#: Why a step or an order left the line, as written in the outcome of a cancelled step.
OUR_FAULT = frozenset({"shortage", "late", "cancelled_for_shortage", "cancelled_for_lateness"})
FORCE_MAJEURE = "force_majeure"
#: A change began the order anew. What was late by then is no date that the customer moved.
REPLACED = "replaced_by_change"
#: What the customer did counts against nobody: out of shipped, delivered and completed.
CUSTOMERS_DOING = frozenset({"rescheduled_by_customer", *UNDELIVERED_BY_THE_CUSTOMER})
#: Over, and nothing came: it needs no due time to be missed.
ASTRAY = frozenset(UNDELIVERED) - CUSTOMERS_DOING
#: A wrong stock record counts against inventory, never the picker.
NOT_THE_PICKERS = frozenset({"stock_record", "inventory"})
SATISFIED_FROM = 4
#: The outcome of a question that was answered, at least in part.
SCORED = "scored"

#: What a line's `why` says to people.
WHY: dict[str, tuple[str, str]] = {
    "on_time": ("on time", "按时"),
    "late": ("late", "超时"),
    "late_desk": ("late: order desk", "超时: 订单部"),
    "late_floor": ("late: warehouse", "超时: 仓库"),
    "late_carrier": ("late: carrier", "超时: 承运商"),
    "never_arrived": ("lost, damaged or sent back: it never arrived", "丢失、损坏或退回，未送达"),
    "open_late": ("still open past its due time", "超时未完成"),
    "rest_missing": ("a part is still missing past the promise", "超过承诺时间仍缺部分商品"),
    "not_due_yet": ("not due yet", "未到期"),
    "cancelled": ("left out: cancelled before due, not for a reason of ours", "不计: 到期前取消且非我方原因"),
    "cancelled_by_us": ("cancelled for a reason of ours", "因我方原因取消"),
    "force_majeure": ("left out: approved force majeure", "不计: 批准的不可抗力"),
    "paused": ("left out: paused for customer, goods or system", "不计: 因客户、缺货或系统暂停计时"),
    "customers_doing": (
        "left out: rescheduled, refused or wrong address by the customer",
        "不计: 客户改期、拒收或地址有误",
    ),
    "not_live": ("left out: test, draft or duplicate", "不计: 测试、草稿或重复"),
    "not_released": ("left out: not released", "不计: 未下达"),
    "right": ("no error", "无差错"),
    "error": ("error", "有差错"),
    "anothers_error": ("no own error: it was another person's", "本人无差错: 属他人差错"),
    "nothing_found": ("left out: nothing was found at the bins", "不计: 库位无货，未拣到"),
    "perfect": ("perfect", "完美"),
    "moved": ("moved by us", "我方改期"),
    "kept": ("kept", "未改期"),
    "satisfied": ("4-5", "满意(4-5 分)"),
    "not_satisfied": ("1-3", "不满意(1-3 分)"),
    "superseded": ("left out: answered again later", "不计: 之后重新评价"),
    "answered": ("answered", "已答复"),
    "not_answered": ("not answered", "未答复"),
}
