"""Tickets, returns and refunds through the API (S-1, S-2, S-3)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from oms import db
from tests.factories.packed import handed_over, served_floor
from tests.web.caller import distributor, fields, person


@pytest.fixture
def sold(api):
    """An order of two SKUs that was handed over and delivered; customer service."""
    with api.transaction() as session:
        now = db.now(session)
        floor = served_floor(session)
        parcel = handed_over(session, floor, now)
        session.execute(text("UPDATE parcel SET delivered_at = :now, collected_at = :now"), {"now": now})
        session.execute(text("UPDATE order_line SET qty_delivered = qty_shipped"))
        api.order = session.execute(text("SELECT id, number, channel_id FROM orders")).one()
        api.skus = {row.id: row.code for row in session.execute(text("SELECT id, code FROM sku"))}
        api.parcel = parcel.number
    api.service = person(api, "customer_service")
    return api


def open_ticket(caller, sold, **given):
    return caller.post(
        "/tickets", {"order": sold.order.number, "kind": "complaint", "subject": "Broken", "body": "In shards"} | given
    )


def test_a_ticket_is_opened_about_lines_of_its_order(sold):
    answer = open_ticket(sold.service, sold, lines=["1"])
    assert answer.status_code == 201, answer.get_data(as_text=True)
    told = answer.get_json()
    assert (told["status"], told["order_number"], len(told["lines"])) == ("new", sold.order.number, 1)
    assert [item["number"] for item in sold.service.items("/tickets", status="new")] == [told["number"]]


def test_a_ticket_walks_to_its_cause(sold):
    ticket = open_ticket(sold.service, sold).get_json()
    path = f"/tickets/{ticket['id']}"
    with sold.transaction() as session:
        due = (db.now(session) + timedelta(days=2)).isoformat()
    assert sold.service.post(f"{path}/pass-on", {"owner": sold.service.login}).get_json()["status"] == "open"
    answer = {"note": "We send a new one", "remedy": "new cup", "remedy_due_at": due}
    assert sold.service.post(f"{path}/contact", answer).get_json()["contacted_at"] is not None
    assert "person" in fields(
        sold.service.post(f"{path}/close", {"cause": "pack", "note": "badly wrapped", "stage": "pack"})
    )
    packer = person(sold, "warehouse")
    ours = {"cause": "pack", "note": "badly wrapped", "stage": "pack", "person": packer.login}
    assert sold.service.post(f"{path}/close", ours).get_json()["status"] == "closed"
    assert sold.rows("SELECT stage, caught FROM error_event") == [("pack", False)]
    assert sold.service.post(f"{path}/reopen", {"why": "again broken"}).get_json()["status"] == "reopened"


def test_what_was_said_is_kept_and_shown_to_those_who_may_read_it(sold):
    ticket = open_ticket(sold.service, sold).get_json()
    said = {"text": "He rang again", "direction": "in"}
    told = sold.service.post(f"/tickets/{ticket['id']}/notes", said, key="n1").get_json()
    assert [note["text"] for note in told["notes"]] == ["He rang again"]
    sold.service.post(f"/tickets/{ticket['id']}/notes", said, key="n1")
    assert sold.rows("SELECT count(*) FROM ticket_note") == [(1,)]
    seen = person(sold, "auditor").get(f"/tickets/{ticket['number']}").get_json()
    assert (seen["subject"], seen["body"], seen["notes"]) == (None, None, [])


def test_a_wrong_ticket_says_what_is_missing(sold):
    assert "lines.0" in fields(open_ticket(sold.service, sold, lines=["77"]))
    assert "kind" in fields(open_ticket(sold.service, sold, kind="rant"))
    assert open_ticket(sold.service, sold, order="SO-2222-2222-2").status_code == 404
    assert open_ticket(person(sold, "warehouse"), sold).status_code == 403


def test_a_distributor_opens_tickets_about_its_own_orders_only(sold):
    own = distributor(sold, sold.order.channel_id)
    assert open_ticket(own, sold).status_code == 201
    assert open_ticket(distributor(sold, sold.channel("theirs")), sold).status_code == 404
    assert "order" in fields(open_ticket(own, sold, order=None))
    assert own.get("/tickets").status_code == 403


def ask_return(caller, sold, **given):
    wanted = {"order": sold.order.number, "lines": [{"line_ref": "1", "qty": "1"}], "reason": "faulty"}
    return caller.post("/returns", wanted | given)


def test_a_return_walks_to_its_refund(sold):
    made = ask_return(sold.service, sold).get_json()
    path, hand, inspector = f"/returns/{made['id']}", person(sold, "warehouse"), person(sold, "quality_inspector")
    assert sold.service.post(f"{path}/approve", {}).get_json()["status"] == "approved"
    [line] = made["lines"]
    other = {"code": line["sku"], "qty": "1", "line_id": made["id"]}
    assert "arrived.0" in fields(hand.post(f"{path}/receive", {"lines": [other]}))
    assert (
        hand.post(f"{path}/receive", {"lines": [{"code": line["sku"], "qty": "1"}]}).get_json()["status"] == "received"
    )
    found = {"line_id": line["line_id"], "sku": line["sku"], "scrapped": "1", "finding": "cracked"}
    done = inspector.post(f"{path}/inspect", {"lines": [found]})
    assert done.status_code == 200, done.get_data(as_text=True)
    refund_id, cashier = done.get_json()["refund_id"], person(sold, "finance")
    [refund] = cashier.items("/refunds", status="pending")
    assert (refund["id"], refund["amount"], refund["currency"]) == (refund_id, "10.00", "CNY")
    assert cashier.post(f"/refunds/{refund_id}/pay-out", {"reference": "BANK-9"}).get_json()["status"] == "succeeded"
    assert cashier.post(f"/refunds/{refund_id}/pay-out", {"reference": "BANK-9"}).status_code == 409
    assert sold.rows("SELECT data FROM history_entry WHERE became = 'succeeded'") == [({"reference": "BANK-9"},)]


def test_a_return_of_more_than_was_sent_is_refused_by_line(sold):
    assert fields(ask_return(sold.service, sold, lines=[{"line_ref": "1", "qty": "2"}]))
    assert "lines.0" in fields(ask_return(sold.service, sold, lines=[{"line_ref": "9", "qty": "1"}]))
    assert "reason" in fields(ask_return(sold.service, sold, reason="bored"))
    other = open_ticket(sold.service, sold, order=None).get_json()["number"]
    assert list(fields(ask_return(sold.service, sold, ticket=other))) == ["ticket"]


def test_a_declined_return_keeps_its_reason(sold):
    made = ask_return(sold.service, sold).get_json()
    assert "reason" in fields(sold.service.post(f"/returns/{made['id']}/decline", {}))
    told = sold.service.post(f"/returns/{made['id']}/decline", {"reason": "worn"}).get_json()
    assert told["status"] == "declined"
    assert [item["number"] for item in sold.service.items("/returns", status="declined")] == [made["number"]]
    assert person(sold, "finance").post(f"/returns/{made['id']}/approve", {}).status_code == 403


def test_a_refund_without_a_return_is_never_more_than_was_paid(sold):
    wish = {"order": sold.order.number, "amount": "5.00", "reason": "late"}
    made = sold.service.post("/refunds", wish, key="r1").get_json()
    assert (Decimal(made["amount"]), made["status"]) == (Decimal(5), "pending")
    assert sold.service.post("/refunds", wish, key="r1").get_json()["id"] == made["id"]
    assert "amount" in fields(sold.service.post("/refunds", wish | {"amount": "500.00"}))
    cashier = person(sold, "finance")
    assert cashier.post(f"/refunds/{made['id']}/refuse", {"reason": "already given"}).get_json()["status"] == "refused"


def test_who_asked_for_a_refund_does_not_approve_it(sold):
    boss = person(sold, "customer_service", "order_manager")
    made = boss.post("/refunds", {"order": sold.order.number, "amount": "5.00", "reason": "late"}).get_json()
    assert boss.post(f"/refunds/{made['id']}/approve").status_code == 403
    other = person(sold, "order_manager")
    assert other.post(f"/refunds/{made['id']}/approve").get_json()["approved_by"] == other.login


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "1899-12-31T23:59:59Z"])
def test_a_time_that_no_page_could_show_is_refused(sold, at):
    # In Shanghai the first is in the year 10000: it broke the first page and the worklist of everyone who saw the step.
    ticket = open_ticket(sold.service, sold).get_json()
    sold.service.post(f"/tickets/{ticket['id']}/pass-on", {"owner": None})
    promised = {"note": "We send a new one", "remedy": "new cup", "remedy_due_at": at}
    assert "remedy_due_at" in fields(sold.service.post(f"/tickets/{ticket['id']}/contact", promised))
    desk = sold.client("customer_service", login="desk")
    assert [desk.get(page).status_code for page in ("/", "/worklist", "/tickets")] == [200, 200, 200]
