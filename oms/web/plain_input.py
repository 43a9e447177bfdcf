"""No NUL in a path, a query or a page's form: PostgreSQL's text holds none, and nobody means one."""

from __future__ import annotations

from flask import Flask, request

from oms.errors import NotFound, Refused
from oms.web.errors import is_for_machine

NUL = "\x00"


class HasNul(Refused):
    """Text that cannot be stored or looked for."""

    code = "bad_request"
    status = 400


def register(app: Flask) -> None:
    """Refuse it before anybody looks at the request."""
    app.before_request(refuse_nul)


def refuse_nul() -> None:
    """A path with NUL names nothing; a parameter or field with one is refused by name."""
    if NUL in request.path:
        raise NotFound("there is nothing here, or it is not yours to see")
    given = list(request.args.items(multi=True))
    if not is_for_machine():  # their bodies are read by their views: a webhook's as raw bytes
        given += request.form.items(multi=True)
    wrong = [name.replace(NUL, "") or "name" for name, value in given if NUL in name or NUL in value]
    if wrong:
        hint = "a NUL character cannot be stored: leave it out"
        raise HasNul(hint, fields=dict.fromkeys(wrong, hint))
