"""A NUL in an address, a query, a cursor or a form is refused in plain words: it is no fault of the database."""

from __future__ import annotations

import base64
from urllib.parse import urlencode

import orjson
import pytest
from werkzeug.routing import Rule

from oms.accounts.rights import ROLES
from tests.web.caller import Caller, person
from tests.web.site import Site
from tests.web.test_rights import address, routes

NUL = "\x00"


@pytest.fixture
def boss(api: Site) -> Caller:
    """Somebody who may read everything."""
    return person(api, *[role for role in ROLES if role != "distributor"])


def _reading(site: Site) -> list[Rule]:
    return [rule for rule, method in routes(site.app) if method == "GET" and rule.endpoint != "static"]


def _cursor(*parts: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def test_a_path_with_nul_names_nothing(api: Site, boss: Caller) -> None:
    client, wrong, tried = api.app.test_client(), [], 0
    for rule in _reading(api):
        path = address(api.app, rule)
        if rule.arguments and "x7" in path:
            answer = client.get(path.replace("x7", "a%00b"), headers=boss.headers)
            tried += 1
            if answer.status_code != 404:
                wrong.append(f"{rule.rule} answered {answer.status_code}")
    assert (wrong, tried > 20) == ([], True)


def test_a_query_with_nul_is_refused_by_name(api: Site, boss: Caller) -> None:
    client, wrong = api.app.test_client(), []
    for rule in _reading(api):
        if rule.rule.startswith("/api/v1"):
            for name in ("cursor", "status", "q"):
                answer = client.get(f"{address(api.app, rule)}?{name}=a%00b", headers=boss.headers)
                told = answer.get_json(silent=True) or {}
                if answer.status_code != 400 or name not in told.get("fields", {}):
                    wrong.append(f"{rule.rule}?{name} answered {answer.status_code} {told}")
    assert wrong == []


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_a_cursor_that_holds_nul_is_not_ours(api: Site, boss: Caller, parts: int) -> None:
    client, wrong = api.app.test_client(), []
    for rule in _reading(api):
        if rule.rule.startswith("/api/v1"):
            query = urlencode({"cursor": _cursor(*[NUL] * parts)})
            answer = client.get(f"{address(api.app, rule)}?{query}", headers=boss.headers)
            if answer.status_code >= 500:
                wrong.append(f"{rule.rule} answered {answer.status_code}")
    assert wrong == []
    assert boss.get("/skus", cursor=_cursor(NUL)).status_code == 422


def test_a_form_with_nul_is_refused(api: Site) -> None:
    answer = api.app.test_client().post("/sign-in", data={"login": "a\x00b", "password": "p"})
    assert answer.status_code == 400
    assert "NUL" in answer.get_data(as_text=True)


def test_what_the_driver_itself_refuses_is_no_lost_line(
    api: Site, boss: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oms.web.plain_input.NUL", "\x01")
    answer = boss.get("/parcels/a%00b")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
