"""The API, `/api/v1`: THE table of its capability files, and its OpenAPI 3.1 document."""

from __future__ import annotations

from flask import Blueprint as FlaskBlueprint
from flask import Flask, current_app, jsonify
from werkzeug.wrappers import Response

from oms.accounts.rights import ANYONE
from oms.web import auth
from oms.web.api import (
    account,
    changes,
    confirmations,
    customers,
    documents,
    goods,
    hand_over,
    kpi,
    messages,
    order_entry,
    orders,
    packing,
    parcels,
    published,
    purchase_orders,
    refunds,
    returns,
    reviews,
    samples,
    steps,
    supply,
    tickets,
    waves,
)
from oms.web.api.base import Api, Blueprint, Instant, Money, Qty
from oms.web.api.shapes import Text

PREFIX = "/api/v1"

#: One row a capability: add yours here.
CAPABILITIES: tuple[Blueprint, ...] = (
    account.blp,
    orders.blp,
    order_entry.blp,
    purchase_orders.blp,
    messages.blp,
    customers.blp,
    goods.blp,
    reviews.blp,
    samples.blp,
    confirmations.blp,
    changes.blp,
    steps.blp,
    supply.blp,
    waves.blp,
    packing.blp,
    parcels.blp,
    hand_over.blp,
    tickets.blp,
    returns.blp,
    refunds.blp,
    kpi.blp,
    documents.blp,
)

_ABOUT = (
    "Amounts and quantities are strings; times carry their zone; unknown fields are refused. Lists answer "
    "`items` and `next`: pass `next` as `cursor`. A POST with an `Idempotency-Key` does its work once. Refusals are "
    "`application/problem+json` with `code`, `detail` and `fields`."
)


def register(app: Flask) -> None:
    """Put every capability under `/api/v1` and publish the document."""
    app.config.update(
        API_TITLE="OMS",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={"info": {"description": _ABOUT}, "security": [{"key": []}]},
    )
    api = Api(app)
    for field in (Money, Qty):
        api.register_field(field, "string", "decimal")
    api.register_field(Instant, "string", "date-time")
    api.register_field(Text, "string", None)
    api.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    for capability in CAPABILITIES:
        # Pages have the same names: `orders.show` is a page, `api:orders.read` its data.
        api.register_blueprint(
            capability, name=published.NAMED + capability.name, url_prefix=PREFIX + (capability.url_prefix or "")
        )
    app.register_blueprint(_document(api))


def _document(api: Api) -> FlaskBlueprint:
    blueprint = FlaskBlueprint("openapi", __name__)

    @blueprint.get(f"{PREFIX}/openapi.json")
    @auth.right(ANYONE)
    def document() -> Response:
        """The OpenAPI document of this release."""
        return jsonify(published.document(api, current_app))

    return blueprint
