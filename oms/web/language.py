"""The pages' language: the person's own, else the browser's cookie, else what it asks for, else the deploy's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Blueprint, Flask, g, redirect, request
from flask_babel import Babel, force_locale, get_locale
from werkzeug.wrappers import Response

from oms.accounts import staff
from oms.accounts.rights import ANYONE
from oms.errors import InputInvalid
from oms.web import auth, cookies, edge

#: Language -> how it calls itself.
LANGUAGES = {"en": "English", "zh_Hans": "简体中文"}
#: What browsers call them.
_TAGS = {"en": "en", "zh-hans": "zh_Hans", "zh-cn": "zh_Hans", "zh-sg": "zh_Hans", "zh": "zh_Hans"}
TRANSLATIONS = Path(__file__).parent / "translations"

pages = Blueprint("language", __name__)


def register(app: Flask) -> None:
    """Translate the pages of this application and show times in the organisation's zone."""
    Babel(
        app,
        default_locale=edge.settings_of(app).language,
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=current,
        timezone_selector=lambda: edge.settings().zone,
    )


def current() -> str:
    """The language of this answer."""
    found = auth.known_identity()
    wished = (found.language if found else None) or cookies.read(cookies.LANGUAGE)
    if wished in LANGUAGES:
        return str(wished)
    for tag, _ in request.accept_languages:
        known = _TAGS.get(tag.lower()) or _TAGS.get(tag.lower().partition("-")[0])
        if known:
            return known
    return edge.settings().language


def spoken() -> str:
    """The language of this answer, found once for each request: a list asks for it hundreds of times."""
    if "spoken" not in g:
        g.spoken = str(get_locale())
    return str(g.spoken)


@contextmanager
def speaking(wished: str) -> Iterator[None]:
    """What is made inside is in that language, whoever looks."""
    with force_locale(wished):
        g.pop("spoken", None)
        try:
            yield
        finally:
            g.pop("spoken", None)


def tag() -> str:
    """The answer's language as HTML names it: `en`, `zh-Hans`."""
    return str(get_locale()).replace("_", "-")


@pages.post("/language")
@auth.right(ANYONE)
def switch() -> Response:
    """Keep the chosen language with the person, and in the browser."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise InputInvalid(f"language {chosen!r} is not known", fields={"language": " or ".join(LANGUAGES)})
    found = auth.identity()
    if found is not None and found.staff_id is not None:
        with edge.transaction() as session:
            staff.set_language(session, staff_id=found.staff_id, language=chosen)
    response = redirect(auth.safe_next(request.form.get("next")))
    cookies.keep(response, cookies.LANGUAGE, chosen)
    return response
