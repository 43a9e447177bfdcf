"""A form is taken only from a page of ours, open in this browser and session."""

from __future__ import annotations

import pytest

from tests.web.site import post, sign_in, token_in


def test_a_form_without_a_token_is_refused(site):
    client = site.client("finance")
    assert client.post("/language", data={"language": "zh_Hans"}).status_code == 403


def test_a_header_that_is_no_key_is_no_reason_to_take_a_form_without_a_token(site):
    client, header = site.client("finance"), {"Authorization": "Basic eDp5"}
    for url, data in (("/sign-out", {}), ("/sign-in", {"login": "x", "password": "y"})):
        assert client.post(url, data=data, headers=header).status_code == 403
    assert client.get("/").status_code == 200, "still signed in"


def test_a_token_of_another_browser_is_refused(site):
    client, other = site.client("finance"), site.client("finance")
    token = token_in(other.get("/"))
    assert client.post("/language", data={"language": "zh_Hans", "csrf_token": token}).status_code == 403


def test_a_token_from_before_signing_in_is_worth_nothing_after(site):
    client, login = site.app.test_client(), site.person("finance")
    before = token_in(client.get("/sign-in"))
    sign_in(client, login)
    assert client.post("/language", data={"language": "en", "csrf_token": before}).status_code == 403


@pytest.mark.parametrize(
    "header",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}, {"Origin": "http://["}],
)
def test_a_right_token_from_a_foreign_page_is_refused(site, header):
    client = site.client("finance")
    data = {"language": "zh_Hans", "csrf_token": token_in(client.get("/"))}
    assert client.post("/language", data=data, headers=header).status_code == 403


def test_a_right_token_in_a_header_is_taken(site):
    client = site.client("finance")
    token = token_in(client.get("/"))
    assert client.post("/language", data={"language": "en"}, headers={"X-CSRF-Token": token}).status_code == 302


def test_reading_changes_nothing(site):
    client = site.client("order_manager")
    counts = "SELECT (SELECT count(*) FROM step), (SELECT count(*) FROM history_entry), (SELECT count(*) FROM staff)"
    before = site.rows(counts)
    for url in ("/", "/worklist", "/parked", "/sign-in", "/sign-out", "/language"):
        client.get(url)
    assert site.rows(counts) == before


def test_a_language_is_kept_with_the_person(site):
    client = site.client("finance", login="fin")
    post(client, "/language", {"language": "zh_Hans", "next": "/worklist"}, page="/")
    assert site.rows("SELECT language FROM staff") == [("zh_Hans",)]
    assert "待办列表" in client.get("/worklist").text
