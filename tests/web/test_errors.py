"""Refusals: problem+json to machines, a page to people, nothing of our inside to anyone."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import create_engine

from oms.db import Database
from oms.errors import IllegalTransition, InputInvalid
from oms.web import create_app
from oms.web.auth import right
from tests.torture import answered
from tests.web.site import Site
from tests.web.test_rights import address, routes


def test_an_unknown_api_path_is_a_problem_document_with_the_requests_id(site):
    answer = site.app.test_client().get("/api/v1/nothing", headers={"X-Request-ID": "abcd-1234-efgh"})
    assert answer.content_type == "application/problem+json"
    assert answer.headers["X-Request-ID"] == "abcd-1234-efgh"
    assert answer.json == {
        "type": "urn:oms:problem:not_found", "title": "Not Found", "status": 404, "code": "not_found", "fields": {},
        "detail": "there is nothing here, or it is not yours to see", "request_id": "abcd-1234-efgh",
    }  # fmt: skip


def test_a_request_id_that_could_break_a_log_line_is_replaced(site):
    answer = site.app.test_client().get("/healthz", headers={"X-Request-ID": "evil id with spaces"})
    assert answer.headers["X-Request-ID"] != "evil id with spaces"


@pytest.mark.parametrize("url", ["/api/v1/me", "/language", "/webhooks/shop"])
def test_a_wrong_method_says_which_are_right(site, url):
    answer = site.app.test_client().delete(url)
    assert answer.status_code == 405
    assert {"GET", "POST"} & set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize(("language", "words"), [("en-GB", "There is nothing here"), ("zh-CN", "页面不存在")])
def test_people_get_a_page_in_their_language(site, language, words):
    answer = site.app.test_client().get("/nowhere", headers={"Accept-Language": language})
    assert answer.status_code == 404
    assert words in answer.text
    assert f'lang="{"zh-Hans" if language == "zh-CN" else "en"}"' in answer.text


@pytest.mark.parametrize("url", ["/api/v1/boom", "/boom"])
def test_a_fault_of_ours_tells_nothing_of_our_inside_and_is_heard_by_who_reads_the_log(own_site, url, capsys, tmp_path):
    def boom() -> str:
        raise RuntimeError("canary-7 SELECT * FROM staff at /srv/oms")

    own_site.app.add_url_rule(url, view_func=right("order.read")(boom))
    answer = own_site.app.test_client().get(url, headers=own_site.key("auditor"))
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in answer.text
    log = capsys.readouterr().err
    assert not any(word in answer.text + log for word in ("canary-7", "SELECT", "/srv/oms", "Traceback"))
    assert any(json.loads(line)["event"] == "request failed" for line in log.splitlines())
    (tmp_path / "web.log").write_text(log)
    assert answered.unheard(tmp_path) == []
    assert answered.faults(tmp_path) == [f"500: 1 x GET {url} was answered 500"]


def test_named_faults_carry_their_code_and_fields(own_site):
    def wrong() -> str:
        raise InputInvalid("2 things are wrong", fields={"lines.0.qty": "write it as a string"})

    def late() -> str:
        raise IllegalTransition("order 1042: verified -> shipped is not allowed")

    own_site.app.add_url_rule("/api/wrong", view_func=right("order.read")(wrong))
    own_site.app.add_url_rule("/api/late", view_func=right("order.read")(late))
    client, headers = own_site.app.test_client(), own_site.key("auditor")
    assert client.get("/api/wrong", headers=headers).json["fields"] == {"lines.0.qty": "write it as a string"}
    refused = client.get("/api/late", headers=headers)
    assert (refused.status_code, refused.json["code"]) == (409, "illegal_transition")


def test_without_the_database_pages_and_api_say_try_again(app_settings):
    nowhere = create_engine("postgresql+psycopg://oms@/none?host=/nonexistent")
    client = create_app(settings=app_settings, database=Database(nowhere)).test_client()
    api = client.get("/api/v1/me", headers={"Authorization": "Bearer x_y"})
    client.set_cookie("oms-session", "some")
    page = client.get("/")
    assert (api.status_code, page.status_code) == (503, 503)
    assert api.headers["Retry-After"]
    assert "Not available at the moment" in page.text


def test_every_answer_carries_the_security_headers(site):
    client, headers = site.app.test_client(), site.key("admin")
    for rule, method in routes(site.app):
        answer = client.open(address(site.app, rule), method=method, headers=headers)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer.headers["Cache-Control"] or rule.endpoint == "static"


def test_addresses_told_by_proxies_count_only_when_a_proxy_is_configured(own_site):
    own_site.app.add_url_rule(
        "/api/seen", view_func=right("order.read")(lambda: __import__("flask").request.remote_addr)
    )
    headers = own_site.key("auditor") | {"X-Forwarded-For": "203.0.113.9"}
    assert own_site.app.test_client().get("/api/seen", headers=headers).text == "127.0.0.1"


def test_the_log_line_has_the_route_and_no_secret(site, capsys):
    client = Site(site.app, site.database, site.settings).app.test_client()
    client.get("/api/v1/me?phone=13800138000", headers={"Authorization": "Bearer oms123_secret", "Cookie": "a=canary"})
    [line] = [json.loads(line) for line in capsys.readouterr().err.splitlines() if '"request"' in line]
    assert (line["route"], line["status"]) == ("/api/v1/me", 401)
    assert not any(word in json.dumps(line) for word in ("13800138000", "oms123", "canary"))


def test_a_refusal_on_a_page_of_its_own_is_told_in_the_readers_language(site):
    chinese = {"Accept-Language": "zh-CN"}
    client = site.client("warehouse", language="zh_Hans")
    form = client.post("/language", data={"language": "en"}, headers=chinese)
    assert (form.status_code, "表单已过期" in form.text, "out of date" in form.text) == (403, True, False)
    right = client.get("/settings", headers=chinese)
    assert (right.status_code, "您的角色没有此权限" in right.text, "your role" in right.text) == (403, True, False)
    cursor = client.get("/worklist?after=x", headers=chinese)
    assert (cursor.status_code, "翻页标记无效" in cursor.text, "cursor" in cursor.text) == (422, True, True)
    month = site.client("order_manager", language="zh_Hans").get("/kpi/soon", headers=chinese)
    assert (month.status_code, "请写作 2026-11" in month.text, "write it" in month.text) == (422, True, False)
