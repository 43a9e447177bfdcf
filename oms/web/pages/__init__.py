"""The pages: THE table of their files. Add your blueprint here, and your entry to `menu.py`."""

from __future__ import annotations

from flask import Blueprint, Flask

from oms.web.pages import home, menu, sign_in, worklist

PAGES: tuple[Blueprint, ...] = (sign_in.pages, home.pages, worklist.pages, worklist.parked_pages)


def register(app: Flask) -> None:
    """Put every page and the menu into this application."""
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    app.context_processor(lambda: {"menu": menu.shown})
