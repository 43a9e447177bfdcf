"""THE table of business numbers: key, default, unit, bounds, source, and what it means in both languages.

Managers override a row by a versioned value (`policy.py`); nothing here needs a deploy to change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from oms.errors import InputInvalid
from oms.journey.clocks import CLOCKS, OURS, UNIT, Clock, Kind

Value = Decimal | int | bool | str


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One business number; the default's type is the value's type, `low` and `high` are its inclusive bounds.

    `pattern`: how a text is written.
    """

    key: str
    default: Value
    unit: str
    source: str
    en: str
    zh: str
    low: int | None = 0
    #: No sum of ours has more digits.
    high: int | None = 10**13
    pattern: str = ""


_D = Decimal

# fmt: off
_ROWS: tuple[PolicyRow, ...] = (
    # the limits
    PolicyRow("house.currency", "CNY", "", OURS, "the currency in which limits are kept, such as those of refunds and of credit",
              "限额所用币种(退款、信用等)", None, None, r"[A-Z]{3}"),
    PolicyRow("house.rates", "CNY 1, EUR 8, GBP 9, HKD 0.9, JPY 0.05, USD 7", "", OURS,
              "rough worth of one unit of each currency, to compare amounts with limits; what has none goes to a person",
              "各币种单位的大致价值，仅用于与限额比较；未列币种转人工", None, None,
              r"[A-Z]{3} \d{1,9}(\.\d{1,9})?(, ?[A-Z]{3} \d{1,9}(\.\d{1,9})?){0,40}"),
    # intake
    PolicyRow("email.confidence_threshold", _D("0.80"), "0-1", OURS,
              "e-mail orders below this confidence hold for a person", "邮件订单置信度低于此值转人工", 0, 1),
    PolicyRow("poll.interval", 60, "s", OURS, "time between two polls of a channel", "渠道轮询间隔", 5, 86_400),
    PolicyRow("poll.overlap", 600, "s", OURS, "how far a poll looks back over the last one",
              "轮询回看重叠时长", 0, 604_800),
    PolicyRow("signature.link_life", 72, "h", OURS, "life of a one-time signing link", "签字链接有效期", 1, 720),
    # verification
    PolicyRow("verification.every_order_reviewed", False, "", "001 三.2(3)",
              "send every order to final review (V-7)", "所有订单转终审"),
    PolicyRow("verification.sample_rate", _D("2"), "%", "001 三.2(2)",
              "share of passed orders reviewed by hand each day (V-7)", "每日抽检比例", 0, 100),
    PolicyRow("verification.sample_min", 5, "orders", "001 三.2(2)", "at least so many a day (V-7)",
              "每日最少抽检单数", 0, 1_000_000),
    PolicyRow("verification.large_order_value", _D("50000"), "currency", "001 二.2(1)",
              "orders of at least this value are important: the manager decides (V-1)", "大额订单金额"),
    PolicyRow("verification.price_floor", _D("90"), "% of list", "002 二.2",
              "a price below this share of the price list holds (V-4)", "最低售价占目录价比例", 0, 1000),
    PolicyRow("verification.price_ceiling", _D("200"), "% of list", OURS,
              "a price above this share of the price list holds: likely a keying fault",
              "最高售价占目录价比例", 0, 10_000),
    PolicyRow("verification.total_tolerance", 1, "minor units", "order schema", "difference of a total that is let pass",
              "合计允许误差", 0, 100),
    PolicyRow("credit.default_limit", _D("0"), "currency", "002 二.2",
              "credit limit of an account customer who has none of their own (V-4)", "默认信用额度"),
    PolicyRow("credit.overdue_days", 30, "days", "002 二.2", "an invoice so long overdue holds new orders",
              "逾期冻结天数", 0, 3650),
    PolicyRow("cod.max_value", _D("5000"), "currency", OURS, "cash on delivery up to this value (C-2)", "货到付款上限"),
    # confirmation, promise
    PolicyRow("promise.processing_days", 1, "workdays", OURS, "own work between effect and hand-over",
              "内部处理工作日", 0, 60),
    PolicyRow("promise.transit_days", 3, "days", OURS, "transit where the carrier's table is silent",
              "默认在途天数", 0, 90),
    PolicyRow("promise.lead_time_days", 7, "workdays", OURS, "supply lead time of a SKU that has none",
              "默认采购周期", 0, 365),
    PolicyRow("confirmation.oral_needs_signature", True, "", "001 三.1.3",
              "phone, visit and instant-message orders wait for the signature (I-4)", "口头订单须签回"),
    PolicyRow("progress.interval_days", 3, "days", "001 五.2", "tell the customer even when nothing changed (X-4)",
              "无变化时告知客户间隔", 1, 60),
    # stock
    PolicyRow("stock.safety_default", 0, "pieces", "000:生产计划", "safety stock of a SKU that has none (A-2)",
              "默认安全库存", 0, 1_000_000),
    PolicyRow("supply.pass_rate_min", _D("95"), "%", "000:订单管理办法 二.二.5",
              "a batch below this pass rate goes to the heads of quality and purchasing (A-5)",
              "批次合格率下限", 0, 100),
    # floor
    PolicyRow("wave.max_orders", 40, "orders", OURS, "most orders in one wave", "波次最多订单数", 1, 1000),
    PolicyRow("wave.max_lines", 200, "lines", OURS, "most lines in one wave", "波次最多行数", 1, 10_000),
    PolicyRow("wave.lead_time", 120, "min", OURS, "a wave is planned so long before its cut-off",
              "波次截单提前量", 0, 2880),
    PolicyRow("pack.weight_tolerance", _D("5"), "%", OURS, "weight deviation that alarms", "称重偏差报警比例", 0, 100),
    PolicyRow("pack.weight_tolerance_g", 50, "g", OURS, "weight deviation that never alarms", "称重偏差免报警克数",
              0, 1_000_000),
    PolicyRow("carrier.cut_off", "17:00", "local time", OURS, "cut-off of a carrier that has none",
              "默认承运商截单时间", None, None, r"([01][0-9]|2[0-3]):[0-5][0-9]"),
    PolicyRow("carrier.no_scan_days", 3, "days", "000:网店下单 2.4", "no scan for so long opens a case (F-8)",
              "无扫描立案天数", 1, 60),
    # after-sales
    PolicyRow("return.window_days", 7, "days", "seven-day return rule", "days of return without reason",
              "无理由退货天数", 0, 365),
    PolicyRow("refund.approval_value", _D("1000"), "currency", OURS, "a refund from here on needs an approval",
              "退款审批金额"),
    # clocks in general
    PolicyRow("pause.max_days", 10, "workdays", "000:订单管理办法 二.二.3(4)",
              "the longest a recorded pause may stop a clock (X-11)", "暂停计时上限", 1, 365),
    PolicyRow("reminder.share", _D("25"), "%", OURS, "remind when this share of the time is left (X-2)",
              "提醒剩余时间比例", 0, 100),
    # KPI and appraisal
    PolicyRow("kpi.weight.accuracy", _D("25"), "points", OURS, "weight of accuracy (K-6)", "准确率权重", 0, 100),
    PolicyRow("kpi.weight.on_time", _D("25"), "points", OURS, "weight of on time (K-6)", "及时率权重", 0, 100),
    PolicyRow("kpi.weight.completion", _D("20"), "points", OURS, "weight of completion (K-6)", "完成率权重", 0, 100),
    PolicyRow("kpi.weight.customer", _D("15"), "points", OURS,
              "weight of the customer's score; in the warehouse the next stage's rating (K-6)",
              "客户评价权重(仓库为下道工序评价)", 0, 100),
    PolicyRow("kpi.weight.superior", _D("10"), "points", OURS, "weight of the superior's score (K-6)",
              "上级评价权重", 0, 100),
    PolicyRow("kpi.weight.self", _D("5"), "points", OURS, "weight of the self score (K-6)", "自评权重", 0, 100),
    PolicyRow("kpi.floor.accuracy", _D("95"), "%", OURS, "accuracy worth 0 points", "准确率底线", 0, 100),
    PolicyRow("kpi.target.accuracy", _D("99.5"), "%", OURS, "accuracy worth 100 points", "准确率目标", 0, 100),
    PolicyRow("kpi.floor.on_time", _D("80"), "%", OURS, "on-time rate worth 0 points", "及时率底线", 0, 100),
    PolicyRow("kpi.target.on_time", _D("98"), "%", OURS, "on-time rate worth 100 points", "及时率目标", 0, 100),
    PolicyRow("kpi.floor.completion", _D("80"), "%", OURS, "completion worth 0 points", "完成率底线", 0, 100),
    PolicyRow("kpi.target.completion", _D("98"), "%", OURS, "completion worth 100 points", "完成率目标", 0, 100),
    PolicyRow("kpi.floor.satisfaction", _D("60"), "%", OURS, "satisfaction worth 0 points", "满意度底线", 0, 100),
    PolicyRow("kpi.target.satisfaction", _D("95"), "%", OURS, "satisfaction worth 100 points", "满意度目标", 0, 100),
    PolicyRow("kpi.satisfaction.hidden_below", 5, "answers", OURS, "fewer answers are hidden (K-4)",
              "满意度隐藏份数下限", 1, 100),
    PolicyRow("kpi.satisfaction.scored_from", 10, "answers", OURS, "fewer answers are shown unscored (K-4)",
              "满意度计分份数下限", 1, 100),
    PolicyRow("kpi.grade.a", _D("90"), "points", OURS, "grade A from", "A 级分数线", 0, 100),
    PolicyRow("kpi.grade.b", _D("80"), "points", OURS, "grade B from", "B 级分数线", 0, 100),
    PolicyRow("kpi.grade.c", _D("70"), "points", OURS, "grade C from", "C 级分数线", 0, 100),
    PolicyRow("kpi.factor.a", _D("1.2"), "factor", OURS, "bonus factor of grade A, a proposal", "A 级系数", 0, 5),
    PolicyRow("kpi.factor.b", _D("1.0"), "factor", OURS, "bonus factor of grade B, a proposal", "B 级系数", 0, 5),
    PolicyRow("kpi.factor.c", _D("0.8"), "factor", OURS, "bonus factor of grade C, a proposal", "C 级系数", 0, 5),
    PolicyRow("kpi.factor.d", _D("0.6"), "factor", OURS, "bonus factor of grade D, a proposal", "D 级系数", 0, 5),
)
# fmt: on


