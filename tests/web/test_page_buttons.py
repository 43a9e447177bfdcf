"""Enter in a field presses the first button of its form: where there are several, nothing is decided by it."""

from __future__ import annotations

import re

import pytest

from oms import db
from tests.factories.day import Day, make_day
from tests.web.site import post


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


def enter(client, page: str, url: str, typed: dict[str, str], *, form: str):
    """What a browser sends when Enter is pressed in a field of the form that is marked so."""
    shown = client.get(page).get_data(as_text=True)
    start = shown.index(form)
    [first, *_] = re.findall(r"<button([^>]*)>", shown[start : shown.index("</form>", start)])
    says = dict(re.findall(r'(name|value)="([^"]*)"', first))
    pressed = {says["name"]: says.get("value", "")} if "name" in says else {}
    return post(client, url, typed | pressed, page=page)


def test_a_change_is_not_approved_by_who_writes_why_not(site, day):
    page, manager = f"/orders/{day.to_sign.number}", site.client("order_manager")
    post(site.client("order_specialist"), f"{page}/cancel", {"reason": "changed their mind"}, page=page)
    [(change_id,)] = site.rows("SELECT id FROM change_request")
    url = f"{page}/changes/{change_id}"
    answer = enter(manager, page, url, {"reason": "it is made already"}, form=f'action="{url}"')
    assert (answer.status_code, "press one of the buttons" in answer.get_data(as_text=True)) == (422, True)
    assert site.rows("SELECT status FROM change_request") == [("requested",)]


def test_a_return_is_not_approved_by_who_writes_why_not(site, day):
    page, client = f"/returns/{day.return_id}", site.client("customer_service", language="zh_Hans")
    url = f"{page}/decide"
    answer = enter(client, page, url, {"reason": "used for a year"}, form=f'action="{url}"')
    assert (answer.status_code, "请点击其中一个按钮" in answer.get_data(as_text=True)) == (422, True)
    assert site.rows("SELECT status FROM return_request WHERE id = :r", r=day.return_id) == [("requested",)]


def test_a_held_order_is_not_approved_by_who_types_an_amendment(site, day):
    page, client = f"/holds/{day.review.id}", site.client("order_specialist")
    typed = {"token": str(day.review.token), "reason": "moved", "ship_to.city": "广州市"}
    answer = enter(client, page, page, typed, form='class="card decide"')
    assert (answer.status_code, "press one of the buttons" in answer.get_data(as_text=True)) == (422, True)
    assert 'value="广州市"' in answer.get_data(as_text=True)
    assert site.rows("SELECT state FROM step WHERE id = :s", s=day.review.id) == [("open",)]


def test_a_customer_signs_by_the_button_alone(site, day):
    page, client = f"/sign/{day.token}", site.app.test_client()
    answer = enter(client, page, page, {"name": "Li Lei"}, form='class="answer"')
    assert (answer.status_code, "press one of the buttons" in answer.get_data(as_text=True)) == (422, True)
    assert site.rows("SELECT confirmation FROM orders WHERE id = :o", o=day.to_sign.id) == [("requested",)]
