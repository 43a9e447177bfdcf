"""Confirmation: in effect at once, or after signature and payment; the promise, the paper, what runs out (C-1, C-2, I-4)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from oms.documents.models import Document
from oms.documents.store import Paper
from oms.errors import Conflict, InputInvalid, NotAllowed, NotFound
from oms.journey.models import Step
from oms.messages.models import Message
from oms.money import Money
from oms.orders.models import Confirmation, Finding, Order
from oms.verification import confirmation, decisions, filing
from oms.verification.content import sha256_of
from oms.verification.decisions import Decision
from tests.factories.orders import make_channel
from tests.factories.verification import (
    CASHIER,
    MANAGER,
    SPECIALIST,
    House,
    again,
    confirmed,
    make_house,
    make_phone_order,
    make_web_order,
    open_step,
    running,
    set_policy,
)

IN_EFFECT = {"allocate", "collect", "deliver", "tell"}
UNPAID = {"paid": None, "payment_status": "none"}


@pytest.fixture
def house(session: Session) -> House:
    return make_house(session)


def _token(session: Session, order: Order) -> str:
    message = session.query(Message).filter_by(order_id=order.id, template="signature_request").one()
    return str(message.values["token"])


def _sign(session: Session, order: Order, now: datetime, **given: object) -> str:
    values = {"answer": "signed", "means": "link", "name": "Li Lei", "token": _token(session, order)}
    answered = confirmation.answer(session, now=now, **{**values, **given})  # type: ignore[arg-type]
    session.expire_all()
    return answered


def _state(order: Order) -> tuple[str, str]:
    return order.status, order.confirmation


def test_a_paid_web_order_takes_effect_at_once_with_its_promise(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house)
    assert confirmed(session, order, business_now) == "effective"
    assert (_state(order), running(session, order)) == (("confirmed", "not_required"), IN_EFFECT)
    # Ready on Thursday the 19th at 10:00, collected that day, two days of transit; days end at 16:00 UTC.
    promise = (datetime(2026, 11, 19, 15, 59, 59, tzinfo=UTC), datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC))
    assert (order.promised_ship_at, order.promised_deliver_at) == promise
    assert (order.first_promised_ship_at, order.confirmed_at) == (promise[0], business_now)
    assert open_step(session, "collect", order).due_at == promise[0]
    assert open_step(session, "deliver", order).due_at == promise[1]


def test_the_content_that_was_hashed_is_what_the_message_and_the_paper_say(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house)
    confirmed(session, order, business_now)
    given = session.query(Confirmation).one()
    content = session.query(Message).one().values["content"]
    assert given.content_sha256 == sha256_of(content)
    zone = ZoneInfo("Asia/Shanghai")
    name, pdf = filing.paper_of(session, order_id=order.id, organisation="Tea Co", zone=zone, now=business_now)
    assert (name, pdf[:5]) == (f"{order.number}.pdf", b"%PDF-")
    assert filing.paper_of(session, order_id=order.id, organisation="Tea Co", zone=zone, now=business_now)[1] == pdf
    assert session.query(Document).one().order_id == order.id


def test_a_prepaid_order_waits_for_its_payment_and_a_reference_counts_once(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house, **UNPAID)
    assert confirmed(session, order, business_now) == "payment"
    assert running(session, order) == {"pay", "tell"}
    half = {"order_id": order.id, "amount": Money(Decimal(5), "CNY"), "actor": CASHIER, "now": business_now}
    for _ in range(2):
        assert confirmation.record_payment(session, reference="B-1", **half) == "partially_paid"
    assert confirmation.record_payment(session, reference="B-2", **half) == "paid"
    session.expire_all()
    assert (order.status, running(session, order)) == ("confirmed", IN_EFFECT)


def test_on_account_and_cash_on_delivery_need_no_payment(
    session: Session, house: House, business_now: datetime
) -> None:
    account = make_channel(session, payment_terms="account")
    set_policy(session, "credit.default_limit", "100", business_now)
    on_account = make_web_order(session, house, channel_id=account.id, payment_terms="account", **UNPAID)
    cod = make_web_order(session, house, payment_terms="cod", **UNPAID)
    assert confirmed(session, on_account, business_now) == "effective"
    assert confirmed(session, cod, business_now) == "effective"


def test_a_phone_order_counts_only_when_it_is_signed_and_the_token_is_nowhere_but_in_the_message(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_phone_order(session, house)
    assert confirmed(session, order, business_now) == "signature"
    assert (_state(order), running(session, order)) == (("awaiting_confirmation", "requested"), {"sign", "tell"})
    token = _token(session, order)
    assert session.query(Confirmation).one().token_hash == hashlib.sha256(token.encode()).digest()
    assert len(token) >= 22
    assert confirmation.view_by_token(session, token=token, now=business_now).state == "open"
    assert _sign(session, order, business_now) == "signed"
    assert (_state(order), running(session, order)) == (("confirmed", "accepted"), IN_EFFECT)


def test_signing_twice_changes_nothing_and_declining_afterwards_is_refused(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_phone_order(session, house)
    confirmed(session, order, business_now)
    _sign(session, order, business_now)
    steps = session.query(Step).count()
    assert _sign(session, order, business_now) == "signed"
    assert session.query(Step).count() == steps
    with pytest.raises(Conflict, match="answered already"):
        _sign(session, order, business_now, answer="declined")


def test_signature_and_payment_are_both_waited_for_in_either_order(
    session: Session, house: House, business_now: datetime
) -> None:
    for signs_first in (True, False):
        order = make_phone_order(session, house, **UNPAID)
        assert confirmed(session, order, business_now) == "signature_and_payment"

        def pay(order: Order = order) -> None:
            amount = Money(Decimal(10), "CNY")
            confirmation.record_payment(
                session, order_id=order.id, amount=amount, reference="B-1", actor=CASHIER, now=business_now
            )

        def sign(order: Order = order) -> None:
            _sign(session, order, business_now)

        first, second = (sign, pay) if signs_first else (pay, sign)
        first()
        assert order.status == "awaiting_confirmation"
        second()
        session.expire_all()
        assert (order.status, running(session, order)) == ("confirmed", IN_EFFECT)


def test_a_customer_who_signs_late_moves_the_promise_and_the_first_one_with_it(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_phone_order(session, house)
    confirmed(session, order, business_now)
    confirmed_for = order.promised_deliver_at
    assert confirmed_for is not None
    later = business_now + timedelta(days=2)
    _sign(session, order, later)
    assert order.promised_deliver_at > confirmed_for
    assert order.first_promised_deliver_at == order.promised_deliver_at


def test_a_link_that_ran_out_or_is_wrong_is_refused_and_a_fresh_one_works(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_phone_order(session, house)
    confirmed(session, order, business_now)
    old, later = _token(session, order), business_now + timedelta(hours=72)
    with pytest.raises(Conflict, match="run out"):
        _sign(session, order, later)
    with pytest.raises(NotFound):
        confirmation.view_by_token(session, token="guessed", now=business_now)
    confirmation.send_again(session, order_id=order.id, actor=SPECIALIST, now=later)
    fresh = [m.values["token"] for m in session.query(Message).filter_by(template="signature_request")]
    [new] = [token for token in fresh if token != old]
    with pytest.raises(NotFound):
        confirmation.view_by_token(session, token=old, now=later)
    assert confirmation.answer(session, token=new, answer="signed", means="link", name="Li Lei", now=later) == "signed"


def test_declined_goes_back_to_the_specialist_and_approved_again_asks_anew(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_phone_order(session, house, **UNPAID)
    confirmed(session, order, business_now)
    _sign(session, order, business_now, answer="declined", name=None)
    assert (_state(order), running(session, order)) == (("verifying", "declined"), {"review", "tell"})
    step = open_step(session, "review", order)
    verdict = Decision("approve", "he wants it after all")
    common = {"step_id": step.id, "token": step.token, "decision": verdict, "now": business_now}
    decisions.decide(session, actor=MANAGER, roles=["order_manager"], **common)
    assert again(session, "confirm", confirmation.confirm, business_now)[order.id].outcome == "signature_and_payment"
    assert (_state(order), session.query(Confirmation).count()) == (("awaiting_confirmation", "requested"), 2)


def test_what_is_not_signed_or_paid_in_time_goes_to_review_once(
    session: Session, house: House, business_now: datetime
) -> None:
    unsigned, unpaid = make_phone_order(session, house), make_web_order(session, house, **UNPAID)
    confirmed(session, unsigned, business_now), confirmed(session, unpaid, business_now)
    assert confirmation.expire_due(session, now=business_now) == 0
    later = business_now + timedelta(days=8)
    assert [confirmation.expire_due(session, now=later) for _ in range(2)] == [2, 0]
    session.expire_all()
    assert (unsigned.confirmation, unsigned.status, unpaid.status) == ("expired", "verifying", "verifying")
    assert {f.rule for f in session.query(Finding)} == {"signature_expired", "payment_expired"}
    assert all("review" in running(session, o) for o in (unsigned, unpaid))


def test_a_scan_that_is_filed_is_a_signature(session: Session, house: House, business_now: datetime) -> None:
    order = make_phone_order(session, house)
    confirmed(session, order, business_now)
    paper = Paper("order", order.id, "signed_confirmation", "scan.pdf", b"%PDF-1.7 scan", order_id=order.id)
    common = {"order_id": order.id, "name": "Li Lei", "paper": paper, "actor": SPECIALIST, "now": business_now}
    document_id = confirmation.sign_by_upload(session, **common)
    session.expire_all()
    given = session.query(Confirmation).one()
    assert (given.means, given.evidence["document_id"], order.status) == ("upload", str(document_id), "confirmed")


def test_a_waiver_is_the_managers_and_a_signature_needs_a_name(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_phone_order(session, house)
    confirmed(session, order, business_now)
    waiver = {"answer": "waived", "means": "waiver", "name": None}
    with pytest.raises(NotAllowed):
        _sign(session, order, business_now, roles=["order_specialist"], **waiver)
    with pytest.raises(InputInvalid) as refused:
        _sign(session, order, business_now, name=" ")
    assert "name" in refused.value.fields
    assert _sign(session, order, business_now, roles=["order_manager"], actor=MANAGER, **waiver) == "waived"
    assert _state(order) == ("confirmed", "waived")


def _reply(session: Session, order: Order, now: datetime, **given: object) -> object:
    session.query(Message).filter_by(template="signature_request").update({"mail_id": "<ours@oms>"})
    values = {
        "references": ["<ours@oms>"],
        "sender": "Li.Lei@example.com",
        "text": "I confirm.\n\n> Please sign",
        "mail_id": "<theirs@example.com>",
        "auto_submitted": False,
    }
    found = confirmation.sign_by_reply(session, now=now, **{**values, **given})  # type: ignore[arg-type]
    session.expire_all()
    return found


def test_a_plain_reply_from_the_orders_own_address_signs(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_phone_order(session, house)
    confirmed(session, order, business_now)
    for wrong in (
        {"sender": "someone@else.example"},
        {"references": ["<other@oms>"]},
        {"auto_submitted": True},
        {"text": "I confirm, but two please"},
        {"text": "Thanks!\n> I confirm"},
    ):
        assert _reply(session, order, business_now, **wrong) is None
    assert _reply(session, order, business_now) == order.id
    assert (session.query(Confirmation).one().means, order.status) == ("email_reply", "confirmed")