#: The longest that a clock may run: a year of its own units (duty: on a roster that is always on duty).
_LONGEST = {Kind.WALL: 31_536_000, Kind.DUTY: 525_600, Kind.WORKDAY: 260}


#: Working days after a month's end: at least one, for a month that is frozen before it is over is closed for good with
#: what is still to be done in it; and no more than end while it is still looked after (`kpi.monthly.LOOKS_BACK`).
_AFTER_MONTH = (1, 40)


def _bounds(name: str, clock: Clock) -> tuple[int, int]:
    """The least and the most of a clock. Only what hangs on a date to come may end before its start."""
    if name.startswith("appraisal_"):
        return _AFTER_MONTH
    before = clock.kind is Kind.WORKDAY and clock.amount <= 0
    return -60 if before else 0, _LONGEST[clock.kind]


def _clock_rows() -> tuple[PolicyRow, ...]:
    rows = []
    for name, row in CLOCKS.items():
        if row.clock.kind is not Kind.SAME_DAY:
            low, high = _bounds(name, row.clock)
            unit = UNIT[row.clock.kind]
            rows.append(PolicyRow(f"clock.{name}", row.clock.amount, unit, row.source, row.en, row.zh, low, high))
    return tuple(rows)


POLICY: dict[str, PolicyRow] = {row.key: row for row in (*_clock_rows(), *_ROWS)}


