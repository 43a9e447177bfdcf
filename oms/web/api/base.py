"""What every API file builds on: strict schemas, amounts as strings, problem documents.

A capability's file: its schemas on top, then `blp = Blueprint("orders", ...)` and its views, one
`@right(...)` each; then a row in `oms/web/api/__init__.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import flask_smorest
import marshmallow as ma
from flask import Request, current_app
from flask_smorest import Api as _Api
from marshmallow import fields, validate
from webargs.core import missing
from webargs.flaskparser import FlaskParser

from oms.clock import YEARS, possible
from oms.errors import Refused

MONEY_PATTERN = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?$"
QTY_PATTERN = r"^(0|[1-9][0-9]{0,10})(\.[0-9]{1,3})?$"


class Schema(ma.Schema):
    """A field that is not named is refused, in bodies and in queries."""

    class Meta:
        unknown = ma.RAISE
        # The order of the class is the order of the document.
        ordered = True


class _DecimalText(fields.Field[Decimal]):
    """A decimal as a string; a JSON number is refused, since it has been through a float somewhere."""

    pattern = ""
    hint = ""

    def __init__(self, **kwargs: Any) -> None:
        checks = [validate.Regexp(self.pattern, error=self.hint)]
        super().__init__(**kwargs)
        # The published schema shows the pattern that the code enforces.
        self.metadata = {"pattern": self.pattern, **self.metadata}
        self._text_checks = checks

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else plain(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Decimal:
        if not isinstance(value, str):
            raise ma.ValidationError(self.hint)
        # `$` in Python also fits before a last line end, so the whole text is matched.
        if re.fullmatch(self.pattern.strip("^$"), value, re.ASCII) is None:
            raise ma.ValidationError(self.hint)
        return Decimal(value)


class Money(_DecimalText):
    """An amount in the currency that stands beside it."""

    pattern = MONEY_PATTERN
    hint = 'write the amount as a string such as "19.90", not as a number'


class Qty(_DecimalText):
    """A quantity of at most three decimals; whole numbers print without a point."""

    pattern = QTY_PATTERN
    hint = 'write the quantity as a string such as "2" or "1.5", not as a number'

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else plain(value.normalize())


def plain(value: Decimal) -> str:
    """The digits without an exponent."""
    return f"{value:f}"


class Written(fields.Nested):
    """What the view has written as JSON already: its schema tells of it, and it is passed on as it is.

    For lists that may have hundreds of rows, which marshmallow would ask for each field by name.
    """

    def _serialize(self, nested_obj: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        return nested_obj


class Instant(fields.AwareDateTime):
    """A time with its zone, ISO 8601; one without a zone is refused, and one beyond the years of business."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, *args: Any, **kwargs: Any) -> datetime:
        found = super()._deserialize(*args, **kwargs)
        if not possible(found):
            raise ma.ValidationError(f"give a year from {YEARS.start} to {YEARS.stop - 1}")
        return found


class Problem(ma.Schema):
    """A refusal: what, where and how to mend it (RFC 9457)."""

    type = fields.String(metadata={"description": "urn:oms:problem:<code>"})
    title = fields.String()
    status = fields.Integer()
    code = fields.String(metadata={"description": "stable, for programs"})
    detail = fields.String(metadata={"description": "for people"})
    fields_ = fields.Dict(
        data_key="fields",
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "field -> how to mend it"},
    )
    request_id = fields.String(metadata={"description": "tell it to us when you ask for help"})


class WrongMediaType(Refused):
    """A body of another kind than JSON."""

    code = "wrong_media_type"
    status = 415


class NotJson(Refused):
    """A body that cannot be read at all."""

    code = "bad_request"
    status = 400


class _Parser(FlaskParser):
    """Unknown query parameters are refused as unknown fields are."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": ma.RAISE,
        "json": ma.RAISE,
        "form": ma.RAISE,
    }

    def _raw_load_json(self, req: Request) -> Any:
        """Read the body with our own reader, which no depth of nesting breaks."""
        body = req.get_data(cache=True)
        if not body:
            return missing
        if not req.is_json:
            raise WrongMediaType("send the body as application/json", fields={"Content-Type": "application/json"})
        try:
            return current_app.json.loads(body)
        except ValueError as fault:
            raise NotJson(f"the body is no JSON: {fault}", fields={"body": "send one JSON document"}) from fault


class Blueprint(flask_smorest.Blueprint):
    """A capability's part of the API; `/api/v1` is put before its paths."""

    ARGUMENTS_PARSER = _Parser()


class Api(_Api):
    """flask-smorest, with errors left to `oms/web/errors.py` and the document served by ourselves."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Ours keep Allow, answer problem+json and know the OmsError tree."""

    def _register_doc_blueprint(self) -> None:
        """The document's route needs a right like any other: see `oms/web/api/__init__.py`."""


def paged(item: type[ma.Schema], name: str) -> type[Schema]:
    """The schema of a page of `item`: `{"items": [...], "next": cursor or null}`."""
    made = Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True, allow_none=True, metadata={"description": "pass it as `cursor` for the next page"}
            ),
        },
        name=name,
    )
    return cast("type[Schema]", made)
