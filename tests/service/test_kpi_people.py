"""KPIs name the people who did the work, through the services that they use (K-5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from connectors.base import ChannelOrder
from connectors.output import to_json
from oms.accounts.models import Staff
from oms.aftersales import closing, satisfaction, tickets
from oms.aftersales.closing import Verdict
from oms.aftersales.models import Ticket
from oms.aftersales.satisfaction import Scores
from oms.aftersales.tickets import Answer, NewTicket
from oms.catalog.models import Sku
from oms.clock import Month
from oms.fulfilment import missing, packing, picking, shorts
from oms.fulfilment.missing import Gone
from oms.fulfilment.models import Fulfilment, FulfilmentLine, PickTask
from oms.fulfilment.packing import PackScan
from oms.fulfilment.picking import PickScan
from oms.intake import entry
from oms.intake.fates import element
from oms.intake.inbox import NewMessage
from oms.inventory.models import Bin
from oms.journey import errors, worklists
from oms.journey.errors import NewError
from oms.journey.models import Step
from oms.kpi import monthly, whole_months
from oms.kpi.report import Report, month_report
from tests.factories.floor import make_floor, released, wave_of
from tests.factories.orders import make_channel, make_order

NOVEMBER = Month(2026, 11)
#: From one stop to the next.
STOP = timedelta(seconds=30)


def _staff(session: Session, login: str, name: str, now: datetime) -> Staff:
    person = Staff(login=login, name=name, password_hash="-", created_at=now)
    session.add(person)
    session.flush()
    return person


@pytest.fixture
def li(session: Session, business_now: datetime) -> Staff:
    return _staff(session, "li", "Li Na", business_now)


def _enter(session: Session, person: Staff, now: datetime, *, started_at: datetime | None = None) -> None:
    order = ChannelOrder("desk", "phone", channel_order_id="T-1")
    message = NewMessage("T-1", "page", b"{}", received_by=f"staff:{person.id}")
    channel = make_channel(session, way="phone", source="phone")
    read = [element(order, to_json(order))]
    entry.enter(session, channel=channel, message=message, elements=read, now=now, started_at=started_at)


def _pick(session: Session, person: Staff, now: datetime, *, first: Staff | None = None) -> Fulfilment:
    """`person` walks the list; the first stop is `first`'s where somebody began it."""
    fulfilment = released(session, make_floor(session), now)
    wave, ended_by = wave_of(session, fulfilment), person
    for n, task in enumerate(session.query(PickTask).filter_by(wave_id=wave.id).order_by(PickTask.stop).all()):
        person = first if first and n == 0 else ended_by
        place, sku = session.get_one(Bin, task.bin_id), session.get_one(Sku, task.sku_id)
        scanned = PickScan(f"{person.login}:{task.id}", wave.id, place.code, sku.code, task.qty)
        picking.scan(session, scanned=scanned, actor=f"staff:{person.id}", staff_id=person.id, now=now + n * STOP)
    return fulfilment


def _report(session: Session, now: datetime) -> Report:
    return month_report(session, month=NOVEMBER, now=now + timedelta(hours=1))


def test_who_entered_an_order_is_named(session: Session, li: Staff, business_now: datetime) -> None:
    _enter(session, li, business_now)
    entered = _report(session, business_now).of("entry_accuracy", ("person", "Li Na"))
    assert (entered.hit, entered.of) == (1, 1)


def test_a_message_that_is_read_while_one_enters_it_is_no_step_of_ones_own(
    session: Session, li: Staff, business_now: datetime
) -> None:
    """Entered too late: the machine's ten seconds beside it made half of a person's steps punctual, whatever they did."""
    _enter(session, li, business_now, started_at=business_now - timedelta(days=3))
    own = _report(session, business_now).of("on_time", ("person", "Li Na"))
    assert [(line.stage, line.why) for line in own.lines] == [("entry", "late")]
    assert _report(session, business_now).of("on_time", ("stage", "entry")).of == 2


def test_who_picked_is_named_and_answers_for_the_own_error(session: Session, li: Staff, business_now: datetime) -> None:
    fulfilment = _pick(session, li, business_now)
    wrong = NewError(
        "fulfilment", fulfilment.id, "mis_pick", "pick", "pick", f"staff:{li.id}", caught=True,
        order_id=fulfilment.order_id,
    )  # fmt: skip
    errors.record(session, events=[wrong], by="system", now=business_now)
    picked = _report(session, business_now).of("pick_accuracy", ("person", "Li Na"))
    assert (picked.hit, picked.of) == (1, 2)


