"""Tickets with their clocks, their end with cause and person, and the customer's score (S-1..S-6)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from oms import numbers
from oms.accounts.models import Staff
from oms.aftersales import closing, satisfaction, tickets
from oms.aftersales.closing import Verdict
from oms.aftersales.models import Score, Ticket, TicketLine
from oms.aftersales.satisfaction import Scores
from oms.aftersales.tickets import Answer, NewTicket
from oms.errors import Conflict, InputInvalid, NotFound
from oms.journey.models import ErrorEvent, HistoryEntry, Step
from oms.messages.models import Message
from oms.orders.models import Order, OrderLine
from tests.factories.orders import make_order

SERVICE = "staff:0197a1b2-0000-7000-8000-0000000000aa"


@pytest.fixture
def order(session: Session) -> Order:
    return make_order(session)


def _open(session: Session, order: Order, now: datetime, **given: object) -> uuid.UUID:
    values = {"kind": "complaint", "subject": "broken cup", "body": "it came in pieces", "order_id": order.id, **given}
    return tickets.open_tickets(session, new=[NewTicket(**values)], actor="staff:desk", now=now)[0]


def _answer(now: datetime, days: int = 2) -> Answer:
    return Answer("we send a new one", "re-send", now + timedelta(days=days))


def _contacted(session: Session, order: Order, now: datetime) -> uuid.UUID:
    ticket_id = _open(session, order, now)
    tickets.contact(session, ticket_id=ticket_id, answer=_answer(now), actor=SERVICE, now=now)
    return ticket_id


def _step(session: Session, ticket_id: uuid.UUID, kind: str) -> Step:
    found = (
        session.query(Step).filter_by(subject_id=ticket_id, kind=kind).order_by(Step.round.desc()).populate_existing()
    )
    return found.first()


def _li(session: Session, login: str = "li") -> Staff:
    person = Staff(login=login, name=login.title(), password_hash="-", created_at=datetime(2026, 1, 1).astimezone())
    session.add(person)
    session.flush()
    return person


def test_a_ticket_has_a_number_for_the_phone_and_an_hour_to_be_passed_on(
    session: Session, order: Order, business_now: datetime
) -> None:
    line = session.query(OrderLine).filter_by(order_id=order.id).one()
    ticket_id = _open(session, order, business_now, line_ids=(line.id,))
    ticket = session.get_one(Ticket, ticket_id)
    assert ticket.number.startswith("TK-")
    assert numbers.is_valid(ticket.number)
    assert _step(session, ticket_id, "ticket_pass_on").due_at == business_now + timedelta(minutes=60)
    assert session.query(TicketLine).one().order_line_id == line.id
    assert session.query(Message).one().template == "ticket_opened"


def test_after_sales_has_two_hours_to_contact_the_customer(
    session: Session, order: Order, business_now: datetime
) -> None:
    ticket_id = _open(session, order, business_now)
    tickets.pass_on(session, ticket_id=ticket_id, owner_id=None, actor=SERVICE, now=business_now)
    # two hours of duty from 10:00 with lunch from 12:00 would end later
    assert _step(session, ticket_id, "ticket_contact").due_at >= business_now + timedelta(hours=2)
    assert session.get_one(Ticket, ticket_id, populate_existing=True).status == "open"


def test_the_date_of_the_remedy_becomes_a_clock(session: Session, order: Order, business_now: datetime) -> None:
    ticket_id = _contacted(session, order, business_now)
    assert _step(session, ticket_id, "ticket_solve").due_at == business_now + timedelta(days=2)
    tickets.contact(session, ticket_id=ticket_id, answer=_answer(business_now, 5), actor=SERVICE, now=business_now)
    moved = _step(session, ticket_id, "ticket_solve")
    assert (moved.first_due_at, moved.due_at) == (business_now + timedelta(days=2), business_now + timedelta(days=5))


@pytest.mark.parametrize(("seconds", "moves"), [(0, True), (1, False)])
def test_another_date_moves_the_clock_until_it_has_run_out(
    session: Session, order: Order, business_now: datetime, seconds: int, moves: bool
) -> None:
    ticket_id = _contacted(session, order, business_now)
    due = _step(session, ticket_id, "ticket_solve").due_at
    later = due + timedelta(seconds=seconds)
    tickets.contact(session, ticket_id=ticket_id, answer=_answer(later), actor=SERVICE, now=later)
    assert _step(session, ticket_id, "ticket_solve").due_at == (later + timedelta(days=2) if moves else due)
    assert session.get_one(Ticket, ticket_id, populate_existing=True).remedy_due_at == later + timedelta(days=2)


def test_a_serious_complaint_is_told_to_the_management(session: Session, order: Order, business_now: datetime) -> None:
    ticket_id = _open(session, order, business_now, serious=True)
    entry = session.query(HistoryEntry).filter_by(subject_id=ticket_id, event="ticket.serious").one()
    assert entry.became == "general_manager"


@pytest.mark.parametrize("by_login", [True, False])
def test_a_cause_of_ours_becomes_an_error_of_stage_and_person(
    session: Session, order: Order, business_now: datetime, by_login: bool
) -> None:
    li = _li(session)
    ticket_id = _contacted(session, order, business_now)
    person = "li" if by_login else f"staff:{li.id}"
    verdict = Verdict("pick", "wrong cup picked", stage="pick", person=person)
    closing.close(session, ticket_id=ticket_id, verdict=verdict, actor=SERVICE, now=business_now)
    event = session.query(ErrorEvent).one()
    assert (event.stage, event.person, event.caught, event.order_id) == ("pick", f"staff:{li.id}", False, order.id)
    assert session.get_one(Ticket, ticket_id, populate_existing=True).status == "closed"


@pytest.mark.parametrize(
    ("last", "upheld", "lifted"),
    [(("pick", "pick", "bo"), {"bo"}, 1), (("customer", None, None), set(), 2), (("pick", "pick", "li"), {"li"}, 2)],
)
def test_the_last_verdict_of_a_ticket_is_the_one_that_counts(
    session: Session,
    order: Order,
    business_now: datetime,
    last: tuple[str, str | None, str | None],
    upheld: set[str],
    lifted: int,
) -> None:
    """A ticket that was reopened because the wrong person was named counts against nobody else any more (S-3)."""
    people = {f"staff:{_li(session, login).id}": login for login in ("li", "bo")}
    ticket_id = _contacted(session, order, business_now)
    verdicts = [Verdict("pick", "wrong cup", "pick", "li"), Verdict("pick", "no, hers", "pick", "bo")]
    cause, stage, person = last
    for verdict in (*verdicts, Verdict(cause, "looked at again", stage, person)):
        closing.close(session, ticket_id=ticket_id, verdict=verdict, actor=SERVICE, now=business_now)
        closing.reopen(session, ticket_id=ticket_id, why="the wrong person was named", actor=SERVICE, now=business_now)
    events = session.query(ErrorEvent).populate_existing()
    assert {people[event.person] for event in events if event.upheld} == upheld
    assert session.query(HistoryEntry).filter_by(event="error.lifted").count() == lifted


def test_a_cause_of_others_is_nobodys_error(session: Session, order: Order, business_now: datetime) -> None:
    ticket_id = _contacted(session, order, business_now)
    closing.close(session, ticket_id=ticket_id, verdict=Verdict("carrier", "thrown"), actor=SERVICE, now=business_now)
    assert session.query(ErrorEvent).count() == 0


@pytest.mark.parametrize(
    ("verdict", "fields"),
    [
        (Verdict("pick", "wrong"), {"stage", "person"}),
        (Verdict("pick", "wrong", stage="pick", person="nobody"), {"person"}),
        (Verdict("moon", ""), {"cause", "note"}),
    ],
)
def test_an_incomplete_end_says_what_is_missing(
    session: Session, order: Order, business_now: datetime, verdict: Verdict, fields: set[str]
) -> None:
    ticket_id = _contacted(session, order, business_now)
    with pytest.raises(InputInvalid) as refused:
        closing.close(session, ticket_id=ticket_id, verdict=verdict, actor=SERVICE, now=business_now)
    assert set(refused.value.fields) == fields


def test_no_ticket_ends_before_the_customer_was_contacted(
    session: Session, order: Order, business_now: datetime
) -> None:
    ticket_id = _open(session, order, business_now)
    with pytest.raises(Conflict, match="contact"):
        closing.close(session, ticket_id=ticket_id, verdict=Verdict("customer", "-"), actor=SERVICE, now=business_now)


def test_a_reopened_ticket_lives_again(session: Session, order: Order, business_now: datetime) -> None:
    ticket_id = _contacted(session, order, business_now)
    closing.close(session, ticket_id=ticket_id, verdict=Verdict("customer", "done"), actor=SERVICE, now=business_now)
    closing.reopen(session, ticket_id=ticket_id, why="still broken", actor=SERVICE, now=business_now)
    solve = _step(session, ticket_id, "ticket_solve")
    assert (solve.round, solve.state) == (1, "open")
    assert _step(session, ticket_id, "rate_ticket").state == "cancelled"
    closing.close(session, ticket_id=ticket_id, verdict=Verdict("customer", "done"), actor=SERVICE, now=business_now)
    assert _step(session, ticket_id, "rate_ticket").state == "open"
    surveys = [m.id for m in session.query(Message).filter_by(template="survey")]
    tells = session.query(Step).filter(Step.kind == "tell", Step.subject_id.in_(surveys)).count()
    assert (len(surveys), tells) == (2, 2), "the customer is asked again, by a mail of its own"


def _closed(session: Session, order: Order, now: datetime) -> uuid.UUID:
    ticket_id = _contacted(session, order, now)
    closing.close(session, ticket_id=ticket_id, verdict=Verdict("customer", "done"), actor=SERVICE, now=now)
    return ticket_id


def test_the_customer_scores_once_by_the_link_of_the_message(
    session: Session, order: Order, business_now: datetime
) -> None:
    ticket_id = _closed(session, order, business_now)
    path = session.query(Message).filter_by(template="survey").one().values["path"]
    token = path.rpartition("/")[2]
    satisfaction.score(session, subject_id=ticket_id, token=token, scores=Scores(service=5), now=business_now)
    assert session.query(Score).one().service == 5
    assert (_step(session, ticket_id, "rate_ticket").outcome) == "scored"
    with pytest.raises(Conflict):
        satisfaction.score(session, subject_id=ticket_id, token=token, scores=Scores(service=1), now=business_now)


def test_a_guessed_link_is_not_found(session: Session, order: Order, business_now: datetime) -> None:
    ticket_id = _closed(session, order, business_now)
    with pytest.raises(NotFound):
        satisfaction.score(session, subject_id=ticket_id, token="x" * 22, scores=Scores(service=5), now=business_now)


@pytest.mark.parametrize("scores", [Scores(), Scores(service=0), Scores(goods=6)])
def test_scores_lie_between_one_and_five(
    session: Session, order: Order, business_now: datetime, scores: Scores
) -> None:
    ticket_id = _closed(session, order, business_now)
    token = satisfaction.token_of(ticket_id)
    with pytest.raises(InputInvalid):
        satisfaction.score(session, subject_id=ticket_id, token=token, scores=scores, now=business_now)


def test_a_question_that_nobody_answers_runs_out(session: Session, order: Order, business_now: datetime) -> None:
    ticket_id = _closed(session, order, business_now)
    assert satisfaction.expire_due(session, now=business_now + timedelta(days=13)) == 0
    assert satisfaction.expire_due(session, now=business_now + timedelta(days=15)) == 1
    assert _step(session, ticket_id, "rate_ticket").outcome == "expired"
