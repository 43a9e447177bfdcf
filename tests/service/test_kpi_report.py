"""A month's report from rows in the database: joins, months by due time, closing, exports."""

from __future__ import annotations

import csv
import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from oms.accounts.models import Staff
from oms.aftersales.models import Score
from oms.clock import Month
from oms.db import new_id
from oms.documents.csv_text import csv_text, safe
from oms.errors import InputInvalid
from oms.fulfilment.models import Fulfilment, FulfilmentLine
from oms.inventory.models import Warehouse
from oms.journey.models import ErrorEvent, Step, StepPause
from oms.kpi import monthly
from oms.kpi.definitions import KPIS
from oms.kpi.models import KpiMonth
from oms.kpi.monthly import closed_report, compute_months, keep, report_of
from oms.kpi.rendering import FORMATS, as_csv, as_html, as_json, as_table
from oms.kpi.report import Report, month_report
from oms.orders.models import Order
from oms.parties.models import Carrier, Channel

NOVEMBER = Month(2026, 11)
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
AFTER_FREEZE = datetime(2026, 12, 8, 2, 0, tzinfo=UTC)


def at(day: int, hour: int = 2, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


class House:
    """A shop, a specialist, a warehouse and one order that went all the way."""

    def __init__(self, session: Session, number: str = "N-1", channel: str = "shop") -> None:
        self.session, self.number = session, number
        self.channel, self.warehouse, self.carrier = new_id(), new_id(), new_id()
        self.order, self.fulfilment = new_id(), new_id()
        self.li = Staff(login=f"li-{number}", name=f"Li {number}", password_hash="-", created_at=NOW)
        session.add_all([
            Channel(id=self.channel, name=f"{channel}-{number}", source="generic", way="phone"),
            Warehouse(id=self.warehouse, code=f"WH-{number}", name_en="w", name_zh="仓", address={}, country="CN"),
            Carrier(id=self.carrier, name=f"fast-{number}", source="sandbox", base_url="", api_key="-"),
            self.li,
            Order(id=self.order, number=number, channel_id=self.channel, source="generic", channel_order_id=number,
                  channel_order_number=number, content_hash=b"-", received_at=at(10), payment_terms="prepaid", contact={}),
            Fulfilment(id=self.fulfilment, number=f"F-{number}", order_id=self.order, warehouse_id=self.warehouse, round=0,
                       carrier_id=self.carrier, service="std", cut_off_at=at(11), promised_ship_at=at(11),
                       promised_deliver_at=at(14), released_at=at(10)),
            *(FulfilmentLine(fulfilment_id=self.fulfilment, order_id=self.order, order_line_id=new_id(), sku_id=new_id(),
                             qty=Decimal(1)) for _ in range(4)),
        ])  # fmt: skip
        session.flush()

    def step(
        self,
        kind: str,
        due: datetime,
        ended: datetime | None,
        outcome: str | None = None,
        by: str | None = None,
        **more: object,
    ) -> Step:
        values = {
            "kind": kind, "key": str(new_id()), "subject_type": "order", "subject_id": self.order, "order_id": self.order,
            "performer": "system", "state": "done" if ended else "open", "run_after": due, "opened_at": due - timedelta(hours=2),
            "due_at": due, "first_due_at": due, "finished_at": ended, "finished_by": by, "outcome": outcome,
        }  # fmt: skip
        row = Step(**{**values, **more})
        self.session.add(row)
        self.session.flush()
        return row

    def whole_line(self) -> None:
        """Entered by Li, reviewed, released, picked, collected late, delivered in time."""
        floor = {"subject_type": "fulfilment", "subject_id": self.fulfilment}
        self.step("enter", at(10, 4), at(10, 3), "entered", self.li.login, performer="order_specialist")
        self.step("review", at(10, 6), at(10, 5), "approved", self.li.login, performer="order_specialist")
        self.step("release", at(10, 8), at(10, 7), "released", "system")
        self.step("pick", at(11, 8), at(11, 7), "picked", self.li.login, performer="warehouse", **floor)
        self.step("collect", at(11, 9), at(11, 11), "collected", "carrier", performer="carrier", **floor)
        self.step("deliver", at(14, 9), at(14, 8), "delivered", "carrier", performer="carrier", **floor)
        self.step("rate_service", at(28), at(15), "scored", "customer", performer="customer", opened_at=at(14, 9))
        self.session.add(Score(subject_type="order", subject_id=self.order, order_id=self.order, service=5, at=at(15)))
        self.session.flush()

    def error(self, stage: str, person: str, when: datetime, **more: object) -> None:
        values = {
            "order_id": self.order, "subject_type": "order", "subject_id": self.order, "kind": "wrong", "cause": stage,
            "stage": stage, "person": person, "caught": True, "at": when, "recorded_by": "boss",
        }  # fmt: skip
        self.session.add(ErrorEvent(**{**values, **more}))
        self.session.flush()


@pytest.fixture
def house(session: Session) -> House:
    made = House(session)
    made.whole_line()
    return made


def rates(report: Report) -> dict[str, tuple[int, int]]:
    return {f.kpi: (f.hit, f.of) for f in report.figures if f.group is None}


def test_one_order_from_entry_to_delivery_is_in_every_figure(session: Session, house: House):
    report = month_report(session, month=NOVEMBER, now=NOW)
    assert rates(report) == {
        "entry_accuracy": (1, 1), "entry_accuracy_machine": (0, 0), "pick_accuracy": (4, 4), "pack_accuracy": (0, 0),
        "perfect_order": (1, 1), "on_time": (4, 4), "shipped_on_time": (0, 1), "delivered_on_time": (1, 1),
        "moved_dates": (0, 1), "completion": (1, 1), "satisfaction": (1, 1), "satisfaction_aftersales": (0, 0),
        "response": (1, 1),
    }  # fmt: skip
    assert report.provisional
    assert {line.order_no for f in report.figures for line in f.lines} == {"N-1"}


def test_figures_are_broken_down_by_channel_stage_person_warehouse_and_carrier(session: Session, house: House):
    report = month_report(session, month=NOVEMBER, now=NOW)
    assert (report.of("on_time", ("person", "Li N-1")).hit, report.of("on_time", ("stage", "release")).of) == (3, 1)
    assert report.of("completion", ("channel", "shop-N-1")).rate == Decimal(100)
    assert report.of("shipped_on_time", ("carrier", "fast-N-1")).lines[0].why == "late_carrier"
    assert report.of("pick_accuracy", ("warehouse", "WH-N-1")).of == 4
    assert report.of("on_time", ("channel", "other")).of == 0
    with pytest.raises(InputInvalid, match="no KPI"):
        report.of("tea", None)


def test_an_error_event_counts_against_its_stage_and_person(session: Session, house: House):
    house.error("entry", house.li.login, at(16))
    house.error("pick", "someone", at(16))
    report = month_report(session, month=NOVEMBER, now=NOW)
    # Both were caught in the house: the customer got what was ordered.
    assert (report.company("entry_accuracy").hit, report.company("perfect_order").hit) == (0, 1)
    assert (report.company("pick_accuracy").hit, report.company("pick_accuracy").caught) == (3, 1)
    assert report.of("pick_accuracy", ("person", "Li N-1")).hit == 4
    house.error("pack", "someone", at(16), caught=False)
    assert month_report(session, month=NOVEMBER, now=NOW).company("perfect_order").hit == 0


def test_an_order_that_no_person_entered_is_on_the_machines_line(session: Session):
    House(session, "M-1")
    report = month_report(session, month=NOVEMBER, now=NOW)
    assert rates(report)["entry_accuracy_machine"] == (1, 1)


def test_work_done_after_the_shift_is_not_late_and_a_standing_pause_leaves_a_step_out(session: Session):
    house = House(session)
    # Due at 17:00 in Shanghai with half an hour of duty left that day; done at 22:00, and next day at 08:29.
    late = house.step("review", at(10, 9), at(10, 14), "approved", performer="order_specialist")
    late.due_at = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
    waiting = house.step("final_review", at(10), None, performer="order_manager", state="paused")
    session.add(
        StepPause(step_id=waiting.id, reason="customer", evidence="asked", started_at=at(10, 1), due_before=at(10))
    )
    session.flush()
    report = month_report(session, month=NOVEMBER, now=NOW)
    assert sorted(line.why for line in report.company("on_time").lines) == ["on_time", "paused"]


def test_a_promise_that_the_customer_moved_replaces_the_first(session: Session):
    house = House(session)
    house.step("release", at(10), at(9), "released")
    deliver = house.step("deliver", at(14), at(15), "delivered", performer="carrier", due_at=at(16))
    assert month_report(session, month=NOVEMBER, now=NOW).company("delivered_on_time").hit == 0
    session.add(StepPause(step_id=deliver.id, reason="customer", evidence="mail", started_at=at(12), ended_at=at(12),
                          due_before=at(14), due_after=at(16)))  # fmt: skip
    session.flush()
    report = month_report(session, month=NOVEMBER, now=NOW)
    assert (report.company("delivered_on_time").hit, report.company("moved_dates").hit) == (1, 0)


def test_the_last_minute_of_the_month_is_cut_in_the_organisations_zone(session: Session):
    house = House(session)
    house.step("review", datetime(2026, 11, 30, 15, 59, tzinfo=UTC), None, performer="order_specialist")
    house.step("final_review", datetime(2026, 11, 30, 16, 0, tzinfo=UTC), None, performer="order_manager")
    november = month_report(session, month=NOVEMBER, now=AFTER_FREEZE).company("on_time")
    december = month_report(session, month=NOVEMBER.next(), now=AFTER_FREEZE).company("on_time")
    assert (november.of, december.of) == (1, 1)


def test_a_closed_month_never_changes(session: Session, house: House):
    assert not keep(session, month=NOVEMBER, now=AFTER_FREEZE).provisional
    closed = report_of(session, month=NOVEMBER, now=AFTER_FREEZE)
    house.error("entry", house.li.login, at(16))
    house.step("review", at(20), None, performer="order_specialist")
    keep(session, month=NOVEMBER, now=AFTER_FREEZE + timedelta(days=1))
    again = report_of(session, month=NOVEMBER, now=AFTER_FREEZE + timedelta(days=1))
    assert rates(again)["entry_accuracy"] == (1, 1)
    assert {(f.kpi, f.group): (f.hit, f.of, f.lines) for f in again.figures} == {
        (f.kpi, f.group): (f.hit, f.of, f.lines) for f in closed.figures
    }
    assert again.computed_at == AFTER_FREEZE


def test_open_months_are_counted_again_and_those_that_are_frozen_closed(session: Session, house: House):
    assert [str(r.month) for r in compute_months(session, now=NOW)] == ["2026-08", "2026-09", "2026-10", "2026-11"]
    assert [str(r.month) for r in compute_months(session, now=NOW)] == ["2026-11"]
    assert closed_report(session, month=NOVEMBER) is None
    [november, _december] = compute_months(session, now=AFTER_FREEZE)
    assert not november.provisional
    row = session.get_one(KpiMonth, "2026-11", populate_existing=True)
    assert row.closed_at == AFTER_FREEZE
    kept = monthly.figures_of(session, month=NOVEMBER, now=AFTER_FREEZE).company("completion")
    assert (kept.hit, kept.of, kept.caught, kept.escaped) == (1, 1, 0, 0)


def test_a_month_that_has_not_begun_is_refused(session: Session):
    with pytest.raises(InputInvalid, match="has not begun"):
        month_report(session, month=Month(2026, 12), now=NOW)


def test_every_format_shows_the_figures_in_both_languages(session: Session, house: House):
    report = month_report(session, month=NOVEMBER, now=NOW)
    for language, name in (("en", "Completion"), ("zh_Hans", "订单完成率")):
        assert all(name in render(report, language) for render in FORMATS.values())
    assert "100.00%" in as_table(report)
    assert "provisional" in as_table(report)
    chinese = list(csv.reader(io.StringIO(as_csv(report, "zh_Hans"))))
    assert not any("release" in row for row in chinese), "stages have names"
    figures = json.loads(as_json(report))["figures"]
    [shipped] = [f for f in figures if f["kpi"] == "shipped_on_time" and f["dimension"] is None]
    assert (shipped["rate"], shipped["orders"][0]["order"], shipped["orders"][0]["why"]) == (
        "0.00",
        "N-1",
        "late_carrier",
    )


def test_a_hostile_order_number_or_name_cannot_run_anywhere(session: Session):
    House(session, "=1+1<script>").whole_line()
    report = month_report(session, month=NOVEMBER, now=NOW)
    assert "<script>" not in as_html(report)
    cells = [cell for row in csv.reader(io.StringIO(as_csv(report))) for cell in row]
    assert "'=1+1<script>" in cells
    assert not any(cell.startswith("=") for cell in cells)


@given(st.lists(st.lists(st.text(), min_size=1, max_size=4), max_size=4))
def test_csv_reads_back_what_was_written_and_no_cell_starts_a_formula(rows: list[list[str]]):
    read = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    plain = [[cell[1:] if safe(own) != own else cell for cell, own in zip(row, original, strict=True)]
             for row, original in zip(read, rows, strict=True)]  # fmt: skip
    assert plain == rows
    assert not any(cell[:1] in tuple("=+-@\t\r\n\0") for row in read for cell in row)


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@A1", "\t=1", "\r1", '"=1', "'=1", "＝1", "　=1", "\ufeff=1"])
def test_text_that_could_run_gets_an_apostrophe_and_numbers_stay_numbers(cell: str):
    assert safe(cell) == f"'{cell}"
    assert (safe(-5), safe(Decimal("-5.50")), safe(None), safe("5-1")) == ("-5", "-5.50", "", "5-1")


def test_ids_of_the_facts_are_the_steps(session: Session, house: House):
    lines = month_report(session, month=NOVEMBER, now=NOW).company("on_time").lines
    assert all(session.get(Step, line.fact_id) is not None for line in lines)
    assert isinstance(lines[0].fact_id, uuid.UUID)


def test_pages_read_what_was_kept_of_a_large_month(session: Session, house: House):
    counted = keep(session, month=NOVEMBER, now=NOW)
    house.step("review", at(20), at(19), "approved", "system", performer="order_specialist")
    read = monthly.figures_of(session, month=NOVEMBER, now=NOW + timedelta(hours=1), at_once=1)
    assert [(f.kpi, f.group, f.hit, f.of, f.caught) for f in read.figures] == [
        (f.kpi, f.group, f.hit, f.of, f.caught) for f in counted.figures
    ]
    assert (read.computed_at, read.provisional) == (NOW, True)


def test_a_small_month_is_counted_at_once(session: Session, house: House):
    keep(session, month=NOVEMBER, now=NOW)
    house.step("review", at(11), at(11), "approved", "system", performer="order_specialist")
    assert monthly.figures_of(session, month=NOVEMBER, now=NOW).company("on_time").of == 5


@pytest.mark.parametrize("moment", [NOW, AFTER_FREEZE])
def test_one_figure_alone_is_the_same_as_in_the_report(session: Session, house: House, moment: datetime):
    keep(session, month=NOVEMBER, now=moment)
    report = report_of(session, month=NOVEMBER, now=moment)
    for kpi in KPIS:
        for group in (None, ("channel", "shop-N-1")):
            page = monthly.lines_of(session, month=NOVEMBER, kpi=kpi, group=group, limit=1_000, now=moment)
            alone, whole = page.figure, report.of(kpi, group)
            assert (alone.hit, alone.of, tuple(page.lines)) == (whole.hit, whole.of, whole.lines), kpi
