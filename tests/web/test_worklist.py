"""The first page, the worklist and the parked steps: whose work, how urgent, and what one may do (X-1, X-2, G-3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.web.site import post

HOUR = timedelta(hours=1)


def owner(site, step_id):
    return site.rows("SELECT state, assignee_id, token FROM step WHERE id = :id", id=step_id)[0]


def test_the_first_page_counts_ones_own_work_by_urgency(site):
    for due_in in (-HOUR, HOUR, timedelta(minutes=1)):
        site.step("review", due_in=due_in)
    site.step("final_review", due_in=-HOUR)
    page = site.client("order_specialist").get("/").text
    assert "First review" in page
    assert "Final review" not in page
    assert 'class="badge overdue">1<' in page


def test_one_who_has_no_step_of_their_own_sees_what_waits_for_everyone(site):
    site.step("review")
    assert "First review" in site.client("auditor").get("/").text


def test_one_without_a_worklist_gets_an_empty_first_page(site):
    site.step("review")
    page = site.app.test_client().get("/", headers=site.key("distributor")).text
    assert "Nothing waits for you" in page


def test_the_most_urgent_step_stands_first(site):
    site.step("finance_review", due_in=5 * HOUR)
    site.step("refund", due_in=-HOUR)
    page = site.client("finance").get("/worklist").text
    assert page.index("Pay the refund") < page.index("Finance review")
    assert "overdue by 1 h 0 min" in page


def test_views_show_only_what_is_late_or_mine(site):
    site.step("finance_review", due_in=HOUR)
    late = site.step("refund", due_in=-HOUR)
    client = site.client("finance")
    post(client, f"/worklist/{late}/take", page="/worklist")
    for view in ("overdue", "mine"):
        page = client.get(f"/worklist?view={view}").text
        assert "Pay the refund" in page
        assert "Finance review" not in page


def test_a_long_list_goes_on_by_key(site):
    for number in range(51):
        site.step("refund", due_in=HOUR + timedelta(minutes=number))
    client = site.client("finance")
    first = client.get("/worklist").text
    link = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert first.count("<tr>") == 51
    assert client.get(link).text.count("<tr>") == 2


def test_taking_a_step_makes_it_mine_and_is_recorded(site):
    step = site.step("review")
    client = site.client("order_specialist", login="li")
    for _ in range(2):
        assert post(client, f"/worklist/{step}/take", {"next": "/worklist"}, page="/worklist").status_code == 302
    assert owner(site, step)[:2] == ("claimed", site.people["li"])
    assert site.rows("SELECT actor, event FROM history_entry WHERE event LIKE 'step%'") == [("li", "step.taken")]


@pytest.mark.parametrize("url", ["take", "hand-over"])
def test_a_step_of_another_role_is_not_there(site, url):
    step = site.step("refund")
    answer = post(site.client("warehouse"), f"/worklist/{step}/{url}", {"why": "x"}, page="/worklist")
    assert answer.status_code == 404
    assert owner(site, step)[0] == "open"


def test_handing_over_fences_the_former_owner_and_keeps_the_reason(site):
    step, colleague = site.step("review"), site.person("order_specialist", login="bo")
    client = site.client("order_specialist")
    post(client, f"/worklist/{step}/take", page="/worklist")
    before = owner(site, step)[2]
    post(client, f"/worklist/{step}/hand-over", {"to": str(site.people[colleague]), "why": "ill"}, page="/worklist")
    assert owner(site, step) == ("open", site.people["bo"], before + 1)
    assert site.rows("SELECT cause FROM history_entry WHERE event = 'step.handed_over'") == [("ill",)]


@pytest.mark.parametrize("data", [{"to": "", "why": " "}, {"to": "00000000-0000-0000-0000-000000000007", "why": "x"}])
def test_handing_over_without_a_reason_or_to_nobody_is_refused(site, data):
    step = site.step("review")
    answer = post(site.client("order_specialist"), f"/worklist/{step}/hand-over", data, page="/worklist")
    assert answer.status_code == 422
    assert owner(site, step)[0] == "open"


def test_a_manager_hands_over_steps_of_every_role_and_looks_at_their_lists(site):
    step = site.step("refund")
    client = site.client("order_manager")
    assert "Pay the refund" in client.get("/worklist?role=finance").text
    assert post(client, f"/worklist/{step}/hand-over", {"to": "", "why": "sort"}, page="/").status_code == 302


def test_another_roles_list_is_not_shown_to_one_who_does_not_assign(site):
    site.step("refund")
    assert "Pay the refund" not in site.client("warehouse").get("/worklist?role=finance").text


def test_a_parked_step_shows_its_error_and_is_tried_again_once(site):
    step = site.step("book", state="parked")
    site.rows("UPDATE step SET error = 'carrier said <b>no</b>', attempt = 5 RETURNING id")
    client = site.client("order_manager")
    assert "carrier said &lt;b&gt;no&lt;/b&gt;" in client.get("/parked").text
    for _ in range(2):
        assert post(client, "/parked/retry", {"step": str(step)}, page="/parked").status_code == 302
    assert site.rows("SELECT state, attempt FROM step") == [("open", 0)]
    assert site.rows("SELECT count(*) FROM history_entry WHERE event = 'step.retried'") == [(1,)]


def test_one_who_only_reads_gets_no_retry_button(site):
    site.step("book", state="parked")
    client = site.client("auditor")
    assert "Try the chosen again" not in client.get("/parked").text
    assert post(client, "/parked/retry", page="/parked").status_code == 403


def test_an_id_that_is_none_is_refused(site):
    assert post(site.client("order_manager"), "/parked/retry", {"step": "x"}, page="/parked").status_code == 400


@pytest.mark.parametrize("url", ["/worklist?after=garbage", "/parked?after=W10"])
def test_a_page_mark_that_is_not_ours_is_refused(site, url):
    assert site.client("order_manager").get(url).status_code == 422


@pytest.mark.parametrize(
    "query", ["endpoint=x", "_method=PUT", "_scheme=javascript&_external=1", "values=1", "_anchor=x"]
)
def test_what_a_visitor_calls_a_parameter_says_nothing_to_the_links_of_a_page(site, query):
    answer = site.client("order_manager").get(f"/worklist?{query}")
    assert answer.status_code == 200
    assert b"javascript:" not in answer.data
    assert f"/worklist?{query.replace('&', '&amp;')}&amp;view=overdue".encode() in answer.data
