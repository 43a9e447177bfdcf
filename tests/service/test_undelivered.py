"""A parcel that never arrives: its promises end with what became of it, its order is over, after-sales is asked (F-8, F-9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from connectors.carriage import TrackingEvent as Scan
from oms.aftersales import returns, undelivered
from oms.aftersales.models import Ticket
from oms.aftersales.returns import Wanted
from oms.errors import Conflict, InputInvalid
from oms.invariants.check import INVARIANTS, Violation, check
from oms.journey import touched
from oms.journey.flow import UNDELIVERED
from oms.journey.models import HistoryEntry, Step
from oms.kpi import fold
from oms.kpi.models import KpiLine
from oms.messages.models import Message
from oms.orders.models import Order, OrderLine
from oms.shipping import cases, closing, tracking
from oms.shipping.cases import Finding
from oms.shipping.models import Parcel
from tests.factories.floor import Floor, run_kind
from tests.factories.packed import booked, handed_over, served_floor, two_booked

CLERK = "staff:cleo"


@pytest.fixture
def floor(session: Session) -> Floor:
    return served_floor(session)


def _told(session: Session, parcel: Parcel, status: str, now: datetime) -> None:
    scan = Scan(str(parcel.waybill_number), status, status, now)
    tracking.record_events(session, carrier_id=parcel.carrier_id, events=[scan], way="poll", now=now)


def _settle(session: Session, parcel: Parcel, became: str, now: datetime) -> None:
    case = session.query(Step).filter_by(kind="track_case", subject_id=parcel.id, state="open").one()
    undelivered.settle(
        session, parcel_id=parcel.id, step_id=case.id, finding=Finding("found out", became), actor=CLERK, now=now
    )
    session.expire_all()


def _violations(session: Session) -> list[Violation]:
    # The factories write labels without the call that bought them.
    return check(session, names=INVARIANTS.keys() - {"a_label_has_its_effect"})


def _over_because(session: Session, order: Order) -> str:
    return session.query(HistoryEntry).filter_by(subject_id=order.id, event="status.fulfilled").one().cause


def _promises(session: Session, parcel: Parcel) -> dict[str, tuple[str, str | None]]:
    steps = session.query(Step).filter_by(subject_id=parcel.fulfilment_id)
    return {s.kind: (s.state, s.outcome) for s in steps if s.kind in ("collect", "deliver")}


@pytest.mark.parametrize("became", UNDELIVERED)
def test_the_order_of_a_parcel_that_never_arrives_is_over(
    session: Session, floor: Floor, business_now: datetime, became: str
) -> None:
    parcel = handed_over(session, floor, business_now)
    _told(session, parcel, "lost", business_now)
    _settle(session, parcel, became, business_now)
    order = session.get_one(Order, parcel.order_id)
    assert (order.status, order.fulfilment_status) == ("fulfilled", "shipped")
    assert _promises(session, parcel) == {"collect": ("done", became), "deliver": ("done", became)}
    run_kind(session, "close", closing.close, business_now)
    session.expire_all()
    assert order.status == "closed"
    assert session.query(Message).filter_by(template="closed").count() == 0
    assert session.query(Step).filter_by(kind="rate_service").count() == 0
    ticket = session.query(Ticket).one()
    assert (ticket.kind, ticket.order_id, parcel.number in ticket.subject) == ("not_received", order.id, True)
    assert _violations(session) == []


def test_what_was_lost_counts_as_late_and_what_the_customer_refused_against_nobody(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcels = [handed_over(session, floor, business_now) for _ in range(2)]
    for parcel, became in zip(parcels, ("lost", "refused"), strict=True):
        _told(session, parcel, "failed", business_now)
        _settle(session, parcel, became, business_now)
    touched.write(session)
    later = business_now + timedelta(days=60)
    while fold.fold(session, now=later):
        pass
    lines = {line.unit_id: line for line in session.query(KpiLine).filter_by(kpi="delivered_on_time")}
    counted = [(line.hit, line.of, line.why) for line in (lines[parcel.order_id] for parcel in parcels)]
    assert counted == [(0, 1, "never_arrived"), (0, 0, "customers_doing")]


def test_an_order_in_two_parcels_is_over_with_the_last_of_them(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    first, second = two_booked(session, floor, business_now, handed=True)
    _told(session, first, "lost", business_now)
    _settle(session, first, "lost", business_now)
    assert session.get_one(Order, first.order_id).status == "in_fulfilment"
    assert _promises(session, first)["deliver"] == ("open", None)
    assert _violations(session) == []
    for status in ("collected", "delivered"):
        _told(session, second, status, business_now)
    session.expire_all()
    order = session.get_one(Order, first.order_id)
    assert (order.status, order.fulfilment_status) == ("fulfilled", "partially_delivered")
    assert _promises(session, first)["deliver"] == ("done", "lost")
    assert _over_because(session, order) == "not delivered"
    assert _violations(session) == []


def test_a_box_that_was_refused_hides_none_that_was_lost(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    for parcel, became in zip(two_booked(session, floor, business_now, handed=True), ("lost", "refused"), strict=True):
        _told(session, parcel, "failed", business_now)
        _settle(session, parcel, became, business_now)
    assert _promises(session, parcel)["deliver"] == ("done", "lost")


def test_a_parcel_that_arrives_after_all_is_delivered(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = handed_over(session, floor, business_now)
    _told(session, parcel, "lost", business_now)
    _settle(session, parcel, "lost", business_now)
    run_kind(session, "close", closing.close, business_now)
    for status in ("collected", "delivered"):
        _told(session, parcel, status, business_now + timedelta(days=1))
    session.expire_all()
    order = session.get_one(Order, parcel.order_id)
    assert (order.status, order.fulfilment_status) == ("closed", "delivered")
    assert _violations(session) == []


@pytest.mark.parametrize("became", ["sent_back", "refused"])
def test_a_parcel_that_travels_back_is_delivered_to_nobody_when_we_sign_for_it(
    session: Session, floor: Floor, business_now: datetime, became: str
) -> None:
    parcel = handed_over(session, floor, business_now)
    for status in ("collected", "return_to_sender"):
        _told(session, parcel, status, business_now)
    _settle(session, parcel, became, business_now)
    run_kind(session, "close", closing.close, business_now)
    _told(session, parcel, "delivered", business_now + timedelta(days=1))
    session.expire_all()
    order = session.get_one(Order, parcel.order_id)
    assert (parcel.delivered_at, parcel.tracking_status) == (None, "return_to_sender")
    assert (order.status, order.fulfilment_status) == ("closed", "shipped")
    assert {line.qty_delivered for line in session.query(OrderLine).filter_by(order_id=order.id)} == {0}
    assert session.query(Message).filter_by(template="delivered").count() == 0
    assert _violations(session) == []


def test_goods_that_come_back_are_booked_in_as_a_return(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = handed_over(session, floor, business_now)
    _told(session, parcel, "return_to_sender", business_now)
    _settle(session, parcel, "sent_back", business_now)
    line = session.query(OrderLine).filter_by(order_id=parcel.order_id).first()
    assert line is not None
    wanted = [Wanted(line.id, Decimal(1))]
    common = {"order_id": parcel.order_id, "reason": "undelivered", "actor": CLERK, "now": business_now}
    assert returns.request(session, wanted=wanted, **common)  # type: ignore[arg-type]


@pytest.mark.parametrize("delivered", [True, False], ids=["delivered", "given up"])
def test_of_a_parcel_whose_end_is_known_nothing_else_can_be_said(
    session: Session, floor: Floor, business_now: datetime, delivered: bool
) -> None:
    parcel = handed_over(session, floor, business_now)
    for status in ("lost", "failed"):
        _told(session, parcel, status, business_now)
    if delivered:
        _told(session, parcel, "delivered", business_now)
    else:
        case = session.query(Step).filter_by(kind="track_case").first()
        assert case is not None
        undelivered.settle(
            session, parcel_id=parcel.id, step_id=case.id, finding=Finding("x", "lost"), actor=CLERK, now=business_now
        )
    case = session.query(Step).filter_by(kind="track_case", state="open").first()
    assert case is not None
    with pytest.raises(Conflict, match="what became of it is known"):
        undelivered.settle(
            session,
            parcel_id=parcel.id,
            step_id=case.id,
            finding=Finding("x", "sent_back"),
            actor=CLERK,
            now=business_now,
        )


def test_what_becomes_of_a_parcel_is_one_of_a_few(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = handed_over(session, floor, business_now)
    _told(session, parcel, "lost", business_now)
    with pytest.raises(InputInvalid, match="ends with its finding"):
        _settle(session, parcel, "stolen", business_now)


def test_the_carrier_is_asked_no_more(session: Session, floor: Floor, business_now: datetime) -> None:
    gone, going = handed_over(session, floor, business_now), booked(session, floor, business_now)
    _told(session, gone, "damaged", business_now)
    _settle(session, gone, "damaged", business_now)
    given = {"carrier": gone.carrier_id, "since": business_now - timedelta(days=1), "most": 9}
    assert session.scalars(tracking.ON_THEIR_WAY, given).all() == [going.waybill_number]


def test_a_case_ends_with_its_finding_and_only_once(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = handed_over(session, floor, business_now)
    _told(session, parcel, "lost", business_now)
    case = session.query(Step).filter_by(kind="track_case", subject_id=parcel.id).one()
    with pytest.raises(InputInvalid):
        cases.settle(
            session, parcel_id=parcel.id, step_id=case.id, finding=Finding(" "), actor="cleo", now=business_now
        )
    cases.settle(
        session,
        parcel_id=parcel.id,
        step_id=case.id,
        finding=Finding("found at the hub"),
        actor="cleo",
        now=business_now,
    )
    with pytest.raises(Conflict):
        cases.settle(
            session, parcel_id=parcel.id, step_id=case.id, finding=Finding("again"), actor="cleo", now=business_now
        )


def test_the_same_trouble_after_its_case_was_settled_is_a_case_again(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = handed_over(session, floor, business_now)
    _told(session, parcel, "failed", business_now)
    case = session.query(Step).filter_by(kind="track_case", subject_id=parcel.id).one()
    settled = business_now + timedelta(hours=1)
    finding = Finding("the customer is at home tomorrow")
    cases.settle(session, parcel_id=parcel.id, step_id=case.id, finding=finding, actor=CLERK, now=settled)
    _told(session, parcel, "failed", business_now + timedelta(minutes=30))  # told late: whoever settled it knew
    assert session.query(Step).filter_by(kind="track_case", state="open").count() == 0
    for hours in (24, 25):
        _told(session, parcel, "failed", business_now + timedelta(hours=hours))
    again = session.query(Step).filter_by(kind="track_case", state="open").one()
    assert (again.subject_id, again.performer) == (parcel.id, "shipping_clerk")
