"""A form that is sent again as it was, by going back in the browser, does nothing more; with other words it is another wish."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest

from oms import db
from tests.factories.day import Day, make_day
from tests.web.site import post


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


@pytest.fixture
def desk(site):
    return site.client("customer_service", "order_specialist")


def _number(site, day: Day) -> str:
    return site.rows("SELECT number FROM orders WHERE id = :o", o=day.shipped.order_id)[0][0]


def _key(client, url: str, name: str = "") -> str:
    page = client.get(url).get_data(as_text=True)
    return re.search(rf'{name}.*?name="form_key" value="([^"]+)"', page, re.DOTALL)[1]


def _count(site, table: str, **given: uuid.UUID) -> int:
    where = " AND ".join(f"{name} = :{name}" for name in given) or "TRUE"
    return site.rows(f"SELECT count(*) FROM {table} WHERE {where}", **given)[0][0]


def test_a_ticket_is_opened_once(site, day, desk):
    form = {"order": _number(site, day), "kind": "question", "subject": "When?", "body": "Where is it?"}
    before, key = _count(site, "ticket"), _key(desk, "/tickets/new")
    answers = [
        post(desk, "/tickets/new", form | {"form_key": key} | more, page="/tickets/new")
        for more in ({}, {}, {"body": "And the other one?"})
    ]
    places = [answer.location.partition("?")[0] for answer in answers]
    assert places[0] == places[1] != places[2]
    post(desk, "/tickets/new", form | {"form_key": _key(desk, "/tickets/new")}, page="/tickets/new")
    assert _count(site, "ticket") == before + 3
    assert site.rows("SELECT count(*) FROM message WHERE template = 'ticket_opened'")[0][0] == before + 3


def test_a_return_is_asked_for_once(site, day, desk):
    ours, number = day.shipped.order_id, _number(site, day)
    site.rows(
        "UPDATE order_line SET qty = 3, qty_picked = 3, qty_packed = 3, qty_shipped = 3 WHERE order_id = :o RETURNING id",
        o=ours,
    )
    [(line,)] = site.rows("SELECT id FROM order_line WHERE order_id = :o LIMIT 1", o=ours)
    before, page = _count(site, "return_request"), f"/returns/new?order={number}"
    form = {"order": number, f"qty.{line}": "1", "reason": "faulty", "form_key": _key(desk, page)}
    places = [post(desk, "/returns/new", form, page=page).location for _ in range(2)]
    assert places[0] == places[1]
    assert _count(site, "return_request") == before + 1


def test_the_customer_is_answered_once(site, day, desk):
    form = {"order": _number(site, day), "kind": "question", "subject": "When?", "body": "Where is it?"}
    url = post(desk, "/tickets/new", form, page="/tickets/new").location.partition("?")[0]
    with site.transaction() as session:
        due = (db.now(session) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    told = {"text": "Tomorrow.", "remedy": "We asked.", "remedy_due_at": due, "form_key": _key(desk, url, "/contact")}
    assert [post(desk, f"{url}/contact", told, page=url).status_code for _ in range(2)] == [303, 303]
    note = {"note": "rang", "direction": "in", "form_key": _key(desk, url, "/notes")}
    assert [post(desk, f"{url}/notes", note, page=url).status_code for _ in range(2)] == [303, 303]
    assert site.rows("SELECT count(*) FROM message WHERE template = 'ticket_answered'") == [(1,)]
    assert site.rows("SELECT direction, count(*) FROM ticket_note GROUP BY 1 ORDER BY 1") == [("in", 1), ("out", 1)]


def test_how_many_may_come_back_is_told_as_people_count(site, day, desk):
    number = _number(site, day)
    [(line,)] = site.rows("SELECT id FROM order_line WHERE order_id = :o LIMIT 1", o=day.shipped.order_id)
    form = {"order": number, f"qty.{line}": "99", "reason": "faulty"}
    refused = post(desk, "/returns/new", form, page=f"/returns/new?order={number}").get_data(as_text=True)
    assert re.search(r"at most (\d+),", refused), refused