def row_of(key: str) -> PolicyRow:
    """The row of that key; an unknown key is refused."""
    if key not in POLICY:
        hint = "see the settings page for the names"
        raise InputInvalid(f"no business number is named {key!r}: {hint}", fields={"key": hint})
    return POLICY[key]


def checked(key: str, value: object) -> Value:
    """The value in the row's own type; a wrong type or one out of bounds is refused with what is right.

    Whole numbers, truth values and text come as such; other numbers as text (`"0.80"`), never as a float.
    """
    row = row_of(key)
    found = _typed(row, value)
    if found is None or _outside(row, found):
        raise InputInvalid(f"{key}: {value!r} does not fit: {_wanted(row)}", fields={key: _wanted(row)})
    return found


def stored(key: str, value: object) -> Value:
    """A value that was set once: one that would be refused today counts as the default."""
    try:
        return checked(key, value)
    except InputInvalid:
        return row_of(key).default


def as_json(value: Value) -> int | bool | str:
    """As it is stored: a decimal becomes text."""
    return str(value) if isinstance(value, Decimal) else value


def _outside(row: PolicyRow, value: Value) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        return bool(row.pattern) and re.fullmatch(row.pattern, value) is None
    return (row.low is not None and value < row.low) or (row.high is not None and value > row.high)


def _typed(row: PolicyRow, value: object) -> Value | None:
    if isinstance(row.default, bool) or isinstance(value, bool):
        return value if isinstance(value, bool) and isinstance(row.default, bool) else None
    if isinstance(row.default, str):
        return value if isinstance(value, str) and value.strip() else None
    if isinstance(row.default, int):
        return value if isinstance(value, int) else None
    return _decimal(value)


def _decimal(value: object) -> Decimal | None:
    if not isinstance(value, Decimal | int | str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _wanted(row: PolicyRow) -> str:
    if isinstance(row.default, bool):
        return "give true or false"
    if isinstance(row.default, str):
        return f"give text such as {row.default!r}"
    kind = "a whole number" if isinstance(row.default, int) else "a number as text"
    bounds = f"from {row.low}" if row.high is None else f"from {row.low} to {row.high}"
    return f"give {kind} {bounds} ({row.unit})" if row.unit else f"give {kind} {bounds}"