def test_of_a_list_that_two_walked_each_answers_for_the_own_lines(
    session: Session, li: Staff, business_now: datetime
) -> None:
    wang = _staff(session, "wang", "Wang Fang", business_now)
    fulfilment = _pick(session, li, business_now, first=wang)
    line = session.query(PickTask).filter_by(fulfilment_id=fulfilment.id).order_by(PickTask.stop).first()
    assert line is not None
    code = session.get_one(Sku, line.sku_id).code
    too_many = PackScan("one-more", fulfilment.id, code, line.qty + 1)
    packing.scan(session, scanned=too_many, actor="staff:table", staff_id=None, now=business_now)
    report = _report(session, business_now)
    picked = {name: report.of("pick_accuracy", ("person", name)) for name in ("Li Na", "Wang Fang")}
    assert {name: (one.hit, one.of) for name, one in picked.items()} == {"Li Na": (1, 1), "Wang Fang": (0, 1)}
    whole = report.of("pick_accuracy", None)
    assert (whole.hit, whole.of) == (1, 2)


def test_a_short_leaves_what_was_picked_before_to_who_picked_it(
    session: Session, li: Staff, business_now: datetime
) -> None:
    fulfilment = released(session, make_floor(session), business_now, qty=2)
    wave_of(session, fulfilment)
    task = session.query(PickTask).filter_by(fulfilment_id=fulfilment.id, qty=2).first()
    assert task is not None
    place, sku = session.get_one(Bin, task.bin_id), session.get_one(Sku, task.sku_id)
    scanned = PickScan("first", task.wave_id, place.code, sku.code, Decimal(1))
    picking.scan(session, scanned=scanned, actor=f"staff:{li.id}", staff_id=li.id, now=business_now)
    later = business_now + timedelta(minutes=5)
    shorts.report_short(session, task_id=task.id, reason="not_found", actor="staff:other", now=later)
    session.refresh(task)
    assert (task.picked_by, task.short_reason, task.picked_at) == (f"staff:{li.id}", "not_found", business_now)


def test_what_another_system_picked_counts_for_nobody(session: Session, li: Staff, business_now: datetime) -> None:
    """A robot's key picks; who reports the last stop as missing has picked nothing."""
    fulfilment = released(session, make_floor(session), business_now)
    robots, last = session.query(PickTask).filter_by(fulfilment_id=fulfilment.id).order_by(PickTask.stop)
    place, sku = session.get_one(Bin, robots.bin_id), session.get_one(Sku, robots.sku_id)
    scanned = PickScan("robot", robots.wave_id, place.code, sku.code, robots.qty)
    picking.scan(session, scanned=scanned, actor="key:robot", staff_id=None, now=business_now)
    actor = f"staff:{li.id}"
    shorts.report_short(session, task_id=last.id, reason="not_found", actor=actor, now=business_now)
    picking.settle(session, fulfilment_ids=[fulfilment.id], actor=actor, now=business_now)
    report = _report(session, business_now)
    assert (report.of("pick_accuracy", None).of, report.of("pick_accuracy", ("person", "Li Na")).of) == (0, 0)


def test_a_line_that_never_came_to_the_table_was_picked_wrongly_and_no_parcel_was_checked(
    session: Session, li: Staff, business_now: datetime
) -> None:
    fulfilment, later = _pick(session, li, business_now), business_now + timedelta(minutes=5)
    line = session.query(FulfilmentLine).filter_by(fulfilment_id=fulfilment.id).first()
    assert line is not None
    gone = Gone(line.id, line.qty, "missing")
    missing.report(session, fulfilment_id=fulfilment.id, gone=gone, actor=f"staff:{li.id}", now=later)
    report = _report(session, business_now)
    picked = report.of("pick_accuracy", ("person", "Li Na"))
    assert (picked.hit, picked.of, report.of("pack_accuracy", None).of) == (1, 2, 0)


@pytest.mark.parametrize(("lacking", "counted"), [(1, (1, 1)), (2, (0, 0))])
def test_a_line_of_which_nothing_was_found_was_not_picked(
    session: Session, li: Staff, business_now: datetime, lacking: int, counted: tuple[int, int]
) -> None:
    fulfilment = released(session, make_floor(session), business_now)
    wave, actor = wave_of(session, fulfilment), f"staff:{li.id}"
    tasks = session.query(PickTask).filter_by(wave_id=wave.id).order_by(PickTask.stop).all()
    for task in tasks[lacking:]:
        place, sku = session.get_one(Bin, task.bin_id), session.get_one(Sku, task.sku_id)
        scanned = PickScan(str(task.id), wave.id, place.code, sku.code, task.qty)
        picking.scan(session, scanned=scanned, actor=actor, staff_id=li.id, now=business_now)
    for task in tasks[:lacking]:
        shorts.report_short(session, task_id=task.id, reason="not_found", actor=actor, now=business_now)
    picking.settle(session, fulfilment_ids=[fulfilment.id], actor=actor, now=business_now)
    picked = _report(session, business_now).of("pick_accuracy", ("person", "Li Na"))
    assert (picked.hit, picked.of) == counted


