"""Every route x every role: whoever has no right stays out (G-1)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from oms.accounts.rights import ANYONE, OF_ONE_CHANNEL, OPEN, RIGHTS, ROLES, may, rights_of
from oms.web import auth

_VALUES = {"UUIDConverter": uuid.UUID(int=7), "IntegerConverter": 7, "UnicodeConverter": "x7", "PathConverter": "x7"}


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield rule, method


def address(app: Flask, rule: Rule) -> str:
    values = {name: _VALUES[type(rule._converters[name]).__name__] for name in rule.arguments}
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def test_every_route_names_its_right(site):
    nameless = [f"{m} {r.rule}" for r, m in routes(site.app) if auth.right_of(site.app, r.endpoint, m) is None]
    assert nameless == [], "put @right(...) on their views"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reaches_exactly_the_routes_of_its_rights(site, role):
    headers, client, wrong = site.key(role), site.app.test_client(), []
    for rule, method in routes(site.app):
        needed = auth.right_of(site.app, rule.endpoint, method)
        answer = client.open(address(site.app, rule), method=method, headers=headers)
        shut = answer.status_code == 403
        if needed != ANYONE and shut == may([role], str(needed)):
            wrong.append(f"{method} {rule.rule} [{needed}] answered {answer.status_code}")
        if answer.status_code == 500:
            wrong.append(f"{method} {rule.rule} broke")
    assert wrong == []


def test_a_key_of_one_channel_reaches_no_route_that_looks_at_all_of_them(site):
    roles = [role for role in ROLES if role != "distributor"]
    headers, client, wrong = site.key(*roles, channel_id=uuid.uuid4()), site.app.test_client(), []
    for rule, method in routes(site.app):
        needed = str(auth.right_of(site.app, rule.endpoint, method))
        answer = client.open(address(site.app, rule), method=method, headers=headers)
        if needed not in OPEN and (answer.status_code == 403) == (needed in OF_ONE_CHANNEL):
            wrong.append(f"{method} {rule.rule} [{needed}] answered {answer.status_code}")
    assert wrong == []
    assert client.get("/api/v1/me", headers=headers).get_json()["rights"] == sorted(OF_ONE_CHANNEL)


def test_a_stranger_reaches_only_what_is_open_to_anyone(site):
    client, wrong = site.app.test_client(), []
    for rule, method in routes(site.app):
        answer = client.open(address(site.app, rule), method=method)
        asked = answer.status_code in (401, 403) or "/sign-in" in answer.headers.get("Location", "")
        if auth.right_of(site.app, rule.endpoint, method) != ANYONE and not asked:
            wrong.append(f"{method} {rule.rule} answered {answer.status_code}")
    assert wrong == []


def test_a_route_that_names_no_right_is_shut_even_to_admins(own_site):
    own_site.app.add_url_rule("/forgotten", view_func=lambda: "secret")
    answer = own_site.app.test_client().get("/forgotten", headers=own_site.key("admin"))
    assert answer.status_code == 403
    assert b"secret" not in answer.data


def test_a_right_that_is_not_in_the_table_cannot_be_named():
    with pytest.raises(ValueError, match="no right"):
        auth.right("order.everything")


def test_every_right_has_a_holder_and_every_holder_is_a_role():
    assert all(RIGHTS.values())
    assert {role for roles in RIGHTS.values() for role in roles} <= set(ROLES)


def test_the_auditor_reads_and_changes_nothing():
    assert {right.rpartition(".")[2] for right in rights_of(["auditor"])} <= {"read", "person"}


def test_who_asks_for_money_back_does_not_pay_it_out():
    assert not RIGHTS["refund.request"] & RIGHTS["refund.pay"]


def test_an_unknown_right_is_nobodys():
    assert not may(ROLES, "no.such.right")
