"""Step `tell` against a real mail server: in the thread, with the paper, once; repeats are recognisable."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests

from oms import db
from oms.documents.models import Document
from oms.effects import Effect
from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.intake.models import InboundMessage
from oms.journey import steps
from oms.journey.models import Step
from oms.journey.steps import NewStep
from oms.messages.models import Message
from oms.orders.models import Confirmation, Order
from oms.settings import Settings
from oms.verification import confirmation, review
from tests.conftest import CleanDatabase
from tests.connectors.sandbox_peers import Peer
from tests.factories.orders import CONTACT, make_channel
from tests.factories.verification import make_house, make_phone_order, make_web_order
from workers import intake, outside
from workers.process import Process
from workers.telling import TELL

CUSTOMER = "li.lei@example.com"


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    folder: Path = tmp_path_factory.mktemp("mailbox")
    peer = Peer("mailbox", folder, "--account", "x@y.example:z", "--password", "customers", "--hang-s", "0.2").start()
    yield peer
    peer.kill()


@pytest.fixture
def process(clean_database: CleanDatabase, app_settings: Settings, mailbox: Peer) -> Process:
    url = f"smtp://127.0.0.1:{mailbox.port('smtp_port')}"
    settings = replace(app_settings, smtp_url=url, organisation="Tea Co", mail_from="orders@tea.example")
    return Process(settings, clean_database.database, "test")


def _step(process: Process, kind: str, work: Callable[..., Any]) -> None:
    with process.database.transaction() as session:
        now = db.now(session)
        claimed = steps.claim(session, kind=kind, limit=50, lease_s=30, worker="test")
        steps.finish(session, work(session, steps=claimed, now=now), by="system", now=now)


def _order(process: Process, *, phone: bool = False, **given: Any) -> Order:
    """An order that is verified and confirmed, so that a mail waits."""
    with process.database.transaction() as session:
        make = make_phone_order if phone else make_web_order
        order = make(session, make_house(session), **given)
        steps.open_steps(session, [NewStep("verify", order.id, order_id=order.id)], now=db.now(session))
    _step(process, "verify", review.verify)
    _step(process, "confirm", confirmation.confirm)
    return order


def _tell(process: Process) -> list[tuple[str, str | None]]:
    """Let the worker tell; the states and outcomes of all `tell` steps."""
    with process.database.transaction() as session:
        session.query(Step).filter_by(kind="tell", state="open").update({"run_after": db.now(session) - timedelta(1)})
    with process.database.transaction() as session:
        claimed = steps.claim(session, kind="tell", limit=10, lease_s=60, worker="test")
    outside.work(process, TELL, claimed)
    with process.database.transaction() as session:
        return [(s.state, s.outcome) for s in session.query(Step).filter_by(kind="tell").order_by(Step.id)]


def _mails(mailbox: Peer, order: Order) -> list[EmailMessage]:
    """The customer's mails about one order; a customer to whom nothing ever came has no mailbox."""
    found = mailbox.call("GET", f"/v1/mailboxes/{CUSTOMER}/mails").get("mails", [])
    key = {"Authorization": "Bearer sandbox-mailbox-key"}
    raw = [
        requests.get(f"{mailbox.url}/v1/mailboxes/{CUSTOMER}/mails/{m['uid']}", headers=key, timeout=5).content
        for m in found
    ]
    mails = [email.message_from_bytes(one, policy=email.policy.default) for one in raw]
    return [mail for mail in mails if order.number in mail.get_body(("plain",)).get_content()]  # type: ignore[union-attr]


def test_the_confirmation_goes_out_once_with_its_paper_which_is_filed(process: Process, mailbox: Peer) -> None:
    order = _order(process)
    assert _tell(process) == [("done", "sent")]
    assert _tell(process) == [("done", "sent")]
    [mail] = _mails(mailbox, order)
    assert (mail["Auto-Submitted"], "Tea Co" in mail["From"]) == ("auto-generated", True)
    [paper] = mail.iter_attachments()
    assert (paper.get_filename(), paper.get_content()[:5]) == (f"{order.number}.pdf", b"%PDF-")
    with process.database.transaction() as session:
        document = session.query(Document).filter_by(order_id=order.id, kind="confirmation").one()
        assert document.content == paper.get_content(), "no link in it: what was sent is what is filed"
        assert session.query(Confirmation).filter_by(order_id=order.id).one().document_id == document.id
        sent = session.query(Message).filter_by(order_id=order.id).one()
        assert (sent.status, sent.mail_id) == ("sent", mail["Message-ID"])


