"""Distributors' purchase orders: errors by row, all or the good rows; the same file is the same orders (I-5)."""

from __future__ import annotations

import base64
import json
import os

import pytest

from connectors import registry
from connectors.dates import iso_z
from oms import db
from oms.journey import calendar_store, steps
from oms.parties.models import Channel
from oms.web.api.purchase_orders import PurchaseOrder
from tests.factories.changes import apply_all
from tests.factories.orders import make_sku
from tests.web.caller import channel, distributor, fields, person
from workers import intake, tellings

GOOD = """PO No,SKU,Qty,Unit price,Receiver,Phone,Address,City,Province,Country
P-1,TEA-1,2,19.90,Li Lei,13800138000,Keji Road 1,Shenzhen,Guangdong,CN
P-2,TEA-1,1,19.90,Han Mei,13900139000,Keji Road 2,Shenzhen,Guangdong,CN
"""
ASLEEP = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'"""
WRONG = GOOD.replace("P-2,TEA-1,1", "P-2,TEA-1,many")


@pytest.fixture
def dealer(api):
    """A distributor with a channel for sheets."""
    with api.transaction() as session:
        make_sku(session, code="TEA-1")
    api.channel = channel(api, way="distributor", source="sheet")
    api.dealer = distributor(api, api.channel.id)
    return api


def upload(caller, text, *, rows="all", media="text/csv", **more):
    body = text if isinstance(text, bytes) else text.encode()
    return caller.post(
        f"/purchase-orders?rows={rows}", data=body, headers={"Content-Type": media, "X-Filename": "po.csv"}, **more
    )


def test_a_file_becomes_its_orders(dealer):
    answer = upload(dealer.dealer, GOOD)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    told = answer.get_json()
    assert [(o["channel_order_id"], o["became"], o["total"]) for o in told["orders"]] == [
        ("P-1", "ordered", "39.80"),
        ("P-2", "ordered", "19.90"),
    ]
    assert told["refused"] == []


@pytest.mark.parametrize(
    ("zone", "begins"), [("Asia/Shanghai", "2026-11-29T16:00:00Z"), ("America/New_York", "2026-11-30T05:00:00Z")]
)
def test_a_day_begins_in_the_organisations_zone_and_is_the_same_when_it_is_read_again(dealer, zone, begins):
    live_in(dealer, zone)
    dated = f"{GOOD.splitlines()[0]},Order Date,Required Date\n{GOOD.splitlines()[1]},2026-11-30,2026-11-30\n"
    assert upload(dealer.dealer, dated).status_code == 201
    ((order_id, *stored),) = dealer.rows("SELECT id, placed_at, requested_deliver_by FROM orders")
    assert [iso_z(moment) for moment in stored] == [begins, begins]
    with dealer.transaction() as session:
        again = tellings.first(session, [order_id])[order_id]
    assert (again["placed_at"], again["requested"]["deliver_by"]) == (begins, begins)
    live_in(dealer, "Europe/Berlin")
    told = upload(dealer.dealer, f"{dated}{GOOD.splitlines()[2]},2026-11-30,2026-11-30\n").get_json()
    assert [order["became"] for order in told["orders"]] == ["duplicate", "ordered"]


def live_in(dealer, zone: str) -> None:
    with dealer.transaction() as session:
        calendar_store.keep_organisation(session, zone=zone, country="CN", now=db.now(session))


def test_one_wrong_row_refuses_the_file_and_is_named(dealer):
    found = fields(upload(dealer.dealer, WRONG))
    assert [name for name in found if name.startswith("rows.3.")] == ["rows.3.qty"]
    assert dealer.rows("SELECT count(*) FROM orders") == [(0,)]
    assert dealer.rows("SELECT status FROM inbound_message") == [("quarantined",)]


def test_the_good_rows_are_taken_where_that_is_asked(dealer):
    told = upload(dealer.dealer, WRONG, rows="good").get_json()
    assert [order["channel_order_id"] for order in told["orders"]] == ["P-1"]
    assert [(wrong["row"], wrong["column"]) for wrong in told["refused"]] == [(3, "qty")]


def test_a_refused_file_may_come_again_for_its_good_rows(dealer):
    upload(dealer.dealer, WRONG)
    assert upload(dealer.dealer, WRONG, rows="good").status_code == 201
    assert dealer.rows("SELECT channel_order_id FROM orders") == [("P-1",)]


