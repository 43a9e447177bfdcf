"""The four kinds of clock as a small algebra, and THE table of clocks with their sources.

wall: natural time, never pauses. duty: the team's roster. workday: whole working days. same_day: until 24:00
for customers, until the end of the shift inside. Pure; managers override the numbers by policy `clock.<name>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from oms.clock import aware, end_of_local_day
from oms.errors import InputInvalid
from oms.journey.calendars import (
    WorkCalendar,
    add_duty,
    duty_between,
    end_of_shift_or_first_hour,
    next_duty,
    nth_workday_close,
    same_clock_time_workday,
    workday_at,
)

ZERO = timedelta(0)


class Kind(StrEnum):
    """How a clock runs."""

    WALL = "wall"
    DUTY = "duty"
    WORKDAY = "workday"
    SAME_DAY = "same_day"


class Audience(StrEnum):
    """Who a same-day clock is for: a customer's notice or a report inside the house."""

    CUSTOMER = "customer"
    INTERNAL = "internal"


#: The only reasons for which a pause moves a due time (X-11); absence and all others leave it.
MOVING_REASONS = frozenset({"customer", "goods", "system"})
#: The unit in which a policy value gives the number of a clock.
UNIT = {Kind.WALL: "s", Kind.DUTY: "min", Kind.WORKDAY: "workdays", Kind.SAME_DAY: ""}


@dataclass(frozen=True, slots=True)
class Clock:
    """`amount` is seconds (wall), minutes of duty (duty) or working days (workday, negative: before the start).

    A workday clock ends at closing time, or at the same clock time (`same_time`: the rulebooks' "24 h"), or `at`
    a set time. `given`: the caller may bring the instant (a promise, a platform's own value); amount is the default.
    """

    kind: Kind
    amount: int = 0
    same_time: bool = False
    at: time | None = None
    audience: Audience = Audience.INTERNAL
    given: bool = False


def wall(seconds: int, *, given: bool = False) -> Clock:
    """Natural time, for law, platforms, carriers and machines."""
    return Clock(Kind.WALL, seconds, given=given)


def duty(minutes: int) -> Clock:
    """Minutes on the team's roster."""
    return Clock(Kind.DUTY, minutes)


def workdays(days: int) -> Clock:
    """Closing time of the nth working day after the start, before it for a negative number."""
    return Clock(Kind.WORKDAY, days)


def next_workday_same_time() -> Clock:
    """The rulebooks' "24 h": the same clock time on the next working day."""
    return Clock(Kind.WORKDAY, 1, same_time=True)


def workday_time(days: int, at: time) -> Clock:
    """A set time on the nth working day."""
    return Clock(Kind.WORKDAY, days, at=at)


def same_day(audience: Audience) -> Clock:
    """24:00 local for a customer's notice; the end of the shift or the first hour of the next duty inside."""
    return Clock(Kind.SAME_DAY, audience=audience)


def due_at(clock: Clock, start: datetime, calendar: WorkCalendar, *, given: datetime | None = None) -> datetime:
    """When a step that starts at `start` is due; `given` counts only for a clock that takes one."""
    if clock.given and given is not None:
        return aware(given)
    if clock.kind is Kind.WALL:
        return aware(start) + timedelta(seconds=clock.amount)
    if clock.kind is Kind.DUTY:
        return add_duty(calendar, start, timedelta(minutes=clock.amount))
    if clock.kind is Kind.WORKDAY:
        return _workday_due(clock, start, calendar)
    if clock.audience is Audience.CUSTOMER:
        # 24:00 of the 31st belongs to that day and that month, not to the next one.
        return end_of_local_day(start, calendar.zone) - timedelta(microseconds=1)
    return end_of_shift_or_first_hour(calendar, start)


def _workday_due(clock: Clock, start: datetime, calendar: WorkCalendar) -> datetime:
    if clock.same_time:
        return same_clock_time_workday(calendar, start, clock.amount)
    if clock.at is not None:
        return workday_at(calendar, start, clock.amount, clock.at)
    return nth_workday_close(calendar, start, clock.amount)


def late_from(clock: Clock, due: datetime, calendar: WorkCalendar) -> datetime:
    """The moment after which an end is late: work done outside duty is never late, so the start of the next duty."""
    return next_duty(calendar, due) if _counts_duty(clock) else aware(due)


def is_late(clock: Clock, due: datetime, ended: datetime, calendar: WorkCalendar) -> bool:
    """Whether work that ended then missed its due time."""
    return ended > late_from(clock, due, calendar)


