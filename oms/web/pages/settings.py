"""The business numbers: what holds now, who set it, why, and from when on; nothing that was is rewritten (G-6)."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import groupby

from flask import Blueprint, Response, request
from flask_babel import get_locale, gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.accounts import names
from oms.errors import InputInvalid, NotFound, Refused
from oms.journey import policy
from oms.journey.policy_defaults import POLICY, PolicyRow
from oms.web import edge
from oms.web.auth import me, right
from oms.web.pages import acting, order_story

pages = Blueprint("settings", __name__)

_WHOLE = re.compile(r"-?[0-9]{1,12}")


@pages.get("/settings")
@right("settings.read")
def index() -> Response:
    """All numbers by group, with the value that holds now; changed ones are marked."""
    term = request.args.get("q", "").strip().lower()
    with edge.transaction() as session:
        holds = policy.read(session, db.now(session))
    rows = [row for row in POLICY.values() if term in f"{row.key} {row.en} {row.zh}".lower()]
    rows.sort(key=_group)
    groups = [(name, list(own)) for name, own in groupby(rows, key=_group)]
    return acting.page("settings/index.html", groups=groups, holds=holds, about=_about)


@pages.get("/settings/<key>")
@right("settings.read")
def show(key: str) -> Response:
    """One number with its history, and the form that sets it."""
    return _page(key)


@pages.post("/settings/<key>")
@right("settings.change")
def change(key: str) -> AnyResponse:
    """Set a number from a moment on, with the reason."""
    row = _row(key)

    def work(session: Session, now: datetime) -> None:
        policy.set_value(
            session,
            key=row.key,
            value=_value(row),
            valid_from=acting.at("valid_from") or now,
            actor=me().actor,
            why=acting.text("why", longest=500),
            now=now,
        )

    result = acting.tried(work)
    if isinstance(result, Refused):
        return _page(key, result)
    return acting.done("settings.show", "setting_kept", key=key)


def _value(row: PolicyRow) -> object:
    """What was typed, in the row's own type; what does not fit is refused by the policy itself."""
    given = request.form.get("value", "").strip()
    if isinstance(row.default, bool):
        return given == "true"
    if isinstance(row.default, int):
        if not _WHOLE.fullmatch(given):
            raise InputInvalid("no whole number", fields={"value": gettext("Give a whole number.")})
        return int(given)
    return given if isinstance(row.default, str) else acting.pointed("value", given)


def _row(key: str) -> PolicyRow:
    if key not in POLICY:
        raise NotFound("there is no such business number")
    return POLICY[key]


def _page(key: str, refused: Refused | None = None) -> Response:
    row = _row(key)
    with edge.transaction() as session:
        now = db.now(session)
        versions = policy.versions(session, keys=[key])
        holds = policy.read(session, now).value(key)
        known = names.by_login(session, logins={version.by for version in versions})
    return acting.page(
        "settings/show.html",
        refused,
        row=row,
        versions=versions,
        holds=holds,
        about=_about,
        now=now,
        named=lambda actor: order_story.who(actor, known),
    )


def _group(row: PolicyRow) -> str:
    return row.key.partition(".")[0]


def _about(row: PolicyRow) -> str:
    return row.zh if str(get_locale()).startswith("zh") else row.en