def test_the_one_time_link_travels_in_the_mail_and_leaves_our_files(process: Process, mailbox: Peer) -> None:
    order = _order(process, phone=True)
    with process.database.transaction() as session:
        token = session.query(Message).filter_by(order_id=order.id).one().values["token"]
    assert _tell(process) == [("done", "sent")]
    [mail] = _mails(mailbox, order)
    assert f"/sign/{token}" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    with process.database.transaction() as session:
        assert "token" not in session.query(Message).filter_by(order_id=order.id).one().values
        filed = session.query(Document).filter_by(order_id=order.id).one().content
    [sent] = mail.iter_attachments()
    assert sent.get_content() != filed
    with process.database.transaction() as session:
        signed = {"answer": "signed", "means": "link", "name": "Li Lei", "token": token}
        assert confirmation.answer(session, now=db.now(session), **signed) == "signed"


def test_a_call_whose_outcome_is_unknown_is_repeated_as_the_very_same_mail(process: Process, mailbox: Peer) -> None:
    order = _order(process)
    mailbox.fault("smtp", "after_commit_reset")
    assert _tell(process) == [("open", None)]
    assert _tell(process) == [("done", "sent")]
    first, second = _mails(mailbox, order)
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()
    with process.database.transaction() as session:
        assert session.query(Effect.state, Effect.attempts).one() == ("done", 2)


def test_no_address_is_an_outcome_that_the_orders_page_can_show(process: Process, mailbox: Peer) -> None:
    order = _order(process, contact={**CONTACT, "email": None})
    assert _tell(process) == [("done", "no_address")]
    with process.database.transaction() as session:
        assert session.query(Message).filter_by(order_id=order.id).one().status == "no_address"


@pytest.mark.parametrize(
    ("address", "outcome"), [("ann@例子.example", ("done", "sent")), ("安@x.example", ("done", "failed"))]
)
def test_an_address_in_other_letters_is_served_or_said_to_fail(
    process: Process, mailbox: Peer, address: str, outcome: tuple[str, str]
) -> None:
    order = _order(process, contact={**CONTACT, "email": address})
    assert _tell(process) == [outcome]
    with process.database.transaction() as session:
        assert session.query(Message).filter_by(order_id=order.id).one().status == outcome[1]


def test_without_a_mail_server_mails_wait_and_are_never_given_up(process: Process, mailbox: Peer) -> None:
    alone = replace(process, settings=replace(process.settings, smtp_url=""))
    order = _order(process)
    outside._CIRCUITS.succeeded("smtp")
    for _ in range(7):
        assert _tell(alone) == [("open", None)]
        outside._CIRCUITS.succeeded("smtp")
    assert _tell(process) == [("done", "sent")]
    assert len(_mails(mailbox, order)) == 1


def _mail_order(process: Process, headers: str) -> Order:
    """An order that came in a mail of the customer's."""
    raw = f"From: Li Lei <{CUSTOMER}>\r\nTo: orders@tea.example\r\nSubject: Tea please\r\n{headers}\r\nTea".encode()
    with process.database.transaction() as session:
        channel = make_channel(session, source="email", way="email")
        new = NewMessage(event_id=None, way="mail", body=raw)
        [receipt] = inbox.receive(session, channel_id=channel.id, received=[new], now=db.now(session))
    return _order(process, channel_id=channel.id, message_id=receipt.message_id)


def test_an_order_by_mail_is_answered_in_its_thread(process: Process, mailbox: Peer) -> None:
    order = _mail_order(process, "Message-ID: <m1@example.com>\r\nReferences: <m0@example.com>\r\n")
    assert _tell(process) == [("done", "sent")]
    [mail] = _mails(mailbox, order)
    assert (mail["Subject"], mail["In-Reply-To"]) == ("Re: Tea please", "<m1@example.com>")
    assert mail["References"].split() == ["<m0@example.com>", "<m1@example.com>"]


def test_nothing_is_answered_to_a_mail_that_a_machine_sent(process: Process, mailbox: Peer) -> None:
    order = _mail_order(process, "Message-ID: <m2@example.com>\r\nAuto-Submitted: auto-generated\r\n")
    assert _tell(process) == [("done", "no_address")]
    assert _mails(mailbox, order) == []


def test_a_reply_that_comes_in_signs_the_order(process: Process, mailbox: Peer) -> None:
    order = _order(process, phone=True)
    _tell(process)
    [mail] = _mails(mailbox, order)
    raw = (
        f"From: {CUSTOMER}\r\nTo: orders@tea.example\r\nSubject: Re: {mail['Subject']}\r\nMessage-ID: <r@example.com>\r\n"
        f"In-Reply-To: {mail['Message-ID']}\r\nReferences: {mail['Message-ID']}\r\n\r\nI confirm.\r\n"
    ).encode()
    with process.database.transaction() as session:
        channel = make_channel(session, source="email", way="email")
        now = db.now(session)
        inbox.receive(session, channel_id=channel.id, received=[NewMessage(None, "mail", raw)], now=now)
    _step(process, "accept", lambda session, *, steps, now: intake.accept(session, steps, now))
    with process.database.transaction() as session:
        found = session.get_one(Order, order.id)
        assert (found.status, found.confirmation) == ("confirmed", "accepted")
        assert session.query(InboundMessage).one().status == "accepted"
