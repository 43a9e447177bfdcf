"""What every API file stands on: strict fields, cursors, the document."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import marshmallow as ma
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.clock import YEARS
from oms.errors import InputInvalid
from oms.web.api import paging
from oms.web.api.base import Blueprint, Money, Qty, Schema, paged
from oms.web.auth import right


class Row(Schema):
    price = Money(required=True)
    qty = Qty(required=True)


_TEXTS = [
    "1e9",
    "NaN",
    "Infinity",
    "-",
    "",
    " 1",
    "1 ",
    "1\n",
    "1.",
    ".5",
    "01",
    "１",
    "1,0",
    "0x1",
    "1" * 20,
    "1.2345678",
]


@pytest.mark.parametrize("value", [19.9, 19, True, None, {}, [], *_TEXTS])
def test_an_amount_that_is_no_plain_decimal_string_is_refused(value):
    with pytest.raises(ma.ValidationError):
        Row().load({"price": value, "qty": "1"})


@pytest.mark.parametrize("value", [2, 2.0, False, "-1", "1.2345", "10 ", *_TEXTS])
def test_a_quantity_that_is_no_plain_decimal_string_is_refused(value):
    with pytest.raises(ma.ValidationError, match="as a string"):
        Row().load({"price": "1", "qty": value})


@given(st.decimals(min_value=0, max_value=10**9, places=3))
def test_a_quantity_comes_back_as_it_was_written(value):
    written = Row().dump({"price": value, "qty": value})
    assert Row().load(written) == {"price": value, "qty": value}


def test_whole_quantities_print_without_a_point():
    assert Row().dump({"price": Decimal("19.90"), "qty": Decimal("1E+2")}) == {"price": "19.90", "qty": "100"}


def test_a_field_that_is_not_named_is_refused():
    with pytest.raises(ma.ValidationError, match="Unknown field"):
        Row().load({"price": "1", "qty": "1", "status": "paid"})


MOMENTS = st.datetimes(datetime(YEARS.start, 1, 1), datetime(YEARS.stop - 1, 12, 31), timezones=st.just(UTC))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40), st.uuids(), MOMENTS)
def test_a_cursor_gives_back_its_key(text, number, at):
    assert paging.decode(paging.encode((text, number, at)), str, uuid.UUID, datetime) == (text, number, at)


@given(st.text(max_size=60))
def test_a_cursor_that_is_not_ours_is_refused_never_a_fault(text):
    with pytest.raises(InputInvalid, match="cursor"):
        paging.decode(text, datetime, uuid.UUID)


def test_one_row_too_many_says_that_there_is_a_next_page():
    body = paging.page([1, 2, 3], limit=2, key=lambda row: (row,))
    assert body["items"] == [1, 2]
    assert paging.decode(body["next"], int) == (2,)
    assert paging.page([1, 2], limit=2, key=lambda row: (row,))["next"] is None


@pytest.fixture
def rows_api(own_site):
    """An API file as others write them."""
    blp = Blueprint("rows", __name__)

    @blp.post("/rows")
    @blp.arguments(Row)
    @blp.response(201, Row)
    @right("order.enter")
    def enter(new):
        return new

    @blp.get("/rows")
    @blp.arguments(paging.PageArgs, location="query")
    @blp.response(200, paged(Row, "Rows"))
    @right("order.read")
    def index(args):
        return paging.page([], limit=args["limit"], key=lambda row: ())

    own_site.app.extensions["flask-smorest"]["apis"][""]["ext_obj"].register_blueprint(blp, url_prefix="/api/v1")
    return own_site


def test_what_the_schema_refuses_is_told_field_by_field(rows_api):
    answer = rows_api.app.test_client().post(
        "/api/v1/rows", json={"price": 1.5, "colour": "red"}, headers=rows_api.key("sales_rep")
    )
    assert answer.status_code == 422
    assert answer.json["code"] == "input_invalid"
    assert set(answer.json["fields"]) == {"price", "qty", "colour"}
    assert "19.90" in answer.json["fields"]["price"]


@pytest.mark.parametrize("query", ["?color=red", "?limit=0", "?limit=201", "?limit=x", "?api_key=oms1_x"])
def test_a_query_that_is_not_documented_is_refused(rows_api, query):
    assert rows_api.app.test_client().get(f"/api/v1/rows{query}", headers=rows_api.key("auditor")).status_code == 422


@pytest.mark.parametrize("body", [b"[" * 10_000 + b"]" * 10_000, b"{", b"\xff", b'{"price": NaN}', b""])
def test_a_body_that_is_no_json_is_refused_and_never_breaks(rows_api, body):
    answer = rows_api.app.test_client().post(
        "/api/v1/rows", data=body, content_type="application/json", headers=rows_api.key("sales_rep")
    )
    assert answer.status_code in (400, 422)
    assert answer.content_type == "application/problem+json"


def test_the_document_is_openapi_3_1_and_shows_amounts_as_strings_with_their_pattern(rows_api):
    document = rows_api.app.test_client().get("/api/v1/openapi.json").json
    price = document["components"]["schemas"]["Row"]["properties"]["price"]
    assert document["openapi"] == "3.1.0"
    assert (price["type"], price["format"], price["pattern"]) == ("string", "decimal", Money.pattern)
    assert "/api/v1/me" in document["paths"]


def test_a_key_learns_who_it_is(site):
    answer = site.app.test_client().get("/api/v1/me", headers=site.key("buyer"))
    assert answer.json["roles"] == ["buyer"]
    assert "supply.work" in answer.json["rights"]


def test_a_revoked_key_and_one_in_the_query_open_nothing(site):
    headers, client = site.key("buyer"), site.app.test_client()
    secret = headers["Authorization"].removeprefix("Bearer ")
    assert client.get(f"/api/v1/me?key={secret}").status_code == 401
    site.rows("UPDATE api_key SET revoked_at = now() RETURNING id")
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_keys_are_stored_only_as_hashes(site):
    secret = site.key("buyer")["Authorization"].partition("_")[2]
    [[row]] = site.rows("SELECT row_to_json(k)::text FROM api_key k")
    assert secret not in row