def test_an_error_by_login_is_the_same_persons(session: Session, li: Staff, business_now: datetime) -> None:
    fulfilment = _pick(session, li, business_now)
    wrong = NewError(
        "fulfilment", fulfilment.id, "mis_pick", "pick", "pick", "li", caught=True, order_id=fulfilment.order_id
    )
    errors.record(session, events=[wrong], by="system", now=business_now)
    assert _report(session, business_now).of("pick_accuracy", ("person", "Li Na")).hit == 1


def test_two_people_of_one_name_are_told_apart(session: Session, li: Staff, business_now: datetime) -> None:
    other = _staff(session, "li2", "Li Na", business_now)
    _enter(session, li, business_now)
    _pick(session, other, business_now)
    report = _report(session, business_now)
    assert report.of("entry_accuracy", ("person", "Li Na (li)")).of == 1
    assert report.of("pick_accuracy", ("person", "Li Na (li2)")).of == 2


def test_a_ticket_that_was_handed_over_is_scored_for_who_solved_it(
    session: Session, li: Staff, business_now: datetime
) -> None:
    """Li is ill: Wang contacts the customer, has what follows of the ticket, and solves it; later Li has it again."""
    wang, order = _staff(session, "wang", "Wang Fang", business_now), make_order(session)
    new = NewTicket("complaint", "broken cup", "it came in pieces", order.id)
    [ticket_id] = tickets.open_tickets(session, new=[new], actor="staff:desk", now=business_now)
    tickets.pass_on(session, ticket_id=ticket_id, owner_id=li.id, actor="staff:desk", now=business_now)
    contact = session.query(Step).filter_by(kind="ticket_contact").one()
    worklists.hand_over(
        session, step_ids=[contact.id], roles=["customer_service"], to=wang.id, why="ill", actor="li", now=business_now
    )
    answer = Answer("we send a new one", "re-send", business_now + timedelta(days=1))
    tickets.contact(session, ticket_id=ticket_id, answer=answer, actor=f"staff:{wang.id}", now=business_now)
    solve = session.query(Step).filter_by(kind="ticket_solve").one()
    assert (solve.assignee_id, session.get_one(Ticket, ticket_id).owner_id) == (wang.id, wang.id)
    verdict = Verdict("product", "a new one was sent")
    closing.close(session, ticket_id=ticket_id, verdict=verdict, actor=f"staff:{wang.id}", now=business_now)
    token = satisfaction.token_of(ticket_id)
    satisfaction.score(session, subject_id=ticket_id, token=token, scores=Scores(service=2), now=business_now)
    session.execute(update(Ticket).where(Ticket.id == ticket_id).values(owner_id=li.id))
    report = _report(session, business_now)
    answers = {name: report.of("satisfaction_aftersales", ("person", name)).of for name in ("Li Na", "Wang Fang")}
    assert answers == {"Li Na": 0, "Wang Fang": 1}


def test_a_ticket_that_was_scored_again_a_month_later_counts_once(
    session: Session, li: Staff, business_now: datetime
) -> None:
    """The new score is no answer of the month of the old one."""
    order, later = make_order(session), datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
    new = NewTicket("complaint", "broken cup", "it came in pieces", order.id)
    [ticket_id] = tickets.open_tickets(session, new=[new], actor="staff:desk", now=business_now)
    tickets.pass_on(session, ticket_id=ticket_id, owner_id=li.id, actor="staff:desk", now=business_now)
    for now, service in ((business_now, 1), (later, 5)):
        if now == business_now:
            answer = Answer("we send a new one", "re-send", now + timedelta(days=1))
            tickets.contact(session, ticket_id=ticket_id, answer=answer, actor=f"staff:{li.id}", now=now)
        else:
            closing.reopen(session, ticket_id=ticket_id, why="broken again", actor=f"staff:{li.id}", now=now)
        verdict = Verdict("product", "a new one was sent")
        closing.close(session, ticket_id=ticket_id, verdict=verdict, actor=f"staff:{li.id}", now=now)
        token = satisfaction.token_of(ticket_id)
        satisfaction.score(session, subject_id=ticket_id, token=token, scores=Scores(service=service), now=now)
    found = {
        month: month_report(session, month=month, now=later + timedelta(hours=1)).company("satisfaction_aftersales")
        for month in (NOVEMBER, Month(2026, 12))
    }
    assert {month.month: (figure.hit, figure.of) for month, figure in found.items()} == {11: (0, 0), 12: (1, 1)}
    session.expire_all()
    whole_months.count(session, month=NOVEMBER, now=later + timedelta(hours=1))
    folded = monthly.figures_of(session, month=NOVEMBER, now=later + timedelta(hours=1), at_once=0)
    assert folded.company("satisfaction_aftersales").of == 0
    assert folded.company("response").hit == 1
