"""The API as who has never seen it reads it: one name for one thing, what was sent comes back, each list has its next page."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from oms import db
from oms.journey import steps
from oms.journey.steps import NewStep
from oms.parties.models import Carrier
from tests.factories.day import make_day
from tests.factories.orders import make_sku
from tests.factories.packed import checked
from tests.factories.verification import make_house, make_web_order, verified
from tests.web.caller import channel, fields, person

INVOICE = {"type": "special", "title": "Li Lei Trading", "tax_id": "91440300MA5EXAMPLE", "email": "bills@example.com"}


@pytest.fixture
def document(site):
    return site.app.test_client().get("/api/v1/openapi.json").get_json()


@pytest.fixture
def day(api):
    with api.transaction() as session:
        api.day = make_day(session, db.now(session))
    api.service, api.clerk, api.hand = (person(api, r) for r in ("customer_service", "shipping_clerk", "warehouse"))
    return api


def test_what_is_read_by_its_number_is_acted_on_by_its_number(document):
    """A ticket was read as TK-..., and its notes were 404 under that name."""
    read = {path.split("/")[3] for path in document["paths"] if path.endswith("/{ref}")}
    by_id = [path for path in document["paths"] if path.split("/")[3] in read and path.split("/")[4:5] not in (
        [], ["{ref}"], ["{ref}.pdf"], ["parse"], ["scan"], ["plan"])]  # fmt: skip
    assert read >= {"orders", "waves", "fulfilments", "parcels", "hand-over-lists", "tickets", "returns"}
    assert by_id == []


def test_an_orders_number_is_called_one_thing_beside_its_id(document):
    schemas = document["components"]["schemas"]
    named = {name: told.get("properties", {}).keys() for name, told in schemas.items()}
    assert [name for name, told in named.items() if "order_id" in told and "order_number" not in told] == []


def test_every_list_has_its_next_page(document):
    schemas = document["components"]["schemas"]
    lists = {name: told["properties"].keys() for name, told in schemas.items() if "items" in told.get("properties", {})}
    assert "Channels" in lists
    assert [name for name, told in lists.items() if "next" not in told] == []


def test_numbers_as_they_are_spoken_lead_to_what_they_name(day):
    def spoken(number):
        return number.lower().replace("-", " ")

    with day.transaction() as session:
        [ticket] = session.scalars(text("SELECT number FROM ticket"))
        [goods] = session.scalars(text("SELECT number FROM return_request"))
        [listed] = session.scalars(text("SELECT number FROM hand_over_list WHERE status = 'open'"))
    note = {"text": "rang back", "direction": "internal"}
    assert day.service.post(f"/tickets/{spoken(ticket)}/notes", note).status_code == 201
    assert day.service.post(f"/returns/{spoken(goods)}/approve", {}).get_json()["status"] == "approved"
    part = day.day.to_pack.number
    answer = day.hand.post(f"/fulfilments/{spoken(part)}/boxes", {"boxes": [{"carton_code": "M", "weight_g": 720}]})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    signed = day.clerk.post(f"/hand-over-lists/{spoken(listed)}/sign", {"side": "us", "signer": "Cleo"})
    assert signed.status_code == 200, signed.get_data(as_text=True)


def test_a_parcel_is_taken_off_its_list_and_voided_by_its_number(day):
    number = day.day.parcel.number.lower()
    assert day.clerk.post(f"/parcels/{number}/leave-behind", {"reason": "wet"}).status_code == 200
    assert day.clerk.post(f"/parcels/{number}/void", {"reason": "wet"}).get_json()["label_status"] == "void_requested"


@pytest.mark.parametrize("path", ["tickets/TK-1/notes", "returns/RT-1/approve", "parcels/PC-1/void",
                                  "fulfilments/FO-1/put-back", "hand-over-lists/HL-1/sign"])  # fmt: skip
def test_what_is_not_there_is_told_so(api, path):
    body = {"notes": {"text": "x", "direction": "in"}, "void": {"reason": "x"}, "sign": {"side": "us", "signer": "x"}}
    caller = person(api, "customer_service", "shipping_clerk", "warehouse")
    answer = caller.post(f"/{path}", body.get(path.rpartition("/")[2], {}))
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_a_waybill_that_two_carriers_have_names_neither_parcel(day):
    """Either of the two was read, or its label taken back."""
    named, twin = day.day.shipped, day.day.parcel
    with day.transaction() as session:
        other = Carrier(name="Twin", source="sandbox", base_url="http://127.0.0.1:1", api_key="k")
        session.add(other)
        session.flush()
        same = "UPDATE parcel SET carrier_id = :carrier, waybill_number = :waybill WHERE id = :id"
        session.execute(text(same), {"carrier": other.id, "waybill": named.waybill_number, "id": twin.id})
    refused = day.clerk.post(f"/parcels/{named.waybill_number}/void", {"reason": "wet"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "conflict")
    told = [named.number, twin.number]
    assert [day.clerk.get(f"/parcels/{number}").get_json()["number"] for number in told] == told


def test_goods_of_a_stopped_order_are_told_by_their_code(day):
    with day.transaction() as session:
        now = db.now(session)
        part = checked(session, day.day.floor, now)
        steps.open_steps(session, [NewStep("put_back", part.id, order_id=part.order_id)], now=now)
    told = day.hand.get(f"/fulfilments/{part.number}").get_json()
    assert [one["sku"] for one in told["put_back"]]
    assert {one["sku"] for one in told["put_back"]} == {line["sku"] for line in told["lines"]}


def test_a_returns_note_comes_back_to_whom_it_concerns(day):
    order = day.rows("SELECT number FROM orders WHERE id = :o", o=day.day.shipped.order_id)[0].number
    [given] = day.rows("SELECT id FROM return_request")
    day.service.post(f"/returns/{given.id}/decline", {"reason": "asked twice"})
    lines = [{"line_ref": "1", "qty": "1"}]
    asked = day.service.post("/returns", {"order": order, "lines": lines, "reason": "damaged", "note": "in shards"})
    assert (asked.status_code, asked.get_json()["note"]) == (201, "in shards")
    path = f"/returns/{asked.get_json()['number']}"
    assert day.service.get(path).get_json()["note"] == "in shards"
    assert person(day, "auditor").get(path).get_json()["note"] is None


def test_the_invoice_that_was_asked_for_stands_in_the_orders_answer(api):
    with api.transaction() as session:
        make_sku(session, code="TEA-1")
    order = {
        "currency": "CNY",
        "customer": {"name": "Li Lei", "phone": "+8613800138000"},
        "ship_to": {"name": "Li Lei", "lines": ["科技园路1号"], "city": "深圳市", "region": "广东省", "country": "CN"},
        "lines": [{"sku": "TEA-1", "qty": "2", "unit_price": "19.90"}],
        "invoice": INVOICE,
    }
    desk = person(api, "order_specialist")
    made = desk.post("/orders", {"channel": channel(api).name, "order": order})
    assert made.status_code == 201, made.get_data(as_text=True)
    path = f"/orders/{made.get_json()['number']}"
    told = desk.get(path).get_json()["invoice"]
    assert {name: told[name] for name in INVOICE} == INVOICE
    masked = person(api, "auditor").get(path).get_json()["invoice"]
    assert (masked["title"], masked["tax_id"], masked["email"]) == ("***", "***", "b***@example.com")


def test_channels_are_read_page_by_page(api):
    names = sorted(channel(api).name for _ in range(3))
    desk = person(api, "order_specialist")
    first = desk.get("/channels", limit=2).get_json()
    second = desk.get("/channels", limit=2, cursor=first["next"]).get_json()
    assert [row["name"] for row in first["items"] + second["items"]] == names
    assert second["next"] is None
    assert desk.get("/channels").get_json()["next"] is None
    assert "limit" in fields(desk.get("/channels", limit=0))


def test_a_held_order_and_its_decision_name_the_order_alike(api):
    with api.transaction() as session:
        held = make_web_order(session, make_house(session), buyer_message="ring twice")
        verified(session, held, db.now(session))
    desk = person(api, "order_specialist")
    [found] = desk.items("/reviews")
    assert (found["order_number"], found["number"]) == (held.number, held.number)
    [review] = found["reviews"]
    verdict = {"token": review["token"], "decision": "approve", "reason": "read"}
    decided = desk.post(f"/reviews/{review['step_id']}", verdict).get_json()
    assert (decided["order_number"], decided["order_id"]) == (held.number, str(held.id))


def test_a_payment_answers_with_what_has_come(api):
    with api.transaction() as session:
        order = make_web_order(session, make_house(session), status="confirmed", payment_status="pending", paid=0)
    cashier, path = person(api, "finance"), f"/orders/{order.number}/payments"
    paid = {"amount": "4.00", "currency": "CNY", "reference": "BANK-1"}
    first = cashier.post(path, paid).get_json()
    assert (first["paid"], first["currency"], first["payment_status"]) == ("4.00", "CNY", "partially_paid")
    assert cashier.post(path, paid).get_json()["paid"] == "4.00"
    assert cashier.post(path, paid | {"amount": "1.00", "reference": "BANK-2"}).get_json()["paid"] == "5.00"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("tickets", {"order": "SO-1", "kind": "question", "subject": "When?", "body": "When?"}, "order"),
        ("returns", {"order": "SO-1", "lines": [{"line_ref": "1", "qty": "1"}], "reason": "damaged"}, "order"),
        ("refunds", {"order": "SO-1", "amount": "1.00", "reason": "late"}, "order"),
        ("refunds", {"order": "", "amount": "1.00", "reason": "late", "ticket": "TK-1"}, "ticket"),
        ("waves/plan", {"warehouse": "NOWHERE"}, "warehouse"),
    ],
)
def test_what_a_body_names_and_is_not_there_is_told_by_its_field(day, path, body, field):
    """404 alone might as well be a mistyped path."""
    body = body | ({"order": day.day.shipped.order_id.hex} if field == "ticket" else {})
    answer = person(day, "customer_service", "order_manager").post(f"/{path}", body)
    assert (answer.status_code, list(answer.get_json()["fields"])) == (404, [field])


def test_a_month_that_is_none_is_told_by_the_field_that_names_it(api):
    manager = person(api, "order_manager")
    assert list(fields(manager.get("/kpi", **{"from": "2026-13"}))) == ["from"]
    assert list(fields(manager.get("/kpi", to="soon"))) == ["to"]
    assert list(fields(manager.get("/kpi/soon"))) == ["month"]