def test_the_same_file_again_changes_nothing_and_gets_the_same_answer(dealer):
    first, again = upload(dealer.dealer, GOOD).get_json(), upload(dealer.dealer, GOOD).get_json()
    assert again == first
    assert dealer.rows("SELECT count(*) FROM orders") == [(2,)]


def test_a_file_with_a_key_is_read_with_no_transaction_open(dealer, monkeypatch):
    """A bomb may take seconds to read, and the key's row would be held meanwhile."""
    begun: list[tuple[int]] = []
    read = registry.read

    def watched(*given):
        begun.extend(dealer.rows(ASLEEP))
        return read(*given)

    monkeypatch.setattr(registry, "read", watched)
    first, again = (upload(dealer.dealer, GOOD, key="k1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert begun == [(0,), (0,)]


def test_a_distributor_may_send_our_own_json_too(dealer):
    body = b'{"orders": [{"channel_order_id": "P-9", "currency": "CNY", "lines": [{"sku": "TEA-1", "qty": "1"}]}]}'
    told = upload(dealer.dealer, body, media="application/json").get_json()
    assert [order["channel_order_id"] for order in told["orders"]] == ["P-9"]


def test_a_line_that_a_distributors_json_leaves_out_is_not_sent(dealer):
    # What it told before was read as a sheet, which it is not: then a line that is left out seemed to be one added here.
    lines = [{"line_ref": ref, "sku": "TEA-1", "qty": "2", "unit_price": "19.90"} for ref in ("1", "2")]
    order = {"channel_order_id": "P-9", "currency": "CNY", "version": "1", "lines": lines}
    upload(dealer.dealer, json.dumps(order), media="application/json")
    less = {**order, "kind": "update", "version": "2", "lines": lines[:1]}
    told = upload(dealer.dealer, json.dumps(less), media="application/json").get_json()["orders"]
    assert [one["became"] for one in told] == ["updated"]
    with dealer.transaction() as session:
        [done] = apply_all(session, db.now(session), first=tellings.first)
    assert done.outcome == "applied"
    assert dealer.rows("SELECT line_ref FROM order_line WHERE qty > qty_cancelled") == [("1",)]


def test_a_distributors_json_is_read_again_as_json(dealer):
    bare = {"channel_order_id": "P-9", "currency": "CNY", "lines": [{"sku": "TEA-1", "qty": "1", "unit_price": 19.9}]}
    upload(dealer.dealer, json.dumps(bare), media="application/json")
    desk = person(dealer, "order_specialist")
    [message] = desk.items("/messages", status="quarantined")
    desk.post(f"/messages/{message['id']}/retry")
    with dealer.transaction() as session:
        claimed = steps.claim(session, kind="accept", limit=1, lease_s=30, worker="test")
        steps.finish(session, intake.accept(session, claimed, db.now(session)), by="system", now=db.now(session))
    [(problems,)] = dealer.rows("SELECT problems FROM inbound_order")
    assert [(one["code"], one["field"]) for one in problems][:1] == [("row_invalid", "lines.0.unit_price")]


def test_orders_are_told_as_their_schema_writes_them(dealer):
    line = {"sku": "TEA-1", "qty": "3", "unit_price": "19.9"}
    orders = [
        {"channel_order_id": "J-1", "currency": "JPY", "lines": [line]},
        {"channel_order_id": "J-2", "lines": [line], "totals": {"tax": "1.234"}},
        {"channel_order_number": "J-3", "currency": "CNY", "lines": [line], "totals": {"total": "59.7"}},
        {"channel_order_id": "J-4", "kind": "cancellation"},
        {"channel_order_id": "J-1", "currency": "JPY", "lines": [line]},
    ]
    told = upload(dealer.dealer, json.dumps(orders), media="application/json").get_json()["orders"]
    assert [(one["channel_order_id"], one["became"], one["total"]) for one in told] == [
        ("J-1", "ordered", "60"), ("J-2", "ordered", "60.93"), ("J-3", "ordered", "59.70"),
        ("J-4", "cancelled", "0.00"), ("J-1", "duplicate", "60"),
    ]  # fmt: skip
    schema = PurchaseOrder(many=True)
    assert json.loads(json.dumps(schema.dump(schema.load(told)))) == told


def test_what_is_no_file_of_orders_is_refused_with_the_reason(dealer):
    assert fields(upload(dealer.dealer, b"\x00\x01\x02 not a sheet"))
    assert fields(upload(dealer.dealer, b"")) == {"body": "send the file's bytes as the body"}


def test_staff_name_the_distributor(dealer):
    desk = person(dealer, "order_specialist")
    assert "channel" in fields(upload(desk, GOOD))
    answer = desk.post(
        f"/purchase-orders?channel={dealer.channel.name}", data=GOOD, headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 201


def test_a_distributor_reads_its_own_messages_only(dealer):
    message_id = upload(dealer.dealer, GOOD).get_json()["message_id"]
    assert [o["became"] for o in dealer.dealer.get(f"/messages/{message_id}").get_json()["orders"]] == ["ordered"] * 2
    other = distributor(dealer, channel(dealer, way="distributor", source="sheet").id)
    assert other.get(f"/messages/{message_id}").status_code == 404


def test_a_distributor_cannot_order_for_another(dealer):
    other = channel(dealer, way="distributor", source="sheet")
    answer = dealer.dealer.post(
        f"/purchase-orders?channel={other.name}", data=GOOD, headers={"Content-Type": "text/csv"}
    )
    assert "channel" in fields(answer)
    assert person(dealer, "finance").post("/purchase-orders", data=GOOD).status_code == 403


def test_a_quarantined_message_is_read_again_once_it_is_mended(dealer):
    upload(dealer.dealer, WRONG)
    desk = person(dealer, "order_specialist")
    [message] = desk.items("/messages", status="quarantined")
    assert desk.post(f"/messages/{message['id']}/retry").get_json()["status"] == "received"
    assert dealer.rows("SELECT round, state FROM step WHERE kind = 'accept' ORDER BY round") == [
        (0, "done"),
        (1, "open"),
    ]
    assert desk.post(f"/messages/{message['id']}/retry").status_code == 409


@pytest.mark.parametrize("kind", ["order", "cancellation", "not_an_order"])
def test_an_id_that_no_index_holds_is_refused(dealer, kind):
    # The database refused it as its own trouble, which is tried again for a day.
    order = {"channel_order_id": base64.b64encode(os.urandom(9000)).decode(), "kind": kind, "currency": "EUR"}
    order |= {"lines": [{"sku": "TEA-1", "qty": "1", "unit_price": "1.00"}], "ship_to": {"lines": ["1 High Street"]}}
    told = fields(dealer.dealer.post("/purchase-orders", order))
    assert kind == "not_an_order" or "at most 500" in told["rows.0.channel_order_id"]
    assert dealer.rows("SELECT count(*) FROM orders") == [(0,)]
    assert dealer.dealer.post("/purchase-orders", order | {"channel_order_id": "安" * 500}).status_code != 500


def test_what_is_wrong_with_a_phone_is_told_without_the_phone(dealer):
    private = {"phone": "555-CANARY-1", "email": "canary at x.example"}
    order = {"channel_order_id": "C-1", "currency": "EUR", "customer": {"name": "Bob Canary", **private}}
    order |= {"lines": [{"sku": "TEA-1", "qty": "1", "unit_price": "1.00"}]}
    order |= {"ship_to": {"name": "Bob Canary", "lines": ["1 Canary Row"], "country": "GB", "phone": "0555 CANARY 2"}}
    told = dealer.dealer.post("/purchase-orders", order).get_json()
    [[known]] = dealer.rows("SELECT problems::text FROM orders")
    assert ("phone_invalid" in known, "email_invalid" in known) == (True, True)
    packer = person(dealer, "warehouse")
    for path in (f"/orders/{told['orders'][0]['number']}", f"/messages/{told['message_id']}"):
        assert "canary" not in packer.get(path).get_data(as_text=True).lower()
    [[kept]] = dealer.rows("SELECT problems::text FROM inbound_order")
    assert "canary" not in (known + kept).lower()


@pytest.mark.parametrize(("trusted", "state"), [(False, ("none", None)), (True, ("paid", 19))])
def test_a_distributor_that_says_it_has_paid_is_not_believed_unless_its_channel_is(dealer, trusted, state):
    with dealer.transaction() as session:
        own = session.get_one(Channel, dealer.channel.id)
        own.settings = {**own.settings, "trusts_payment": trusted}
    paid = GOOD.splitlines()[0] + ",Payment status,Amount paid\n" + GOOD.splitlines()[2] + ",Paid,19.90\n"
    assert upload(dealer.dealer, paid).status_code == 201
    [(status, amount)] = dealer.rows("SELECT payment_status, paid FROM orders")
    assert (status, amount and int(amount)) == state
    [(problems,)] = dealer.rows("SELECT problems FROM orders")
    assert [one["code"] for one in problems if one["code"] == "payment_claimed"] == (
        [] if trusted else ["payment_claimed"]
    )
