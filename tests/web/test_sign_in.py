"""Signing in and out: throttle, session life, cookies, redirects."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oms import db
from oms.accounts import passwords, staff
from oms.errors import InputInvalid
from oms.web import create_app
from oms.web.auth import safe_next
from tests.web.site import PASSWORD, post, sign_in


def test_the_right_password_opens_the_first_page(site):
    client = site.client("order_specialist")
    assert client.get("/").status_code == 200


def test_an_unknown_login_is_told_like_a_wrong_password(site):
    known, unknown = site.app.test_client(), site.app.test_client()
    wrong = sign_in(known, site.person("finance", login="fin"), "not the password")
    nobody = sign_in(unknown, "nobody", "not the password")
    assert wrong.status_code == nobody.status_code == 401
    assert "Login or password is wrong" in wrong.text
    assert "Login or password is wrong" in nobody.text


def test_the_sixth_guess_in_a_quarter_of_an_hour_is_not_even_looked_at(site):
    client, login = site.app.test_client(), site.person("finance")
    for _ in range(5):
        sign_in(client, login, "wrong wrong wrong")
    assert sign_in(client, login, PASSWORD).status_code == 401
    site.later(timedelta(minutes=15, seconds=1))
    assert sign_in(client, login, PASSWORD).status_code == 302


def test_a_success_forgets_the_wrong_guesses_before_it(site):
    client, login = site.app.test_client(), site.person("finance")
    for _ in range(4):
        sign_in(client, login, "wrong wrong wrong")
    assert sign_in(client, login).status_code == 302
    assert site.rows("SELECT failed_logins, locked_until FROM staff")[0] == (0, None)


def test_a_session_ends_after_half_an_hour_without_a_request(site):
    client = site.client("finance")
    site.later(timedelta(minutes=29))
    assert client.get("/").status_code == 200
    site.later(timedelta(minutes=29 + 31))
    assert client.get("/").headers["Location"].startswith("/sign-in")


def test_a_session_ends_after_twelve_hours_however_busy(site):
    client = site.client("finance")
    for quarter in range(1, 48):
        site.later(timedelta(minutes=15 * quarter))
        assert client.get("/").status_code == 200
    site.later(timedelta(hours=12, seconds=1))
    assert client.get("/").status_code == 302


def test_disabling_a_person_shuts_their_open_session_and_key_at_once(site):
    client = site.client("finance", login="fin")
    with site.transaction() as session:
        now = db.now(session)
        staff.disable(session, staff_ids=[site.people["fin"]], actor="test", why="left", now=now)
    assert client.get("/").status_code == 302
    assert sign_in(site.app.test_client(), "fin").status_code == 401


def test_signing_out_ends_the_session_at_the_server_and_clears_the_browser(site):
    client = site.client("finance")
    stolen = client.get_cookie("oms-session")
    answer = post(client, "/sign-out", page="/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    thief = site.app.test_client()
    thief.set_cookie("oms-session", stolen.value)
    assert thief.get("/").status_code == 302


def test_a_session_that_was_planted_before_signing_in_is_not_used(site):
    client = site.app.test_client()
    client.set_cookie("oms-session", "planted")
    sign_in(client, site.person("finance"))
    assert client.get_cookie("oms-session").value != "planted"


def test_tokens_and_passwords_are_stored_only_as_hashes(site):
    client = site.client("finance")
    token = client.get_cookie("oms-session").value
    [[row]] = site.rows(
        "SELECT row_to_json(s)::text || (SELECT row_to_json(l)::text FROM login_session l) FROM staff s"
    )
    assert token not in row
    assert PASSWORD not in row
    assert "$argon2id$" in row


def test_cookies_over_https_are_bound_to_the_host(site):
    app = create_app(settings=replace(site.settings, base_url="https://oms.example"), database=site.database)
    answer = sign_in(app.test_client(), site.person("finance"))
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-oms-session", "__Host-oms-browser"}
    assert all(word in cookie for cookie in cookies for word in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"))
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "\\evil",
        "https:evil",
        "https://evil",
        "javascript:alert(1)",
        "",
        None,
        "/a\nb",
    ],
)
def test_no_address_of_another_site_is_gone_to_after_signing_in(target):
    assert safe_next(target) == "/"


def test_after_signing_in_the_page_that_was_wanted_is_shown(site):
    client, login = site.app.test_client(), site.person("finance")
    wanted = client.get("/worklist?view=mine").headers["Location"]
    assert wanted == "/sign-in?next=/worklist?view%3Dmine"
    assert sign_in(client, login, target="/worklist?view=mine").headers["Location"] == "/worklist?view=mine"


def test_production_hashes_cost_what_owasp_asks_for():
    made = passwords.hash_new("correct horse battery", login="x", environment="production")
    assert "$argon2id$v=19$m=32768,t=3,p=1$" in made
    assert passwords.outdated(made, environment="test")


@pytest.mark.parametrize("password", ["short", "x" * 129, "aaaaaaaaaaaaa", "Password1234", "is ann here today"])
def test_a_weak_password_is_refused_with_what_is_wrong(password):
    with pytest.raises(InputInvalid, match="the password"):
        passwords.hash_new(password, login="ann", environment="test")


def _change(client, now=PASSWORD, new="other leaves in autumn", again=None):
    given = {"password": now, "new": new, "again": new if again is None else again}
    return post(client, "/password", given, page="/password")


def test_a_person_changes_their_own_password_and_stays_signed_in_here_alone(site):
    client, elsewhere = site.client("finance", login="fin"), site.app.test_client()
    sign_in(elsewhere, "fin")
    answer = _change(client)
    assert answer.headers["Location"] == "/?said=password_changed"
    assert client.get(answer.headers["Location"]).status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert sign_in(site.app.test_client(), "fin").status_code == 401
    assert sign_in(site.app.test_client(), "fin", "other leaves in autumn").status_code == 302
    assert site.rows("SELECT actor FROM history_entry WHERE event = 'staff.password_set'")[0] == ("fin",)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"now": "wrong wrong wrong"}, "不正确"),
        ({"again": "other leaves in winter"}, "不一致"),
        ({"new": "short"}, "至少 12 个字符"),
        ({"new": "the fin of a shark"}, "不得包含账号"),
    ],
)
def test_a_password_that_cannot_be_is_refused_in_the_persons_language(site, given, words):
    client = site.client("finance", login="fin", language="zh_Hans")
    answer = _change(client, **given)
    assert answer.status_code == 422
    assert words in answer.text
    assert sign_in(site.app.test_client(), "fin").status_code == 302


def test_an_open_screen_is_no_place_to_guess_the_password(site):
    client = site.client("finance", login="fin")
    for _ in range(5):
        assert _change(client, now="wrong wrong wrong").status_code == 422
    assert _change(client).status_code == 422
    assert site.rows("SELECT failed_logins FROM staff") == [(5,)]


def test_a_key_has_no_password(site):
    assert site.app.test_client().get("/password", headers=site.key("admin")).status_code == 404


def test_the_right_password_is_no_guess_however_often_the_new_one_is_refused(site):
    client = site.client("finance", login="fin")
    for _ in range(5):
        assert _change(client, new="short").status_code == 422
    assert sign_in(site.app.test_client(), "fin").status_code == 302
    for _ in range(5):
        assert _change(client, new="short").status_code == 422
    assert _change(client).status_code == 302