def extended_by_pause(
    due: datetime, pause_start: datetime, pause_end: datetime, clock: Clock, calendar: WorkCalendar, *, reason: str
) -> datetime:
    """The due time after a pause; it never falls.

    Only a pause for customer, goods or system moves it, never on a wall clock, and not when the step was
    late already: between the end of a shift and the next duty it is not. Duty and workday clocks gain the duty inside the pause; a same-day clock starts anew.
    """
    due, pause_start, pause_end = aware(due), aware(pause_start), aware(pause_end)
    if not moves_due(clock, reason) or pause_start >= late_from(clock, due, calendar) or pause_end <= pause_start:
        return due
    if clock.kind is Kind.SAME_DAY:
        return max(due, due_at(clock, pause_end, calendar))
    return add_duty(calendar, due, duty_between(calendar, pause_start, pause_end))


def moves_due(clock: Clock, reason: str) -> bool:
    """Whether a pause for that reason moves the due time of that clock."""
    return clock.kind is not Kind.WALL and reason in MOVING_REASONS


def _counts_duty(clock: Clock) -> bool:
    return clock.kind in (Kind.DUTY, Kind.WORKDAY) or clock == same_day(Audience.INTERNAL)


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One row of the table: the clock, where its number comes from, and what it measures in both languages."""

    clock: Clock
    source: str
    en: str
    zh: str


OURS = "(ours)"
MINUTE, HOUR, DAY_S = 60, 3600, 86_400

# fmt: off
CLOCKS: dict[str, ClockRow] = {
    # intake
    "entry": ClockRow(duty(30), OURS, "message received - order in the one schema", "收到订单至录入完成"),
    "entry_machine": ClockRow(wall(10), OURS, "machine message received - order in the one schema",
        "机器渠道收单至入库"),
    "first_contact": ClockRow(
        next_workday_same_time(), "000:家装", "important order received - first needs document",
        "重要订单收到至初步需求文档"
    ),
    "service_application": ClockRow(
        workdays(1), "003:订单式服务", "applied - accepted or refused with reasons", "服务申请至受理答复"
    ),
    # verification, confirmation, release
    "verification": ClockRow(wall(MINUTE), OURS, "in the schema - accepted or held by rule", "入库至自动审单完成"),
    "held_order": ClockRow(duty(120), OURS, "order held - reviewed by a person", "挂起至人工审单完成"),
    "signature": ClockRow(workdays(3), OURS, "confirmation sent - signed by the customer (I-4)",
        "订单确认发出至客户签回"),
    "payment": ClockRow(workdays(3), OURS, "confirmation sent - paid by the customer (C-2)", "订单确认发出至客户付款"),
    "release": ClockRow(
        duty(240), "000:订单管理办法 一.五", "signed by both - released to warehouse or production",
        "双方签订至下达指令"
    ),
    "plan": ClockRow(duty(240), "000:订单管理办法 二.一.1", "released - plan with times", "下达至生产计划"),
    "plan_sets": ClockRow(
        next_workday_same_time(), "000:订单管理办法 二.一.1", "released - plan with times, for sets",
        "下达至成套产品计划"
    ),
    "plan_objection": ClockRow(
        workdays(1), "000:订单管理办法 二.一.5", "plan received - objected (silence is consent)", "收到计划至提出异议"
    ),
    "change_reaction": ClockRow(
        duty(30), "000:订单管理办法 一.五.2", "change requested - classed, owner told", "变更申请至分级并通知"
    ),
    # follow-up; the start is the date they hang on
    "order_desk_check": ClockRow(workdays(-2), "000:订单管理办法 二.二.1", "before the delivery date",
        "交货前跟单检查"),
    "start_reminder": ClockRow(workdays(-1), "000:订单管理办法 二.二.2(1)", "before production starts",
        "开工前准备提醒"),
    "supplier_check": ClockRow(workdays(-5), "000:订单管理办法 二.二.4", "before supply is due", "到货前联系供应商"),
    "supplier_due_day": ClockRow(
        workday_time(0, time(10)), "000:订单管理办法 二.二.4", "the due day's call: has it left?", "到货当日电话确认"
    ),
    "late_supplier_report": ClockRow(
        duty(30), "000:订单管理办法 二.二.4", "known late - buyer's head told", "得知延误至报告采购领导"
    ),
    "quality_report": ClockRow(duty(20), "000:订单管理办法 二.二.5", "fault found - reported", "发现质量问题至报告"),
    "quality_coordination": ClockRow(duty(30), "000:订单管理办法 二.二.5", "head told - coordinated", "领导接报至协调"),
    "packing_notice": ClockRow(workdays(-1), "000:订单管理办法 二.二.2(5)", "before goods are ready",
        "可包装前通知包装"),
    "packing_notice_sets": ClockRow(workdays(-3), "000:订单管理办法 二.二.2(5)", "before sets are ready",
        "成套产品包装通知"),
    "warehouse_notice": ClockRow(workdays(-1), "000:订单管理办法 三.1", "before the ship day", "发货前通知仓库储运"),
    # floor, carrier, customer
    "cut_off": ClockRow(
        wall(DAY_S, given=True), "000:网店下单 2.3", "released - packed: the carrier's cut-off of the promised day",
        "承运商截单时间"
    ),
    "promise": ClockRow(wall(3 * DAY_S, given=True), "000:网店下单 2.3", "the date promised to the customer",
        "对客户承诺时间"),
    "platform_ship_by": ClockRow(wall(48 * HOUR, given=True), OURS, "the channel's time - collected",
        "平台承诺发货时间"),
    "platform_refund_answer": ClockRow(wall(48 * HOUR, given=True), OURS, "the channel's time - answered",
        "平台退款应答"),
    "dispatch_notice": ClockRow(
        same_day(Audience.CUSTOMER), "000:订单管理办法 三.3", "carrier took it - customer told", "揽收至通知客户"
    ),
    "late_ship_report": ClockRow(
        same_day(Audience.INTERNAL), "000:订单管理办法 三.2", "known late - reported", "得知不能按时发货至报告"
    ),
    "late_ship_notice": ClockRow(
        same_day(Audience.CUSTOMER), "000:订单管理办法 三.2", "known late - customer told", "得知不能按时发货至通知客户"
    ),
    "delivery_receipt": ClockRow(workdays(3), "000:订单管理办法 三.3", "delivered - receipt filed", "签收至回单归档"),
    "damage_answer": ClockRow(
        next_workday_same_time(), "000:订单管理办法 三.3", "not received or damaged - cause and answer",
        "未收到或损坏至答复"
    ),
    "close": ClockRow(wall(10 * MINUTE), OURS, "all delivered - order closed", "全部签收至关单"),
    "survey": ClockRow(wall(14 * DAY_S), OURS, "asked - scored by the customer (S-5)", "满意度询问至评分"),
    # after-sales
    "ticket_pass_on": ClockRow(duty(60), "000:订单管理办法 四.1", "customer asked - at after-sales",
        "客户提出至转售后"),
    "ticket_contact": ClockRow(duty(120), "000:订单管理办法 四.1", "at after-sales - customer contacted",
        "售后接单至联系客户"),
    "ticket_remedy": ClockRow(
        Clock(Kind.WORKDAY, 3, given=True), "002 三", "contacted - solved by the time told to the customer (S-6)",
        "联系至解决"
    ),
    "serious_complaint": ClockRow(duty(120), "003:订单执行 七.3", "classed serious - provisional remedy",
        "严重投诉至临时措施"),
    "return_arrival": ClockRow(wall(14 * DAY_S), OURS, "return approved - goods received", "退货同意至收到退货"),
    "return_inspection": ClockRow(workdays(1), OURS, "returned goods received - inspected", "收到退货至质检"),
    "refund": ClockRow(wall(DAY_S), OURS, "returned goods inspected - money back, target", "退款目标时限"),
    "statutory_refund": ClockRow(wall(7 * DAY_S), "seven-day return rule", "goods received - money back, by law",
        "法定退款时限"),
    # machines and reports
    "call": ClockRow(wall(5 * MINUTE), OURS, "asked of a peer - answered", "外部调用"),
    "report": ClockRow(wall(HOUR), OURS, "period over - report computed", "期末至报表生成"),
    "appraisal_computed": ClockRow(workdays(1), "001 八.2", "month end - KPI computed", "月末至指标计算"),
    "appraisal_self": ClockRow(workdays(3), "001 八.2", "month end - self score", "月末至自评"),
    "appraisal_superior": ClockRow(workdays(4), "001 八.2", "month end - superior's score", "月末至上级评价"),
    "appraisal_freeze": ClockRow(workdays(5), "001 八.2", "month end - frozen", "月末至关账"),
    "appraisal_appeal": ClockRow(workdays(8), "001 八.2", "month end - appeals end", "月末至申诉截止"),
    "appraisal_letters": ClockRow(workdays(10), "001 八.2", "month end - letters sent", "月末至结果通知"),
}
# fmt: on


def clock_named(name: str, numbers: Mapping[str, Decimal | int] | None = None) -> Clock:
    """The clock of that row, with the manager's number `clock.<name>` where there is one."""
    if name not in CLOCKS:
        raise InputInvalid(f"no clock is named {name!r}", fields={"clock": f"one of {', '.join(CLOCKS)}"})
    clock = CLOCKS[name].clock
    number = (numbers or {}).get(f"clock.{name}")
    return clock if number is None else replace(clock, amount=int(number))
