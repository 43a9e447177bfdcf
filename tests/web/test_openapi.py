"""The document is complete and true: calls made from it never break us, and every answer is as it says (S-58)."""

from __future__ import annotations

import time
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import text

from oms import db
from oms.accounts.rights import ROLES
from oms.orders.models import Order
from tests.factories.packed import booked, served_floor
from tests.factories.verification import make_house, make_web_order, verified
from tests.web.caller import Caller, person
from tests.web.test_rights import routes

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 3
#: The longest that the whole document may be driven, in seconds; on a loaded machine fewer examples are tried.
BUDGET_S = 25.0


@pytest.fixture
def known(api):
    """A house in which every list has something to show; what stands for each name in a path."""
    with api.transaction() as session:
        now = db.now(session)
        parcel = booked(session, served_floor(session), now).number
        held = make_web_order(session, make_house(session), buyer_message="ring twice")
        verified(session, held, now)
        held = session.get_one(Order, held.id).number
        row = session.execute(text("SELECT id, wave_id FROM fulfilment")).one()
        lists = session.execute(text("SELECT id FROM hand_over_list")).scalar_one()
        paper = session.execute(text("SELECT id FROM document LIMIT 1")).scalar_one()
    boss = person(api, *[role for role in ROLES if role != "distributor"])
    ticket = {"order": held, "kind": "question", "subject": "When?", "body": "When will it come?"}
    made = boss.post("/tickets", ticket)
    assert made.status_code == 201
    api.boss = boss
    api.refs = {
        "/orders/{ref}": held,
        "/orders/{ref}/timeline": held,
        "/waves/{ref}": row.wave_id,
        "/waves/{ref}/pick-list.pdf": row.wave_id,
        "/fulfilments/{ref}": row.id,
        "/fulfilments/{ref}/packing-slip.pdf": row.id,
        "/parcels/{ref}": parcel,
        "/parcels/{ref}/label.pdf": parcel,
        "/parcels/{ref}/label.zpl": parcel,
        "/hand-over-lists/{ref}": lists,
        "/hand-over-lists/{ref}.pdf": lists,
        "/tickets/{ref}": made.get_json()["number"],
        "/documents/{document_id}": paper,
        "/kpi/{month}": f"{now:%Y-%m}",
    }
    return api


def schema_of(site: Any) -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", site.app)


def test_every_api_route_is_in_the_document(site):
    paths = site.app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    told = {(path, method.upper()) for path, item in paths.items() for method in item if method != "parameters"}
    served = {
        (rule.rule.replace("<uuid:", "{").replace("<", "{").replace(">", "}"), method)
        for rule, method in routes(site.app)
        if rule.rule.startswith("/api/")
    }
    assert served - told == {("/api/v1/openapi.json", "GET")}


def test_every_operation_says_what_it_does_and_what_right_it_needs(site):
    paths = site.app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    operations = {f"{m} {p}": op for p, item in paths.items() for m, op in item.items() if m in ("get", "post")}
    assert [name for name, op in operations.items() if not op.get("summary")] == []
    assert [name for name, op in operations.items() if "x-right" not in op] == ["get /api/v1/me"]
    posts = [op for name, op in operations.items() if name.startswith("post ")]
    assert all(any(p["name"] == "Idempotency-Key" for p in op["parameters"]) for op in posts)


def test_what_is_there_answers_as_the_document_says(known):
    schema, wrong = schema_of(known), []
    for path, ref in known.refs.items():
        operation = schema[f"/api/v1{path}"]["GET"]
        name = path[path.index("{") + 1 : path.index("}")]
        case = operation.Case(path_parameters={name: str(ref)}, headers=known.boss.headers)
        answer = case.call()
        wrong += [f"{path}: {answer.status_code}"] if answer.status_code != 200 else []
        case.validate_response(answer, checks=CHECKS)
    assert wrong == []


def test_every_list_answers_as_the_document_says(known):
    schema = schema_of(known)
    lists = [op.ok() for op in schema.get_all_operations() if "{" not in op.ok().path and op.ok().method == "get"]
    for operation in lists:
        case = operation.Case(headers=known.boss.headers)
        answer = case.call()
        assert answer.status_code == 200, operation.label
        case.validate_response(answer, checks=CHECKS)
    assert len(lists) == 16


def test_no_call_made_from_the_document_breaks_us(known):
    ends = time.monotonic() + BUDGET_S
    tried = [drive(found.ok(), known.boss, ends) for found in schema_of(known).get_all_operations()]
    assert sum(tried) >= len(tried), "the machine is too slow: not even one call for each operation"


def drive(operation: Any, boss: Caller, ends: float) -> int:
    """Make a few calls, right and wrong ones; return how many."""
    tried = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def call(case: Any) -> None:
        nonlocal tried
        if tried and time.monotonic() > ends:
            return
        tried += 1
        case.call_and_validate(headers=boss.headers, checks=CHECKS)

    call()
    return tried
