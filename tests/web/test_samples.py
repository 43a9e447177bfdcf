"""The daily sample, by page and by API: a manager says whether an order should have passed (V-7)."""

from __future__ import annotations

import pytest

from oms import db
from oms.journey import steps
from oms.journey.steps import NewStep
from tests.factories.verification import make_house, make_web_order
from tests.web.caller import fields, person
from tests.web.site import post

ENDED = "SELECT state, outcome, finished_by FROM step WHERE kind = 'sample_review'"
FAULTS = "SELECT kind, stage, note FROM error_event"


@pytest.fixture
def drawn(site):
    """An order that was drawn, with the form's fields of its step."""
    with site.transaction() as session:
        now = db.now(session)
        site.order = make_web_order(session, make_house(session))
        new = NewStep("sample_review", site.order.id, order_id=site.order.id)
        [site.step_id] = steps.open_steps(session, [new], now=now)
        [step] = steps.find_by_id(session, step_ids=[site.step_id]).values()
    site.path, site.url, site.token = f"/samples/{site.step_id}", f"/samples/{site.order.id}", step.token
    site.form = {"step_id": site.step_id, "token": site.token}
    return site


def test_the_managers_worklist_leads_to_the_form(drawn):
    client = drawn.client("order_manager")
    assert f'href="{drawn.url}"' in client.get("/worklist").get_data(as_text=True)
    assert drawn.order.number in client.get(drawn.url).get_data(as_text=True)


def test_an_order_without_a_fault_ends_its_review(drawn):
    client = drawn.client("order_manager", login="ann")
    answer = post(client, drawn.url, drawn.form | {"verdict": "good"}, page=drawn.url)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert "The sample is checked." in client.get(answer.location).get_data(as_text=True)
    assert [tuple(row[:2]) for row in drawn.rows(ENDED)] == [("done", "checked")]
    assert drawn.rows(FAULTS) == []


def test_a_fault_needs_its_words_and_counts_against_the_entry(drawn):
    client = drawn.client("order_manager")
    faulty = drawn.form | {"verdict": "faulty"}
    assert post(client, drawn.url, faulty, page=drawn.url).status_code == 422
    assert drawn.rows(FAULTS) == []
    assert post(client, drawn.url, faulty | {"note": "wrong unit"}, page=drawn.url).status_code == 303
    assert [tuple(row) for row in drawn.rows(FAULTS)] == [("sample_fault", "entry", "wrong unit")]


def test_a_form_without_a_verdict_ends_nothing(drawn):
    client = drawn.client("order_manager")
    for verdict in ("", "right", "FAULTY"):
        answer = post(client, drawn.url, drawn.form | {"verdict": verdict, "note": "unit"}, page=drawn.url)
        assert answer.status_code == 422
    assert [row[0] for row in drawn.rows(ENDED)] == ["open"]


def test_a_second_form_changes_nothing_and_says_so(drawn):
    client = drawn.client("order_manager")
    for status in (303, 409):
        answer = post(client, drawn.url, drawn.form | {"verdict": "faulty", "note": "unit"}, page=drawn.url)
        assert answer.status_code == status
    assert "No sample review is open for this order." in answer.get_data(as_text=True)
    assert len(drawn.rows(FAULTS)) == 1


def test_the_form_speaks_chinese(drawn):
    page = drawn.client("order_manager", language="zh_Hans").get(drawn.url).get_data(as_text=True)
    assert "抽检复核" in page
    assert "发现漏审问题" in page


def test_others_check_no_sample(drawn):
    assert drawn.client("finance").get(drawn.url).status_code == 403
    assert person(drawn, "finance").post(drawn.path, {"token": drawn.token, "faulty": False}).status_code == 403


def test_the_api_ends_a_review_once(drawn):
    manager = person(drawn, "order_manager")
    assert list(fields(manager.post(drawn.path, {"token": drawn.token, "faulty": True}))) == ["note"]
    found = {"token": drawn.token, "faulty": True, "note": "wrong unit"}
    assert [manager.post(drawn.path, found, key="s1").status_code for _ in range(2)] == [204, 204]
    assert [tuple(row) for row in drawn.rows(ENDED)] == [("done", "checked", manager.login)]
    assert len(drawn.rows(FAULTS)) == 1
    assert manager.post(drawn.path, found).get_json()["code"] == "fenced"
