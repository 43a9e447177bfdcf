"""An API call with an Idempotency-Key does its work once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from oms import db
from oms.accounts import staff
from oms.errors import Conflict
from oms.web.api.base import Blueprint, Schema
from oms.web.api.idempotent import idempotent
from oms.web.auth import me, right
from oms.web.edge import transaction
from tests.web.site import PASSWORD

URL = "/api/v1/people"


@pytest.fixture
def people_api(own_site):
    """An API call whose work can be counted: it creates a person."""
    blp = Blueprint("people", __name__)
    own_site.calls, own_site.pause, own_site.pause_s = [], threading.Event(), 0.2

    @blp.post("/people")
    @idempotent
    @blp.response(201, Schema)
    @right("staff.change")
    def create():
        own_site.calls.append(1)
        with transaction() as session:
            new = staff.NewStaff(f"p{len(own_site.calls)}", "P", ["hr"], PASSWORD)
            staff.create(session, new=[new], environment="test", actor=me().actor, now=db.now(session))
        own_site.pause.wait(own_site.pause_s)
        if len(own_site.calls) == getattr(own_site, "fails_at", 0):
            raise Conflict("not this time")
        return {}, 201, {"Location": f"/people/{len(own_site.calls)}"}

    own_site.app.extensions["flask-smorest"]["apis"][""]["ext_obj"].register_blueprint(blp, url_prefix="/api/v1")
    own_site.headers = own_site.key("admin")
    return own_site


def call(site, key="k1", body=None):
    return site.app.test_client().post(URL, json=body or {}, headers=site.headers | {"Idempotency-Key": key})


def test_a_repeat_gets_the_first_answer_and_does_nothing(people_api):
    first, second = call(people_api), call(people_api)
    assert (first.status_code, first.json, first.headers["Location"]) == (201, {}, "/people/1")
    assert (second.status_code, second.json, second.headers["Location"]) == (201, {}, "/people/1")
    assert second.headers["Idempotent-Replayed"] == "true"
    assert people_api.rows("SELECT count(*) FROM staff") == [(1,)]


def test_another_body_under_the_same_key_is_refused(people_api):
    call(people_api)
    answer = call(people_api, body={"other": "1"})
    assert (answer.status_code, answer.json["code"]) == (409, "key_reused")


def test_the_same_key_of_another_caller_is_another_key(people_api):
    call(people_api)
    people_api.headers = people_api.key("admin")
    assert call(people_api).headers["Location"] == "/people/2"


def test_a_refused_call_leaves_nothing_and_frees_its_key(people_api):
    people_api.fails_at = 1
    assert call(people_api).status_code == 409
    assert people_api.rows("SELECT count(*) FROM staff") == [(0,)]
    assert call(people_api).status_code == 201


def test_calls_at_the_same_time_do_the_work_once(people_api, monkeypatch):
    monkeypatch.setattr("oms.accounts.idempotency.WAIT_MS", 20_000)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: call(people_api), range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert people_api.rows("SELECT count(*) FROM staff") == [(1,)]


def test_a_call_whose_first_is_still_at_work_is_told_to_come_again(people_api, monkeypatch):
    monkeypatch.setattr("oms.accounts.idempotency.WAIT_MS", 50)
    people_api.pause_s = 20
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(call, people_api)
        while not people_api.calls:
            threading.Event().wait(0.01)
        try:
            second = call(people_api)
        finally:
            people_api.pause.set()
        assert first.result().status_code == 201
    assert (second.status_code, second.json["code"], second.headers["Retry-After"]) == (409, "in_progress", "1")


@pytest.mark.parametrize("key", ["x" * 129, "\x01", "ключ".encode().decode("latin-1")])
def test_a_key_that_is_no_short_plain_text_is_refused(people_api, key):
    assert call(people_api, key=key).status_code == 422


def test_a_view_that_answers_although_one_of_its_transactions_failed_keeps_nothing(own_site):
    """There are no savepoints: what the failed part wrote would otherwise be committed with the answer."""
    blp = Blueprint("careless", __name__)

    @blp.post("/careless")
    @idempotent
    @blp.response(201, Schema)
    @right("staff.change")
    def create():
        try:
            with transaction() as session:
                new = staff.NewStaff("half", "P", ["hr"], PASSWORD)
                staff.create(session, new=[new], environment="test", actor=me().actor, now=db.now(session))
                raise Conflict("half way")
        except Conflict:
            return {}, 201

    own_site.app.extensions["flask-smorest"]["apis"][""]["ext_obj"].register_blueprint(blp, url_prefix="/api/v1")
    headers = own_site.key("admin") | {"Idempotency-Key": "k1"}
    answer = own_site.app.test_client().post("/api/v1/careless", json={}, headers=headers)
    assert answer.status_code == 500
    assert own_site.rows("SELECT count(*) FROM staff WHERE login = 'half'") == [(0,)]
    assert own_site.rows("SELECT count(*) FROM idempotency_key") == [(0,)]
